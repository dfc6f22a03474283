"""What a person should know of a dataset before training: the kinds of findings, and their words.

`core.data.checks` and `core.data.repeats` look for them; `core.data.fixes` mends.
"""

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from core.data.dataset import Example
from core.data.languages import name_in
from core.table import find
from core.text.catalog import t, topic

SEVERITIES = ("blocks", "risk", "note")
"""blocks: training or testing makes no sense before it is mended. risk: it makes the model worse or
the score untrue. note: good to know, often right as it is."""
EXAMPLES_SHOWN = 20
CHARACTERS_SHOWN = 300

Row = dict[str, str]
Escape = Callable[[str], str]


@dataclass(frozen=True)
class Kind:
    """A kind of finding; its sentence is `gate.finding.NAME`, what it does `gate.why.NAME`.

    Attributes:
        name: Of the finding.
        severity: One of SEVERITIES.
        remedy: What mends it: "drop" rows, "split" anew, a "setting" of training, or None.
    """

    name: str
    severity: str
    remedy: str | None = None


@dataclass(frozen=True)
class Finding:
    """Something about the data that a person should know.

    Attributes:
        name: A name of KINDS.
        count: How many rows (or labels, tokens) it concerns.
        total: Of how many.
        examples: Rows ({"id", "input", "target", …}) or labels ({"label"}).
        drops: How many rows the remedy "drop" takes away; those of the test split stay.
        values: More numbers for the sentence, already written out.
    """

    name: str
    count: int
    total: int
    examples: tuple[Row, ...] = ()
    drops: int = 0
    values: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> Kind:
        """Its row of KINDS."""
        return find(KINDS, self.name, "kind of finding")

    @property
    def severity(self) -> str:
        """One of SEVERITIES."""
        return self.kind.severity

    @property
    def blocks(self) -> bool:
        """Whether training or testing makes no sense before it is mended."""
        return self.severity == "blocks"

    @property
    def remedy(self) -> str | None:
        """What mends it here; None where nothing can, such as repeats within the test split."""
        return None if self.kind.remedy == "drop" and not self.drops else self.kind.remedy

    def to_json(self) -> dict[str, Any]:
        """All of it, with its words in English."""
        return {
            **asdict(self),
            "values": dict(self.values),
            "severity": self.severity,
            "blocks": self.blocks,
            "share": round(self.count / self.total, 6) if self.total else None,
            "remedy": self.remedy,
            "sentence": sentence(self),
            "explanation": why(self),
        }

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> "Finding":
        """Read what `to_json` wrote."""
        return cls(
            kept["name"], kept["count"], kept["total"], tuple(kept["examples"]), kept["drops"],
            tuple(kept["values"].items()),
        )  # fmt: skip


@dataclass(frozen=True)
class Found:
    """A finding while the rows are at hand: `drop` are the ids that the remedy takes away."""

    finding: Finding
    drop: frozenset[str] = frozenset()


def found(
    name: str,
    which: Iterable[Example | str | Row],
    total: int,
    *,
    drop: Iterable[Example] = (),
    **values: str,
) -> list[Found]:
    """A finding with its examples, or none where nothing was found."""
    rows = list(which)
    if not rows:
        return []
    ids = frozenset(row.id for row in drop)
    shown = tuple(map(_shown, rows[:EXAMPLES_SHOWN]))
    made = Finding(name, len(rows), total, shown, len(ids), tuple(values.items()))
    return [Found(made, ids)]


def _shown(one: Example | str | Row) -> Row:
    if isinstance(one, str):
        return {"label": one}
    if isinstance(one, dict):
        return {name: text[:CHARACTERS_SHOWN] for name, text in one.items()}
    text = one.input if one.context is None else f"{one.input} {one.context}"
    return {"id": one.id, "input": text[:CHARACTERS_SHOWN], "target": one.target[:CHARACTERS_SHOWN]}


def ordered(findings: Collection[Finding]) -> tuple[Finding, ...]:
    """The gravest first; within a severity as KINDS lists them."""
    names = [kind.name for kind in KINDS]
    return tuple(
        sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), names.index(f.name)))
    )


def sentence(finding: Finding, language: str = "en", escape: Escape = str) -> str:
    """The finding in words; `escape` is put upon what may be a user's."""
    return t(f"gate.finding.{finding.name}", language, **_said(finding, language, escape))


def why(finding: Finding, language: str = "en", escape: Escape = str) -> str:
    """What it does to a model or a score, and what to do."""
    return t(f"gate.why.{finding.name}", language, **_said(finding, language, escape))


def _said(finding: Finding, language: str, escape: Escape) -> dict[str, str]:
    # 1.96 standard errors of the difference between two accuracies near 0.5, err as they may.
    points = round(100 * 1.96 * math.sqrt(0.5 / max(1, finding.count)))
    return {
        "count": f"{finding.count:,}", "total": f"{finding.total:,}", "points": str(points),
        **{name: _value(name, value, language, escape) for name, value in finding.values},
    }  # fmt: skip


def _value(name: str, value: str, language: str, escape: Escape) -> str:
    """A value in the reader's language, where it is a word of ours."""
    if name == "part":
        return t(f"gate.part.{value}", language)
    if name == "spoken":
        return name_in(value, language)
    if name == "script" and f"script.{value}" in topic("gate", language):
        return t(f"gate.script.{value}", language)
    return escape(value)


KINDS = (
    Kind("no_train", "blocks"),
    Kind("one_train", "blocks"),
    Kind("no_test", "blocks", "split"),
    Kind("one_test", "blocks"),
    Kind("empty_split", "blocks"),
    Kind("one_label", "blocks"),
    Kind("leak_test_train", "blocks", "drop"),
    Kind("near_test_train", "risk", "drop"),
    Kind("leak_validation_train", "risk", "drop"),
    Kind("near_validation_train", "risk", "drop"),
    Kind("leak_validation_test", "risk", "drop"),
    Kind("conflicts", "risk", "drop"),
    Kind("empty", "risk", "drop"),
    Kind("copied", "risk", "drop"),
    Kind("script_target", "risk", "drop"),
    Kind("language_target", "risk"),
    Kind("lengths_differ", "risk", "drop"),
    Kind("cut_inputs", "risk", "setting"),
    Kind("cut_targets", "risk", "setting"),
    Kind("unknown_tokens", "risk"),
    Kind("many_pieces", "risk"),
    Kind("unseen_labels", "risk"),
    Kind("few_train", "risk"),
    Kind("few_test", "risk"),
    Kind("no_validation", "risk", "split"),
    Kind("uneven_labels", "risk"),
    Kind("rare_labels", "risk"),
    Kind("duplicates", "risk", "drop"),
    Kind("near_duplicates", "note", "drop"),
    Kind("target_test_train", "note", "drop"),
    Kind("near_target_test_train", "note", "drop"),
    Kind("several_targets", "note"),
    Kind("copied_some", "note", "drop"),
    Kind("script_input", "note", "drop"),
    Kind("language_input", "note"),
    Kind("long", "note"),
)
