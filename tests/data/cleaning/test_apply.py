import pytest

from core.data import dataset as store
from core.data.cleaning.apply import clean, try_out
from core.data.cleaning.recipe import as_json, as_toml, load, make
from core.data.cleaning.steps import STEPS
from core.data.dataset import Example
from core.data.derive import lineage, words
from core.errors import BadInput, NotFound
from core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path / "home")


def pairs(*rows, first=1):
    return [Example(str(n), source, target) for n, (source, target) in enumerate(rows, first)]


def keep(workspace, train, test=(), task="translation", **more):
    return store.save(workspace, "d", task, {"train": train, "test": test}, **more)


ORDINARY = [(f"an ordinary sentence number {n}", f"ein gewöhnlicher Satz Nummer {n}")
            for n in range(20)]  # fmt: skip


def tallies(done):
    return {
        tally.step: (sum(tally.changed.values()), sum(tally.dropped.values()))
        for tally in done.tallies
    }


def test_each_step_tells_what_it_changed_and_dropped(workspace):
    rows = [*ORDINARY, ("<b>bold</b> words", "<b>fette</b> Worte"),
            ("mail a@b.org", "Mail a@b.org"), ("x" * 50, "y"), ("<p></p>", "leer")]  # fmt: skip
    parent = keep(workspace, pairs(*rows), pairs(("a <i>test</i>", "ein <i>Test</i>"), first=100))
    done = clean(workspace, parent, make(["ratio", "pii", "html"]))
    assert tallies(done) == {"html": (2, 1), "pii": (1, 0), "ratio": (0, 1)}
    html, pii, ratio = done.tallies
    assert html.changed == {"train": 1, "validation": 0, "test": 1}
    assert html.changes[0] == {"id": "21", "split": "train", "part": "input",
                               "before": "<b>bold</b> words", "after": "bold words"}  # fmt: skip
    assert html.drops == [{"id": "24", "split": "train", "reason": "input: 0", "text": "<p></p>"}]
    assert pii.changes[0]["after"] == "mail [EMAIL]"
    assert ratio.drops[0]["id"] == "23"
    made = done.dataset
    assert made.splits == {"train": 22, "validation": 0, "test": 1}
    assert store.read(workspace, made, "test") == [Example("100", "a test", "ein Test")]


def test_the_old_version_stays_and_the_new_one_names_it(workspace):
    parent = keep(workspace, pairs(*ORDINARY, ("a&amp;b", "a&amp;b")), source="f.csv", prefix="p: ",
                  source_language="en", target_language="de", report={"rows_read": 21})  # fmt: skip
    folder = workspace.dataset("d", parent.version)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    made = clean(workspace, parent, make(["html"])).dataset
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert made.version != parent.version
    assert (made.source, made.prefix, made.source_language) == ("f.csv", "p: ", "en")
    assert made.report["parent"] == parent.version
    assert made.report["rows_read"] == 21
    assert made.report["cleaning"]["recipe"] == as_json(make(["html"]))
    assert made.report["cleaning"]["steps"][0]["changed"]["train"] == 1
    assert [words(one) for one in lineage(workspace, made)] == ["cleaned: HTML", "imported"]
    assert store.open_dataset(workspace, "d") == made
    assert store.open_dataset(workspace, parent.title) == parent


def test_the_recipe_of_a_version_runs_again_on_another(workspace, tmp_path):
    said = {"length": {"input_most": "30"}}
    first = clean(workspace, keep(workspace, pairs(*ORDINARY, ("a long " * 9, "b"))),
                  make(["length"], said)).dataset  # fmt: skip
    other = store.save(
        workspace, "other", "translation", {"train": pairs(*ORDINARY, ("c" * 31, "d"))}
    )
    recipe = load(workspace, first.title)
    assert recipe == make(["length"], {"length": {"input_most": 30}})
    assert tallies(clean(workspace, other, recipe)) == {"length": (0, 1)}
    path = tmp_path / "r.toml"
    path.write_text(as_toml(recipe))
    assert path.read_text() == '[[step]]\nname = "length"\ninput_most = 30\n'
    assert load(workspace, str(path)) == recipe
    with pytest.raises(BadInput, match="was not made by cleaning"):
        load(workspace, other.title)
    with pytest.raises(NotFound, match=r"no recipe 'gone\.toml'"):
        load(workspace, "gone.toml")
    path.write_text("[[step]\n")
    with pytest.raises(BadInput, match="cannot be read as a recipe"):
        load(workspace, str(path))


def test_a_trial_and_a_recipe_that_changes_nothing_make_no_version(workspace):
    parent = keep(workspace, pairs(*ORDINARY, ("<b>x</b>", "y")))
    trial = try_out(workspace, parent, make(["html"]))
    assert (trial.dataset, trial.anything, tallies(trial)) == (None, True, {"html": (1, 0)})
    assert try_out(workspace, parent, make(["html"]), most=5).rows["train"] == 5
    assert clean(workspace, parent, make(["nfc"])).dataset is None
    assert len(store.versions(workspace, "d")) == 1


def test_boilerplate_is_learnt_from_training_rows_and_taken_from_all(workspace):
    end = "Kind regards, the whole team of the shop."
    train = pairs(*((f"Message number {n} says so. {end}", "x") for n in range(30)))
    test = pairs((f"Another message. {end}", "y"), first=100)
    done = clean(workspace, keep(workspace, train, test), make(["boilerplate"]))
    assert store.read(workspace, done.dataset, "test")[0].input == "Another message."
    assert done.tallies[0].changed == {"train": 30, "validation": 0, "test": 1}


def test_signatures_with_different_numbers_are_alike_because_masking_comes_first(workspace):
    rows = [(f"Message number {n} says so. Please call us back at 0171 {2000000 + n} today.", "x")
            for n in range(30)]  # fmt: skip
    done = clean(workspace, keep(workspace, pairs(*rows)), make(["boilerplate", "pii"]))
    assert store.read(workspace, done.dataset, "train")[0].input == "Message number 0 says so."


def test_the_language_filter_counts_test_rows_apart(workspace):
    english = "The weather in the north was cold and rainy this morning."
    german = "Das Wetter im Norden war heute Morgen kalt und regnerisch."
    train = pairs(*((f"{english} {n}", f"{german} {n}") for n in range(10)))
    test = pairs((english, german), (german, german), first=100)
    parent = keep(workspace, train, test, source_language="en", target_language="de")
    done = clean(workspace, parent, make(["language"]))
    assert done.tallies[0].dropped == {"train": 0, "validation": 0, "test": 1}
    assert done.tallies[0].drops[0]["reason"] == "input: de ≠ en"
    assert done.dataset.splits["test"] == 1
    unknown = keep(workspace, train)
    with pytest.raises(BadInput, match=r"say it with --set language\.input=CODE"):
        clean(workspace, unknown, make(["language"]))


def test_a_label_is_never_changed_and_an_answer_stays_in_its_context(workspace):
    rows = [Example(str(n), f"<b>text</b> {n}", "<i>label</i>") for n in range(3)]
    done = clean(workspace, keep(workspace, rows, task="text-classification"), make(["html"]))
    assert {e.target for e in store.read(workspace, done.dataset, "train")} == {"<i>label</i>"}
    with pytest.raises(BadInput, match="has no text to work on"):
        clean(workspace, done.dataset, make(["html"], {"html": {"parts": "target"}}))
    with pytest.raises(BadInput, match="compares the lengths of two texts"):
        clean(workspace, done.dataset, make(["ratio"]))
    answers = [Example("1", "who?", "Ann &amp; Bob", "<p>Ann &amp; Bob came.</p>"),
               Example("2", "who?", "<p>Ann", "<p>Ann came.</p>")]  # fmt: skip
    parent = keep(workspace, answers, task="question-answering")
    done = clean(workspace, parent, make(["html"]))
    assert [e.context for e in store.read(workspace, done.dataset, "train")] == [
        "Ann & Bob came.", "Ann came.",
    ]  # fmt: skip
    trial = try_out(workspace, parent, make(["html"], {"html": {"parts": "context"}}))
    assert tallies(trial) == {"html": (0, 2)}
    assert trial.tallies[0].drops[0]["reason"] == "target ∉ context"


def test_nothing_is_made_when_no_training_row_would_be_left(workspace):
    parent = keep(workspace, pairs(*ORDINARY))
    with pytest.raises(BadInput, match=r"no training row .* length dropped 20 of them"):
        clean(workspace, parent, make(["length"], {"length": {"input_most": 5}}))
    assert len(store.versions(workspace, "d")) == 1
    assert [path.name for path in workspace.root.iterdir()] == ["datasets"]


@pytest.mark.parametrize(
    ("steps", "said", "message"),
    [
        ([], {}, "No cleaning step was chosen; expected at least one of nfc"),
        (["html"], {"pii": {"kinds": "email"}}, "add --step pii"),
        (["html"], {"html": {"colour": "red"}}, "no setting 'colour'; expected one of parts"),
        (["pii"], {"pii": {"kinds": "email,shoe"}}, "expected some of email, iban"),
        (["ratio"], {"ratio": {"most": "0"}}, "a number from 1.1 to 1000"),
        (["ratio"], {"ratio": {"most": "nan"}}, "a number from 1.1 to 1000"),
        (["length"], {"length": {"input_most": "1.5"}}, "a whole number from 1"),
        (["language"], {"language": {"input": "xx"}}, "'xx' is not a language that can be told"),
    ],
)
def test_a_wrong_recipe_is_refused(steps, said, message):
    with pytest.raises(BadInput, match=message):
        make(steps, said)


def test_an_unknown_step_is_answered_with_the_known():
    with pytest.raises(NotFound, match="Did you mean html"):
        make(["htlm"])


def test_steps_run_in_the_order_of_the_table_whatever_order_they_are_named_in():
    names = [step.name for step in STEPS]
    assert [chosen.step.name for chosen in make(reversed(names))] == names


def test_personal_data_in_a_further_column_is_masked_too(workspace):
    rows = [Example(f"e{n}", f"text {n}", "Antwort", columns={"from": who, "channel": "mail"})
            for n, who in enumerate(["ann@example.com", "shop"] * 4)]  # fmt: skip
    done = clean(workspace, keep(workspace, rows), make(["pii", "nfc"]))
    assert tallies(done) == {"nfc": (0, 0), "pii": (4, 0)}
    assert done.tallies[1].changes[0] | {"id": "", "split": ""} == {
        "id": "", "split": "", "part": "columns", "before": "ann@example.com", "after": "[EMAIL]",
    }  # fmt: skip
    left = [row.columns for row in store.read(workspace, done.dataset, "train")]
    assert {row["from"] for row in left} == {"[EMAIL]", "shop"}
    assert {row["channel"] for row in left} == {"mail"}
