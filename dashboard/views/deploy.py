"""Deploy: how fast, how cheap, how do I call it?"""

import json

import streamlit as st

from core.charts import deploy as charts
from core.cost.served import ServingEstimate
from core.cost.serving import estimate_serving
from core.deploy.serve import check_address
from core.deploy.service import Service, folder_bytes, services
from core.jobs import runner
from core.models.resolve import ModelRef, shape_of
from core.run import ServeRequest, start
from core.text.format import interval, number, round_up, size, usd
from core.update import feedback
from dashboard import cache, inputs, state, ui

t = ui.t

REQUESTS_PER_SECOND = 1.0
INPUT_TOKENS, OUTPUT_TOKENS = 32, 32
PORT = 8600


def render() -> None:
    """Draw the page."""
    head = st.container(gap="small")
    model = _controls()
    found = services(state.workspace(), model.name) if model else []
    live = next((service for service in found if service.job.active), None)
    measured = next((service for service in found if service.milliseconds), None)
    with head:
        ui.header("common.page.deploy", t("deploy.question"), _answer(model, live, measured))
        if model:
            _readings(model, measured)
            _provenance(model, measured)
    _watch(model.name if model else "")
    if model is None:
        return
    _playground(model)
    if measured:
        _latency(measured)
    else:
        ui.empty(t("deploy.empty.title"), t("deploy.empty.words"))
    _call(live.url if live else f"http://127.0.0.1:{PORT}")


def _controls() -> ModelRef | None:
    if ui.presenting():
        return inputs.first_model()
    with ui.controls():
        model = inputs.model("deploy-model", label=t("deploy.control.model"))
        port = st.number_input(t("deploy.control.port"), 1024, 65_535, PORT, width=130)
        if model is None:
            return None
        live = [s for s in services(state.workspace(), model.name) if s.job.active]
        if live:
            if st.button(t("deploy.control.stop"), icon=":material/stop_circle:"):
                runner.cancel(state.workspace(), live[0].job.id)
                st.rerun()
        elif ui.action(t("deploy.control.start", model=ui.literal(model.name)), key="serve",
                       icon=":material/play_circle:"):  # fmt: skip
            check_address("127.0.0.1", int(port))
            start(state.workspace(), ServeRequest(model.name, "127.0.0.1", int(port)))
            st.rerun()
    return model


def _milliseconds(value: float | None) -> str:
    return f"{number(value)} ms" if value is not None else t("common.not_known")


def _answer(model: ModelRef | None, live: Service | None, measured: Service | None) -> str:
    if model is None:
        return t("deploy.answer.none")
    name = ui.literal(model.name)
    if live is None:
        return t("deploy.answer.idle", model=name)
    if live.latency is None or measured is None:
        return t("deploy.answer.serving", model=name, url=ui.literal(live.url))
    return t("deploy.answer.serving_latency", model=name, url=ui.literal(live.url),
             p50=_milliseconds(live.latency.p50))  # fmt: skip


def _estimate(model: ModelRef) -> ServingEstimate | None:
    """One A100 at a light load; None for a Hub model whose shape is not known yet."""
    shape = shape_of(model)
    if shape is None:
        return None
    return estimate_serving(
        shape, input_tokens=INPUT_TOKENS, output_tokens=OUTPUT_TOKENS,
        requests_per_second=REQUESTS_PER_SECOND,
    )  # fmt: skip


def _readings(model: ModelRef, measured: Service | None) -> None:
    latency = measured.latency if measured else None
    estimate = _estimate(model)
    cost = estimate.usd_per_request.times(1_000, "USD") if estimate and estimate.usd_per_request \
        else None  # fmt: skip
    byte_count, files = folder_bytes(model.path) if model.path else (None, 0)
    n = t("deploy.reading.n_answers", n=latency.n) if latency else t("deploy.reading.not_measured")
    known = latency is not None and latency.low is not None and latency.high is not None
    ui.readings(
        [
            ui.Reading(
                t("deploy.reading.latency"),
                _milliseconds(latency.p50 if latency else None),
                "measured",
                f"{interval(latency.low, latency.high)} ms" if latency and known else None,
                n,
                ui.Needle(latency.p50, latency.low, latency.high, 0, round_up(latency.high))
                if latency and latency.low is not None and latency.high is not None else None,
                t("deploy.reading.latency_help"),
            ),
            ui.Reading(t("deploy.reading.latency_tail"),
                       _milliseconds(latency.p95 if latency else None), "measured", None, n,
                       help=t("deploy.reading.latency_tail_help")),
            ui.Reading(
                t("deploy.reading.cost"),
                t("common.approximately", value=usd(cost.value)) if cost
                else t("common.not_known"),
                "estimated",
                f"{usd(cost.low)}–{usd(cost.high)}" if cost else None,
                t("deploy.reading.n_runs", n=cost.n) if cost else None,
                ui.Needle(cost.value, cost.low, cost.high, 0, round_up(1.2 * cost.high))
                if cost else None,
                t("deploy.reading.cost_help"),
            ),
            ui.Reading(t("deploy.reading.size"), size(byte_count, ui.lang()), "measured",
                       t("deploy.reading.files", n=files) if files else None,
                       help=t("deploy.reading.size_help")),
        ]
    )  # fmt: skip


def _provenance(model: ModelRef, measured: Service | None) -> None:
    n = len(measured.milliseconds) if measured else 0
    ended = state.date(measured.job.created_at) if measured else ""
    chips = (
        t("deploy.how.chips", n=n, device=(measured.device if measured else "") or "", date=ended)
        if measured else t("deploy.how.chips_none")
    )  # fmt: skip
    ui.provenance(
        chips,
        f"assay serve {model.name} --detach\n"
        f"assay cost serve --model {model.name} --gpu A100-80-SXM --gpus 1 "
        f"--input-tokens {INPUT_TOKENS} --output-tokens {OUTPUT_TOKENS} "
        f"--requests-per-second {REQUESTS_PER_SECOND:g}",
        t("deploy.how.detail", n=n, load=f"{REQUESTS_PER_SECOND:g}"),
    )


@st.fragment(run_every=2)
def _watch(model: str) -> None:
    """The server under way; a full rerun when it becomes ready or ends."""
    newest = next(iter(services(state.workspace(), model)), None) if model else None
    if newest and (not newest.ready if newest.job.active else newest.job.state == "failed"):
        ui.job_card(newest.job)
    mark = (newest.job.id, newest.job.state, newest.ready, len(newest.milliseconds)) if newest \
        else None  # fmt: skip
    if state.changed("deploy-service", mark):
        st.rerun()


def _playground(model: ModelRef) -> None:
    st.subheader(t("deploy.playground.title"), anchor=False)
    with st.form("playground", border=False):
        text = st.text_area(t("deploy.playground.input"), max_chars=2_000, height=80)
        asked = st.form_submit_button(t("deploy.playground.ask"), icon=":material/send:")
    if asked and text.strip():
        request = {"workspace": str(state.workspace().root), "model": model.name, "inputs": [text]}
        with st.spinner(t("deploy.loading", model=model.name)):
            result = cache.warm(state.workspace()).call("core.work.answer:compute", request)
        state.keep("answer", {"model": model.name, "input": text, **result})
    given = state.kept("answer")
    if not given or given["model"] != model.name:
        st.caption(t("deploy.playground.intro"))
        return
    output = given["outputs"][0]
    st.caption(t("deploy.playground.answer"))
    st.code(output, language=None, wrap_lines=True)
    st.caption(t("deploy.playground.took", seconds=f"{number(1_000 * given['seconds'])} ms"))
    _judge(given, output)


def _judge(given: dict[str, object], output: str) -> None:
    """Thumbs and a correction; both wait for a review."""

    def send(verdict: str) -> None:
        feedback.add(
            state.workspace(), model=str(given["model"]), input=str(given["input"]), output=output,
            verdict=verdict, correction=state.typed("correction"), source="page",
        )  # fmt: skip
        state.keep("answer", None)
        st.toast(t("deploy.playground.thanks"))

    st.text_input(t("deploy.playground.correction"), key="correction", max_chars=2_000)
    with st.container(horizontal=True):
        st.button(t("deploy.playground.good"), icon=":material/thumb_up:", on_click=send,
                  args=("up",))  # fmt: skip
        st.button(t("deploy.playground.bad"), icon=":material/thumb_down:", on_click=send,
                  args=("down",))  # fmt: skip


def _latency(measured: Service) -> None:
    latency = measured.latency
    if latency is None:
        return
    p50, p95 = _milliseconds(latency.p50), _milliseconds(latency.p95)
    key = "finding" if latency.p95 is None else "finding_tail"
    ui.chart(
        t(f"deploy.chart.{key}", n=latency.n, p50=p50, p95=p95),
        t("deploy.chart.plotted"),
        charts.latency(measured.milliseconds, latency, ui.scheme(), ui.lang(),
                       present=ui.presenting()),
        alt=t("deploy.chart.alt", n=latency.n, p50=p50, p95=p95),
        source=t("deploy.chart.source", n=latency.n, dataset=measured.dataset or ""),
        key="latency",
    )  # fmt: skip


def _call(url: str) -> None:
    st.subheader(t("deploy.call.title"), anchor=False)
    st.caption(t("deploy.call.words"))
    body = json.dumps({"inputs": ["…"]}, ensure_ascii=False)
    st.code(
        f"curl {url}/v1/predict -H 'content-type: application/json' -d '{body}'\n"
        f"curl {url}/v1/feedback -H 'content-type: application/json' \\\n"
        '  -d \'{"input": "…", "output": "…", "verdict": "down", "correction": "…"}\'',
        language=None, wrap_lines=True,
    )  # fmt: skip
