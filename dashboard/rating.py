"""Blind rating: two answers side by side, without names, and a vote.

While one rates, the page shows nothing else: its other parts say whose an answer is.
"""

import streamlit as st

from core.evaluate import notation
from core.evaluate.judge import Judgement, agreement_now, list_judgements
from core.evaluate.preference import WinRate
from core.evaluate.ratings import CHOICES, Pair, Rating, open_rating, vote
from core.text.format import fixed
from dashboard import state, ui
from dashboard.contest import View

t = ui.t

KEYS = dict(zip(CHOICES, ("1", "2", "3", "4"), strict=True))
"""What to press on the keyboard."""
EVEN = 50.0


def wanted() -> bool:
    """Whether the reader is rating."""
    return state.chosen("rate", ["0", "1"]) == "1"


def link(view: View) -> None:
    """The way to the rating, where two models stand beside each other."""
    if view.comparison is not None:
        st.button(t("rating.begin"), key="rating-begin", icon=":material/visibility_off:",
                  on_click=state.set_choice, args=("rate", "1"))  # fmt: skip


def answer(view: View) -> str:
    """The sentence under the title, while one rates: how far one is, and not who leads."""
    rating = _open(view)
    if rating is None:
        return t("rating.none")
    return t("rating.answer", done=f"{len(rating.votes):,}", n=f"{len(rating.pairs):,}")


def section(view: View) -> None:
    """One pair to rate, and the result for who asks for it."""
    st.button(t("rating.end"), key="rating-end", icon=":material/arrow_back:",
              on_click=state.set_choice, args=("rate", None))  # fmt: skip
    rating = _open(view)
    if rating is None:
        return
    if not rating.pairs:
        st.markdown(t("rating.same_all", n=f"{rating.same:,}"))
        return
    st.progress(len(rating.votes) / len(rating.pairs))
    pair = _shown(rating)
    if pair is None:
        st.markdown(t("rating.finished"))
    else:
        _pair(rating, pair)
    if rating.votes and (pair is None or st.toggle(t("rating.show"), key="rating-show")):
        _result(view, rating)


def _open(view: View) -> Rating | None:
    if view.comparison is None:
        return None
    a, b = view.comparison.a.evaluation, view.comparison.b.evaluation
    return open_rating(state.workspace(), a, b)


def _shown(rating: Rating) -> Pair | None:
    """The pair whose vote is to be changed, else the next without one."""
    again = state.kept("rating-again")
    return next((pair for pair in rating.pairs if pair.id == again), None) or rating.next


def _pair(rating: Rating, pair: Pair) -> None:
    with st.container(border=True, gap="small"):
        _text(t("rating.input"), pair.input)
        if pair.context:
            with st.expander(t("rating.context")):
                _text(None, pair.context)
        if pair.reference:
            with st.expander(t("rating.reference")):
                _text(None, pair.reference)
        left, right = st.columns(2, gap="medium")
        with left:
            _text(t("rating.left_answer"), pair.left)
        with right:
            _text(t("rating.right_answer"), pair.right)
        with st.container(horizontal=True, gap="small"):
            for choice in CHOICES:
                st.button(
                    t(f"rating.choice.{choice}"), key=f"rating-{choice}", shortcut=KEYS[choice],
                    on_click=_vote, args=(rating.a, rating.b, pair.id, choice),
                )  # fmt: skip
            last = state.kept("rating-last")
            if last is not None and last != pair.id:
                st.button(t("rating.back"), key="rating-back", type="tertiary",
                          on_click=state.keep, args=("rating-again", last))  # fmt: skip
    st.caption(t("rating.keys"))


def _text(label: str | None, text: str) -> None:
    if label:
        st.caption(label)
    if text:
        st.code(text, language=None, wrap_lines=True)
    else:
        st.markdown(t("rating.empty"))


def _vote(a: str, b: str, id_: str, choice: str) -> None:
    """Keep the vote before anything else is drawn: a reload loses nothing."""
    rating = open_rating(state.workspace(), a, b)
    pair = next((pair for pair in rating.pairs if pair.id == id_), None)
    if pair is not None:
        vote(state.workspace(), rating, pair, choice)
    state.keep("rating-last", id_)
    state.keep("rating-again", None)


def _result(view: View, rating: Rating) -> None:
    found = rating.result
    names = {"a": ui.literal(view.a_name), "b": ui.literal(view.b_name)}
    st.subheader(t(f"rating.verdict.{found.verdict}", **names), anchor=False)
    ui.readings([_rate(found, names["b"]), _counts(found, names)], key="rating-readings")
    st.caption(t("rating.how", same=f"{rating.same:,}", both_bad=f"{rating.both_bad:,}"))
    for made in _judgements(rating):
        st.markdown(_judged(made, rating, names["b"]))


def _rate(found: WinRate, name: str) -> ui.Reading:
    value, low, high = (100 * (x or 0.0) for x in (found.rate, found.low, found.high))
    return ui.Reading(
        t("rating.rate", model=name), _percent(found.rate), "measured",
        interval=f"{_percent(found.low)}–{_percent(found.high)}",
        n=t("rating.rate_n", n=f"{found.n:,}"),
        needle=ui.Needle(value, low, high, 0.0, 100.0, EVEN, t("rating.even")),
        help=t("rating.rate_help"),
    )  # fmt: skip


def _counts(found: WinRate, names: dict[str, str]) -> ui.Reading:
    p = t("rating.p_none") if found.p_value is None else \
        t("rating.p", p=notation.p_value(found.p_value, ui.lang()))  # fmt: skip
    return ui.Reading(
        t("rating.counts"), f"{found.wins:,} · {found.ties:,} · {found.losses:,}", "measured",
        n=p, help=t("rating.counts_help", **names),
    )  # fmt: skip


def _percent(share: float | None) -> str:
    return "" if share is None else f"{fixed(100 * share, 0, ui.lang())} %"


def _judgements(rating: Rating) -> list[Judgement]:
    """What models said of the same two."""
    both = {rating.a, rating.b}
    return [made for made in list_judgements(state.workspace()) if {made.a, made.b} == both]


def _judged(made: Judgement, rating: Rating, name: str) -> str:
    found, human = made.result, agreement_now(state.workspace(), made)
    turned = made.a != rating.a
    rate = None if found.rate is None else 1 - found.rate if turned else found.rate
    key = "judged" if human.kappa is not None else "judged_alone"
    return t(
        f"rating.{key}", judge=ui.literal(made.model), model=name, rate=_percent(rate),
        n=f"{found.n:,}", turned=f"{made.turned:,}", both=f"{human.n:,}",
        kappa=fixed(human.kappa or 0.0, 2, ui.lang()),
    )  # fmt: skip
