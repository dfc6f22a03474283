"""The Cost page's one strip of controls: four, the rest under Assumptions; and what they say."""

import streamlit as st

from core.cost.calibrate import HERE, Machine
from core.cost.choice import PRESETS, Paying, Preset, ServeChoice, TrainChoice
from core.cost.energy import Site
from core.cost.engines import DEFAULT_ENGINE, ENGINES
from core.cost.engines import engine as find_engine
from core.cost.frontier import Target
from core.cost.hardware import DEFAULT_GPU, GPUS, gpu
from core.cost.layout import INTERCONNECTS, Wanted, network
from core.cost.memory import OPTIMIZERS
from core.cost.prices import PRICINGS, Overrides, gpu_prices, providers
from core.cost.subject import shape_for
from core.cost.throughput import NETWORK_BYTES_PER_SECOND
from core.cost.traffic import FLAT, TRAFFIC
from core.cost.training import METHODS
from core.models.catalog import CATALOG
from core.units import KILO, MEGA
from dashboard import cache, state, ui
from dashboard import cost_fields as fields

t = ui.t

FIRST = {"train": "mistral-7b", "serve": "llama-3-8b"}
METHOD_NAMES = {"lora": "LoRA", "qlora": "QLoRA"}
CARDS = [DEFAULT_GPU, *(row.name for row in GPUS if row.name != DEFAULT_GPU)]
ZEROS = ("auto", "0", "1", "2", "3")
CHECKPOINTING = ("auto", "none", "full")
OWN_PRICES = "cost-prices"
TRAIN = ("model", "tokens", "method", "gpu", "gpus", "length", "target", "batch", "tp", "pp",
         "zero", "checkpointing", "optimizer", "network", "storage", "egress")  # fmt: skip
SERVE = ("model", "rate", "traffic", "gpu", "in", "out", "replica", "precision", "engine", "ttft",
         "tpot", "least", "lag", "prefix", "draft")  # fmt: skip
"""What a preset sets back: every parameter of its part."""


def own_prices() -> Overrides:
    """Prices of rows that the reader has put in for the session, by the rows' names."""
    found: dict[str, float] = state.kept(OWN_PRICES) or {}
    return tuple(sorted(found.items()))


def title(model: str) -> str:
    """A model's name as it is shown: the catalogue's title, else the run's own name."""
    found = next((row.title for row in CATALOG if row.name == model), None)
    return found or (t("cost_page.sized", size=model.upper()) if model in fields.SIZES else model)


def paying() -> Paying:
    """How the reader pays.

    Raises:
        BadInput, NotFound: The URL says what cannot be.
    """
    pricing = fields.one_of("pricing", PRICINGS, "on-demand")
    known = sorted({row.provider for row in gpu_prices()})
    provider = fields.one_of("provider", ["", *known], "")
    return Paying(
        next(name for name in PRICINGS if name == pricing), provider or None,
        fields.number("discount"), fields.number("own"), own_prices(),
    )  # fmt: skip


def _card(machine: Machine | None = None) -> str:
    known = [row.name for row in GPUS]
    return fields.one_of("gpu", [*known, HERE] if machine else known, DEFAULT_GPU)


def _site() -> Site:
    return Site(fields.some("pue"), fields.some("grid"))


def train_choice() -> tuple[str, TrainChoice]:
    """The model's name, and what is asked about its training.

    Raises:
        BadInput, NotFound: The URL says what cannot be.
    """
    model = fields.model(FIRST["train"])
    method = fields.one_of("method", METHODS, "lora")
    zero = fields.one_of("zero", ZEROS, "auto")
    again = fields.one_of("checkpointing", CHECKPOINTING, "auto")
    machine = cache.machine(state.workspace())
    card, wire = _card(machine), fields.one_of("network", INTERCONNECTS, "infiniband")
    wanted = Wanted(
        tensor=fields.whole("tp"), pipeline=fields.whole("pp"),
        zero=None if zero == "auto" else int(zero),
        recompute=None if again == "auto" else again == "full",
        optimizer=fields.one_of("optimizer", [row.name for row in OPTIMIZERS], "adamw"),
        network_bytes_per_second=NETWORK_BYTES_PER_SECOND if wire == "infiniband"
        else network(wire, machine.card if machine and card == HERE else gpu(card)),
    )  # fmt: skip
    return model, TrainChoice(
        shape_for(state.workspace(), model), card, int(fields.some("gpus")),
        next(name for name in METHODS if name == method),
        max(1, round(fields.some("tokens") * MEGA)), fields.whole("length"),
        fields.whole("target"), fields.whole("batch"), wanted, paying(), fields.some("storage"),
        fields.some("egress"), _site(), machine,
    )  # fmt: skip


def serve_choice() -> tuple[str, ServeChoice]:
    """The model's name, and what is asked about serving it.

    Raises:
        BadInput, NotFound: The URL says what cannot be.
    """
    model = fields.model(FIRST["serve"])
    shape = shape_for(state.workspace(), model)
    software = find_engine(
        fields.one_of("engine", [row.name for row in ENGINES], DEFAULT_ENGINE.name)
    )
    shapes = {row.name: row for row in TRAFFIC}
    spread = shapes[fields.one_of("traffic", list(shapes), FLAT.name)]
    first, token = fields.number("ttft"), fields.number("tpot")
    return model, ServeChoice(
        shape, _card(), fields.whole("replica"), fields.some("rate"), int(fields.some("in")),
        int(fields.some("out")), spread,
        fields.one_of("precision", list(software.precisions), software.precisions[0]),
        software.name,
        Target(None if first is None else first / KILO, None if token is None else token / KILO),
        int(fields.some("least")), fields.some("lag"), fields.some("prefix"),
        fields.some("draft"), paying(), _site(),
    )  # fmt: skip


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
        _cards()
        with st.popover(t("cost.control.assumptions"), icon=":material/tune:"):
            _serve_assumptions()
        _presets()


def method_name(method: str) -> str:
    """A way of training as it is shown."""
    return METHOD_NAMES.get(method, t("cost.control.full"))


def _model(part: str) -> None:
    known, first = fields.models(), FIRST[part]
    state.choose(t("cost.control.model"), "model", [first, *(n for n in known if n != first)],
                 key=f"cost-model-{part}", show=title)  # fmt: skip


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
        _pick(t("cost_page.control.checkpointing"), "checkpointing", list(CHECKPOINTING),
              "checkpointing")  # fmt: skip
        fields.draw("storage", t("cost_page.control.storage"))
        fields.draw("egress", t("cost_page.control.egress"))
    with right:
        fields.draw("tp", t("cost_page.control.tp"), t("cost_page.help.tp"))
        fields.draw("pp", t("cost_page.control.pp"), t("cost_page.help.pp"))
        _pick(t("cost_page.control.zero"), "zero", list(ZEROS), "zero")
        others = [name for name in INTERCONNECTS if name != "infiniband"]
        _pick(t("cost_page.control.network"), "network", ["infiniband", *others], "network")
        _money()


def _serve_assumptions() -> None:
    left, right = st.columns(2)
    with left:
        fields.draw("in", t("cost_page.control.input"))
        fields.draw("out", t("cost_page.control.output"))
        fields.draw("replica", t("cost_page.control.replica"), t("cost_page.help.replica"))
        state.choose(t("cost_page.control.engine"), "engine", [row.name for row in ENGINES],
                     key="cost-engine")  # fmt: skip
        said = state.chosen("engine", [row.name for row in ENGINES]) or DEFAULT_ENGINE.name
        state.choose(t("cost_page.control.precision"), "precision",
                     list(find_engine(said).precisions), key="cost-precision")  # fmt: skip
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
