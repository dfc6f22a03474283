"""The estimators against what was published: `assets/facts`, with each source left out."""

import csv
import math

import pytest

from core.cost import fit
from core.cost.backtest import KINDS, check_file, checks, out_of_memory, score, spread
from core.cost.cases_training import tokens_per_second
from core.cost.published import rows, shape_of
from core.cost.steps import ENGINE
from core.cost.throughput import SPEED
from core.errors import BadInput, NotFound
from core.models.shape import parameters
from core.workspace import assets

BAR = {
    # Simple baselines on rows of the same kinds: one utilisation for all, a fitted roofline.
    "pretraining": (0.14, 0.36),
    "finetuning": (0.32, 0.45),
    "run": (0.33, 0.69),
    "batch": (0.23, 1.20),
    # No baseline is known: what was reached, with a little room.
    "training-memory": (0.12, 0.32),
    "serving": (0.23, 0.40),
    "first-token": (0.35, 0.50),
    "stream": (0.35, 0.50),
    "serving-memory": (0.25, 0.35),
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_errors_beat_the_simple_baselines(kind):
    median, p90 = BAR[kind.name]
    found = score(kind.name)
    assert found.median_error < median
    assert found.p90_error < p90


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_spread_holds_nine_runs_in_ten(kind):
    span, found = spread(kind.name), checks(kind.name)
    inside = sum(span.low <= c.measured / c.predicted <= span.high for c in found)
    assert inside >= 0.9 * len(found)
    assert span.n == len(found)
    assert 0 < span.low <= 1 <= span.high


def test_checks_are_finite_and_say_where_they_come_from():
    for kind in KINDS:
        for check in checks(kind.name):
            assert check.predicted > 0
            assert math.isfinite(check.predicted)
            assert check.source


def test_what_was_left_out_is_what_a_fresh_fit_says():
    """One source of each family; all of them are written by `python -m core.cost.fit`."""
    with (assets() / "facts" / "left_out.csv").open(encoding="utf-8", newline="") as lines:
        stored = {
            (row["id"], row["kind"]): float(row["predicted"]) for row in csv.DictReader(lines)
        }
    for family, source in zip(
        fit.families(), ("torchtune", "NeMo Framework inference"), strict=True
    ):
        fresh = fit.left_out(family, only=source)
        assert fresh
        for name, kind, predicted in fresh:
            assert stored[name, kind] == pytest.approx(predicted, rel=1e-3)


@pytest.mark.parametrize(("number", "used"), [(0, SPEED), (1, ENGINE)])
def test_the_constants_in_use_are_the_fitted_ones(number, used):
    family = fit.families()[number]
    fitted = fit.fit(fit.usable(family), family.start)
    for name in used.__dataclass_fields__:
        assert getattr(used, name) == pytest.approx(getattr(fitted, name), rel=0.03), name


def test_shapes_of_published_models_have_the_printed_size():
    checked = 0
    for table in ("training_runs", "inference_runs"):
        for row in rows(table):
            shape, printed = shape_of(row), row.number("params_b")
            if shape is not None and printed:
                size = parameters(shape).total / 1e9
                # Names round: "7B" of InternLM is 7.3, StableLM's "3B" is 3.6.
                assert size == pytest.approx(printed, rel=0.25), row.text("model")
                checked += 1
    assert checked > 600


def test_hardware_operations_become_the_printed_tokens():
    """BLOOM's rows print both: hardware TFLOP/s (a factor of 4) and tokens per second."""
    compared = 0
    for row in rows("training_runs"):
        if row.text("group") and "BLOOM" in row.text("model") and row.text("layers"):
            printed = row.number("tokens_per_s_per_gpu")
            if printed and row.number("tflops_per_gpu"):
                cells = {**row.cells, "tokens_per_s_per_gpu": ""}
                assert tokens_per_second(type(row)(cells)) == pytest.approx(printed, rel=0.08)
                compared += 1
    assert compared > 30


def test_runs_that_ran_out_of_memory_are_mostly_called():
    found = out_of_memory()
    assert found["failed_runs_called"] >= found["failed_runs"] / 2
    assert found["other_runs_called"] <= 0.12 * found["other_runs"]


def test_another_file_of_runs_is_judged_by_the_constants_in_use(tmp_path):
    facts = (assets() / "facts" / "training_runs.csv").read_text(encoding="utf-8")
    file = tmp_path / "mine.csv"
    file.write_text("\n".join(facts.splitlines()[:20]), encoding="utf-8")
    found = check_file(file)
    assert {check.kind for check in found} == {"pretraining"}
    assert all(abs(check.error) < 0.5 for check in found)


def test_a_file_that_holds_no_runs_is_refused(tmp_path):
    file = tmp_path / "other.csv"
    with pytest.raises(NotFound, match="no file"):
        check_file(file)
    file.write_text("a,b\n1,2\n")
    with pytest.raises(BadInput, match="lacks the columns id, kind, model, gpu_type"):
        check_file(file)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="not a readable CSV"):
        check_file(file)
    file.write_text(
        "id,kind,model,gpu_type,tokens_per_s_per_gpu,seq_len\n"
        "X,throughput_pretrain,Llama-2-7B,A100-80-SXM,100,many\n"
    )
    with pytest.raises(BadInput, match="Row X: seq_len is 'many'"):
        check_file(file)
