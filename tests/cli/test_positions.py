"""`assay positions` as a person or a script calls it."""

import json
import math

import numpy as np
import pytest

from core.cli.positions import SCHEME_NAMES
from tests.interpret import models


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


def test_words_swapped(assay, tmp_path) -> None:
    code, out, _ = assay("positions", "--words", "dog bites man", "--swap", "1,2", "--json")
    found = json.loads(out)
    assert code == 0 and found["swapped"] == ["bites", "dog", "man"]
    assert found["largest_change_without_positions"] < 1e-12
    assert found["largest_change_with_positions"] > 0.01
    assert found["panels"][0]["name"] == "order_without"


def test_side_by_side(assay) -> None:
    code, out, _ = assay("positions", "--compare", "rope,yarn,llama3", "--factor", "8",
                         "--trained", "8192", "--base", "500000", "--json")  # fmt: skip
    found = json.loads(out)
    assert code == 0 and found["settings"]["length"] == 65_536
    ratios = next(panel for panel in found["panels"] if panel["name"] == "beside_ratios")
    assert ratios["lines"]["llama3"][0] == 1 and ratios["lines"]["llama3"][-1] == pytest.approx(8)


def test_the_numbers_at_a_position(assay) -> None:
    code, out, _ = assay("positions", "--scheme", "sinusoidal", "--dimension", "64", "--position",
                         "17", "--pair", "3", "--json")  # fmt: skip
    at = json.loads(out)["at"]
    angle = 17 / 10_000 ** (6 / 64)
    assert code == 0 and at["columns"] == [6, 7] and at["angle_radians"] == pytest.approx(angle)
    assert (at["sin"], at["cos"]) == pytest.approx((math.sin(angle), math.cos(angle)))
    _, out, _ = assay("positions", "--scheme", "t5", "--distance", "-200", "--json")
    assert json.loads(out)["at"] == {
        "distance_tokens": -200, "bucket_encoder": 15, "bucket_decoder": 31,
    }  # fmt: skip


@pytest.mark.parametrize("what", [("--scheme", "alibi"), ("--words", "<s> </script> 狗"),
                                  ("--compare", "rope,alibi")])  # fmt: skip
def test_every_file_is_written(assay, tmp_path, what) -> None:
    files = [tmp_path / f"x.{kind}" for kind in ("html", "svg", "png", "npz")]
    flags = [word for path in files for word in (f"--{path.suffix[1:]}", str(path))]
    code, out, _ = assay("positions", *what, "--json", *flags)
    assert code == 0 and all(path.stat().st_size > 500 for path in files)
    assert json.loads(out)["hash"][:12] in files[0].read_text("utf-8")
    with np.load(files[3]) as arrays:
        assert any(name.endswith(".x") for name in arrays.files)


def test_the_hash_tells_settings_apart(assay) -> None:
    made = {
        json.loads(assay("positions", "--scheme", "alibi", "--heads", heads, "--json")[1])["hash"]
        for heads in ("4", "8", "12")
    }
    assert len(made) == 3


@pytest.mark.parametrize(("arguments", "words"), [
    (("--compare", "rope"), "1 cannot be compared"),
    (("--compare", "rope,t5"), "T5's bias is learnt"),
    (("--compare", "rope,yarn", "--scheme", "rope"), "--compare stands alone"),
    (("--words", "one"), "has 1 word"),
    (("--words", "a b", "--swap", "1"), "names no two words"),
    (("--words", "a b", "--swap", "1,9"), "no word 8"),
    (("--scheme", "t5", "--position", "3"), "turns none"),
    (("--scheme", "rope", "--distance", "3"), "asks for a bucket"),
    (("--scheme", "rope", "--position", "3", "--pair", "99"), "no pair 99"),
    (("--scheme", "learned", "--png", "{tmp}/x.png"), "Nothing was written"),
    ((), "One of --scheme and --model is wanted"),
    (("--scheme", "t5", "--model", "m"), "One of --scheme and --model is wanted"),
    (("--scheme", "xpos"), "Invalid value for '--scheme'"),
    (("--scheme", "rope", "--dimension", "7"), "give an even number"),
    (("--model", "no-such-model"), "There is no model called 'no-such-model'"),
    (("--scheme", "rope", "--html", "/nowhere/x.html"), "cannot be written"),
])  # fmt: skip
def test_a_wrong_request_ends_with_one_line(assay, tmp_path, arguments, words) -> None:
    code, out, err = assay("positions", *(word.format(tmp=tmp_path) for word in arguments))
    assert (code, out) == (2, "")
    assert err.startswith("assay: ") and words in err and err.count("\n") == 1
