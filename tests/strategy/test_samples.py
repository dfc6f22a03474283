"""The scenarios that come along: every number explained, every answer kept, all kinds of them."""

import json
import re
from dataclasses import fields, replace
from datetime import date

import pytest

from core.cost.api_prices import api_price_at
from core.errors import NotFound
from core.models.catalog import CATALOG
from core.strategy.options import price_options
from core.strategy.plan import make
from core.strategy.scenario import dump, load, parse, samples
from core.strategy.sections import SECTIONS, ApiOption, TunedOption
from core.strategy.shocks import shipped
from core.workspace import Workspace, assets
from tests.golden.write import DAY, document, golden, summary
from tests.strategy.scene import keep_run, run

NAMES = ("coding-assistant", "document-assistant", "on-device", "research-lab", "support-desk",
         "translation-desk")  # fmt: skip
ROW = re.compile(r"\b[AGIT]\d{3,4}\b")
SIZE = re.compile(r"[\d.]+[MBT]")
each = pytest.mark.parametrize("path", samples(), ids=lambda path: path.stem)


def sample(name):
    return next(path for path in samples() if path.stem == name)


@pytest.fixture(scope="module")
def documents():
    return {path.stem: document(path) for path in samples()}


def row_of(found, option):
    return next(row for row in found["ranking"] if row["option"] == option)


def unexplained(scenario):
    """Paths of numbers that are no default and that nothing explains."""
    parts = [(section, getattr(scenario, section)) for section in SECTIONS]
    parts += [(f"option.{option.name}", option) for option in scenario.options]
    for where, part in parts:
        for field in fields(part):
            value, path = getattr(part, field.name), f"{where}.{field.name}"
            if is_number(value) and value != field.default and path not in scenario.assumptions:
                yield path
    rows = {row.name: row for row in shipped()}
    for shock in scenario.shocks:
        own = shock.source.startswith("An assumption: ")
        for field in fields(shock):
            value, path = getattr(shock, field.name), f"shock.{shock.name}.{field.name}"
            usual = getattr(rows[shock.use], field.name) if shock.use else field.default
            said = path in scenario.assumptions or (own and field.name != "probability")
            if is_number(value) and value != usual and not said:
                yield path


def is_number(value):
    """Numbers, lists of them, and a size such as "7B" that is no model of the catalogue."""
    if isinstance(value, str):
        return bool(SIZE.fullmatch(value))
    return isinstance(value, int | float | tuple) and not isinstance(value, bool)


def test_six_come_along():
    assert tuple(path.stem for path in samples()) == NAMES


@each
def test_it_is_written_as_it_would_be_written_back(path):
    found = load(path)
    assert dump(found) == path.read_text(encoding="utf-8")
    assert parse(dump(found), path.stem, "again") == found


@each
def test_every_number_is_a_default_or_is_explained(path):
    found = load(path)
    assert list(unexplained(found)) == []
    silent = replace(found, assumptions={})
    explained = {p for p in found.assumptions if is_number(found.value_of(p))}
    assert explained <= {*unexplained(silent), *map_of_defaults(found)}


def map_of_defaults(scenario):
    """Paths whose value is a default and explained all the same."""
    for path in scenario.assumptions:
        part, attribute = scenario.part(path)
        default = next(field.default for field in fields(part) if field.name == attribute)
        if path.startswith("shock.") or getattr(part, attribute) == default:
            yield path


def test_a_number_without_a_sentence_is_found():
    found = load(sample("research-lab"))
    for path in (
        "company.cash_usd",
        "option.Pretrain 7B.parameters",
        "shock.gpu-shortage.probability",
    ):
        kept = {name: why for name, why in found.assumptions.items() if name != path}
        assert list(unexplained(replace(found, assumptions=kept))) == [path]


@each
def test_a_sentence_says_that_it_is_an_assumption_or_names_a_row_that_is_there(path):
    files = ("api_prices.csv", "gpu_prices.csv", "training_runs.csv", "inference_runs.csv")
    known = "".join((assets() / "facts" / file).read_text(encoding="utf-8") for file in files)
    found = load(path)
    for field, why in found.assumptions.items():
        assert why.startswith("An assumption") or ROW.search(why), field
        assert why.endswith(".") and len(why) < 160, field
        for row in ROW.findall(why):
            assert f"\n{row}," in known, (field, row)
    for shock in found.shocks:
        assert shock.use or shock.source.startswith("An assumption: "), shock.name


@each
def test_a_guessed_quality_says_how_to_measure_it(path):
    for option in load(path).options:
        if getattr(option, "quality", None) is not None:
            assert option.quality_source.startswith("assumed; "), option.name
            assert "`assay evaluate " in option.quality_source, option.name


@each
def test_it_has_options_shocks_and_ranges_enough_to_be_a_decision(path):
    found = load(path)
    assert 3 <= len(found.options) <= 5
    assert 4 <= len(found.shocks) <= 7
    assert any(shock.use is None for shock in found.shocks) or path.stem == "support-desk"
    assert 4 <= len(found.ranges) <= 8
    assert 9_000 <= found.company.person_usd_per_month <= 14_000
    assert found.title and found.title.isascii()


@each
def test_its_prices_do_not_hang_on_the_day(path):
    found = load(path)
    assert found.start is None
    for option in found.options:
        if isinstance(option, ApiOption):
            assert api_price_at(
                option.provider, option.model, date.fromisoformat(option.price_date)
            )
    days = [price_options(found, None, day) for day in (DAY, date(2027, 6, 1))]
    assert days[0].options == days[1].options and days[0].markets == days[1].markets


@each
def test_its_plan_is_the_one_that_was_kept(path, documents):
    kept = json.loads(golden(path).read_text(encoding="utf-8"))
    same(summary(documents[path.stem]), kept, path.stem)


def same(found, kept, where):
    """The same keys, names and numbers, these within a millionth."""
    if isinstance(kept, dict):
        assert found.keys() == kept.keys(), where
        for key in kept:
            same(found[key], kept[key], f"{where}.{key}")
    elif isinstance(kept, list):
        assert len(found) == len(kept), where
        for number, row in enumerate(kept):
            same(found[number], row, f"{where}.{number}")
    elif isinstance(kept, float):
        assert found == pytest.approx(kept, rel=1e-6, abs=1e-9), where
    else:
        assert found == kept, where


def test_winners_are_of_different_kinds(documents):
    kinds = {
        name: row_of(found, found["recommended_option"])["kind"]
        for name, found in documents.items()
    }
    assert kinds == {
        "coding-assistant": "staged", "document-assistant": "host", "on-device": "tuned",
        "research-lab": "tuned", "support-desk": "api", "translation-desk": "api",
    }  # fmt: skip


def test_renting_wins_clearly_at_a_small_volume(documents):
    found = documents["support-desk"]
    assert row_of(found, "Rent GPT-4.1 nano")["probability_best"] > 0.95
    [pair] = [row for row in found["break_even"]
              if (row["a"], row["b"]) == ("Rent GPT-4.1 nano", "Host Mistral 7B")]  # fmt: skip
    assert pair["requests_per_day"] > 100 * found["demand"]["requests_per_day"]


def test_what_to_measure_is_said_before_what_would_have_to_change(documents):
    said = documents["translation-desk"]["flips"]
    assert (said[0]["key"], said[0]["option"]) == ("flip.measure", "Tune the starter")
    assert any(row["key"].startswith(("flip.up", "flip.down")) for row in said)
    assert "Measure Tune the starter" in documents["translation-desk"]["summary"]["en"]


def test_hosting_wins_at_volume_and_the_floor_bars_the_cheapest(documents):
    found = documents["document-assistant"]
    cheapest = min(found["ranking"], key=lambda row: row["cost_total_usd"]["p50"])
    assert (cheapest["option"], cheapest["meets_floor"]) == ("Rent GPT-4.1 nano", False)
    [pair] = [row for row in found["break_even"]
              if (row["a"], row["b"]) == ("Rent GPT-4.1 mini", "Host Qwen2.5 7B")]  # fmt: skip
    assert 0 < pair["requests_per_day"] < found["demand"]["requests_per_day"]


def test_pretraining_burns_the_runway_and_the_plan_says_so(documents):
    found = documents["research-lab"]
    [warning] = [row for row in found["warnings"] if row["key"] == "warning.lead"]
    assert warning["option"] == "Pretrain 7B"
    assert warning["end_months"] < warning["lead_months"]
    tuned = row_of(found, found["recommended_option"])
    assert tuned["survives"] > 0.5 > 0.1 > row_of(found, "Pretrain 7B")["survives"]


def test_phones_and_stages_come_near(documents):
    phones = documents["on-device"]
    assert row_of(phones, "Host, then on phones")["probability_best"] > 0.2
    stages = documents["coding-assistant"]
    assert stages["recommended_option"] == "Rent, then tune"
    assert stages["second_option"] == "Tune a 34B code model"


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


def planned(name, workspace=None, **put):
    found = load(sample(name))
    options = tuple(
        replace(option, **put) if isinstance(option, TunedOption) else option
        for option in found.options
    )
    return make(replace(found, options=options), workspace, as_of=DAY, draws=200)


def test_once_a_run_is_scored_tuning_the_starter_wins(workspace):
    assert planned("translation-desk", workspace).recommended == "Rent GPT-4.1 mini"
    keep_run(workspace, run(dataset="localise-de", value=46.0, training={"tokens": 250_000}))
    plan = planned("translation-desk", workspace)
    assert plan.recommended == "Tune the starter"
    assert plan.basis.option("Tune the starter").quality.kind == "measured"


def test_a_run_that_was_deleted_is_named_and_the_latest_falls_back_to_the_base(workspace):
    without = planned("translation-desk")
    keep_run(workspace, run("gone-1", dataset="localise-de"))
    assert planned("translation-desk", workspace, run="gone-1").recommended
    for file in sorted(workspace.run("gone-1").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() and not file.is_symlink() else file.unlink()
    workspace.run("gone-1").rmdir()
    with pytest.raises(NotFound, match=r"option 'Tune the starter': .*'gone-1'"):
        planned("translation-desk", workspace, run="gone-1")
    assert planned("translation-desk", workspace).basis == without.basis


def test_the_models_tuned_are_in_the_catalogue_or_sizes():
    known = {row.name for row in CATALOG}
    bases = {o.base for path in samples() for o in load(path).options if isinstance(o, TunedOption)}
    assert {base for base in bases if base not in known and not SIZE.fullmatch(base)} == set()
