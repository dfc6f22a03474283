"""What is kept of studies of heads; other kinds beside them are passed over."""

from core import record
from core.interpret import aligned, moved, prices, studies
from core.interpret.aligned import Alignment, HeadAlignment, Relation, Sentence
from core.workspace import Workspace
from tests.interpret.test_moved import study as moved_study
from tests.interpret.test_prices import study as price_study

HOSTILE = "<s> **x** $y$ </script> \x1b[31m 中文 مرحبا"


def alignment_study(**changes):
    fields = {
        "key": "abc", "model": "run", "dataset": "d", "data_version": "v", "split": "test",
        "n": 2, "limit": None,
        "target": "own",
        "heads": (HeadAlignment(1, 0, "writes", 0.16, 0.15, 0.17, 0.9),
                  HeadAlignment(0, 0, "reads", 0.5, 0.4, 0.6, None)),
        "held_error": 0.15, "held_low": 0.14, "held_high": 0.17, "diagonal_error": 0.45,
        "learnt_pairs": 100, "sure_links": 9, "copied_words": 5, "metric": "chrf",
        "unit": "points",
        "relations": (Relation("coverage", 0.23, 0.13, 0.32, 0.28, 0.001, 0.004),
                      Relation("entropy_nats", 0.4, 0.3, 0.5, -0.2, 0.001, 0.004),
                      Relation("sink_mass", None, None, None, None, None, None)),
        "sentences": (Sentence("1", HOSTILE, "r", "t", HOSTILE, 3.1, 0.5, 0.4, 0.1, 0.0),
                      Sentence("2", "in 3 days", "r", "t", "in 3 Tagen", 80.0, 1.0, 0.2, 0.1, 0.0)),
        "seconds": 1.0, "created_at": "2026-11-26T00:00:00+00:00",
    }  # fmt: skip
    return Alignment(**{**fields, **changes})


def test_each_kind_is_found_among_the_others(tmp_path):
    workspace = Workspace.open(tmp_path)
    assert prices.STUDIES.newest(workspace) == []
    made = (price_study(key="a"), moved_study(key="b"), alignment_study(key="c"))
    for one, module in zip(made, (prices, moved, aligned), strict=True):
        module.STUDIES.save(workspace, one)
    assert prices.STUDIES.newest(workspace) == [made[0]]
    assert moved.STUDIES.newest(workspace) == [made[1]]
    assert studies.datasets_of(workspace, "run") == ["d"]
    assert studies.datasets_of(workspace, "base") == []
    assert aligned.STUDIES.newest(workspace) == [made[2]] == [aligned.STUDIES.find(workspace, "c")]


def test_a_study_of_another_layout_is_passed_over(tmp_path):
    workspace = Workspace.open(tmp_path)
    record.write(workspace.study("old") / "record.json", "heads", {"model": "run"})
    prices.STUDIES.save(workspace, price_study(key="new"))
    assert [one.key for one in prices.STUDIES.newest(workspace)] == ["new"]


def test_what_length_explains_is_not_named_the_cause():
    made = alignment_study()
    assert made.strongest.measure == "coverage"
    assert [one.by_length for one in made.relations] == [False, True, True]
    assert alignment_study(relations=made.relations[1:]).strongest is None
