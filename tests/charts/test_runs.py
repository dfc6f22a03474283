import itertools

import pytest

from core.charts import grammar, runs
from core.charts.runs import forgetting, overlay
from core.text.catalog import t
from core.train.curve import Curve, Look
from core.train.forgetting import Forgot
from core.train.overlay import points


def score(value, unit="points", metric="bleu"):
    return {"metric": metric, "value": value, "low": value, "high": value, "n": 9, "unit": unit}


def run(*losses, every=10):
    looks = [
        Look(every * n, loss, tokens=100 * n, seconds=2.0 * n, scores=[score(10.0 * n)])
        for n, loss in enumerate(losses)
    ]
    return Curve((), tuple(looks))


def test_points_leave_out_what_is_not_known():
    told = Curve((), (Look(0, 3.0, tokens=0), Look(5, None, tokens=9), Look(9, 2.0)))
    assert points(told, "loss", "step") == [(0, 3.0), (9, 2.0)]
    assert points(told, "loss", "tokens") == [(0, 3.0)]
    assert points(told, "loss", "seconds") == []
    assert points(run(3.0, 2.0), "bleu", "seconds") == [(0.0, 0.0), (2.0, 10.0)]


@pytest.mark.parametrize(
    ("by", "xs"), [("step", [0, 10]), ("seconds", [0, 2]), ("tokens", [0, 100])]
)
def test_each_run_is_a_line_with_its_name_at_its_end(by, xs):
    figure = overlay({"a": run(3.0, 2.0), "<b>": run(3.0, 1.0)}, "loss", by, "light")
    assert [(list(line.x), list(line.y)) for line in figure.data] == [
        (xs, [3.0, 2.0]), (xs, [3.0, 1.0]),
    ]  # fmt: skip
    named = {note.text: note.y for note in figure.layout.annotations}
    assert (named["a"], named["&lt;b&gt;"]) == (2.0, 1.0)
    ink = grammar.tokens("light")
    assert [line.line.color for line in figure.data] == list(ink.categorical[:2])
    assert figure.layout.xaxis.title.text == t(f"train.overlay.by_{by}")


def test_more_than_five_runs_are_not_drawn_and_names_do_not_touch():
    figure = overlay({f"r{n}": run(3.0, 1.0 + n / 100) for n in range(7)}, "loss", "step", "dark")
    assert len(figure.data) == runs.MOST
    places = sorted(note.y for note in figure.layout.annotations if note.text.startswith("r"))
    gaps = [b - a for a, b in itertools.pairwise(places)]
    assert min(gaps) >= 0.069 * 3.0


def test_a_share_is_drawn_in_percent():
    told = Curve((), (Look(0, None, scores=[score(0.25, "share", "accuracy")]),))
    figure = overlay({"a": told}, "accuracy", "step", "light", "zh")
    assert list(figure.data[0].y) == [25.0]


def test_forgetting_sets_the_base_beside_both_kinds_of_run():
    rows = [
        Forgot("base", None, score(20)),
        Forgot("a", 0.0, score(3)),
        Forgot("b", 0.2, score(16)),
    ]
    figure = forgetting(rows, "light")
    dots = [trace for trace in figure.data if trace.mode == "markers"]
    assert [list(dot.x) for dot in dots] == [[20], [3], [16]]
    assert [dot.y[0] for dot in dots] == ["base (base)", "a (0 % replay)", "b (20 % replay)"]
    ink = grammar.tokens("light")
    assert [dot.marker.line.color for dot in dots] == [ink.base, ink.tuned, ink.tuned]
