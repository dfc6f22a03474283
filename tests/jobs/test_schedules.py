"""The dispatcher looks at schedules by name, and one that fails does not end its work."""

from core import scheduled
from core.jobs import dispatcher
from core.workspace import Workspace


def test_it_calls_what_starts_due_work(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(scheduled, "look", seen.append)
    workspace = Workspace.open(tmp_path)
    dispatcher._look_at_schedules(workspace)
    assert seen == [workspace]


def test_a_schedule_that_fails_is_written_down_and_no_more(tmp_path, monkeypatch, capsys):
    def broken(_):
        raise RuntimeError("no such table")

    monkeypatch.setattr(scheduled, "look", broken)
    dispatcher._look_at_schedules(Workspace.open(tmp_path))
    assert "RuntimeError: no such table" in capsys.readouterr().err
