"""Schedules by a clock of the test's own: due, not due, started once, and honest when unlooked."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core import due as scheduler
from core import scheduled
from core.errors import BadInput, NotFound
from core.train.runs import open_run
from core.update import feedback
from core.update import schedule as store
from core.update.drift_looks import look
from core.update.learn import held_out
from core.update.reference import reference
from core.update.review import review
from core.update.schedule import Schedule, due, month_after
from core.update.traffic_read import Request
from core.workspace import Workspace
from tests.update.promoted import finished
from tests.update.traffic import write

DAY = 86_400.0
START = datetime(2026, 1, 31, 9, tzinfo=UTC).timestamp()
MONTHLY = Schedule("shop", True, None, False, None, None, "quick", "Mei", START)
AT_FIVE = replace(MONTHLY, monthly=False, at_corrections=5)
ON_DRIFT = replace(MONTHLY, monthly=False, on_drift=True)


def at(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


def test_a_month_ends_on_the_same_day_or_the_months_last():
    assert month_after(START) == at(2026, 2, 28, 9)
    assert month_after(at(2026, 12, 5)) == at(2027, 1, 5)


@pytest.mark.parametrize(
    ("schedule", "now", "corrections", "drifted_at", "reason"),
    [
        (MONTHLY, at(2026, 2, 28, 8), 9, None, None),
        (MONTHLY, at(2026, 2, 28, 9), 9, None, "monthly"),
        (MONTHLY, at(2026, 9, 1), 0, None, None),  # nothing to learn from
        (replace(MONTHLY, started_at=at(2026, 3, 4)), at(2026, 4, 3), 9, None, None),
        (replace(MONTHLY, started_at=at(2026, 3, 4)), at(2026, 4, 4), 9, None, "monthly"),
        (AT_FIVE, START + 1, 4, None, None),
        (AT_FIVE, START + 1, 5, None, "corrections"),
        (replace(AT_FIVE, started_at=START), START + DAY / 2, 9, None, None),  # it failed today
        (replace(AT_FIVE, started_at=START), START + DAY, 9, None, "corrections"),
        (ON_DRIFT, START + DAY, 1, None, None),
        (ON_DRIFT, START + DAY, 1, START - 1, None),  # an alarm from before the schedule
        (ON_DRIFT, START + DAY, 1, START + 1, "drift"),
        (replace(ON_DRIFT, started_at=START + DAY), START + 3 * DAY, 1, START + 1, None),
        (replace(MONTHLY, at_corrections=5), START + 1, 5, None, "corrections"),
    ],
)
def test_when_it_is_due(schedule, now, corrections, drifted_at, reason):
    assert due(schedule, now, corrections, drifted_at) == reason


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.open(tmp_path)
    finished(made, "shop-1")
    return made


@pytest.fixture
def asked(monkeypatch):
    """The jobs that would be started."""
    jobs = []

    class Job:
        id = "j-1"

    def start_update(_, dataset, **fields):
        jobs.append(("update", dataset, fields))
        return Job, "shop-2", True

    def start(_, request):
        jobs.append(("drift", request.dataset, {}))
        return Job, True

    monkeypatch.setattr(scheduler, "start_update", start_update)
    monkeypatch.setattr(scheduler, "start", start)
    return jobs


def accept(workspace, number):
    texts = [f"{n} plums" for n in range(1, 60) if not held_out(f"{n} plums", None)][:number]
    made = [feedback.add(workspace, model="shop-1", input=text, output="?", verdict="down",
                         correction="Pflaumen", source="import") for text in texts]  # fmt: skip
    review(workspace, [one.id for one in made], "accepted", "Mei")


def test_whoever_looks_starts_what_is_due_and_only_once(workspace, asked):
    store.put(workspace, replace(AT_FIVE, replay=0.5, margin=2.0))
    accept(workspace, 4)
    assert scheduler.carry_out(workspace, START + 60) == []
    accept(workspace, 5)
    [made] = scheduler.carry_out(workspace, START + 120)
    assert (made.kind, made.reason, made.job) == ("update", "corrections", "j-1")
    assert asked == [("update", "shop", {"base": "shop-1", "preset": "quick", "replay": 0.5,
                                         "margin": 2.0})]  # fmt: skip
    assert scheduler.carry_out(workspace, START + 180) == []
    kept = store.schedule_of(workspace, "shop")
    assert (kept.started_at, kept.looked_at, kept.job, kept.reason) == (
        START + 120, START + 180, "j-1", "corrections")  # fmt: skip


def test_held_out_corrections_do_not_count(workspace, asked):
    store.put(workspace, replace(AT_FIVE, at_corrections=1))
    text = next(f"{n} plums" for n in range(99) if held_out(f"{n} plums", None))
    made = feedback.add(workspace, model="shop-1", input=text, output="?", verdict="down",
                        correction="x", source="page")  # fmt: skip
    review(workspace, [made.id], "accepted", "Mei")
    assert scheduler.carry_out(workspace, START + 60) == []
    assert asked == []


def test_drift_is_looked_at_once_a_day_where_there_is_traffic(workspace, asked):
    store.put(workspace, ON_DRIFT)
    assert scheduler.carry_out(workspace, START + 60) == []
    write(workspace, [Request(f"r{n}", START + n, "shop-1", characters=500) for n in range(60)])
    [made] = scheduler.carry_out(workspace, START + 120)
    assert (made.kind, made.reason) == ("drift", "look")


def test_an_alarm_starts_an_update(workspace, asked, monkeypatch):
    store.put(workspace, replace(ON_DRIFT, made_at=0.0))
    accept(workspace, 1)
    served = [Request(f"r{n}", START + n, "shop-1", characters=500) for n in range(60)]
    write(workspace, served)
    report = look(workspace, reference(workspace, open_run(workspace, "shop-1")), served,
                  ["shop-1"], START, START + 100)  # fmt: skip
    assert [row.name for row in report.alarms] == ["characters"]
    [made] = scheduler.carry_out(workspace, report.at + 60)
    assert (made.kind, made.reason) == ("update", "drift")


def test_a_schedule_that_nobody_looks_at_says_so(workspace):
    store.put(workspace, MONTHLY)
    assert store.schedule_of(workspace, "shop").looked_at is None
    assert store.unlooked(workspace, START)
    assert scheduled.look(workspace) == []
    kept = store.schedule_of(workspace, "shop")
    assert kept.looked_at is not None
    assert not store.unlooked(workspace, kept.looked_at + 59)
    assert store.unlooked(workspace, kept.looked_at + 61)


def test_without_a_schedule_nobody_looks(tmp_path):
    workspace = Workspace.open(tmp_path)
    assert scheduled.look(workspace) == []
    assert not workspace.database_path.exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"monthly": False}, "Say when to retrain"),
        ({"at_corrections": 0}, "at_corrections: 0 cannot be"),
        ({"at_corrections": 2_000_000}, "2,000,000 cannot be"),
    ],
)
def test_a_schedule_that_cannot_be(workspace, changes, message):
    with pytest.raises(BadInput, match=message):
        store.put(workspace, replace(MONTHLY, **changes))
    assert store.schedules(workspace) == []


def test_it_can_be_ended_once(workspace):
    store.put(workspace, MONTHLY)
    store.remove(workspace, "shop")
    with pytest.raises(NotFound, match="has no schedule"):
        store.remove(workspace, "shop")
