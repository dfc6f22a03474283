"""`assay feedback`: list, import and review what users said of the answers."""

from dataclasses import asdict
from pathlib import Path

import click

from core.cli.common import emit, json_option, rows, workspace_option
from core.errors import BadInput
from core.update import feedback as store
from core.workspace import Workspace


@click.group()
def feedback() -> None:
    """What users said of the answers."""


@feedback.command("list")
@click.option("--state", type=click.Choice(store.STATES), help="Only of one state.")
@workspace_option
@json_option
def list_(state: str | None, workspace: Workspace, as_json: bool) -> None:
    """List feedback, newest first."""
    found = store.entries(workspace, state)
    table = rows(
        ("id", "state", "verdict", "model", "input", "correction"),
        [(f.id, f.state, f.verdict, f.model, _short(f.input), _short(f.correction)) for f in found],
    )
    text = table if found else "No feedback yet; the playground and the server collect it."
    emit({"feedback": [asdict(entry) for entry in found]}, as_json, text)


def _short(text: str | None) -> str:
    """A text on one line, without control characters that a terminal would obey."""
    line = "".join(sign if sign.isprintable() else " " for sign in text or "")
    return line if len(line) <= 40 else f"{line[:39]}…"


@feedback.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--model", default="unknown", help="The model that answered, where no column says.")
@workspace_option
@json_option
def import_(file: Path, model: str, workspace: Workspace, as_json: bool) -> None:
    """Import feedback from FILE (.csv or .jsonl: input, verdict, maybe output, correction)."""
    kept, refused = store.import_file(workspace, file, model)
    lines = [f"{kept} kept, {len(refused)} refused."]
    lines += [f"line {row['line']}: {row['reason']}" for row in refused]
    emit({"kept": kept, "refused": refused}, as_json, "\n".join(lines))


@feedback.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--accept", "state", flag_value="accepted", help="They may be learnt from.")
@click.option("--reject", "state", flag_value="rejected", help="They may not.")
@click.option("--all-new", is_flag=True, help="All that nobody has reviewed yet.")
@workspace_option
@json_option
def review(
    ids: tuple[str, ...], state: str | None, all_new: bool, workspace: Workspace, as_json: bool
) -> None:
    """Accept or reject feedback by ID; only accepted corrections are learnt from."""
    if state is None:
        raise BadInput("Say what to do with the feedback: --accept or --reject.")
    wanted = [entry.id for entry in store.entries(workspace, "new")] if all_new else list(ids)
    if not wanted and not all_new:
        raise BadInput("Name the feedback's ids (`assay feedback list` shows them) or --all-new.")
    changed = store.review(workspace, wanted, state)
    emit({"changed": changed, "state": state}, as_json, f"{changed} {state}.")


@feedback.command()
@click.argument("dataset", metavar="D")
@click.option("--model", required=True, metavar="M", help="A run on D, or the base of one.")
@click.option("--input", "input_", required=True, help="What was asked.")
@click.option("--answer", required=True, help="What is right.")
@click.option("--context", help="For question answering, the passage.")
@workspace_option
@json_option
def teach(
    dataset: str, model: str, input_: str, answer: str, context: str | None,
    workspace: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Put an example into the next training set of D, as accepted feedback.

    A row of the test or validation split is refused: it judges the next model.
    """
    from core.data.dataset import open_dataset
    from core.update.teach import teach as keep

    made = keep(workspace, open_dataset(workspace, dataset), model=model, input=input_,
                answer=answer, context=context)  # fmt: skip
    emit(asdict(made), as_json, f"{made.id} accepted: the next `assay update {dataset}` learns it.")
