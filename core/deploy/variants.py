"""Variants: runs made smaller or faster, each with what it costs and how good it still is.

variants/NAME/record.json    written when the model is there, and again when it is measured
variants/NAME/model/         what `core.models.resolve` gives for its name
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from core import record
from core.deploy.forms import FORMS
from core.deploy.measured import Measured, from_json
from core.workspace import Workspace, newest_first, require


@dataclass(frozen=True)
class Against:
    """The headline metric of a variant beside its original's, on the same examples.

    Attributes:
        metric, unit: Of the scores.
        a, b: The original's score and the variant's; difference: b − a, with its 95 % interval.
        p_value: Two-sided, paired.
        decided: Whether the two can be told apart.
        higher_is_better: Whether more of the metric is better.
        n: Examples.
        examples_needed: About how many more would decide it; None = it is decided, or none would.
    """

    metric: str
    unit: str
    a: float
    b: float
    difference: float
    low: float | None
    high: float | None
    p_value: float | None
    decided: bool
    higher_is_better: bool
    n: int
    examples_needed: int | None

    @property
    def verdict(self) -> str:
        """What the variant is: "better", "worse" or, not decided, "tie"."""
        if not self.decided:
            return "tie"
        return "better" if (self.difference > 0) == self.higher_is_better else "worse"

    @property
    def worst(self) -> float | None:
        """The gain that it has at least (95 %): below 0, that much may be lost. None = unknown."""
        if self.low is None or self.high is None:
            return None
        return self.low if self.higher_is_better else -self.high


@dataclass(frozen=True)
class Variant:
    """One variant.

    Attributes:
        variant: Its name.
        key: Hash of what it was made from and how: equal keys, equal variants.
        run: The run that it goes back to; made_from: the run or variant that it was made of.
        form: A name of `core.deploy.forms.FORMS`; settings: what that was told.
        engine: What reads it.
        files: Of its model, with their SHA-256; size_bytes: of all.
        task, dataset, data_version: What it was scored on.
        parameters: Of its network; None where nothing counts them.
        made: What making it told: heads cut off, layers kept, losses of its training.
        measured, original: How large and how fast it and its original are; None = not yet.
        a100: Dollars of a million tokens on one A100, and its range; an estimate. None = not known.
        original_a100: The same of the original.
        evaluations: Names: "variant", "original"; empty where there are no test rows.
        scores, original_scores: Of both, as JSON.
        comparison: {n, metrics[]}: the variant against the original on the same examples.
        created_at: UTC, ISO 8601; environment: versions and machine.
    """

    variant: str
    key: str
    run: str
    made_from: str
    form: str
    settings: dict[str, Any]
    engine: str
    files: dict[str, str]
    size_bytes: int
    task: str
    dataset: str
    data_version: str
    parameters: int | None
    made: dict[str, Any]
    created_at: str
    environment: dict[str, Any]
    measured: Measured | None = None
    original: Measured | None = None
    a100: dict[str, float] | None = None
    original_a100: dict[str, float] | None = None
    evaluations: dict[str, str] = field(default_factory=dict)
    scores: list[dict[str, Any]] = field(default_factory=list)
    original_scores: list[dict[str, Any]] = field(default_factory=list)
    comparison: dict[str, Any] = field(default_factory=dict)

    @property
    def against(self) -> Against | None:
        """The headline metric beside the original's; None where nothing was compared."""
        rows = self.comparison.get("metrics") or []
        if not rows:
            return None
        known = {name: rows[0][name] for name in Against.__dataclass_fields__ if name in rows[0]}
        return Against(**known, n=self.n)

    @property
    def n(self) -> int:
        """Examples on which the two were compared."""
        return int(self.comparison.get("n", 0))

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return asdict(self)


def write_variant(workspace: Workspace, made: Variant) -> None:
    """Write a variant's record."""
    path = workspace.variant(made.variant) / "record.json"
    record.write(path, "variant", made.to_json())


def has_variant(workspace: Workspace, name: str) -> bool:
    """Whether there is a variant of that name."""
    return (workspace.variant(name) / "record.json").is_file()


def open_variant(workspace: Workspace, name: str) -> Variant:
    """Return one variant.

    Raises:
        NotFound: There is none of that name; the message lists some that are.
        BadInput: Its record is not readable.
    """
    path = workspace.variant(name) / "record.json"
    known = [folder.name for folder in newest_first(workspace.variants())]
    return _variant(record.read(require(path, "variant", name, known), "variant"))


def list_variants(workspace: Workspace, run: str | None = None) -> list[Variant]:
    """All variants, or those of one run, newest first."""
    found = [
        _variant(record.read(folder / "record.json", "variant"))
        for folder in newest_first(workspace.variants())
    ]
    return [made for made in found if run in (None, made.run)]


def find(workspace: Workspace, key: str) -> Variant | None:
    """The variant that was made of the same things in the same way, if there is one."""
    return next((made for made in list_variants(workspace) if made.key == key), None)


def newest_of_each(found: Sequence[Variant]) -> list[Variant]:
    """Measured variants in the order of the forms; the newest of those made in one way."""
    kept: dict[str, Variant] = {}
    for made in found:
        if made.measured and made.original:
            kept.setdefault(record.hash_json([made.form, made.settings, made.made_from]), made)
    order = [form.name for form in FORMS]

    def place(made: Variant) -> tuple[int, bool]:
        return order.index(made.form), made.made_from != made.run

    return sorted(kept.values(), key=place)


def _variant(document: dict[str, Any]) -> Variant:
    fields = {name: document[name] for name in Variant.__dataclass_fields__ if name in document}
    for name in ("measured", "original"):
        fields[name] = from_json(fields[name]) if fields.get(name) else None
    return Variant(**fields)
