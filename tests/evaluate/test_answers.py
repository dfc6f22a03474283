"""Files of predictions: what is read, and what is refused in which words."""

import csv
import json
from pathlib import Path

import pytest

from core.errors import BadInput, NotFound
from core.evaluate.answers import read_answers


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def test_a_table_is_read_as_it_is(tmp_path: Path) -> None:
    text = '\ufeffprediction,note,id\r\n"=1+1, ""x""",n,1\r\n"two\nlines",,2\r\n  space ,,ü\r\n'
    expected = {"1": '=1+1, "x"', "2": "two\nlines", "ü": "  space "}
    assert read_answers(write(tmp_path / "a.csv", text)) == expected
    assert read_answers(write(tmp_path / "a.TSV", "id\tprediction\n1\ta,b\n")) == {"1": "a,b"}


def test_lines_of_json_are_read(tmp_path: Path) -> None:
    rows = [{"id": 7, "prediction": "</s>\u2028<b>"}, {"id": "x", "prediction": 1},
            {"id": "y", "prediction": ""}]  # fmt: skip
    text = "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path = write(tmp_path / "a.jsonl", text + '\n{"id": "z", "prediction": "\\ud800"}\n')
    assert read_answers(path) == {"7": "</s>\u2028<b>", "x": "1", "y": "", "z": "?"}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "id,answer\n1,x\n", "no column prediction; its columns are id, answer"),
        ("a.csv", "", "no column id and no column prediction; its columns are none"),
        ("a.csv", "id,prediction\n1,x\n1,y\n", "line 3: the id '1' occurs twice"),
        ("a.csv", "id,prediction\n1\n", "line 2: the row has too few columns"),
        ("a.csv", "id,prediction\n", "holds no prediction"),
        ("a.jsonl", '{"id": 1}\n', "line 1: expected an object"),
        ("a.jsonl", "[1]\n", "line 1: expected an object"),
        ("a.jsonl", '{"id": 1, "prediction": "x"}\nnot json\n', "line 2: expected an object"),
        ("a.jsonl", '{"id": 1, "prediction": null}\n', "must be text, not NoneType"),
        ("a.jsonl", '{"id": true, "prediction": "x"}\n', "must be text, not bool"),
        ("a.xlsx", "x", "expected .csv, .tsv or .jsonl"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(BadInput) as error:
        read_answers(write(tmp_path / name, text))
    assert words in str(error.value)


def test_other_encodings_and_missing_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id,prediction\n1,caf\xe9\n".encode("latin-1"))
    with pytest.raises(BadInput, match="not UTF-8"):
        read_answers(path)
    with pytest.raises(NotFound, match="There is no file"):
        read_answers(tmp_path / "none.csv")
    # A limit of the whole process: reading a dataset raises it.
    limit = csv.field_size_limit(131_072)
    try:
        with pytest.raises(BadInput, match="cannot be read as a table"):
            read_answers(write(tmp_path / "big.csv", "id,prediction\n1," + "x" * 200_000 + "\n"))
    finally:
        csv.field_size_limit(limit)
