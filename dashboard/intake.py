"""Where data are added: a sample, or a file of the user's, looked at before it is kept.

What the user calls a file is only ever shown: its content goes to a file with a name of our own.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.data import languages
from core.data.collect import Collected, Files, Options, Source, collect
from core.data.columns import parts_of, suggest
from core.data.dataset import Example
from core.data.files import DELIMITERS, Reading, open_table
from core.data.imports import import_files, slug
from core.data.samples import SAMPLES, import_sample
from core.errors import AssayError
from core.pipeline import TASKS
from dashboard import state, ui

t = ui.t
PREVIEWED = 200
ROWS_SHOWN = 10


def _go_to(name: str) -> None:
    """Draw the page anew with a dataset chosen."""
    st.switch_page(state.page("data"), query_params=state.link({"dataset": name}))


def sample(*, primary: bool = False) -> None:
    """Choose a sample and make it a dataset; `primary` where it is the page's one action."""
    names = [row.name for row in SAMPLES]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.selectbox(t("data.add.sample"), names, key="sample", width=280)
        button = ui.action if primary else _button
        pressed = button(t("data.add.sample_use"), key="sample-use", icon=":material/science:")
    st.caption(f"{sample_words(name)} {t('data.add.sample_words')}")
    if pressed:
        with st.spinner(t("data.add.sample_making")):
            import_sample(state.workspace(), name)
        _go_to(name)


def sample_words(name: str) -> str:
    """What a sample is: "localise-de" and its like share a sentence."""
    return t(f"data.sample.{name.split('-')[0]}")


def _button(label: str, *, key: str, icon: str) -> bool:
    return st.button(label, key=key, icon=icon)


@st.fragment
def upload() -> None:
    """The form for a file of the user's: choose, map, look, keep."""
    st.subheader(t("data.import.title"), anchor=False)
    st.caption(t("data.import.words"))
    given = st.file_uploader(t("data.import.files"), accept_multiple_files=True, key="upload")
    with st.container(horizontal=True):
        task = st.selectbox(
            t("data.import.task"), TASKS, key="upload-task", width=280,
            format_func=lambda name: t(f"common.task.{name}"),
        )  # fmt: skip
    with st.expander(t("data.import.official")):
        official = {
            split: st.file_uploader(t(f"data.import.{split}"), accept_multiple_files=True,
                                    key=f"upload-{split}")
            for split in ("validation", "test")
        }  # fmt: skip
    if not given:
        return
    with tempfile.TemporaryDirectory(prefix="assay-upload-") as folder:
        files = Files(
            _sources(folder, given),
            _sources(folder, official["validation"]),
            _sources(folder, official["test"]),
        )
        try:
            _look_and_keep(task, files)
        except AssayError as error:
            st.markdown(f"{ui.mark('failed')} **{t('data.import.failed')}**")
            st.text(str(error))


def _sources(folder: str, given: Sequence[UploadedFile]) -> tuple[Source, ...]:
    """Write uploads to files with names of our own."""
    made = []
    for uploaded in given:
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            shutil.copyfileobj(uploaded, file)
        uploaded.seek(0)
        made.append(Source(Path(file.name), uploaded.name))
    return tuple(made)


def _look_and_keep(task: str, files: Files) -> None:
    options = _options(task, files)
    if options is None:
        return
    seen = collect(options, files, most_rows=PREVIEWED)
    # The key holds the prefix that was found, so that other languages give another prefix.
    prefix = st.text_input(
        t("data.import.prefix"), seen.prefix, key=f"upload-prefix-{task}-{seen.prefix}",
        help=t("data.import.prefix_help"), width=400,
    )  # fmt: skip
    _preview(task, seen)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.text_input(t("data.import.name"), slug(files.main[0].shown), width=280,
                             max_chars=64)  # fmt: skip
        keep = ui.action(t("data.import.keep"), key="keep", icon=":material/save:")
    if keep:
        with st.spinner(t("data.import.reading")):
            wanted = replace(options, prefix=prefix)
            made = import_files(state.workspace(), wanted, files, name)
        _go_to(made.dataset.name)


def _options(task: str, files: Files) -> Options | None:
    """What the user says of columns and languages; None while a column is not chosen."""
    columns: dict[str, str | None] = {}
    if len(files.main) == 1:
        chosen = _columns(task, files.main[0])
        if chosen is None:
            return None
        columns = chosen
    said: dict[str, str | None] = {}
    if task == "translation":
        said = _languages()
    return Options(task, **columns, **said)


def _columns(task: str, source: Source) -> dict[str, str | None] | None:
    """Part to column as chosen; None while one is missing."""
    numbered = st.checkbox(t("data.import.no_header"), key="upload-numbered")
    table = open_table(source.path, source.shown, Reading(numbered=numbered))
    guessed = suggest(task, table.columns)
    needed = parts_of(task)
    chosen: dict[str, str | None] = {}
    mark = f"{source.shown}-{task}-{numbered}"
    with st.container(horizontal=True, gap="small"):
        for part in (*needed, "id", "split"):
            options: list[str | None] = list(dict.fromkeys(table.columns))
            if part not in needed:
                options.insert(0, None)
            first = guessed.get(part)
            index = options.index(first) if first in options else None
            chosen[part] = st.selectbox(
                _part(task, part), options, index=index if part in needed else index or 0,
                key=f"upload-{part}-{mark}", width=200,
                format_func=lambda name: t("data.import.column_none") if name is None else name,
            )  # fmt: skip
    missing = [_part(task, part) for part in needed if chosen[part] is None]
    if missing:
        st.markdown(f"{ui.mark('risk')} {t('data.import.choose', parts=', '.join(missing))}")
        return None
    chosen["split_column"] = chosen.pop("split")
    return chosen


def _part(task: str, part: str) -> str:
    """What a part is called in a task: the target of a classification is a label."""
    special = {
        ("text-classification", "target"): "label",
        ("question-answering", "input"): "question",
        ("question-answering", "target"): "answer",
    }
    return t(f"data.part.{special.get((task, part), part)}")


def _languages() -> dict[str, str | None]:
    names = languages.names()
    codes: list[str | None] = [None, *sorted(names, key=names.__getitem__)]
    with st.container(horizontal=True, gap="small"):
        return {
            side: st.selectbox(
                t(f"data.import.{side}"), codes, key=f"upload-{side}", width=240,
                format_func=lambda code: f"{names[code]} ({code})" if code
                else t("data.import.language_unknown"),
            )
            for side in ("source_language", "target_language")
        }  # fmt: skip


def _preview(task: str, seen: Collected) -> None:
    """How the file was understood, its first rows as they would be kept, and those refused."""
    for table in seen.tables:
        encoding = t("data.cli.encoding", encoding=table.encoding) if table.encoding else ""
        sign = DELIMITERS[table.delimiter] if table.delimiter else None
        delimiter = t("data.cli.delimiter", delimiter=sign) if sign else ""
        st.caption(t("data.import.understood", form=table.form, encoding=encoding,
                     delimiter=delimiter))  # fmt: skip
    rows = [row for split in seen.examples.values() for row in split]
    read = len(rows) + len(seen.refused)
    st.markdown(f"**{t('data.import.preview')}**")
    st.caption(t("data.import.preview_some", usable=len(rows), n=read))
    ui.table(as_table(rows[:ROWS_SHOWN], task), key="preview", column_config=headings(task))
    if seen.refused:
        st.markdown(f"{ui.mark('risk')} {t('data.import.preview_refused', n=read)}")
        ui.table(
            [{"line": row.line, "reason": row.reason, "file": row.file} for row in seen.refused],
            key="preview-refused",
            column_config={name: t(f"data.findings.{name}") for name in ("line", "reason", "file")},
        )


def as_table(rows: Sequence[Example], task: str) -> list[dict[str, str]]:
    """Examples as rows of a table, with a column for the passage where there is one."""
    made = []
    for row in rows:
        context = {"context": row.context or ""} if task == "question-answering" else {}
        made.append({"id": row.id, "input": row.input, **context, "target": row.target})
    return made


def headings(task: str) -> dict[str, Any]:
    """Heading and width of each column of `as_table`."""
    widths: dict[str, Literal["small", "medium", "large"]] = {"id": "small", "input": "large"}
    return {
        part: st.column_config.TextColumn(_part(task, part), width=widths.get(part, "medium"))
        for part in ("id", "input", "context", "target")
    }
