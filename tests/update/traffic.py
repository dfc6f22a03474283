"""Live traffic made by hand: the table as the server writes it."""

from contextlib import closing

from core.update.traffic_read import Request

TABLE = """
CREATE TABLE IF NOT EXISTS traffic (
  id TEXT PRIMARY KEY, at REAL NOT NULL, model TEXT NOT NULL, task TEXT, input_tokens INTEGER,
  output_tokens INTEGER, characters INTEGER, language TEXT, unseen_share REAL, label TEXT,
  confidence REAL, refused INTEGER, seconds REAL, status INTEGER, input_text TEXT,
  output_text TEXT);
"""


def write(workspace, requests):
    """Put `Request`s into the table."""
    with closing(workspace.connect()) as db:
        db.executescript(TABLE)
        names = list(Request.__dataclass_fields__)
        db.executemany(
            f"INSERT INTO traffic ({','.join(names)}) "  # noqa: S608 - names of a dataclass
            f"VALUES ({','.join('?' * len(names))})",
            [[getattr(one, name) for name in names] for one in requests],
        )
