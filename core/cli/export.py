"""`assay export`: a finished run or variant as a folder, a bundle, or onto the Hugging Face Hub."""

from dataclasses import asdict
from pathlib import Path

import click

from core.cli.common import emit, json_option, workspace_option
from core.errors import BadInput
from core.text import format as formats
from core.work.export import FORMATS, Export, push
from core.work.export import export as write
from core.work.exported import subject_of
from core.workspace import Workspace


@click.command()
@click.argument("run", metavar="R")
@click.option("--format", "format", default=FORMATS[0].name, show_default=True,
              metavar="|".join(row.name for row in FORMATS),
              help="; ".join(f"{row.name}: {row.help}" for row in FORMATS) + ".")  # fmt: skip
@click.option("--to", metavar="DIR", type=click.Path(path_type=Path),
              help="Folder to write: new, empty, or an earlier export.")  # fmt: skip
@click.option("--push", "repository", metavar="OWNER/NAME",
              help="Put it onto the Hub, with the token in HF_TOKEN.")  # fmt: skip
@click.option("--force", is_flag=True,
              help="Bundle a model that nobody evaluated; it says so for ever after.")  # fmt: skip
@workspace_option
@json_option
def export(
    run: str,
    format: str,
    to: Path | None,
    repository: str | None,
    force: bool,
    workspace: Workspace,
    as_json: bool,
) -> None:
    """Take run or variant R away: weights, tokenizer, model card and record in one folder."""
    if to is None and repository is None:
        raise BadInput("Nowhere to export to: name a folder with --to DIR, or --push OWNER/NAME.")
    if repository and format != "hub":
        raise BadInput(f"--push takes the format hub, not {format!r}; leave --format away.")
    made = write(workspace, run, format, to, force=force) if to else None
    pushed = push(workspace, run, repository) if repository else None
    document = asdict(made or Export(subject_of(workspace, run).name, format, "", []))
    document |= {"folder": made.folder if made else None, "pushed": pushed}
    lines = []
    if made:
        size = formats.size(sum(row["bytes"] for row in made.files))
        lines.append(f"{run} is in {made.folder}: {len(made.files)} files, {size}.")
        if not made.evaluated:
            lines.append(f"Nobody has evaluated {run}; its card says so.")
    if pushed:
        lines.append(f"{run} is at {pushed}.")
    emit(document, as_json, "\n".join(lines))
