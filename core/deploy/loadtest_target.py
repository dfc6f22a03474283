"""Whom a load test asks: the address, whether it may, the key, and what the server says it is."""

import json
import os
from dataclasses import asdict, dataclass
from typing import Any

import httpx2

from core.deploy.loadtest_dialects import DIALECTS, OPENAI, Dialect
from core.deploy.serve import is_loopback
from core.errors import BadInput, WorkFailed
from core.units import MIB

TOKEN = "ASSAY_TOKEN"  # noqa: S105 - the name of the variable
LOOK_SECONDS = 10.0
MOST_LOOKED_BYTES = MIB
_WANTED = "expected one such as http://127.0.0.1:8600 or https://api.example.com/v1"


@dataclass(frozen=True)
class Target:
    """A server as it is asked.

    Attributes:
        url: Up to the path, without a slash at the end.
        dialect: Name of the path's row.
        model: What it calls the model; None = it has one only.
        says: What it says of itself, as far as it is of use: model, engine, device, task.
        streams: Whether it gives answers piece by piece.
    """

    url: str
    dialect: str
    model: str | None
    says: dict[str, str]
    streams: bool

    @property
    def row(self) -> Dialect:
        """How it is asked."""
        return next(row for row in DIALECTS if row.name == self.dialect)

    @property
    def address(self) -> str:
        """Where the requests go."""
        return self.url + self.row.path

    def to_json(self) -> dict[str, Any]:
        """As a record holds it."""
        return {**asdict(self), "address": self.address}


def check_url(url: str) -> httpx2.URL:
    """A URL that can be asked.

    Raises:
        BadInput: It is none, or holds what may be a secret.
    """
    try:
        found = httpx2.URL(url)
    except httpx2.InvalidURL:
        raise BadInput(f"URL: that is no address; {_WANTED}.") from None
    if found.userinfo or found.query or found.fragment:
        # It may be a secret, so it is not repeated.
        raise BadInput(
            "URL: it holds a name, a password or a query; leave them out, and name the variable of "
            "the key with --key-env."
        )
    if found.scheme not in ("http", "https") or not found.host:
        raise BadInput(f"URL: {url[:80]!r} cannot be asked; {_WANTED}.")
    if found.port is not None and not 1 <= found.port <= 65_535:
        raise BadInput(f"URL: the port {found.port} is out of range; use 1 to 65535.")
    if not found.path.isascii() or not found.path.isprintable() or " " in found.path:
        raise BadInput(f"URL: the path {found.path[:80]!r} cannot be sent; {_WANTED}.")
    return found


def is_own(url: str) -> bool:
    """Whether only this machine is asked."""
    return is_loopback(check_url(url).host)


def check_allowed(url: str, requests: str, *, yes: bool) -> None:
    """Refuse to load a machine that may be somebody else's, unless it was said to be right.

    Args:
        url: Of the server.
        requests: How many, in words.
        yes: It was.

    Raises:
        BadInput: It was not.
    """
    if not yes and not is_own(url):
        raise BadInput(
            f"This sends {requests} to {check_url(url).host}, which is not this machine: a load "
            "test may cost money and look like an attack. If it is yours to test, add --yes."
        )


def read_key(url: str, key_env: str | None) -> str | None:
    """The key, from the environment; $ASSAY_TOKEN for this machine where no other is named.

    Raises:
        BadInput: The variable is not set, or holds what cannot stand in a header.
    """
    if key_env is None and not (is_own(url) and os.environ.get(TOKEN)):
        return None  # our own token is for our own server: it goes nowhere else unasked
    name = key_env or TOKEN
    key = os.environ.get(name, "").strip()
    if not key:
        raise BadInput(
            f"The environment variable {name!r} is not set; put the server's key into it, where "
            "assay is started."
        )
    if not (key.isascii() and key.isprintable()):
        raise BadInput(
            f"The environment variable {name!r} holds signs that no key has; copy the key again."
        )
    return key


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
    says = {name: own[name] for name in ("model", "engine", "device", "task", "dataset")
            if isinstance(own.get(name), str)}  # fmt: skip
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
                if len(body) > MOST_LOOKED_BYTES:
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
