"""The Deploy page by parts, drawn without a browser, a server or a model in memory."""

import os
import shutil
from dataclasses import replace

import pytest

from core.deploy.bundle import seal
from core.deploy.keys import add
from core.deploy.traffic import Row, Traffic
from core.jobs.store import JobStore
from core.playground.ask import Answer
from core.text.catalog import LANGUAGES, t
from core.text.literal import markdown as literal
from core.update import feedback
from core.workspace import Workspace
from dashboard import deploy_play, deploy_serving
from tests.dashboard.test_pages import draw
from tests.deploy.test_bundle import ABOUT
from tests.variants import translation, variant

HOSTILE = "**b** <img src=x> [l](http://a.example) $x$ :red[r]"
REQUEST = {"model": "shop-1", "host": "127.0.0.1", "port": 8_600, "engine": "auto",
           "champion": None}  # fmt: skip
READY = {"model": "shop-1", "engine": "ctranslate2", "task": "translation", "chats": False,
         "unevaluated": False}  # fmt: skip
STARTER = "starter-translate"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.delenv("ASSAY_TOKEN", raising=False)
    made = Workspace.open(tmp_path)
    translation(made)
    return made


def server(workspace, *, log="", ready=True, told=None, **request):
    """A server's job as its worker leaves it, the worker being this process."""
    with JobStore(workspace) as store:
        row, _ = store.add("serve", {**REQUEST, **request}, target="core.work.serve:run")
        store.claim(row.id, os.getpid())
        store.heartbeat(row.id, 0.0)
        if ready:
            store.add_event(row.id, "ready", {**READY, **(told or {})})
    folder = workspace.job(row.id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "log.txt").write_text(log, encoding="utf-8")
    return row.id


def part(workspace, monkeypatch, view="serving", model="shop-1", **query):
    page = draw("deploy", workspace, monkeypatch, view=view, model=model, **query)
    sound(page)
    return page


def sound(page):
    assert [fault.value for fault in page.exception] == []


def texts(page):
    parts = [*page.header, *page.subheader, *page.markdown, *page.caption, *page.text]
    return "\n".join(str(one.value) for one in parts).replace("\\", "")


def code(page):
    return "\n".join(block.value for block in page.code)


def button(page, key):
    return next(one for one in page.button if one.key == key)


def jobs(workspace, kind="serve"):
    with JobStore(workspace) as store:
        return store.jobs(kind=kind)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("present", ["0", "1"])
@pytest.mark.parametrize("view", ["serving", "playground", "compress", "loadtest"])
def test_each_part_is_drawn(view, present, language, workspace, monkeypatch):
    server(workspace)
    variant("ct2-int8", workspace=workspace)
    page = part(workspace, monkeypatch, view, lang=language, present=present)
    title = {
        "serving": t("deploy.serving_page.title", language),
        "playground": t("deploy.playground.title", language),
        "compress": t("compress.page.title", language),
        "loadtest": t("loadtest.question", language),
    }[view]
    assert title in texts(page)
    if present == "0":
        assert page.segmented_control(key="deploy-view").value == view


def test_every_server_stands_in_the_table_with_its_load(workspace, monkeypatch):
    server(workspace)
    server(workspace, model=STARTER, port=8_601, told={"model": STARTER, "engine": "transformers"})
    server(workspace, port=8_602, ready=False)
    keeper = Traffic(workspace)
    for place, status in enumerate([200] * 30 + [429, 500]):
        at = jobs(workspace)[0].started_at + 1
        keeper.add(Row(f"r{place}", 0, at, STARTER, "translation", "/v1/predict", status, 3, 0.02))
    keeper.close()
    page = part(workspace, monkeypatch)
    table = page.dataframe[0].value.set_index("URL")
    first, other, loading = (f"http://127.0.0.1:860{n}" for n in range(3))
    assert table.loc[other, "Answered"] == "30"
    assert table.loc[other, "Queue full (429)"] == table.loc[other, "Errors"] == "1"
    assert table.loc[other, "Half under"] == "20.0 ms"
    assert table.loc[other, "Engine"] == "transformers"
    assert (table.loc[first, "Answered"], table.loc[first, "Half under"]) == ("0", "not known")
    assert table.loc[loading, "State"] == "loading"
    assert texts(page).count("**shop-1** answers at") == 1


def test_a_model_is_started_on_a_free_port(workspace, monkeypatch):
    server(workspace, model=STARTER, told={"model": STARTER})
    monkeypatch.setattr(deploy_serving, "check_address", lambda host, port: None)
    asked = []
    monkeypatch.setattr(deploy_serving, "start", lambda where, request: asked.append(request))
    made = variant("ct2-int8", workspace=workspace)
    shutil.copytree(workspace.run("shop-1") / "model", workspace.variant(made.variant) / "model")
    page = part(workspace, monkeypatch, model=made.variant)
    page.selectbox(key="deploy-engine").select("ctranslate2")
    button(page, "act-serve").click().run()
    sound(page)
    [request] = asked
    assert (request.model, request.port, request.engine, request.champion) == (
        made.variant, 8_601, "ctranslate2", None,
    )  # fmt: skip


def test_the_champion_of_a_dataset_is_followed(workspace, monkeypatch):
    found = {"shop": "shop-1"}
    monkeypatch.setattr(deploy_serving, "champion", lambda where, name: found.get(name))
    monkeypatch.setattr(deploy_serving, "check_address", lambda host, port: None)
    asked = []
    monkeypatch.setattr(deploy_serving, "start", lambda where, request: asked.append(request))
    page = part(workspace, monkeypatch, model=STARTER)
    page.selectbox(key="deploy-what").select(("champion", "shop")).run()
    button(page, "act-serve").click().run()
    sound(page)
    assert (asked[0].champion, asked[0].model) == ("shop", "champion of shop")


def test_a_bundle_is_served_from_its_folder_and_a_changed_one_is_not(
    workspace, monkeypatch, tmp_path
):  # fmt: skip
    monkeypatch.setattr(deploy_serving, "check_address", lambda host, port: None)
    asked = []
    monkeypatch.setattr(deploy_serving, "start", lambda where, request: asked.append(request))
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    seal(folder, ABOUT)
    page = part(workspace, monkeypatch)
    page.selectbox(key="deploy-what").select(("bundle", "")).run()
    assert [one for one in page.button if one.key == "act-serve"] == [], "no folder yet"
    page.text_input(key="deploy-folder").input(str(folder)).run()
    button(page, "act-serve").click().run()
    sound(page)
    assert (asked[0].model, asked[0].champion) == (str(folder), None)

    (folder / "config.json").write_text("{} ")
    button(page, "act-serve").click().run()
    sound(page)
    assert len(asked) == 1
    assert any("config.json" in text.value for text in page.text)
    page.text_input(key="deploy-folder").input("**b** $x$ :red[r]").run()
    button(page, "act-serve").click().run()
    sound(page)
    assert any("**b** $x$ :red[r]" in text.value for text in page.text), "literal, not Markdown"


def test_a_port_in_use_is_said_and_nothing_is_started(workspace, monkeypatch):
    from core.errors import Busy

    def taken(host, port):
        raise Busy(f"Port {port} cannot be used {HOSTILE}.")

    monkeypatch.setattr(deploy_serving, "check_address", taken)
    page = part(workspace, monkeypatch)
    button(page, "act-serve").click().run()
    sound(page)
    assert any(HOSTILE in text.value for text in page.text), "literal, not Markdown"
    assert jobs(workspace) == []


def test_a_server_is_stopped_and_its_log_is_literal(workspace, monkeypatch):
    job = server(workspace, log=f"first\n{HOSTILE}\n")
    stopped = []
    monkeypatch.setattr(deploy_serving.runner, "cancel", lambda where, id_: stopped.append(id_))
    page = part(workspace, monkeypatch)
    assert HOSTILE in code(page)
    button(page, "deploy-stop").click().run()
    sound(page)
    assert stopped == [job]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", ["serving", "loadtest"])
def test_a_bundle_that_nobody_evaluated_says_so(view, language, workspace, monkeypatch):
    name = f"./{HOSTILE}"
    server(workspace, model=name, told={"model": name, "unevaluated": True})
    page = part(workspace, monkeypatch, view, lang=language)
    [warning] = [one.value for one in page.markdown if t("common.badge.risk", language) in one.value
                 and "img" in one.value]  # fmt: skip
    assert literal(name) in warning and HOSTILE not in warning


def test_examples_have_the_path_of_the_task_and_name_a_key_where_one_is_wanted(
    workspace, monkeypatch
):  # fmt: skip
    server(workspace)
    page = part(workspace, monkeypatch, code="javascript")
    assert "http://127.0.0.1:8600/v1/translate" in code(page)
    assert "authorization" not in code(page) and "assay keys add NAME" in code(page)
    key = add(workspace, "shop")
    page = part(workspace, monkeypatch, code="python")
    assert 'os.environ["ASSAY_KEY"]' in code(page) and key not in code(page)


def answer(name, output="Guten Tag", **changes):
    return replace(Answer(name, output, 0.25, served=False), **changes)


def asked(page, text="Good day"):
    page.text_area[0].input(text)
    next(one for one in page.button if "Answer" in one.label or "Ask" in one.label).click().run()
    sound(page)
    return page


def test_an_answer_comes_with_its_time_and_its_judgement_is_kept(workspace, monkeypatch):
    def warm(where, call, ref, text, context):
        return answer(ref.name, HOSTILE)

    monkeypatch.setattr(deploy_play, "ask_warm", warm)
    page = asked(part(workspace, monkeypatch, "playground"))
    assert HOSTILE in code(page) and "250 ms" in texts(page)
    keep = next(one for one in page.button if one.label == "Keep the judgement")
    keep.click().run()
    assert t("deploy.playground.nothing") in texts(page) and feedback.entries(workspace) == []
    for box, said in zip(page.text_input, (HOSTILE, "too formal"), strict=True):
        box.input(said)
    next(one for one in page.button if one.label == "Keep the judgement").click().run()
    sound(page)
    [kept] = feedback.entries(workspace)
    assert (kept.model, kept.output, kept.correction) == ("shop-1", HOSTILE, HOSTILE)
    assert (kept.comment, kept.verdict) == ("too formal", "down")
    assert t("deploy.playground.thanks") in texts(page)


def test_two_answers_are_blind_until_they_are_judged(workspace, monkeypatch):
    def warm(where, call, ref, text, context):
        return answer(ref.name, f"from {len(ref.name)}")

    monkeypatch.setattr(deploy_play, "ask_warm", warm)
    page = part(workspace, monkeypatch, "playground", beside=STARTER)
    page.toggle(key="play-blind").set_value(True).run()
    asked(page)
    heads = [one.value for one in page.markdown if one.value.startswith("**")]
    assert heads == ["**Answer A**", "**Answer B**"] and "250 ms" not in texts(page)
    page.segmented_control[-1].set_value("up")
    next(one for one in page.button if one.label == "Keep the judgement").click().run()
    sound(page)
    [kept] = feedback.entries(workspace)
    assert f"Answer B was {kept.model}" in texts(page) and kept.verdict == "up"
    assert kept.output == f"from {len(kept.model)}" and "250 ms" in texts(page)


def test_the_live_server_answers_where_one_runs(workspace, monkeypatch):
    server(workspace)

    def served(where, url, ref, text, context, key):
        return answer(ref.name, f"{url} says {text}", served=True)

    monkeypatch.setattr(deploy_play, "ask_served", served)
    page = asked(part(workspace, monkeypatch, "playground"))
    assert "http://127.0.0.1:8600 says Good day" in code(page)
    assert "from its live server" in texts(page)


def test_what_cannot_be_asked_is_said(workspace, monkeypatch):
    server(workspace, port=1)
    page = asked(part(workspace, monkeypatch, "playground"))
    assert "Nothing answers at http://127.0.0.1:1/v1/predict" in texts(page)


def test_without_a_server_a_load_test_says_how_one_comes(workspace, monkeypatch):
    page = part(workspace, monkeypatch, "loadtest")
    assert t("deploy.loadtest.title") in texts(page)
    next(one for one in page.button if one.label == t("deploy.loadtest.go")).click().run()
    assert page.segmented_control(key="deploy-view").value == "serving"
