"""What a reader hands in: files, pasted rows, a folder, or the name of a dataset of the Hub.

What somebody calls a file is only ever shown: its content goes to a file with a name of our own. No
path is taken from the page: a folder is uploaded, and what is on the Hub is named by its id.
"""

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.data.collect import Files, Source
from core.data.folders import FORMS
from core.data.sources import Named, find, from_hub
from core.errors import BadInput
from dashboard import state, ui

t = ui.t
_PART = re.compile(r"[^\W_][\w.+ ()-]{0,99}")
PASTED = "pasted"
FOLDER_FILES = (*FORMS, ".arrow", ".md", ".gz")


def _files(folder: Path) -> Named | None:
    given = st.file_uploader(t("data.import.files"), accept_multiple_files=True, key="upload")
    with st.expander(t("data.import.official")):
        official = {
            split: st.file_uploader(t(f"data.import.{split}"), accept_multiple_files=True,
                                    key=f"upload-{split}")
            for split in ("validation", "test")
        }  # fmt: skip
    if not given:
        return None
    return Named(
        Files(
            _written(folder / "main", given),
            _written(folder / "validation", official["validation"]),
            _written(folder / "test", official["test"]),
        ),
        given[0].name,
    )


def _written(folder: Path, given: Sequence[UploadedFile]) -> tuple[Source, ...]:
    """Write uploads to files with names of our own."""
    folder.mkdir()
    return tuple(
        Source(_copied(uploaded, folder / str(number)), uploaded.name)
        for number, uploaded in enumerate(given)
    )


def _copied(uploaded: UploadedFile, path: Path) -> Path:
    with path.open("wb") as file:
        shutil.copyfileobj(uploaded, file)
    uploaded.seek(0)
    return path


def _paste(folder: Path) -> Named | None:
    text = st.text_area(
        t("data.import.paste"), key="upload-paste", height=200, max_chars=5_000_000,
        help=t("data.import.paste_help"),
    )  # fmt: skip
    if not text.strip():
        return None
    path = folder / "pasted"
    path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    name = t("data.import.pasted")
    return Named(Files((Source(path, name),)), PASTED, name)


def _folder(folder: Path) -> Named | None:
    given = st.file_uploader(
        t("data.import.folder"), accept_multiple_files="directory", type=list(FOLDER_FILES),
        key="upload-folder", help=t("data.import.folder_help"),
    )  # fmt: skip
    if not given:
        return None
    config = _config()
    root = folder / "folder"
    for uploaded in given:
        path = root / _inside(uploaded.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        _copied(uploaded, path)
    inner = list(root.iterdir())
    there = inner[0] if len(inner) == 1 and inner[0].is_dir() else root
    return find([Source(there, there.name)], config=config)


def _inside(name: str) -> PurePosixPath:
    """A file's place in its folder, made of plain names only.

    Raises:
        BadInput: It holds another.
    """
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or not all(_PART.fullmatch(part) for part in parts):
        raise BadInput(
            f"{name[:100]!r} cannot be a file of a folder of data; expected plain names of "
            "letters, digits, '.', '_' and '-'."
        )
    return PurePosixPath(*parts)


def _hub(_: Path) -> Named | None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.text_input(
            t("data.import.hub"), key="upload-hub", placeholder="OWNER/NAME@REVISION", width=320,
            max_chars=400, help=t("data.import.hub_help"),
        )  # fmt: skip
        pressed = st.button(t("data.import.fetch"), key="upload-fetch", icon=":material/download:")
    if pressed and name:
        with st.spinner(t("data.import.fetching")):
            from core.data import hub  # its import takes a while

            named = hub.parse(name)
            if named is None:
                raise BadInput(f"{name[:100]!r} is no dataset's id; expected OWNER/NAME.")
            state.keep("hub-dataset", (name, hub.fetch(*named)))
    kept = state.kept("hub-dataset")
    if not kept or kept[0] != name:
        return None
    st.caption(t("data.import.fetched", commit=kept[1].commit[:12]))
    return from_hub(kept[1], _config())


def _config() -> str | None:
    name = st.text_input(t("data.import.config"), key="upload-config", max_chars=100, width=320)
    return name.strip() or None


WAYS: dict[str, Callable[[Path], Named | None]] = {
    "files": _files, "paste": _paste, "folder": _folder, "hub": _hub,
}  # fmt: skip
"""How data are handed in, to what draws the widgets and writes the content into a folder."""
