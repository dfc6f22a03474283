"""The Strategy page: what is changed is computed, kept, saved and read back; no text is lost."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from core import record
from core.strategy import store
from core.strategy.scenario import load, samples
from core.workspace import Workspace
from dashboard import plan_made
from dashboard.views.strategy import VIEWS

DRAWS = 3_000
HOSTILE = "**x** <b>bold</b> [a](javascript:1) $y$"


def page():
    from dashboard.views.strategy import render

    render()


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    monkeypatch.setattr(plan_made, "DRAWS", DRAWS)
    return Workspace.open(tmp_path)


def text_of(name="translation-desk"):
    return next(path for path in samples() if path.stem == name).read_text(encoding="utf-8")


@pytest.fixture
def desk(workspace):
    """A saved scenario, and its file."""
    return store.save_text(workspace, "desk", text_of())


def drawn(**query):
    test = AppTest.from_function(page, default_timeout=60)
    for name, value in query.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception
    return test


def words(test):
    kinds = ("markdown", "text", "caption", "subheader", "header")
    return "\n".join(element.value for kind in kinds for element in test.get(kind))


def button(test, key):
    return next(one for one in test.button if one.key == key)


def typed(test):
    return next(one for one in test.text_area if one.key.startswith("plan-text"))


def knob_names(test):
    return [slider.label for slider in test.select_slider]


def test_the_page_ends_with_all_futures(desk):
    test = drawn(plan="desk")
    assert f"{DRAWS:,} futures · seed 0" in words(test)
    assert len(test.metric) == 4
    assert test.metric[0].label.startswith("Best in")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("view", VIEWS)
def test_every_part_is_drawn_in_both_languages(view, language, desk):
    test = drawn(plan="desk", view=view, lang=language, compare="sample-support-desk")
    assert test.subheader


def test_there_are_at_most_four_knobs_and_they_stay_where_they_are(desk):
    test = drawn(plan="desk")
    before = knob_names(test)
    assert 1 <= len(before) <= 4
    field(test, "demand.requests_per_day", "demand").set_value(1_000_000.0).run()
    assert knob_names(test) == before


def test_a_changed_field_is_in_the_text_and_in_the_plan_and_its_range_goes_along(desk):
    test = drawn(plan="desk")
    before = [metric.value for metric in test.metric]
    before_it = load(desk)
    low, high = before_it.ranges["demand.requests_per_day"]
    wanted = 4 * before_it.demand.requests_per_day
    field(test, "demand.requests_per_day", "demand").set_value(wanted).run()
    assert [metric.value for metric in test.metric] != before
    assert "changed here, not saved" in words(test)
    test.query_params["view"] = "file"
    test.run()
    assert f"requests_per_day = {int(wanted):_}" in typed(test).value
    assert f'"demand.requests_per_day" = [{int(4 * low):_}, {int(4 * high):_}]' in typed(test).value


def field(test, path, section):
    """A number field of the editor, opened at a section."""
    test.session_state["plan-assumptions"] = True
    test.query_params["section"] = section
    test.run()
    assert not test.exception
    return next(one for one in test.number_input if (one.key or "").endswith(path))


def test_a_changed_scenario_is_saved_under_a_name_with_its_comments(desk, workspace):
    test = drawn(plan="desk")
    field(test, "company.cash_usd", "company").set_value(910_000.0).run()
    name = next(one for one in test.text_input if one.key == "plan-name-desk")
    assert name.value == "desk-2"
    name.set_value("mine").run()
    button(test, "act-plan-save-as").click().run()
    assert not test.exception
    assert load(workspace.plan("mine")).company.cash_usd == 910_000
    assert load(desk).company.cash_usd != 910_000
    assert "# Money in the bank today." in workspace.plan("mine").read_text(encoding="utf-8")
    assert test.query_params["plan"] == "mine"
    assert "Saved as mine" in words(test)
    assert store.latest(workspace)["plan"] == "mine"


@pytest.mark.parametrize(("name", "said"), [
    ("../out", "cannot be a plan name"),
    ("other", "There is a scenario other already"),
])  # fmt: skip
def test_a_name_that_cannot_be_is_refused_and_nothing_is_written(name, said, desk, workspace):
    other = store.save_text(workspace, "other", text_of("support-desk"))
    test = drawn(plan="desk")
    next(one for one in test.text_input if one.key == "plan-name-desk").set_value(name).run()
    button(test, "act-plan-save-as").click().run()
    assert said in words(test)
    assert other.read_text(encoding="utf-8") == text_of("support-desk")
    assert not (workspace.root.parent / "out.toml").exists()


def test_a_text_that_gives_no_plan_is_kept_and_its_line_is_shown(desk):
    test = drawn(plan="desk", view="file")
    readings = [metric.value for metric in test.metric]
    broken = typed(test).value.replace('metric = "bleu"', 'metric = "blue"')
    number = next(i for i, line in enumerate(broken.splitlines(), 1) if '"blue"' in line)
    typed(test).set_value(broken).run()
    assert not test.exception
    assert typed(test).value == broken
    assert "quality.metric is 'blue': expected one of" in words(test)
    assert f"Line {number}:" in words(test)
    assert any(code.value.startswith('metric = "blue"') for code in test.code)
    assert [metric.value for metric in test.metric] == readings
    test.query_params["view"] = "decision"
    test.run()
    assert "quality.metric is 'blue'" in words(test)
    test.query_params["view"] = "file"
    test.run()
    assert typed(test).value == broken
    assert button(test, "act-plan-save-as").disabled


def test_a_knob_turned_beside_a_broken_text_changes_both(desk):
    test = drawn(plan="desk", view="file")
    broken = typed(test).value.replace('metric = "bleu"', 'metric = "blue"')
    typed(test).set_value(broken).run()
    field(test, "company.cash_usd", "company").set_value(910_000.0).run()
    assert "cash_usd = 910_000" in typed(test).value
    assert 'metric = "blue"' in typed(test).value
    typed(test).set_value(typed(test).value.replace('"blue"', '"bleu"')).run()
    assert "This text gives no plan" not in words(test)


def test_an_option_that_cannot_be_priced_is_marked_too(desk):
    test = drawn(plan="desk", view="file")
    text = typed(test).value
    broken = text.replace('model = "gpt-4.1-mini"', 'model = "no-such-model"')
    assert broken != text
    typed(test).set_value(broken).run()
    assert "no-such-model" in words(test)
    assert any(code.value == "[[option]]" for code in test.code)


def test_a_broken_file_opens_in_the_editor(workspace):
    store.save_text(workspace, "broken", 'title = 3\n[company]\n"')
    test = drawn(plan="broken")
    assert typed(test).value == 'title = 3\n[company]\n"'
    assert "Line 3:" in words(test)
    typed(test).set_value("title = 3\n").run()
    assert "title is 3: expected" in words(test), words(test)
    typed(test).set_value(text_of()).run()
    assert len(test.metric) == 4


def test_an_uploaded_file_is_kept_as_it_is_even_if_it_gives_no_plan(workspace):
    test = drawn(plan="sample-translation-desk", view="file")
    upload = next(one for one in test.get("file_uploader") if one.key == "plan-upload")
    upload.set_value(("My plan!.toml", b"title = 3 # mine", "application/toml")).run()
    assert not test.exception
    assert workspace.plan("My-plan").read_text(encoding="utf-8") == "title = 3 # mine"
    assert typed(test).value == "title = 3 # mine"
    assert "Saved as My\\-plan" in words(test)


def test_a_plan_that_is_not_here_is_said_in_one_sentence(desk):
    test = drawn(plan=HOSTILE)
    assert "There is no scenario" in words(test)
    assert HOSTILE not in words(test)
    assert len(test.metric) == 4


def test_names_that_look_like_markup_stay_text(workspace):
    name = load(next(p for p in samples() if p.stem == "translation-desk")).options[0].name
    text = text_of().replace(json.dumps(name), json.dumps(HOSTILE))
    text = text.replace(f'"option.{name}.', f'"option.{HOSTILE}.').replace(
        'title = "', f'title = "{HOSTILE} ', 1)  # fmt: skip
    store.save_text(workspace, "hostile", text)
    for view in VIEWS:
        test = drawn(plan="hostile", view=view, compare="sample-translation-desk")
        said = [element.value for kind in ("markdown", "caption", "subheader", "header")
                for element in test.get(kind)]  # fmt: skip
        said += [widget.label for widget in test.select_slider]
        assert HOSTILE not in "\n".join(said), view


def test_two_scenarios_side_by_side(desk, workspace):
    changed = text_of().replace("horizon_months = 24", "horizon_months = 12")
    store.save_text(workspace, "short", changed)
    test = drawn(plan="desk", compare="short", view="compare")
    both, differ = (frame.value for frame in test.dataframe)
    assert list(both.columns[1:]) == ["desk (saved)", "short (saved)"]
    assert differ.to_dict("records") == [
        {"field": "Months ahead", "desk (saved)": "24", "short (saved)": "12"}
    ]


def test_a_saved_scenario_is_deleted_after_a_second_click(desk, workspace):
    test = drawn(plan="desk")
    button(test, "plan-delete").click().run()
    assert not test.exception
    assert not desk.exists()
    assert "desk was deleted" in words(test)


def test_a_change_is_saved_in_its_own_file_and_the_rest_of_the_text_stays(desk):
    before = desk.read_text(encoding="utf-8")
    test = drawn(plan="desk")
    field(test, "company.cash_usd", "company").set_value(910_000.0).run()
    button(test, "plan-save").click().run()
    after = desk.read_text(encoding="utf-8")
    assert load(desk).company.cash_usd == 910_000
    changed = [new for old, new in zip(before.splitlines(), after.splitlines(), strict=True)
               if old != new]  # fmt: skip
    assert [line.split(" =")[0] for line in changed] == ["cash_usd"]
    assert "changed here" not in words(test)


def test_back_to_the_saved_one(desk):
    test = drawn(plan="desk")
    field(test, "company.cash_usd", "company").set_value(910_000.0).run()
    button(test, "plan-revert").click().run()
    assert "changed here" not in words(test)


def test_a_room_sees_no_controls(desk):
    test = drawn(plan="desk", present="1")
    for kind in ("selectbox", "number_input", "select_slider", "text_area", "text_input"):
        assert [widget.key for widget in test.get(kind)] == [], kind
    assert test.metric


def test_prices_that_moved_since_a_plan_was_kept_are_listed(desk, workspace, monkeypatch):
    store.rank(workspace, desk, draws=DRAWS)
    kept = desk.with_suffix(".json")
    before = record.read(kept, "plan")
    before["basis"]["options"][0]["prices"][0]["usd"] *= 2
    before.pop("schema", None)
    record.write(kept, "plan", before)
    test = drawn(plan="desk", view="basis")
    assert "As of then, as of now" in words(test)
    frame = next(f.value for f in test.dataframe if "then" in f.value.columns)
    assert any(what.startswith("price: ") for what in frame["what"])
