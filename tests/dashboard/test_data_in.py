"""The Data page brings data in and cleans them; what it is handed is shown letter for letter."""

import io
import shlex
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core.cli.main import main
from core.data import dataset as store
from core.data.collect import Options, collect
from core.data.dataset import Example
from core.errors import BadInput
from core.jobs import runner
from core.jobs.store import JobStore
from core.workspace import Workspace
from dashboard import cleaning, data_jobs, handed_in
from dashboard.handed_in import _inside

SCRIPT = "from dashboard import {module}\n{module}.{call}"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    return Workspace.open()


def draw(module, call):
    return AppTest.from_string(SCRIPT.format(module=module, call=call), default_timeout=60).run()


def paste(page, text, task="text-classification"):
    page.button_group(key="upload-from").set_value("paste").run()
    page.selectbox(key="upload-task").set_value(task).run()
    return page.text_area(key="upload-paste").set_value(text).run()


def words(page):
    return [element.value for kind in ("markdown", "caption", "subheader", "text")
            for element in page.get(kind)]  # fmt: skip


HOSTILE = ["=HYPERLINK(\"http://x\")", "<b>bold</b><script>alert(1)</script>", "**b** :red[x]",
           "@SUM(1)", "../../etc/passwd"]  # fmt: skip


def test_pasted_rows_are_shown_as_they_would_be_kept_and_then_kept(workspace, monkeypatch):
    rows = [f"{text}\t{'ab'[n % 2]}" for n, text in enumerate([*HOSTILE, *map(str, range(20))])]
    text = "\n".join(["text\tlabel", *rows, "ragged"])
    page = paste(draw("importing", "form()"), text)
    assert [fault.value for fault in page.exception] == []
    assert any("csv, utf-8, cut at each tab" in text for text in words(page))
    shown, refused = (table.value for table in page.dataframe)
    assert list(shown["input"][: len(HOSTILE)]) == HOSTILE
    assert list(refused["reason"]) == ["has 1 cell where the first row has 2"]
    assert not any("<script>" in text or "HYPERLINK" in text for text in words(page))
    assert store.list_datasets(workspace) == []
    said = shlex.split(page.code[0].value)
    page.button(key="act-keep").click().run()
    (made,) = store.list_datasets(workspace)
    assert (made.name, made.rows, made.report["refused"]) == ("pasted", 25, 1)
    assert said[:4] == ["assay", "data", "import", "-"]
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))
    with pytest.raises(SystemExit):
        main(said[1:])
    assert len(store.versions(workspace, "pasted")) == 1


def test_what_was_found_is_corrected_on_the_page(workspace):
    page = paste(draw("importing", "form()"), "a|b;c|x\nd|e;f|yy\n")
    page.selectbox(key="upload-delimiter-pasted rows").set_value("|").run()
    page.checkbox(key="upload-numbered-pasted rows").set_value(True).run()
    (part,) = [box for box in page.selectbox if box.label == "Input"]
    assert part.options == ["1", "2", "3"]
    part.set_value("2").run()
    (label,) = [box for box in page.selectbox if box.label == "Label"]
    label.set_value("3").run()
    assert list(page.dataframe[0].value["input"]) == ["b;c", "e;f"]
    page.selectbox(key="upload-encoding-pasted rows").set_value("utf-16").run()
    assert any("is not text in utf-16" in text for text in words(page))


def test_a_name_that_is_no_id_of_the_hub_is_refused(workspace):
    page = draw("importing", "form()")
    page.button_group(key="upload-from").set_value("hub").run()
    page.text_input(key="upload-hub").set_value("../../etc").run()
    page.button(key="upload-fetch").click().run()
    assert any("is no dataset's id; expected OWNER/NAME" in text for text in words(page))


@pytest.mark.parametrize("name", ["../x.csv", "a/../../x", "/etc/passwd", "a\0.csv", "", "x" * 300])
def test_an_uploaded_folder_has_plain_names_only(name):
    with pytest.raises(BadInput, match="cannot be a file of a folder"):
        _inside(name)
    assert str(_inside("data\\train-0.parquet")) == "data/train-0.parquet"


class _Upload(io.BytesIO):
    """What Streamlit hands over for a file of an uploaded folder: its name is its place."""

    def __init__(self, name, content):
        super().__init__(content)
        self.name = name


def test_an_uploaded_folder_keeps_its_splits(tmp_path, monkeypatch):
    given = [_Upload(f"文件夹/{split}.csv", f"text,label\n{split} 1,a\n{split} 2,b\n".encode())
             for split in ("train", "test")]  # fmt: skip
    monkeypatch.setattr(handed_in.st, "file_uploader", lambda *_, **__: given)
    monkeypatch.setattr(handed_in, "_config", lambda: None)
    named = handed_in.WAYS["folder"](tmp_path)
    made = collect(Options("text-classification"), named.files)
    assert named.name == "文件夹"
    assert {split: [e.input for e in rows] for split, rows in made.examples.items()} == {
        None: ["train 1", "train 2"], "test": ["test 1", "test 2"],
    }  # fmt: skip


def test_cleaning_is_previewed_and_then_makes_a_version(workspace):
    rows = [Example(str(n), f"<p>text {n}</p>", "ab"[n % 2]) for n in range(30)]
    parent = store.save(workspace, "d", "text-classification", {"train": rows})
    page = draw("cleaning", f"_choose({parent.title!r})")
    assert page.button(key="clean-try").disabled
    page.button_group(key=f"clean-steps-{parent.title}").set_value(["html", "length"]).run()
    page.number_input(key=f"clean-{parent.title}-length-input_most").set_value(6).run()
    page.button(key="clean-try").click().run()
    assert [fault.value for fault in page.exception] == []
    counts = page.dataframe[0].value
    assert list(counts["changed"]) == [30, 0]
    assert list(counts["dropped"]) == [0, 20]
    assert page.dataframe[1].value["before"][0] == "<p>text 0</p>"
    assert page.code[0].value == (
        f"assay data clean {parent.title} --step html --step length --set length.input_most=6"
    )
    assert len(store.versions(workspace, "d")) == 1
    page.button(key="act-clean-apply").click().run()
    newest = store.open_dataset(workspace, "d")
    assert (newest.rows, newest.report["parent"]) == (10, parent.version)
    again = draw("cleaning", f"_choose({parent.title!r})")
    again.selectbox(key=f"clean-again-{parent.title}").set_value(newest.title).run()
    again.button(key="clean-try").click().run()
    assert list(again.dataframe[0].value["dropped"]) == [0, 20]


def test_a_recipe_that_cannot_be_used_is_told(workspace):
    rows = [Example(str(n), f"text {n}", "ab"[n % 2]) for n in range(9)]
    parent = store.save(workspace, "d", "text-classification", {"train": rows})
    page = draw("cleaning", f"_choose({parent.title!r})")
    page.button_group(key=f"clean-steps-{parent.title}").set_value(["language"]).run()
    page.button(key="clean-try").click().run()
    assert any("Which language" in text for text in words(page))


def test_large_files_are_imported_and_much_data_cleaned_by_a_job(workspace, monkeypatch):
    monkeypatch.setattr(data_jobs, "AT_ONCE_BYTES", 0)
    monkeypatch.setattr(cleaning, "AT_ONCE_ROWS", 0)
    text = "\n".join(["text\tlabel", *(f"<p>row {n}</p>\t{'ab'[n % 2]}" for n in range(20))])
    page = paste(draw("importing", "form()"), text)
    page.button(key="act-keep").click().run()
    with JobStore(workspace) as jobs:
        (job,) = jobs.jobs(kind="collect")
    assert runner.follow(workspace, job.id).state == "succeeded"
    (made,) = store.list_datasets(workspace)
    assert (made.name, made.rows) == ("pasted", 20)
    assert list(workspace.uploads().iterdir()) == []
    page = draw("cleaning", f"_choose({made.title!r})")
    page.button_group(key=f"clean-steps-{made.title}").set_value(["html"]).run()
    page.button(key="act-clean-apply").click().run()
    with JobStore(workspace) as jobs:
        (job,) = jobs.jobs(kind="clean")
    assert runner.follow(workspace, job.id).result["changed"]
    newest = store.open_dataset(workspace, "pasted")
    assert store.read(workspace, newest, "train")[0].input.startswith("row ")


def test_an_import_under_way_is_found_again_by_another_tab(workspace):
    with JobStore(workspace) as jobs:
        jobs.add("collect", {"dataset": "d"})
    assert any("**Import** waiting for its turn" in text
               for text in words(draw("data_jobs", "progress()")))  # fmt: skip
