"""`assay keys`: who may ask a server of this workspace."""

from dataclasses import asdict
from datetime import UTC, datetime

import click

from core.cli.common import emit, json_option, rows, workspace_option
from core.deploy import keys as store
from core.workspace import Workspace


@click.group()
def keys() -> None:
    """Keys that callers of a server must show; with none, loopback alone is served."""


@keys.command()
@click.argument("name")
@workspace_option
@json_option
def add(name: str, workspace: Workspace, as_json: bool) -> None:
    """Make a key for NAME and show it, this once."""
    key = store.add(workspace, name)
    emit({"name": name, "key": key}, as_json,
         f"{key}\nThis is the key of {name}. It is not shown again: only its hash is kept.\n"
         "Callers send it as 'Authorization: Bearer KEY'.")  # fmt: skip


@keys.command("list")
@workspace_option
@json_option
def list_(workspace: Workspace, as_json: bool) -> None:
    """List keys, the revoked ones too."""
    found = store.keys(workspace)
    table = rows(
        ("name", "ends in", "made", "revoked"),
        [(k.name, k.hint, _day(k.created_at), _day(k.revoked_at)) for k in found],
    )
    emit({"keys": [asdict(key) for key in found]}, as_json,
         table if found else "No keys yet; `assay keys add NAME` makes one.")  # fmt: skip


def _day(at: float | None) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC") if at else "–"


@keys.command()
@click.argument("name")
@workspace_option
@json_option
def revoke(name: str, workspace: Workspace, as_json: bool) -> None:
    """Let the key of NAME open nothing any more, within a second."""
    store.revoke(workspace, name)
    emit({"revoked": name}, as_json, f"The key of {name} opens nothing any more.")
