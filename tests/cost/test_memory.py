from dataclasses import replace

import pytest

from core.cost.memory import (
    CONTEXT_BYTES,
    FRAGMENT_SHARE,
    layer_activation_bytes,
    lora_parameters,
    training_memory,
)
from core.cost.throughput import Plan
from core.models.catalog import CATALOG, model
from core.models.shape import from_config, parameters

GPT = from_config({
    "model_type": "gpt2", "n_layer": 4, "n_embd": 1024, "n_head": 16, "vocab_size": 50257,
    "n_positions": 2048,
})  # fmt: skip


def test_a_layer_keeps_what_korthikanti_counts():
    """arXiv:2205.05198, equation 1: sbh·(34 + 5as/h) without fused attention."""
    plan = Plan(length=512, micro_batch=2, fused_attention=False)
    tokens, hidden, heads = 2 * 512, 1024, 16
    closed = tokens * hidden * (34 + 5 * heads * 512 / hidden)
    assert layer_activation_bytes(GPT, tokens, plan) == closed


def test_fused_attention_keeps_no_scores():
    plan = Plan(length=512, fused_attention=False)
    fused = replace(plan, fused_attention=True)
    difference = layer_activation_bytes(GPT, 512, plan) - layer_activation_bytes(GPT, 512, fused)
    assert difference == 5 * 16 * 512 * 512


@pytest.mark.parametrize("row", CATALOG, ids=lambda row: row.name)
@pytest.mark.parametrize("method", ["full", "lora", "qlora"])
def test_parts_sum_and_none_is_negative(row, method):
    memory = training_memory(row.shape, Plan(method=method, length=64))
    assert sum(memory.parts().values()) == memory.total_bytes
    assert all(part >= 0 for part in memory.parts().values())


def test_full_training_holds_eighteen_bytes_a_parameter():
    """Hugging Face, "Methods and tools for efficient training": 6 + 4 + 8 in mixed precision."""
    shape = model("llama-2-7b").shape
    memory = training_memory(shape, Plan(length=128))
    states = memory.weights_bytes + memory.gradients_bytes + memory.optimizer_bytes
    assert states == 18 * parameters(shape).total


def test_adapters_count_as_peft_counts_them():
    """Rank r on q, k, v, o of 4096 × 4096 and three of 4096 × 11008, in 32 layers."""
    by_hand = 32 * 16 * (4 * (4096 + 4096) + 3 * (4096 + 11008))
    assert lora_parameters(model("llama-2-7b").shape, 16) == by_hand == 39_976_960


def test_a_4_bit_base_is_a_quarter_of_a_16_bit_one():
    shape = model("llama-2-7b").shape
    lora = training_memory(shape, Plan(method="lora", length=64)).weights_bytes
    qlora = training_memory(shape, Plan(method="qlora", length=64)).weights_bytes
    assert 0.25 < qlora / lora < 0.32


def test_sharing_out_divides_states():
    shape = model("llama-2-7b").shape
    alone = training_memory(shape, Plan(length=64))
    shared = training_memory(shape, Plan(length=64, data=8, sharded=True))
    assert shared.optimizer_bytes == alone.optimizer_bytes / 8
    assert shared.gradients_bytes == alone.gradients_bytes / 8
    assert alone.weights_bytes / 8 < shared.weights_bytes < alone.weights_bytes / 3
    zero = training_memory(shape, Plan(length=64, data=8, sharded_optimizer=True))
    assert zero.optimizer_bytes == alone.optimizer_bytes / 8
    assert zero.weights_bytes == alone.weights_bytes


def test_recomputing_needs_less_and_more_tokens_need_more():
    shape = model("llama-2-7b").shape
    kept = training_memory(shape, Plan(recompute=False)).activations_bytes
    again = training_memory(shape, Plan(recompute=True)).activations_bytes
    assert again < kept / 8
    twice = training_memory(shape, Plan(micro_batch=2, recompute=False)).activations_bytes
    assert twice == 2 * kept


def test_an_empty_model_still_needs_its_context():
    memory = training_memory(GPT, Plan(length=1))
    named = sum(memory.parts().values()) - memory.context_bytes
    assert memory.context_bytes == pytest.approx(CONTEXT_BYTES + FRAGMENT_SHARE * named)
