import json
import math
from dataclasses import replace

import pytest

from core.charts import cost as charts
from core.cost import findings
from core.cost.backtest import KINDS, WITHIN, checks
from core.cost.hardware import GPUS
from core.cost.sheet import Choice, make
from core.models.catalog import CATALOG, model
from core.text.catalog import LANGUAGES

MISTRAL = Choice(model("mistral-7b").shape, "A100-80-SXM")


def drawn(sheet, language="en", scheme="light"):
    found = sheet.training
    yield charts.memory(found, scheme, language)
    yield charts.host(found, scheme, language)
    if sheet.by_gpus:
        for quantity in ("hours", "usd"):
            yield charts.by_gpus(sheet.by_gpus, quantity, scheme, language)
    if sheet.serving:
        yield charts.serving(sheet.serving, scheme, language)


def numbers(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner)
    elif isinstance(value, float):
        yield value


@pytest.mark.parametrize("row", CATALOG, ids=lambda row: row.name)
@pytest.mark.parametrize("method", ["full", "lora"])
def test_every_model_can_be_drawn_and_spoken_of(row, method):
    sheet = make(Choice(row.shape, "A100-40-PCIe", method))
    for figure in drawn(sheet, "zh", "dark"):
        assert all(map(math.isfinite, numbers(json.loads(figure.to_json()))))
    for language in LANGUAGES:
        spoken = (
            findings.answer(sheet, language),
            findings.memory(sheet.training, language),
            findings.time_by_gpus(sheet.by_gpus, language),
            findings.money_by_gpus(sheet.by_gpus, language),
            findings.serving(sheet.serving, language),
            findings.host(sheet.training, language),
            findings.energy(sheet.training, language),
        )
        assert all(spoken)
        assert "nan" not in " ".join(spoken)


def test_the_bar_is_as_long_as_the_estimate():
    sheet = make(MISTRAL)
    bars = [trace for trace in charts.memory(sheet.training, "light").data if trace.type == "bar"]
    total = sum(bar.x[0] for bar in bars)
    assert total == pytest.approx(sheet.training.memory_bytes.value / 2**30)
    assert all(bar.marker.pattern.shape == "/" for bar in bars), "estimates are hatched"
    ends = [bar.base[0] + bar.x[0] for bar in bars]
    assert [bar.base[0] for bar in bars] == pytest.approx([0, *ends[:-1]])


def test_both_cards_are_lines():
    lines = charts.memory(make(MISTRAL).training, "light").layout.shapes
    assert [line.x0 for line in lines] == [40, 80]


@pytest.mark.parametrize("kind", ["finetuning", "run"])
def test_every_run_is_a_dot_and_misses_have_their_colour(kind):
    found = checks(kind)
    [dots] = [t for t in charts.errors(found, "light").data if t.mode == "markers"]
    assert len(dots.x) == len(found)
    missed = sum(abs(check.error) > WITHIN for check in found)
    assert sum(color == charts.grammar.LIGHT.worse for color in dots.marker.color) == missed


def test_named_misses_are_the_worst():
    found = checks("finetuning")
    worst = findings.misses(found, WITHIN, 3)
    assert len(worst) == 3
    assert min(abs(check.error) for check in worst) >= sorted(abs(c.error) for c in found)[-3]


def test_findings_say_what_the_figures_show():
    sheet = make(MISTRAL)
    assert f"{len(sheet.by_gpus) and sheet.by_gpus[-1].gpus} GPUs are" in findings.time_by_gpus(
        sheet.by_gpus, "en"
    )
    cheapest = min(one.usd_per_million_output_tokens.value for one in sheet.serving)
    assert f"{cheapest:.2g}" in findings.serving(sheet.serving, "en")
    small = make(replace(MISTRAL, shape=model("gpt2").shape))
    assert "would fit on a card of 40 GiB too" in findings.memory(small.training, "en")
    large = make(replace(MISTRAL, method="full"))
    assert "does not fit in 80 GiB" in findings.memory(large.training, "en")
    assert "Train with LoRA instead." in findings.answer(large, "en")


def test_serving_takes_the_fewest_gpus_that_hold_the_model():
    sheet = make(replace(MISTRAL, shape=model("llama-2-70b").shape))
    gpus = {one.gpu.name: one.gpus for one in sheet.serving}
    assert gpus == {row.name: 4 if "40" in row.name else 2 for row in GPUS if row.backtested}


def test_the_time_axis_has_the_unit_of_the_longest_run():
    assert charts.time_unit(make(replace(MISTRAL, tokens=10**6)).by_gpus)[0] == "minutes"
    assert charts.time_unit(make(replace(MISTRAL, tokens=10**10)).by_gpus)[0] == "days"


def test_units_and_kinds_have_words():
    for kind in KINDS:
        for language in LANGUAGES:
            assert findings.t(f"cost.kind.{kind.name}", language)
