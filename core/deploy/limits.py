"""What one request may ask of the server, and how its body is read within it."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, NoReturn

from starlette.requests import Request

from core.deploy.refusal import Refused, wrong
from core.units import MIB


@dataclass(frozen=True)
class Limits:
    """Bounds of one request.

    Attributes:
        body_bytes: Of the whole body.
        inputs: Texts at once.
        characters: Of a text to /v1/predict and its kin.
        prompt_characters: Of a prompt, or of a conversation: the model's context bounds it more.
        body_seconds: A body must be there by then; a client that drips it is sent away.
        head_seconds: The same for a request's head.
        seconds: From the request's head to the last byte of the answer.
        feedback_per_minute: Judgements of one caller.
    """

    body_bytes: int = MIB
    inputs: int = 32
    characters: int = 5_000
    prompt_characters: int = 200_000
    body_seconds: float = 10.0
    head_seconds: float = 10.0
    seconds: float = 60.0
    feedback_per_minute: int = 60


async def read_object(request: Request, limits: Limits) -> dict[str, Any]:
    """The body, a JSON object.

    Raises:
        Refused: It is no JSON, too large, too deep, or comes too slowly.
    """
    # A page of another site cannot send this type without asking first, and is not allowed to.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused(415, "Send JSON, with the header 'Content-Type: application/json'.",
                      "unsupported_media_type")  # fmt: skip
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and int(said) > limits.body_bytes:
        raise _large(limits)
    try:
        async with asyncio.timeout(limits.body_seconds):
            raw = await _read(request, limits)
    except TimeoutError:
        raise Refused(
            408, f"The request's body did not come within {limits.body_seconds:.0f} s.", "too_slow"
        ) from None
    return parse(raw)


async def _read(request: Request, limits: Limits) -> bytes:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > limits.body_bytes:
            raise _large(limits)
    return bytes(raw)


def parse(raw: bytes) -> dict[str, Any]:
    """A JSON object; every text in it can be written as UTF-8.

    Raises:
        Refused: It is something else.
    """
    try:
        text = raw.decode("utf-8")
        body = json.loads(text, parse_constant=_no_number)
        if "\\u" in text:
            # Half of a pair of surrogates is valid JSON and no character.
            json.dumps(body, ensure_ascii=False).encode()
    except RecursionError:
        raise wrong("The request is nested too deeply.") from None
    except UnicodeEncodeError:
        raise wrong("The request holds half a character (a lone surrogate).") from None
    except ValueError:
        raise wrong("The request is not JSON.") from None
    if not isinstance(body, dict):
        raise wrong("The request is not a JSON object.")
    return body


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _large(limits: Limits) -> Refused:
    return Refused(
        413, f"The request is larger than {limits.body_bytes:,} bytes.", "request_too_large"
    )
