"""What is asked on the Cost page: its URL as a training or a service, and how it is paid."""

from core.cost.calibrate import HERE, Machine
from core.cost.choice import Paying, ServeChoice, TrainChoice
from core.cost.energy import Site
from core.cost.engines import DEFAULT_ENGINE, ENGINES
from core.cost.engines import engine as find_engine
from core.cost.frontier import Target
from core.cost.hardware import DEFAULT_GPU, GPUS, gpu
from core.cost.layout import INTERCONNECTS, Wanted, network
from core.cost.memory import OPTIMIZERS
from core.cost.plan import NETWORK_BYTES_PER_SECOND
from core.cost.prices import PRICINGS, Overrides, gpu_prices
from core.cost.subject import shape_for
from core.cost.traffic import FLAT, TRAFFIC
from core.cost.training import METHODS
from core.models.catalog import CATALOG
from core.units import KILO, MEGA
from dashboard import cache, state, ui
from dashboard import cost_fields as fields

t = ui.t

FIRST = {"train": "mistral-7b", "serve": "llama-3-8b"}
ZEROS = ("auto", "0", "1", "2", "3")
CHECKPOINTING = ("auto", "none", "full")
OWN_PRICES = "cost-prices"


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


def engines(card: str, machine: Machine | None) -> list[str]:
    """Names of the engines that can serve, the usual one first; here, those that were measured."""
    served = reversed(machine.served) if card == HERE and machine is not None else ()
    first = [*(one.engine for one in served), DEFAULT_ENGINE.name]
    return list(dict.fromkeys([*first, *(row.name for row in ENGINES)]))


def precisions(card: str, machine: Machine | None, engine: str) -> list[str]:
    """Of an engine, the usual one first: 32 bits on this machine's processor."""
    found = find_engine(engine).precisions
    wide = card == HERE and machine is not None and machine.card.form == "CPU"
    return sorted(found, key=lambda name: name != "fp32") if wide else list(found)


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
    machine = cache.machine(state.workspace())
    card = _card(machine)
    known = engines(card, machine)
    software = find_engine(fields.one_of("engine", known, known[0]))
    kinds = precisions(card, machine, software.name)
    shapes = {row.name: row for row in TRAFFIC}
    spread = shapes[fields.one_of("traffic", list(shapes), FLAT.name)]
    first, token = fields.number("ttft"), fields.number("tpot")
    return model, ServeChoice(
        shape, card, fields.whole("replica"), fields.some("rate"), int(fields.some("in")),
        int(fields.some("out")), spread,
        fields.one_of("precision", kinds, kinds[0]), software.name,
        Target(None if first is None else first / KILO, None if token is None else token / KILO),
        int(fields.some("least")), fields.some("lag"), fields.some("prefix"),
        fields.some("draft"), paying(), _site(), machine,
    )  # fmt: skip
