"""Text of users is shown as it is, whatever Markdown would make of it."""

import pytest

from core.text.literal import markdown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**bold** _it_", r"\*\*bold\*\* \_it\_"),
        ("<script>", r"\<script\>"),
        ("![x](https://evil)", r"\!\[x\]\(https\://evil\)"),
        ("$a_1$ :red[x]", r"\$a\_1\$ \:red\[x\]"),
        ("two\nlines", "two lines"),
        ("plain 中文", "plain 中文"),
    ],
)
def test_every_sign_with_a_meaning_is_escaped(text, shown):
    assert markdown(text) == shown
