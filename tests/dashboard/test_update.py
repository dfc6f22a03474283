"""The Update page by sections: what it says, what its buttons do, and hostile text kept literal."""

import pytest

from core.data import dataset as datasets
from core.data.dataset import Example
from core.train.runs import open_run
from core.update import feedback, verdicts
from core.update import schedule as store
from core.update.champion import champion, history, promote
from core.update.drift_looks import look
from core.update.gate import Gate, Side
from core.update.reference import reference
from core.update.review import review
from core.update.traffic_read import Request
from core.workspace import Workspace
from tests.dashboard.test_pages import draw
from tests.scored import evaluation
from tests.update.promoted import dataset, finished
from tests.update.traffic import write

HOSTILE = "**b** <img src=x> [l](http://a.example) $x$ :red[r]"
FIRST = {"passed": True, "champion": None}


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.open(tmp_path)
    data = dataset(made)
    rows = datasets.read(made, data, "test")
    right = {row.id: row.target for row in rows}
    some = {**right, **{row.id: HOSTILE for row in rows[:12]}}
    worse = {**right, **{row.id: "x" for row in rows[6:14]}}
    for name, said in (("shop-1", some), ("shop-2", worse)):
        evaluation(made, "shop", name, said)
        finished(made, name)
    promote(made, "shop", "shop-1", who="Mei", why=HOSTILE, verdict=FIRST)
    return made


def judged(workspace, reason="passed"):
    locked = Side(40, 20.0, 21.0, 1.0, -0.5, 2.5, 0.01,
                  ("shop-shop-1-1", "shop-shop-2-1"))  # fmt: skip
    new = Side(30, 20.0, 29.0, 9.0, 4.0, 14.0, 0.001, ("shop-shop-1-1", "shop-shop-2-1"))
    made = Gate("shop", "shop-1", "shop-1", "shop-2", "bleu", "points", 1.0, locked, new, True,
                reason == "passed", reason, "t", "s")  # fmt: skip
    verdicts.keep(workspace, made)


def page_of(workspace, monkeypatch, **query):
    page = draw("update", workspace, monkeypatch, dataset="shop", **query)
    assert [fault.value for fault in page.exception] == []
    return page


def heads(page):
    return [text.value for text in page.subheader]


def button(page, key):
    return next(one for one in page.button if one.key == key)


def values(page, column):
    return next(
        frame.value[column].tolist() for frame in page.dataframe if column in frame.value.columns
    )


def say(workspace, **changes):
    fields = {"model": "shop-1", "input": HOSTILE, "output": "y", "verdict": "down",
              "correction": HOSTILE, "source": "import"}  # fmt: skip
    return feedback.add(workspace, **{**fields, **changes})


def test_a_version_that_passed_is_promoted_with_a_reason(workspace, monkeypatch):
    judged(workspace)
    page = page_of(workspace, monkeypatch)
    assert page.header[0].value.startswith("**shop\\-2** may take over")
    assert any(head.startswith("shop\\-2 passes the gate") for head in heads(page))
    assert HOSTILE in values(page, "why"), "a reason is literal, in a table"
    page.text_input(key="promote-who").input("Omar")
    page.text_input(key="promote-why").input("better on invoices")
    button(page, "act-promote").click().run()
    assert [fault.value for fault in page.exception] == []
    assert champion(workspace, "shop") == "shop-2"
    made = history(workspace, "shop")[-1]
    assert (made.who, made.why, made.forced) == ("Omar", "better on invoices", False)


def test_one_click_brings_back_the_version_before(workspace, monkeypatch):
    judged(workspace)
    promote(workspace, "shop", "shop-2", who="Mei", why="x",
            verdict={"passed": True, "champion": "shop-1"})  # fmt: skip
    page = page_of(workspace, monkeypatch)
    page.text_input(key="rollback-why").input("it swears")
    button(page, "rollback").click().run()
    assert champion(workspace, "shop") == "shop-1"
    assert history(workspace, "shop")[-1].why == "it swears"


def test_a_shut_gate_needs_force_and_a_reason(workspace, monkeypatch):
    judged(workspace, "not_better")
    page = page_of(workspace, monkeypatch)
    assert not any(one.key == "act-promote" for one in page.button)
    button(page, "force").click().run()
    assert champion(workspace, "shop") == "shop-1"
    assert any("Say why" in text.value for text in page.text)
    page.text_input(key="promote-why").input("a fire")
    button(page, "force").click().run()
    assert history(workspace, "shop")[-1].forced


def test_without_a_verdict_the_gate_can_be_asked(workspace, monkeypatch):
    page = page_of(workspace, monkeypatch)
    assert "What the gate says of shop\\-2" in heads(page)
    asked = []
    monkeypatch.setattr("dashboard.update_gate.start", lambda _, request: asked.append(request))
    page = page_of(workspace, monkeypatch, margin="2.5")
    button(page, "ask-gate").click().run()
    assert [(one.run, one.margin) for one in asked] == [("shop-2", 2.5)]


def test_who_gains_and_who_loses(workspace, monkeypatch):
    judged(workspace)
    page = page_of(workspace, monkeypatch, part="changes")
    assert "From shop\\-1 to shop\\-2, 6 of 40 answers got better and 8 got worse" in heads(page)
    assert len(values(page, "gain")) == 8
    page = page_of(workspace, monkeypatch, part="changes", flips="better")
    assert values(page, "before") == [HOSTILE] * 6


def test_a_review_is_accepted_rejected_or_edited(workspace, monkeypatch):
    made = say(workspace)
    page = page_of(workspace, monkeypatch, part="review")
    assert values(page, "input") == [HOSTILE]
    assert button(page, "accept").disabled

    from dashboard import update_review

    with monkeypatch.context() as patch:
        kept = {}
        patch.setattr(update_review.state, "workspace", lambda: workspace)
        patch.setattr(update_review.state, "keep", kept.__setitem__)
        patch.setattr(update_review.state, "typed", {f"edit-{made.id}": "vier",
                                                     "review-who": "Mei"}.get)  # fmt: skip
        update_review._edited(made.id)
        entry = feedback.entry(workspace, made.id)
        assert (entry.correction, entry.given, entry.reviewer) == ("vier", HOSTILE, "Mei")
        update_review._reviewed([made.id], "rejected")
        assert feedback.entry(workspace, made.id).state == "rejected"
        update_review._reviewed(["f-gone"], "accepted")
        assert "no feedback called 'f-gone'" in kept["review-refusal"]


def test_drift_is_told_with_its_requests(workspace, monkeypatch):
    served = [Request(f"r{n}", 1e9 + n, "shop-1", characters=300 + n, input_text=HOSTILE + str(n))
              for n in range(60)]  # fmt: skip
    write(workspace, served)
    look(workspace, reference(workspace, open_run(workspace, "shop-1")), served, ["shop-1"], 0.0,
         2e9)  # fmt: skip
    page = page_of(workspace, monkeypatch, part="drift")
    assert page.header[0].value.startswith("The traffic has moved: **")
    assert any(head.startswith("Input length in characters went up") for head in heads(page))
    assert f"{HOSTILE}59" in values(page, "text")
    chinese = page_of(workspace, monkeypatch, part="drift", lang="zh")
    assert any(head.startswith("输入长度（字符）上升") for head in heads(chinese))


def test_a_look_at_who_served_before_is_no_answer_any_more(workspace, monkeypatch):
    judged(workspace)
    served = [Request(f"r{n}", 1e9 + n, "shop-1", characters=300) for n in range(60)]
    look(workspace, reference(workspace, open_run(workspace, "shop-1")), served, ["shop-1"], 0.0,
         2e9)  # fmt: skip
    promote(workspace, "shop", "shop-2", who="Mei", why="x",
            verdict={"passed": True, "champion": "shop-1"})  # fmt: skip
    page = page_of(workspace, monkeypatch, part="drift")
    assert "traffic has moved" not in page.header[0].value
    said = "This look was at shop\\-1, but shop\\-2 serves since"
    assert any(said in text.value for text in page.markdown)


def test_without_traffic_the_page_says_what_would_be_here(workspace, monkeypatch):
    page = page_of(workspace, monkeypatch, part="drift")
    assert "Traffic has not been looked at" in heads(page)
    button(page, "drift-look")


def test_a_schedule_is_kept_and_ended(workspace, monkeypatch):
    page = page_of(workspace, monkeypatch, part="schedule")
    assert heads(page) == ["No schedule: an update starts when somebody asks for it."]
    button(page, "schedule-save").click().run()
    assert any("Say when to retrain" in text.value for text in page.text)
    page.checkbox(key="schedule-monthly").check()
    page.number_input(key="schedule-corrections").set_value(500)
    button(page, "schedule-save").click().run()
    kept = store.schedule_of(workspace, "shop")
    assert (kept.monthly, kept.at_corrections, kept.on_drift) == (True, 500, False)
    assert "or at 500 accepted corrections" in heads(page)[0]
    button(page, "schedule-off").click().run()
    assert store.schedules(workspace) == []


def test_the_answer_follows_the_feedback(workspace, monkeypatch):
    made = say(workspace, input="7 plums", correction="7 Pflaumen")
    assert "wait for a review" in page_of(workspace, monkeypatch).header[0].value
    review(workspace, [made.id], "accepted", "Mei")
    assert "ready to learn from" in page_of(workspace, monkeypatch).header[0].value


@pytest.mark.parametrize("part", ["versions", "changes", "drift", "review", "schedule"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_section_in_a_workspace_with_nothing(tmp_path, monkeypatch, part, language):
    page = draw("update", Workspace.open(tmp_path), monkeypatch, part=part, lang=language)
    assert [fault.value for fault in page.exception] == []


@pytest.mark.parametrize("part", ["versions", "changes", "drift", "review", "schedule"])
def test_a_dataset_without_a_run(tmp_path, monkeypatch, part):
    made = Workspace.open(tmp_path)
    datasets.save(made, "shop", "translation", {"train": [Example("1", "a", "b")]})
    say(made, model="other")
    page = draw("update", made, monkeypatch, part=part, replay="2.0", margin="-4", usd_hour="nan")
    assert [fault.value for fault in page.exception] == []
