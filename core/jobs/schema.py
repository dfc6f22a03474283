"""The tables of jobs and events, and how those of an older Assay are brought up to date."""

import sqlite3

from core.workspace import DATABASE_SCHEMA

TABLES = """
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, request TEXT NOT NULL, spec_hash TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'queued', progress REAL, message TEXT, message_values TEXT,
  error TEXT, result TEXT, cancel_requested_at REAL, pid INTEGER,
  created_at REAL NOT NULL, started_at REAL, ended_at REAL, heartbeat_at REAL);
-- The same work is never under way twice: two tabs, one job.
CREATE UNIQUE INDEX IF NOT EXISTS one_active_job ON jobs(spec_hash)
  WHERE state IN ('queued', 'running');
CREATE TABLE IF NOT EXISTS events (
  job_id TEXT NOT NULL REFERENCES jobs(id), sequence INTEGER NOT NULL, at REAL NOT NULL,
  kind TEXT NOT NULL, payload TEXT NOT NULL, PRIMARY KEY (job_id, sequence))
"""
"""As the first Assay made them; COLUMNS came later."""

COLUMNS = {
    "target": "TEXT",
    "reason": "TEXT",
    "attempt": "INTEGER NOT NULL DEFAULT 1",
    "pause_requested_at": "REAL",
    "asked_uptime": "REAL",  # when it was asked to stop, on the clock of `beat`
    "queued_at": "REAL",
    "launched": "INTEGER NOT NULL DEFAULT 0",
    "process": "TEXT",
    "boot": "TEXT",
    "memory_kills": "INTEGER",
    "beat": "REAL",
    "ran_seconds": "REAL NOT NULL DEFAULT 0",
    "exit_status": "INTEGER",
}
"""Columns of `jobs` since schema 2."""


def migrate(database: sqlite3.Connection) -> None:
    """Make the tables, or bring those of an older Assay up to date, all at once."""
    if database.execute("PRAGMA user_version").fetchone()[0] >= DATABASE_SCHEMA:
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        for statement in TABLES.split(";\n"):
            database.execute(statement)
        known = {row["name"] for row in database.execute("PRAGMA table_info(jobs)")}
        for name, kind in COLUMNS.items():
            if name not in known:
                database.execute(f"ALTER TABLE jobs ADD COLUMN {name} {kind}")
        database.execute(f"PRAGMA user_version={DATABASE_SCHEMA}")
        database.execute("COMMIT")
    except BaseException:
        database.rollback()
        raise
