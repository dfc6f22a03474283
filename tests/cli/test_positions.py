"""`assay positions` as a person or a script calls it."""

import json
import math

import pytest

from core.cli.main import main
from core.cli.positions import SCHEME_NAMES
from tests.interpret import models


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


@pytest.mark.parametrize("name", SCHEME_NAMES)
def test_every_scheme_prints_its_formula_and_a_page(assay, tmp_path, name: str) -> None:
    html = tmp_path / "page.html"
    code, out, err = assay("positions", "--scheme", name, "--json", "--html", str(html))
    assert code == 0 and "Wrote" in err
    found = json.loads(out)
    assert found["scheme"] == name and found["model"] is None and found["limit"] is None
    assert found["formula"] and found["url"].startswith("https://arxiv.org/")
    assert html.read_text(encoding="utf-8").startswith("<!doctype html>")
    code, out, _ = assay("positions", "--scheme", name)
    assert code == 0 and found["formula"] in out


def test_sinusoidal_numbers_are_the_formulas(assay) -> None:
    _, out, _ = assay(
        "positions", "--scheme", "sinusoidal", "--positions", "5", "--dimension", "4", "--json"
    )
    encoding = json.loads(out)["panels"][0]
    assert encoding["name"] == "encoding" and encoding["matrix"][0] == [0, 1, 0, 1]
    assert encoding["matrix"][3] == pytest.approx(
        [math.sin(3), math.cos(3), math.sin(0.03), math.cos(0.03)]
    )


def test_a_models_own_scheme(assay, tmp_path) -> None:
    folder = tmp_path / "tiny-t5"
    models.build("t5").save_pretrained(folder)
    code, out, _ = assay("positions", "--model", str(folder), "--json")
    found = json.loads(out)
    assert code == 0 and found["scheme"] == "t5"
    assert found["limit"] == {"kind": "saturation", "tokens": None, "both": 91, "back": 113}
    assert found["facts"]["buckets"] == 32 and found["facts"]["heads"] == 4
    assert [panel["name"] for panel in found["panels"]] == [
        "bias_encoder", "toeplitz_encoder", "bias_decoder", "toeplitz_decoder", "buckets",
    ]  # fmt: skip
    again = assay("positions", "--model", str(folder), "--json")
    assert json.loads(again[1]) == found


@pytest.mark.parametrize(("arguments", "words"), [
    ((), "One of --scheme and --model is wanted"),
    (("--scheme", "t5", "--model", "m"), "One of --scheme and --model is wanted"),
    (("--scheme", "xpos"), "Invalid value for '--scheme'"),
    (("--scheme", "rope", "--dimension", "7"), "give an even number"),
    (("--model", "no-such-model"), "There is no model called 'no-such-model'"),
    (("--scheme", "rope", "--html", "/nowhere/x.html"), "cannot be written"),
])  # fmt: skip
def test_a_wrong_request_ends_with_one_line(assay, arguments, words) -> None:
    code, out, err = assay("positions", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("assay: ") and words in err and err.count("\n") == 1
