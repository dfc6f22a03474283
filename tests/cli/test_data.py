import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture
def assay(assay, tmp_path, monkeypatch):
    """Run a command in an empty folder with a workspace of its own."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return assay


@pytest.fixture
def csv_file(tmp_path, assay):
    path = tmp_path / "work" / "Kunden Fragen.csv"
    path.write_text("text,label\n" + "".join(f"question {i},{'ab'[i % 2]}\n" for i in range(50)))
    return path.name


IMPORT = ("data", "import")
CLASSIFY = ("--task", "text-classification")


def test_import_list_show_check(assay, csv_file):
    code, out, err = assay(*IMPORT, csv_file, *CLASSIFY, "--json")
    made = json.loads(out)
    assert code == 0
    assert made["name"] == "kunden-fragen"
    assert len(made["version"]) == 12
    assert made["rows"] == 50
    assert made["refused"] == []
    assert made["splits"] == {"train": 40, "validation": 5, "test": 5}
    assert "input = text (guessed), target = label (guessed)" in err

    listed = json.loads(assay("data", "list", "--json")[1])["datasets"]
    assert [(row["name"], row["rows"]) for row in listed] == [("kunden-fragen", 50)]
    assert "kunden-fragen" in assay("data", "list")[1]

    shown = json.loads(assay("data", "show", "kunden-fragen", "--examples", "2", "--json")[1])
    assert shown["versions"] == [made["version"]]
    assert shown["labels"] == ["a", "b"]
    assert len(shown["examples"]) == 2
    assert made["version"] in assay("data", "show", f"kunden-fragen@{made['version']}")[1]

    code, out, _ = assay("data", "check", "kunden-fragen", "--json")
    checked = json.loads(out)
    assert (code, checked["fit"]) == (0, True)
    assert {finding["name"] for finding in checked["findings"]} == {"few_train", "few_test"}
    assert "needs a look" in assay("data", "check", "kunden-fragen")[1]


def test_an_import_says_which_further_columns_it_kept(assay):
    rows = "".join(f"question {i},{'ab'[i % 2]},{['mail', 'chat'][i % 2]}\n" for i in range(9))
    Path("f.csv").write_text("text,label,channel\n" + rows)
    _, out, err = assay(*IMPORT, "f.csv", *CLASSIFY, "--json")
    assert json.loads(out)["further_columns"] == ["channel"]
    assert "so that scores can be sliced by it: channel." in err


def test_refused_rows_are_in_the_json_and_on_standard_error(assay, csv_file):
    with Path(csv_file).open("a") as file:
        file.write(",a\nonly one cell\n")
    code, out, err = assay(*IMPORT, csv_file, *CLASSIFY, "--json")
    assert code == 0
    assert [(row["line"], row["reason"]) for row in json.loads(out)["refused"]] == [
        (52, "empty input (text)"),
        (53, "has 1 cell where the first row has 2"),
    ]
    assert "Rows refused: 2 of 52." in err
    assert "line 52: empty input (text)" in err


def test_official_splits_and_parallel_texts(assay, tmp_path):
    for name, lines in (("x.en", "a\nb\nc\n"), ("x.de", "A\nB\nC\n"), ("t.en", "c\nd\n"),
                        ("t.de", "C\nD\n")):  # fmt: skip
        (tmp_path / "work" / name).write_text(lines)
    code, out, err = assay(
        *IMPORT,
        "x.en",
        "x.de",
        "--task",
        "translation",
        "--test",
        "t.en",
        "--test",
        "t.de",
        "--json",
    )
    made = json.loads(out)
    assert code == 0
    assert made["splits"] == {"train": 2, "validation": 0, "test": 2}
    assert made["leaks_removed"] == 1
    assert made["prefix"] == "translate English to German: "
    assert "official test" in err


def test_a_sample_is_imported_by_its_name(assay):
    code, out, _ = assay(*IMPORT, "general-de", "--json")
    assert code == 0
    assert json.loads(out)["synthetic"] is True
    assert json.loads(assay(*IMPORT, "general-de", "--name", "mine", "--json")[1])["name"] == "mine"


def test_a_name_that_is_neither_file_nor_sample_is_said_to_be_so(assay):
    status, out, err = assay("data", "import", "support")
    assert (status, out) == (2, "")
    assert "There is no file, folder or sample called 'support'; the samples are localise" in err


def test_a_file_of_a_samples_name_comes_before_the_sample(assay, tmp_path):
    (tmp_path / "work" / "general-de").write_text("text,label\nx,a\ny,b\n")
    assert json.loads(assay(*IMPORT, "general-de", *CLASSIFY, "--json")[1])["rows"] == 2


@pytest.mark.parametrize(
    ("content", "more", "message"),
    [
        (None, CLASSIFY, "There is no file 'f.csv'"),
        ("", CLASSIFY, "is empty"),
        ("\0\1\2", CLASSIFY, "is not text"),
        ("text,label\nx,a\n", CLASSIFY, "has 1 row to train on; at least 2"),
        ("text,label\nx,a\ny,b\n", (*CLASSIFY, "--input", "body"), "Its columns: 'text', 'label'"),
        ("text,label\nx,a\ny,b\n", (*CLASSIFY, "--name", "../../x"), "cannot be a dataset name"),
        ("text,label\nx,a\ny,b\n", ("--task", "guessing"), "expected one of translation"),
        ("text,label\nx,a\ny,b\n", (), "Say what is to be learnt with --task"),
        ("text,label\nx,a\ny,b\n", (*CLASSIFY, "--target", "label", "--label", "label"),
         "give one of them"),
        ("text,label\nx,a\ny,b\n", (*CLASSIFY, "--test", "gone.csv"), "no file 'gone.csv'"),
        ("text,label\nx,a\ny,b\n", ("a.csv", "b.csv", *CLASSIFY), "more were given"),
    ],
)  # fmt: skip
def test_a_wrong_request_is_one_line_and_exit_2(assay, tmp_path, content, more, message):
    if content is not None:
        (tmp_path / "work" / "f.csv").write_text(content)
    code, out, err = assay(*IMPORT, "f.csv", *more, "--json")
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not list((tmp_path / "home").rglob("*.jsonl"))


def test_a_folder_without_data_is_refused(assay):
    code, _, err = assay(*IMPORT, ".", *CLASSIFY)
    assert code == 2
    assert "'.' is a folder without data that can be read" in err


def test_terminal_escapes_in_data_do_not_reach_the_terminal(assay, tmp_path):
    text = "\u001b[31mred\u001b[0m\u009b1m\u202e"
    (tmp_path / "work" / "f.csv").write_text(f"text,label\n{text},a\nx,a\ny,a\n")
    assay(*IMPORT, "f.csv", *CLASSIFY)
    code, out, _ = assay("data", "show", "f", "--split", "all")
    assert code == 0
    assert not set("\x1b\x9b\u202e") & set(out)


def test_listing_loads_no_heavy_library(tmp_path):
    code = (
        "import sys\nfrom core.cli.main import main\n"
        "try:\n    main(['data', 'list'])\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('torch', 'transformers', 'pandas', 'pyarrow', 'streamlit')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={"ASSAY_HOME": str(tmp_path), "PYTHONPATH": "."},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_dry_run_shows_how_a_file_is_understood_and_keeps_nothing(assay, tmp_path):
    text = "text;label\n" + "".join(f"Größe {i};{'ab'[i % 2]}\n" for i in range(30)) + "nur eine\n"
    (tmp_path / "work" / "f.csv").write_bytes(text.encode("utf-16"))
    code, out, err = assay(*IMPORT, "f.csv", *CLASSIFY, "--dry-run", "--json")
    seen = json.loads(out)
    assert code == 0
    (file,) = seen["files"]
    assert (file["encoding"], file["delimiter"], file["columns"]) == (
        "utf-16", ";", ["text", "label"],
    )  # fmt: skip
    assert seen["columns"] == {"input": "text", "target": "label"}
    assert (seen["usable"], seen["rows_read"], seen["refused"][0]["line"]) == (30, 31, 32)
    first = seen["examples"][0]
    assert (first["id"], first["input"], first["target"]) == ("1", "Größe 0", "a")
    assert "utf-16, cut at each semicolon" in err
    assert "Größe 0" in assay(*IMPORT, "f.csv", *CLASSIFY, "--dry-run")[1]
    assert not list((tmp_path / "home").rglob("record.json"))


def test_what_was_found_can_be_corrected(assay, tmp_path):
    big5 = "文字|類別\n" + "你好，我想退貨|a\n貨到哪裡了|b\n" * 5
    (tmp_path / "work" / "f.csv").write_bytes(big5.encode("big5"))
    said = ("--encoding", "big5", "--delimiter", "bar", "--no-header", "--json")
    code, out, _ = assay(*IMPORT, "f.csv", *CLASSIFY, *said, "--dry-run")
    seen = json.loads(out)
    assert (code, seen["files"][0]["columns"], seen["rows_read"]) == (0, ["1", "2"], 11)
    assert seen["examples"][1]["input"] == "你好，我想退貨"
    code, _, err = assay(*IMPORT, "f.csv", *CLASSIFY, "--encoding", "klingon")
    assert (code, "'klingon' is not an encoding; expected one such as utf-8" in err) == (2, True)
    code, _, err = assay(*IMPORT, "f.csv", *CLASSIFY, "--encoding", "utf-16")
    assert (code, "is not text in utf-16" in err) == (2, True)
    code, _, err = assay(*IMPORT, "f.csv", *CLASSIFY, "--delimiter", "::")
    assert (code, "'::' cannot stand between cells" in err) == (2, True)


def test_rows_come_from_standard_input(assay, tmp_path, monkeypatch):
    pasted = io.BytesIO(b"text\tlabel\n" + b"x\ta\ny\tb\n" * 5)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=pasted))
    code, out, _ = assay(*IMPORT, "-", *CLASSIFY, "--name", "pasted", "--json")
    made = json.loads(out)
    assert (code, made["rows"], made["source"]) == (0, 2, "standard input")
    assert (code, made["duplicates_removed"]) == (0, 8)
    assert not list((tmp_path / "home").glob(".import-*"))
    code, _, err = assay(*IMPORT, "-", "-", "--task", "translation")
    assert (code, "can be read once" in err) == (2, True)
