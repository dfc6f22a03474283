"""vLLM underneath, with a stand-in for the program: started, asked, watched, ended."""

import asyncio
import json
import os
import stat
import sys
from pathlib import Path

import psutil
import pytest

from core.deploy.call import Call
from core.deploy.engine import EngineRequest, EngineSpec
from core.deploy.engine_vllm import VllmServer as VllmServer
from core.deploy.engine_vllm import installed
from core.deploy.supervise import Supervisor
from core.errors import BadInput, WorkFailed
from tests.deploy.fakes import until

STAND_IN = Path(__file__).with_name("vllm_stand_in.py")
SPEC = EngineSpec(
    "writer", "vllm", "/models/writer", "decoder",
    {
        "name": "writer", "version": "", "task": "text-generation", "splits": {}, "columns": {},
        "source": "", "prefix": "say: ", "source_language": None, "target_language": None,
        "labels": [], "synthetic": False, "created_at": "", "notes": "",
    },
    100, max_batch=8,
)  # fmt: skip


@pytest.fixture
def log(tmp_path, monkeypatch):
    program = tmp_path / "bin" / "vllm"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN_LOG", str(tmp_path / "log"))
    return tmp_path / "log"


def lines(log):
    return [json.loads(line) for line in log.read_text().splitlines()]


def request(text, kind="complete", **how):
    return EngineRequest(f"{kind}-{text}", kind, text, **how)


def served(work):
    async def main():
        supervisor = Supervisor(SPEC)
        try:
            await supervisor.start()
            return await work(supervisor)
        finally:
            await supervisor.close()

    return asyncio.run(main())


async def ask(supervisor, asked):
    call = Call(asked, "me")
    supervisor.submit([call])
    await asyncio.wait([call.answer])
    return call


def test_it_is_found_by_its_program(log, monkeypatch):
    assert installed()
    monkeypatch.setenv("PATH", "")
    assert not installed()


def test_it_is_started_asked_and_ended(log):
    async def work(supervisor):
        assert supervisor.info.engine == "vllm"
        written = await ask(supervisor, request("good day", max_tokens=9, temperature=0.5, seed=3,
                                                stop=("x",), stream=True))  # fmt: skip
        pieces = []
        while (piece := await written.pieces.get()) is not None:
            pieces.append(piece)
        assert pieces == ["GOOD", " DAY"]
        answer = written.answer.result()
        assert (answer.text, answer.finish) == ("GOOD DAY", "length")
        assert (answer.input_tokens, answer.output_tokens) == (7, 2)
        before = json.dumps([{"role": "system", "content": "be loud"}])
        await ask(supervisor, request("hello", "chat", context=before))
        await ask(supervisor, request("hello", "predict"))
        many = await asyncio.gather(*(ask(supervisor, request(f"n {n}")) for n in range(20)))
        assert [call.answer.result().text for call in many] == [f"N {n}" for n in range(20)]

    served(work)
    started, first, chat, task, *_ = lines(log)
    assert started["arguments"][:2] == ["serve", "/models/writer"]
    assert "127.0.0.1" in started["arguments"]
    assert (first["path"], first["prompt"], first["max_tokens"]) == (
        "/v1/completions", "good day", 9,
    )  # fmt: skip
    assert (first["temperature"], first["seed"], first["stop"]) == (0.5, 3, ["x"])
    assert [message["role"] for message in chat["messages"]] == ["system", "user"]
    assert task["prompt"] == "say: hello"
    until(lambda: not psutil.pid_exists(started["pid"]))


def test_what_it_refuses_is_told(log):
    async def work(supervisor):
        call = await ask(supervisor, request("refuse"))
        assert isinstance(call.answer.exception(), BadInput)
        assert "context is 100 tokens" in str(call.answer.exception())

    served(work)


def test_one_that_dies_is_started_again(log):
    async def work(supervisor):
        slow = asyncio.create_task(ask(supervisor, request("slow a b c d", stream=True)))
        await asyncio.sleep(0.5)
        dead = await ask(supervisor, request("die"))
        assert "broke while it answered" in str(dead.answer.exception())
        assert "broke while it answered" in str((await slow).answer.exception())
        alive = await ask(supervisor, request("hello"))
        assert alive.answer.result().text == "HELLO"
        assert supervisor.counts.restarts == 2

    served(work)


def test_a_caller_that_leaves_ends_its_connection(log):
    async def work(supervisor):
        call = Call(request("slow a b c d e f g", stream=True), "me")
        supervisor.submit([call])
        assert await call.pieces.get() == "SLOW"
        supervisor.cancel(call)
        assert supervisor.working == 0
        for _ in range(100):
            if any("left" in line for line in lines(log)):
                return
            await asyncio.sleep(0.05)
        raise AssertionError("it wrote on for nobody")

    served(work)


def test_one_that_does_not_start_says_so(log, monkeypatch):
    monkeypatch.setenv("STAND_IN_FAILS", "1")

    async def work(_):
        raise AssertionError("it cannot have started")

    with pytest.raises(WorkFailed, match="ended with status 5 while it loaded writer"):
        served(work)


def test_it_ends_with_whoever_started_it(log):
    """The leash: no server holds the GPU when its owner was killed."""
    script = (
        "import asyncio, os, signal\n"
        "from tests.deploy.test_vllm import SPEC, VllmServer\n"
        "async def main():\n"
        "    server = VllmServer(SPEC, print, print)\n"
        "    await server.start()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )

    async def main():
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
        return await process.wait()

    assert asyncio.run(main()) == -9
    until(lambda: not psutil.pid_exists(lines(log)[0]["pid"]))
