"""The paths that OpenAI's clients speak: models, completions, chat, embeddings."""

import base64
import json
import struct
import time
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.deploy.api import Server, Visit
from core.deploy.api_own import longest
from core.deploy.engine import EngineAnswer, EngineInfo, EngineRequest
from core.deploy.fields import (
    ANYTHING,
    FLAG,
    Field,
    Form,
    either,
    integer,
    listed,
    number,
    one_of,
    record,
    text,
)
from core.deploy.fields import read as checked
from core.deploy.limits import Limits, read_object
from core.deploy.refusal import wrong
from core.deploy.stream import EventStream

DEFAULT = Limits()
STARTED = int(time.time())
_PROMPT = text(DEFAULT.prompt_characters)
_STOP = text(200)
_TOKENS = integer(1, 2**31 - 1)


def _fixed(name: str, form: Form) -> Field:
    return Field(name, form, "Taken where it asks for nothing else than what is done anyway.")


_COMMON = (
    Field("model", text(200), "The model's name; left out = the one that is served."),
    Field("max_tokens", _TOKENS, "Longest answer, in tokens; more than the model may write is "
          "refused."),
    Field("temperature", number(0, 2), "0, or left out: the likeliest token each time."),
    Field("top_p", number(0.01, 1), "Tokens that are drawn from hold this share together."),
    Field("seed", integer(-(2**63), 2**63 - 1), "The same draws the same."),
    Field("stop", either(_STOP, listed(_STOP, 4)), "Texts that end the answer."),
    Field("stream", FLAG, "Whether the answer comes piece by piece."),
    Field("stream_options", record(
        Field("include_usage", FLAG, "Whether the last event counts the tokens."),
        Field("include_obfuscation", FLAG, "Taken, and changes nothing."),
    ), "Of a stream."),
    Field("user", text(1_000, blank=True), "Taken, and changes nothing."),
    Field("metadata", ANYTHING, "Taken, and changes nothing."),
    _fixed("n", one_of(1)),
    _fixed("presence_penalty", number(0, 0)),
    _fixed("frequency_penalty", number(0, 0)),
)  # fmt: skip
COMPLETIONS = (
    Field("prompt", either(_PROMPT, listed(_PROMPT, DEFAULT.inputs)), "What to go on with.",
          required=True),
    *_COMMON,
    _fixed("best_of", one_of(1)),
    _fixed("echo", one_of(False)),
)  # fmt: skip
_PART = record(
    Field("type", one_of("text"), "Only texts are read.", required=True),
    Field("text", _PROMPT, "A part of what was said.", required=True),
)
_MESSAGE = record(
    Field("role", one_of("system", "developer", "user", "assistant"), "Whose.", required=True),
    Field("content", either(_PROMPT, listed(_PART, DEFAULT.inputs)), "What.", required=True),
    Field("name", text(200), "Taken, and changes nothing."),
)
CHAT = (
    Field("messages", listed(_MESSAGE, 256), "The conversation; the last one is the user's.",
          required=True),
    *_COMMON,
    Field("max_completion_tokens", _TOKENS, "The same as max_tokens."),
    Field("store", FLAG, "Taken, and changes nothing."),
    _fixed("logprobs", one_of(False)),
)  # fmt: skip
EMBEDDINGS = (
    Field("input", either(_PROMPT, listed(_PROMPT, DEFAULT.inputs)), "The texts.", required=True),
    Field("model", text(200), "The model's name; left out = the one that is served."),
    Field("encoding_format", one_of("float", "base64"), "How a vector is written."),
    Field("user", text(1_000, blank=True), "Taken, and changes nothing."),
)


async def models(server: Server, request: Request, visit: Visit) -> Response:
    """What is served."""
    info = server.supervisor.info
    names = [*([server.alias] if server.alias else []), info.name]
    about = server.supervisor.spec.about
    known = {"object": "model", "created": STARTED, "owned_by": "assay", **about}
    return JSONResponse({"object": "list", "data": [{"id": name, **known} for name in names]})


async def completions(server: Server, request: Request, visit: Visit) -> Response:
    """What follows a text; of a model that was tuned for a task, its answer."""
    body = checked(await read_object(request, server.limits), COMPLETIONS)
    visit.param = "prompt"
    info = server.model(visit, body.get("model"))
    prompts = [body["prompt"]] if isinstance(body["prompt"], str) else body["prompt"]
    _whole(info, "/v1/completions")
    kind = "complete" if info.chats else "predict"
    asked = [_asked(info, visit, body, place, kind, text) for place, text in enumerate(prompts)]
    base = {"id": f"cmpl-{visit.id}", "object": "text_completion", "created": int(visit.at),
            "model": info.name}  # fmt: skip

    def choice(text: str, finish: str | None, place: int = 0) -> dict[str, Any]:
        return {"index": place, "text": text, "logprobs": None, "finish_reason": finish}

    if body.get("stream"):
        if len(asked) > 1:
            raise wrong("Only one prompt can be streamed at a time.", "prompt")
        call = server.submit(visit, asked)[0]
        return EventStream(
            server, visit, call, list,
            lambda piece: {**base, "choices": [choice(piece, None)]},
            lambda answer: [
                {**base, "choices": [choice("", answer.finish)]},
                *_counted(body, base, answer),
            ],
        )  # fmt: skip
    answers = await server.ask(request, visit, asked)
    return JSONResponse({
        **base, "usage": usage(answers),
        "choices": [choice(a.text, a.finish, place) for place, a in enumerate(answers)],
    })  # fmt: skip


async def chat(server: Server, request: Request, visit: Visit) -> Response:
    """The next turn of a conversation; of a model that was tuned for a task, its answer."""
    body = checked(await read_object(request, server.limits), CHAT)
    visit.param = "messages"
    info = server.model(visit, body.get("model"))
    _whole(info, "/v1/chat/completions")
    messages = [_message(message) for message in body["messages"]]
    asked = [_turn(info, visit, body, messages)]
    base = {"id": f"chatcmpl-{visit.id}", "created": int(visit.at), "model": info.name}

    def event(delta: dict[str, str], finish: str | None) -> dict[str, Any]:
        return {**base, "object": "chat.completion.chunk",
                "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}  # fmt: skip

    if body.get("stream"):
        call = server.submit(visit, asked)[0]
        return EventStream(
            server, visit, call,
            lambda: [event({"role": "assistant", "content": ""}, None)],
            lambda piece: event({"content": piece}, None),
            lambda answer: [
                event({}, answer.finish),
                *_counted(body, {**base, "object": "chat.completion.chunk"}, answer),
            ],
        )  # fmt: skip
    answer = (await server.ask(request, visit, asked))[0]
    return JSONResponse({
        **base, "object": "chat.completion", "usage": usage([answer]),
        "choices": [{
            "index": 0, "finish_reason": answer.finish, "logprobs": None,
            "message": {"role": "assistant", "content": answer.text, "refusal": None},
        }],
    })  # fmt: skip


async def embeddings(server: Server, request: Request, visit: Visit) -> Response:
    """Texts as vectors: the mean of the last hidden states, of length 1."""
    body = checked(await read_object(request, server.limits), EMBEDDINGS)
    visit.param = "input"
    info = server.model(visit, body.get("model"))
    if not info.embeds:
        raise wrong(f"{info.name} gives no vectors; serve an encoder for them.", "model")
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    answers = await server.ask(request, visit, [
        EngineRequest(f"{visit.id}-{place}", "embed", text) for place, text in enumerate(texts)
    ])  # fmt: skip
    packed = body.get("encoding_format") == "base64"
    return JSONResponse({
        "object": "list", "model": info.name,
        "data": [
            {"object": "embedding", "index": place, "embedding": _vector(a, packed=packed)}
            for place, a in enumerate(answers)
        ],
        "usage": {"prompt_tokens": sum(a.input_tokens for a in answers),
                  "total_tokens": sum(a.input_tokens for a in answers)},
    })  # fmt: skip


def _whole(info: EngineInfo, path: str) -> None:
    if info.task == "embedding":
        raise wrong(
            f"{info.name} was not tuned for a task, so it gives vectors alone; ask /v1/embeddings, "
            "or fine-tune it and serve the run.", "model",
        )  # fmt: skip
    if info.task == "question-answering" and not info.chats:
        raise wrong(
            f"{info.name} finds answers in a text, for which {path} has no place; ask /v1/predict "
            "with contexts.", "model",
        )  # fmt: skip


def _asked(
    info: EngineInfo, visit: Visit, body: dict[str, Any], place: int, kind: str, text: str,
    context: str | None = None,
) -> EngineRequest:  # fmt: skip
    temperature = float(body.get("temperature", 0.0))
    if temperature > 0 and info.writes and not info.samples:
        raise wrong(
            f"{info.name} gives the likeliest answer each time; leave temperature away.",
            "temperature",
        )
    if temperature > 0 and "seed" in body and info.writes and not info.seeds:
        raise wrong(
            f"{info.name} is run by {info.engine}, which draws anew each time; leave seed away.",
            "seed",
        )
    most = longest(info, body.get("max_completion_tokens", body.get("max_tokens")))
    stop = body.get("stop", ())
    streams = bool(body.get("stream"))
    return EngineRequest(
        f"{visit.id}-{place}", kind, text, context, most, temperature,
        float(body.get("top_p", 1.0)), body.get("seed"),
        (stop,) if isinstance(stop, str) else tuple(stop), streams,
    )  # fmt: skip


def _message(message: dict[str, Any]) -> dict[str, str]:
    role, content = message["role"], message["content"]
    whole = content if isinstance(content, str) else "".join(part["text"] for part in content)
    return {"role": "system" if role == "developer" else role, "content": whole}


def _turn(
    info: EngineInfo, visit: Visit, body: dict[str, Any], messages: list[dict[str, str]]
) -> EngineRequest:
    if messages[-1]["role"] != "user":
        raise wrong("The last message must be the user's.", "messages")
    last = messages[-1]["content"]
    if info.chats:
        before = json.dumps(messages[:-1], ensure_ascii=False) if messages[:-1] else None
        return _asked(info, visit, body, 0, "chat", last, before)
    if len(messages) > 1:
        raise wrong(
            f"{info.name} does {info.task} and reads one text at a time: send only the user's "
            "message.", "messages",
        )  # fmt: skip
    return _asked(info, visit, body, 0, "predict", last)


def usage(answers: Sequence[EngineAnswer]) -> dict[str, int]:
    """Tokens, as OpenAI counts them."""
    read = sum(answer.input_tokens for answer in answers)
    written = sum(answer.output_tokens for answer in answers)
    return {
        "prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written,
    }  # fmt: skip


def _counted(
    body: dict[str, Any], base: dict[str, Any], answer: EngineAnswer
) -> list[dict[str, Any]]:
    """The event that counts the tokens, where it was asked for."""
    wanted = (body.get("stream_options") or {}).get("include_usage")
    return [{**base, "choices": [], "usage": usage([answer])}] if wanted else []


def _vector(answer: EngineAnswer, *, packed: bool) -> list[float] | str:
    numbers = answer.embedding or []
    if not packed:
        return numbers
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
