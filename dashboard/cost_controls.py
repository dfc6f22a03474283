"""The Cost page's one strip of controls: four, the rest under Assumptions."""

import streamlit as st

from core.cost.calibrate import HERE
from core.cost.choice import PRESETS, Preset
from core.cost.hardware import DEFAULT_GPU, GPUS, gpu
from core.cost.layout import INTERCONNECTS
from core.cost.memory import OPTIMIZERS
from core.cost.prices import PRICINGS, providers
from core.cost.traffic import TRAFFIC
from dashboard import cache, state, ui
from dashboard import cost_choice as asked
from dashboard import cost_fields as fields

t = ui.t

METHOD_NAMES = {"lora": "LoRA", "qlora": "QLoRA"}
CARDS = [DEFAULT_GPU, *(row.name for row in GPUS if row.name != DEFAULT_GPU)]
TRAIN = ("model", "tokens", "method", "gpu", "gpus", "length", "target", "batch", "tp", "pp",
         "zero", "checkpointing", "optimizer", "network", "storage", "egress")  # fmt: skip
SERVE = ("model", "rate", "traffic", "gpu", "in", "out", "replica", "precision", "engine", "ttft",
         "tpot", "least", "lag", "prefix", "draft")  # fmt: skip
"""What a preset sets back: every parameter of its part."""


def draw_train() -> None:
    """The strip of a training."""
    with ui.controls():
        _model("train")
        state.choose(t("cost.control.method"), "method", ["lora", "full", "qlora"],
                     key="cost-method", show=method_name)  # fmt: skip
        fields.draw("tokens", t("cost.control.tokens"), t("cost_page.help.tokens"))
        _cards(here=cache.machine(state.workspace()) is not None)
        with st.popover(t("cost.control.assumptions"), icon=":material/tune:"):
            _train_assumptions()
        _presets()


def draw_serve() -> None:
    """The strip of a service."""
    with ui.controls():
        _model("serve")
        fields.draw("rate", t("cost_page.control.rate"), t("cost_page.help.rate"))
        _pick(t("cost_page.control.traffic"), "traffic", [row.name for row in TRAFFIC], "traffic")
        _cards(here=cache.machine(state.workspace()) is not None)
        with st.popover(t("cost.control.assumptions"), icon=":material/tune:"):
            _serve_assumptions()
        _presets()


def method_name(method: str) -> str:
    """A way of training as it is shown."""
    return METHOD_NAMES.get(method, t("cost.control.full"))


def _model(part: str) -> None:
    known, first = fields.models(), asked.FIRST[part]
    state.choose(t("cost.control.model"), "model", [first, *(n for n in known if n != first)],
                 key=f"cost-model-{part}", show=asked.title)  # fmt: skip


def _cards(*, here: bool = False) -> None:
    known = [*CARDS, HERE] if here else CARDS
    state.choose(t("cost.control.gpu"), "gpu", known, key="cost-gpu", show=_card_title)


def _card_title(name: str) -> str:
    """A card's title, marked where no published run stands behind its figures."""
    if name == HERE:
        return t("cost_page.here")
    card = gpu(name)
    return card.title if card.backtested else t("cost.control.untested", gpu=card.title)


def _presets() -> None:
    picked = st.menu_button(
        t("cost_page.control.presets"), PRESETS, key="cost-presets", icon=":material/bolt:",
        format_func=lambda preset: t(f"cost_page.preset.{preset.name}"),
    )  # fmt: skip
    if picked is not None:
        start(picked)
        st.rerun()


def start(preset: Preset) -> None:
    """Set the controls of a part to a preset."""
    cleared: dict[str, str | None] = dict.fromkeys(TRAIN if preset.part == "train" else SERVE)
    state.set_all({**cleared, "part": preset.part, **dict(preset.values)})


def _pick(label: str, name: str, known: list[str], text: str) -> None:
    """A box of names whose words are the texts `cost_page.TEXT.NAME`."""
    state.choose(label, name, known, key=f"cost-{name}",
                 show=lambda value: t(f"cost_page.{text}.{value}"))  # fmt: skip


def _train_assumptions() -> None:
    left, right = st.columns(2)
    with left:
        fields.draw("gpus", t("cost.control.gpus"))
        fields.draw("length", t("cost.control.length"))
        fields.draw("target", t("cost_page.control.target"), t("cost_page.help.target"))
        fields.draw("batch", t("cost_page.control.batch"), t("cost_page.help.batch"))
        _pick(t("cost_page.control.optimizer"), "optimizer", [row.name for row in OPTIMIZERS],
              "optimizer")  # fmt: skip
        _pick(t("cost_page.control.checkpointing"), "checkpointing", list(asked.CHECKPOINTING),
              "checkpointing")  # fmt: skip
        fields.draw("storage", t("cost_page.control.storage"))
        fields.draw("egress", t("cost_page.control.egress"))
    with right:
        fields.draw("tp", t("cost_page.control.tp"), t("cost_page.help.tp"))
        fields.draw("pp", t("cost_page.control.pp"), t("cost_page.help.pp"))
        _pick(t("cost_page.control.zero"), "zero", list(asked.ZEROS), "zero")
        others = [name for name in INTERCONNECTS if name != "infiniband"]
        _pick(t("cost_page.control.network"), "network", ["infiniband", *others], "network")
        _money()


def _serve_assumptions() -> None:
    left, right = st.columns(2)
    with left:
        fields.draw("in", t("cost_page.control.input"))
        fields.draw("out", t("cost_page.control.output"))
        fields.draw("replica", t("cost_page.control.replica"), t("cost_page.help.replica"))
        card, machine = state.named("gpu") or "", cache.machine(state.workspace())
        known = asked.engines(card, machine)
        state.choose(t("cost_page.control.engine"), "engine", known, key="cost-engine")
        said = state.chosen("engine", known) or known[0]
        state.choose(t("cost_page.control.precision"), "precision",
                     asked.precisions(card, machine, said), key="cost-precision")  # fmt: skip
        fields.draw("ttft", t("cost_page.control.ttft"))
        fields.draw("tpot", t("cost_page.control.tpot"))
        fields.draw("least", t("cost_page.control.least"))
    with right:
        fields.draw("lag", t("cost_page.control.lag"))
        fields.draw("prefix", t("cost_page.control.prefix"), t("cost_page.help.prefix"))
        fields.draw("draft", t("cost_page.control.draft"), t("cost_page.help.draft"))
        _money()


def _money() -> None:
    card = gpu(state.chosen("gpu", CARDS) or DEFAULT_GPU)
    state.choose(t("cost.control.pricing"), "pricing", list(PRICINGS), key="cost-pricing",
                 show=lambda name: t(f"cost.pricing.{name}"))  # fmt: skip
    pricing = state.chosen("pricing", PRICINGS)
    known = providers(card, next(name for name in PRICINGS if name == pricing))
    said = state.named("provider")
    extra = [said] if said and said not in known else []
    state.choose(t("cost.control.provider"), "provider", ["", *known, *extra], key="cost-provider",
                 show=lambda name: name or t("cost.control.median"))  # fmt: skip
    if pricing == "reserved":
        fields.draw("discount", t("cost_page.control.discount"), t("cost_page.help.discount"))
    fields.draw("own", t("cost.control.own_price"))
    fields.draw("pue", t("cost.control.pue"))
    fields.draw("grid", t("cost.control.grid"))
