"""A Hugging Face `datasets` folder as files of examples: which are read, and for which split.

Read are `save_to_disk` folders (Arrow) and repositories of Parquet, JSON lines, JSON, CSV or TSV
files, with the data_files of a dataset card or without. Nothing in a folder is executed, and no
path in a card leads out of it.
"""

import fnmatch
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from core.data.collect import SPLIT_NAMES, Files, Source
from core.data.rows import suffix
from core.errors import BadInput

FORMS = (".parquet", ".jsonl", ".json", ".csv", ".tsv")
"""What is read, best first: of several forms in a folder only the best is."""
MOST_FILES = 10_000
_NO_DATA = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json")
_WORDS = re.compile(r"[^a-z]+")


@dataclass(frozen=True)
class Folder:
    """What a folder holds.

    Attributes:
        files: What is read.
        left_out: Splits that have no place: neither training, validation nor test.
        licence: As its card says, or None.
    """

    files: Files
    left_out: tuple[str, ...]
    licence: str | None


def open_folder(folder: Path, shown: str, config: str | None = None) -> Folder:
    """Find the files of each split.

    Args:
        folder: Where it is.
        shown: What the user calls it.
        config: Which of several configurations of its card.

    Raises:
        BadInput: It holds no data that can be read, has several configurations and none was named,
            or has no split to train on.
    """
    card = _card(folder)
    saved = _saved(folder, shown)
    splits = saved or _configured(folder, shown, card, config) or _by_name(folder)
    if not splits:
        raise BadInput(
            f"{shown!r} is a folder without data that can be read; expected one that `datasets` "
            f"saved, or files of {', '.join(FORMS)}."
        )
    return _placed(folder, shown, splits, str(card["license"]) if card.get("license") else None)


def _placed(folder: Path, shown: str, splits: dict[str, list[Path]], licence: str | None) -> Folder:
    placed: dict[str, Source] = {}
    left_out = []
    for name, paths in splits.items():
        split = SPLIT_NAMES.get(name.casefold())
        if split is None or split in placed:
            left_out.append(name)
            continue
        placed[split] = _source(folder, shown, name, paths)
    if "train" not in placed and len(left_out) == 1 and len(splits) == 1:
        placed["train"] = _source(folder, shown, left_out[0], splits[left_out.pop()])
    if "train" not in placed:
        raise BadInput(
            f"{shown!r} has no split to train on; it has {', '.join(sorted(splits))}. Name one of "
            "its files instead."
        )
    files = Files(*((placed[s],) if s in placed else () for s in ("train", "validation", "test")))
    return Folder(files, tuple(left_out), licence)


def _source(folder: Path, shown: str, name: str, paths: list[Path]) -> Source:
    shards = tuple(Source(path, f"{shown}/{path.relative_to(folder)}") for path in paths)
    return Source(folder, f"{shown} ({name})", shards)


def _saved(folder: Path, shown: str) -> dict[str, list[Path]]:
    """Splits of a folder that `save_to_disk` wrote; {} if it did not."""
    if (folder / "dataset_dict.json").is_file():
        names = _json(folder / "dataset_dict.json", shown).get("splits")
        return {name: _arrow(folder / name, shown) for name in names or [] if _plain(name)}
    if (folder / "state.json").is_file():
        return {str(_json(folder / "state.json", shown).get("_split") or "train"):
                _arrow(folder, shown)}  # fmt: skip
    return {}


def _arrow(folder: Path, shown: str) -> list[Path]:
    state = _json(folder / "state.json", shown)
    if state.get("_indices_files"):
        raise BadInput(
            f"{shown!r} was saved with a selection of its rows; in Python call flatten_indices() "
            "and save it again."
        )
    names = [row.get("filename", "") for row in state.get("_data_files", [])]
    return [folder / name for name in names if _plain(name)]


def _json(path: Path, shown: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{shown!r} is damaged: {path.name} cannot be read ({error}).") from None
    return content if isinstance(content, dict) else {}


def _plain(name: Any) -> bool:
    """Whether a name from a file is that of an entry of its folder, and no path."""
    return isinstance(name, str) and Path(name).name == name and "\0" not in name and name != ".."


def _card(folder: Path) -> dict[str, Any]:
    """The YAML at the head of README.md; {} if there is none that can be read."""
    path = folder / "README.md"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", errors="replace") as file:
        text = file.read(1 << 20)
    found = re.match(r"---\s*\n(.*?)\n---\s*(?:\n|$)", text, re.S)
    try:
        card = yaml.safe_load(found[1]) if found else None
    except (yaml.YAMLError, RecursionError):
        return {}  # a card is an aid: without it files are found by their names
    return card if isinstance(card, dict) else {}


def _configured(
    folder: Path, shown: str, card: dict[str, Any], config: str | None
) -> dict[str, list[Path]]:
    """Splits as the card's configurations say; {} if it says nothing."""
    rows = card.get("configs")
    configs = {
        str(row.get("config_name", "default")): row["data_files"]
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and "data_files" in row
    }
    if not configs:
        if config:
            raise BadInput(f"The card of {shown!r} names no configuration; leave --config out.")
        return {}
    chosen = config or ("default" if "default" in configs else next(iter(configs)))
    if chosen not in configs or (config is None and len(configs) > 1 and chosen != "default"):
        raise BadInput(
            f"{shown!r} has the configurations {', '.join(configs)}; name one with --config NAME."
        )
    found: dict[str, list[Path]] = defaultdict(list)
    files = configs[chosen]
    if isinstance(files, str) or (
        isinstance(files, list) and all(isinstance(f, str) for f in files)
    ):
        files = [{"split": "train", "path": files}]
    for row in files if isinstance(files, list) else ():
        patterns = [row["path"]] if isinstance(row["path"], str) else row["path"]
        found[str(row["split"])] += [path for path in _data(folder) if any(
            fnmatch.fnmatch(str(path.relative_to(folder)), str(pattern)) for pattern in patterns
        )]  # fmt: skip
    return {split: paths for split, paths in found.items() if paths}


def _by_name(folder: Path) -> dict[str, list[Path]]:
    """Splits by the words in the files' names and folders; a file without one is for training."""
    by_form: dict[str, list[Path]] = defaultdict(list)
    for path in _data(folder):
        by_form[suffix(path.name)].append(path)
    best = next((by_form[form] for form in FORMS if by_form[form]), [])
    found: dict[str, list[Path]] = defaultdict(list)
    for path in best:
        words = _WORDS.split(str(path.relative_to(folder)).casefold())
        split = next(
            (SPLIT_NAMES[word] for word in reversed(words) if word in SPLIT_NAMES), "train"
        )
        found[split].append(path)
    return dict(found)


def _data(folder: Path) -> list[Path]:
    """Files with data, in the order of their names."""
    return sorted(_walk(folder))


def _walk(folder: Path) -> Iterator[Path]:
    for number, path in enumerate(folder.rglob("*")):
        if number >= MOST_FILES:
            raise BadInput(
                f"{folder.name!r} holds more than {MOST_FILES:,} files; name the folder or the "
                "file with the data."
            )
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if (
            suffix(path.name) in FORMS
            and path.name not in _NO_DATA
            and not hidden
            and path.is_file()
        ):
            yield path
