"""The one model that this process keeps in memory between questions about it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core import record
from core.models.hub import fetch
from core.models.load import load_config, load_model, load_tokenizer
from core.models.resolve import ModelRef

MODEL_FILES = (".json", ".safetensors", ".model", ".txt")
PURPOSES = (
    ("ForConditionalGeneration", "seq2seq"),
    ("MTModel", "seq2seq"),
    ("ForCausalLM", "causal"),
    ("LMHeadModel", "causal"),
    ("ForSequenceClassification", "classification"),
    ("ForQuestionAnswering", "question-answering"),
    ("ForMaskedLM", "masked"),
)
"""End of an architecture's name, and what it is loaded for."""


@dataclass
class Slot:
    """A model: its files at once, its weights when they are asked for.

    Attributes:
        ref: The model, with its folder.
        files: Name, time and size of each file that makes it what it is.
        digest: Hash of these files' contents.
    """

    ref: ModelRef
    files: list[tuple[str, int, int]]
    digest: str
    _model: Any = field(default=None, repr=False)
    _tokenizer: Any = field(default=None, repr=False)

    @property
    def config(self) -> Any:
        """Its configuration, as Transformers reads it."""
        return load_config(self.ref)

    @property
    def tokenizer(self) -> Any:
        """Its tokenizer."""
        if self._tokenizer is None:
            self._tokenizer = load_tokenizer(self.ref)
        return self._tokenizer

    @property
    def model(self) -> Any:
        """Its weights, with the head that they were saved with."""
        if self._model is None:
            self._model = load_model(self.ref, purpose_of(self.config))
        return self._model


_held: Slot | None = None


def hold(ref: ModelRef) -> Slot:
    """The slot of a model: the one in memory if none of its files changed, else a new one.

    Raises:
        AssayError: As `core.models.hub.fetch` does.
    """
    global _held
    ref = fetch(ref)
    folder = Path(str(ref.path))
    paths = sorted(p for p in folder.iterdir() if p.is_file() and p.suffix in MODEL_FILES)
    files = [(str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in paths]
    if _held is None or _held.files != files:
        _held = None  # Free the old model before the next one is read: memory is finite.
        _held = Slot(ref, files, record.hash_files(paths))
    _held.ref = ref
    return _held


def purpose_of(config: Any) -> str:
    """What to load a model for, so that its own head is on it."""
    for architecture in getattr(config, "architectures", None) or ():
        for ending, purpose in PURPOSES:
            if architecture.endswith(ending):
                return purpose
    return "auto"


def key(slot: Slot, **settings: Any) -> str:
    """Hash of a model and of everything else that a result depends on."""
    libraries = record.environment()["libraries"]
    return record.hash_json(
        {
            "schema": record.SCHEMA,
            "model": slot.digest,
            "name": slot.ref.name,
            "libraries": {name: libraries[name] for name in ("torch", "transformers")},
            **settings,
        }
    )
