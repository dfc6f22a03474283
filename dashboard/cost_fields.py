"""What the URL of the Cost page says, read and checked: every control of the page lives there.

A link that says what cannot be ends in one sentence that names the value and what can be.
"""

import math
import re
from dataclasses import dataclass

from core.cost.subject import names
from core.errors import BadInput, NotFound
from dashboard import state, ui

t = ui.t

SIZES = ("1B", "3B", "7B", "13B", "34B", "70B")
_SIZE = re.compile(r"\d{1,6}(\.\d{1,3})?[MBTmbt]")
SHOWN = 40
"""Of a value that is refused, how many signs are repeated."""


@dataclass(frozen=True)
class Field:
    """A number in the URL; `first` None = left open."""

    name: str
    first: float | None
    low: float
    high: float
    whole: bool = False


FIELDS = {
    field.name: field
    for field in (
        Field("tokens", 60.0, 1e-6, 1e10),
        Field("gpus", 1, 1, 16_384, True),
        Field("length", None, 1, 2**20, True),
        Field("target", None, 1, 2**20, True),
        Field("batch", None, 1, 2**20, True),
        Field("tp", None, 1, 64, True),
        Field("pp", None, 1, 256, True),
        Field("storage", 0.0, 0, 1e9),
        Field("egress", 0.0, 0, 1e9),
        Field("rate", 5.0, 0.001, 1e6),
        Field("in", 1000, 1, 10_000_000, True),
        Field("out", 200, 1, 10_000_000, True),
        Field("replica", None, 1, 8, True),
        Field("ttft", None, 1, 1e7),
        Field("tpot", None, 0.1, 1e6),
        Field("least", 1, 0, 100_000, True),
        Field("lag", 10.0, 0, 1440),
        Field("prefix", 0.0, 0, 1),
        Field("draft", 1.0, 1, 16),
        Field("discount", None, 0, 0.99),
        Field("own", None, 0.001, 10_000),
        Field("pue", 1.1, 1, 5),
        Field("grid", 0.385, 0, 5),
    )
}
"""Tokens are in millions, `storage` and `egress` in US$, `ttft` and `tpot` in milliseconds."""


def number(name: str) -> float | None:
    """A number of the URL; None = left open.

    Raises:
        BadInput: It is no number, or out of its range.
    """
    field = FIELDS[name]
    said = state.named(name)
    if said is None:
        return field.first
    try:
        value = float(said)
    except ValueError:
        value = math.nan
    if not field.low <= value <= field.high or (field.whole and value != int(value)):
        raise BadInput(
            t("cost_page.refused.whole" if field.whole else "cost_page.refused.number",
              field=name, value=said[:SHOWN], low=f"{field.low:,.12g}", high=f"{field.high:,.12g}")
        )  # fmt: skip
    return value


def some(name: str) -> float:
    """A number that is never left open."""
    value = number(name)
    return FIELDS[name].low if value is None else value


def whole(name: str) -> int | None:
    """A whole number; None = left open."""
    value = number(name)
    return None if value is None else int(value)


def one_of(name: str, known: tuple[str, ...] | list[str], first: str) -> str:
    """One of some names.

    Raises:
        NotFound: It is none of them.
    """
    said = state.named(name) or first
    if said not in known:
        raise NotFound(
            t("cost_page.refused.name", field=name, value=said[:SHOWN], known=", ".join(known))
        )
    return said


def models() -> list[str]:
    """What can be chosen: the model of the URL, runs, the catalogue, sizes."""
    known = [*names(state.workspace()), *SIZES]
    said = state.named("model")
    return [said, *known] if said and said not in known and _SIZE.fullmatch(said) else known


def model(first: str) -> str:
    """The model that is asked for: a run, a name of the catalogue, or a size such as 7B.

    A name that another page left behind and that means nothing here gives the first.

    Raises:
        NotFound: The URL names none of these.
    """
    known = models()
    said = state.named("model") or first
    if said in known:
        return said
    if state.given("model") is None:
        return first
    raise NotFound(t("cost_page.refused.model", value=said[:SHOWN]))


def draw(name: str, label: str, help_text: str | None = None) -> None:
    """The box of a number."""
    field = FIELDS[name]
    if field.first is None:
        state.optional_number(label, name, float(field.low), float(field.high), help=help_text,
                              placeholder=t("cost_page.control.open"))  # fmt: skip
    else:
        state.set_number(label, name, float(field.first), float(field.low), float(field.high),
                         help=help_text)  # fmt: skip
