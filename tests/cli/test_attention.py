"""`assay attention` as a person or a script calls it."""

import json

import numpy as np
import pytest

from core import record
from core.data import dataset
from core.data.dataset import Example
from core.text.literal import printable
from core.workspace import Workspace
from tests.interpret import models

TEXT, TARGET = "where is the cat", "the mat"


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
    assert "wrote nothing but special tokens" in out
    page = html.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and "src=" not in page and "href=" not in page


def test_pictures_are_written_without_a_browser(assay, folder, tmp_path) -> None:
    svg, png = tmp_path / "a.svg", tmp_path / "a.png"
    words = (folder, TEXT, "--target", TARGET, "--kind", "cross", "--layer", "1")
    code, _, err = assay("attention", *words, "--head", "2", "--svg", str(svg), "--png", str(png))
    assert code == 0 and err.count("Wrote") == 2
    drawn = svg.read_text(encoding="utf-8")
    assert "Head 1.2, cross" in drawn and "hash of model, input and settings" in drawn
    assert png.read_bytes().startswith(b"\x89PNG")
    assay("attention", *words, "--head", "2", "--svg", str(svg), "--language", "zh")
    assert "1.2 号头" in svg.read_text(encoding="utf-8")
    assay("attention", *words, "--picture", "lines", "--svg", str(svg))
    assert "<path" in svg.read_text(encoding="utf-8")
    assay("attention", folder, TEXT, "--target", TARGET, "--svg", str(svg))
    assert "All " in svg.read_text(encoding="utf-8")


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


def test_one_head_and_what_it_looks_at_most(assay, folder) -> None:
    place = ("--kind", "cross", "--layer", "1", "--head", "2")
    code, out, _ = assay("attention", folder, TEXT, "--target", TARGET, *place)
    assert code == 0 and "Head 1.2 (cross): its strongest looks" in out
    _, out, _ = assay("attention", folder, TEXT, "--target", TARGET, *place, "--json")
    looks = json.loads(out)["looks"]
    weights = [look["weight"] for look in looks]
    assert weights == sorted(weights, reverse=True) and len(looks) == 9
    assert {look["key_token"] for look in looks} <= {"is", "the", "cat"}
    assert looks[0]["query_token"] in ("<pad>", *TARGET.split())
    _, out, _ = assay("attention", folder, TEXT, "--target", TARGET, *place[:4])
    assert "Layer 1 (cross), mean of its heads: the strongest looks" in out


def test_json_tells_groups_windows_and_what_was_read(assay, tmp_path) -> None:
    path = tmp_path / "tiny-gemma"
    models.build("gemma3").save_pretrained(path)
    models.tokenizer(end=False).save_pretrained(path)
    _, out, _ = assay("attention", str(path), TEXT, "--generate", "3", "--json")
    found = json.loads(out)
    assert found["key_heads"] == {"decoder": 2} and found["heads"] == 4
    assert found["windows_tokens"] == {"decoder": [4, 4, None]}
    assert found["causal"] == {"decoder": True}
    assert found["generated_from"] == 4 and len(found["tokens"]) == 7
    assert found["parity"]["mask_max_weight"] == 0
    assert (found["window"], found["windows"], found["cut_tokens"]) == (1, 1, 0)
    assert found["kept"] is None and found["looks"] is None
    _, out, _ = assay("attention", str(path), TEXT, "--generate", "3")
    assert "The model wrote the text from token 5 on:" in out
    assert "4 heads share 2 key and value heads, 2 heads each" in out
    assert "2 of 3 layers see the last 4 tokens only" in out


def test_a_text_over_the_limit_is_read_window_by_window(assay, tmp_path) -> None:
    path = tmp_path / "tiny-bert"
    models.build("bert").save_pretrained(path)
    models.tokenizer().save_pretrained(path)
    _, out, _ = assay("attention", str(path), "cat " * 40)
    assert "Tokens 32–40 are not read. Window 2 of 2 shows them." in out
    _, out, _ = assay("attention", str(path), "cat " * 40, "--window", "2", "--json")
    found = json.loads(out)
    assert (found["first_token"], found["last_token"], found["text_tokens"]) == (32, 40, 40)
    assert found["cut_tokens"] == 31 and found["windows"] == 2


def test_one_layer_of_a_long_text_is_written_exactly(assay, folder, tmp_path) -> None:
    npz, whole = tmp_path / "one.npz", tmp_path / "all.npz"
    words = (folder, TEXT, "--target", TARGET)
    assay("attention", *words, "--npz", str(whole))
    code, out, _ = assay("attention", *words, "--long", "--kind", "encoder", "--layer", "2",
                         "--json", "--npz", str(npz))  # fmt: skip
    found = json.loads(out)
    assert code == 0 and found["kept"] == {"kind": "encoder", "layer": 2}
    assert {head["layer"] for head in found["heads_summary"]} == {2}
    assert len(found["looks"]) == 12
    with np.load(npz) as one, np.load(whole) as every:
        assert one["encoder"].shape == (1, 4, 5, 5) and one["encoder"].dtype == np.float32
        assert np.abs(one["encoder"][0] - every["encoder"][2]).max() < 1e-6
    _, out, _ = assay("attention", *words, "--long")
    assert "Layer 1 (cross) is kept alone, as asked" in out
    html = tmp_path / "x.html"
    code, _, _ = assay("attention", *words, "--long", "--html", str(html))
    assert code == 0 and "is kept alone, as asked" in html.read_text(encoding="utf-8")


def test_bloom_is_drawn_and_says_what_was_not_checked(assay, tmp_path) -> None:
    path = tmp_path / "tiny-bloom"
    models.build("bloom").save_pretrained(path)
    models.tokenizer(end=False).save_pretrained(path)
    code, out, _ = assay("attention", str(path), TEXT)
    assert code == 0 and "The picture is the model's own output" in out
    _, out, _ = assay("attention", str(path), TEXT, "--json")
    assert json.loads(out)["parity"]["attention_max_abs_error"] is None


@pytest.mark.parametrize(("arguments", "words"), [
    (("MODEL", TEXT, "--layer", "9", "--kind", "cross"), "no cross layer 9 in MODEL; choose one"),
    (("MODEL", TEXT, "--layer", "0"), "Layer 0 of which attention? Choose a kind: encoder or dec"),
    (("MODEL", TEXT, "--head", "0"), "Head 0 of which layer? Give a layer"),
    (("MODEL", TEXT, "--kind", "cross", "--layer", "0", "--head", "4"), "no cross head 4 in"),
    (("MODEL", TEXT, "--target", "a", "--generate", "3"), "Give the target, or let the model"),
    (("MODEL", TEXT, "--long", "--layer", "7"), "There is no cross layer 7"),
    (("BERT", TEXT, "--kind", "cross"), "no cross attention, as it has no decoder that reads"),
    (("BERT", TEXT, "--generate", "3"), "This model does not write text"),
    (("MAMBA", TEXT), "has no attention to draw"),
    (("no-such-model", TEXT), "There is no model called 'no-such-model'"),
    (("MODEL", TEXT, "--window", "2"), "There is no window 2: for this model the text has 1"),
    (("MODEL", " "), "The text is empty"),
    (("MODEL", TEXT, "--npz", "/nowhere/x.npz"), "'/nowhere/x.npz' cannot be written"),
    (("MODEL",), "Missing argument 'TEXT'"),
])  # fmt: skip
def test_a_wrong_request_ends_with_one_line(assay, folder, tmp_path, arguments, words) -> None:
    folders = {"MODEL": folder}
    for name in {"BERT", "MAMBA"} & {*arguments}:
        folders[name] = str(tmp_path / name)
        models.build(name.lower()).save_pretrained(folders[name])
        models.tokenizer().save_pretrained(folders[name])
    code, out, err = assay("attention", *(folders.get(a, a) for a in arguments))
    words = words.replace("MODEL", folder)
    assert (code, out) == (2, "")
    assert err.startswith("assay: ") and words in err and err.count("\n") == 1


def test_a_terminal_obeys_no_model_output() -> None:
    assert printable("a\x1b[31mred\nb") == "a [31mred b"
