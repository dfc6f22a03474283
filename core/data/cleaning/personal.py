"""E-mail addresses, phone numbers, card numbers and IBANs, masked by name.

Names of people, postal addresses and numbers without a form of their own are not found: this lowers
a risk, it does not remove it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of personal data: how it looks, and whether what looks so is one."""

    name: str
    pattern: re.Pattern[str]
    is_one: Callable[[str], bool]

    @property
    def mask(self) -> str:
        """What stands in its place."""
        return f"[{self.name.upper()}]"


def mask(text: str, kinds: Sequence[str]) -> str:
    """The text with `kinds` of personal data masked."""
    for kind in KINDS:
        if kind.name in kinds:
            text = kind.pattern.sub(lambda found, kind=kind: _masked(found[0], kind), text)  # type: ignore[misc]
    return text


def _masked(found: str, kind: Kind) -> str:
    return kind.mask if kind.is_one(found) else found


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdecimal())


def is_card(text: str) -> bool:
    """Whether the check digit is right (Luhn), of 13 to 19 digits that begin like a card's."""
    digits = _digits(text)
    if not 13 <= len(digits) <= 19 or digits[0] not in "23456" or len(set(digits)) == 1:
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def is_iban(text: str) -> bool:
    """Whether the check digits are right (ISO 13616: the rest after division by 97 is 1)."""
    bare = text.replace(" ", "")
    if not 15 <= len(bare) <= 34:
        return False
    return int("".join(str(int(sign, 36)) for sign in bare[4:] + bare[:4])) % 97 == 1


_DATE = re.compile(r"(?:\d{1,2}[-/. ]\d{1,2}[-/. ](?:\d{4}|\d{2})|\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2})")


def is_phone(text: str) -> bool:
    """Whether it has the digits of a phone number and is no date."""
    return 7 <= len(_digits(text)) <= 15 and not _DATE.fullmatch(text.strip("()"))


KINDS = (
    Kind("email", re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@"
                             r"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9])"),
         lambda _: True),
    Kind("iban", re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}"
                            r"(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"), is_iban),
    Kind("card", re.compile(r"(?<![\d.,+-])\d(?:[ -]?\d){12,18}(?![\d-]|[.,]\d)"), is_card),
    Kind("phone", re.compile(
        r"(?<![\w.,+-])(?<!\d )(?:"
        r"(?:\+|00)[1-9]\d{0,3}(?:[ ./-]?\(?\d{1,5}\)?){2,6}"  # international
        r"|\(0\d{1,5}\)[ ]?\d{2,4}(?:[ -]?\d{2,4}){1,3}"  # (030) 123 4567
        r"|0\d{1,5}[ /-]\d{3,}(?:[ -]?\d{2,4}){0,3}"  # 0171 1234567, 021-12345678
        r"|\(?[2-9]\d{2}\)?[ .-]{1,2}[2-9]\d{2}[ .-]\d{4}"  # (555) 234-5678
        r"|1[3-9]\d[ -]?\d{4}[ -]?\d{4}"  # mobile numbers of China
        r")(?! ?\d|[.,-]\d)", re.ASCII), is_phone),
)  # fmt: skip
"""In the order in which they are looked for: a card's digits would also do for a phone."""
