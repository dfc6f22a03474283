"""How large and how fast a model is on a machine: what was measured, and what follows from it.

measurements/KEY.json, by the hash of model, data, machine and method: the same is not measured
twice, and a variant is held against an original that was measured in the same way.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core import record
from core.deploy.latency import Latency, summarise
from core.errors import BadInput
from core.units import KILO, MEGA
from core.workspace import Workspace

HOUR_SECONDS = 3_600
USD_PER_CORE_HOUR = 0.34 / 8
PRICE_SOURCE = (
    "c5.2xlarge, 8 cores, on demand, US East: US$ 0.34 an hour; example of "
    "docs.aws.amazon.com/autoscaling/ec2/userguide/weights-spot-price-per-unit-hour-example.html, "
    "read 2026-11-26"
)
"""The default price of a processor's core; whoever has another states it."""
QUIET = 0.2
"""Up to this share of the processor others may take."""
MOST_USD, MOST_WATTS = 1_000.0, 10_000.0


@dataclass(frozen=True)
class Measured:
    """One model on one machine, alone in a process.

    Attributes:
        key: Hash of all that it depends on.
        model, engine: What was measured.
        size_bytes: Of its files.
        loaded_bytes, peak_bytes: Memory after loading, and at most while it answered, less that
            of the process before it loaded anything.
        load_seconds: Until it could answer.
        milliseconds: Of each request, asked alone, after some to warm up.
        batch: Requests at once when throughput was measured.
        tokens_per_second: Over whole batches; tokens_of says which: "output", or "input" where
            nothing is written.
        input_tokens, output_tokens: Of a request, on average.
        joules_per_token: While it worked in batches; joules_from: "rapl" = measured, "watts" = the
            stated power, "estimated" = the usual power of a core times the cores.
        device, threads, cores: What computed, how many threads, and the cores of the machine.
        n: Requests that were timed.
        at: UTC, ISO 8601.
        others: Share of the processor that other programs took meanwhile; None = not known.
    """

    key: str
    model: str
    engine: str
    size_bytes: int
    loaded_bytes: int
    peak_bytes: int
    load_seconds: float
    milliseconds: tuple[float, ...]
    batch: int
    tokens_per_second: float
    tokens_of: str
    input_tokens: float
    output_tokens: float
    joules_per_token: float
    joules_from: str
    device: str
    threads: int
    cores: int
    n: int
    at: str
    others: float | None = None

    @property
    def disturbed(self) -> bool:
        """Whether others took so much of the processor that its times are too long."""
        return self.others is not None and self.others > QUIET

    @property
    def latency(self) -> Latency:
        """Median with its interval, and the slow end.

        Raises:
            BadInput: No request was timed.
        """
        found = summarise(self.milliseconds)
        if found is None:
            raise BadInput(f"No request to {self.model} was timed; measure it again.")
        return found

    @property
    def slow_milliseconds(self) -> float:
        """The 95th percentile; the slowest, where fewer than twenty were timed."""
        return self.latency.p95 if self.latency.p95 is not None else max(self.milliseconds)

    @property
    def watt_hours_per_million_tokens(self) -> float:
        """Energy of a million tokens."""
        return self.joules_per_token * MEGA / HOUR_SECONDS

    def usd_per_million_tokens(self, usd_per_hour: float | None = None) -> float:
        """Dollars of a million tokens on a machine that is always busy.

        Args:
            usd_per_hour: Of the whole machine; None = USD_PER_CORE_HOUR for each core.
        """
        price = self.cores * USD_PER_CORE_HOUR if usd_per_hour is None else usd_per_hour
        return price / (self.tokens_per_second * HOUR_SECONDS) * MEGA

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return asdict(self)


def from_json(document: dict[str, Any]) -> Measured:
    """The other way round."""
    fields = {name: document[name] for name in Measured.__dataclass_fields__ if name in document}
    return Measured(**{**fields, "milliseconds": tuple(fields["milliseconds"])})


def find(workspace: Workspace, key: str) -> Measured | None:
    """What was measured under a key, if it was."""
    path = workspace.measurement(key)
    return from_json(record.read(path, "measurement")) if path.is_file() else None


def save(workspace: Workspace, made: Measured) -> None:
    """Keep a measurement."""
    record.write(workspace.measurement(made.key), "measurement", made.to_json())


def times_faster(original: Measured, other: Measured) -> float:
    """How many times as fast the median request of the other is."""
    return original.latency.p50 / other.latency.p50


def check_stated(usd_per_hour: float | None, watts: float | None) -> None:
    """Check what a user states of the machine.

    Raises:
        BadInput: A number cannot be.
    """
    for name, value, most in (
        ("usd-per-hour", usd_per_hour, MOST_USD),
        ("watts", watts, MOST_WATTS),
    ):
        if value is not None and not 0 < value <= most:
            raise BadInput(f"--{name} {value:g} cannot be; give more than 0 and at most {most:g}.")


def joules(
    seconds: float, cores: int, watts: float | None, counted: float | None, watts_per_core: float
) -> tuple[float, str]:
    """Energy of a stretch of work, and where it is from."""
    if counted is not None:
        return counted, "rapl"
    if watts is not None:
        return watts * seconds, "watts"
    return watts_per_core * cores * seconds, "estimated"


def mean(values: Sequence[float]) -> float:
    """Their mean; 0 of none."""
    return sum(values) / len(values) if values else 0.0


def megabytes(count: float) -> float:
    """Bytes in the unit that limits are set in."""
    return count / KILO / KILO
