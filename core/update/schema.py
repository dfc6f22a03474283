"""The table of feedback, and how that of an older Assay is brought up to date."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from core.workspace import Workspace

TABLES = """
CREATE TABLE IF NOT EXISTS feedback (
  id TEXT PRIMARY KEY, at REAL NOT NULL, model TEXT NOT NULL, input TEXT NOT NULL, context TEXT,
  output TEXT NOT NULL, verdict TEXT NOT NULL, correction TEXT, source TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'new', used_in TEXT);
CREATE TABLE IF NOT EXISTS feedback_reviews (
  number INTEGER PRIMARY KEY, feedback TEXT NOT NULL REFERENCES feedback(id), at REAL NOT NULL,
  who TEXT NOT NULL, action TEXT NOT NULL, before TEXT, after TEXT);
CREATE INDEX IF NOT EXISTS feedback_reviewed ON feedback_reviews(feedback);
CREATE INDEX IF NOT EXISTS feedback_by_time ON feedback(source, at)
"""
"""As the first Assay made the first of them; COLUMNS came later."""

COLUMNS = {
    "comment": "TEXT",
    "request_id": "TEXT",
    "sender": "TEXT",
    "masked": "TEXT NOT NULL DEFAULT '{}'",  # kind of personal data to how many were masked
    "given": "TEXT",  # the user's correction, where a reviewer has written another
    "edited": "INTEGER NOT NULL DEFAULT 0",
    "reviewer": "TEXT",
    "reviewed_at": "REAL",
}
"""Columns of `feedback` that an older Assay did not have."""


@contextmanager
def opened(workspace: Workspace) -> Iterator[sqlite3.Connection]:
    """A connection whose tables are up to date; closed at the end of the block."""
    connection = workspace.connect()
    try:
        migrate(connection)
        yield connection
    finally:
        connection.close()


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All of a block, or nothing of it; nobody else writes meanwhile."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.rollback()
        raise
    database.execute("COMMIT")


def migrate(database: sqlite3.Connection) -> None:
    """Make the tables, or add to an older one the columns it lacks; its rows stay."""
    known = {row["name"] for row in database.execute("PRAGMA table_info(feedback)")}
    tables = database.execute(
        "SELECT 1 FROM sqlite_master WHERE name='feedback_by_time'"
    ).fetchone()
    if tables and known >= set(COLUMNS):
        return
    with transaction(database):
        for statement in TABLES.split(";\n"):
            database.execute(statement)
        known = {row["name"] for row in database.execute("PRAGMA table_info(feedback)")}
        for name, kind in COLUMNS.items():
            if name not in known:
                database.execute(f"ALTER TABLE feedback ADD COLUMN {name} {kind}")
