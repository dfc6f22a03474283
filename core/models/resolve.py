"""What a model's name means: a run, a variant, a starter, a bundle, a folder or one of the Hub.

Nothing is loaded and no network is asked here; `core.models.load` does both.
"""

import difflib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from core import record
from core.errors import BadInput, NotFound
from core.models import bundled
from core.models.catalog import CATALOG, CatalogModel
from core.models.shape import Shape, from_config
from core.workspace import NAME, Workspace, assets, newest_first

HUB_ID = re.compile(
    r"([A-Za-z0-9][\w.-]{0,95})/([A-Za-z0-9][\w.-]{0,95})(?:@([A-Za-z0-9][\w./-]{0,95}))?"
)
"""`organisation/name`, and `@revision` where one is meant."""

TASK_FAMILIES = {
    "translation": "encoder-decoder",
    "summarization": "encoder-decoder",
    "question-answering": "encoder",
    "text-classification": "encoder",
    "text-generation": "decoder",
}
"""The family of the starter that a task begins from."""


@dataclass(frozen=True)
class ModelRef:
    """A model that a name stands for.

    Attributes:
        name: The name as it is shown and recorded.
        kind: "starter", "run", "variant", "bundle", "folder" or "hub".
        path: The folder with config, tokenizer and weights; None for a model of the Hub that was
            not fetched.
        hub_id: `organisation/name` on the Hub, or None.
        revision: The Hub's revision that was asked for; after fetching, the commit.
        engine: What reads its weights: "transformers", or "ctranslate2".
    """

    name: str
    kind: str
    path: Path | None = None
    hub_id: str | None = None
    revision: str | None = None
    engine: str = "transformers"

    @property
    def tuned(self) -> bool:
        """Whether it was tuned here, and so is asked as its dataset says."""
        return self.kind in ("run", "variant", "bundle")


def resolve(workspace: Workspace, name: str) -> ModelRef:
    """Return what a name stands for.

    A run, a variant of one, a catalogue name, a folder (maybe a bundle) or a Hub id, in this order.

    Raises:
        NotFound: Nothing has that name; the message lists what is known.
        BadInput: The name holds a path that leads out of where it starts, or the run or folder
            has no model that can be loaded.
    """
    if "\0" in name or ".." in Path(name).parts:
        raise BadInput(f"{name!r} cannot be a model's name: write a folder's path without '..'.")
    if NAME.fullmatch(name) and (workspace.run(name) / "record.json").is_file():
        return _run(workspace, name)
    if NAME.fullmatch(name) and (workspace.variant(name) / "record.json").is_file():
        return _variant(workspace, name)
    row = _catalogued(name)
    if row is not None:
        return _from_catalog(row)
    folder = Path(name).expanduser()
    if (folder / bundled.MANIFEST).is_file():
        manifest = bundled.verify(folder)
        path = check_folder(folder.resolve(), manifest["engine"])
        return ModelRef(name, "bundle", path, engine=manifest["engine"])
    if (folder / "config.json").is_file():
        return ModelRef(name, "folder", check_folder(folder.resolve()))
    if folder.is_dir():
        raise BadInput(
            f"The folder {name!r} has no config.json; name a folder that `save_pretrained` wrote."
        )
    hub = HUB_ID.fullmatch(name)
    if hub and not name.startswith((".", "/", "~")):
        return ModelRef(name, "hub", None, f"{hub[1]}/{hub[2]}", hub[3])
    raise _unknown(workspace, name)


def _run(workspace: Workspace, name: str) -> ModelRef:
    folder = workspace.run(name) / "model"
    if not (folder / "config.json").is_file():
        raise BadInput(
            f"The run {name!r} left no model; `assay runs show {name}` says why. Name another run."
        )
    return ModelRef(name, "run", check_folder(folder))


def _variant(workspace: Workspace, name: str) -> ModelRef:
    found = record.read(workspace.variant(name) / "record.json", "variant")
    folder = check_folder(workspace.variant(name) / "model", found["engine"])
    return ModelRef(name, "variant", folder, engine=found["engine"])


def _catalogued(name: str) -> CatalogModel | None:
    wanted = name.casefold()
    for row in CATALOG:
        if wanted in (row.name.casefold(), (row.hub_id or row.name).casefold()):
            return row
    return None


def _from_catalog(row: CatalogModel) -> ModelRef:
    if row.local:
        return ModelRef(row.name, "starter", check_folder(assets() / "models" / row.name))
    if row.hub_id is None:
        raise BadInput(
            f"{row.name} is in the catalogue for its price alone: its weights are not public."
        )
    return ModelRef(row.name, "hub", None, row.hub_id, row.revision)


def _unknown(workspace: Workspace, name: str) -> NotFound:
    known = [ref.name for ref in list_models(workspace)]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return NotFound(
        f"There is no model called {name!r}. {hint}Known: {', '.join(known)}; "
        "or name a folder with a config.json, or a Hub id such as google-t5/t5-small."
    )


def check_folder(folder: Path, engine: str = "transformers") -> Path:
    """Return `folder` if its weights can be loaded: safetensors, all of them in the folder.

    Args:
        folder: The model's.
        engine: What is to read it; CTranslate2 has a format of its own, which holds no pickle.

    Raises:
        BadInput: It has no safetensors weights, or an index that points elsewhere.
    """
    if engine == "ctranslate2" and (folder / bundled.CT2_WEIGHTS).is_file():
        return bundled.check_ctranslate2(folder)
    index = folder / "model.safetensors.index.json"
    if (folder / "model.safetensors").is_file():
        return folder
    if index.is_file():
        try:
            names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (ValueError, KeyError, AttributeError):
            raise BadInput(f"{str(index)!r} is not a readable index of weights.") from None
        strange = [n for n in names if not isinstance(n, str) or Path(n).name != n]
        if strange:
            raise BadInput(f"{str(index)!r} points outside its folder ({strange[0]!r}).")
        return folder
    pickled = any(folder.glob("*.bin")) or any(folder.glob("*.pt"))
    held = "only pickled weights (.bin), which can run code when read" if pickled else "no weights"
    raise BadInput(
        f"The folder {str(folder)!r} holds {held}; model.safetensors was expected. "
        "Save it with a current Transformers: `model.save_pretrained(folder)`."
    )


def shape_of(ref: ModelRef) -> Shape | None:
    """Sizes of a model, from its folder or the catalogue; None if its weights were not fetched.

    Raises:
        BadInput: Its config.json is of an architecture whose sizes are not known.
    """
    if ref.path is not None:
        return from_config(json.loads((ref.path / "config.json").read_text(encoding="utf-8")))
    row = _catalogued(ref.name)
    return row.shape if row else None


def known_shape(ref: ModelRef) -> Shape:
    """Sizes of a model.

    Raises:
        BadInput: They are not known before its weights are fetched.
    """
    shape = shape_of(ref)
    if shape is None:
        raise BadInput(f"The sizes of {ref.name} are not known here: fetch it first.")
    return shape


def default_base(task: str) -> str:
    """The starter that a task begins from.

    Raises:
        NotFound: No starter is of the task's family.
    """
    family = TASK_FAMILIES[task]
    for row in CATALOG:
        if row.local and row.shape.family == family:
            return row.name
    raise NotFound(f"No starter model is made for {task}; name one with --base.")


def list_models(workspace: Workspace) -> list[ModelRef]:
    """Every model that has a name here: runs and variants, newest first, then the catalogue."""
    runs = [
        ModelRef(folder.name, "run", folder / "model")
        for folder in newest_first(workspace.runs())
        if (folder / "model" / "config.json").is_file()
    ]
    starters = [
        ModelRef(row.name, "starter", assets() / "models" / row.name)
        for row in CATALOG
        if row.local
    ]
    hub = [
        ModelRef(row.name, "hub", None, row.hub_id, row.revision)
        for row in CATALOG
        if not row.local and row.hub_id
    ]
    variants = [
        ModelRef(folder.name, "variant", folder / "model",
                 engine=record.read(folder / "record.json", "variant")["engine"])
        for folder in newest_first(workspace.variants())
        if (folder / "model" / "config.json").is_file()
    ]  # fmt: skip
    return runs + variants + starters + hub
