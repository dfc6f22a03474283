"""The steps that cleaning has: a row each, in the order in which they run.

The order is fixed, because each step helps the next: signs first, so that all later steps see the
same text; markup before what it hides; personal data before boilerplate, so that signatures with
different numbers are alike; white space before whole lines are compared; filters last, for they
judge the text that a model will read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.data.cleaning.changes import (
    Change,
    Rows,
    Settings,
    composed,
    masking,
    plain_space,
    unrepeating,
    without_control,
)
from core.data.cleaning.filters import Judge, by_language, by_length, by_ratio
from core.data.cleaning.markup import without_markup
from core.data.cleaning.personal import KINDS
from core.data.dataset import Dataset
from core.table import find

PARTS = ("input", "target", "context")


@dataclass(frozen=True)
class Setting:
    """Something that can be said of a step.

    Attributes:
        name: Its name, after the step's and a dot on the command line.
        default: What holds if nothing is said; None = no limit, or as the dataset says.
        whole: A number without a fraction.
        least: Of a number.
        most: Of a number.
        choices: For a list of names, those there are; () = none.
        code: It is a language's code.
    """

    name: str
    default: Any
    whole: bool = True
    least: float = 0
    most: float = 1e9
    choices: tuple[str, ...] = ()
    code: bool = False


@dataclass(frozen=True)
class Step:
    """One step: it changes texts or drops rows.

    Attributes:
        name: What it is called.
        settings: What can be said of it.
        change: Makes what is done to each text; None = it drops rows.
        judge: Makes what decides about each row; None = it changes texts.
        columns: It changes the further columns of a row, too.
    """

    name: str
    settings: tuple[Setting, ...]
    change: Callable[[Settings, Rows], Change] | None = None
    judge: Callable[[Settings, Rows, Dataset], Judge] | None = None
    columns: bool = False


_PARTS = Setting("parts", PARTS, choices=PARTS)
_KINDS = tuple(kind.name for kind in KINDS)

STEPS = (
    Step("nfc", (_PARTS,), lambda *_: composed),
    Step("control", (_PARTS,), lambda *_: without_control),
    Step("html", (_PARTS,), lambda *_: without_markup),
    Step("pii", (_PARTS, Setting("kinds", _KINDS, choices=_KINDS)), masking, columns=True),
    Step("whitespace", (_PARTS,), lambda *_: plain_space),
    Step("boilerplate",
         (_PARTS, Setting("share", 0.02, whole=False, least=0.0001, most=1),
          Setting("rows", 20, least=2), Setting("characters", 20, least=5)), unrepeating),
    Step("language",
         (Setting("input", None, code=True), Setting("target", None, code=True),
          Setting("certainty", 0.8, whole=False, least=0.3, most=1),
          Setting("letters", 20, least=5)), judge=by_language),
    Step("length",
         (Setting("input_least", 1), Setting("input_most", 2000, least=1),
          Setting("target_least", 1), Setting("target_most", 2000, least=1),
          Setting("context_most", None, least=1)), judge=by_length),
    Step("ratio", (Setting("most", 4.0, whole=False, least=1.1, most=1000),), judge=by_ratio),
)  # fmt: skip


def find_step(name: str) -> Step:
    """The step of that name.

    Raises:
        NotFound: There is none; the message lists what there is.
    """
    return find(STEPS, name, "cleaning step")
