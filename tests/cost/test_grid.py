import numpy as np
import pytest

from core.cost.cases_runs import OVERHEAD
from core.cost.goodput import goodput
from core.cost.grid import grid
from core.cost.hardware import gpu
from core.cost.memory import training_memory
from core.cost.plan import Plan
from core.cost.throughput import step_time
from core.cost.training import checkpoint_bytes
from core.errors import BadInput
from core.models.catalog import model

CARD = gpu("A100-80-SXM")
LLAMA = model("llama-2-7b").shape
GRID = grid(LLAMA, 10**10, CARD, (1, 8, 64), (1, 2, 4, 8))


def test_a_cell_is_what_its_plan_alone_is():
    plan = Plan("full", 2048, None, 4, 1, True, data=8, optimizer_shards=8, gradient_shards=8)
    at = (1, 2, 1, 2)
    seconds = float(step_time(LLAMA, CARD, plan).total)
    assert GRID.tokens_per_second_per_gpu[at] == pytest.approx(4 * 2048 / seconds)
    assert GRID.needed_bytes[at] == pytest.approx(training_memory(LLAMA, plan).needed_bytes)
    steady = np.ceil(10**10 / (4 * 2048 * 8)) * seconds / 3600
    lost = goodput(8, steady, checkpoint_bytes=checkpoint_bytes(LLAMA, "full"))
    beyond = max(OVERHEAD.clock, lost.times) if steady * 8 >= 1000 else lost.times
    assert GRID.hours[at] == pytest.approx(steady * beyond)
    assert GRID.gpu_hours == pytest.approx(GRID.hours * GRID.gpus[:, None, None, None])


def test_what_does_not_fit_is_crossed_out():
    hours, able = GRID.best()
    assert hours.shape == able.shape == (3, 4)
    assert not able[0].any(), "7 B in full does not fit on one card"
    assert able[2].all()
    assert np.isnan(hours[0]).all()
    assert (hours[2] > 0).all()


def test_larger_batches_and_kept_activations_need_more():
    assert (np.diff(GRID.needed_bytes, axis=1) > 0).all()
    assert (GRID.needed_bytes[:, :, 0] > GRID.needed_bytes[:, :, 1]).all()


@pytest.mark.parametrize("axes", [((), (1,)), ((1,), ()), ((0,), (1,)), ((1,), (-1,)),
                                  (range(1, 10**4), range(1, 10**4))])  # fmt: skip
def test_axes_that_cannot_be_are_refused(axes):
    with pytest.raises(BadInput, match=r"^grid: "):
        grid(LLAMA, 10**9, CARD, *axes)


def test_parts_of_a_model_must_divide_the_gpus():
    with pytest.raises(BadInput, match="multiples of 4"):
        grid(LLAMA, 10**9, CARD, (6,), (1,), tensor=4)
