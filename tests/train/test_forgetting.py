"""Forgetting is compared between runs that were asked the same, apart from replay."""

from typing import Any

from core.train.forgetting import Forgot, forgetting, like
from core.train.runs import Run
from tests.train.test_again import made


def score(value: float, metric: str = "bleu") -> dict[str, Any]:
    return {"metric": metric, "value": value, "low": value - 1, "high": value + 1, "n": 300,
            "unit": "points"}  # fmt: skip


def measured(name: str, tuned: float, share: float = 0.0, **fields: Any) -> Run:
    settings = {"replay_share": share, **fields.pop("settings", {})}
    general = {"dataset": "general-de", "data_version": "1", "base_scores": [score(20)],
               "tuned_scores": [score(tuned), score(50, "chrf")]}  # fmt: skip
    return made(run=name, settings=settings, general=general, **fields)


def test_the_base_then_runs_by_their_share() -> None:
    without, some, much = (
        measured("a", 3), measured("b", 16, 0.2), measured("c", 18, 0.5),
    )  # fmt: skip
    rows = forgetting(some, [much, some, without])
    assert rows == [
        Forgot("starter-translate", None, score(20)),
        Forgot("a", 0.0, score(3)),
        Forgot("b", 0.2, score(16)),
        Forgot("c", 0.5, score(18)),
    ]


def test_only_runs_that_were_asked_the_same_are_beside_it() -> None:
    run = measured("a", 3)
    others = [
        measured("b", 9, 0.2, base="t5-small"),
        measured("c", 9, 0.2, dataset="else"),
        measured("d", 9, 0.2, method="frozen"),
        made(run="e", settings={"replay_share": 0.2}),
    ]
    assert like(run, [*others, run]) == [run]
    assert forgetting(others[-1], others) == []


def test_of_one_share_the_most_alike_is_taken_then_the_newest() -> None:
    run = measured("a", 16, 0.2)
    short = measured("b", 5, settings={"max_steps": 9})
    newer, older = measured("c", 4, settings={"seed": 3}), measured("d", 3)
    assert like(run, [short, newer, older, run]) == [run, newer]
