"""What is predicted for a load test: a model on a card with an engine, asked for so many tokens."""

from dataclasses import dataclass

from core.cost.calibrate import Machine
from core.cost.calibrate_serving import shrink_served
from core.cost.engines import engine
from core.cost.estimate import Shrunk
from core.cost.hardware import DEFAULT_GPU, Gpu
from core.cost.hardware import gpu as find_gpu
from core.cost.replica import Replica
from core.cost.serving_checks import precision_of
from core.models.shape import Shape

DEFAULT_ENGINE = "transformers"
"""Of a server that does not say."""
CHARACTERS_PER_TOKEN = 4.0
"""Where nobody counts tokens: about what English has."""


@dataclass(frozen=True)
class Subject:
    """What is predicted: a model on a card with an engine, asked for so many tokens.

    Attributes:
        shape: The model.
        machine: The machine that answers; None = it is not known, and an A100 stands for it.
        engine: Its name; `engine_known` = the server said so.
        said_precision: What the server says that it computes in; None = it does not.
        input_tokens, output_tokens: Of a request, on average.
        counted: Who counted them: "server", "tokenizer" or "characters".
    """

    shape: Shape
    machine: Machine | None
    engine: str
    engine_known: bool
    input_tokens: float
    output_tokens: float
    counted: str
    said_precision: str | None = None

    @property
    def card(self) -> Gpu:
        """What is priced."""
        return self.machine.card if self.machine else find_gpu(DEFAULT_GPU)

    @property
    def precision(self) -> str:
        """As the server says; else 32 bits on a processor, 16 on a card."""
        if self.said_precision in engine(self.engine).precisions:
            return str(self.said_precision)
        wide = self.card.form == "CPU" and "fp32" in engine(self.engine).precisions
        return "fp32" if wide else "fp16"

    def replica(self, calibrated: Shrunk | None = None) -> Replica:
        """The copy that answers; `calibrated` = corrected by load tests."""
        software = engine(self.engine)
        return Replica(
            self.shape, self.card, 1, precision_of(self.precision, software),
            max(1, round(self.input_tokens)),
            max(1, round(self.output_tokens)) if self.shape.generates else 0, software,
            calibrated=calibrated,
        )  # fmt: skip

    def held(self, regime: str) -> Shrunk | None:
        """What earlier load tests on the machine say; None = nothing."""
        found = shrink_served(self.machine, self.engine, regime) if self.machine else None
        return found if found and found.n else None
