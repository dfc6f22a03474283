"""The section of variants, drawn without a browser and without a model in memory."""

import pytest
from streamlit.testing.v1 import AppTest

from core.jobs.store import JobStore
from core.text.catalog import LANGUAGES, t
from core.workspace import Workspace
from tests.variants import translation, variant

HOSTILE = "<b>x</b> **y** $z$"


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    made = Workspace.open()
    translation(made)
    return made


def part(model="shop-1", language="en", **query):
    app = AppTest.from_string(
        f"from dashboard.compress import render_compress\nrender_compress({model!r})",
        default_timeout=60,
    )
    app.query_params["lang"] = language
    for name, value in query.items():
        app.query_params[name] = value
    return app


def texts(app):
    parts = [*app.header, *app.subheader, *app.markdown, *app.caption, *app.text]
    return "\n".join(str(one.value) for one in parts).replace("\\", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_variants_it_says_what_comes_and_offers_each_form_that_fits(place, language):
    app = part(language=language).run()
    assert not app.exception
    said = texts(app)
    assert t("compress.page.empty", language, run="shop-1") in said
    assert t("compress.help.ct2-int8", language) in said
    labels = [button.label for button in app.button]
    assert labels == [t("compress.page.start", language, form=form) for form in
                      ("ct2-fp32", "ct2-int8", "pruned", "shallow", "distilled")]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("present", ["0", "1"])
def test_variants_are_shown_with_a_recommendation_for_each_target(place, language, present):
    variant("ct2-int8", workspace=place)
    app = part(language=language, present=present).run()
    assert not app.exception
    said = texts(app)
    for target in ("a100", "server", "edge"):
        assert t(f"compress.target.{target}", language) in said
    assert t("compress.finding.all_one", language) in said
    table = app.dataframe[0].value
    assert len(table) == 2
    assert t("compress.column.quality", language) in table.columns
    if present == "1":
        assert not app.button
        assert not app.number_input
    else:
        assert len(app.number_input) == 4


def test_a_limit_changes_what_is_recommended(place):
    variant("ct2-int8", workspace=place)
    app = part().run()
    assert "Edge device: shop-1-ct2-int8" in texts(app)
    app.number_input(key="compress-latency").set_value(1.0).run()
    assert "Edge device: none keeps to the limits" in texts(app)


def test_each_price_can_be_looked_at(place):
    variant("ct2-int8", workspace=place)
    app = part().run()
    for price in ("size", "memory", "a100"):
        app.segmented_control(key="compress-price-axis").set_value(price).run()
        assert not app.exception
        assert t(f"compress.axis.{price}") in texts(app)


def test_a_button_starts_a_job(place, monkeypatch):
    from core.jobs import runner

    monkeypatch.setattr(runner, "_start", lambda *_: None)
    app = part().run()
    app.button(key="compress-ct2-int8").click().run()
    with JobStore(place) as store:
        job = store.jobs(kind="compress")[0]
    assert (job.request["model"], job.request["form"]) == ("shop-1", "ct2-int8")


def test_a_variant_shows_the_section_of_its_run(place):
    made = variant("ct2-int8", workspace=place)
    assert "ct2-int8 is 2.5 times faster" in texts(part(made.variant).run())


def test_what_no_run_is_behind_is_told_apart(place):
    app = part("starter-translate").run()
    assert t("compress.page.only_runs", model="starter-translate") in texts(app)
    assert not app.button


def test_names_of_others_are_literal(place):
    variant("ct2-int8", workspace=place, made_from=HOSTILE)
    app = part().run()
    assert not app.exception
    for one in (*app.markdown, *app.subheader, *app.caption):
        assert "<b>x</b>" not in str(one.value)
        assert "**y**" not in str(one.value)
