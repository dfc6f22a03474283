"""Whose cost is asked for: a run, a catalogue name, a size or a configuration, as a shape."""

import json
from pathlib import Path

from core.errors import BadInput, NotFound
from core.models.catalog import CATALOG
from core.models.shape import Shape, from_config, from_size
from core.workspace import NAME, Workspace, newest_first


def shape_for(workspace: Workspace, name: str) -> Shape:
    """The shape that a name stands for; no weights are needed.

    In this order: a run of the workspace, a name or Hub id of the catalogue, a size such as "7B", a
    `config.json` or a folder that holds one.

    Raises:
        NotFound: Nothing has that name; the message lists what is known.
        BadInput: The configuration cannot be read, or the size is out of range.
    """
    if NAME.fullmatch(name) and ".." not in name:
        config = workspace.run(name) / "model" / "config.json"
        if config.is_file():
            return _from_file(config)
    for row in CATALOG:
        if name.casefold() in (row.name.casefold(), (row.hub_id or row.name).casefold()):
            return row.shape
    if name[:1].isdigit() and name[-1:] in "MBTmbt":
        return from_size(name)
    path = Path(name).expanduser()
    if path.is_dir():
        path /= "config.json"
    if path.is_file():
        return _from_file(path)
    raise NotFound(
        f"There is no model called {name!r}. Known: {', '.join(names(workspace))}; or give a size "
        "such as 7B, or a folder with a config.json."
    )


def names(workspace: Workspace) -> list[str]:
    """Runs with a model, newest first, then the catalogue."""
    folders = newest_first(workspace.runs(), "model/config.json")
    return [folder.name for folder in folders] + [row.name for row in CATALOG]


def _from_file(path: Path) -> Shape:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{str(path)!r} is not a readable configuration ({error}).") from None
    if not isinstance(config, dict):
        raise BadInput(f"{str(path)!r} is not a model's configuration: a JSON object is wanted.")
    return from_config(config)
