import json

import pytest


@pytest.fixture
def assay(assay, tmp_path, monkeypatch):
    """Run a command in an empty folder, in a workspace with the dataset `mails`."""
    monkeypatch.chdir(tmp_path)
    lines = [f"please call {n} times,{'ab'[n % 2]}" for n in range(40)]
    lines[3] = "<p>write to ann@example.com</p>,a"
    (tmp_path / "mails.csv").write_text("text,label\n" + "\n".join(lines) + "\n")

    assert assay("data", "import", "mails.csv", "--task", "text-classification")[0] == 0
    return assay


CLEAN = ("data", "clean", "mails")


def test_clean_makes_a_version_and_another_runs_its_recipe(assay, tmp_path):
    code, out, err = assay(*CLEAN, "--step", "pii", "--step", "html", "--json")
    made = json.loads(out)
    assert code == 0
    assert made["version"] != made["parent"]
    assert [(step["step"], step["changed"]["train"] + step["changed"]["test"]
             + step["changed"]["validation"]) for step in made["steps"]] == [
        ("html", 1), ("pii", 1),
    ]  # fmt: skip
    assert "→ write to [EMAIL]" in err
    shown = json.loads(assay("data", "show", "mails", "--json")[1])
    assert (shown["version"], shown["report"]["parent"]) == (made["version"], made["parent"])

    (tmp_path / "r.toml").write_text(made["recipe_toml"])
    for source in ("r.toml", f"mails@{made['version']}"):
        again = json.loads(
            assay("data", "clean", f"mails@{made['parent']}", "--recipe", source, "--json")[1]
        )
        assert again["version"] == made["version"]
    code, out, _ = assay(*CLEAN, "--recipe", "r.toml")
    assert (code, "no new version was made" in out) == (0, True)


def test_a_dry_run_keeps_nothing(assay):
    code, out, _ = assay(*CLEAN, "--step", "length", "--set", "length.input_most=17", "--dry-run")
    assert code == 0
    assert "nothing was kept" in out
    assert len(json.loads(assay("data", "show", "mails", "--json")[1])["versions"]) == 1


def test_steps_are_listed_with_their_settings(assay):
    code, out, _ = assay("data", "steps", "--json")
    listed = json.loads(out)["steps"]
    assert code == 0
    assert [step["name"] for step in listed][:3] == ["nfc", "control", "html"]
    assert listed[-1]["settings"] == {"most": 4.0}
    assert "length.input_most=2000" in assay("data", "steps")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "No cleaning step was chosen"),
        (("--step", "wash"), "no cleaning step called 'wash'"),
        (("--step", "html", "--set", "html"), "expected STEP.KEY=VALUE"),
        (("--step", "html", "--recipe", "mails"), "give it or --step and --set"),
        (("--recipe", "mails"), "holds no recipe"),
        (("--step", "length", "--set", "length.input_most=1"), "no training row"),
    ],
)
def test_a_wrong_request_is_one_line_and_exit_2(assay, arguments, message):
    code, out, err = assay(*CLEAN, *arguments, "--json")
    assert (code, out) == (2, "")
    assert message in err
    assert err.splitlines()[-1].startswith("assay: ")
