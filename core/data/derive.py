"""A new version of a dataset out of an old one, which stays as it is: who its parent is, and why.

Every change goes through here, so that the lock on the test split holds in one place.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from core.data import dataset as store
from core.data import looks
from core.data.dataset import SPLITS, Dataset, Example
from core.errors import BadInput
from core.text.catalog import t
from core.workspace import Workspace


def derive(
    workspace: Workspace,
    parent: Dataset,
    splits: Mapping[str, Sequence[Example]],
    change: Mapping[str, Any],
    *,
    unlock: str | None = None,
    report: Mapping[str, Any] | None = None,
) -> Dataset:
    """Keep changed rows as a new version.

    Its report holds `parent` and `change`, beside what the import said.

    Args:
        workspace: Where it is kept.
        parent: The version that was changed.
        splits: All rows of the new one.
        change: What was done: {"kind", …} in names and numbers.
        unlock: Why the test split may change; None = it may not.
        report: More to be written into the report.

    Raises:
        BadInput: The test split would change without a reason, or nothing would.
    """
    test = store.read(workspace, parent, "test")
    opened = _by_id(test) != _by_id(splits.get("test", ()))
    if opened and test and not (unlock or "").strip():
        raise BadInput(
            f"The test split of {parent.title} is locked, so that scores stay comparable; to "
            "change it all the same give the reason with --unlock REASON, which is recorded."
        )
    if opened and test:
        change = {**change, "unlocked": unlock}
    made = store.save(
        workspace,
        parent.name,
        parent.task,
        splits,
        columns=parent.columns,
        source=parent.source,
        prefix=parent.prefix,
        source_language=parent.source_language,
        target_language=parent.target_language,
        synthetic=parent.synthetic,
        notes=parent.notes,
        report={
            **parent.report, **(report or {}), "parent": parent.version, "change": dict(change),
        },
    )  # fmt: skip
    if made.version == parent.version:
        raise BadInput(f"That leaves {parent.title} as it is; no new version was made.")
    if opened and test:
        looks.add(workspace, made, "unlock", "", len(test), note=str(unlock))
    return made


def _by_id(rows: Sequence[Example]) -> dict[str, Example]:
    return {row.id: row for row in rows}


def lineage(workspace: Workspace, dataset: Dataset) -> list[Dataset]:
    """A version and those it came from, newest first."""
    by_version = {one.version: one for one in store.versions(workspace, dataset.name)}
    found, left = [dataset], dict(by_version)
    while parent := left.pop(str(found[-1].report.get("parent")), None):
        found.append(parent)
    return found


def read_all(workspace: Workspace, dataset: Dataset) -> dict[str, list[Example]]:
    """The rows of every split."""
    return {split: store.read(workspace, dataset, split) for split in SPLITS}


def words(dataset: Dataset, language: str = "en") -> str:
    """What was done to make a version, in words; what it says may be a user's text."""
    change = dataset.report.get("change") or {}
    kind = change.get("kind")
    if kind == "fix":
        return t("gate.change.fix", language, rows=f"{change['rows_dropped']:,}",
                 findings=", ".join(change["findings"]))  # fmt: skip
    if kind == "clean":
        names = ", ".join(t(f"clean.name.{step}", language) for step in change["steps"])
        return t("gate.change.clean", language, steps=names)
    if kind in ("split", "edit", "update", "replay"):
        return t(f"gate.change.{kind}", language, **change)
    return t(f"gate.change.{'other' if change else 'import'}", language)
