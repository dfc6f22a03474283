"""Files of predictions: what is read, and what is refused in which words."""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from core.errors import BadInput, NotFound
from core.evaluate.answer import Answer
from core.evaluate.answers import read_answers


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def texts(path: Path) -> dict[str, str]:
    return {id_: answer.text for id_, answer in read_answers(path).items()}


def test_a_table_is_read_as_it_is(tmp_path: Path) -> None:
    text = '\ufeffprediction,note,id\r\n"=1+1, ""x""",n,1\r\n"two\nlines",,2\r\n  space ,,ü\r\n'
    expected = {"1": '=1+1, "x"', "2": "two\nlines", "ü": "  space "}
    assert texts(write(tmp_path / "a.csv", text)) == expected
    assert texts(write(tmp_path / "a.TSV", "id\tprediction\n1\ta,b\n")) == {"1": "a,b"}


def test_lines_of_json_are_read(tmp_path: Path) -> None:
    rows = [{"id": 7, "prediction": "</s>\u2028<b>"}, {"id": "x", "prediction": 1},
            {"id": "y", "prediction": ""}]  # fmt: skip
    text = "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path = write(tmp_path / "a.jsonl", text + '\n{"id": "z", "prediction": "\\ud800"}\n')
    assert texts(path) == {"7": "</s>\u2028<b>", "x": "1", "y": "", "z": "?"}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "id,answer\n1,x\n", "no column prediction; its columns are id, answer"),
        ("a.csv", "", "no column id and no column prediction; its columns are none"),
        ("a.csv", "id,prediction\n1,x\n1,y\n", "names 1 ids more than once (again: '1' on line 3)"),
        ("a.csv", "id,prediction\n1\n", "line 2: the row has too few columns"),
        ("a.csv", "id,prediction\n", "holds no prediction"),
        ("a.jsonl", '{"id": 1}\n', "line 1: expected an object"),
        ("a.jsonl", "[1]\n", "line 1: expected an object"),
        ("a.jsonl", '{"id": 1, "prediction": "x"}\nnot json\n', "line 2: expected an object"),
        ("a.jsonl", '{"id": 1, "prediction": null}\n', "must be text, not NoneType"),
        ("a.jsonl", '{"id": true, "prediction": "x"}\n', "must be text, not bool"),
        ("a.jsonl", '{"id": 1, "prediction": "x", "seconds": true}\n', "seconds is 'True'"),
        ("a.json", '[{"id": 1, "prediction": "x"}, 2]', "line 2: expected an object"),
        ("a.json", '{"id": 1, "prediction": "x"}', "is no JSON list of objects"),
        ("a.json", '[{"id": 1, "prediction": "x"}', "is no JSON list of objects"),
        ("a.csv", "id,prediction,seconds\n1,x,soon\n", "line 2: seconds is 'soon'"),
        ("a.csv", "id,prediction,dollars\n1,x,-1\n", "dollars is '-1'; expected a number of 0"),
        ("a.csv", "id,prediction,dollars\n1,x,inf\n", "dollars is 'inf'"),
        ("a.csv", "id,prediction,output_tokens\n1,x,1.5\n", "tokens are counted in whole"),
        ("a.csv", "id,prediction,probability_x\n1,x,1.2\n", "expected a number from 0 to 1"),
        ("a.csv", "id,prediction,confidence\n1,x,nan\n", "confidence is 'nan'"),
        ("a.parquet", "no parquet", "cannot be read as Parquet"),
        ("a.xlsx", "x", "expected .csv, .tsv, .jsonl, .ndjson, .json, .parquet"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(BadInput) as error:
        read_answers(write(tmp_path / name, text))
    assert words in str(error.value)


def test_what_else_is_known_of_an_answer_is_read(tmp_path: Path) -> None:
    text = (
        "id,prediction,seconds,input_tokens,output_tokens,dollars,probability_pay,probability_card"
        ",confidence\n1,pay,0.25,12,1,0.0001,0.7,0.3,0.7\n2,card,,,,,,,0.6\n3,card,,,,,0,1,\n"
    )
    assert list(read_answers(write(tmp_path / "a.csv", text)).values()) == [
        Answer("pay", {"pay": 0.7, "card": 0.3}, seconds=0.25, input_tokens=12, output_tokens=1,
               dollars=0.0001),
        Answer("card", {"card": 0.6}),
        Answer("card", {"pay": 0.0, "card": 1.0}),
    ]  # fmt: skip


def test_lists_and_parquet_say_the_same_as_lines(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "prediction": "=1+1", "seconds": 1.5},
        {"id": "b", "prediction": "", "seconds": None},
    ]
    write(tmp_path / "a.json", json.dumps(rows, indent=1))
    write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)))
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    expected = {"a": Answer("=1+1", seconds=1.5), "b": Answer("")}
    for kind in ("json", "jsonl", "parquet"):
        assert read_answers(tmp_path / f"a.{kind}") == expected
    parquet.write_table(pa.table({"id": ["a"], "said": ["x"]}), tmp_path / "b.parquet")
    with pytest.raises(BadInput, match="no column prediction; its columns are id, said"):
        read_answers(tmp_path / "b.parquet")


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
