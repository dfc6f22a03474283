"""A log is bounded, literal and searchable, whatever a library wrote into it."""

import tracemalloc

import pytest

from core.errors import NotFound
from core.jobs import log as logs
from core.jobs.log import plain, read_log
from core.jobs.store import JobStore
from core.workspace import Workspace


@pytest.fixture
def written(workspace: Workspace):  # type: ignore[no-untyped-def]
    """Write bytes as the log of a new job; gives the job's id."""

    def write(content: bytes) -> str:
        with JobStore(workspace) as store:
            job, _ = store.add("echo", {"size": len(content)})
        workspace.job(job.id).mkdir(parents=True)
        (workspace.job(job.id) / "log.txt").write_bytes(content)
        return job.id

    return write


def test_the_last_lines(workspace, written) -> None:  # type: ignore[no-untyped-def]
    job = written(b"\xff first\n" + b"".join(b"line %d\n" % n for n in range(300_000)))
    found = read_log(workspace, job, last=3)
    assert found.lines == ("line 299997", "line 299998", "line 299999")
    assert found.left_out_bytes > 0
    with pytest.raises(NotFound):
        read_log(workspace, "j-none")


def test_words_are_literal_and_all_must_be_there(workspace, written) -> None:  # type: ignore[no-untyped-def]
    job = written(b"Loss 3.2 (a+b)\nloss 3x2\nrate 3.2\nLOSS at 3.2\n")
    assert read_log(workspace, job, words="3.2 loss").lines == ("Loss 3.2 (a+b)", "LOSS at 3.2")
    assert read_log(workspace, job, words="(a+b)").lines == ("Loss 3.2 (a+b)",)
    assert read_log(workspace, job, last=1, words="loss") == logs.Log(("LOSS at 3.2",), 3, 0)
    assert read_log(workspace, job, words="[").lines == ()
    assert read_log(workspace, written(b"")).lines == ()


def test_the_search_reaches_back_where_the_tail_does_not(workspace, written) -> None:  # type: ignore[no-untyped-def]
    job = written(b"the needle\n" + b"hay\n" * 400_000)
    assert read_log(workspace, job, words="needle").lines == ("the needle",)


def test_a_line_of_ten_megabytes_is_cut(workspace, written, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(logs, "TAIL_BYTES", 64 * 2**20)
    job = written(b"before\n" + b"x" * 10_000_000 + b"\nafter\n")
    tracemalloc.start()
    before, long, after = read_log(workspace, job).lines
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (before, after) == ("before", "after")
    assert long == "x" * 4096 + "… (9,995,905 more bytes)"
    assert peak < 2_000_000


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("\x1b[31mred\x1b[0m alert\n", "red alert"),
        ("\x1b]0;title\x07text\x1b]8;;http://x\x1b\\link\r\n", "textlink"),
        (" 10%|#\r 20%|##\r100%|done\n", "100%|done"),
        ("a\x00b\u202ec\td", "a b c d"),
        ("</s> <b>bold</b> **x**", "</s> <b>bold</b> **x**"),
    ],
)
def test_a_line_is_what_it_looks_like(raw: str, seen: str) -> None:
    assert plain(raw) == seen
