"""Live traffic made by hand: the columns that the server writes, some of them left open."""

from contextlib import closing

from core.update.traffic_read import Request

TABLE = """
CREATE TABLE IF NOT EXISTS traffic (
  request_id TEXT NOT NULL, place INTEGER NOT NULL, at REAL NOT NULL, model TEXT NOT NULL,
  task TEXT, path TEXT NOT NULL, status INTEGER, input_tokens INTEGER, output_tokens INTEGER,
  characters INTEGER, language TEXT, unseen_share REAL, label TEXT, confidence REAL,
  refused INTEGER, seconds REAL, input TEXT, context TEXT, output TEXT);
"""
OTHERS = {"id": "request_id", "input_text": "input", "output_text": "output"}
"""Fields whose column has another name."""


def write(workspace, requests):
    """Put `Request`s into the table."""
    names = list(Request.__dataclass_fields__)
    columns = [OTHERS.get(name, name) for name in names]
    with closing(workspace.connect()) as db:
        db.executescript(TABLE)
        db.executemany(
            f"INSERT INTO traffic (place, path, {','.join(columns)}) "  # noqa: S608 - names of ours
            f"VALUES (0, '/v1/translate', {','.join('?' * len(names))})",
            [[getattr(one, name) for name in names] for one in requests],
        )
