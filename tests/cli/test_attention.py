"""`assay attention` as a person or a script calls it."""

import json

import numpy as np
import pytest

from core import record
from core.cli.main import main
from core.data import dataset
from core.data.dataset import Example
from core.text.literal import printable
from core.workspace import Workspace
from tests.interpret import models

TEXT, TARGET = "where is the cat", "the mat"


@pytest.fixture
def assay(tmp_path, monkeypatch, capsys):
    """Run a command with a workspace of its own."""
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([*arguments])
        output = capsys.readouterr()
        return ended.value.code, output.out, output.err

    return run


@pytest.fixture
def folder(tmp_path) -> str:
    """A tiny T5 as `save_pretrained` leaves it."""
    path = tmp_path / "tiny-t5"
    models.build("t5").save_pretrained(path)
    models.tokenizer().save_pretrained(path)
    return str(path)


def test_json_has_every_head_and_the_arrays_match(assay, folder, tmp_path) -> None:
    npz = tmp_path / "weights.npz"
    code, out, err = assay(
        "attention", folder, TEXT, "--target", TARGET, "--json", "--npz", str(npz)
    )
    assert code == 0 and "Wrote" in err
    found = json.loads(out)
    assert found["tokens"] == [*TEXT.split(), "</s>"]
    assert found["target_tokens"] == ["<pad>", *TARGET.split()]
    assert found["next_tokens"] == [*TARGET.split(), "</s>"]
    assert (found["layers"], found["heads"]) == (3, 4)
    with np.load(npz) as arrays:
        for kind in ("encoder", "decoder", "cross"):
            shape = tuple(found["kinds"][kind].values())
            assert arrays[kind].shape == shape and arrays[kind].dtype == np.float32
        cross = arrays["cross"]
    assert found["parity"]["attention_max_abs_error"] < 1e-6
    assert {"output_max_abs_error", "row_sum_error"} < found["parity"].keys()
    heads = found["heads_summary"]
    assert len(heads) == 3 * 4 + 2 * 4 + 2 * 4
    row = next(h for h in heads if (h["kind"], h["layer"], h["head"]) == ("cross", 1, 2))
    weights = cross[1, 2].astype(float)
    entropy = -(weights * np.log(weights)).sum(-1).mean()
    assert row["entropy_nats"] == pytest.approx(entropy)
    assert row["sink_mass"] == pytest.approx((weights[:, 0] + weights[:, -1]).mean())


def test_the_same_request_is_computed_once(assay, folder, tmp_path) -> None:
    _, first, _ = assay("attention", folder, TEXT, "--target", TARGET, "--json")
    _, again, _ = assay("attention", folder, TEXT, "--target", TARGET, "--json")
    assert json.loads(first) == json.loads(again)
    assay("attention", folder, TEXT, "--target", "a dog", "--json")
    assert len(list((tmp_path / "home" / "captures").glob("*.npz"))) == 2


def test_text_for_people_and_one_offline_page(assay, folder, tmp_path) -> None:
    html = tmp_path / "page.html"
    code, out, _ = assay("attention", folder, TEXT, "--html", str(html))
    assert code == 0
    assert "The picture is the model's own attention, to within" in out
    assert "The model wrote the target itself" in out
    page = html.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and "src=" not in page and "href=" not in page


def test_a_run_reads_the_prefix_that_it_was_trained_with(assay, folder, tmp_path) -> None:
    workspace = Workspace.open()
    data = dataset.save(
        workspace, "pairs", "translation", {"test": [Example("1", "the cat", "a mat")]},
        source="made up", prefix="where is ",
    )  # fmt: skip
    run = workspace.run("my-run")
    record.write(run / "record.json", "run",
                 {"dataset": "pairs", "data_version": data.version})  # fmt: skip
    models.build("t5").save_pretrained(run / "model")
    models.tokenizer().save_pretrained(run / "model")
    for text in ("the cat", "where is the cat"):
        _, out, _ = assay("attention", "my-run", text, "--target", TARGET, "--json")
        assert json.loads(out)["tokens"] == ["where", "is", "the", "cat", "</s>"]
    assert json.loads(out)["prefix"] == ""


@pytest.mark.parametrize(("arguments", "words"), [
    (("no-such-model", TEXT), "There is no model called 'no-such-model'"),
    (("MODEL", TEXT, "--window", "2"), "There is no window 2: for this model the text has 1"),
    (("MODEL", " "), "The text is empty"),
    (("MODEL", TEXT, "--npz", "/nowhere/x.npz"), "'/nowhere/x.npz' cannot be written"),
    (("MODEL",), "Missing argument 'TEXT'"),
])  # fmt: skip
def test_a_wrong_request_ends_with_one_line(assay, folder, arguments, words) -> None:
    code, out, err = assay("attention", *(folder if a == "MODEL" else a for a in arguments))
    assert (code, out) == (2, "")
    assert err.startswith("assay: ") and words in err and err.count("\n") == 1


def test_a_terminal_obeys_no_model_output() -> None:
    assert printable("a\x1b[31mred\nb") == "a [31mred b"
