"""Messages between the server and an engine's process: a length, then JSON. Nothing is unpickled.

Standard library only.

    to the engine     {"load": "module:function", "spec": {…}} once, then
                      {"take": [request, …]}, {"drop": [id, …]}
    from the engine   {"ready": {…}} or {"failed": class, "message": …} once, then
                      {"events": [[kind, id, value], …]}
"""

import json
import struct
from dataclasses import asdict
from typing import IO, Any

from core import errors
from core.deploy import engine
from core.deploy.engine import EngineAnswer, Event
from core.errors import RequestError, WorkFailed

_LENGTH = struct.Struct("<I")
LENGTH_BYTES = _LENGTH.size


def pack(message: dict[str, Any]) -> bytes:
    """A message as bytes."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    raw = body.encode()
    return _LENGTH.pack(len(raw)) + raw


def length(head: bytes) -> int:
    """How long the message is whose first bytes these are."""
    found: int = _LENGTH.unpack(head)[0]
    return found


def unpack(body: bytes) -> dict[str, Any]:
    """A message, without its length."""
    message: dict[str, Any] = json.loads(body)
    return message


def read(source: IO[bytes]) -> dict[str, Any] | None:
    """The next message of a pipe; None where it has ended."""
    head = source.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    body = source.read(length(head))
    return unpack(body) if len(body) == length(head) else None


def pack_events(events: list[Event]) -> bytes:
    """Events as a message."""
    return pack({"events": [[kind, name, _plain(kind, value)] for kind, name, value in events]})


def _plain(kind: str, value: Any) -> Any:
    if kind == "answer":
        # Without what is not there: most answers are a text and three numbers.
        return {name: field for name, field in asdict(value).items() if field is not None}
    if kind == "error":
        return [type(value).__name__, str(value)]
    return value


def event_of(item: list[Any]) -> Event:
    """An event of a message."""
    kind, name, value = item
    if kind == "answer":
        return kind, name, EngineAnswer(**value)
    if kind == "error":
        return kind, name, error_of(*value)
    return kind, name, value


def error_of(name: str, message: str) -> Exception:
    """An error that was raised in another process, by the name of its class."""
    found = getattr(engine, name, None) or getattr(errors, name, None)
    known = isinstance(found, type) and issubclass(found, errors.AssayError)
    error: Exception = found(message) if known and found is not None else WorkFailed(message)
    return error


def is_request_error(error: Exception) -> bool:
    """Whether the caller can do something about it."""
    return isinstance(error, RequestError)
