"""A loaded model that answers texts: for the server, and for the playground's warm process."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from core.data.dataset import Dataset, Example, open_dataset
from core.deploy.bundle import Bundle, read_bundle
from core.deploy.variants import open_variant
from core.errors import BadInput
from core.evaluate.local_ct2 import Ct2Source
from core.evaluate.predict import answer
from core.models.load import load_config, load_model, load_tokenizer
from core.models.purpose import purpose_for
from core.models.resolve import ModelRef, resolve
from core.models.shape import Family, from_config
from core.train.runs import open_run
from core.workspace import Workspace

MAX_NEW_TOKENS = 128
"""Longest answer: a model that never ends its answer must not hold a caller for ever."""
STARTER_PREFIX = "translate English to German: "
"""What `starter-translate` reads before an input, where no dataset says otherwise."""

Answers = Callable[[Sequence[Example]], list[str]]


class Answerer:
    """A model ready to answer.

    Attributes:
        name: The model's name.
        task: What it does.
        dataset: What it was tuned on; None for a base model.
        device: "cpu" or the GPU's name.
    """

    def __init__(self, workspace: Workspace, name: str) -> None:
        """Load a run, a starter, a folder or a Hub model.

        Raises:
            NotFound: There is no such model.
            BadInput: It cannot answer: an encoder that was not tuned for a task.
        """
        ref = resolve(workspace, name)
        self.name = ref.name
        config = load_config(ref)
        family = from_config(config.to_dict()).family
        self._data, self.dataset = task_of(workspace, ref, family, config)
        self.task = self._data.task
        self._tokenizer = load_tokenizer(ref)
        self._answers = self._by_ct2(ref) if ref.engine == "ctranslate2" else \
            self._by_torch(ref, family)  # fmt: skip

    def _by_ct2(self, ref: ModelRef) -> Answers:
        source = Ct2Source(ref, ref.name, self._data, ())
        self.device = source.opened.device

        def answers(examples: Sequence[Example]) -> list[str]:
            told = {
                place: said.text
                for batch in source.each(examples, MAX_NEW_TOKENS)
                for place, said in batch
            }
            return [told[place] for place in range(len(examples))]

        return answers

    def _by_torch(self, ref: ModelRef, family: Family) -> Answers:
        model = load_model(ref, purpose_for(family, self.task, ref.name))
        cuda = torch.cuda.is_available()
        model.to("cuda" if cuda else "cpu")
        self.device = torch.cuda.get_device_name() if cuda else "cpu"
        return lambda examples: answer(
            model, self._tokenizer, self._data, examples, max_new_tokens=MAX_NEW_TOKENS
        )

    def __call__(self, inputs: Sequence[str], contexts: Sequence[str | None]) -> list[str]:
        """Answers, in the order of the inputs.

        Raises:
            BadInput: The task needs a context, the passage that holds the answer.
        """
        if self.task == "question-answering" and not all(contexts):
            raise BadInput(
                f"{self.name} finds answers in a text: send it as the context of each input."
            )
        examples = [
            Example(str(number), text, "", context)
            for number, (text, context) in enumerate(zip(inputs, contexts, strict=True))
        ]
        return self._answers(examples)

    def tokens(self, text: str) -> int:
        """How many a text is, as the model's tokenizer counts."""
        return len(self._tokenizer(text, verbose=False)["input_ids"])

    def asked_tokens(self, text: str, context: str | None) -> int:
        """How many the model reads: the text with what stands before it."""
        return self.tokens(" ".join(filter(None, [f"{self._data.prefix}{text}", context])))


TASKS = {
    "encoder-decoder": "translation",
    "decoder": "text-generation",
    "encoder": "text-classification",
}
"""What a base model is asked to do where no dataset says so."""


def task_of(
    workspace: Workspace, ref: ModelRef, family: str, config: Any
) -> tuple[Dataset, Dataset | None]:
    """The dataset that says how to ask the model; the second is None where one is made up.

    Raises:
        BadInput: It is an encoder that was not tuned for a task.
    """
    if ref.kind == "bundle" and ref.path is not None:
        return _of_bundle(read_bundle(ref.path)), None
    if ref.kind in ("run", "variant"):
        made = open_variant(workspace, ref.name).run if ref.kind == "variant" else ref.name
        run = open_run(workspace, made)
        data = open_dataset(workspace, f"{run.dataset}@{run.data_version}")
        return data, data
    if family == "encoder" and not any(
        "Classification" in name for name in config.architectures or ()
    ):
        raise BadInput(
            f"{ref.name} is an encoder that was not tuned for a task, so it has no answers to "
            "give; fine-tune it first (`assay train`), then name the run."
        )
    prefix = STARTER_PREFIX if ref.name == "starter-translate" else ""
    return made_up(ref.name, TASKS[family], prefix), None


def made_up(name: str, task: str, prefix: str = "") -> Dataset:
    """A dataset without rows, which says how to ask a model that no dataset speaks of."""
    return Dataset(name, "", task, {}, {}, "", prefix, None, None, (), False, "", "")


def _of_bundle(made: Bundle) -> Dataset:
    """As much of its dataset as says how a bundle is asked."""
    ask = made.ask
    columns = {"label_separator": ask["separator"]} if ask["separator"] else {}
    columns |= {"messages": "messages"} if ask["chat"] else {}
    return Dataset(
        made.dataset, made.data_version, made.task, {}, columns, "", ask["prefix"],
        ask["source_language"], ask["target_language"], tuple(ask["labels"]), ask["synthetic"],
        "", "",
    )  # fmt: skip


_held: dict[tuple[str, str, int], Answerer] = {}
"""The one model that this process keeps, under its workspace, name and age."""


def held(workspace: Workspace, name: str) -> Answerer:
    """The model, from memory if it is the one that was asked last and its files are the same."""
    path = resolve(workspace, name).path
    age = max((file.stat().st_mtime_ns for file in path.iterdir()), default=0) if path else 0
    key = (str(workspace.root), name, age)
    if key not in _held:
        _held.clear()  # before loading: two models at once may not fit
        _held[key] = Answerer(workspace, name)
    return _held[key]


def compute(request: dict[str, Any]) -> dict[str, Any]:
    """Answer in the warm process.

    Args:
        request: {workspace, model, inputs, contexts?}.

    Returns:
        {outputs, seconds, tokens}: `seconds` is the answering alone, without loading; `tokens`
        are [read, written] for each input.
    """
    answerer = held(Workspace.open(request["workspace"]), request["model"])
    inputs = request["inputs"]
    contexts = request.get("contexts") or [None] * len(inputs)
    started = time.perf_counter()
    outputs = answerer(inputs, contexts)
    seconds = round(time.perf_counter() - started, 4)
    tokens = [
        [answerer.asked_tokens(text, context), answerer.tokens(output)]
        for text, context, output in zip(inputs, contexts, outputs, strict=True)
    ]
    return {"outputs": outputs, "seconds": seconds, "tokens": tokens}
