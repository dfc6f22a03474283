import gzip
import json

import pyarrow as pa
import pytest
from pyarrow import parquet

from core.data.files import Reading, open_parallel, open_table
from core.data.rows import Refused, Row, stem, suffix
from core.errors import BadInput, NotFound


def table(tmp_path, name, content, **reading):
    path = tmp_path / "file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_table(path, name, Reading(**reading))


def cells(made):
    return [row.cells for row in made.rows() if isinstance(row, Row)]


EXPECTED = [{"text": "a, b", "label": "x"}, {"text": "ü\n你好", "label": "y"}]
CSV = 'text,label\n"a, b",x\n"ü\n你好",y\n'


@pytest.mark.parametrize(
    ("name", "content", "form", "encoding"),
    [
        ("f.csv", CSV.encode(), "csv", "utf-8"),
        ("f.csv", CSV.encode("utf-8-sig"), "csv", "utf-8-sig"),
        ("f.csv", CSV.encode("utf-16"), "csv", "utf-16"),
        ("f.csv", CSV.replace("\n", "\r\n").replace("ü\r\n", "ü\n").encode(), "csv", "utf-8"),
        ("f.csv", CSV.replace(",", ";").replace("a;", "a,").encode(), "csv", "utf-8"),
        ("f.dat", CSV.replace(",", "|").replace("a|", "a,").encode(), "csv", "utf-8"),
        ("f.tsv", CSV.replace(",", "\t").replace("a\t", "a,").encode(), "tsv", "utf-8"),
        ("f.jsonl", "".join(json.dumps(row) + "\n" for row in EXPECTED).encode(), "jsonl", "utf-8"),
        ("f.json", json.dumps(EXPECTED, ensure_ascii=False, indent=1).encode(), "json", "utf-8"),
        ("f.json", json.dumps({"data": EXPECTED}).encode(), "json", "utf-8"),
        ("f.json", "".join(json.dumps(row) + "\n" for row in EXPECTED).encode(), "jsonl", "utf-8"),
        ("upload", json.dumps(EXPECTED).encode(), "json", "utf-8"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_every_form_gives_the_same_rows(tmp_path, name, content, form, encoding, pack):
    made = table(tmp_path, name, pack(content))
    assert cells(made) == EXPECTED
    assert (made.form, made.encoding, made.columns) == (form, encoding, ("text", "label"))


def test_parquet(tmp_path):
    path = tmp_path / "x"
    parquet.write_table(pa.table({"text": ["a", None], "label": [1, 2]}), path)
    made = open_table(path, "f.parquet")
    assert made.form == "parquet"
    assert cells(made) == [{"text": "a", "label": "1"}, {"text": "", "label": "2"}]
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BadInput, match="damaged Parquet"):
        open_table(path, "f.parquet")


@pytest.mark.parametrize(
    ("encoding", "text", "found"),
    [
        ("cp1252", "text,label\nGrüße aus Köln,x\nœuvre,y\n", "cp1252"),
        ("gb18030", "text,label\n你好，我想退货,x\n快递到哪里了？,y\n", "gb18030"),
        ("utf-16-le", "text,label\nperché no,x\nça va,y\n", "utf-16-le"),
        ("utf-16-be", "text,label\n一次，我想退货,x\n快递到哪里了？,y\n", "utf-16-be"),
        ("utf-32", "text,label\nperché no,x\nça va,y\n", "utf-32"),
        ("latin-1", "text,label\nperché no,x\nça va,y\n", "cp1252"),
    ],
)
def test_encodings_without_a_mark(tmp_path, encoding, text, found):
    made = table(tmp_path, "f.csv", text.encode(encoding))
    assert made.encoding == found
    assert cells(made)[0]["text"] == text.split("\n")[1].split(",")[0]


def test_one_wrong_byte_does_not_change_the_encoding_of_the_rest(tmp_path):
    content = ("text,label\n" + "Grüße,x\n" * 50).encode() + b"K\xf6ln,y\n"
    made = table(tmp_path, "f.csv", content)
    assert made.encoding == "utf-8"
    assert cells(made)[0]["text"] == "Grüße"
    assert cells(made)[-1]["text"] == "K\udcf6ln"


def test_a_row_that_cannot_be_read_is_named_with_its_line(tmp_path):
    made = table(tmp_path, "f.csv", 'a,b\n1,2\n1,2,3\n\n"x\ny",2\n1\n')
    assert list(made.rows()) == [
        Row(2, {"a": "1", "b": "2"}),
        Refused(3, "has 3 cells where the first row has 2", "f.csv"),
        Row(5, {"a": "x\ny", "b": "2"}),
        Refused(7, "has 1 cell where the first row has 2", "f.csv"),
    ]


def test_a_quote_that_never_ends_is_told(tmp_path):
    made = table(tmp_path, "f.csv", 'a,b\n"1",2\n"3",4\n"x,5\n6,7\n')
    assert cells(made) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    (refused,) = [row for row in made.rows() if isinstance(row, Refused)]
    assert refused.line == 4
    assert "broken quoting" in refused.reason
    assert "lines 4 to 5" in refused.reason


def test_quotes_in_unquoted_text_are_text(tmp_path):
    made = table(tmp_path, "f.tsv", 'en\tde\n"Yes" he said\t"Ja" sagte er\nan inch "\tein Zoll "\n')
    assert cells(made) == [
        {"en": '"Yes" he said', "de": '"Ja" sagte er'},
        {"en": 'an inch "', "de": 'ein Zoll "'},
    ]


def test_json_lines_that_are_none(tmp_path):
    lines = ['{"a": "1"}', "", '{"a": ', "[1]", '{"a": NaN}', "[" * 100_000, '{"a": null}']
    made = table(tmp_path, "f.jsonl", "\n".join(lines))
    rows = list(made.rows())
    assert rows[0] == Row(1, {"a": "1"})
    assert [row.line for row in rows] == [1, 3, 4, 5, 6, 7]
    assert rows[1].reason.startswith("bad JSON on line 3: ")
    assert rows[2].reason == "is not a JSON object"
    assert "NaN is not JSON" in rows[3].reason
    assert "nested too deeply" in rows[4].reason
    assert rows[5] == Row(7, {"a": ""})


def test_nested_json_has_columns_with_dots(tmp_path):
    row = {
        "translation": {"en": "a", "de": "b"},
        "answers": {"text": ["x", "y"]},
        "n": 3,
        "t": True,
    }
    made = table(tmp_path, "f.json", json.dumps([row, 5]))
    assert cells(made) == [
        {"translation.en": "a", "translation.de": "b", "answers.text": "x", "n": "3", "t": "true"}
    ]


def test_a_file_without_header_has_numbered_columns(tmp_path):
    made = table(tmp_path, "f.tsv", "a\tb\nc\td\n", numbered=True)
    assert cells(made) == [{"1": "a", "2": "b"}, {"1": "c", "2": "d"}]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("f.csv", b"", "is empty"),
        ("f.csv", gzip.compress(b"", mtime=0), "is empty"),
        ("f.csv", b"\x89PNG\r\n\x1a\n\0\0", "is not text"),
        ("f.csv", bytes(range(1, 256)) * 9, "is not text"),
        ("f.xlsx", b"PK\x03\x04rest", "Office workbook; save the sheet as CSV"),
        ("f.pdf", b"%PDF-1.7", "a PDF"),
        ("f.csv", b"\xff\xfea", "has the mark of UTF-16"),
        ("f.csv", gzip.compress(bytes(range(256)) * 4, mtime=0)[:-9], "damaged gzip"),
        ("f.csv", b"\x1f\x8bnot gzip at all", "damaged gzip"),
        ("f.json", b'{"a": 1}, {"a": 2}', None),
        ("f.json", b"[1, 2", "is not JSON"),
        ("f.json", b'"text"', "is no list"),
        ("f.parquet", b"text,label\n", "called Parquet but is not"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(tmp_path, name, content, message):
    if message is None:
        assert [type(row) for row in table(tmp_path, name, content).rows()] == [Refused]
        return
    with pytest.raises(BadInput, match=message):
        table(tmp_path, name, content)


def test_what_is_no_file(tmp_path):
    with pytest.raises(NotFound, match=r"no file 'x\.csv'"):
        open_table(tmp_path / "x.csv", "x.csv")
    with pytest.raises(BadInput, match="is a folder"):
        open_table(tmp_path, "here")
    with pytest.raises(BadInput, match="cannot be read"):
        open_table(tmp_path / "\0", "\0")


def test_parallel_lines(tmp_path):
    left, right = tmp_path / "x.en", tmp_path / "x.de.gz"
    left.write_text("a\n\nc\rd\u2028e\n", newline="")
    right.write_bytes(gzip.compress(b"A\r\nB\r\nC\r\n"))
    made = open_parallel((left, right), ("x.en", "x.de.gz"))
    assert cells(made) == [
        {"1": "a", "2": "A"}, {"1": "", "2": "B"}, {"1": "c\rd\u2028e", "2": "C"},
    ]  # fmt: skip
    left.write_text("a\n")
    with pytest.raises(BadInput, match=r"'x\.en' has 1 lines and 'x\.de\.gz' 3"):
        open_parallel((left, right), ("x.en", "x.de.gz"))


def test_names_are_taken_apart():
    assert (stem("a/b/train.csv.gz"), suffix("a/train.DE.gz")) == ("train", ".de")
