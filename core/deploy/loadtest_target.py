"""Whom a load test asks: the address, whether it may, and the key."""

import os
from dataclasses import asdict, dataclass
from typing import Any

import httpx2

from core.deploy.loadtest_dialects import DIALECTS, Dialect
from core.deploy.serve import is_loopback
from core.errors import BadInput

TOKEN = "ASSAY_TOKEN"  # noqa: S105 - the name of the variable
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
