"""Numbers as a person reads them: never more digits than they carry, always a unit.

Notation (both languages): 29.4 (28.1–30.8); +3.1 (+2.2 to +4.0); ≈ 5.0 h (4.1–6.2). True minus,
en dash for ranges, commas in thousands. Unknown is a word, never 0.
"""

import math
from datetime import UTC, datetime

from core.text.catalog import t

MINUS = "−"
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float | None, digits: int = 3, language: str = "en", sign: bool = False) -> str:
    """`value` to some significant digits, without exponents: 0.0123, 4.56, 78.9, 12,300."""
    if value is None:
        return t("common.not_known", language)
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    rounded = round(value, digits - 1 - size)
    size = math.floor(math.log10(abs(rounded))) if rounded else size
    text = f"{abs(rounded):,.{max(0, digits - 1 - size)}f}"
    return (MINUS if value < 0 else "+" if sign else "") + text


def fixed(value: float | None, decimals: int = 1, language: str = "en", sign: bool = False) -> str:
    """`value` with a fixed number of decimals, for scores that stand in a column."""
    if value is None:
        return t("common.not_known", language)
    text = f"{abs(value):,.{decimals}f}"
    negative = value < 0 and float(text.replace(",", "")) != 0
    return (MINUS if negative else "+" if sign else "") + text


def interval(low: float | None, high: float | None, decimals: int = 1, language: str = "en",
             sign: bool = False) -> str:  # fmt: skip
    """A range: "28.1–30.8", or with signs "+2.2 to +4.0"."""
    if low is None or high is None:
        return t("common.not_known", language)
    joint = t("common.to", language) if sign or low < 0 or high < 0 else "–"
    return f"{fixed(low, decimals, language, sign)}{joint}{fixed(high, decimals, language, sign)}"


def scientific(value: float) -> str:
    """A small number to two digits: "1.2 × 10⁻⁶" (on one line); 0 is "0"."""
    if value == 0:
        return "0"
    power = math.floor(math.log10(abs(value)))
    digits = round(value / 10**power, 1)
    if abs(digits) >= 10:
        digits, power = digits / 10, power + 1
    sign = "⁻" if power < 0 else ""
    size = f"{digits:.1f}".replace("-", MINUS)
    return f"{size}\u00a0×\u00a010{sign}{str(abs(power)).translate(SUPERSCRIPTS)}"


def round_up(value: float) -> float:
    """The next 1, 2 or 5 times a power of ten at or above `value`: where a scale may end."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 2, 5, 10) if power * step >= value * (1 - 1e-9))


def usd(value: float | None, language: str = "en") -> str:
    """Dollars: "US$ 0.021", "US$ 9.0", "US$ 1,230"."""
    if value is None:
        return t("common.not_known", language)
    text = number(abs(value), 2 if abs(value) < 100 else 3)
    return f"{MINUS if value < 0 else ''}US$ {text}"


def duration(seconds: float | None, language: str = "en") -> str:
    """A time in the unit a person would choose: s, min, h, days."""
    if seconds is None:
        return t("common.not_known", language)
    for unit, size in (("days", 2 * 86_400), ("hours", 3600), ("minutes", 100)):
        if seconds >= size:
            scale = {"days": 86_400, "hours": 3600, "minutes": 60}[unit]
            return t(f"common.{unit}", language, n=number(seconds / scale, 2))
    return t("common.seconds", language, n=number(seconds, 2))


def day(at: float) -> str:
    """The day of a time in seconds since 1970, in UTC: "2026-11-23"."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def minute(at: float) -> str:
    """The same to the minute: "2026-11-23 14:05"."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def size(byte_count: float | None, language: str = "en") -> str:
    """Bytes in decimal units, as GPU and disk makers count: "36 GB", "4.1 MB"."""
    if byte_count is None:
        return t("common.not_known", language)
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if byte_count >= scale:
            return f"{number(byte_count / scale, 3)} {unit}"
    return f"{byte_count:,.0f} B"


def count(value: float | None, language: str = "en") -> str:
    """A large count: "48 million" in English, "4,800 万" in Chinese; below 10,000 in full."""
    if value is None:
        return t("common.not_known", language)
    if abs(value) < 10_000:
        return f"{value:,.0f}"
    if language == "zh":
        for unit, scale in (("万亿", 1e12), ("亿", 1e8), ("万", 1e4)):
            if abs(value) >= scale:
                return f"{number(value / scale, 3)} {unit}"
    for unit, scale in (("trillion", 1e12), ("billion", 1e9), ("million", 1e6)):
        if abs(value) >= scale:
            return f"{number(value / scale, 3)} {unit}"
    return f"{value:,.0f}"
