import json
import math
from dataclasses import replace

import pytest

from core.charts import cost as charts
from core.charts import cost_grid, cost_judged, cost_serve
from core.cost import findings, findings_judged, findings_serving
from core.cost.backtest import KINDS, checks
from core.cost.batches import batches
from core.cost.candidates import serve_candidates, train_candidates
from core.cost.choice import ServeChoice, TrainChoice, serve, train
from core.cost.frontier import Target
from core.cost.gpu_map import by_gpus, grid
from core.cost.scores import WITHIN
from core.cost.traffic import traffic
from core.models.catalog import CATALOG, model
from core.text.catalog import LANGUAGES

MISTRAL = TrainChoice(model("mistral-7b").shape)
LLAMA = ServeChoice(model("llama-2-7b").shape, requests_per_second=30, input_tokens=1500)


def drawn_training(choice, language="en", scheme="light"):
    found, counted = train(choice), findings.fitting(by_gpus(choice))
    yield charts.memory(found.memory.parts(), found.memory_bytes, found.gpu, scheme, language)
    yield charts.time(found, scheme, language)
    for quantity in ("hours", "usd"):
        yield cost_grid.grid(grid(choice), quantity, scheme, language)
        if counted:
            yield charts.by_gpus(counted, quantity, scheme, language)


def drawn_service(choice, language="en", scheme="light"):
    found = serve(choice).estimate
    yield charts.memory(found.memory.parts(), None, found.gpu, scheme, language)
    yield cost_serve.by_card(serve_candidates(choice), scheme, language)
    if found.fits:
        yield cost_serve.day(found, scheme, language)
        points = batches(found.shape, found.gpu.name, found.gpus, 1500, 200)
        for quantity in ("first", "token"):
            yield cost_serve.pareto(found, quantity, points, scheme, language)


def numbers(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner)
    elif isinstance(value, float):
        yield value


def sound(figure):
    return all(map(math.isfinite, numbers(json.loads(figure.to_json()))))


@pytest.mark.parametrize("row", CATALOG, ids=lambda row: row.name)
@pytest.mark.parametrize("method", ["full", "lora"])
def test_every_training_can_be_drawn_and_spoken_of(row, method):
    choice = TrainChoice(row.shape, "A100-40-PCIe", method=method)
    for figure in drawn_training(choice, "zh", "dark"):
        assert sound(figure)
    found, counted = train(choice), findings.fitting(by_gpus(choice))
    for language in LANGUAGES:
        spoken = (
            findings.answer(found, language),
            findings.memory(found, language),
            findings.time_parts(found, language),
            findings.grid(grid(choice), language),
            findings.time_by_gpus(counted, language),
            findings.money_by_gpus(counted, language),
            findings.candidates(train_candidates(choice), language),
            findings.host(found, language),
            findings.energy(found, language),
        )
        assert all(spoken)
        assert "nan" not in " ".join(spoken)


@pytest.mark.parametrize("row", CATALOG, ids=lambda row: row.name)
def test_every_service_can_be_drawn_and_spoken_of(row):
    choice = ServeChoice(row.shape, "A100-40-SXM", traffic=traffic("two-peaks"))
    for figure in drawn_service(choice, "zh", "dark"):
        assert sound(figure)
    served = serve(choice)
    for language in LANGUAGES:
        spoken = (
            findings_serving.answer(served.estimate, served.priced, language),
            findings_serving.first_token(served.estimate, language),
            findings_serving.next_token(served.estimate, language),
            findings_serving.day(served.estimate, language),
            findings_serving.by_card(serve_candidates(choice), language),
            findings_serving.candidates(serve_candidates(choice), language),
            findings_serving.memory(served.estimate, language),
        )
        assert all(spoken)
        assert "nan" not in " ".join(spoken)


def bars(figure):
    return [trace for trace in figure.data if trace.type == "bar"]


def test_the_bars_are_as_long_as_the_estimates():
    found = train(replace(MISTRAL, method="full", gpus=16))
    memory = charts.memory(found.memory.parts(), found.memory_bytes, found.gpu, "light")
    time = charts.time(found, "light")
    unit = charts.time_unit([found])[1]
    wanted = ((memory, found.memory_bytes.value / 2**30), (time, found.hours.value * unit))
    for figure, whole in wanted:
        assert sum(bar.x[0] for bar in bars(figure)) == pytest.approx(whole, rel=0.02)
        assert all(bar.marker.pattern.shape == "/" for bar in bars(figure)), "hatched"
        ends = [bar.base[0] + bar.x[0] for bar in bars(figure)]
        assert [bar.base[0] for bar in bars(figure)] == pytest.approx([0, *ends[:-1]])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("method", ["full", "lora", "qlora"])
def test_no_name_stands_on_its_neighbour_on_a_telephone(method, language):
    found = train(replace(MISTRAL, method=method, gpus=16))
    parts = found.memory.parts()
    figure = charts.memory(parts, found.memory_bytes, found.gpu, "light", language)
    pixels, end = 320 / figure.layout.xaxis.range[1], -1.0
    said = [one for one in figure.layout.annotations if "≈" in one.text]
    assert sum(one.text.count("≈") for one in said) == len(bars(figure)), "each part is named"
    names = [one for one in said if "<br>≈" in one.text]
    for one in names:
        name = one.text.partition("<br>")[0]
        # Of type of 12 pixels: a Chinese sign, and the mean of Latin letters.
        wide = sum(12 if ord(sign) > 0x2E80 else 6.4 for sign in name)
        assert one.x * pixels - wide / 2 >= end, name
        end = one.x * pixels + wide / 2


@pytest.mark.parametrize(("card", "lines"), [("A100-80-SXM", [40, 80]), ("H200", [40, 80, 141])])
def test_both_cards_and_the_chosen_one_are_lines(card, lines):
    found = train(replace(MISTRAL, gpu=card))
    figure = charts.memory(found.memory.parts(), found.memory_bytes, found.gpu, "light")
    assert [line.x0 for line in figure.layout.shapes] == lines
    [own] = [line for line in figure.layout.shapes if line.line.dash == "solid"]
    assert own.x0 == round(found.gpu.memory_bytes / 2**30)


def test_what_does_not_fit_is_crossed_out():
    choice = replace(MISTRAL, method="full", gpus=8)
    cells = grid(choice)
    [words] = [trace for trace in cost_grid.grid(cells, "hours", "light").data if trace.text]
    assert sum(word == "×" for word in words.text) == sum(cell.hours is None for cell in cells) > 0
    assert len(words.text) == len(cells)
    assert set(words.x) == {str(cell.batch) for cell in cells}


def test_the_target_is_a_line_and_measured_batches_are_filled():
    found = serve(replace(LLAMA, target=Target(None, 0.04))).estimate
    points = batches(found.shape, found.gpu.name, 1, 1500, 200)
    assert points, "published batches of that model"
    figure = cost_serve.pareto(found, "token", points, "light")
    assert [line.y0 for line in figure.layout.shapes] == [40]
    measured, chosen = [trace for trace in figure.data if trace.mode == "markers"]
    assert len(measured.x) == len(points)
    assert chosen.marker.color == charts.grammar.LIGHT.ground, "estimated: hollow"
    [line] = [trace for trace in figure.data if trace.mode == "lines"]
    assert line.line.dash != "solid"


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_every_run_is_a_dot_and_misses_have_their_form(kind):
    found = checks(kind)
    for language in LANGUAGES:
        figure = cost_judged.errors(found, "light", language)
        [dots] = [t for t in figure.data if t.mode == "markers"]
        assert len(dots.x) == len(found)
        missed = sum(abs(check.error) > WITHIN for check in found)
        assert sum(form == "diamond" for form in dots.marker.symbol) == missed
        worst = findings_judged.worst_of(kind)
        assert findings_judged.furthest(worst, language)
        assert all(findings_judged.reason(check, language) for check in worst)


def test_named_misses_are_the_worst():
    found = checks("finetuning")
    worst = findings.misses(found, WITHIN, 3)
    assert len(worst) == 3
    assert min(abs(check.error) for check in worst) >= sorted(abs(c.error) for c in found)[-3]


def test_findings_say_what_the_figures_show():
    counted = by_gpus(MISTRAL)
    assert f"{counted[-1].gpus} GPUs are" in findings.time_by_gpus(counted, "en")
    small = train(replace(MISTRAL, shape=model("gpt2").shape))
    assert "would fit on a card of 40 GiB too" in findings.memory(small, "en")
    large = train(replace(MISTRAL, method="full"))
    assert "does not fit in 80 GiB" in findings.memory(large, "en")
    assert large.advice is not None
    assert large.advice.say("en") in findings.answer(large, "en")
    offers = serve_candidates(LLAMA)
    cheapest = min(one.usd_per_million.value for one in offers if one.usd_per_million)
    assert f"{cheapest:.2g}" in findings_serving.by_card(offers, "en")


def test_a_card_without_a_price_says_so():
    found = train(replace(MISTRAL, gpu="H100-SXM"))
    assert found.usd is None
    assert "no price on file" in findings.answer(found, "en")
    assert "US$" not in findings.answer(found, "en")
    assert "not known" in findings.money_by_gpus(by_gpus(replace(MISTRAL, gpu="H100-SXM")), "en")


def test_the_time_axis_has_the_unit_of_the_longest_run():
    assert charts.time_unit([train(replace(MISTRAL, tokens=10**6))])[0] == "minutes"
    assert charts.time_unit([train(replace(MISTRAL, tokens=10**10))])[0] == "days"


def test_units_and_kinds_have_words():
    for kind in KINDS:
        for language in LANGUAGES:
            assert findings.t(f"cost.kind.{kind.name}", language)
            assert findings.t(f"cost_page.unit.{kind.name}", language)
