"""What retraining cost: seconds of finished updates, dollars where a price is known."""

import pytest

from core.cost.prices import known_price
from core.cost.probe import known_card
from core.errors import BadInput
from core.jobs.store import JobStore
from core.train.retraining import retraining_cost
from core.update import feedback
from core.update.champion import promote
from core.update.story import story
from core.update.traffic_read import Request
from core.workspace import Workspace
from tests.update.promoted import finished
from tests.update.traffic import write


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


def updated(workspace, run, seconds, state="succeeded", **more):
    with JobStore(workspace) as store:
        job, _ = store.add("update", {"dataset": "shop", "run": run})
        store.claim(job.id, 1)
        store.heartbeat(job.id, seconds)
        store.finish(job.id, state, result={})
    finished(workspace, run, job=job.id, **more)


def test_nothing_was_retrained_yet(workspace):
    assert retraining_cost(workspace, "shop") is None
    updated(workspace, "shop-1", 60.0, state="failed")
    assert retraining_cost(workspace, "shop") is None


def test_a_price_that_is_stated_counts(workspace):
    for number, seconds in enumerate((900.0, 1800.0, 3600.0)):
        updated(workspace, f"shop-{number}", seconds)
    found = retraining_cost(workspace, "shop", 2.0)
    assert (found.seconds, found.low_seconds, found.high_seconds) == (1800.0, 900.0, 3600.0)
    assert (found.usd, found.low_usd, found.high_usd) == (1.0, 0.5, 2.0)
    assert found.price_source == "stated by the user"
    assert len(found.rounds) == 3
    assert found.rounds[0].train_seconds == 30.0


def test_a_processor_has_no_published_price(workspace):
    updated(workspace, "shop-1", 1800.0)
    found = retraining_cost(workspace, "shop")
    assert (found.device, found.usd, found.usd_per_hour) == ("cpu", None, None)
    assert found.seconds == 1800.0


def test_a_card_has(workspace):
    card = "NVIDIA A100-SXM4-80GB"
    updated(workspace, "shop-1", 3600.0, training={"device": card})
    found = retraining_cost(workspace, "shop")
    assert found.usd == known_price(known_card(card)).usd_per_gpu_hour


def test_a_price_that_cannot_be(workspace):
    with pytest.raises(BadInput, match="cannot be; give a price above 0"):
        retraining_cost(workspace, "shop", 0.0)


def test_the_story_puts_score_traffic_feedback_and_cost_beside_each_other(workspace):
    updated(workspace, "shop-1", 1800.0)
    updated(workspace, "shop-2", 900.0)
    write(workspace, [Request(f"r{n}", float(n), "shop-1") for n in range(40)])
    for verdict in ("up", "down", "note"):
        feedback.add(workspace, model="shop-1", input="x", output="y", verdict=verdict,
                     correction="z", source="import")  # fmt: skip
    promote(workspace, "shop", "shop-1", who="Mei", why="x",
            verdict={"passed": True, "champion": None})  # fmt: skip
    first, second = story(workspace, "shop", 2.0)
    assert (first.run, first.champion, first.requests, first.feedback) == ("shop-1", True, 40, 3)
    assert (first.liked.value, first.liked.n) == (0.5, 2), "a note is no thumb"
    assert first.feedback_share == pytest.approx(3 / 40)
    assert (first.seconds, first.usd) == (1800.0, 1.0)
    assert len(first.promoted) == 1
    assert (second.champion, second.requests, second.liked, second.feedback_share) == (
        False, 0, None, None)  # fmt: skip
