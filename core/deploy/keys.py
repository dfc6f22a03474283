"""API keys: made once, shown once, kept as hashes.

    assay keys add NAME      shows the key, this once
    assay keys list
    assay keys revoke NAME

A key holds 256 random bits, so nobody can try them all: a plain SHA-256 keeps it as safe as a slow
hash would (those are for passwords, which people choose), and costs a request nothing, where a
slow one would let strangers keep the server busy with wrong keys.
"""

import hashlib
import hmac
import secrets
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass

from core.errors import BadInput, NotFound
from core.workspace import Workspace, check_name

PREFIX = "assay-"
BYTES = 32
LOOK_SECONDS = 1.0
"""A revoked key is refused after so long at the latest."""
TOKEN = "token"  # noqa: S105 - how the holder of $ASSAY_TOKEN is called
NOBODY = "anybody"
"""The caller where no key is wanted."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS api_keys (
  name TEXT PRIMARY KEY, hash TEXT NOT NULL, hint TEXT NOT NULL, created_at REAL NOT NULL,
  revoked_at REAL);
"""


@dataclass(frozen=True)
class Key:
    """A key, without what it opens.

    Attributes:
        name: Who has it.
        hint: Its last four characters.
        created_at, revoked_at: UTC, seconds since 1970; None = it is good.
    """

    name: str
    hint: str
    created_at: float
    revoked_at: float | None


def add(workspace: Workspace, name: str) -> str:
    """Make a key; it is returned here and never again.

    Raises:
        BadInput: The name cannot be used, or has a key.
    """
    check_name(name, "key's name")
    if name in (TOKEN, NOBODY):
        raise BadInput(f"{name!r} is what the server calls others; choose another name.")
    key = PREFIX + secrets.token_urlsafe(BYTES)
    with workspace.tables(SCHEMA) as db:
        try:
            db.execute(
                "INSERT INTO api_keys (name, hash, hint, created_at) VALUES (?,?,?,?)",
                (name, _hash(key), key[-4:], time.time()),
            )
        except sqlite3.IntegrityError:
            raise BadInput(
                f"There is a key called {name!r}, perhaps a revoked one; choose another name."
            ) from None
    return key


def keys(workspace: Workspace) -> list[Key]:
    """All keys, the revoked ones too, oldest first."""
    with workspace.tables(SCHEMA) as db:
        rows = db.execute(
            "SELECT name, hint, created_at, revoked_at FROM api_keys ORDER BY created_at, name"
        )
        return [Key(**dict(row)) for row in rows]


def revoke(workspace: Workspace, name: str) -> None:
    """Let a key open nothing any more. It stays in the list.

    Raises:
        NotFound: There is no such key.
    """
    with workspace.tables(SCHEMA) as db:
        known = [row["name"] for row in db.execute("SELECT name FROM api_keys ORDER BY name")]
        if name not in known:
            listing = f"Known: {', '.join(known)}." if known else "There is none yet."
            raise NotFound(f"There is no key called {name!r}. {listing}")
        db.execute(
            "UPDATE api_keys SET revoked_at=COALESCE(revoked_at, ?) WHERE name=?",
            (time.time(), name),
        )


def _known(workspace: Workspace) -> list[sqlite3.Row]:
    """Names and hashes. It only reads, so no writer of the database can keep the server waiting."""
    with closing(workspace.connect()) as db:
        table = db.execute("SELECT 1 FROM sqlite_master WHERE name='api_keys'").fetchone()
        if table is None:
            return []
        return db.execute("SELECT name, hash, revoked_at FROM api_keys").fetchall()


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


class Doorkeeper:
    """Who may come in, looked up at most once a second.

    Once a key was made, one is wanted: revoking the last one must not open the server to all.

    Args:
        workspace: Where the keys are; None = there are none.
        token: The value of $ASSAY_TOKEN, which opens like a key.
    """

    def __init__(self, workspace: Workspace | None, token: str | None) -> None:
        self._workspace = workspace
        self._token = _hash(token) if token else None
        self._hashes: list[tuple[str, str]] = []
        self._guarded = False
        self._looked = float("-inf")

    @property
    def guarded(self) -> bool:
        """Whether a key is wanted."""
        self._look()
        return self._guarded or self._token is not None

    def who(self, header: str) -> str | None:
        """The name of whoever shows `Authorization: HEADER`; None = a key is wanted.

        Every known hash is compared, each in constant time: how long it takes tells nothing.
        """
        if not self.guarded:
            return NOBODY
        scheme, _, given = header.partition(" ")
        shown = _hash(given.strip()) if scheme.casefold() == "bearer" else _hash("")
        found = None
        for name, known in [*self._hashes, *([(TOKEN, self._token)] if self._token else [])]:
            if hmac.compare_digest(shown, known):
                found = name
        return found

    def _look(self) -> None:
        if self._workspace is None or time.monotonic() - self._looked < LOOK_SECONDS:
            return
        rows = _known(self._workspace)
        self._guarded = bool(rows)
        self._hashes = [(row["name"], row["hash"]) for row in rows if row["revoked_at"] is None]
        self._looked = time.monotonic()
