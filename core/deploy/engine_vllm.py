"""vLLM, for decoders on a GPU: started as a server of its own on loopback, watched, asked by HTTP.

It batches and streams by itself, so each call is a request of its own. vLLM is not imported, nor is
it an extra: it wants other versions of Transformers, so it is a program of another environment that
is on the PATH or not.
"""

import asyncio
import json
import secrets
import shutil
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import httpx2

from core.chat import messages_of
from core.deploy import leash
from core.deploy.call import Call
from core.deploy.engine import EngineAnswer, EngineInfo, EngineRequest, EngineSpec, Event
from core.errors import BadInput, WorkFailed
from core.jobs.launch import environment

PROGRAM = "vllm"
LOAD_SECONDS = 1_800.0
"""It compiles for the GPU at its first start."""
LOOK_SECONDS = 0.25
ANSWER_SECONDS = 600.0
DEFAULT_TOKENS = 128
LOOPBACK = "127.0.0.1"


def installed() -> bool:
    """Whether there is a vLLM to start."""
    return shutil.which(PROGRAM) is not None


class VllmServer:
    """`vllm serve` with one model.

    Args:
        spec: What it loads.
        on_events: Called with what comes of the calls, in the event loop.
        on_end: Called once, if it ends without having been asked to.
    """

    info: EngineInfo

    def __init__(
        self,
        spec: EngineSpec,
        on_events: Callable[[Any, list[Event]], None],
        on_end: Callable[[Any], None],
    ) -> None:
        self.spec = spec
        self.calls: dict[str, Call] = {}
        self.window = spec.max_batch
        self.signs = 0.0
        self._on_events, self._on_end = on_events, on_end
        self._process: Process | None = None
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._watching: asyncio.Task[None] | None = None
        self._closing = False
        # Others on this machine can reach the port: only this server shall be answered.
        self._key = secrets.token_urlsafe(32)
        self._client: httpx2.AsyncClient | None = None

    @property
    def pid(self) -> int | None:
        """Of the process that holds it."""
        return self._process.pid if self._process else None

    async def start(self) -> EngineInfo:
        """Start it, and wait until it is ready.

        Raises:
            WorkFailed: It ended, or was not ready in time.
        """
        port = _free_port()
        command = [
            PROGRAM, "serve", self.spec.folder, "--host", LOOPBACK, "--port", str(port),
            "--served-model-name", "served", "--max-model-len", str(self.spec.context_tokens),
            "--max-num-seqs", str(self.spec.max_batch),
        ]  # fmt: skip
        # It lives in an environment of its own, which this one's packages must not get into.
        env = {name: value for name, value in environment().items() if name != "PYTHONPATH"}
        env |= {"VLLM_API_KEY": self._key, "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", leash.__file__, *command, stdin=PIPE, stdout=2, env=env
        )
        self._client = httpx2.AsyncClient(
            base_url=f"http://{LOOPBACK}:{port}", timeout=ANSWER_SECONDS, trust_env=False,
            headers={"authorization": f"Bearer {self._key}"},
            limits=httpx2.Limits(max_connections=None),
        )  # fmt: skip
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                await self._until_healthy(self._process, self._client)
        except TimeoutError:
            await self.close()
            raise WorkFailed(
                f"vLLM was not ready with {self.spec.name} within {LOAD_SECONDS:.0f} s; the log "
                "says how far it came."
            ) from None
        except (asyncio.CancelledError, WorkFailed):
            await self.close()
            raise
        data = self.spec.data
        self.info = EngineInfo(
            self.spec.name, "vllm", data.task, "gpu", self.spec.context_tokens,
            self.spec.context_tokens - 1, self.spec.max_batch, writes=True, streams=True,
            samples=True, seeds=True, embeds=False, chats=self.spec.tuned_on is None or data.chat,
            tuned_on=self.spec.tuned_on,
        )  # fmt: skip
        self.signs = asyncio.get_running_loop().time()
        self._watching = asyncio.create_task(self._watch(self._process))
        return self.info

    async def _until_healthy(self, process: Process, client: httpx2.AsyncClient) -> None:
        while True:
            if process.returncode is not None:
                raise WorkFailed(
                    f"vLLM ended with status {process.returncode} while it loaded "
                    f"{self.spec.name}; the log says why."
                )
            try:
                if (await client.get("/health")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass  # it does not listen yet
            await asyncio.sleep(LOOK_SECONDS)

    def send(self, calls: Sequence[Call]) -> None:
        """Ask; the answers come by `on_events`."""
        self.signs = asyncio.get_running_loop().time()
        for call in calls:
            name = call.request.id
            self.calls[name] = call
            self._asking[name] = asyncio.create_task(self._ask(call.request))

    def drop(self, call: Call) -> None:
        """Nobody waits for a call any more: vLLM stops when its connection falls."""
        self.calls.pop(call.request.id, None)
        if task := self._asking.get(call.request.id):
            task.cancel()

    def kill(self) -> None:
        """End it at once; `on_end` is called as if it had broken."""
        # The leash, killed, could not stop its command any more; its pipe does that.
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    async def close(self) -> None:
        """End it; what it works on is lost."""
        self._closing = True
        for task in list(self._asking.values()):
            task.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
        if self._process is not None:
            self.kill()
            await self._process.wait()
        if self._watching is not None:
            await self._watching

    async def _watch(self, process: Process) -> None:
        await process.wait()
        if not self._closing:
            for task in list(self._asking.values()):
                task.cancel()
            self._on_end(self)

    async def _ask(self, request: EngineRequest) -> None:
        try:
            await self._stream(request)
        except httpx2.TransportError:
            # It is dying, and `_watch` will say so; else this one call has failed.
            await asyncio.sleep(1.0)
            self._tell("error", request, WorkFailed("vLLM broke the connection; ask again."))
        finally:
            self._asking.pop(request.id, None)

    async def _stream(self, request: EngineRequest) -> None:
        assert self._client is not None  # noqa: S101 - made by start
        path, body = _asked(self.spec, request)
        text, finish, usage = "", "stop", {"prompt_tokens": 0, "completion_tokens": 0}
        async with self._client.stream("POST", path, json=body) as reply:
            if reply.status_code != 200:
                words = _words(await reply.aread())
                kind = BadInput if reply.status_code < 500 else WorkFailed
                self._tell("error", request, kind(f"vLLM refused the request: {words}"))
                return
            async for chunk in _chunks(reply):
                usage = chunk.get("usage") or usage
                for choice in chunk.get("choices", ()):
                    piece = choice.get("text") or choice.get("delta", {}).get("content") or ""
                    finish = choice.get("finish_reason") or finish
                    text += piece
                    if piece and request.stream:
                        self._tell("piece", request, piece)
        if request.kind == "predict":
            text = text.strip()
        self._tell("answer", request, EngineAnswer(
            text, usage["prompt_tokens"], usage["completion_tokens"],
            "length" if finish == "length" else "stop",
        ))  # fmt: skip

    def _tell(self, kind: str, request: EngineRequest, value: Any) -> None:
        self.signs = asyncio.get_running_loop().time()
        self._on_events(self, [(kind, request.id, value)])


def _asked(spec: EngineSpec, request: EngineRequest) -> tuple[str, dict[str, Any]]:
    """Path and body for a request."""
    body: dict[str, Any] = {
        "model": "served", "stream": True, "stream_options": {"include_usage": True},
        "max_tokens": request.max_tokens or DEFAULT_TOKENS, "temperature": request.temperature,
        "top_p": request.top_p, "stop": list(request.stop),
    }  # fmt: skip
    if request.seed is not None:
        body["seed"] = request.seed
    if request.kind == "chat" or (request.kind == "predict" and spec.data.chat):
        return "/v1/chat/completions", {**body, "messages": messages_of(request.example)}
    prompt = request.text if request.kind == "complete" else spec.data.model_input(request.example)
    return "/v1/completions", {**body, "prompt": prompt}


async def _chunks(reply: httpx2.Response) -> AsyncIterator[dict[str, Any]]:
    """The events of a stream.

    Raises:
        TransportError: It ended before its end.
    """
    async for line in reply.aiter_lines():
        if line == "data: [DONE]":
            return
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))
    raise httpx2.RemoteProtocolError("The stream ended before its end.")


def _words(body: bytes) -> str:
    try:
        found = json.loads(body)
        error = found.get("error", found)
        return str(error["message"])[:300]
    except (ValueError, KeyError, TypeError, AttributeError):
        return body[:200].decode("utf-8", "replace")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
