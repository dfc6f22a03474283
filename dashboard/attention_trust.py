"""Trust: which tokens an output hangs on, what each layer would say, and whether that is true."""

import shlex
from dataclasses import asdict, replace

import streamlit as st

from core.charts import trust as charts
from core.errors import AssayError
from core.interpret import explained, trust_words
from core.interpret.captured import Capture
from core.interpret.explained import Explanation, Question
from core.interpret.faithfulness import FEWEST
from core.text.format import number
from dashboard import attention_explained, attention_trust_many, cache, state, ui

t = ui.t

AT_ONCE_SECONDS = 1.0
"""What took less than this the first time needs no button the second."""


def render(key: str, capture: Capture) -> None:
    """Draw the section.

    Args:
        key: Of the capture in the workspace.
        capture: What was read.
    """
    whole = Question(
        capture.model, capture.text, capture.target, generate=capture.generate,
    )  # fmt: skip
    first = explained.find(state.workspace(), whole)
    try:
        if first is None and not ui.presenting():
            first = _begin(whole, key)
        made = _chosen(whole, first, key) if first else None
    except AssayError as error:
        ui.empty(t("trust.failed"), ui.literal(error), kind="failed")
        made = None
    if made:
        _one(made)
    elif first is None and ui.presenting():
        ui.empty(t("trust.begin_title"), t("trust.begin_words"))
    attention_trust_many.section(capture.model)


def _begin(asked: Question, key: str) -> Explanation | None:
    """Nothing was explained: say what would be here, and begin.

    Raises:
        AssayError: The explanation failed.
    """
    ui.empty(t("trust.begin_title"), t("trust.begin_words"))
    if ui.action(t("trust.begin"), key=f"trust-{key}", icon=":material/troubleshoot:"):
        _explain(asked)
        st.rerun()
    return None


def _explain(asked: Question) -> Explanation:
    workspace = state.workspace()
    request = {"workspace": str(workspace.root), "trust": True, **asdict(asked)}
    with st.spinner(t("trust.working")):
        found = cache.warm(workspace).call("core.work.explain:compute", request)
    return explained.open_explanation(workspace, found["key"])


def _chosen(whole: Question, first: Explanation, key: str) -> Explanation | None:
    """The explanation of what the reader chooses of the output: a token, a class, or all of it.

    Raises:
        AssayError: It failed.
    """
    if ui.presenting():
        return first
    with st.container(horizontal=True, gap="medium"):
        asked = _choose(_part(whole, first, key), first, key)
    if asked == whole:
        return first
    found = explained.find(state.workspace(), asked)
    if found is None and (
        first.seconds < AT_ONCE_SECONDS
        or st.button(t("trust.begin"), key=f"trust-again-{key}", icon=":material/troubleshoot:")
    ):
        found = _explain(asked)
    return found


def _part(whole: Question, first: Explanation, key: str) -> Question:
    """Which part of a text that is too long for one."""
    windows = first.span.windows
    if windows == 1:
        return whole
    window = st.selectbox(
        t("trust.part.label"), range(1, windows + 1), first.span.window - 1,
        key=f"trust-window-{key}", width=200, help=t("trust.part.help"),
        format_func=lambda number: t("trust.part.option", window=number, windows=windows),
    )  # fmt: skip
    return whole if window == first.span.window else replace(whole, window=window)


def _choose(whole: Question, first: Explanation, key: str) -> Question:
    """Which class, or which token of the output."""
    if first.classes:
        label = st.selectbox(
            t("trust.about_class"), [None, *first.classes], key=f"trust-class-{key}", width=280,
            format_func=lambda name: (
                f"{first.choice} ({t('trust.about_own')})" if name is None else name
            ),
            help=t("trust.about_class_help"),
        )  # fmt: skip
        return replace(whole, label=label)
    if len(first.following) < 2:
        return whole
    hidden = first.kind == "gap" and len(first.places) == 1
    options = [*range(len(first.following))] if hidden else [None, *range(len(first.following))]
    position = st.selectbox(
        t("trust.about_hidden" if hidden else "trust.about"), options,
        first.places[0] if hidden else 0, key=f"trust-position-{key}", width=280,
        format_func=lambda place: (
            t("trust.about_all") if place is None else f"{place}: {first.following[place]}"
        ),
        help=t("trust.about_hidden_help" if hidden else "trust.about_help"),
    )  # fmt: skip
    if hidden and position == first.places[0]:
        return whole
    return replace(whole, position=position)


def _one(made: Explanation) -> None:
    """Everything about one explained output."""
    _readings(made)
    _provenance(made)
    _meter(made)
    attention_explained.tokens(made)
    _curves(made)


def _readings(made: Explanation) -> None:
    language = ui.lang()
    whole = made.value - made.baseline_value
    limit = trust_words.percent(made.tolerance, language)
    items = [
        ui.Reading(
            t("trust.reading.probability"), number(made.probability, 2, language), "measured",
            None, trust_words.output(made, language, literal=ui.literal),
            help=t("trust.reading.probability_help"),
        ),
        ui.Reading(
            t("trust.reading.completeness"),
            trust_words.percent(made.completeness_share, language), "measured",
            t(f"trust.reading.completeness_{'limit' if made.converged else 'over'}", limit=limit),
            t("trust.reading.completeness_n",
              error=number(made.completeness_error, 2, language, sign=True),
              whole=number(whole, 3, language, sign=True)),
            help=t("trust.reading.completeness_help"),
        ),
        *(
            ui.Reading(
                t("trust.reading.gap", method=t(f"trust.short.{verdict.method}")),
                trust_words.gap(verdict.difference), "measured",
                t("trust.reading.gap_interval", bound=number(verdict.high, 2, language)),
                t("trust.reading.one_text"), help=t("trust.reading.gap_help"),
            )
            for verdict in made.verdicts or ()
            if verdict.method in ("attention", "integrated_gradients")
        ),
    ]  # fmt: skip
    ui.readings(items, key="trust-readings")


def _provenance(made: Explanation) -> None:
    asked = made.question
    words = ["assay trust", shlex.quote(asked.model), shlex.quote(asked.text)]
    for name in ("target", "generate", "window", "position", "label"):
        value = getattr(asked, name)
        if value is not None:
            words += [f"--{name}", shlex.quote(str(value))]
    command = " ".join(words)
    orders = len(made.curves.random_deletion) if made.curves else 0
    ui.provenance(
        t("trust.how.chips", model=asked.model, target=trust_words.output(made, ui.lang()),
          n=sum(made.removable), orders=orders, date=made.created_at[:10]),
        f"{command}\n{command.replace('assay trust', 'assay explain', 1)} --lens",
        t("trust.how.detail", filler=ui.literal(made.filler), baseline=ui.literal(made.baseline),
          tolerance=trust_words.percent(made.tolerance, ui.lang()), gradients=made.gradients),
    )  # fmt: skip
    if made.span.cut_tokens:
        st.caption(trust_words.part(made.span, ui.lang()))
    for sentence in trust_words.absent(made, ui.lang()):
        st.markdown(f"{ui.mark('risk')} {sentence}")


def _meter(made: Explanation) -> None:
    """The verdict, and each method's gap beside chance."""
    curves, verdicts, language = made.curves, made.verdicts, ui.lang()
    if curves is None or not verdicts:
        words = t("trust.verdict.few", fewest=FEWEST, n=sum(made.removable))
        st.markdown(f"{ui.mark('risk')} {words}")
        return
    finding = trust_words.finding(verdicts, language)
    ui.chart(
        finding, t("trust.meter.plotted_one", orders=len(curves.random_deletion)),
        charts.meter(verdicts, ui.scheme(), language, present=ui.presenting()),
        alt=t("trust.meter.alt", n=len(verdicts), finding=finding),
        source=t("trust.meter.source", **attention_explained.source(made)), key="trust-meter",
    )  # fmt: skip
    flat = trust_words.flat(curves.chance, verdicts, language)
    sentences = filter(None, [flat, t("trust.verdict.caveat_one")])
    st.markdown(f"{ui.mark('risk')} {' '.join(sentences)}")


def _curves(made: Explanation) -> None:
    """Deletion and insertion of every method."""
    curves, verdicts = made.curves, made.verdicts
    if curves is None or not verdicts:
        return
    drawn = {verdict.method: charts.drawn_one(curves, verdict.method) for verdict in verdicts}
    plotted = t("trust.meter.curves_plotted_one", filler=ui.literal(made.filler),
                orders=len(curves.random_deletion))  # fmt: skip
    attention_trust_many.panels(
        drawn,
        verdicts,
        plotted,
        t("trust.meter.source", **attention_explained.source(made)),
        key="one",
    )
    with st.expander(t("common.table_behind")):
        attention_trust_many.areas(verdicts, key="trust-areas")
