"""What any model must beat: repeating the input, or always saying the commonest label."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.data.dataset import Example
from core.errors import BadInput
from core.evaluate.answer import Answer
from core.evaluate.source import Batches, Tell
from core.evaluate.store import COPY_SOURCE, MAJORITY_CLASS


@dataclass(frozen=True)
class CopySource:
    """Repeats its input; for question answering, the passage."""

    name: str = COPY_SOURCE
    kind: str = COPY_SOURCE

    @property
    def key(self) -> dict[str, str]:
        """It depends on nothing."""
        return {"kind": self.kind}

    def answer(self, examples: Sequence[Example], tell: Tell) -> Batches:
        """Every example at once."""
        texts = [e.input if e.context is None else e.context for e in examples]
        yield [(place, Answer(text)) for place, text in enumerate(texts)]


@dataclass(frozen=True)
class MajorityClass:
    """Says one label, whatever it is asked.

    Attributes:
        label: What it says.
    """

    label: str
    name: str = MAJORITY_CLASS
    kind: str = MAJORITY_CLASS

    @property
    def key(self) -> dict[str, str]:
        """It depends on the label."""
        return {"kind": self.kind, "label": self.label}

    def answer(self, examples: Sequence[Example], tell: Tell) -> Batches:
        """Every example at once."""
        yield [(place, Answer(self.label)) for place in range(len(examples))]


def baseline(task: str, train: Sequence[Example]) -> CopySource | MajorityClass:
    """The cheap baseline of a task.

    Args:
        task: One of `core.pipeline.TASKS`.
        train: The training split; of labels that are as common as one another the first by name
            is said.

    Raises:
        BadInput: There is no training split to count labels in.
    """
    if task != "text-classification":
        return CopySource()
    counts = Counter(example.target for example in train)
    if not counts:
        raise BadInput(
            "The commonest label cannot be told: the dataset has no training split. Import it with "
            "one, or score a model."
        )
    return MajorityClass(min(counts, key=lambda label: (-counts[label], label)))
