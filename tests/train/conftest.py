"""Tiny models with a tokenizer that knows a few words: made in a second, trained in another."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertModel,
    LlamaConfig,
    LlamaForCausalLM,
    MarianConfig,
    MarianMTModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from core.data.dataset import Dataset, Example
from core.models.resolve import ModelRef

UNKNOWN, END, START, BREAK = "<unk>", "</s>", "[CLS]", "[SEP]"
SPECIAL = ["<pad>", "</s>", "<unk>", "[CLS]", "[SEP]"]
WORDS = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "eins", "zwei", "drei", "vier",
    "kettle", "leaks", "lamp", "broke",
]  # fmt: skip


def make_tokenizer(template: str, pair: str, **roles: Any) -> PreTrainedTokenizerFast:
    vocabulary = {word: number for number, word in enumerate([*SPECIAL, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    ends = [(t, vocabulary[t]) for t in SPECIAL if t in f"{template} {pair}"]
    tokenizer.post_processor = processors.TemplateProcessing(template, pair, ends)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=SPECIAL[0],
                                   unk_token=UNKNOWN, model_max_length=64, **roles)  # fmt: skip


def save_t5(folder: Path, dropout: float) -> Path:
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=24, d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2, dropout_rate=dropout,
        decoder_start_token_id=0, pad_token_id=0, eos_token_id=1,
    )  # fmt: skip
    T5ForConditionalGeneration(config).save_pretrained(folder)
    make_tokenizer("$A </s>", "$A </s> $B </s>", eos_token=END).save_pretrained(folder)
    return folder


def save_bert(folder: Path, dropout: float) -> Path:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=24, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=32, hidden_dropout_prob=dropout,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    make_tokenizer(
        "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", cls_token=START, sep_token=BREAK,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    ).save_pretrained(folder)  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def t5(tmp_path_factory: pytest.TempPathFactory) -> ModelRef:
    return ModelRef("tiny-t5", "folder", save_t5(tmp_path_factory.mktemp("tiny-t5"), 0.0))


@pytest.fixture(scope="session")
def bert(tmp_path_factory: pytest.TempPathFactory) -> ModelRef:
    return ModelRef("tiny-bert", "folder", save_bert(tmp_path_factory.mktemp("tiny-bert"), 0.0))


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> ModelRef:
    return decoder(tmp_path_factory.mktemp("tiny-llama"), 16)


@pytest.fixture(scope="session")
def wide_llama(tmp_path_factory: pytest.TempPathFactory) -> ModelRef:
    """Wide enough for blocks of 4-bit weights."""
    return decoder(tmp_path_factory.mktemp("wide-llama"), 64)


def decoder(folder: Path, hidden: int) -> ModelRef:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=24, hidden_size=hidden, intermediate_size=2 * hidden, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=64, pad_token_id=0, eos_token_id=1,
        bos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    make_tokenizer("$A", "$A $B", eos_token=END).save_pretrained(folder)
    return ModelRef("tiny-llama", "folder", folder)


DatasetMaker = Callable[..., Dataset]


@pytest.fixture
def dataset() -> DatasetMaker:
    def make(task: str, **fields: Any) -> Dataset:
        known = {
            "name": "tiny", "version": "0" * 12, "task": task, "splits": {}, "columns": {},
            "source": "", "prefix": "", "source_language": None, "target_language": None,
            "labels": (), "synthetic": True, "created_at": "", "notes": "",
        }  # fmt: skip
        return Dataset(**{**known, **fields})

    return make


PAIRS = {"one": "eins", "two": "zwei", "three": "drei", "four": "vier"}


@pytest.fixture
def pairs() -> list[Example]:
    return [Example(f"e{n}", en, de) for n, (en, de) in enumerate(PAIRS.items())] * 4


class Told:
    """A listener that writes down what it is told, and stops after so many checks."""

    def __init__(self, stop_after: int | None = None, error: type[BaseException] = KeyError):
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.reports: list[tuple[float | None, str, dict[str, Any]]] = []
        self._left, self._error = stop_after, error

    def report(self, progress: float | None, message: str, **values: Any) -> None:
        self.reports.append((progress, message, values))

    def event(self, kind: str, **payload: Any) -> None:
        self.events.append((kind, payload))

    def check(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise self._error

    pausing = False

    def rest(self) -> None:
        pass

    def saving(self) -> AbstractContextManager[None]:
        return nullcontext()

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [payload for name, payload in self.events if name == kind]


@pytest.fixture
def told() -> type[Told]:
    return Told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture(scope="session")
def bart(tmp_path_factory: pytest.TempPathFactory) -> ModelRef:
    return two_stacks(tmp_path_factory.mktemp("tiny-bart"), BartConfig,
                      BartForConditionalGeneration, max_position_embeddings=64)  # fmt: skip


@pytest.fixture(scope="session")
def marian(tmp_path_factory: pytest.TempPathFactory) -> ModelRef:
    return two_stacks(tmp_path_factory.mktemp("tiny-marian"), MarianConfig, MarianMTModel,
                      max_position_embeddings=64, decoder_vocab_size=24)  # fmt: skip


def two_stacks(folder: Path, config: Any, model: Any, **sizes: Any) -> ModelRef:
    torch.manual_seed(0)
    model(config(
        vocab_size=24, d_model=16, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, dropout=0.0,
        pad_token_id=0, eos_token_id=1, bos_token_id=3, decoder_start_token_id=1,
        forced_eos_token_id=1, **sizes,
    )).save_pretrained(folder)  # fmt: skip
    make_tokenizer("$A </s>", "$A </s> $B </s>", eos_token=END).save_pretrained(folder)
    return ModelRef(folder.name, "folder", folder)
