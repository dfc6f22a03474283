"""One example in full: its texts, what differs word by word, its slices, and what can be done."""

import streamlit as st

from core.data.dataset import Dataset
from core.errors import AssayError
from core.evaluate import notation
from core.evaluate.diff import diff
from core.evaluate.metrics import metric
from core.evaluate.rows import Row
from core.models.resolve import list_models
from core.update.teach import learners, teach
from dashboard import data_gate, state, ui
from dashboard.contest import View

t = ui.t

MOST_LINKED = 1_000
"""Characters of a text that a link carries; the Attention page shows no more tokens than 256."""
SIGNS = {"left": ("gray", "−"), "right": ("blue", "+")}
"""Of what stands on one side only: its ground, and the sign that says the same without colour."""


def detail(view: View, row: Row | None) -> None:
    """The chosen example."""
    if row is None:
        return
    made = row.example
    with st.container(border=True, gap="small", key="example-detail"):
        st.subheader(t("where.detail.title", id=ui.literal(row.id)), anchor=False)
        _text(t("evaluate.examples.input"), str(made["input"]))
        if made.get("context"):
            _text(t("evaluate.examples.context"), str(made["context"]))
        if made.get("error"):
            _text(t("where.slice.failed"), str(made["error"]))
        names = (view.a_name, view.b_name)
        answers = [str(row.other["prediction"])] if row.other else []
        answers.append(str(made["prediction"]))
        _text(t("evaluate.examples.reference"), str(made["reference"]))
        for name, answer, score in zip(
            names[-len(answers) :], answers, (row.other_score, row.score)[-len(answers) :],
            strict=True,
        ):  # fmt: skip
            with st.container(gap="xxsmall"):
                st.caption(_scored(view, name, score))
                _diff(str(made["reference"]), answer)
        if row.other:
            with st.container(gap="xxsmall"):
                st.caption(t("where.detail.between", a=ui.literal(view.a_name),
                             b=ui.literal(view.b_name)))  # fmt: skip
                _diff(*answers)
        _marks(row)
        _actions(view, row)


def _text(label: str, text: str) -> None:
    with st.container(gap="xxsmall"):
        st.caption(label)
        st.text(text or t("where.detail.empty"))


def _scored(view: View, name: str, score: float | None) -> str:
    row = metric(metric(view.metric).example)
    shown = f"{notation.title(row.name, ui.lang())} {notation.number(score, row.unit, ui.lang())}"
    return t("where.detail.against", model=ui.literal(name), score=shown)


def _diff(left: str, right: str) -> None:
    """What differs, as literal text: − stands only in the first, + only in the second."""
    if not right.strip():
        st.text(t("where.detail.empty"))
        return
    found = diff(left, right)
    if found is None:
        st.text(right)
        st.caption(t("where.detail.long"))
        return
    parts = []
    for piece in found:
        # Markdown wants the spaces outside of what is marked.
        body = piece.text.strip()
        head = " " if piece.text[:1].isspace() else ""
        tail = " " if piece.text[-1:].isspace() and body else ""
        if piece.kind == "same":
            parts.append(f"{head}{ui.literal(body)}{tail}")
        else:
            ground, sign = SIGNS[piece.kind]
            words = ui.literal(body) if body else "␣"
            parts.append(f"{head}:{ground}-background[{sign}{words}]{tail}")
    st.markdown("".join(parts))


def _marks(row: Row) -> None:
    """Flags and further columns, in one line."""
    flags = [f"{ui.mark('risk')} {t(f'where.slice.{flag}')}" for flag in row.flags]
    columns = [
        f"{ui.literal(name)}: {ui.literal(value)}"
        for name, value in (row.example.get("columns") or {}).items()
    ]
    if flags or columns:
        st.markdown(" · ".join([*flags, *columns]))


def _actions(view: View, row: Row) -> None:
    """To its attention, and into the next training set."""
    known = {ref.name for ref in list_models(state.workspace()) if ref.kind in ("run", "starter")}
    with st.container(horizontal=True, gap="medium"):
        for name, made in ((view.b.model, row.example), *_other(view, row)):
            if name in known:
                st.page_link(
                    state.page("attention"), icon=":material/visibility:",
                    label=t("where.detail.attention", model=ui.literal(name)),
                    query_params=state.link(_asked(view, name, made)),
                )  # fmt: skip
    dataset = data_gate.scored_on(view.b)
    pupils = learners(state.workspace(), view.b.dataset)
    if dataset and view.b.model in pupils:
        with st.expander(t("where.teach.title"), icon=":material/school:"):
            _teach(dataset, view, row)


def _other(view: View, row: Row) -> list[tuple[str, dict[str, object]]]:
    if view.comparison is None or row.other is None:
        return []
    return [(view.comparison.a.model, row.other)]


def _asked(view: View, model: str, made: dict[str, object]) -> dict[str, str]:
    """What the Attention page is asked: model, text, and what the model wrote, where it writes."""
    asked = {"model": model, "text": str(made["input"])[:MOST_LINKED]}
    answer = str(made["prediction"]).strip()
    if view.b.task != "text-classification" and answer:
        asked["target"] = answer[:MOST_LINKED]
    return asked


def _teach(dataset: Dataset, view: View, row: Row) -> None:
    """A form for an example like this one; what judges the model is refused."""
    st.markdown(t("where.teach.words"))
    mark = f"{view.b.evaluation}-{row.id}"
    text = st.text_area(t("evaluate.examples.input"), row.example["input"], key=f"teach-in-{mark}")
    answer = st.text_area(t("where.teach.answer"), row.example["reference"],
                          key=f"teach-out-{mark}")  # fmt: skip
    if st.button(t("where.teach.action"), key=f"teach-{mark}", icon=":material/school:"):
        try:
            teach(
                state.workspace(), dataset, model=view.b.model, input=text, answer=answer,
                said=str(row.example["prediction"]) if text == row.example["input"] else "",
                context=row.example.get("context"),
            )  # fmt: skip
        except AssayError as error:
            st.markdown(f"{ui.mark('risk')} {ui.literal(error)}")
        else:
            st.markdown(t("where.teach.done"))
