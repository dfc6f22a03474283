from dataclasses import replace

import numpy as np
import pytest

from core.cost.memory import (
    CONTEXT_BYTES,
    FOOTPRINT,
    OPTIMIZERS,
    counted_bytes,
    layer_activation_bytes,
    optimizer,
    training_memory,
)
from core.cost.plan import Plan
from core.cost.transformer import lora_parameters
from core.errors import NotFound
from core.models.catalog import CATALOG, model
from core.models.shape import from_config, parameters

GPT = from_config({
    "model_type": "gpt2", "n_layer": 4, "n_embd": 1024, "n_head": 16, "vocab_size": 50257,
    "n_positions": 2048,
})  # fmt: skip


def test_a_layer_keeps_what_korthikanti_counts():
    """arXiv:2205.05198, equation 1: sbh·(34 + 5as/h) without fused attention."""
    plan = Plan(length=512, micro_batch=2, fused_attention=False, dropout=True)
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


def test_full_training_holds_up_to_eighteen_bytes_a_parameter():
    """Hugging Face, "Methods and tools for efficient training": 6 + 4 + 8 in mixed precision.

    The published runs say that gradients take less than the 4.
    """
    shape = model("llama-2-7b").shape
    memory = training_memory(shape, Plan(length=128))
    states = memory.weights_bytes + memory.gradients_bytes + memory.optimizer_bytes
    assert 16 <= states / parameters(shape).total <= 18


@pytest.mark.parametrize(("numbers", "bytes_each"), [("16-bit", 8), ("32-bit", 16)])
def test_states_without_mixed_precision(numbers, bytes_each):
    """16-bit: 2 + 2 + 2·2; 32-bit, as PEFT's examples run: 4 + 4 + 2·4."""
    shape = model("llama-2-7b").shape
    memory = training_memory(shape, Plan(length=128, numbers=numbers))
    states = memory.weights_bytes + memory.gradients_bytes + memory.optimizer_bytes
    assert states == bytes_each * parameters(shape).total


def test_smaller_optimizers_hold_less():
    shape = model("llama-2-7b").shape
    sizes = {
        one.name: training_memory(shape, Plan(length=128, optimizer=one.name)).optimizer_bytes
        for one in OPTIMIZERS
    }
    assert sizes["adamw"] > sizes["sgd"] > sizes["adamw-8bit"] > sizes["adafactor"]
    with pytest.raises(NotFound, match="adamw-8bit"):
        optimizer("lion")


def test_savings_save():
    shape = model("llama-3-8b").shape
    plan = Plan(length=4096, recompute=False)
    usual = training_memory(shape, plan)
    chunked = training_memory(shape, replace(plan, chunked_loss=True))
    assert chunked.logits_bytes < usual.logits_bytes / 3
    assert training_memory(shape, replace(plan, compiled=True)).activations_bytes < (
        usual.activations_bytes
    )
    assert training_memory(shape, replace(plan, step_in_backward=True)).gradients_bytes < (
        usual.gradients_bytes / 2
    )
    kept = replace(plan, recompute=True)
    assert training_memory(shape, replace(kept, offloaded=True)).activations_bytes < (
        training_memory(shape, kept).activations_bytes
    )


def test_the_ends_of_a_pipeline_hold_an_embedding():
    shape = model("llama-3-8b").shape
    four = training_memory(shape, Plan(length=64, pipeline=4)).weights_bytes
    assert four > training_memory(shape, Plan(length=64)).weights_bytes / 4


def test_many_plans_at_once_are_what_each_is_alone():
    shape = model("llama-2-7b").shape
    sizes = np.array([1, 2, 4])
    together = training_memory(shape, Plan(micro_batch=sizes)).total_bytes
    alone = [training_memory(shape, Plan(micro_batch=int(size))).total_bytes for size in sizes]
    assert together == pytest.approx(np.array(alone))


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
    assert shared.weights_bytes == alone.weights_bytes / 8
    assert shared.buffers_bytes > 0 == alone.buffers_bytes
    whole = training_memory(shape, Plan(length=64, data=8, sharded=True, whole_weights=True))
    assert whole.weights_bytes == alone.weights_bytes * 9 / 8
    zero = training_memory(shape, Plan(length=64, data=8, optimizer_shards=8))
    assert zero.optimizer_bytes == alone.optimizer_bytes / 8
    assert zero.weights_bytes == alone.weights_bytes


def test_recomputing_needs_less_and_more_tokens_need_more():
    shape = model("llama-2-7b").shape
    kept = training_memory(shape, Plan(recompute=False)).activations_bytes
    again = training_memory(shape, Plan(recompute=True)).activations_bytes
    assert again < kept / 8
    twice = training_memory(shape, Plan(micro_batch=2, recompute=False)).activations_bytes
    assert twice == 2 * kept


def test_the_reserve_is_not_needed_and_the_counter_sees_neither_it_nor_the_context():
    memory = training_memory(GPT, Plan(length=1))
    named = sum(memory.parts().values()) - memory.context_bytes - memory.reserve_bytes
    assert memory.context_bytes == CONTEXT_BYTES
    reserve = FOOTPRINT.reserve_share * named + FOOTPRINT.reserve_bytes
    assert memory.reserve_bytes == pytest.approx(reserve)
    assert memory.needed_bytes == pytest.approx(named + CONTEXT_BYTES)
    counted = FOOTPRINT.counted_share * named + FOOTPRINT.counted_bytes
    assert counted_bytes(memory) == pytest.approx(counted)
