"""The head price list: what each head is worth, and what switching off several costs."""

import shlex

import streamlit as st

from core.charts import moved as charts
from core.charts import moved_words as words
from core.data.dataset import Dataset
from core.evaluate import notation
from core.interpret.prices import STUDIES, Drop, HeadPrice, Prices
from core.models.resolve import ModelRef
from core.run import HeadsRequest
from core.text.format import number
from dashboard import attention_begin, state, ui

t = ui.t


def section(ref: ModelRef, data: Dataset, limit: int) -> None:
    """Draw the block for a model on a dataset."""
    st.header(t("moved.price.title"), anchor=False)
    request = HeadsRequest(ref.name, data.title, split="test", limit=limit)
    made = next((one for one in STUDIES.newest(state.workspace())
                 if (one.model, one.dataset) == (ref.name, data.name)), None)  # fmt: skip
    if made is None:
        ui.empty(t("moved.price.empty", model=ui.literal(ref.name)), t("moved.price.empty_words"))
    else:
        _evidence(made)
    attention_begin.begin(
        request, t(f"moved.price.{'begin' if made is None else 'again'}", n=f"{limit:,}"),
        key="prices", icon=":material/sell:", again=made is not None,
    )  # fmt: skip


def _evidence(made: Prices) -> None:
    source = t("moved.source", model=ui.literal(made.model), n=f"{made.n:,}",
               dataset=ui.literal(made.dataset), split=t(f"evaluate.split.{made.split}"),
               date=made.created_at[:10])  # fmt: skip
    left, right = st.columns(2, gap="large")
    finding, first = words.drop_finding(made, ui.lang()), made.metrics[0]
    with left:
        ui.chart(
            finding, t("moved.price.plotted", metric=notation.title(first, ui.lang())),
            charts.drops(made, first, ui.scheme(), ui.lang(), present=ui.presenting()),
            alt=finding, source=source, key="price-drops",
        )  # fmt: skip
        most = _spared(made.of(first))
        st.markdown(
            f"{ui.mark('estimated')} "
            + t("moved.price.saving", heads=most.heads, total=len(made.heads),
                parameters=number(100 * most.parameters_share_estimated, 2, ui.lang()),
                flops=number(100 * most.flops_share_estimated, 2, ui.lang()))
        )  # fmt: skip
    finding = words.forecast_finding(made, ui.lang())
    with right:
        ui.chart(
            finding, t("moved.price.forecasts"),
            charts.forecasts(made, ui.scheme(), ui.lang(), present=ui.presenting()),
            alt=finding, source=source, key="price-forecasts",
        )  # fmt: skip
        st.markdown(words.pull_finding(made, ui.lang()))
    st.subheader(words.list_finding(made, ui.lang()), anchor=False)
    st.caption(t("moved.price.list"))
    place = {head.place: head for head in made.heads}
    ui.table([_cells(place[one]) for one in made.order], key="price-list",
             height=ui.height(len(made.order)))  # fmt: skip
    with st.expander(t("common.table_behind")):
        ui.table([_drop(made, drop) for drop in made.drops], key="price-drops-table")
    ui.provenance(
        t("moved.chips", n=f"{made.n:,}", name=made.dataset, date=made.created_at[:10]),
        f"assay heads {shlex.quote(made.model)} --dataset {made.dataset}@{made.data_version} "
        f"--split {made.split} --limit {made.limit or made.n} --drop "
        f"{','.join(f'{drop.share:g}' for drop in made.of(first))} --json",
        t("moved.price.how", order_n=f"{made.order_n:,}", ordered=made.ordered,
          order_split=t(f"evaluate.split.{made.order_split}"), n=f"{made.n:,}",
          same=f"{made.same_answers:,}"),
    )  # fmt: skip


def _spared(drops: list[Drop]) -> Drop:
    """The largest drop that costs nothing that can be told; the smallest where each costs."""
    free = [drop for drop in drops if drop.verdict != "worse"]
    return free[-1] if free else drops[0]


def _cells(head: HeadPrice) -> dict[str, str]:
    language = ui.lang()
    cells = {
        "head": words.head(head.place, language),
        "price": words.nats(head.price_nats, language),
        "interval": words.nats_interval(head.price_low_nats, head.price_high_nats, language),
        "forecast": words.nats(head.forecast_nats, language),
        "pull": words.nats(head.pull_nats, language, sign=False),
        "pattern": t(f"attention.pattern.{head.pattern}"),
        "sentences": words.share_with(
            head.pattern_sentence_share, head.pattern_share_low, head.pattern_share_high, language
        ),
    }
    return {t(f"moved.column.{name}"): value for name, value in cells.items()}


def _drop(made: Prices, drop: Drop) -> dict[str, str]:
    language = ui.lang()
    cells = {
        "drop": t("moved.chart.off", heads=drop.heads, total=len(made.heads)),
        "metric": notation.title(drop.metric, language),
        "own": notation.number(drop.own, drop.unit, language),
        "without": notation.number(drop.dropped, drop.unit, language),
        "change": notation.change(drop.difference, drop.unit, language),
        "interval": notation.interval(drop.low, drop.high, drop.unit, language, sign=True),
        "p": notation.p_value(drop.p_corrected, language),
        "parameters": f"≈ {number(100 * drop.parameters_share_estimated, 2, language)} %",
    }
    return {t(f"moved.column.{name}"): value for name, value in cells.items()}
