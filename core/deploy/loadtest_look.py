"""Find out how a server is asked, by what it says of itself."""

import json
from typing import Any

import httpx2

from core.deploy.loadtest_dialects import DIALECTS, OPENAI
from core.deploy.loadtest_target import TOKEN, Target, check_url
from core.errors import BadInput, WorkFailed
from core.units import MIB

LOOK_SECONDS = 10.0
MOST_BYTES = MIB


def look(url: str, *, path: str | None, model: str | None, key: str | None) -> Target:
    """Find out how to ask a server.

    The path is what was named, or stands in the URL; else it is what the server says that it does
    (/v1/model, of our own), or what OpenAI-compatible ones have (/v1/models).

    Args:
        url: Of the server, with or without /v1 or a path.
        path: Name of a row of DIALECTS; None = find out.
        model: What the server calls the model; None = the only one, or the first.
        key: To be sent along.

    Raises:
        BadInput: There is no such path.
        WorkFailed: Nothing answers there, or nothing that could be asked.
    """
    check_url(url)
    base, named = _split(url)
    wanted = path or named
    if wanted is not None and wanted not in {row.name for row in DIALECTS}:
        known = ", ".join(row.name for row in DIALECTS)
        raise BadInput(f"path: {wanted!r} is none; give one of {known}.")
    own = _get(f"{base}/v1/model", key)
    if own is not None and isinstance(own.get("model"), str):
        return _of_own(base, own, wanted, model)
    others = _get(f"{base}/v1/models", key) or {}
    names = [row.get("id") for row in _rows(others.get("data")) if isinstance(row.get("id"), str)]
    if not names and wanted is None:
        raise WorkFailed(
            f"{base} answers neither /v1/model nor /v1/models with a model's name, so it is not "
            "known how to ask it; give the whole address, such as .../v1/chat/completions, or "
            "--path."
        )
    found = wanted or "chat"
    asked = model or (names[0] if names and found in OPENAI else None)
    return Target(base, found, asked, {"model": asked} if asked else {}, found in OPENAI)


def _of_own(base: str, own: dict[str, Any], wanted: str | None, model: str | None) -> Target:
    """A server of ours: it says what it does, and a newer one with which engine."""
    told = ("model", "engine", "device", "task", "dataset", "precision")
    says = {name: own[name] for name in told if isinstance(own.get(name), str)}
    found = wanted or _path_for(own)
    return Target(base, found, model, says, bool(own.get("streams")) and found in OPENAI)


def _path_for(own: dict[str, Any]) -> str:
    if not isinstance(own.get("engine"), str):
        return "predict"  # an older one, which has no other
    if own.get("chats"):
        return "chat"
    if own.get("task") == "text-classification":
        return "classify"
    # It counts tokens, as predict does not.
    return "predict" if own.get("task") == "question-answering" else "completions"


def _split(url: str) -> tuple[str, str | None]:
    """A URL without a known path, and the name of that path."""
    bare = url.rstrip("/")
    for row in DIALECTS:
        if bare.endswith(row.path):
            return bare.removesuffix(row.path), row.name
    return bare.removesuffix("/v1"), None


def _get(url: str, key: str | None) -> dict[str, Any] | None:
    """A JSON object; None where there is none at that path.

    Raises:
        WorkFailed: Nothing answers, or the key is refused.
    """
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    host = httpx2.URL(url).host
    try:
        with (
            httpx2.Client(
                headers=headers, timeout=LOOK_SECONDS, follow_redirects=False, trust_env=False
            ) as client,
            client.stream("GET", url) as answer,
        ):
            if answer.status_code in (401, 403):
                raise WorkFailed(
                    f"{host} refused the key ({answer.status_code}); name the variable of the "
                    f"right one with --key-env, or set ${TOKEN}."
                )
            body = bytearray()
            for chunk in answer.iter_raw():
                body += chunk
                if len(body) > MOST_BYTES:
                    return None
            status = answer.status_code
    except (httpx2.HTTPError, OSError) as error:
        raise WorkFailed(
            f"Nothing answers at {url.rpartition('/v1/')[0]} ({type(error).__name__}); start the "
            "server, or check the address."
        ) from None
    return _object(bytes(body)) if status == 200 else None


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _rows(found: object) -> list[dict[str, Any]]:
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
