"""`assay explain` and `assay trust` as a person or a script calls them."""

import json

import numpy as np
import pytest

from core.data import dataset
from core.data.dataset import Example
from core.workspace import Workspace
from tests.interpret import models

TEXT = "where is the cat on my mat"


@pytest.fixture
def folder(tmp_path):
    """Where a tiny model of a family lies, as `save_pretrained` leaves it."""

    def make(name: str) -> str:
        path = tmp_path / f"tiny-{name}"
        models.build(name).save_pretrained(path)
        models.tokenizer().save_pretrained(path)
        return str(path)

    return make


def test_json_has_the_scores_and_the_error_and_the_arrays_match(assay, folder, tmp_path) -> None:
    npz = tmp_path / "scores.npz"
    code, out, err = assay("explain", folder("t5"), TEXT, "--target", "the dog", "--lens",
                           "--json", "--npz", str(npz))  # fmt: skip
    assert code == 0 and "Wrote" in err
    found = json.loads(out)
    assert found["tokens"] == [*TEXT.split(), "</s>"]
    assert found["output_tokens"] == ["the", "dog", "</s>"] and found["positions"] == [0, 1, 2]
    complete = found["completeness"]
    assert complete["error"] == pytest.approx(
        sum(found["scores"]["integrated_gradients"])
        - (complete["value"] - complete["baseline_value"])
    )
    assert complete["error_share"] <= complete["tolerance_share"] and complete["converged"]
    assert (complete["baseline_token"], found["scale"]) == ("<pad>", "log_probability")
    with np.load(npz) as arrays:
        for name, scores in found["scores"].items():
            assert arrays[f"scores.{name}"].tolist() == scores
        assert arrays["gradient_attention"].sum((0, 1)) == pytest.approx(
            found["scores"]["gradient_attention"]
        )
    assert np.array(found["lens"]["probabilities"]).shape == (3, 3, 5)
    assert len(found["lens"]["settled_layer"]) == 3


def test_one_method_and_one_position(assay, folder) -> None:
    code, out, _ = assay("explain", folder("t5"), TEXT, "--target", "the dog", "--position", "1",
                         "--method", "ig", "--json")  # fmt: skip
    found = json.loads(out)
    assert code == 0
    assert list(found["scores"]) == ["integrated_gradients"] and found["positions"] == [1]
    assert "lens" not in found


def test_the_text_for_people_names_the_output_and_the_error(assay, folder) -> None:
    code, out, _ = assay("explain", folder("bert"), TEXT, "--lens")
    assert code == 0
    assert "class LABEL_" in out and "Completeness error" in out and "from <pad>" in out
    assert "classes or places, not in tokens" in out
    lines = [line for line in out.splitlines() if line.startswith("refund") or "cat" in line]
    assert lines


def test_a_method_that_a_model_has_not_is_a_wrong_request(assay, folder) -> None:
    code, _, err = assay("explain", folder("bloom"), TEXT, "--method", "grad-attention")
    assert code == 2 and "computes attention with code of its own" in err
    code, out, _ = assay("explain", folder("bloom"), TEXT)
    assert code == 0 and "Gradient × attention is not available" in out
    assert "integrated gradients" in out


def test_trust_of_one_text(assay, folder) -> None:
    code, out, _ = assay("trust", folder("t5"), TEXT, "--target", "the dog", "--json")
    found = json.loads(out)
    assert code == 0 and found["n"] == 1 and found["random_orders"] == 40
    for method in found["methods"]:
        name = method["method"]
        assert method["random_low"] == -method["random_high"]
        shares = found["shares"]
        areas = [np.trapezoid(found["curves"][curve][name], shares)
                 for curve in ("deletion", "insertion")]  # fmt: skip
        assert areas == pytest.approx([method["deletion_area"], method["insertion_area"]])
        assert method["difference"] == pytest.approx(areas[1] - areas[0])
    assert found["finding"].startswith("Attention ")
    code, out, _ = assay("trust", folder("t5"), TEXT, "--target", "the dog")
    assert code == 0 and found["finding"] in out and "not of the model" in out


def test_trust_over_a_dataset_is_a_job_with_intervals(assay, tmp_path) -> None:
    workspace = Workspace.open(tmp_path / "home")
    rows = [Example(str(n), f"It will arrive in {n} days.", "a") for n in range(2, 6)]
    dataset.save(workspace, "shop", "translation",
                 {"train": [Example("t", "a", "b")], "test": rows},
                 prefix="translate English to German: ")  # fmt: skip
    code, out, err = assay("trust", "starter-translate", "--dataset", "shop", "--json")
    assert code == 0, err
    found = json.loads(out)
    assert (found["n"], found["dataset"], found["replaced_by"]) == (4, "shop", "<pad>")
    for method in found["methods"]:
        assert method["difference_low"] <= method["difference"] <= method["difference_high"]
    assert set(found["curves"]["deletion"]) >= {"attention", "random_low", "random_high"}
    code, out, _ = assay("trust", "starter-translate", "--dataset", "shop")
    assert code == 0 and found["finding"] in out


@pytest.mark.parametrize(("arguments", "words"), [
    (["explain", "starter-translate", " "], "The text is empty"),
    (["explain", "starter-translate", "a b c", "--target", "a", "--position", "40"],
     "There is no position 40"),
    (["explain", "starter-translate", "a", "--label", "x"], "no classifier"),
    (["explain", "nobody", "a"], "There is no model called 'nobody'"),
    (["explain", "starter-translate", "a", "--npz", "/nowhere/x.npz"], "cannot be written"),
    (["trust", "starter-translate"], "Give a TEXT or --dataset D"),
    (["trust", "starter-translate", "a", "--dataset", "d"], "one of the two"),
    (["trust", "starter-translate", "--dataset", "none"], "no dataset called 'none'"),
    (["trust", "starter-causal", "The order"], "at least 3 tokens"),
])  # fmt: skip
def test_a_wrong_request_is_one_sentence(assay, arguments: list[str], words: str) -> None:
    code, out, err = assay(*arguments)
    assert code == 2 and not out
    assert words in err and len(err.strip().splitlines()) == 1
