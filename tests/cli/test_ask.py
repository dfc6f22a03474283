"""`assay evaluate --endpoint`: a real server with a small model, and servers that misbehave."""

import json

import pytest

from core.cli.main import main
from core.data import dataset as datasets
from core.data.dataset import Example
from core.evaluate import store
from core.workspace import Workspace
from tests.cli.test_judge import SECRET, call, holding
from tests.endpoints import IMAGE, fault, reply, serving

ROWS = [Example(str(n), f"Line {n} of the text.", f"Zeile {n} des Textes.") for n in range(20)]
PREFIX = "translate English to German: "


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.open(tmp_path / "home")
    train = [Example(f"t{n}", f"Word {n}.", f"Wort {n}.") for n in range(5)]
    datasets.save(made, "demo", "translation", {"train": train, "test": ROWS}, prefix=PREFIX,
                  source_language="en", target_language="de")  # fmt: skip
    return made


def ask(server, *more, model="tiny"):
    return ["evaluate", "demo", "--endpoint", server.url, "--model", model, *more]


def made(workspace, out):
    name = json.loads(out.out)["evaluation"]
    return store.open_evaluation(workspace, name), store.examples(workspace, name)


def test_a_model_behind_a_server_scores_as_the_same_model_here(workspace, capfd, tmp_path):
    from core.work.answer import Answerer

    answerer = Answerer(workspace, "starter-translate")
    path = tmp_path / "prompt.txt"
    path.write_text("As it is: {input}")

    def respond(_, body):
        asked = body["messages"][-1]["content"].removeprefix("As it is: ")
        return reply(answerer([asked], [None])[0])

    with serving(respond) as server:
        out = call(
            workspace,
            capfd,
            *ask(
                server,
                "--prompt",
                str(path),
                "--shots",
                "0",
                "--limit",
                "6",
                "--price",
                "gpt-4o-mini",
                "--json",
            ),
        )
        assert len(server.asked) == 6
        found, rows = made(workspace, out)
        again = call(
            workspace,
            capfd,
            *ask(
                server,
                "--prompt",
                str(path),
                "--shots",
                "0",
                "--limit",
                "6",
                "--metric",
                "chrf",
                "--json",
            ),
        )
        assert len(server.asked) == 6, "another metric asks nothing"
        assert made(workspace, again)[0].scores[0].metric == "chrf"
    out = call(workspace, capfd, "evaluate", "demo", "--model", "starter-translate", "--limit", "6",
               "--json")  # fmt: skip
    here, local = made(workspace, out)
    assert [row["prediction"] for row in rows] == [row["prediction"] for row in local]
    assert found.score("bleu").value == here.score("bleu").value
    assert (found.kind, found.model, found.example_set) == ("endpoint", "tiny", here.example_set)
    assert found.settings["endpoint"] == {"url": server.url, "model": "tiny"}
    assert found.settings["prompt"]["template"] == "As it is: {input}"
    assert found.settings["price"]["source"].startswith("A0078: openai gpt-4o-mini")
    for row in rows:
        assert row["seconds"] > 0
        words = len(row["prediction"].split())
        assert (row["input_tokens"], row["output_tokens"]) == (7, words)
        assert row["dollars"] == pytest.approx((7 * 0.15 + words * 0.6) / 1e6)


def test_the_task_is_explained_with_solved_examples(workspace, capfd):
    with serving(lambda *_: reply("x")) as server:
        call(workspace, capfd, *ask(server, "--limit", "1"))
    (body,) = server.asked
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant"] * 3 + ["user"]
    assert body["messages"][0]["content"].startswith("Translate the text from English to German.")
    assert {turn["content"] for turn in body["messages"] if turn["role"] == "assistant"} <= {
        f"Wort {n}." for n in range(5)
    }


def test_stopped_at_sixty_percent_it_goes_on_at_sixty_percent(workspace, capfd):
    up = [False]

    def respond(number, body):
        return fault(400, "overloaded") if number >= 12 and not up[0] else reply(IMAGE)

    with serving(respond) as server:
        command = ask(server, "--concurrency", "1", "--json")
        out = call(workspace, capfd, *command, status=1)
        last = out.err.splitlines()[-1]
        assert "8 of 20 questions got no answer, which is no test of tiny" in last
        before = set(server.questions[:12])
        up[0], count = True, len(server.asked)
        found, rows = made(workspace, call(workspace, capfd, *command))
        assert len(server.asked) - count == 8
        assert not before & set(server.questions[count:])
    assert found.n == 20
    assert {row["prediction"] for row in rows} == {IMAGE}
    assert "failed" not in found.settings
    assert "the same command asks for the rest" in last


def test_a_question_that_fails_is_told_and_asked_again(workspace, capfd):
    bad = [True]

    def respond(_, body):
        asked = body["messages"][-1]["content"]
        return fault(422, "odd") if "Line 3 of" in asked and bad[0] else reply("x")

    with serving(respond) as server:
        found, rows = made(workspace, call(workspace, capfd, *ask(server, "--json")))
        assert found.settings["failed"] == 1
        assert "refused this question (422: 'odd')" in rows[3]["error"]
        bad[0], count = False, len(server.asked)
        again, rows = made(workspace, call(workspace, capfd, *ask(server, "--json")))
        assert len(server.asked) - count == 1
    assert again.evaluation != found.evaluation
    assert "error" not in rows[3]


def test_the_key_is_nowhere(workspace, capfd, monkeypatch):
    monkeypatch.setenv("TEST_KEY", SECRET)

    def respond(number, body):
        return reply(f"You sent {SECRET}")

    with serving(respond) as server:
        out = call(workspace, capfd, *ask(server, "--key-env", "TEST_KEY"))
        assert server.headers[0]["Authorization"] == f"Bearer {SECRET}"
    with serving(lambda *_: fault(403, f"{SECRET} may not")) as server:
        refused = call(workspace, capfd, *ask(server, "--key-env", "TEST_KEY"), status=1)
    assert "does not allow this (403: '[key] may not')" in refused.err
    shown = call(workspace, capfd, "jobs", "list").out
    assert SECRET not in out.out + out.err + refused.out + refused.err + shown
    assert holding(workspace.root, SECRET.encode()) == []
    assert holding(workspace.root, b"You sent [key]")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--endpoint", "http://127.0.0.1:9"], "give it with --model"),
        (["--endpoint", "nowhere", "--model", "m"], "cannot be asked"),
        (["--model", "copy-source", "--shots", "2"], "copy-source is neither"),
        (["--endpoint", "http://127.0.0.1:9", "--model", "m", "--shots", "99"], "99 examples"),
        (["--endpoint", "http://127.0.0.1:9", "--model", "m", "--prompt", "/no"], "no file '/no'"),
        (
            ["--endpoint", "http://127.0.0.1:9", "--model", "m", "--predictions", "x.csv"],
            "not both",
        ),
        (["--endpoint", "http://127.0.0.1:9", "--model", "m", "--key-env", "NO_KEY"], "is not set"),
        (["--endpoint", "http://127.0.0.1:9", "--model", "m", "--max-tokens", "0"], "0 tokens"),
    ],
)
def test_a_wrong_request_is_refused_before_anything_is_asked(workspace, capfd, words, message):
    out = call(workspace, capfd, "evaluate", "demo", *words, status=2)
    assert message in out.err
    assert len(out.err.splitlines()) == 1
    assert not (workspace.root / "jobs").exists()


def test_ids_that_one_side_lacks_are_named(workspace, capfd, tmp_path):
    path = tmp_path / "mine.jsonl"
    rows = [{"id": e.id, "prediction": "x"} for e in ROWS[:18]] + [
        {"id": "\x1b[31mz", "prediction": ""}
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(SystemExit):
        main(["evaluate", "demo", "--predictions", str(path), "--split", "test",
              "--workspace", str(workspace.root)])  # fmt: skip
    said = capfd.readouterr().err
    assert (
        "18 ids of the file are scored; 2 of the dataset's ids are not in it (such as '18', '19')"
        in said
    )
    assert "1 of its ids are not in the dataset (such as '\\x1b[31mz')" in said
