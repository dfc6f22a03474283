import os
import signal
import time

import pytest

from core.errors import NotFound, WorkFailed
from core.jobs.warm import Warm


@pytest.fixture
def warm():
    found = Warm(idle_seconds=60)
    yield found
    found.close()


def echo(request):
    print("noise on standard output")
    return {"got": request, "pid": os.getpid(), "home": os.environ.get("ASSAY_HOME")}


def refuse(request):
    raise NotFound(f"There is no {request['what']}.")


def break_down(request):
    return {"value": 1 / request["zero"]}


def die(request):
    os.kill(os.getpid(), signal.SIGKILL)


HERE = "tests.jobs.test_warm"


def test_one_child_answers_every_call(warm):
    first = warm.call(f"{HERE}:echo", {"text": "Straße </s>\n"})
    second = warm.call(f"{HERE}:echo", {})
    assert first["got"] == {"text": "Straße </s>\n"}
    assert first["pid"] == second["pid"] == warm.pid != os.getpid()


def test_the_environment_reaches_the_child():
    warm = Warm({"ASSAY_HOME": "/nowhere"})
    assert warm.call(f"{HERE}:echo", {})["home"] == "/nowhere"
    warm.close()


def test_an_error_keeps_its_class_and_sentence(warm):
    with pytest.raises(NotFound, match=r"There is no model\."):
        warm.call(f"{HERE}:refuse", {"what": "model"})


def test_a_fault_of_the_program_becomes_work_failed(warm):
    with pytest.raises(WorkFailed, match="ZeroDivisionError"):
        warm.call(f"{HERE}:break_down", {"zero": 0})


def test_a_child_killed_while_idle_is_replaced(warm):
    before = warm.call(f"{HERE}:echo", {})["pid"]
    os.kill(before, signal.SIGKILL)
    assert warm.call(f"{HERE}:echo", {})["pid"] != before


def test_a_child_that_dies_twice_is_reported_and_the_next_call_works(warm):
    with pytest.raises(WorkFailed, match="out of memory"):
        warm.call(f"{HERE}:die", {})
    assert warm.call(f"{HERE}:echo", {"n": 1})["got"] == {"n": 1}


def test_an_idle_child_is_freed():
    warm = Warm(idle_seconds=0.05)
    warm.call(f"{HERE}:echo", {})
    deadline = time.monotonic() + 20
    while warm.pid is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert warm.pid is None
