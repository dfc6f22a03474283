"""What was named becomes files: it may be files, a `datasets` folder, or a dataset of the Hub."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from core.data.collect import Files, Source
from core.errors import BadInput, NotFound


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
        return _folder(first, first.path.resolve().name, None, validation, test, config)
    if len(main) == 1 and not os.path.exists(first.path):  # noqa: PTH110
        from core.data import hub  # its import takes a while, and most data are files

        named = hub.parse(first.shown)
        if named is None:
            raise NotFound(
                f"There is no file {first.shown!r}; check the name and the folder. A dataset of "
                "the Hugging Face Hub is named OWNER/NAME."
            )
        got = hub.fetch(*named)
        there = Source(got.folder, got.hub_id)
        title = f"{got.hub_id}@{got.commit}"
        return _folder(there, got.hub_id.split("/")[1], title, validation, test, config)
    if config:
        raise BadInput("--config is for a folder or a dataset of the Hub; a file has none.")
    return Named(Files(tuple(main), tuple(validation), tuple(test)), first.shown)


def _folder(
    there: Source,
    name: str,
    hub_title: str | None,
    validation: Sequence[Source],
    test: Sequence[Source],
    config: str | None,
) -> Named:
    from core.data.folders import open_folder

    if validation or test:
        raise BadInput(f"{there.shown!r} brings its own splits; leave --validation and --test out.")
    found = open_folder(there.path, there.shown, config)
    notes = f"Licence, as its card says: {found.licence}." if found.licence else ""
    source = f"Hugging Face Hub {hub_title}" if hub_title else f"folder {name}"
    return Named(found.files, name, source, found.left_out, notes)
