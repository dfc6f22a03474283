"""The readings of the Deploy page: how fast, how cheap, how large, and where that comes from."""

import shlex

from core.cost.served import ServingEstimate
from core.cost.serving import estimate_serving
from core.deploy.latency import milliseconds
from core.deploy.service import Service, folder_bytes
from core.models.resolve import ModelRef, shape_of
from core.text.format import interval, round_up, size, usd
from dashboard import state, ui

t = ui.t

REQUESTS_PER_SECOND = 1.0
INPUT_TOKENS, OUTPUT_TOKENS = 32, 32


def _estimate(model: ModelRef) -> ServingEstimate | None:
    """One A100 at a light load; None for a Hub model whose shape is not known yet."""
    shape = shape_of(model)
    if shape is None:
        return None
    return estimate_serving(
        shape, input_tokens=INPUT_TOKENS, output_tokens=OUTPUT_TOKENS,
        requests_per_second=REQUESTS_PER_SECOND,
    )  # fmt: skip


def readings(model: ModelRef, measured: Service | None) -> None:
    """Latency, cost and size of a model."""
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
                milliseconds(latency.p50 if latency else None, ui.lang()),
                "measured",
                f"{interval(latency.low, latency.high)} ms" if latency and known else None,
                n,
                ui.Needle(latency.p50, latency.low, latency.high, 0, round_up(latency.high))
                if latency and latency.low is not None and latency.high is not None else None,
                t("deploy.reading.latency_help"),
            ),
            ui.Reading(t("deploy.reading.latency_tail"),
                       milliseconds(latency.p95 if latency else None, ui.lang()), "measured", None,
                       n,
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


def provenance(model: ModelRef, measured: Service | None) -> None:
    """Where the readings come from."""
    n = len(measured.milliseconds) if measured else 0
    ended = state.date(measured.job.created_at) if measured else ""
    chips = (
        t("deploy.how.chips", n=n, device=(measured.device if measured else "") or "", date=ended)
        if measured else t("deploy.how.chips_none")
    )  # fmt: skip
    ui.provenance(
        chips,
        f"assay serve {shlex.quote(model.name)} --detach\n"
        f"assay cost serve --model {shlex.quote(model.name)} --gpu A100-80-SXM --gpus 1 "
        f"--input-tokens {INPUT_TOKENS} --output-tokens {OUTPUT_TOKENS} "
        f"--requests-per-second {REQUESTS_PER_SECOND:g}",
        t("deploy.how.detail", n=n, load=f"{REQUESTS_PER_SECOND:g}"),
    )
