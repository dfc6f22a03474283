"""`assay evaluations`: those there are, and results of other harnesses."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from core import run
from core.cli import board, evaluation_show
from core.cli.common import emit, json_option, rows, say, workspace_option
from core.cli.follow import result_of
from core.evaluate import notation, store
from core.text.literal import printable
from core.workspace import Workspace


@click.group()
def evaluations() -> None:
    """List, rank, show and export evaluations; import results of lm-eval and Inspect."""


evaluations.add_command(board.board)
evaluations.add_command(evaluation_show.show)
evaluations.add_command(evaluation_show.export_)


@evaluations.command("list")
@workspace_option
@json_option
def list_(workspace: Workspace, as_json: bool) -> None:
    """List the evaluations, newest first, and what was imported."""
    from core.evaluate.imports import list_imports

    own, brought = store.list_evaluations(workspace), list_imports(workspace)
    lines: list[tuple[object, ...]] = [
        (e.evaluation, e.model, e.dataset, e.split, f"{e.n:,}", _headline(e)) for e in own
    ]
    text = rows(("evaluation", "model", "dataset", "split", "n", "score"), lines)
    document = {
        "evaluations": [
            {"evaluation": e.evaluation, "model": e.model, "kind": e.kind, "dataset": e.dataset,
             "split": e.split, "n": e.n, "created_at": e.created_at} for e in own],
        "imported": [asdict(kept) for kept in brought],
    }  # fmt: skip
    if brought:
        text += f"\n\nImported, scored elsewhere:\n{_scores(brought)}"
    emit(document, as_json, text)


@evaluations.command("import")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--dataset", metavar="D", help="Score its answers on this dataset too, by id.")
@workspace_option
@json_option
def import_(file: Path, dataset: str | None, workspace: Workspace, as_json: bool) -> None:
    """Bring in results of lm-eval (results_*.json, samples_*.jsonl) or Inspect (a log in JSON).

    Their scores stand beside ours. Their answers are scored by our metrics only with --dataset,
    and only those whose id and target are the dataset's.
    """
    from core.data import dataset as datasets
    from core.evaluate.imports import answers_for, keep

    data = datasets.open_dataset(workspace, dataset) if dataset else None
    kept, found = keep(workspace, file.expanduser())
    made = None
    if data is not None:
        examples = datasets.read(workspace, data, "all")
        path = answers_for(workspace, kept, found, examples, data.title)
        say(f"Its answers to {data.title} are scored as {path.stem}.")
        request = run.EvaluateRequest(data.title, predictions=str(path), split="all")
        made = str(result_of(workspace, request)["evaluation"])
    text = _scores([kept]) if kept.scores else f"{kept.file} holds no score."
    if found.samples and made is None:
        text += (f"\n{len(found.samples):,} answers have an id of their own; --dataset D scores "
                 "them on your data.")  # fmt: skip
    emit({**asdict(kept), "unnamed": found.unnamed, "evaluation": made}, as_json,
         text if made is None else f"{text}\nEvaluation: {made}")  # fmt: skip


def _headline(made: store.Evaluation) -> str:
    return notation.named(made.headline)


def _scores(kept: list[Any]) -> str:
    lines: list[tuple[object, ...]] = [
        (row.name, row.tool, printable(row.model), printable(score.task), printable(score.metric),
         f"{score.value:.4g}",
         "" if score.low is None else f"{score.low:.4g} to {score.high:.4g}",
         "" if score.n is None else f"{score.n:,}")
        for row in kept
        for score in row.scores
    ]  # fmt: skip
    return rows(("import", "tool", "model", "task", "metric", "value", "95 % interval", "n"), lines)
