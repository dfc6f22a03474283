"""Text of users is shown as it is, whatever Markdown would make of it."""

import re

import pytest

from core.text.literal import markdown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**bold** _it_", r"\*\*bold\*\* \_it\_"),
        ("<script>", r"\<script\>"),
        ("![x](https://evil)", "\\!\\[x\\]\\(https\\:\u2060//evil\\)"),
        ("$a_1$ :red[x]", r"\$a\_1\$ \:red\[x\]"),
        ("two\nlines", "two lines"),
        ("plain 中文", "plain 中文"),
    ],
)
def test_every_sign_with_a_meaning_is_escaped(text, shown):
    assert markdown(text) == shown


@pytest.mark.parametrize("address", ["https://a.example/x", "www.a.example", "someone@a.example"])
def test_a_bare_address_is_no_link(address):
    # What GitHub-flavoured Markdown recognises, after the escapes are gone.
    shown = re.sub(r"\\(.)", r"\1", markdown(f"see {address}"))
    assert not re.search(r"https?://|www\.[-\w]|[-.\w+]+@[-\w]+\.", shown)
    assert shown.replace("\u2060", "") == f"see {address}"
