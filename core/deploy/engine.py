"""What every engine speaks: requests in, pieces and answers out. Standard library only.

An engine answers in a process of its own (`core.deploy.worker`), or is a server of its own
(`core.deploy.engine_vllm`). Whoever uses one in its own process calls `Engine.answer`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from core.data.dataset import Dataset, Example
from core.errors import BadInput, RequestError
from core.table import find

KINDS = ("predict", "complete", "chat", "embed")
"""What is asked of an engine: a task's answer, going on with a text, the next turn, a vector."""


@dataclass(frozen=True)
class EngineRequest:
    """One text to answer.

    Attributes:
        id: Of this text alone; a call with several texts has several.
        kind: One of KINDS.
        text: What is asked; of a conversation, its last message.
        context: For question answering, the passage; of a conversation, what was said before it.
        max_tokens: Longest answer; None = the engine's own.
        temperature: 0 = the likeliest token each time.
        top_p: Tokens that are drawn from hold this share of the probability together.
        seed: Of the drawing; None = another each time.
        stop: Texts that end the answer and are no part of it.
        stream: Whether the answer is wanted piece by piece.
    """

    id: str
    kind: str
    text: str
    context: str | None = None
    max_tokens: int | None = None
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    stream: bool = False

    @property
    def example(self) -> Example:
        """The request as a row of a dataset, as the models were trained and tested on."""
        return Example(self.id, self.text, "", self.context)


@dataclass(frozen=True)
class EngineAnswer:
    """What a model gave for one text.

    Attributes:
        text: What was written or chosen; "" for a vector.
        input_tokens, output_tokens: As the model's tokenizer counts them.
        finish: "stop", or "length" where the answer was cut at `max_tokens`.
        confidence: Of the chosen label; of a text the geometric mean of its tokens' probabilities.
            None = the engine does not tell.
        scores: Probability of each label, for classifiers.
        embedding: The text as a vector of length 1.
    """

    text: str
    input_tokens: int
    output_tokens: int = 0
    finish: str = "stop"
    confidence: float | None = None
    scores: dict[str, float] | None = None
    embedding: list[float] | None = None


@dataclass(frozen=True)
class EngineSpec:
    """What to load, as JSON: all that a fresh process must know.

    Attributes:
        name: The model's name.
        engine: One of ENGINES.
        folder: With config, tokenizer and weights.
        converted: The folder with the model in CTranslate2's form; None = no such.
        tokenizer: "light" where tokenizer.json alone splits texts as Transformers does.
        family: "encoder", "decoder" or "encoder-decoder".
        dataset: Fields of the dataset that says how to ask: task, prefix, labels.
        tuned_on: NAME@VERSION of the data it was tuned on; None for a base model.
        labelled: Whether the model has a head that chooses labels.
        context_tokens: Longest input; of a decoder, input and answer together.
        max_batch: Texts at once.
        about: What is told of the model wherever it is served, as that it was never evaluated.
    """

    name: str
    engine: str
    folder: str
    family: str
    dataset: dict[str, Any]
    context_tokens: int
    converted: str | None = None
    tokenizer: str = "full"
    tuned_on: str | None = None
    labelled: bool = False
    max_batch: int = 16
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> Dataset:
        """The dataset that says how to ask; its rows are not needed."""
        fields = {**self.dataset, "labels": tuple(self.dataset["labels"])}
        return Dataset(**fields)

    def to_json(self) -> dict[str, Any]:
        """As it is sent to the process."""
        return asdict(self)


@dataclass(frozen=True)
class EngineInfo:
    """What an engine that is ready says of itself.

    Attributes:
        name: The model's name.
        engine: One of ENGINES.
        task: One of `core.pipeline.TASKS`, or "embedding".
        device: "cpu" or the GPU's name.
        context_tokens: Longest input; of a decoder, input and answer together.
        answer_tokens: Longest answer that may be asked for.
        max_batch: Texts at once.
        writes: Whether it writes texts, and so takes `max_tokens`.
        streams: Whether it gives an answer piece by piece.
        samples: Whether it takes a temperature; seeds: and draws the same by the same seed.
        embeds: Whether it gives vectors.
        chats: Whether it reads a conversation as one.
        tuned_on: NAME@VERSION of the data it was tuned on; None for a base model.
        precision: How it computes: "fp32", "fp16" (any 16 bits) or "int8"; None = not known.
    """

    name: str
    engine: str
    task: str
    device: str
    context_tokens: int
    answer_tokens: int
    max_batch: int
    writes: bool
    streams: bool
    samples: bool
    seeds: bool
    embeds: bool
    chats: bool
    tuned_on: str | None = None
    precision: str | None = None


class TooLong(BadInput):
    """A text has more tokens than the model reads."""


def too_long(tokens: int, most: int, what: str = "The text") -> TooLong:
    """The error of a text that the model cannot read whole."""
    return TooLong(f"{what} has {tokens:,} tokens; this model reads at most {most:,}. Shorten it.")


Event = tuple[str, str, Any]
"""("piece", id, text), ("answer", id, EngineAnswer) or ("error", id, RequestError)."""
Emit = Callable[[list[Event]], None]


class Engine(ABC):
    """A loaded model. `take` gives it requests; each `step` is some work on them.

    Attributes:
        info: What it says of itself.
        dropped: Ids that nobody waits for any more; another thread may add to it.
    """

    info: EngineInfo

    def __init__(self) -> None:
        self.dropped: set[str] = set()

    @abstractmethod
    def take(self, requests: Sequence[EngineRequest]) -> None:
        """Begin with requests, at most `room`."""

    @abstractmethod
    def step(self, emit: Emit) -> None:
        """Do some work, and tell what came of it."""

    @property
    @abstractmethod
    def room(self) -> int:
        """Requests that can be taken now."""

    @property
    @abstractmethod
    def busy(self) -> bool:
        """Whether there is something to do."""

    def answer(self, requests: Sequence[EngineRequest]) -> list[EngineAnswer]:
        """Answer a batch, in its order.

        Raises:
            RequestError: One of them cannot be answered.
        """
        found: dict[str, EngineAnswer] = {}

        def keep(events: list[Event]) -> None:
            for kind, name, value in events:
                if kind == "error":
                    raise value
                if kind == "answer":
                    found[name] = value

        waiting = list(requests)
        while waiting or self.busy:
            room = self.room
            self.take(waiting[:room])
            waiting = waiting[room:]
            self.step(keep)
        return [found[request.id] for request in requests]


class BatchEngine(Engine):
    """An engine that answers a batch from its beginning to its end."""

    def __init__(self) -> None:
        super().__init__()
        self._batch: list[EngineRequest] = []

    @abstractmethod
    def batch(self, requests: list[EngineRequest], emit: Emit) -> None:
        """Answer requests, each with an answer or an error."""

    @property
    def room(self) -> int:
        """Requests that can be taken now."""
        return self.info.max_batch - len(self._batch)

    @property
    def busy(self) -> bool:
        """Whether there is something to do."""
        return bool(self._batch)

    def take(self, requests: Sequence[EngineRequest]) -> None:
        """Put requests into the next batch."""
        self._batch += requests

    def step(self, emit: Emit) -> None:
        """Answer the batch."""
        wanted = [request for request in self._batch if request.id not in self.dropped]
        self._batch = []
        try:
            if wanted:
                self.batch(wanted, emit)
        except RequestError as error:
            emit([("error", request.id, error) for request in wanted])


@dataclass(frozen=True)
class EngineKind:
    """An engine: its name, what loads it in the child, and what it needs that may not be there."""

    name: str
    target: str


ENGINES = (
    EngineKind("ctranslate2", "core.deploy.engine_ct2:load"),
    EngineKind("transformers", "core.work.engine:load"),
    EngineKind("vllm", "core.deploy.engine_vllm"),
)
CHOICES = ("auto", *(row.name for row in ENGINES))


def kind_of(name: str) -> EngineKind:
    """The row of ENGINES.

    Raises:
        NotFound: There is no such engine.
    """
    return find(ENGINES, name, "engine")
