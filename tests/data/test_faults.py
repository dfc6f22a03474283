"""What arrives broken, enormous or vanishing: named, bounded, and nothing kept."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.data import dataset as store
from core.data import files, lines
from core.data.collect import Files, Options, Source, collect
from core.data.dataset import Example
from core.data.files import Reading, open_table
from core.data.imports import import_files
from core.data.rows import Row
from core.errors import BadInput, NotFound, WorkFailed
from core.workspace import Workspace

CLASSIFY = "text-classification"


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path / "home")


def one(tmp_path, name, content):
    path = tmp_path / "given"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Files((Source(path, name),))


def refused(tmp_path, name, content, **options):
    made = collect(Options(CLASSIFY, **options), one(tmp_path, name, content))
    return [(row.line, row.reason) for row in made.refused], made


CHINESE = "文本,标签\n" + "".join(
    f"你好，我想退货 {n},退货\n快递到哪里了 {n},物流\n" for n in range(5)
)


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("gb18030", "gb18030"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"),
     ("utf-16-be", "utf-16-be"), ("utf-8-sig", "utf-8-sig"), ("utf-8", "utf-8")],
)  # fmt: skip
def test_every_encoding_gives_the_same_dataset(tmp_path, workspace, encoding, found):
    made = import_files(
        workspace, Options(CLASSIFY), one(tmp_path, "f.csv", CHINESE.encode(encoding))
    )
    assert made.dataset.report["files"][0]["encoding"] == found
    same = import_files(workspace, Options(CLASSIFY), one(tmp_path, "f.csv", CHINESE))
    assert made.dataset.version == same.dataset.version


def test_latin_1_is_read_as_western_european_and_can_be_corrected(tmp_path):
    rows = "text,label\n" + "perché no,a\nça va très bien,b\n" * 3
    assert refused(tmp_path, "f.csv", rows.encode("latin-1"))[1].tables[0].encoding == "cp1252"
    cyrillic = ("text,label\n" + "привет,a\nпока,b\n" * 3).encode("cp1251")
    _, made = refused(tmp_path, "f.csv", cyrillic, reading=Reading("cp1251"))
    assert made.examples[None][0].input == "привет"


def test_a_ragged_row_an_unclosed_quote_and_bad_json_have_their_lines(tmp_path):
    rows = [f"text {n},{'ab'[n % 2]}" for n in range(60)]
    rows[36] = "one cell"
    assert refused(tmp_path, "f.csv", "text,label\n" + "\n".join(rows))[0] == [
        (38, "has 1 cell where the first row has 2")
    ]
    quoted = [f'"text {n}","{"ab"[n % 2]}"' for n in range(60)]
    quoted[36] = '"text 36,"a"'
    found, made = refused(tmp_path, "f.csv", "text,label\n" + "\n".join(quoted))
    assert found[0][0] == 38
    assert "broken quoting" in found[0][1]
    assert made.usable >= 58
    objects = [json.dumps({"text": f"t{n}", "label": "ab"[n % 2]}) for n in range(60)]
    objects[36] = '{"text": "t", "label": '
    assert refused(tmp_path, "f.jsonl", "\n".join(objects))[0] == [
        (37, "bad JSON on line 37: Expecting value at column 23")
    ]


def test_a_json_list_that_breaks_off_is_told_with_its_line(tmp_path, monkeypatch):
    rows = ",\n".join(json.dumps({"text": f"t{n}", "label": "a"}) for n in range(2_000))
    monkeypatch.setattr("core.data.json_list._CHUNK", 64)
    assert collect(Options(CLASSIFY), one(tmp_path, "f.json", f"[{rows}]")).usable == 2_000
    with pytest.raises(BadInput, match=r"is not JSON: Expecting property name .* on line 2001"):
        collect(Options(CLASSIFY), one(tmp_path, "f.json", f"[{rows},\n{{]"))
    with pytest.raises(BadInput, match="extra text after the list"):
        collect(Options(CLASSIFY), one(tmp_path, "f.json", f"[{rows}] x"))


@pytest.mark.parametrize("name", ["f.csv", "f.jsonl"])
def test_a_line_that_is_too_long_is_refused_and_the_next_is_read(tmp_path, monkeypatch, name):
    monkeypatch.setattr(lines, "LONGEST_LINE", 100)
    rows = ["text,label", "x,a", "y" * 101 + ",b", "z,a", '"' + "w" * 50 + "\n" + "w" * 200 + '",b',
            "v,b"]  # fmt: skip
    if name == "f.jsonl":
        rows = [json.dumps({"text": t, "label": "a"}) for t in ("s", "x", "y" * 100, "z")]
    found, made = refused(tmp_path, name, "\n".join(rows))
    assert found[0] == (3, "line 3 has more than 100 characters")
    assert [e.input for e in made.examples[None]][-1] in ("v", "z")


def test_too_long_lines_of_parallel_texts(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "LONGEST_LINE", 100)
    for name, text in (("en", f"a\n{'b' * 200}\nc\n"), ("de", "A\nB\nC\n")):
        (tmp_path / name).write_text(text)
    sources = tuple(Source(tmp_path / name, f"x.{name}") for name in ("en", "de"))
    made = collect(Options("translation"), Files(sources))
    assert [(r.line, r.reason) for r in made.refused] == [
        (2, "line 2 has more than 100 characters")
    ]


def test_missing_columns_one_row_and_doubled_ids(tmp_path):
    with pytest.raises(BadInput, match=r"no column 'body'\. Its columns: 'text', 'label'"):
        refused(tmp_path, "f.csv", "text,label\nx,a\ny,b\n", input="body")
    with pytest.raises(BadInput, match="has 1 row to train on"):
        refused(tmp_path, "f.csv", "text,label\nx,a\n")
    assert refused(tmp_path, "f.csv", "id,text,label\n7,x,a\n8,y,b\n7,z,a\n", id="id")[0] == [
        (4, "the id '7' occurs twice")
    ]


@pytest.mark.parametrize("name", ["../../x", "a/b", "\0", "x" * 300, "CON\n", "😀", ""])
def test_a_hostile_name_names_no_dataset(tmp_path, workspace, name):
    given = one(tmp_path, "f.csv", "text,label\nx,a\ny,b\n")
    with pytest.raises(BadInput, match="cannot be a dataset name"):
        import_files(workspace, Options(CLASSIFY), given, name)
    hostile = Files((Source(given.main[0].path, f"{name}.csv"),))
    made = import_files(workspace, Options(CLASSIFY), hostile).dataset
    assert workspace.dataset(made.name, made.version).parent.parent == workspace.datasets()
    assert "/" not in made.source


def test_a_file_that_vanishes_is_told_and_nothing_is_kept(tmp_path, workspace, monkeypatch):
    given = one(tmp_path, "f.csv", "text,label\n" + "x,a\ny,b\n" * 10)
    opened = files.open_bytes

    def vanishing(path):
        made = opened(path)
        path.unlink(missing_ok=True)
        return made

    monkeypatch.setattr(files, "open_bytes", vanishing)
    with pytest.raises(BadInput, match=r"could not be read to its end .* Nothing was kept"):
        import_files(workspace, Options(CLASSIFY), given)
    assert list(workspace.root.iterdir()) == []
    with pytest.raises(NotFound, match=r"no file 'f\.csv'"):
        import_files(workspace, Options(CLASSIFY), given)


def test_a_full_disk_is_told_and_nothing_is_left(tmp_path):
    rows = "".join(
        f"text number {n} which is a little longer,{'ab'[n % 2]}\n" for n in range(4_000)
    )
    (tmp_path / "f.csv").write_text("text,label\n" + rows)
    code = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "from core.cli.main import main\nmain(sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "data", "import", str(tmp_path / "f.csv"), "--task", CLASSIFY],
        env={**os.environ, "ASSAY_HOME": str(tmp_path / "home")}, capture_output=True, text=True,
        cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "import it again. Nothing was changed" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []


def test_no_room_for_what_is_being_read(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.data.spool.Spool.append", full)
    with pytest.raises(WorkFailed, match=r"There is no room on the disk to read 'f\.csv'"):
        collect(Options(CLASSIFY), one(tmp_path, "f.csv", "text,label\nx,a\ny,b\n"))


def test_a_version_is_never_changed_in_place(tmp_path, workspace):
    rows = {"train": [Example("1", "a", "b"), Example("2", "c", "d")]}
    first = store.save(workspace, "d", "translation", rows, source="one.csv")
    folder = workspace.dataset("d", first.version)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    again = store.save(workspace, "d", "translation", rows, source="two.csv", notes="other")
    assert again == first
    store.save(workspace, "d", "translation", {"train": [*rows["train"], Example("3", "e", "f")]})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert sorted(p.name for p in folder.parent.iterdir()) == sorted(
        one.version for one in store.versions(workspace, "d")
    )


def test_a_dataset_spooled_to_disk_is_the_same(tmp_path, workspace, monkeypatch):
    text = "id,text,label\n" + "".join(f"{n},text {n % 700},{'ab'[n % 2]}\n" for n in range(1_500))
    given = one(tmp_path, "f.csv", text)
    in_memory = import_files(workspace, Options(CLASSIFY), given).dataset
    monkeypatch.setattr("core.data.spool.IN_MEMORY_BYTES", 1)
    assert import_files(workspace, Options(CLASSIFY), given).dataset == in_memory


def test_packed_parquet_is_bounded(tmp_path, monkeypatch):
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table({"text": ["x", "y"], "label": ["a", "b"]}), tmp_path / "p")
    (tmp_path / "packed").write_bytes(gzip.compress((tmp_path / "p").read_bytes()))
    made = open_table(tmp_path / "packed", "f.parquet.gz")
    assert [row.cells["text"] for row in made.rows() if isinstance(row, Row)] == ["x", "y"]
    monkeypatch.setattr("core.data.columnar._LARGEST_PACKED", 10)
    with pytest.raises(BadInput, match="unpack it"):
        open_table(tmp_path / "packed", "f.parquet.gz")


MEASURED = """
import re, sys
from pathlib import Path
from core.data.collect import Files, Options, Source
from core.data.imports import import_files
from core.workspace import Workspace
path, home, task = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
made = import_files(Workspace.open(home), Options(task), Files((Source(path, path.name),)))
# Not ru_maxrss: that begins with what the parent held when it forked.
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
print(made.dataset.rows, len(made.collected.refused), peak,
      *(f"{r.line}:{r.reason}" for r in made.collected.refused[:1]), sep="|")
"""


def measured(path, tmp_path, task):
    """Rows, refused rows, peak resident memory in KiB, and the first refusal."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path), str(tmp_path / "home"), task], check=True,
        capture_output=True, text=True, cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    rows, lost, peak, *first = done.stdout.strip().split("|")
    return int(rows), int(lost), int(peak), first


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_line_of_500_megabytes_is_refused_in_bounded_memory(tmp_path, form):
    path = tmp_path / f"f.{form}"
    row = '{{"text": "{}", "label": "{}"}}\n' if form == "jsonl" else "{},{}\n"
    with path.open("w") as file:
        file.write("" if form == "jsonl" else "text,label\n")
        file.writelines(row.format(f"t{n}", "ab"[n % 2]) for n in range(20))
        file.write('{"text": "' if form == "jsonl" else "")
        for _ in range(500):
            file.write("x" * 1_000_000)
        file.write('", "label": "a"}\n' if form == "jsonl" else ",a\n")
        file.writelines(row.format(f"u{n}", "ab"[n % 2]) for n in range(20))
    rows, lost, peak, first = measured(path, tmp_path, CLASSIFY)
    line = 21 if form == "jsonl" else 22
    assert (rows, lost) == (40, 1)
    assert first == [f"{line}:line {line} has more than 10,000,000 characters"]
    assert peak < 300 * 1024


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_two_million_rows_within_a_gibibyte(tmp_path, form):
    path = tmp_path / f"f.{form}"
    with path.open("w") as file:
        if form == "csv":
            file.write("id,en,de\n")
        for n in range(2_000_000):
            source, target = f"sentence number {n} in English", f"Satz Nummer {n} auf Deutsch"
            file.write(f"{n},{source},{target}\n" if form == "csv"
                       else f'{{"id": "{n}", "en": "{source}", "de": "{target}"}}\n')  # fmt: skip
    rows, lost, peak, _ = measured(path, tmp_path, "translation")
    assert (rows, lost) == (2_000_000, 0)
    assert peak < 1024 * 1024
