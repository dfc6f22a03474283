import pytest

from core.data.cleaning.boilerplate import Recurring, segments, weight, without
from core.data.cleaning.changes import composed, plain_space, without_control
from core.data.cleaning.markup import without_markup
from core.data.cleaning.personal import KINDS, mask

ALL = tuple(kind.name for kind in KINDS)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("a <b>bold</b> word", "a bold word"),
        ("<p>one</p><p>two<br/>three</p>", "\none\n\ntwo\nthree\n"),
        ("x<script>alert('<b>')</script>y<!-- <p> -->z", "xyz"),
        ("<td>a</td><td>b</td>", " a  b "),
        ("Tom &amp; Ann &lt;b&gt; &#8364;5 &#x4f60;", "Tom & Ann <b> €5 你"),
        ("AT&T ?a=1&copy=2 &unknown;", "AT&T ?a=1&copy=2 &unknown;"),
        ("a < b and c > d; press <Enter>; List<String>", None),
        ("<custom>kept</custom>", None),
        ("<div", None),
    ],
)
def test_markup_goes_and_text_in_angle_brackets_stays(given, wanted):
    assert without_markup(given) == (given if wanted is None else wanted)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("mail bob.smith+x@mail.example.co.uk now", "mail [EMAIL] now"),
        ("邮箱abc@example.com谢谢", "邮箱[EMAIL]谢谢"),
        ("@handle and a@b", None),
        ("card 4111 1111 1111 1111.", "card [CARD]."),
        ("card 4111-1111-1111-1111", "card [CARD]"),
        ("5500005555555559", "[CARD]"),
        ("order 4111 1111 1111 1112", None),
        ("0000000000000000", None),
        ("IBAN DE89 3704 0044 0532 0130 00 please", "IBAN [IBAN] please"),
        ("GB82WEST12345698765432", "[IBAN]"),
        ("DE89 3704 0044 0532 0130 01", None),
        ("call +49 171 1234567 or +1 (555) 234-5678", "call [PHONE] or [PHONE]"),
        ("(030) 1234 567, 0171 2345678, 021-12345678", "[PHONE], [PHONE], [PHONE]"),
        ("(555) 234-5678 or 555-234-5678", "[PHONE] or [PHONE]"),
        ("手机13812345678，谢谢", "手机[PHONE]，谢谢"),
        ("手机 13812345678，谢谢", "手机 [PHONE]，谢谢"),
    ],
)
def test_personal_data_are_masked_by_their_name(given, wanted):
    assert mask(given, ALL) == (given if wanted is None else wanted)


@pytest.mark.parametrize(
    "harmless",
    ["on 2029-03-17 at 14:30", "03/04/2029", "17.03.2029", "1,234,567.89", "192.168.100.1 up",
     "version 10.2.3", "in 1990-2000", "ISBN 978-3-16-148410-0", "0.1234567", "12345678",
     "3 000 000"],
)  # fmt: skip
def test_dates_and_numbers_are_no_phone(harmless):
    assert mask(harmless, ALL) == harmless


def test_only_the_chosen_kinds_are_masked():
    assert mask("a@b.org +49 171 1234567", ("phone",)) == "a@b.org [PHONE]"


def test_signs_and_space():
    assert composed("e\u0301") == "é"
    assert without_control("a\x07b\u200bc\u202ed\u00ade\r\nf\u2028g") == "abcde\nf\ng"
    assert without_control("नमस्‍ते 👩‍💻") == "नमस्‍ते 👩‍💻"
    assert plain_space(" a \u00a0\u3000 b\t c \n\n\n\n d ") == "a b c\n\nd"


def test_boilerplate_is_what_recurs():
    counts = Recurring(least_weight=20)
    texts = [
        f"Question number {n} is here. Sent from my telephone, excuse errors." for n in range(30)
    ]
    for text in texts:
        counts.add(text)
    found = counts.at_least(20)
    assert len(found) == 1
    assert without(texts[3], found) == "Question number 3 is here."
    assert without("Sent from my telephone, excuse errors.", found) == (
        "Sent from my telephone, excuse errors."
    )
    assert without("Hello there.", found) == "Hello there."


def test_a_text_that_is_one_sentence_is_never_boilerplate():
    counts = Recurring(least_weight=5)
    for _ in range(50):
        counts.add("How do I return this?")
    assert counts.at_least(2) == frozenset()


def test_segments_join_to_the_text():
    text = "One. Two!  Three\n\n四。五！six"
    assert "".join(segments(text)) == text
    assert segments(text)[::2] == ["One.", "Two!", "Three", "四。", "五！", "six"]
    assert weight("四五a") == 5
