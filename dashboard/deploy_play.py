"""The playground: ask one model, or two side by side, blind on request, and judge the answers."""

from collections.abc import Callable

import streamlit as st

from core.deploy.latency import milliseconds
from core.errors import AssayError
from core.models.resolve import ModelRef
from core.playground.ask import Answer, ask_served, ask_warm, task_of
from core.playground.round import Round, Said, judge, play
from core.text.format import usd
from dashboard import cache, inputs, state, ui
from dashboard.deploy_found import KINDS, Found, answering, guarded, token

t = ui.t

MOST_CHARACTERS = 2_000
THUMBS = {"up": ":material/thumb_up:", "down": ":material/thumb_down:"}
LETTERS = "AB"


def section(found: Found) -> None:
    """Draw the section."""
    st.subheader(t("deploy.playground.title"), anchor=False)
    if found.model is None:
        return
    models, blind = _models(found.model)
    _ask(found, models, blind=blind)
    refusal = state.kept("play-refusal")
    if refusal:
        st.text(refusal)
    made: Round | None = state.kept("play-round")
    if made is None or {one.model for one in made.answers} != {ref.name for ref in models}:
        st.caption(t("deploy.playground.intro"))
        return
    _answers(made)
    if made.judged:
        st.markdown(t("deploy.playground.thanks"))
    elif not ui.presenting():
        _judge(made)


def _models(first: ModelRef) -> tuple[list[ModelRef], bool]:
    """Whom to ask: the page's model, and another where one is chosen."""
    others = {ref.name: ref for ref in inputs.models(KINDS) if ref.name != first.name}
    if not ui.presenting():
        with ui.controls(key="play-controls"):
            state.choose_or_none(
                t("deploy.playground.beside"), "beside", list(others), key="play-beside",
                nothing=t("deploy.playground.alone"),
            )  # fmt: skip
            beside = others.get(state.named("beside") or "")
            blind = st.toggle(t("deploy.playground.blind"), key="play-blind",
                              disabled=beside is None,
                              help=t("deploy.playground.blind_help"))  # fmt: skip
    else:
        beside, blind = others.get(state.named("beside") or ""), False
    return [first, *([beside] if beside else [])], blind and beside is not None


def _ask(found: Found, models: list[ModelRef], *, blind: bool) -> None:
    needs = any(task_of(state.workspace(), ref) == "question-answering" for ref in models)
    with st.form("playground", border=False):
        text = st.text_area(t("deploy.playground.input"), max_chars=MOST_CHARACTERS, height=80)
        context = None
        if needs:
            context = st.text_area(t("deploy.playground.context"), max_chars=MOST_CHARACTERS,
                                   height=120)  # fmt: skip
        label = "ask" if len(models) == 1 else "ask_both"
        asked = st.form_submit_button(t(f"deploy.playground.{label}"), icon=":material/send:")
    if not (asked and text.strip()):
        return
    state.keep("play-refusal", None)
    asks = [_asker(found, ref, text, context or None) for ref in models]
    names = ", ".join(ref.name for ref in models)
    try:
        with st.spinner(t("deploy.playground.asking", models=names)):
            state.keep("play-round", play(asks, text, context or None, blind=blind))
    except AssayError as error:
        state.keep("play-refusal", str(error))
        state.keep("play-round", None)


def _asker(
    found: Found, ref: ModelRef, text: str, context: str | None
) -> Callable[[], Answer]:  # fmt: skip
    """How a model is asked: at its server, where that runs and lets this page in."""
    workspace = state.workspace()
    server = answering(ref.name, found.servers)
    if server is not None and (token() or not guarded()):
        return lambda: ask_served(workspace, server.url, ref, text, context, token())
    warm = cache.warm(workspace)
    return lambda: ask_warm(workspace, warm.call, ref, text, context)


def _answers(made: Round) -> None:
    st.caption(t("deploy.playground.input"))
    st.code(made.input, language=None, wrap_lines=True)
    columns = st.columns(len(made.answers), gap="medium")
    for letter, column, one in zip(LETTERS, columns, made.answers, strict=False):
        with column:
            _answer(made, letter, one)
    if not made.hidden:
        st.caption(t("deploy.playground.cost_help"))


def _answer(made: Round, letter: str, one: Answer) -> None:
    """One answer as it is; while it is blind, without what would tell whose it is."""
    name = ui.literal(one.model)
    head = t("deploy.playground.hidden", letter=letter) if made.hidden else name
    if made.blind and made.judged:
        head = t("deploy.playground.revealed", letter=letter, model=name)
    st.markdown(f"**{head}**")
    if one.output.strip():
        st.code(one.output, language=None, wrap_lines=True)
    else:
        st.markdown(t("deploy.playground.empty"))
    if made.hidden:
        return
    where = "served" if one.served else "here"
    took = milliseconds(1_000 * one.seconds, ui.lang())
    st.markdown(f"{ui.mark('measured')} {t(f'deploy.playground.took_{where}', seconds=took)}")
    st.markdown(f"{ui.mark('estimated')} {_cost(one)}")


def _cost(one: Answer) -> str:
    if one.usd is None:
        return t("deploy.playground.cost_unknown")
    million = one.usd.times(1_000_000, "USD")
    return t("deploy.playground.cost", usd=usd(million.value, ui.lang()),
             low=usd(million.low, ui.lang()), high=usd(million.high, ui.lang()))  # fmt: skip


def _judge(made: Round) -> None:
    """What is said of each answer; one button keeps it all."""
    with st.form(f"judge-{made.id}", border=False):
        columns = st.columns(len(made.answers), gap="medium")
        for place, column in enumerate(columns):
            with column:
                _said(made, place)
        st.form_submit_button(t("deploy.playground.keep"), icon=":material/check:",
                              on_click=_keep, args=(made,))  # fmt: skip


def _key(made: Round, place: int, part: str) -> str:
    return f"judge-{made.id}-{place}-{part}"


def _said(made: Round, place: int) -> None:
    """A thumb, a correction, a comment."""

    def label(part: str) -> str:
        words = t(f"deploy.playground.{part}")
        if len(made.answers) == 1:
            return words
        whose = LETTERS[place] if made.hidden else ui.literal(made.answers[place].model)
        return t("deploy.playground.of_answer", whose=whose, label=words)

    st.segmented_control(
        label("verdict"), list(THUMBS), key=_key(made, place, "verdict"),
        format_func=lambda one: f"{THUMBS[one]} {t(f'deploy.playground.{one}')}",
    )  # fmt: skip
    for part in ("correction", "comment"):
        st.text_input(label(part), key=_key(made, place, part), max_chars=MOST_CHARACTERS)


def _keep(made: Round) -> None:
    """Keep the judgement; only then is it said who was who."""
    said = [
        Said(*(state.current(_key(made, place, part)) or None
               for part in ("verdict", "correction", "comment")))
        for place in range(len(made.answers))
    ]  # fmt: skip
    if not any(one.anything for one in said):
        state.keep("play-refusal", t("deploy.playground.nothing"))
        return
    try:
        state.keep("play-round", judge(state.workspace(), made, said))
        state.keep("play-refusal", None)
    except AssayError as error:
        state.keep("play-refusal", str(error))
