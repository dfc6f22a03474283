"""The commands that print the same numbers as the Cost page."""

import shlex
from collections.abc import Iterable

from core.cost.choice import Paying, ServeChoice, TrainChoice
from core.cost.energy import SITE, Site
from core.cost.engines import DEFAULT_ENGINE
from core.cost.load import SCALE_UP_MINUTES
from core.units import GIGA, KILO, SECONDS_PER_DAY


def train(model: str, choice: TrainChoice) -> str:
    """The command of a training."""
    wanted = choice.wanted
    parts = {"tp": wanted.tensor, "pp": wanted.pipeline, "zero": wanted.zero}
    layout = ",".join(f"{name}={n}" for name, n in parts.items() if n is not None)
    words = [
        *_start("train", model), "--tokens", str(choice.tokens), "--gpu", choice.gpu, "--gpus",
        str(choice.gpus), "--method", choice.method,
    ]  # fmt: skip
    open_ = (
        ("--sequence-length", choice.sequence_length), ("--target-length", choice.target_length),
        ("--batch-per-gpu", choice.batch_per_gpu), ("--parallel", layout or None),
        ("--checkpointing", {True: "full", False: "none", None: None}[wanted.recompute]),
        ("--optimizer", wanted.optimizer if wanted.optimizer != "adamw" else None),
    )  # fmt: skip
    words += _given(open_)
    network = TrainChoice(choice.shape).wanted.network_bytes_per_second
    if wanted.network_bytes_per_second != network:
        words += ["--interconnect", f"{8 * wanted.network_bytes_per_second / GIGA:.6g}"]
    money = (("--storage-usd", choice.storage_usd), ("--egress-usd", choice.egress_usd))
    words += _given([(name, f"{usd:g}" if usd else None) for name, usd in money])
    return shlex.join([*words, *_paying(choice.paying), *_site(choice.site)])


def serve(model: str, choice: ServeChoice, gpus: int) -> str:
    """The command of a service, each replica on so many GPUs."""
    daily = choice.requests_per_second * SECONDS_PER_DAY
    words = [
        *_start("serve", model), "--gpu", choice.gpu, "--gpus", str(gpus), "--input-tokens",
        str(choice.input_tokens), "--output-tokens", str(choice.output_tokens),
        "--requests-per-day", f"{daily:.12g}", "--traffic", choice.traffic.name,
    ]  # fmt: skip
    first, token = choice.target.first_seconds, choice.target.token_seconds
    fresh = ServeChoice(choice.shape)
    words += _given(
        (
            ("--ttft-ms", None if first is None else f"{KILO * first:g}"),
            ("--tpot-ms", None if token is None else f"{KILO * token:g}"),
            ("--precision", choice.precision if choice.precision != fresh.precision else None),
            ("--engine", choice.engine if choice.engine != DEFAULT_ENGINE.name else None),
            ("--min-replicas", choice.min_replicas if choice.min_replicas != 1 else None),
            ("--scale-up-minutes", f"{choice.scale_up_minutes:g}"
             if choice.scale_up_minutes != SCALE_UP_MINUTES else None),
            ("--prefix-cached", f"{choice.prefix_cached:g}" if choice.prefix_cached else None),
            ("--speculative", f"{choice.speculative:g}" if choice.speculative != 1 else None),
        )
    )  # fmt: skip
    return shlex.join([*words, *_paying(choice.paying), *_site(choice.site)])


def _start(what: str, model: str) -> list[str]:
    return ["assay", "cost", what, "--model", model]


def _given(options: Iterable[tuple[str, object]]) -> list[str]:
    words: list[str] = []
    for name, value in options:
        if value is not None:
            words += [name, str(value)]
    return words


def _paying(paying: Paying) -> list[str]:
    words: list[str] = []
    if paying.pricing != "on-demand":
        words += ["--pricing", paying.pricing]
    if paying.usd_per_gpu_hour is not None:
        return [*words, "--usd-per-gpu-hour", f"{paying.usd_per_gpu_hour:g}"]
    if paying.provider is not None:
        words += ["--provider", paying.provider]
    if paying.pricing == "reserved" and paying.discount is not None:
        words += ["--reserved-discount", f"{paying.discount:g}"]
    for name, usd in paying.overrides:
        words += ["--price-row", f"{name}={usd:g}"]
    return words


def _site(site: Site) -> list[str]:
    if site == SITE:
        return []
    return ["--pue", f"{site.pue:g}", "--grid-kg-per-kwh", f"{site.grid_kg_per_kwh:g}"]
