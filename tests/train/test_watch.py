import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import LambdaLR
from transformers import (
    TrainerControl,
    TrainerState,
    TrainingArguments,
    get_linear_schedule_with_warmup,
)

from core.errors import WorkFailed
from core.train import watch as watching
from core.train.config import TrainConfig
from core.train.meter import Meter
from core.train.quiz import Answered
from core.train.watch import Clock, Watch


class Time:
    """A clock that goes only when told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(watching.time, "monotonic", lambda: self.now)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


def started(total_steps: int, max_seconds: float | None) -> Clock:
    clock = Clock(max_seconds)
    clock.start(total_steps)
    return clock


def test_the_share_is_the_further_of_steps_and_time(time: Time) -> None:
    clock = started(100, 50.0)
    assert clock.share(0) == 0
    time.now += 10
    assert clock.share(10) == 0.2
    assert clock.share(40) == 0.4
    time.now += 1000
    assert clock.share(40) == 1


@pytest.mark.parametrize("warmup", [0, 10, 30])
def test_without_a_time_limit_the_rate_is_transformers_linear_schedule(warmup: int) -> None:
    clock = started(100, None)
    parameter = torch.nn.Parameter(torch.zeros(1))
    mine = torch.optim.AdamW([parameter], lr=1.0)
    theirs = torch.optim.AdamW([parameter], lr=1.0)
    a = LambdaLR(mine, lambda step: clock.rate(step, warmup))
    b = get_linear_schedule_with_warmup(theirs, warmup, 100)
    for _ in range(100):
        assert a.get_last_lr()[0] == pytest.approx(b.get_last_lr()[0])
        mine.step(), theirs.step(), a.step(), b.step()  # type: ignore[func-returns-value]


def test_a_warmup_below_one_is_a_share(time: Time) -> None:
    clock = started(200, None)
    assert clock.rate(10, 0.1) == pytest.approx(0.5)
    assert clock.rate(20, 0.1) == pytest.approx(1.0)
    assert clock.rate(110, 0.1) == pytest.approx(0.5)


def test_with_a_time_limit_the_rate_is_zero_when_it_ends(time: Time) -> None:
    clock = started(1_000_000, 60.0)
    rates = []
    for _ in range(61):
        rates.append(clock.rate(5, 0.1))
        time.now += 1
    assert max(rates) == pytest.approx(1.0)
    assert rates[3] == pytest.approx(0.5)
    assert rates[33] == pytest.approx(0.5)
    assert rates[60] == 0
    assert all(0 <= rate <= 1 for rate in rates)


ARGS = SimpleNamespace(eval_on_start=True)


def watch_of(told: Any, **config: Any) -> tuple[Watch, Any]:
    listener = told()
    made = Watch(TrainConfig(**config), started(1000, None), listener, None)
    return made, listener


def step(made: Watch, number: int) -> TrainerControl:
    control = TrainerControl()
    made.on_step_end(ARGS, TrainerState(global_step=number), control)  # type: ignore[arg-type]
    return control


def test_it_evaluates_at_every_tenth_and_stops_at_the_end(told: Any, time: Time) -> None:
    made, _ = watch_of(told)
    controls = {n: step(made, n) for n in range(1, 1001)}
    assert [n for n, c in controls.items() if c.should_evaluate] == list(range(100, 1001, 100))
    assert [n for n, c in controls.items() if c.should_training_stop] == [1000]
    assert controls[1000].should_log


def test_it_tells_of_a_step_only_so_often(told: Any, time: Time) -> None:
    made, _ = watch_of(told)
    told_of = 0
    for n in range(1, 801):
        time.now += 0.01
        told_of += step(made, n).should_log
    assert 25 <= told_of <= 33  # eight seconds, one in a quarter


def test_without_validation_it_never_evaluates(told: Any, time: Time) -> None:
    made, _ = watch_of(told)
    control = TrainerControl()
    args = SimpleNamespace(eval_on_start=False)
    made.on_step_end(args, TrainerState(global_step=1000), control)  # type: ignore[arg-type]
    assert not control.should_evaluate


def log(made: Watch, number: int, **logs: float) -> None:
    state = TrainerState(global_step=number, epoch=0.5)
    made.on_log(ARGS, state, TrainerControl(), logs)  # type: ignore[arg-type]


class StillMeter(Meter):
    """A machine that takes 700 bytes, and 5 joules if it measures any."""

    def __init__(self, joules: float | None) -> None:
        super().__init__({} if joules is None else {"rapl": lambda: 0.0})
        self._joules = joules

    def read(self) -> dict[str, Any]:
        return {"memory_bytes": 700, "gpu_memory_bytes": None, "energy_joules": self._joules}


def test_a_step_says_how_far_it_is_and_what_it_took(told: Any, time: Time) -> None:
    made, listener = watch_of(told)
    made.meter = StillMeter(5.0)
    made.tokens, made.pause_seconds = 4_000, 2.0
    time.now += 10
    log(made, 250, loss=2.0, learning_rate=1e-3, grad_norm=math.inf)
    log(made, 250, train_runtime=9.0)
    assert listener.events == [
        (
            "step",
            {
                "step": 250,
                "loss": 2.0,
                "learning_rate": 1e-3,
                "grad_norm": None,
                "epoch": 0.5,
                "tokens_per_second": 500.0,
                "tokens": 4_000,
                "seconds": 10.0,
                "share": 0.25,
                "memory_bytes": 700,
                "gpu_memory_bytes": None,
                "energy_joules": 5.0,
            },
        ),
    ]
    assert listener.reports == [
        (0.25, "train.progress", {"step": 250, "loss": "2.000", "left_seconds": 30})
    ]


class Asked:
    """A quiz that remembers when it was asked."""

    def __init__(self) -> None:
        self.times: list[tuple[float, bool]] = []

    def ask(self, model: Any, seconds: float, *, must_score: bool) -> Answered:
        self.times.append((seconds, must_score))
        return Answered([("in", "ref", "out")], [{"metric": "bleu", "value": 3.0}])


def test_an_evaluation_says_loss_and_scores_then_the_answers(told: Any, time: Time) -> None:
    made, listener = watch_of(told, keep="last")
    made._quiz = quiz = Asked()  # type: ignore[assignment]
    for step_, loss in ((0, 7.0), (500, math.nan), (1000, 5.0)):
        state = TrainerState(global_step=step_)
        made.on_evaluate(ARGS, state, TrainerControl(), None, {"eval_loss": loss})  # type: ignore[arg-type]
        time.now += 30
    assert [(row["step"], row["loss"], row["seconds"]) for row in listener.of("evaluation")] == [
        (0, 7.0, 0.0), (500, None, 30.0), (1000, 5.0, 60.0),
    ]  # fmt: skip
    assert listener.of("evaluation")[0]["scores"] == [{"metric": "bleu", "value": 3.0}]
    assert listener.of("sample")[1] == {
        "step": 500, "input": "in", "reference": "ref", "prediction": "out",
    }  # fmt: skip
    # The base and the end are scored whatever it costs: they are what is compared.
    assert quiz.times == [(0.0, True), (30.0, False), (60.0, True)]


def test_what_computes_is_said_first(told: Any, time: Time) -> None:
    made, listener = watch_of(told)
    made.meter = StillMeter(None)
    made.on_train_begin(ARGS, TrainerState(), TrainerControl())  # type: ignore[arg-type]
    (start,) = listener.of("start")
    assert start["steps"] == 1000
    assert start["energy_source"] is None
    assert start["device"] == "cpu" or torch.cuda.is_available()


def test_a_loss_that_is_no_number_stops_the_run_with_advice(told: Any, time: Time) -> None:
    made, _ = watch_of(told)
    with pytest.raises(WorkFailed, match=r"at step 7 .*: the learning rate \(0.5\) .*=5e-02"):
        log(made, 7, loss=math.nan, learning_rate=0.5, grad_norm=1.0)


def test_the_best_weights_are_kept_and_put_back(told: Any, time: Time) -> None:
    made, _ = watch_of(told, keep="best")
    model = torch.nn.Linear(1, 1)
    for number, loss in enumerate([3.0, 1.0, 2.0]):
        torch.nn.init.constant_(model.weight, number)
        state = TrainerState(global_step=10 * number)
        made.on_evaluate(ARGS, state, TrainerControl(), model, {"eval_loss": loss})  # type: ignore[arg-type]
    assert made.put_back(model) == 10
    assert model.weight.item() == 1
    assert made.best_loss == 1.0


def test_the_last_weights_stay_where_that_is_wanted(told: Any, time: Time) -> None:
    made, _ = watch_of(told, keep="last")
    model = torch.nn.Linear(1, 1)
    made.on_evaluate(ARGS, TrainerState(), TrainerControl(), model, {"eval_loss": 1.0})  # type: ignore[arg-type]
    assert made.put_back(model) is None


def test_arguments_have_the_field_that_tells_of_validation(tmp_path: Any) -> None:
    assert TrainingArguments(
        output_dir=str(tmp_path), eval_on_start=True, use_cpu=True
    ).eval_on_start


def test_time_that_was_spent_before_a_stop_counts(told: Any, time: Time) -> None:
    clock = started(1000, 60.0)
    time.now += 30
    assert clock.share(1) == pytest.approx(0.5)
    again = Clock(60.0)
    time.now += 500  # the hours between two attempts do not
    again.start(1000)
    again.resume(30.0)
    time.now += 15
    assert again.seconds == pytest.approx(45.0)
    assert again.share(1) == pytest.approx(0.75)
    assert again.rate(500, 0.0) == pytest.approx(0.25)


def test_checkpoints_are_written_by_time_and_never_take_much_of_it(told: Any, time: Time) -> None:
    made, _ = watch_of(told, checkpoint_seconds=30.0)
    assert not step(made, 1).should_save
    time.now += 31
    due = step(made, 2)
    assert due.should_save
    assert due.should_log  # the loss is looked at first
    made.saved(2, 4.0)
    time.now += 199
    assert not step(made, 3).should_save  # writing took 4 s, so the next is 200 s later
    time.now += 1
    assert step(made, 4).should_save


def test_checkpoints_are_written_by_steps_where_that_is_asked(told: Any, time: Time) -> None:
    made, listener = watch_of(told, checkpoint_steps=5)
    assert [n for n in range(1, 6) if step(made, n).should_save] == [5]
    made.saved(5, 1.0)
    assert not step(made, 9).should_save
    listener.pausing = True
    assert step(made, 9).should_save


def test_what_a_checkpoint_keeps_is_gone_on_from(told: Any, time: Time) -> None:
    made, _ = watch_of(told)
    time.now += 10
    made.best_loss, made.best_step, made.tokens, made.pause_seconds = 1.5, 7, 640, 2.0
    again, _ = watch_of(told)
    again.go_on(made.state(), {"w": torch.ones(1)})
    assert again.state() == made.state()
    assert again.best_weights is not None


class Scripted:
    """Answers whose first score is the next of a list; says whether it had to score."""

    def __init__(self, *scores: float) -> None:
        self.scores, self.asked = list(scores), list[bool]()

    def ask(self, model: Any, seconds: float, *, must_score: bool) -> Answered:
        self.asked.append(must_score)
        return Answered([], [{"metric": "bleu", "value": self.scores.pop(0)}])


def test_the_best_may_be_the_highest_score_and_patience_goes_by_it(told: Any, time: Time) -> None:
    quiz = Scripted(5.0, 9.0, 9.0, 8.0)
    made = Watch(
        TrainConfig(best_by="score", patience=2),
        started(1000, None),
        told(),
        quiz,  # type: ignore[arg-type]
    )
    model, stops = torch.nn.Linear(1, 1), []
    for number, loss in enumerate([3.0, 2.5, 2.6, 1.0]):  # the loss would have chosen the last
        torch.nn.init.constant_(model.weight, number)
        control, state = TrainerControl(), TrainerState(global_step=10 * number)
        made.on_evaluate(ARGS, state, control, model, {"eval_loss": loss})  # type: ignore[arg-type]
        stops.append(control.should_training_stop)
    assert stops == [False, False, False, True]
    assert quiz.asked == [True] * 4
    assert made.put_back(model) == 10
    assert (made.best_score, made.best_loss) == (9.0, 2.5)


def test_of_equal_scores_the_lower_loss_is_the_best(told: Any, time: Time) -> None:
    made = Watch(
        TrainConfig(best_by="score"),
        started(1000, None),
        told(),
        Scripted(9.0, 9.0),  # type: ignore[arg-type]
    )
    model = torch.nn.Linear(1, 1)
    for step, loss in ((10, 2.0), (20, 1.0)):
        state = TrainerState(global_step=step)
        made.on_evaluate(ARGS, state, TrainerControl(), model, {"eval_loss": loss})  # type: ignore[arg-type]
    assert made.best_step == 20
