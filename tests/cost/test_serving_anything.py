"""What must hold for any model, engine, card, load and target: 200 of them, drawn at random."""

import json
import math
import random
from dataclasses import dataclass

import pytest

from core.cost.document_serving import serving_document
from core.cost.engines import ENGINES
from core.cost.estimate import Estimate
from core.cost.frontier import NO_TARGET, Target
from core.cost.hardware import GPUS
from core.cost.prices import own_price
from core.cost.serving import estimate_serving
from core.cost.serving_checks import can_share
from core.cost.traffic import TRAFFIC
from core.errors import BadInput
from core.models.catalog import CATALOG

PRICE = own_price(2.0)


@dataclass(frozen=True)
class Drawn:
    """A model, where it runs, and what is asked of it."""

    shape: object
    place: dict
    kind: str
    size: float
    output_tokens: int
    target: Target

    def estimate(self, times=1.0, longer=1):
        load = {
            "rate": {"requests_per_second": times * self.size},
            "flying": {"concurrency": max(1.0, times * self.size)},
            "day": {"requests_per_day": times * self.size * 1e5, "traffic": TRAFFIC[1]},
        }[self.kind]
        return estimate_serving(
            self.shape, output_tokens=longer * self.output_tokens, price=PRICE, target=self.target,
            **self.place, **load,
        )  # fmt: skip


def drawn(seed):
    chance = random.Random(seed)
    shape, engine = chance.choice(CATALOG).shape, chance.choice(ENGINES)
    place = {
        "gpu": chance.choice(GPUS).name,
        "gpus": chance.choice([n for n in range(1, 9) if can_share(shape, engine, n)]),
        "engine": engine.name,
        "precision": chance.choice(engine.precisions),
        "input_tokens": int(10 ** chance.uniform(0, 4.5)),
        "prefix_cached": chance.choice([0, 0.5]) if shape.family == "decoder" else 0,
        "speculative": chance.choice([1, 2.5]) if shape.generates else 1,
        "min_replicas": chance.choice([0, 1, 5]),
    }
    token = chance.choice([None, 10 ** chance.uniform(-2, 0)]) if shape.generates else None
    target = Target(chance.choice([None, 10 ** chance.uniform(-1.5, 1)]), token)
    kind, size = chance.choice(["rate", "flying", "day"]), 10 ** chance.uniform(-3, 4)
    return Drawn(shape, place, kind, size, int(10 ** chance.uniform(0, 3.5)), target)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("seed", range(200))
def test_anything_that_can_be_asked(seed):
    asked = drawn(seed)
    try:
        found = asked.estimate()
    except BadInput as refused:
        assert "cannot be reached" in str(refused)
        return
    text = json.dumps(serving_document("any", found), allow_nan=False)
    if not found.fits:
        assert found.advice is not None
        assert '"usd_per_month": null' in text
        return
    for value in vars(found).values():
        if isinstance(value, Estimate):
            assert 0 <= value.low <= value.value * (1 + 1e-9)
            assert value.value <= value.high * (1 + 1e-9) < math.inf
    assert found.memory.total_bytes <= found.gpu.memory_bytes
    assert 0 < found.utilisation <= 1
    assert asked.estimate(times=2).replicas >= found.replicas
    if asked.target == NO_TARGET and asked.shape.generates:
        longer = asked.estimate(longer=2)
        cheapest = found.usd_per_request.value * (1 - 1e-6)
        assert not longer.fits or longer.usd_per_request.value >= cheapest
