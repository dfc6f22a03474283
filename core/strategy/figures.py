"""Figures of a plan as a person reads them."""

from core.text import format as fmt


def percent(share: float) -> str:
    """A share: "86 %", "3.5 %", "under 0.1 %"."""
    if 0 < share < 1e-3:
        return "< 0.1 %"
    return f"{plain(float(f'{100 * share:.2g}' if abs(share) < 0.995 else f'{100 * share:.3g}'))} %"


def plain(amount: float) -> str:
    """A count or a score to three digits, without zeros that say nothing: 24, 0.85, 38.2."""
    text = fmt.number(amount, 3)
    return text.rstrip("0").rstrip(".") if "." in text and round(amount, 3) == amount else text


def requests(volume: float | None, language: str) -> str:
    """A volume to three digits: "123,000", in Chinese "12.3 万"."""
    return fmt.count(None if volume is None else float(f"{volume:.3g}"), language)
