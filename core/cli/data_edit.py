"""`assay data edit` and `uncertain`: correct rows by a file, and find those worth a look."""

from dataclasses import asdict
from pathlib import Path

import click

from core import run
from core.cli.common import emit, json_option, rows, say_job, workspace_option
from core.cli.data_gate import made_json, made_words
from core.data import dataset as store
from core.jobs import runner
from core.text.literal import printable
from core.workspace import Workspace


@click.command()
@click.argument("dataset", metavar="D")
@click.option("--file", "path", required=True, type=click.Path(path_type=Path), metavar="FILE",
              help="Table with columns id, and some of input, target, context, delete, split. An "
              "empty cell leaves a text as it is; a new or empty id adds a row.")  # fmt: skip
@click.option("--unlock", metavar="REASON", help="Change test rows as well; recorded.")
@workspace_option
@json_option
def edit(dataset: str, path: Path, unlock: str | None, workspace: Workspace, as_json: bool) -> None:
    """Edit, add or delete rows of dataset D by a file, into a new version."""
    from core.data.edits import edit as change
    from core.data.edits import read_edits

    found = store.open_dataset(workspace, dataset)
    made = change(workspace, found, read_edits(path), unlock)
    emit(made_json(found, made), as_json, made_words(found, made))


@click.command()
@click.argument("dataset", metavar="D")
@click.option("--model", metavar="R", help="A classifier; default: the newest run on D.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1),
              help="How many to show.")  # fmt: skip
@workspace_option
@json_option
def uncertain(
    dataset: str, model: str | None, limit: int, workspace: Workspace, as_json: bool
) -> None:
    """Show the rows that a classifier is least sure of: the best ones to look at by hand."""
    from core.uncertainty import classifier, known

    found = store.open_dataset(workspace, dataset)
    chosen = classifier(workspace, found, model)
    if known(workspace, found, chosen) is None:
        job, _ = run.start(workspace, run.UncertainRequest(found.title, chosen.run))
        runner.follow(workspace, job.id, on_change=say_job)
    unsure = known(workspace, found, chosen) or []
    document = {
        "dataset": found.name, "version": found.version, "model": chosen.run,
        "rows": [asdict(row) for row in unsure[:limit]],
    }  # fmt: skip
    lines: list[tuple[object, ...]] = [
        (f"{one.margin:.3f}", one.split, printable(one.id), printable(one.label),
         f"{printable(one.best)} / {printable(one.second)}", printable(one.input[:80]))
        for one in unsure[:limit]
    ]  # fmt: skip
    header = ("margin", "split", "id", "label", "model says", "input")
    emit(document, as_json, rows(header, lines))
