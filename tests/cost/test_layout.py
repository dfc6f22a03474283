from dataclasses import replace

import numpy as np
import pytest

from core.cost.hardware import gpu
from core.cost.layout import (
    ANY,
    COMFORTABLE_SHARE,
    DATA_PARALLEL,
    SPLIT_GAIN,
    WORTH_SAYING,
    Wanted,
    check,
    choose_plan,
    faster_split,
    network,
    parallel,
    zero_stage,
)
from core.cost.memory import layer_activation_bytes, training_memory
from core.cost.plan import Plan
from core.cost.shapes import named
from core.cost.throughput import step_time
from core.errors import BadInput, NotFound
from core.models.catalog import model

CARD = gpu("A100-80-SXM")
LLAMA = model("llama-2-7b").shape
LARGE = named("gpt-175b")


def test_words_are_read():
    assert parallel("tp=8, pp=4,zero=1") == Wanted(tensor=8, pipeline=4, zero=1)
    assert parallel("TP=2,sp=0,dp=3") == Wanted(tensor=2, data=3, sequence_parallel=False)


@pytest.mark.parametrize(
    "written", ["tp", "tp=x", "tp=-1", "tp=0", "zero=4", "tp=2,tp=4", "sp=2", "rows=2", "tp=1.5"]
)
def test_words_that_mean_nothing_are_refused_by_name(written):
    with pytest.raises(BadInput, match=r"^parallel: "):
        parallel(written)


@pytest.mark.parametrize(
    ("wanted", "gpus", "method", "words"),
    [
        (Wanted(tensor=3), 3, "full", "does not divide the model's 32 attention heads"),
        (Wanted(tensor=16), 16, "full", "leaves a machine of 8 GPUs"),
        (Wanted(pipeline=33), 33, "full", "more stages than the model's 32 layers"),
        (Wanted(tensor=2, pipeline=2, data=3), 8, "full", "is 12 GPUs, not gpus=8"),
        (Wanted(tensor=8), 12, "full", "give gpus=16"),
        (Wanted(tensor=2), 2, "qlora", "zero=3"),
    ],
)
def test_what_cannot_be_laid_out_says_why_and_what_can(wanted, gpus, method, words):
    with pytest.raises(BadInput, match=f"^parallel: .*{words}"):
        check(LLAMA, gpus, method, wanted)


def test_an_unknown_optimizer_lists_the_known():
    with pytest.raises(NotFound, match="adafactor"):
        check(LLAMA, 1, "full", Wanted(optimizer="lion"))


@pytest.mark.parametrize(("shape", "gpus"), [(LLAMA, 8), (LLAMA, 24), (LARGE, 384), (LARGE, 1000)])
@pytest.mark.parametrize("method", ["full", "lora", "qlora"])
def test_whatever_is_chosen_can_be_laid_out(shape, gpus, method):
    plan, fits = choose_plan(shape, CARD, gpus, method, 2048)
    assert plan.tensor * plan.pipeline * plan.data == gpus
    assert shape.heads % plan.tensor == 0
    assert plan.pipeline <= shape.all_layers
    assert fits == (training_memory(shape, plan).needed_bytes <= CARD.usable_bytes)
    assert all(np.ndim(value) == 0 for value in vars(plan).values() if value is not None)


@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_a_zero_stage_is_taken_and_each_needs_less_than_the_one_before(stage):
    wanted = Wanted(tensor=1, pipeline=1, zero=stage)
    plan, _ = choose_plan(LLAMA, CARD, 8, "full", 2048, None, 4, None, wanted)
    assert zero_stage(plan) == stage
    sizes = [
        training_memory(
            LLAMA,
            replace(plan, sharded=z == 3, optimizer_shards=8 if z in (1, 2) else 1,
                    gradient_shards=8 if z > 1 else 1),
        ).needed_bytes
        for z in range(4)
    ]  # fmt: skip
    assert sizes == sorted(sizes, reverse=True)


def test_sequence_parallel_leaves_what_the_paper_says():
    """Korthikanti et al. 2022, table 2: sbh(10 + 24/t) with tensor parallel, 34sbh/t with both."""
    shape, tokens = named("gpt-22b") or named("gpt-20b"), 2048
    plan = Plan(length=2048, tensor=8, dropout=True)
    tensor = layer_activation_bytes(shape, tokens, plan)
    both = layer_activation_bytes(shape, tokens, replace(plan, sequence_parallel=True))
    alone = layer_activation_bytes(shape, tokens, replace(plan, tensor=1))
    assert both == pytest.approx(alone / 8)
    # Fused attention keeps no scores: 24 is 4·2 for attention and 16 for the MLP.
    assert tensor == pytest.approx(tokens * shape.hidden * (10 + 24 / 8))


def test_more_micro_batches_hide_the_bubble():
    """(p − 1)/m of the work: Narayanan et al. 2021 (arXiv:2104.04473), section 2.2.1."""
    few, many = (
        step_time(LARGE, CARD, Plan(length=2048, pipeline=8, micro_steps=n)) for n in (8, 64)
    )
    busy = many.total - many.bubble - many.data_parallel - many.optimizer
    assert many.bubble / busy == pytest.approx(7 / 64)
    assert few.bubble == pytest.approx(many.bubble)


def test_a_split_is_taken_where_nothing_else_fits_with_room():
    shape = model("llama-2-70b").shape
    alone, _ = choose_plan(shape, CARD, 16, "full", 2048, wanted=DATA_PARALLEL)
    split, fits = choose_plan(shape, CARD, 16, "full", 2048)
    room = COMFORTABLE_SHARE * CARD.usable_bytes
    assert (alone.tensor, alone.pipeline) == (1, 1)
    assert training_memory(shape, alone).needed_bytes > room
    assert fits
    assert split.tensor * split.pipeline > 1
    assert training_memory(shape, split).needed_bytes <= room


def test_the_batch_of_a_machine_is_that_of_all_its_gpus():
    plan, _ = choose_plan(LARGE, CARD, 384, "full", 2048, None, 4, None, parallel("tp=8,pp=12"))
    assert plan.micro_batch * plan.micro_steps * plan.data == 4 * 384


def test_the_network_counts_between_machines_alone():
    plan = {
        name: Wanted(network_bytes_per_second=network(name, CARD))
        for name in ("nvlink", "infiniband", "ethernet")
    }

    def pace(gpus, name):
        found = choose_plan(LLAMA, CARD, gpus, "full", 2048, None, 4, None, plan[name])[0]
        return step_time(LLAMA, CARD, found).total / found.tokens_per_step(LLAMA)

    assert pace(64, "nvlink") < pace(64, "infiniband") < pace(64, "ethernet")
    assert pace(8, "nvlink") == pace(8, "ethernet")


def test_a_network_in_gigabits():
    assert network("200", CARD) == network("infiniband", CARD) == 25e9


@pytest.mark.parametrize("written", ["", "token ring", "-1", "nan", "inf", "0"])
def test_an_unknown_network_is_refused_by_name(written):
    with pytest.raises(BadInput, match=r"^interconnect: "):
        network(written, CARD)


def test_a_split_that_would_be_faster_is_named_and_is():
    shape = named("gpt-175b")
    plan, _ = choose_plan(shape, CARD, 384, "full", 2048)
    assert plan.tensor * plan.pipeline == 1
    split, times = faster_split(shape, CARD, plan, None, ANY)
    before, after = (
        step_time(shape, CARD, one).total / one.tokens_per_step(shape) for one in (plan, split)
    )
    assert before / after == pytest.approx(times)
    assert WORTH_SAYING < times < SPLIT_GAIN
    assert faster_split(shape, CARD, plan, None, DATA_PARALLEL) is None
    assert faster_split(LLAMA, CARD, choose_plan(LLAMA, CARD, 1, "lora", 512)[0], None, ANY) is None
