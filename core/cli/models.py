"""`assay models`: base models that can be used, and what is known of each."""

from dataclasses import asdict
from typing import Any

import click

from core.cli.common import emit, json_option, rows, workspace_option
from core.models.catalog import CATALOG
from core.models.resolve import ModelRef, list_models, resolve, shape_of
from core.models.shape import parameters
from core.text import format
from core.workspace import Workspace


@click.group()
def models() -> None:
    """List and show models: runs, starters, and well-known ones of the Hub."""


@models.command("list")
@workspace_option
@json_option
def list_(workspace: Workspace, as_json: bool) -> None:
    """List every model that has a name here."""
    found = [_document(ref) for ref in list_models(workspace)]
    header = ("model", "kind", "family", "parameters", "offline", "licence")
    lines: list[tuple[object, ...]] = [
        (
            row["name"],
            row["kind"],
            row["family"] or "",
            format.count(row["parameters"]),
            "yes" if row["offline"] else "needs a network",
            row["licence"] or "",
        )
        for row in found
    ]
    emit({"models": found}, as_json, rows(header, lines))


@models.command()
@click.argument("model", metavar="M")
@workspace_option
@json_option
def show(model: str, workspace: Workspace, as_json: bool) -> None:
    """Show a model: where it comes from, its sizes, its parameters by part."""
    ref = resolve(workspace, model)
    shape = shape_of(ref)
    document = {
        **_document(ref),
        "shape": asdict(shape) if shape else None,
        "parameters_by_part": asdict(parameters(shape)) if shape else None,
    }
    lines = [
        f"{name}: {format.count(value) if name == 'parameters' else value}"
        for name, value in document.items()
        if value is not None and not isinstance(value, dict)
    ]
    for part in ("shape", "parameters_by_part"):
        values = document[part] or {}
        lines += [f"{part}.{k}: {v:,}" if isinstance(v, int) else f"{part}.{k}: {v}"
                  for k, v in values.items()]  # fmt: skip
    emit(document, as_json, "\n".join(lines))


def _document(ref: ModelRef) -> dict[str, Any]:
    shape = shape_of(ref)
    row = next((row for row in CATALOG if row.name == ref.name), None)
    return {
        "name": ref.name,
        "kind": ref.kind,
        "title": row.title if row else ref.name,
        "hub_id": ref.hub_id,
        "revision": ref.revision,
        "path": str(ref.path) if ref.path else None,
        "offline": ref.path is not None,
        "family": shape.family if shape else None,
        "parameters": parameters(shape).total if shape else None,
        "licence": row.licence if row else None,
        "source": row.source if row else None,
        "as_of": row.as_of if row else None,
    }
