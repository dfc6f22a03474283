import json

import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

from core.data.collect import Options, Source, collect
from core.data.folders import open_folder
from core.data.sources import find
from core.errors import BadInput

CLASSES = json.dumps(
    {"info": {"features": {"text": {"dtype": "string", "_type": "Value"},
                           "label": {"names": ["bad", "good"], "_type": "ClassLabel"}}}}
)  # fmt: skip
TABLE = pa.table({"text": ["x", "y", "z"], "label": [0, 1, -1]}).replace_schema_metadata(
    {"huggingface": CLASSES}
)
ROWS = {("x", "bad"), ("y", "good")}
"""The third row has no label."""


def rows(folder, task="text-classification", config=None):
    """What is read: split to (input, target); and the refused rows."""
    made = collect(Options(task), find([Source(folder, "d")], config=config).files)
    return {s: {(e.input, e.target) for e in part} for s, part in made.examples.items()}, made


def arrow(folder, table=TABLE, split="train", **state):
    folder.mkdir(parents=True, exist_ok=True)
    with ipc.new_stream(folder / "data-00000-of-00001.arrow", table.schema) as file:
        file.write_table(table)
    kept = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_split": split, **state}
    (folder / "state.json").write_text(json.dumps(kept))
    (folder / "dataset_info.json").write_text("{}")


def test_a_saved_dict_of_datasets(tmp_path):
    for split in ("train", "test"):
        arrow(tmp_path / split, split=split)
    (tmp_path / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    found, made = rows(tmp_path)
    assert found == {None: ROWS, "test": ROWS}
    assert made.tables[0].form == "arrow"
    assert [(r.line, r.reason, r.file) for r in made.refused[:1]] == [
        (3, "empty target (label)", "d/train/data-00000-of-00001.arrow")
    ]


def test_a_saved_dataset(tmp_path):
    arrow(tmp_path)
    assert rows(tmp_path)[0] == {None: ROWS}
    arrow(tmp_path, _indices_files=[{"filename": "i.arrow"}])
    with pytest.raises(BadInput, match="flatten_indices"):
        open_folder(tmp_path, "d")
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(BadInput, match=r"damaged: state\.json cannot be read"):
        open_folder(tmp_path, "d")


def test_a_repository_without_a_card_has_its_splits_in_the_names(tmp_path):
    (tmp_path / "data").mkdir()
    for name in ("train-00000-of-00002", "train-00001-of-00002", "validation-00000-of-00001"):
        parquet.write_table(TABLE, tmp_path / "data" / f"{name}.parquet")
    (tmp_path / "data" / "train.csv").write_text("a copy that is not read\n")
    found, made = rows(tmp_path)
    assert found == {None: ROWS, "validation": ROWS}
    assert len(made.examples[None]) == 4
    assert [e.id for e in made.examples[None]] == ["1", "2", "4", "5"]


CARD = """---
license: cc-by-4.0
configs:
- config_name: en
  data_files:
  - split: train
    path: en/*.jsonl
  - split: test
    path: ["held/*.jsonl"]
- config_name: de
  data_files: de/all.jsonl
---
# A dataset
"""


def test_a_card_says_which_files_and_its_configuration_is_asked_for(tmp_path):
    (tmp_path / "README.md").write_text(CARD)
    for place, text in (("en/a", "x"), ("en/b", "y"), ("held/c", "z"), ("de/all", "w")):
        path = tmp_path / f"{place}.jsonl"
        path.parent.mkdir(exist_ok=True)
        lines = (json.dumps({"text": f"{text}{n}", "label": "l"}) for n in range(2))
        path.write_text("\n".join(lines))
    found, _ = rows(tmp_path, config="en")
    assert {text for text, _ in found[None]} == {"x0", "x1", "y0", "y1"}
    assert {text for text, _ in found["test"]} == {"z0", "z1"}
    assert {text for text, _ in rows(tmp_path, config="de")[0][None]} == {"w0", "w1"}
    assert (
        find([Source(tmp_path, "d")], config="en").notes == "Licence, as its card says: cc-by-4.0."
    )
    with pytest.raises(BadInput, match="has the configurations en, de; name one with --config"):
        open_folder(tmp_path, "d")


@pytest.mark.parametrize(
    "path", ["../secret.jsonl", "/etc/passwd", "../**", "**/../../secret.jsonl"]
)
def test_no_card_leads_out_of_its_folder(tmp_path, path):
    (tmp_path / "secret.jsonl").write_text('{"text": "s", "label": "l"}\n' * 3)
    folder = tmp_path / "d"
    folder.mkdir()
    card = f"---\nconfigs:\n- config_name: default\n  data_files: '{path}'\n---\n"
    (folder / "README.md").write_text(card)
    with pytest.raises(BadInput, match="without data that can be read"):
        open_folder(folder, "d")
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": ["../d2", "..", 3]}))
    arrow(tmp_path / "d2")
    with pytest.raises(BadInput, match="without data that can be read"):
        open_folder(folder, "d")


def test_a_folder_with_code_is_read_without_it(tmp_path):
    (tmp_path / "d.py").write_text("raise SystemExit('executed')")
    (tmp_path / "train.csv").write_text("text,label\nx,a\ny,b\n")
    assert rows(tmp_path)[0] == {None: {("x", "a"), ("y", "b")}}


def test_splits_that_have_no_place_are_named(tmp_path):
    for split in ("train", "unsupervised"):
        arrow(tmp_path / split)
    (tmp_path / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "unsupervised"]}))
    assert open_folder(tmp_path, "d").left_out == ("unsupervised",)
    (tmp_path / "dataset_dict.json").write_text(json.dumps({"splits": ["test"]}))
    (tmp_path / "train").rename(tmp_path / "test")
    with pytest.raises(BadInput, match="no split to train on; it has test"):
        open_folder(tmp_path, "d")


def test_a_damaged_arrow_file_is_told(tmp_path):
    arrow(tmp_path)
    path = tmp_path / "data-00000-of-00001.arrow"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(BadInput, match="damaged Arrow file"):
        rows(tmp_path)


def test_official_files_do_not_go_with_a_folder(tmp_path):
    arrow(tmp_path / "d")
    other = Source(tmp_path / "t.csv", "t.csv")
    with pytest.raises(BadInput, match="brings its own splits"):
        find([Source(tmp_path / "d", "d")], test=[other])
    (tmp_path / "t.csv").write_text("text,label\nx,a\n")
    with pytest.raises(BadInput, match="--config is for a folder"):
        find([other], config="en")
