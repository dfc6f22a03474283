"""The Cost page's one strip of controls, and what was chosen there before."""

from dataclasses import dataclass, replace

import streamlit as st

from core.cost.energy import SITE, Site
from core.cost.hardware import DEFAULT_GPU, GPUS, gpu
from core.cost.prices import PRICINGS, providers
from core.cost.sheet import Choice
from core.cost.subject import names, shape_for
from core.cost.training import DEFAULT_LENGTH, METHODS, MOST_GPUS
from core.models.catalog import CATALOG
from core.units import MEGA
from dashboard import state, ui

FIRST_MODEL = "mistral-7b"
METHOD_NAMES = {"lora": "LoRA", "qlora": "QLoRA"}
KEPT = "cost"

t = ui.t


@dataclass(frozen=True)
class Chosen:
    """A choice, and the name of its model."""

    model: str
    choice: Choice


def chosen() -> Chosen:
    """What the reader chose, without drawing anything: for presenter mode."""
    model = state.chosen("model", _models()) or FIRST_MODEL
    return Chosen(model, _choice(model))


def draw() -> Chosen:
    """Draw the strip and return what stands there now."""
    with ui.controls():
        model = state.choose(
            t("cost.control.model"), "model", _models(), key="cost-model", show=title
        )
        found = _choice(model or FIRST_MODEL)
        method = st.segmented_control(
            t("cost.control.method"), METHODS, default=found.method, required=True,
            format_func=lambda name: METHOD_NAMES.get(name, t("cost.control.full")),
        )  # fmt: skip
        millions = st.number_input(
            t("cost.control.tokens"), 0.001, 1e8, found.tokens / MEGA, format="%g", width=150
        )
        card = st.selectbox(
            t("cost.control.gpu"), [row.name for row in GPUS], width=200,
            index=[row.name for row in GPUS].index(found.gpu),
            format_func=_card,
        )  # fmt: skip
        found = replace(found, method=method, tokens=round(millions * MEGA), gpu=card)
        with st.popover(t("cost.control.assumptions"), icon=":material/tune:"):
            found = _assumptions(found)
    state.keep(KEPT, found)
    return Chosen(model or FIRST_MODEL, found)


def title(model: str) -> str:
    """A model's name as it is shown: the catalogue's title, else the run's own name."""
    return next((row.title for row in CATALOG if row.name == model), model)


def command(chosen: Chosen) -> str:
    """The command that prints the same numbers as the page."""
    found = chosen.choice
    words = [
        "assay cost train", f"--model {chosen.model}", f"--tokens {found.tokens}",
        f"--gpu {found.gpu}", f"--gpus {found.gpus}", f"--method {found.method}",
    ]  # fmt: skip
    if found.sequence_length is not None:
        words.append(f"--sequence-length {found.sequence_length}")
    if found.usd_per_gpu_hour is not None:
        words.append(f"--usd-per-gpu-hour {found.usd_per_gpu_hour:g}")
    elif found.provider is not None:
        words.append(f"--provider {found.provider}")
    if found.pricing != "on-demand":
        words.append(f"--pricing {found.pricing}")
    if found.site != SITE:
        words.append(f"--pue {found.site.pue:g} --grid-kg-per-kwh {found.site.grid_kg_per_kwh:g}")
    return " ".join(words)


def _card(name: str) -> str:
    """A card's title, marked where no published run stands behind its figures."""
    card = gpu(name)
    return card.title if card.backtested else t("cost.control.untested", gpu=card.title)


def _models() -> list[str]:
    known = names(state.workspace())
    return [FIRST_MODEL, *(name for name in known if name != FIRST_MODEL)]


def _choice(model: str) -> Choice:
    """What was chosen before, for this model; else the defaults."""
    shape = shape_for(state.workspace(), model)
    before = state.kept(KEPT)
    return replace(before, shape=shape) if before is not None else Choice(shape, DEFAULT_GPU)


def _assumptions(found: Choice) -> Choice:
    longest = found.shape.max_positions or DEFAULT_LENGTH
    usual = min(DEFAULT_LENGTH, longest)
    left, right = st.columns(2)
    with left:
        gpus = st.number_input(t("cost.control.gpus"), 1, MOST_GPUS, found.gpus)
        length = st.number_input(t("cost.control.length"), 1, 2**20, found.sequence_length or usual)
        pricing = st.selectbox(
            t("cost.control.pricing"), PRICINGS, PRICINGS.index(found.pricing),
            format_func=lambda name: t(f"cost.pricing.{name}"),
        )  # fmt: skip
        known = [None, *providers(gpu(found.gpu), pricing)]
        provider = st.selectbox(
            t("cost.control.provider"), known,
            known.index(found.provider) if found.provider in known else 0,
            format_func=lambda name: name or t("cost.control.median"),
        )  # fmt: skip
        own = st.number_input(
            t("cost.control.own_price"), 0.01, 1000.0, found.usd_per_gpu_hour,
            placeholder=t("cost.control.published"),
        )  # fmt: skip
    with right:
        pue = st.number_input(t("cost.control.pue"), 1.0, 5.0, found.site.pue, 0.05)
        grid = st.number_input(
            t("cost.control.grid"), 0.0, 5.0, found.site.grid_kg_per_kwh, 0.05, format="%.3f"
        )
        into = st.number_input(t("cost.control.input"), 1, 2**20, found.input_tokens)
        out = st.number_input(t("cost.control.output"), 1, 2**20, found.output_tokens)
        flying = st.number_input(t("cost.control.in_flight"), 1, 4096, found.in_flight)
    return replace(
        found, gpus=int(gpus), sequence_length=None if length == usual else int(length),
        provider=provider, pricing=pricing, usd_per_gpu_hour=own, site=Site(pue, grid),
        input_tokens=int(into), output_tokens=int(out), in_flight=int(flying),
    )  # fmt: skip
