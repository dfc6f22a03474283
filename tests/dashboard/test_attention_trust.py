"""The Trust part of the Attention page, drawn without a browser and without a model in memory."""

import dataclasses

import pytest
from streamlit.testing.v1 import AppTest

from core.data import dataset as datasets
from core.data.dataset import Example
from core.errors import WorkFailed
from core.interpret import explained, store
from core.interpret.explained import Question
from core.jobs.store import JobStore
from core.jobs.warm import Warm
from core.text.catalog import LANGUAGES, t
from core.workspace import Workspace
from tests.interpret.captures import seq2seq
from tests.interpret.explained import HOSTILE, made_up
from tests.interpret.test_explained import saved

CAPTURE = seq2seq()


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Workspace:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    workspace = Workspace.open()
    store.save(workspace, "abc", CAPTURE)
    return workspace


def part(language: str = "en", **query: str) -> AppTest:
    script = (
        "from core.interpret import store\nfrom dashboard import attention_trust, state\n"
        "attention_trust.render('abc', store.open_capture(state.workspace(), 'abc'))"
    )
    app = AppTest.from_string(script, default_timeout=60)
    app.query_params["lang"] = language
    for name, value in query.items():
        app.query_params[name] = value
    return app


def texts(app: AppTest) -> str:
    parts = [*app.header, *app.subheader, *app.markdown, *app.caption, *app.text]
    return "\n".join(str(one.value) for one in parts)


def keep(workspace: Workspace, made: explained.Explanation, question: Question) -> None:
    kept = explained.save(workspace, dataclasses.replace(made, question=question))
    explained.answer(workspace, question, kept.key)


WHOLE = Question("tiny", "Where is my refund", "Wo ist")


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_anything_is_explained_a_button_says_what_comes(workspace, language: str) -> None:
    app = part(language).run()
    assert not app.exception
    assert t("trust.begin_title", language) in texts(app)
    assert app.button[0].label == t("trust.begin", language)
    assert t("trust.many.none", language) in texts(app)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("present", ["0", "1"])
def test_what_was_explained_is_shown_again(workspace, language: str, present: str) -> None:
    keep(workspace, made_up(), WHOLE)
    app = part(language, present=present).run()
    assert not app.exception
    said = texts(app)
    assert t("trust.meter.curves", language) in said
    assert t("trust.verdict.caveat_one", language) in said
    assert HOSTILE not in said.replace("\\", "\0")
    assert len(app.metric) == 4
    assert app.metric[1].value == "0.16 %"
    if present == "1":
        assert not app.button and not app.selectbox


def test_the_click_explains_in_the_warm_process_and_the_failure_is_said(
    workspace, monkeypatch
) -> None:
    asked = []

    def call(self, target, request):
        asked.append((target, request))
        keep(workspace, made_up(), WHOLE)
        return {"key": "abc", "new": True}

    monkeypatch.setattr(Warm, "call", call)
    app = part().run()
    assert not asked
    app.button[0].click().run()
    assert not app.exception and len(app.metric) == 4
    ((target, request),) = asked
    assert target == "core.work.explain:compute"
    assert request["trust"] and request["target"] == "Wo ist" and request["position"] is None

    def broken(self, target, request):
        raise WorkFailed("It *broke*.")

    monkeypatch.setattr(Warm, "call", broken)
    app.selectbox[0].set_value(1).run()
    assert not app.exception
    assert t("trust.failed") in texts(app) and "\\*broke\\*" in texts(app)


def test_another_token_is_explained_at_once_where_that_is_quick_else_by_a_button(
    workspace, monkeypatch
) -> None:
    keep(workspace, made_up(), WHOLE)
    asked = []

    def call(self, target, request):
        asked.append(request["position"])
        question = dataclasses.replace(WHOLE, position=request["position"])
        made = dataclasses.replace(made_up(), key="def", places=(request["position"],))
        keep(workspace, made, question)
        return {"key": "def", "new": True}

    monkeypatch.setattr(Warm, "call", call)
    app = part().run()
    assert app.selectbox[0].options[1:] == ["0: ·Wo", f"1: {HOSTILE}", "2: </s>"]
    app.selectbox[0].set_value(1).run()
    assert not app.exception and asked == [1]
    app.run()
    assert asked == [1]
    keep(workspace, dataclasses.replace(made_up(), seconds=9.0), WHOLE)
    slow = part().run()
    slow.selectbox[0].set_value(2).run()
    assert asked == [1] and not slow.metric
    next(one for one in slow.button if one.label == t("trust.begin")).click().run()
    assert asked == [1, 2] and len(slow.metric) == 4


def test_a_class_is_chosen_by_name(workspace, monkeypatch) -> None:
    made = dataclasses.replace(made_up(), kind="class", classes=("no", HOSTILE), choice="no",
                               following=(), places=(), lens=None)  # fmt: skip
    keep(workspace, made, WHOLE)
    asked = []

    def call(self, target, request):
        asked.append(request["label"])
        keep(workspace, dataclasses.replace(made, key="def", choice=HOSTILE),
             dataclasses.replace(WHOLE, label=HOSTILE))  # fmt: skip
        return {"key": "def", "new": True}

    monkeypatch.setattr(Warm, "call", call)
    app = part().run()
    assert not app.exception and t("trust.lens.none") in texts(app)
    app.selectbox[0].set_value(HOSTILE).run()
    assert not app.exception and asked == [HOSTILE]


def test_a_text_too_short_for_the_meter_is_explained_all_the_same(workspace) -> None:
    made = dataclasses.replace(made_up(), verdicts=(), removable=(True, True) + (False,) * 3)
    keep(workspace, made, WHOLE)
    app = part().run()
    assert not app.exception and "this text has 2" in texts(app)
    assert len(app.metric) == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_result_over_many_texts_is_found_again(workspace, language: str) -> None:
    saved(workspace, "shop-tiny")
    saved(workspace, "shop-tiny-2")
    app = part(language).run()
    assert not app.exception
    assert t("trust.many.skipped", language, n=1) in texts(app)
    tables = [frame.value for frame in app.dataframe]
    assert any("</script>**x**" in str(table.to_dict()) for table in tables)


def test_the_button_starts_the_job_for_the_chosen_dataset(workspace, monkeypatch) -> None:
    store.save(workspace, "abc", dataclasses.replace(CAPTURE, model="starter-translate"))
    rows = [Example(str(n), f"in {n} days", "a") for n in range(4)]
    made = datasets.save(workspace, "shop", "translation",
                         {"train": [Example("t", "a", "b")], "test": rows})  # fmt: skip
    monkeypatch.setattr("core.jobs.launch.wake", lambda workspace: False)
    app = part().run()
    assert not app.exception
    next(one for one in app.button if one.label == t("trust.many.begin")).click().run()
    assert not app.exception
    with JobStore(workspace) as jobs:
        (job,) = jobs.jobs(kind="trust", limit=5)
    assert job.request == {
        "dataset": made.title, "model": "starter-translate", "split": "test", "limit": 50,
    }  # fmt: skip
