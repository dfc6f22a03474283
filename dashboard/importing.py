"""The import form of the Data page: bring data, say how to read them, look, keep.

Nothing is kept before the reader has seen the rows as they would be kept.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import streamlit as st

from core.data import languages
from core.data.collect import Collected, Options, collect
from core.data.columns import parts_of, suggest
from core.data.encoding import ENCODINGS
from core.data.files import DELIMITERS, Reading, open_table
from core.data.imports import command, import_files, slug
from core.data.sources import HUB, Named
from core.errors import AssayError
from core.pipeline import TASKS
from core.workspace import check_name
from dashboard import data_jobs, handed_in, intake, state, ui

t = ui.t
PREVIEWED = 200
ROWS_SHOWN = 10


@st.fragment
def form() -> None:
    """Draw the form."""
    st.subheader(t("data.import.title"), anchor=False)
    st.caption(t("data.import.words"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        way = st.segmented_control(
            t("data.import.from"), list(handed_in.WAYS), default="files", required=True,
            key="upload-from", format_func=lambda name: t(f"data.import.from_{name}"),
        )  # fmt: skip
        task = st.selectbox(
            t("data.import.task"), TASKS, key="upload-task", width=280,
            format_func=lambda name: t(f"common.task.{name}"),
        )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="assay-upload-") as folder:
        try:
            named = handed_in.WAYS[str(way)](Path(folder))
            if named is not None:
                _look_and_keep(task, named, Path(folder))
        except AssayError as error:
            st.markdown(f"{ui.mark('failed')} **{t('data.import.failed')}**")
            st.text(str(error))


def _look_and_keep(task: str, named: Named, folder: Path) -> None:
    for split in named.left_out:
        st.markdown(f"{ui.mark('risk')} {t('data.cli.left_out', split=ui.literal(split))}")
    options = _options(task, named)
    if options is None:
        return
    seen = collect(options, named.files, most_rows=PREVIEWED)
    # The key holds the prefix that was found, so that other languages give another prefix.
    prefix = st.text_input(
        t("data.import.prefix"), seen.prefix, key=f"upload-prefix-{task}-{seen.prefix}",
        help=t("data.import.prefix_help"), width=400,
    )  # fmt: skip
    _preview(task, seen)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.text_input(t("data.import.name"), slug(named.name), width=280, max_chars=64,
                             key=f"upload-name-{named.name}")  # fmt: skip
        keep = ui.action(t("data.import.keep"), key="keep", icon=":material/save:")
    wanted = replace(options, prefix=prefix)
    st.caption(t("data.import.command"))
    st.code(command(wanted, _shown(named), name), language=None, wrap_lines=True)
    if keep and data_jobs.is_large(named.files):
        data_jobs.collect(check_name(name, "dataset name"), wanted, named, folder)
    elif keep:
        with st.spinner(t("data.import.reading")):
            made = import_files(
                state.workspace(), wanted, named.files, name,
                source=named.source, notes=named.notes,
            )  # fmt: skip
        intake.go_to(made.dataset.name)


def _shown(named: Named) -> list[str]:
    """What the files are called on a command line."""
    if named.name == handed_in.PASTED and named.source:
        return ["-"]
    if named.source and named.source.startswith(HUB):
        return [named.source.removeprefix(HUB)]
    shown = [source.path.name if source.shards else source.shown for source in named.files.main]
    for split in ("validation", "test"):
        for source in () if named.source else getattr(named.files, split):
            shown += [f"--{split}", source.shown]
    return shown


def _options(task: str, named: Named) -> Options | None:
    """What the reader says of columns and languages; None while a column is not chosen."""
    reading = _reading(named)
    columns: dict[str, str | None] = {}
    if len(named.files.main) == 1:
        chosen = _columns(task, named, reading)
        if chosen is None:
            return None
        columns = chosen
    said = _languages() if task == "translation" else {}
    return Options(
        task, columns.get("input"), columns.get("target"), columns.get("context"),
        (columns.get("id") or "") if columns else None, columns.get("split"), columns.get("group"),
        said.get("source_language"), said.get("target_language"), reading=reading,
    )  # fmt: skip


def _reading(named: Named) -> Reading:
    """Encoding, delimiter and header, as found unless the reader corrects them."""
    first = named.files.main[0]
    if first.shards:
        return Reading()
    mark = first.shown
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        encoding = st.selectbox(
            t("data.import.encoding"), [None, *ENCODINGS], key=f"upload-encoding-{mark}", width=200,
            format_func=lambda name: t("data.import.as_found") if name is None else name,
        )  # fmt: skip
        delimiter = st.selectbox(
            t("data.import.delimiter"), [None, *DELIMITERS], key=f"upload-delimiter-{mark}",
            width=200, format_func=lambda sign: t("data.import.as_found") if sign is None
            else t(f"data.import.sign_{DELIMITERS[sign]}"),
        )  # fmt: skip
        numbered = st.checkbox(t("data.import.no_header"), key=f"upload-numbered-{mark}")
    return Reading(encoding, delimiter, numbered)


def _columns(task: str, named: Named, reading: Reading) -> dict[str, str | None] | None:
    """Part to column as chosen; None while one is missing."""
    (source,) = named.files.main
    first = source.shards[0] if source.shards else source
    table = open_table(first.path, first.shown, reading)
    guessed = suggest(task, table.columns)
    needed = parts_of(task)
    chosen: dict[str, str | None] = {}
    mark = f"{source.shown}-{task}-{reading}"
    with st.container(horizontal=True, gap="small"):
        for part in (*needed, "id", "split", "group"):
            options: list[str | None] = list(dict.fromkeys(table.columns))
            if part not in needed:
                options.insert(0, None)
            found = guessed.get(part)
            index = options.index(found) if found in options else None
            chosen[part] = st.selectbox(
                intake.part_name(task, part), options,
                index=index if part in needed else index or 0,
                key=f"upload-{part}-{mark}", width=200,
                format_func=lambda name: t("data.import.column_none") if name is None else name,
            )  # fmt: skip
    missing = [intake.part_name(task, part) for part in needed if chosen[part] is None]
    if missing:
        st.markdown(f"{ui.mark('risk')} {t('data.import.choose', parts=', '.join(missing))}")
        return None
    return chosen


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
        sign = t(f"data.import.sign_{DELIMITERS[table.delimiter]}") if table.delimiter else None
        delimiter = t("data.cli.delimiter", delimiter=sign) if sign else ""
        st.caption(t("data.import.understood", form=table.form, encoding=encoding,
                     delimiter=delimiter))  # fmt: skip
    rows = [row for split in seen.examples.values() for row in split]
    read = len(rows) + len(seen.refused)
    st.markdown(f"**{t('data.import.preview')}**")
    st.caption(t("data.import.preview_some", usable=len(rows), n=read))
    ui.table(
        intake.as_table(rows[:ROWS_SHOWN], task), key="preview", column_config=intake.headings(task)
    )
    if seen.columns.further:
        st.caption(t("data.cli.further", columns=", ".join(map(ui.literal, seen.columns.further))))
    if seen.refused:
        st.markdown(f"{ui.mark('risk')} {t('data.import.preview_refused', n=read)}")
        ui.table(
            [{"line": row.line, "reason": row.reason, "file": row.file} for row in seen.refused],
            key="preview-refused",
            column_config={name: t(f"data.findings.{name}") for name in ("line", "reason", "file")},
        )
