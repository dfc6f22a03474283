"""Writing in batches against `generate` on each row alone, for every family of models."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

from core.evaluate import write as writing
from core.evaluate.write import FAMILIES, is_plain, write

WORDS = 48
TOKENIZER = SimpleNamespace(pad_token_id=0, eos_token_id=1)
ROWS = [[*(3 + (7 * n + 5 * k * k) % 44 for k in range(1 + n % 6)), 1] for n in range(16)]
LIMIT = 14
SIZES = {
    "t5": {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4,
           "decoder_start_token_id": 0},
    "bart": {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
             "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64,
             "max_position_embeddings": 64, "decoder_start_token_id": 2,
             "forced_eos_token_id": None},
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64},
    "gpt_neox": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
                 "intermediate_size": 64, "max_position_embeddings": 64},
    "llama": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
              "num_key_value_heads": 2, "intermediate_size": 64, "head_dim": 8},
}  # fmt: skip
SIZES |= {"mt5": SIZES["t5"], "mistral": {**SIZES["llama"], "sliding_window": 6},
          "qwen2": SIZES["llama"], "qwen3": SIZES["llama"]}  # fmt: skip


def model(family: str) -> Any:
    """A tiny one with new weights, large enough that it does not say one thing for ever."""
    config = AutoConfig.for_model(
        family, vocab_size=WORDS, pad_token_id=0, eos_token_id=1, bos_token_id=2, **SIZES[family]
    )
    auto = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    made = auto.from_config(config).eval()
    torch.manual_seed(4)
    with torch.no_grad():
        for weights in made.parameters():
            if weights.dim() > 1:
                weights.normal_(0.0, 0.6)
    # Several tokens end an answer: a new model would hardly ever say a single one.
    made.generation_config.eos_token_id = list(range(1, 12))
    return made


def alone(given: Any, row: list[int]) -> list[int]:
    """What `generate` writes after one row, up to what ended it."""
    ids = torch.tensor([row])
    whole = given.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=LIMIT, do_sample=False,
        num_beams=1, pad_token_id=0,
    )[0].tolist()  # fmt: skip
    new = whole[1:] if given.config.is_encoder_decoder else whole[len(row) :]
    ends = set(given.generation_config.eos_token_id)
    return new[: next((n for n, token in enumerate(new) if token in ends), len(new))]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_batch_writes_what_generate_writes_alone(family: str) -> None:
    given = model(family)
    assert is_plain(given)
    with torch.inference_mode():
        expected = [alone(given, row) for row in ROWS]
        assert write(given, TOKENIZER, ROWS, LIMIT) == expected
    # Rows that end at different steps: else nothing ever left the batch.
    assert len({len(row) for row in expected}) > 2


@pytest.mark.parametrize("family", ["t5", "llama"])
def test_without_an_end_the_limit_ends_it(family: str) -> None:
    given = model(family)
    given.generation_config.eos_token_id = None
    with torch.inference_mode():
        found = write(given, TOKENIZER, ROWS, 5)
    assert [len(row) for row in found] == [5] * len(ROWS)


def test_rows_that_ended_are_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    given, seen = model("t5"), []
    step = writing._Seq2seq.__call__

    def counted(self: Any, token: torch.Tensor) -> torch.Tensor:
        seen.append(len(token))
        return step(self, token)

    monkeypatch.setattr(writing._Seq2seq, "__call__", counted)
    with torch.inference_mode():
        found = write(given, TOKENIZER, ROWS, LIMIT)
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] < len(ROWS)
    assert len(seen) == min(LIMIT, max(map(len, found)) + 1)


@pytest.mark.parametrize(
    "setting", [{"repetition_penalty": 1.3}, {"forced_bos_token_id": 7}, {"suppress_tokens": [9]}]
)
def test_what_asks_for_more_is_left_to_generate(setting: dict[str, Any]) -> None:
    given = model("t5")
    for name, value in setting.items():
        setattr(given.generation_config, name, value)
    assert not is_plain(given)
    with torch.inference_mode():
        assert write(given, TOKENIZER, ROWS, LIMIT) == [alone(given, row) for row in ROWS]


def test_the_few_rows_that_go_on_may_be_left() -> None:
    given = model("t5")
    with torch.inference_mode():
        whole = write(given, TOKENIZER, ROWS, LIMIT)
        some = write(given, TOKENIZER, ROWS, LIMIT, leave=0.7)
    left = [place for place, row in enumerate(some) if row is None]
    assert 0 < len(left) <= 0.7 * len(ROWS)
    assert [row for row in some if row is not None] == [
        row for place, row in enumerate(whole) if place not in left]  # fmt: skip
    shortest = min(len(whole[place] or []) for place in left)
    assert all(len(row) <= shortest for row in some if row is not None)
