"""Data: what have we got, is it fit to train on?"""

import math

import streamlit as st

from core.charts import data as charts
from core.data import dataset as store
from core.data.dataset import SPLITS, Dataset
from core.data.findings import sentence
from core.data.profile import Lengths, Profile
from core.text.format import number
from dashboard import (
    cleaning,
    data_gate,
    data_jobs,
    data_split,
    data_tokens,
    importing,
    inputs,
    intake,
    labelling,
    state,
    ui,
)
from dashboard.data_gate import Looked

t = ui.t
ROWS_SHOWN = 200
EVEN = 1.5
"""Labels are called even if the most frequent has at most so many times the rarest."""


def render() -> None:
    """Draw the page."""
    dataset = inputs.known_dataset()
    if dataset is None:
        ui.header("common.page.data", t("data.question"), t("data.answer.none"))
        ui.empty(t("data.empty.title"), t("data.empty.words"))
        if not ui.presenting():
            data_jobs.progress()
            intake.sample(primary=True)
            importing.form()
        return
    looked = data_gate.look(dataset)
    marks = ("synthetic",) if dataset.synthetic else ()
    ui.header("common.page.data", t("data.question"), _answer(dataset, looked), marks=marks)
    ui.readings(_readings(dataset, looked.profile)[:4])
    _provenance(dataset)
    data_gate.seen(dataset)
    split = "train"
    if not ui.presenting():
        split = _controls(dataset)
        data_jobs.progress()
    data_gate.progress(looked.request)
    if looked.profile:
        data_gate.findings(dataset, looked)
        _left_out(dataset)
    cleaning.panel(dataset)
    if looked.profile:
        _charts(dataset, looked.profile)
    data_tokens.draw(dataset, looked)
    _rows(dataset, split)
    if not ui.presenting():
        data_split.form(dataset)
    data_split.lineage(dataset)
    data_gate.done()


def _controls(dataset: Dataset) -> str:
    """The strip, and under it the place where data are added; returns the split to show."""
    with ui.controls():
        inputs.dataset("data-dataset", label=t("data.control.dataset"))
        data_gate.base(dataset)
        split = st.segmented_control(
            t("data.control.split"), SPLITS, default="train", required=True, key="data-split",
            format_func=lambda name: t(f"common.split.{name}"),
        )  # fmt: skip
        if ui.action(t("data.control.train"), key="train", icon=":material/arrow_forward:"):
            st.switch_page(state.page("train"), query_params=state.link({}))
    with st.expander(t("data.add.title"), icon=":material/add:", key="add-data"):
        intake.sample()
        importing.form()
    return str(split)


def _answer(dataset: Dataset, looked: Looked) -> str:
    said = {
        "name": ui.literal(dataset.name), "rows": f"{dataset.rows:,}",
        "task": t(f"common.task.{dataset.task}"),
    }  # fmt: skip
    if looked.profile is None:
        return t("gate.page.answer", **said)
    serious = looked.serious
    if serious and serious[0].blocks:
        return t("data.answer.blocked", why=sentence(serious[0], ui.lang(), ui.literal), **said)
    count = len(serious)
    key = "fit" if count == 0 else "look_one" if count == 1 else "look"
    return t(f"data.answer.{key}", n=count, **said)


def _readings(dataset: Dataset, found: Profile | None) -> list[ui.Reading]:
    training, testing = dataset.splits["train"], dataset.splits["test"]
    margin = number(98 / math.sqrt(testing), 2) if testing else None
    items = [
        ui.Reading(
            t("data.reading.train"), f"{training:,}", "measured",
            t("data.reading.train_share", share=round(100 * training / dataset.rows)),
            t("data.reading.train_n", n=f"{dataset.splits['validation']:,}"),
        ),
        ui.Reading(
            t("data.reading.test"), f"{testing:,}", "measured",
            t("data.reading.test_margin", points=margin) if margin else None,
            t("data.reading.test_n") if margin else None,
            help=t("data.reading.test_help"),
        ),
    ]  # fmt: skip
    if found and found.labels:
        counts = [counts["train"] for counts in found.labels.values()]
        items.append(ui.Reading(
            t("data.reading.labels"), f"{len(counts):,}", "measured",
            t("data.reading.labels_range", least=f"{min(counts):,}", most=f"{max(counts):,}"),
            t("data.reading.labels_n"),
        ))  # fmt: skip
    report = dataset.report
    if report.get("rows_read"):
        left_out = ("refused", "duplicates_removed", "leaks_removed")
        items.append(ui.Reading(
            t("data.reading.removed"), f"{sum(report[name] for name in left_out):,}", "measured",
            t("data.reading.removed_n", n=f"{report['rows_read']:,}"),
            help=t("data.reading.removed_help"),
        ))  # fmt: skip
    if found is None:
        return items
    main = _main(found)
    items.append(ui.Reading(
        t("data.reading.length"),
        t("data.reading.length_value", n=f"{main.median_characters:,.0f}"),
        "measured",
        t("data.reading.length_p95", n=f"{main.p95_characters:,}"),
        t("data.reading.length_n", n=f"{dataset.rows:,}"),
    ))  # fmt: skip
    return items


def _main(found: Profile) -> Lengths:
    """Lengths of what is read: the passage where there is one, else the input."""
    return next((row for row in found.lengths if row.part == "context"), found.lengths[0])


def _provenance(dataset: Dataset) -> None:
    report = dataset.report
    official = ", ".join(t(f"common.split.{s}") for s in report.get("official_splits", ()))
    split = t("data.how.split_official", splits=official) if official else t("data.how.split_made")
    split = f"{split} {data_split.how(dataset)}".strip()
    source = ui.literal(dataset.source)
    if dataset.synthetic and dataset.source.startswith("sample "):
        source = f"{source}. {intake.sample_words(dataset.source.removeprefix('sample '))}"
    ui.provenance(
        t("data.how.chips", rows=f"{dataset.rows:,}", version=dataset.version,
          date=dataset.created_at[:10]),
        f"assay data check {dataset.title} --json\nassay data show {dataset.title} --json",
        t("data.how.detail", source=source, split=split),
    )  # fmt: skip


def _left_out(dataset: Dataset) -> None:
    report = dataset.report
    tables = (
        ("refused", report.get("refused", 0), report.get("refused_examples")),
        ("duplicates", report.get("duplicates_removed", 0), report.get("duplicate_examples")),
        ("leaks", report.get("leaks_removed", 0), report.get("leak_examples")),
    )
    if not any(count for _, count, _ in tables):
        return
    with st.expander(t("data.findings.removed"), icon=":material/filter_alt:"):
        for name, count, rows in tables:
            if count and rows:
                st.markdown(t(f"data.findings.{name}", n=f"{count:,}"))
                ui.table(rows, key=f"left-out-{name}", column_config=data_gate.names(rows[0]))


def _charts(dataset: Dataset, found: Profile) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        _lengths(dataset, _main(found))
    with right:
        if found.labels:
            _labels(dataset, found)
        else:
            _lengths(dataset, next(row for row in found.lengths if row.part == "target"))


def _lengths(dataset: Dataset, found: Lengths) -> None:
    said = {"median": f"{found.median_characters:,.0f}", "p95": f"{found.p95_characters:,}"}
    ui.chart(
        t(f"data.chart.length_finding_{found.part}", **said),
        t("data.chart.length_plotted"),
        charts.lengths(found, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t("data.chart.length_alt", longest=f"{found.longest_characters:,}", **said),
        source=t("data.chart.source", title=ui.literal(dataset.title)),
        key=f"lengths-{found.part}",
    )


def _labels(dataset: Dataset, found: Profile) -> None:
    counts = {label: split["train"] for label, split in found.labels.items()}
    shown = charts.ends(counts)
    (most_label, most), (least_label, least) = shown[0], shown[-1]
    said = {"most": f"{most:,}", "least": f"{least:,}"}
    names = {"most_label": ui.literal(most_label), "least_label": ui.literal(least_label)}
    even = least and most / least <= EVEN
    if even or not least:
        title = t("data.chart.label_finding_even", **said)
    else:
        times = number(most / least, 2 if most < 100 * least else 3)
        title = t("data.chart.label_finding_uneven", times=times, **names)
    some = len(shown) < len(counts)
    ui.chart(
        title,
        t("data.chart.label_plotted_some", half=len(shown) // 2, n=f"{len(counts):,}") if some
        else t("data.chart.label_plotted"),
        charts.labels(counts, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t("data.chart.label_alt", most_label=most_label, least_label=least_label, **said),
        source=t("data.chart.source", title=ui.literal(dataset.title)),
        key="labels",
    )  # fmt: skip


def _rows(dataset: Dataset, split: str) -> None:
    rows = store.read(state.workspace(), dataset, split, most=ROWS_SHOWN)
    name = t(f"common.split.{split}")
    if not rows:
        st.subheader(t("data.rows.none", split=name), anchor=False)
        return
    total = f"{dataset.splits[split]:,}"
    title = "all" if len(rows) == dataset.splits[split] else "title"
    st.subheader(t(f"data.rows.{title}", n=len(rows), total=total, split=name), anchor=False)
    key = "words" if dataset.prefix else "words_plain"
    st.caption(t(f"data.rows.{key}", prefix=ui.literal(dataset.prefix)))
    if split == "test":
        data_gate.count_rows(dataset, rows)
    if not ui.presenting() and st.toggle(t("labelling.edit"), key="edit-rows"):
        labelling.editor(dataset, split, rows)
        return
    ui.table(intake.as_table(rows, dataset.task), key="rows",
             column_config=intake.headings(dataset.task))  # fmt: skip
