"""What a process that measures one model tells, and what it does not load."""

import json
import subprocess
import sys

import pytest

from core.data import dataset as datasets
from core.models.resolve import resolve
from core.work import weigh
from core.work.convert import convert
from core.workspace import Workspace
from tests.variants import classification, translation

PROBE = """
import json, sys
from core.work.weigh import weigh
found = weigh(json.loads(sys.argv[1]))
print(json.dumps([found, sorted({name.split(".")[0] for name in sys.modules})]))
"""


@pytest.fixture(scope="module", params=[translation, classification])
def made(request, tmp_path_factory):
    """A model of CTranslate2 weighed in a process of its own, and what that had loaded."""
    place = Workspace.open(tmp_path_factory.mktemp("weigh"))
    name = request.param(place)
    data = datasets.open_dataset(place, name.removesuffix("-1"))
    convert(resolve(place, name), data.task, None, place.root / "m")
    asked = {
        "workspace": str(place.root), "dataset": data.title, "batch": 4, "limit": 12, "watts": 50.0,
        "ids": [row.id for row in datasets.read(place, data, "test")][:7],
        "model": {"name": "m", "kind": "variant", "path": str(place.root / "m"),
                  "engine": "ctranslate2"},
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", PROBE, json.dumps(asked)], capture_output=True,
                          text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return data, *json.loads(done.stdout.splitlines()[-1])


def test_it_answers_without_torch(made):
    _, _, loaded = made
    assert "ctranslate2" in loaded
    assert not {"torch", "transformers", "pandas", "streamlit"} & set(loaded)


def test_it_tells_what_was_measured_and_how(made):
    data, found, _ = made
    assert len(found["milliseconds"]) == found["n"] == 7
    assert 0 < found["loaded_bytes"] <= found["peak_bytes"]
    assert found["joules_per_token"] > 0
    assert 0 <= found["others"] <= 1
    if found["joules_from"] != "rapl":
        assert found["joules_from"] == "watts"
    writes = data.task == "translation"
    assert found["tokens_of"] == ("output" if writes else "input")
    assert found["input_tokens"] > 3
    assert (found["output_tokens"] > 0) == writes


def test_memory_is_looked_at_where_the_kernel_does_not_tell(tmp_path, monkeypatch):
    monkeypatch.setattr(weigh, "_STATUS", tmp_path / "none")
    with weigh.Peak() as peak:
        before = peak.now()
        held = bytearray(64 * 1024 * 1024)
        while peak._seen < before + len(held) // 2:
            held[::4096] = b"x" * len(held[::4096])
    assert peak.bytes >= before + 32 * 1024 * 1024


def test_requests_end_with_time_but_not_before_there_are_enough(monkeypatch):
    monkeypatch.setattr(weigh, "ALONE_SECONDS", 0.0)
    monkeypatch.setattr(weigh, "TOGETHER_SECONDS", 0.0)

    class Quick:
        threads, writes = 1, True

        def answer(self, examples):
            return [(3, 2) for _ in examples]

    assert len(weigh._alone(Quick(), range(50))) == weigh.FEWEST
    tokens, seconds = weigh._together(Quick(), range(50), 16)
    assert len(tokens) == 16
    assert seconds > 0


def test_what_other_programs_take_is_told_from_what_it_takes_itself(monkeypatch):
    times = iter([(10.0, 4.0, 90.0), (22.0, 7.0, 98.0)])
    monkeypatch.setattr(weigh.Load, "_now", lambda _: next(times))
    # Of 20 s that the cores had, 12 were busy, 3 of them with this program.
    assert weigh.Load().others() == pytest.approx(9 / 20)
    monkeypatch.undo()
    assert 0 <= weigh.Load().others() <= 1
