"""The server's log: lines are whole, and the file does not grow for ever."""

import json
import sys

from core.deploy import log as logs
from core.deploy.log import Log, keep_end


def test_a_log_that_has_grown_keeps_its_newest_lines_whole(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text("".join(f"line {n}\n" for n in range(1_000)))
    with path.open("a") as other:
        keep_end(path, 20_000, 200)
        assert path.read_text().startswith("line 0\n"), "it is not that large"
        keep_end(path, 5_000, 200)
        other.write("and on\n")
    lines = path.read_text().splitlines()
    assert lines[-2:] == ["line 999", "and on"]
    assert lines[0] == "line 978", "the line that is cut goes with the beginning"


def test_what_a_server_says_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "MOST_BYTES", 4_000)
    monkeypatch.setattr(logs, "KEPT_BYTES", 1_000)
    path = tmp_path / "log.txt"
    with path.open("a", buffering=1) as file:
        monkeypatch.setattr(sys, "stderr", file)
        log = Log(file=path)
        for number in range(500):
            log.say("answered", number=number)
            assert path.stat().st_size < 8_000
    found = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["number"] for line in found] == list(range(500 - len(found), 500))
