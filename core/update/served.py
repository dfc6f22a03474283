"""Under which names the models of a dataset answer: runs, and the variants made of them."""

import json

from core.train.runs import list_runs
from core.workspace import Workspace


def names_of(workspace: Workspace, run: str) -> list[str]:
    """A run's own name, and those of its variants."""
    return [run, *(name for name, of in _variants(workspace).items() if of == run)]


def models_of(workspace: Workspace, dataset: str) -> list[str]:
    """The names of all runs on a dataset and of their variants."""
    runs = [run.run for run in list_runs(workspace, dataset)]
    known = set(runs)
    return runs + [name for name, of in _variants(workspace).items() if of in known]


def _variants(workspace: Workspace) -> dict[str, str]:
    """Variant to the run it was made of; whoever makes variants writes a record beside each."""
    found: dict[str, str] = {}
    for path in sorted((workspace.root / "variants").glob("*/record.json")):
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
            found[str(body["variant"])] = str(body["run"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # a record that cannot be read names nothing; its own page says so
    return found
