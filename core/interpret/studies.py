"""What was found out about a model's heads on a user's data: one record a study, by its hash.

studies/KEY/record.json
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from core import record
from core.errors import BadInput, NotFound
from core.workspace import Workspace, newest_first

Study = TypeVar("Study")

KINDS = ("heads", "moved", "alignment")


def save(workspace: Workspace, kind: str, key: str, body: dict[str, Any]) -> None:
    """Write a study of one of KINDS under the hash of all that it depends on."""
    record.write(workspace.study(key) / "record.json", kind, {"key": key, **body})


def find(workspace: Workspace, kind: str, key: str) -> dict[str, Any] | None:
    """The study that was made of the same things, if there is one."""
    try:
        return record.read(workspace.study(key) / "record.json", kind)
    except NotFound:
        return None


def newest(
    workspace: Workspace, kind: str, made: Callable[[dict[str, Any]], Study]
) -> Iterator[Study]:
    """All studies of a kind that can be read, newest first.

    Args:
        workspace: Where they are kept.
        kind: One of KINDS.
        made: Makes one of its JSON.
    """
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
        for body in newest(workspace, kind, dict)
        if model in (body.get("model"), body.get("b"))
    )
    return list(dict.fromkeys(found))
