"""Results of other harnesses that were brought in: they stand beside, never among, our own.

imports/NAME/record.json       what the file said: tool, version, model, scores
imports/NAME/answers/…jsonl    its answers whose ids are a dataset's: these we score ourselves
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core import record
from core.data.dataset import Example
from core.errors import BadInput
from core.evaluate.foreign import Foreign, Import, Sample
from core.evaluate.imported import read_import
from core.evaluate.store import slug
from core.workspace import Workspace, newest_first

_SHOWN = 3


@dataclass(frozen=True)
class Kept:
    """What was brought in.

    Attributes:
        name: Of the record.
        file: What the file was called.
        tool, version, model, scores: As in `Import`.
        samples: How many of its samples have an id of their own.
        created_at: UTC, ISO 8601.
    """

    name: str
    file: str
    tool: str
    version: str | None
    model: str
    scores: tuple[Foreign, ...]
    samples: int
    created_at: str


def keep(workspace: Workspace, path: Path) -> tuple[Kept, Import]:
    """Read a file and keep what it says; the same file is kept once.

    Errors are those of `core.evaluate.imported.read_import`.
    """
    found = read_import(path)
    name = f"{slug(path.stem)}-{record.hash_file(path)[:8]}"
    kept = Kept(name, path.name, found.tool, found.version, found.model, found.scores,
                len(found.samples), record.now())  # fmt: skip
    place = workspace.imported(name) / "record.json"
    if not place.is_file():
        record.write(place, "import", asdict(kept))
    return kept, found


def list_imports(workspace: Workspace) -> list[Kept]:
    """All that was brought in, newest first."""
    found = []
    for folder in newest_first(workspace.imports()):
        body = record.read(folder / "record.json", "import")
        fields = {name: body[name] for name in Kept.__dataclass_fields__}
        fields["scores"] = tuple(Foreign(**score) for score in body["scores"])
        found.append(Kept(**fields))
    return found


def answers_for(
    workspace: Workspace, kept: Kept, found: Import, examples: Sequence[Example], where: str
) -> Path:
    """A file of predictions with the answers to examples of ours, for `assay evaluate`.

    An id that is the same by chance (both count from 1) is found out: what was to be answered must
    be the same too.

    Raises:
        BadInput: No id is the same, or the same id stands for another example.
    """
    if found.unnamed and not found.samples:
        raise BadInput(
            f"The {found.unnamed:,} samples of {kept.file} have no id but their place in an order, "
            "which is not matched; give each document a field `id` before it is evaluated."
        )
    ours = {example.id: example for example in examples}
    both = [sample for sample in found.samples if sample.id in ours]
    if not both:
        raise BadInput(f"None of the {len(found.samples):,} samples of {kept.file} has an id of "
                       f"{where}.")  # fmt: skip
    _check(both, ours, kept.file, where)
    model = slug(found.model or Path(kept.file).stem)
    path = workspace.imported(kept.name) / "answers" / f"{model}-{found.tool}.jsonl"
    lines = [json.dumps({"id": s.id, "prediction": s.answer}, ensure_ascii=False) for s in both]
    record.write_text(path, "".join(f"{line}\n" for line in lines))
    return path


def _check(both: Sequence[Sample], ours: Mapping[str, Example], file: str, where: str) -> None:
    other = [s.id for s in both if s.target.strip() != ours[s.id].target.strip()]
    if other:
        raise BadInput(
            f"{len(other):,} of the {len(both):,} ids that {file} shares with {where} stand for "
            f"other examples there (another target: {', '.join(map(repr, other[:_SHOWN]))}); the "
            "ids must mean the same."
        )
