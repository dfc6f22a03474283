"""One remedy a finding: rows are dropped, or split anew, into a new version that says so."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.data.checks import find_all
from core.data.dataset import SPLITS, Dataset, Example
from core.data.derive import derive, read_all
from core.data.findings import KINDS, Found
from core.data.preprocess import split_rows
from core.data.profile import labels_of, profile
from core.data.split import USUAL, Scheme
from core.errors import BadInput
from core.workspace import Workspace

EXAMPLES_KEPT = 20


@dataclass(frozen=True)
class Fixed:
    """A new version, and how many rows each finding cost."""

    dataset: Dataset
    dropped: dict[str, int]


def fix(workspace: Workspace, dataset: Dataset, names: Sequence[str]) -> Fixed:
    """Mend findings, one after the other, and keep what is left as a new version.

    Args:
        workspace: Where the dataset is.
        dataset: The version that is mended; it stays as it is.
        names: Names of findings; none = all that are mended by dropping rows.

    Raises:
        BadInput: A finding is not there, has no remedy, or nothing would be left to train on.
    """
    present = {finding.name: finding for finding in profile(workspace, dataset).findings}
    wanted = list(names) or [name for name, one in present.items() if one.remedy == "drop"]
    mended = [name for name, one in present.items() if one.remedy in ("drop", "split")]
    for name in wanted:
        if name not in mended:
            raise BadInput(_refusal(dataset, name, list(present), mended))
    if not wanted:
        raise BadInput(f"Nothing in {dataset.title} is mended by dropping rows.")
    splits = read_all(workspace, dataset)
    dropped: dict[str, int] = {}
    gone: list[Example] = []
    for name in wanted:
        if present[name].remedy == "split":
            splits = _held_out(dataset, splits, name)
            continue
        lost = _of(dataset, splits, name)
        gone += [row for rows in splits.values() for row in rows if row.id in lost]
        splits = {split: [r for r in rows if r.id not in lost] for split, rows in splits.items()}
        dropped[name] = len(lost)
    if not splits["train"]:
        raise BadInput(f"That would leave {dataset.title} without a training example.")
    change = {"kind": "fix", "findings": wanted, "dropped": dropped, "rows_dropped": len(gone),
              "examples": _shown(gone)}  # fmt: skip
    return Fixed(derive(workspace, dataset, splits, change), dropped)


def _refusal(dataset: Dataset, name: str, present: list[str], mended: list[str]) -> str:
    known = f"What can be mended: {', '.join(mended)}." if mended else "Nothing can be mended."
    if name in present:
        return (
            f"{name!r} is not mended by changing rows; `assay data check` says what to do. {known}"
        )
    if name in [kind.name for kind in KINDS]:
        return f"{dataset.title} has no {name!r}. {known}"
    return f"{name!r} is not a finding. {known}"


def _of(dataset: Dataset, splits: dict[str, list[Example]], name: str) -> frozenset[str]:
    """The rows that a finding drops now; an earlier remedy may have left none."""
    found: list[Found] = find_all(dataset, splits, labels_of(dataset, splits))
    return next((one.drop for one in found if one.finding.name == name), frozenset())


def _held_out(
    dataset: Dataset, splits: dict[str, list[Example]], name: str
) -> dict[str, list[Example]]:
    """Take the missing validation or test split out of training."""
    split = name.removeprefix("no_")
    made = split_rows(
        splits["train"], by_label=dataset.task == "text-classification", scheme=USUAL,
        kept=["validation" if split == "test" else "test"],
    )[0]  # fmt: skip
    return {**splits, "train": list(made["train"]), split: list(made[split])}


def _shown(rows: Sequence[Example]) -> list[dict[str, str]]:
    return [{"id": row.id, "input": row.input[:300]} for row in rows[:EXAMPLES_KEPT]]


def split_anew(
    workspace: Workspace, dataset: Dataset, scheme: Scheme, unlock: str | None = None
) -> Dataset:
    """Split a version's rows again, into a new version.

    The test rows stay test rows, and an official validation split stays, unless `unlock` says why
    they may not; that is recorded. Near duplicates of test rows stay where they are.

    Raises:
        BadInput: The scheme cannot be followed, or all would stay as it is.
    """
    splits = read_all(workspace, dataset)
    official: Sequence[str] = dataset.report.get("official_splits", ())
    held = {} if unlock else {
        split: splits[split]
        for split in ("validation", "test")
        if splits[split] and (split == "test" or split in official)
    }  # fmt: skip
    rows = [row for split in SPLITS if split not in held for row in splits[split]]
    by_label = dataset.task == "text-classification"
    made, record = split_rows(rows, by_label=by_label, scheme=scheme, kept=held)
    report = {"split": record, "official_splits": [split for split in official if split in held]}
    change = {"kind": "split", **record}
    return derive(workspace, dataset, {**made, **held}, change, unlock=unlock, report=report)


def recorded_scheme(dataset: Dataset) -> Scheme:
    """How a version was split: what a new split starts from."""
    kept = dataset.report.get("split") or {}
    return Scheme(**{name: kept[name] for name in Scheme.__dataclass_fields__ if name in kept})
