import json

import pytest

from core.data.collect import LONGEST_CHARACTERS, Files, Options, Source, collect
from core.data.rows import Refused
from core.errors import BadInput


@pytest.fixture
def read(tmp_path):
    """Write files by name and collect them."""

    def run(content, task="text-classification", *, validation=None, test=None, **options):
        def source(name, text):
            path = tmp_path / f"{len(list(tmp_path.iterdir()))}"
            path.write_text(text, encoding="utf-8", newline="")
            return Source(path, name)

        def sources(given):
            return tuple(source(name, text) for name, text in (given or {}).items())

        main = {"f.csv": content} if isinstance(content, str) else content
        files = Files(sources(main), sources(validation), sources(test))
        return collect(Options(task, **options), files)

    return run


def pairs(made, split=None):
    return [(e.id, e.input, e.target) for e in made.examples[split]]


def test_named_columns_are_used_and_rows_are_numbered(read):
    made = read("a,b,c\nx,y,z\nu,v,w\n", input="c", target="A")
    assert pairs(made) == [("1", "z", "x"), ("2", "w", "u")]
    assert made.columns.by_part() == {"input": "c", "target": "a"}
    assert made.columns.guessed == ()


@pytest.mark.parametrize(
    ("task", "header", "found"),
    [
        ("text-classification", "text,category", {"input": "text", "target": "category"}),
        ("text-classification", "Label,Text,x", {"input": "Text", "target": "Label"}),
        ("text-classification", "foo,bar", {"input": "foo", "target": "bar"}),
        ("text-classification", "id,msg,sentiment",
         {"id": "id", "input": "msg", "target": "sentiment"}),
        ("text-classification", "文本,标签", {"input": "文本", "target": "标签"}),
        ("translation", "de,en", {"input": "en", "target": "de"}),
        ("translation", "id,source,target,note",
         {"id": "id", "input": "source", "target": "target"}),
        ("translation", "text_zh,text_en", {"input": "text_en", "target": "text_zh"}),
        ("translation", "French,German,id", {"input": "French", "target": "German", "id": "id"}),
        ("summarization", "article,highlights,id",
         {"id": "id", "input": "article", "target": "highlights"}),
        ("text-generation", "prompt,completion", {"input": "prompt", "target": "completion"}),
    ],
)  # fmt: skip
def test_columns_are_guessed_by_their_names(read, task, header, found):
    width = header.count(",") + 1
    rows = "".join(",".join(f"{row}{i}" for i in range(width)) + "\n" for row in "abc")
    made = read(f"{header}\n{rows}", task)
    assert made.columns.by_part() == found
    assert set(made.columns.guessed) == set(found)


def test_what_cannot_be_guessed_is_asked_for_with_the_columns_there_are(read):
    with pytest.raises(BadInput, match=r"--label COL.*Its columns: 'text', 'a', 'b'"):
        read("text,a,b\n1,2,3\n1,2,3\n")
    with pytest.raises(BadInput, match=r"no column 'body'\. Its columns: 'text', 'label'"):
        read("text,label\n1,2\n", input="body")
    with pytest.raises(BadInput, match="two columns called 'text'"):
        read("text,text,label\n1,2,3\n")
    with pytest.raises(BadInput, match="--context is for question-answering"):
        read("a,b,c\n1,2,3\n", input="a", target="b", context="c")
    with pytest.raises(BadInput, match="'classify' is not a task; expected one of translation"):
        read("a,b\n", "classify")


def test_columns_by_number_where_there_is_no_header(read):
    made = read({"f.tsv": "hello\tHallo\nbye\tTschüss\n"}, "translation", input="1", target="2")
    assert pairs(made) == [("1", "hello", "Hallo"), ("2", "bye", "Tschüss")]


def test_every_refused_row_is_named_with_its_line_and_reason(read):
    long = "x" * (LONGEST_CHARACTERS + 1)
    made = read(
        "id,text,label\n"
        "1,fine,a\n"
        "2,  ,a\n"
        "3,no label,\n"
        f"4,{long},a\n"
        "1,again,a\n"
        ",no id,a\n"
        "7,two\n"
        "8,good,b\n",
        id="id",
    )
    assert pairs(made) == [("1", "fine", "a"), ("8", "good", "b")]
    assert made.refused == [
        Refused(3, "empty input (text)", "f.csv"),
        Refused(4, "empty target (label)", "f.csv"),
        Refused(5, "input (text) is too long: 20,001 characters, at most 20,000", "f.csv"),
        Refused(6, "the id '1' occurs twice", "f.csv"),
        Refused(7, "empty id (id)", "f.csv"),
        Refused(8, "has 2 cells where the first row has 3", "f.csv"),
    ]


def test_an_answer_must_stand_in_its_context(read):
    rows = [
        {"question": "who?", "context": "Ann came.", "answer": "Ann"},
        {"question": "who?", "context": "Ann came.", "answer": "Bob"},
        {"question": "when?", "context": "", "answer": "now"},
        {"question": "when?", "context": "Now!", "answer": "Now"},
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    made = read({"f.jsonl": text}, "question-answering")
    assert pairs(made) == [("1", "who?", "Ann"), ("4", "when?", "Now")]
    assert [(r.line, r.reason) for r in made.refused] == [
        (2, "the answer does not stand in the context"),
        (3, "empty context (context)"),
    ]


def test_half_a_character_is_refused(read):
    made = read(
        {"f.jsonl": '{"text": "\\ud800", "label": "a"}\n' + '{"text": "x", "label": "a"}\n' * 2}
    )
    assert [(r.line, r.reason) for r in made.refused] == [
        (1, "input (text) holds bytes that are no text in this encoding")
    ]


def test_a_guessed_id_column_with_repeats_is_left_alone(read):
    made = read("id,text,label\n1,x,a\n1,y,b\n")
    assert [e.id for e in made.examples[None]] == ["1", "2"]
    assert made.columns.id is None
    assert made.refused == []


def test_an_id_that_would_be_guessed_can_be_denied(read):
    made = read("id,text,label\n7,x,a\n8,y,b\n", id="")
    assert made.columns.by_part() == {"input": "text", "target": "label"}
    assert [e.id for e in made.examples[None]] == ["1", "2"]


def test_official_splits(read):
    made = read("text,label\nx,a\ny,b\n", validation={"v.csv": "label,text\na,z\n"},
                test={"t.csv": "text,label\nw,\nq,a\n"})  # fmt: skip
    assert pairs(made) == [("1", "x", "a"), ("2", "y", "b")]
    assert pairs(made, "validation") == [("validation-1", "z", "a")]
    assert pairs(made, "test") == [("test-2", "q", "a")]
    assert made.refused == [Refused(2, "empty target (label)", "t.csv")]


def test_ids_of_official_splits_are_kept_unless_they_collide(read):
    main = "id,text,label\na1,x,a\na2,y,b\n"
    assert pairs(read(main, test={"t.csv": "id,text,label\nb1,z,a\n"}), "test")[0][0] == "b1"
    assert pairs(read(main, test={"t.csv": "id,text,label\na1,z,a\n"}), "test")[0][0] == "test-a1"


def test_a_split_column(read):
    made = read("text,label,part\nx,a,Train\ny,b,dev\nz,a,TEST\nw,a,other\n", split_column="part")
    assert {split: len(rows) for split, rows in made.examples.items()} == {
        "train": 1, "validation": 1, "test": 1,
    }  # fmt: skip
    assert made.refused == [
        Refused(5, "the split is 'other', expected train, validation or test", "f.csv")
    ]


def test_parallel_texts_and_their_languages(read):
    made = read(
        {"x.en": "one\n\nthree\n", "x.de": "eins\nzwei\ndrei\n"},
        "translation",
        test={"t.en": "four\n", "t.de": "vier\n"},
    )
    assert pairs(made) == [("1", "one", "eins"), ("3", "three", "drei")]
    assert pairs(made, "test") == [("test-1", "four", "vier")]
    assert (made.source_language, made.target_language) == ("en", "de")
    assert made.prefix == "translate English to German: "
    assert made.refused == [Refused(2, "empty input (1)", "x.en + x.de")]


def test_languages_and_prefix(read):
    text = "source,target\na,b\nc,d\n"
    assert read(text, "translation").prefix == ""
    said = read(text, "translation", source_language="English", target_language="zh")
    assert said.prefix == "translate English to Chinese: "
    assert (said.source_language, said.target_language) == ("en", "zh")
    assert read(text, "translation", prefix=">> ").prefix == ">> "
    assert read(text, "summarization").prefix == "summarize: "
    with pytest.raises(BadInput, match="'Klingon' is not a language"):
        read(text, "translation", target_language="Klingon")


def test_too_few_rows_say_why(read):
    with pytest.raises(BadInput, match=r"has 1 row to train on; at least 2 rows are needed"):
        read("text,label\nx,a\n")
    with pytest.raises(BadInput, match=r"2 refused, the first on line 2: empty target \(label\)"):
        read("text,label\nx,\ny,\n")
    with pytest.raises(BadInput, match="has 0 rows to train on"):
        read("text,label,s\nx,a,test\ny,a,test\n", split_column="s")


def test_hostile_text_is_kept_letter_for_letter(read):
    hostile = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "../../etc/passwd",
               "**b** :red[x]", "{prefix} %s", "Robert'); DROP TABLE jobs;--",
               "\u202eabc"]  # fmt: skip
    text = "".join(json.dumps({"text": t, "label": t}) + "\n" for t in hostile)
    made = read({"../../<b>.jsonl": text})
    assert [e.input for e in made.examples[None]] == hostile
    assert [e.target for e in made.examples[None]] == hostile


def test_text_is_made_nfc_and_trimmed_but_not_changed_otherwise(read):
    made = read({"f.jsonl": json.dumps({"text": " e\u0301\r\n\tb\x07 \ufeff", "label": "a"}) + "\n"
                 + json.dumps({"text": "Ａ\u00a0b", "label": "a"})})  # fmt: skip
    assert [e.input for e in made.examples[None]] == ["é\n\tb", "Ａ\u00a0b"]


def test_a_preview_reads_the_first_rows_only(tmp_path):
    path = tmp_path / "f"
    path.write_text("text,label\n" + "x,a\n" * 100)
    made = collect(Options("text-classification"), Files((Source(path, "f.csv"),)), most_rows=5)
    assert made.usable == 5


def test_columns_that_sort_rows_into_kinds_are_kept_beside_the_parts(read):
    rows = [
        f"question {i},{'ab'[i % 2]},{['mail', 'chat', ''][i % 3]},key-{i},{'x' * 70}\n"
        for i in range(60)
    ]
    made = read("text,label,channel,key,remark\n" + "".join(rows))
    # 60 keys tell no kinds apart, and a remark is prose.
    assert made.columns.further == ("channel",)
    assert [e.columns for e in made.examples[None][:3]] == [
        {"channel": "mail"}, {"channel": "chat"}, None,
    ]  # fmt: skip


def test_kept_columns_have_an_end_and_hold_no_half_characters(read):
    header = "text,label," + ",".join(f"c{i}" for i in range(12))
    rows = "".join(f"q{i},a,{i % 2}" + ",1" * 11 + "\n" for i in range(4))
    assert read(f"{header}\n{rows}").columns.further == ("c0",)  # the others hold one value each
    wide = "".join(f"q{i},a" + f",{i % 2}" * 12 + "\n" for i in range(4))
    assert read(f"{header}\n{wide}").columns.further == tuple(f"c{i}" for i in range(8))
    lines = "".join(
        json.dumps({"text": f"q{i}", "label": "a", "tag": "\ud800" if i % 2 else "ok"}) + "\n"
        for i in range(4)
    )
    made = read({"f.jsonl": lines})
    assert [e.columns for e in made.examples[None]] == [{"tag": "ok"}, None] * 2


def test_the_other_files_give_what_they_have_of_the_first_ones_columns(read):
    made = read(
        "text,label,channel,country\n" + "".join(f"q{i},a,m{i % 2},c{i % 2}\n" for i in range(4)),
        test={"t.csv": "text,label,country,other\nx,a,c9,1\ny,a,c8,2\n"},
    )
    assert [e.columns for e in made.examples["test"]] == [{"country": "c9"}, {"country": "c8"}]
