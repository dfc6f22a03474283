"""What was found out about a model's heads on a user's data: one record a study, by its hash.

studies/KEY/record.json
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from core import record
from core.errors import BadInput, NotFound
from core.workspace import Workspace, newest_first

KINDS = ("heads", "moved", "alignment")

Made = TypeVar("Made")


class Kept(Protocol):
    """What is kept: it knows its key and its JSON."""

    @property
    def key(self) -> str:
        """The hash of all that it depends on."""
        ...

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        ...


Study = TypeVar("Study", bound=Kept)


@dataclass(frozen=True)
class Shelf(Generic[Study]):
    """The studies of one kind.

    Attributes:
        kind: One of KINDS.
        made: Makes a study of its JSON.
    """

    kind: str
    made: Callable[[dict[str, Any]], Study]

    def save(self, workspace: Workspace, study: Study) -> None:
        """Write a study under its key."""
        body = {"key": study.key, **study.to_json()}
        record.write(workspace.study(study.key) / "record.json", self.kind, body)

    def find(self, workspace: Workspace, key: str) -> Study | None:
        """The study that was made of the same things, if there is one."""
        try:
            return self.made(record.read(workspace.study(key) / "record.json", self.kind))
        except NotFound:
            return None

    def newest(self, workspace: Workspace) -> list[Study]:
        """All that can be read, newest first."""
        return list(_read(workspace, self.kind, self.made))


def _read(
    workspace: Workspace, kind: str, made: Callable[[dict[str, Any]], Made]
) -> Iterator[Made]:
    for folder in newest_first(workspace.studies()):
        try:
            yield made(record.read(folder / "record.json", kind))
        except (BadInput, NotFound, KeyError, TypeError):
            continue  # Another kind of study, one of another Assay, or one that was just deleted.


def datasets_of(workspace: Workspace, model: str) -> list[str]:
    """Names of the datasets on which a model's heads were studied, newest of each kind first."""
    found = (
        str(body.get("dataset"))
        for kind in KINDS
        for body in _read(workspace, kind, dict)
        if model in (body.get("model"), body.get("b"))
    )
    return list(dict.fromkeys(found))
