"""Fetch a dataset of the Hugging Face Hub at a recorded commit: its data files, never its code."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Before huggingface_hub: it sets how long the Hub may take.
from core.hub import ask, within

from huggingface_hub import HfApi, constants, snapshot_download  # isort: skip
from huggingface_hub.file_download import repo_folder_name  # isort: skip

from core.errors import BadInput, Offline
from core.units import GIB

PROBE_SECONDS = 4.0
"""How long the Hub may take to say that it is there."""
PATTERNS = ("*.parquet", "*.jsonl", "*.json", "*.csv", "*.tsv", "*.jsonl.gz", "*.csv.gz",
            "README.md")  # fmt: skip
"""What is fetched: tables and the card; no scripts, no pickles, no archives."""
LARGEST_BYTES = 5 * GIB
CONVERTED = "refs/convert/parquet"
"""Where the Hub keeps as Parquet what its owners keep in another form."""
_INSTEAD = "a local file, or a sample such as localise-de"
_ID = re.compile(r"(?P<id>[\w-][\w.-]{0,95}/[\w-][\w.-]{0,95})(?:@(?P<revision>[\w./-]{1,200}))?")


@dataclass(frozen=True)
class Fetched:
    """A dataset of the Hub on this machine.

    Attributes:
        hub_id: OWNER/NAME.
        commit: The commit that was fetched.
        folder: Where its files are.
    """

    hub_id: str
    commit: str
    folder: Path


def parse(text: str) -> tuple[str, str | None] | None:
    """OWNER/NAME or OWNER/NAME@REVISION as id and revision; None if it cannot be one."""
    found = _ID.fullmatch(text.removeprefix("hf:"))
    if found is None or ".." in text:
        return None
    return found["id"], found["revision"]


def fetch(hub_id: str, revision: str | None = None) -> Fetched:
    """Fetch the data files of a dataset; without a network, the copy that was fetched before.

    Args:
        hub_id: OWNER/NAME.
        revision: Branch, tag or commit; None = the newest.

    Raises:
        Offline: There is no network and no copy; said within PROBE_SECONDS and a little.
        NotFound: The Hub has no such dataset or revision.
        BadInput: It holds no table, or too much, or is given only to some.
        WorkFailed: The Hub answered with an error.
    """
    try:
        return ask("dataset", hub_id, _INSTEAD, lambda: _download(hub_id, revision))
    except Offline:
        copy = _copy(hub_id, revision)
        if copy is None:
            raise
        return copy


def _download(hub_id: str, revision: str | None) -> Fetched:
    info = _info(hub_id, revision)
    if not _tables(info) and revision is None:
        info = _info(hub_id, CONVERTED)
    files = _tables(info)
    if not files:
        raise BadInput(
            f"{hub_id} holds no Parquet, JSON or CSV file, and its scripts are not executed; fetch "
            "it with `datasets`, save it with save_to_disk, and import that folder."
        )
    size = sum(file.size or 0 for file in files)
    if size > LARGEST_BYTES:
        raise BadInput(
            f"{hub_id} holds {size / GIB:.0f} GiB, more than the {LARGEST_BYTES // GIB} that are "
            "fetched at once; download the files you need and import those."
        )
    folder = snapshot_download(
        hub_id, repo_type="dataset", revision=info.sha, allow_patterns=list(PATTERNS)
    )
    return Fetched(hub_id, str(info.sha), Path(folder))


def _info(hub_id: str, revision: str | None) -> Any:
    return within(
        PROBE_SECONDS,
        lambda: HfApi().dataset_info(
            hub_id, revision=revision, timeout=PROBE_SECONDS, files_metadata=True
        ),
    )


def _tables(info: Any) -> Sequence[Any]:
    ends = tuple(pattern.removeprefix("*") for pattern in PATTERNS if pattern.startswith("*"))
    return [file for file in info.siblings or () if file.rfilename.endswith(ends)]


def _copy(hub_id: str, revision: str | None) -> Fetched | None:
    """What was fetched before: the commit of that name, or the one fetched last."""
    kept = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=hub_id, repo_type="dataset")
    found = sorted(kept.glob("snapshots/*"), key=lambda path: path.stat().st_mtime_ns)
    if revision:
        found = [path for path in found if path.name == revision]
    return Fetched(hub_id, found[-1].name, found[-1]) if found else None
