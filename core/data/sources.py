"""What was named becomes files: it may be files, a `datasets` folder, or a dataset of the Hub."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.data.collect import Files, Source
from core.data.files import SUFFIXES
from core.data.rows import suffix
from core.errors import BadInput, NotFound

if TYPE_CHECKING:
    from core.data.hub import Fetched

HUB = "Hugging Face Hub "
"""What the source of a dataset of the Hub begins with."""


@dataclass(frozen=True)
class Named:
    """What was named.

    Attributes:
        files: What is read.
        name: What a dataset made of it is called after.
        source: Where it came from, for the record; None = the files' names say it.
        left_out: Splits that are not read.
        notes: A sentence for the record, or "".
    """

    files: Files
    name: str
    source: str | None = None
    left_out: tuple[str, ...] = ()
    notes: str = ""


def find(
    main: Sequence[Source],
    validation: Sequence[Source] = (),
    test: Sequence[Source] = (),
    config: str | None = None,
) -> Named:
    """Tell files, a folder and a Hub id apart; fetch what is on the Hub.

    Args:
        main: One file or folder, two parallel texts, or OWNER/NAME[@REVISION] as the path.
        validation: Official split, as files.
        test: Official split, as files.
        config: Which configuration of a folder or of a dataset of the Hub.

    Raises:
        NotFound: There is no such file, folder or dataset.
        BadInput: It cannot be read, or official splits were given beside a folder's own.
        AssayError: The Hub cannot be asked (`core.data.hub.fetch`).
    """
    first = main[0]
    # `os.path` says no to a name that could be none (NUL, 300 characters), where `Path` raises.
    if len(main) == 1 and os.path.isdir(first.path):  # noqa: PTH112
        if validation or test:
            raise _own_splits(first.shown)
        name = first.path.resolve().name
        return _folder(first, name, f"folder {name}", config)
    if len(main) == 1 and not os.path.exists(first.path):  # noqa: PTH110
        from core.data import hub  # its import takes a while, and most data are files

        named = hub.parse(first.shown)
        if named is None or _looks_local(first.shown):
            raise NotFound(
                f"There is no file {first.shown!r}; check the name and the folder. A dataset of "
                "the Hugging Face Hub is named OWNER/NAME."
            )
        if validation or test:
            raise _own_splits(first.shown)
        return from_hub(hub.fetch(*named), config)
    if config:
        raise BadInput("--config is for a folder or a dataset of the Hub; a file has none.")
    return Named(Files(tuple(main), tuple(validation), tuple(test)), first.shown)


def from_hub(got: "Fetched", config: str | None) -> Named:
    """The files of a dataset that was fetched.

    Raises:
        BadInput: As `core.data.folders.open_folder`.
    """
    name = got.hub_id.split("/")[1]
    source = f"{HUB}{got.hub_id}@{got.commit}"
    return _folder(Source(got.folder, got.hub_id), name, source, config)


def _folder(there: Source, name: str, source: str, config: str | None) -> Named:
    from core.data.folders import open_folder  # YAML, which few need

    found = open_folder(there.path, there.shown, config)
    notes = f"Licence, as its card says: {found.licence}." if found.licence else ""
    return Named(found.files, name, source, found.left_out, notes)


def _own_splits(shown: str) -> BadInput:
    return BadInput(f"{shown!r} brings its own splits; leave --validation and --test out.")


def _looks_local(shown: str) -> bool:
    """Whether a name is likelier a file that is missing than a dataset of the Hub."""
    if shown.startswith("hf:"):
        return False
    return suffix(shown) in SUFFIXES or os.path.isdir(os.path.dirname(shown))  # noqa: PTH112, PTH120
