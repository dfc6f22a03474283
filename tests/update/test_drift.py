"""Drift: an alarm needs significance and size; what is untested says so; looks are numbered."""

from dataclasses import replace

import pytest

from core.data.declined import declined
from core.text.catalog import LANGUAGES
from core.train.runs import open_run
from core.update import drift_words
from core.update.champion import promote
from core.update.drift import FEATURES, compare, matters
from core.update.drift_looks import YEAR_SECONDS, Report, look, looks, newest
from core.update.reference import reference, served_run
from core.update.served import models_of, names_of
from core.update.traffic_read import Request, count, request_of, requests
from core.workspace import Workspace
from tests.update.promoted import ROWS, finished
from tests.update.traffic import write


def live(**features):
    def asked(n):
        return Request(f"r{n}", float(n), "m", input_text=f"text {n}")

    return {name: [(asked(n), value) for n, value in enumerate(values)]
            for name, values in features.items()}  # fmt: skip


def one(rows, name):
    return next(row for row in rows if row.name == name)


def test_no_change_is_no_alarm():
    lengths = [float(n % 50) for n in range(400)]
    rows = compare({"characters": lengths}, live(characters=lengths), 1)
    found = one(rows, "characters")
    assert found.effect == pytest.approx(0)
    assert (found.alarm, found.examples) == (False, ())


def test_a_large_shift_is_an_alarm_with_its_largest_requests():
    rows = compare({"characters": [float(n % 50) for n in range(400)]},
                   live(characters=[20.0 + n % 50 for n in range(200)]), 1)  # fmt: skip
    found = one(rows, "characters")
    assert found.alarm
    assert found.effect > 0.5
    assert found.low < found.effect < found.high
    assert [example.value for example in found.examples] == [69.0, 69.0, 69.0]
    assert len({example.id for example in found.examples}) == 3
    assert drift_words.sentence(found) == (
        "Input length in characters went up: the median is 44.5, in training and test 24.5"
    )
    assert drift_words.evidence(found).startswith("Cliff’s delta +0.6")


def test_significant_but_small_is_no_alarm():
    many = [float(n % 100) for n in range(40_000)]
    rows = compare({"characters": many}, live(characters=[value + 3 for value in many]), 1)
    found = one(rows, "characters")
    assert found.p_corrected < 0.001
    assert not matters(found)
    assert not found.alarm


def test_large_but_by_chance_is_no_alarm():
    rows = compare({"characters": [float(n) for n in range(31)]},
                   live(characters=[n + 7.0 for n in range(31)]), 1)  # fmt: skip
    found = one(rows, "characters")
    assert matters(found)
    assert found.p_corrected > 0.05
    assert not found.alarm


def test_a_later_look_is_stricter():
    reference_, now = [float(n) for n in range(100)], [n + 22.0 for n in range(100)]
    first, tenth = (one(compare({"characters": reference_}, live(characters=now), k), "characters")
                    for k in (1, 10))  # fmt: skip
    assert first.alarm
    assert not tenth.alarm
    assert tenth.p_corrected == pytest.approx(min(1.0, first.p_corrected * 55))


def test_a_wider_spread_around_the_same_middle_is_found():
    narrow, wide = ([0.5 + spread * (n % 11 - 5) / 5 for n in range(300)] for spread in (0.1, 0.5))
    rows = compare({"confidence": narrow}, live(confidence=wide), 1)
    found = one(rows, "confidence")
    assert abs(found.effect) < 0.1
    assert found.alarm
    assert "nearly the same middle" in drift_words.sentence(found)


def test_another_language_is_named():
    rows = compare({"language": ["en"] * 300}, live(language=["en"] * 120 + ["de"] * 80), 1)
    found = one(rows, "language")
    assert found.alarm
    assert found.effect == pytest.approx(0.4)
    assert {example.value for example in found.examples} == {"de"}
    assert drift_words.sentence(found) == (
        "Input language: German makes up 40 %, in training and test 0 %"
    )
    assert "德语" in drift_words.sentence(found, "zh")


def test_a_users_label_is_escaped_by_whoever_shows_it():
    rows = compare({"label": ["a"] * 60}, live(label=["**x**"] * 60), 1)
    said = drift_words.sentence(one(rows, "label"), escape=lambda text: f"<{text}>")
    assert "<**x**> makes up 100 %" in said


def test_what_cannot_be_tested_says_why():
    rows = compare(
        {"characters": [1.0] * 29, "confidence": [0.5] * 99}, live(characters=[1.0] * 99), 1
    )
    assert one(rows, "characters").why_untested == "few"
    assert one(rows, "confidence").why_untested == "absent"
    assert all(row.p_value is None for row in rows)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_every_feature_can_be_said(feature, language):
    values = ["True", "False"] if feature.kind == "category" else [1.0, 9.0]
    before = [values[0]] * 60
    rows = compare({feature.name: before}, live(**{feature.name: [values[1]] * 60}), 1)
    found = one(rows, feature.name)
    assert found.alarm
    for words in (drift_words.sentence(found, language), drift_words.meaning(found, language),
                  drift_words.evidence(found, language)):  # fmt: skip
        assert words
        assert "{" not in words


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.open(tmp_path)
    finished(made, "shop-1")
    return made


def served(number, model="shop-1", **more):
    return [Request(f"{model}-{n}", 1_000.0 + n, model, characters=15, **more)
            for n in range(number)]  # fmt: skip


def test_an_absent_table_is_no_traffic(workspace):
    assert requests(workspace) == []
    assert count(workspace, "shop-1") == 0
    assert request_of(workspace, "r") is None


def test_failed_requests_and_other_models_are_left_out(workspace):
    asked = [
        Request("a", 1.0, "shop-1", status=200), Request("b", 2.0, "shop-1", status=429),
        Request("c", 3.0, "other"), Request("d", 4.0, "shop-1", refused=True),
    ]  # fmt: skip
    write(workspace, asked)
    assert [one.id for one in requests(workspace, ["shop-1"])] == ["a", "d"]
    assert [one.id for one in requests(workspace, since=2.5)] == ["c", "d"]
    assert [one.id for one in requests(workspace, most=1)] == ["d"]
    assert request_of(workspace, "d").refused is True


def test_the_table_of_another_server_is_read_as_far_as_it_goes(workspace):
    db = workspace.connect()
    db.executescript("CREATE TABLE traffic (request_id TEXT, at REAL, model TEXT, more BLOB);"
                     "INSERT INTO traffic VALUES ('r', 5.0, 'shop-1', NULL);")  # fmt: skip
    db.close()
    [found] = requests(workspace)
    assert (found.id, found.characters, found.status) == ("r", None, None)


def test_variants_answer_for_their_run(workspace):
    folder = workspace.root / "variants" / "small"
    folder.mkdir(parents=True)
    (folder / "record.json").write_text('{"variant": "small", "run": "shop-1"}')
    (workspace.root / "variants" / "broken").mkdir()
    (workspace.root / "variants" / "broken" / "record.json").write_text("{")
    assert names_of(workspace, "shop-1") == ["shop-1", "small"]
    assert models_of(workspace, "shop") == ["shop-1", "small"]


def test_the_reference_is_measured_of_the_runs_own_data(workspace):
    made = reference(workspace, open_run(workspace, "shop-1"))
    assert made.values["characters"] == [float(len(row.input)) for row in ROWS["train"]]
    # Of "N pears please" training knows "please" and not "pears"; numbers are no words.
    assert set(made.values["unseen_share"]) == {0.5}
    assert made.vocabulary.unseen_share("7 apples please") == 0
    assert made.vocabulary.unseen_share("7") is None


def test_texts_that_were_logged_are_measured_here(workspace):
    asked = served(40, input_text="strange words everywhere")
    made = look(workspace, reference(workspace, open_run(workspace, "shop-1")), asked, ["shop-1"],
                0.0, 5_000.0)  # fmt: skip
    found = one(made.drifts, "unseen_share")
    assert (found.live, found.n_live) == (1.0, 40)
    assert found.alarm
    assert made.texts
    assert one(made.drifts, "rarity").n_live == 40


def test_outputs_of_another_version_are_not_held_against_this_one(workspace):
    finished(workspace, "shop-2")
    asked = served(40, confidence=0.9) + served(50, "shop-2", confidence=0.1)
    made = look(workspace, reference(workspace, open_run(workspace, "shop-1")), asked, ["shop-1"],
                0.0, 5_000.0)  # fmt: skip
    assert one(made.drifts, "characters").n_live == 90
    assert one(made.drifts, "confidence").n_live == 40


def test_looks_are_numbered_and_the_same_data_are_one_look(workspace):
    against = reference(workspace, open_run(workspace, "shop-1"))

    def take(asked, until=5_000.0, held=against):
        return look(workspace, held, asked, ["shop-1"], 0.0, until).look

    assert take(served(40)) == 1
    assert take(served(40)) == 1
    assert take(served(41)) == 2
    assert take(served(40)) == 1
    assert take(served(42), 5_000.0 + YEAR_SECONDS) == 1, "a new year is a new series"
    finished(workspace, "shop-2")
    assert take(served(41), held=reference(workspace, open_run(workspace, "shop-2"))) == 1
    assert len(looks(workspace, "shop")) == 6
    assert newest(workspace, "shop").run == "shop-2"
    kept = newest(workspace, "shop")
    assert Report.from_json(kept.to_json()) == kept


def test_the_traffic_is_the_champions(workspace):
    finished(workspace, "shop-2", finished_at="2026-11-21T10:00:00+00:00")
    promote(workspace, "shop", "shop-1", who="Mei", why="x",
            verdict={"passed": True, "champion": None})  # fmt: skip
    assert served_run(workspace, "shop").run == "shop-1"


def test_answers_in_sentences():
    report = Report("shop", "shop@1", "shop-1", 0.0, 1.0, 1.0, 12, False, 3,
                    tuple(compare({}, {}, 3)))  # fmt: skip
    assert drift_words.answer(report) == "There are 12 requests, too few to test anything."
    rows = compare({"characters": [1.0] * 60}, live(characters=[9.0] * 60), 1)
    loud = replace(report, drifts=tuple(rows), look=1)
    assert drift_words.answer(loud) == (
        "1 of 1 features moved: Input length in characters (12 requests, look 1)."
    )
    assert "2.5 %" in drift_words.strictness(loud)
    calm = replace(report, drifts=tuple(replace(row, alarm=False) for row in rows))
    assert drift_words.answer(calm).startswith("Nothing has moved that matters")


@pytest.mark.parametrize(
    ("text", "found"),
    [("", True), ("  ", True), ("I'm sorry, but no", True), ("I can’t do that", True),
     ("抱歉，我无法回答", True), ("Es tut mir leid", True),
     ("Ich kann das nicht", True), ("Ich kann das", False),
     ("I cannon fire", False),
     ("The sorry state", False), ("Icannot", False)],
)  # fmt: skip
def test_refusals_are_told_by_their_first_words(text, found):
    assert declined(text) is found
