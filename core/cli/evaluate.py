"""`assay evaluate` and `assay compare`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core import run
from core.cli.common import emit, json_option, rows, say, workspace_option
from core.cli.endpoint import ask_request, asked, endpoint_options, prompt_options, template
from core.cli.evaluation_show import scores_table
from core.cli.follow import result_of
from core.errors import BadInput, NotFound
from core.evaluate import notation, store
from core.evaluate.store import Evaluation
from core.text.literal import printable
from core.train.runs import list_runs, open_run
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.evaluate.compare import Comparison

WORST_SHOWN = 5


@click.command()
@click.argument("dataset", metavar="D")
@click.option("--model", metavar="M", help="Catalogue name, run, folder, Hub id, or a baseline: "
              "copy-source, majority-class. With --endpoint, the model's name there.")  # fmt: skip
@click.option("--predictions", type=click.Path(path_type=Path), metavar="FILE",
              help="Answers made elsewhere: a table with id and prediction.")  # fmt: skip
@click.option("--metric", "metrics", multiple=True, metavar="X",
              help="bleu, chrf, accuracy, …; repeat for more. Default: the task's.")  # fmt: skip
@click.option("--split", type=click.Choice(["test", "validation", "train", "all"]),
              help="Default: test; with --predictions, all.")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many examples.")
@click.option("--encoder", metavar="M",
              help="For bertscore and embedding. Default: starter-encode.")  # fmt: skip
@endpoint_options
@prompt_options
@workspace_option
@json_option
def evaluate(
    dataset: str,
    model: str | None,
    predictions: Path | None,
    metrics: tuple[str, ...],
    split: str | None,
    limit: int | None,
    workspace: Workspace,
    as_json: bool,
    **given: Any,
) -> None:
    """Score a model, an endpoint or a file of predictions on dataset D, with 95 % intervals.

    With --predictions exactly the ids in the file are scored, of all splits. What was answered or
    scored before is not asked or scored again.
    """
    # A wrong request is refused here, before anything is queued.
    endpoint = asked(model, given)
    request: run.Request
    if endpoint is not None:
        if predictions:
            raise BadInput("Name an endpoint or a file of predictions: one of the two, not both.")
        request, notes = ask_request(workspace, dataset, endpoint, given, metrics, split, limit)
    else:
        request, notes = _request(
            workspace, dataset, model, predictions, metrics, split, limit, given
        )
    made = store.open_evaluation(workspace, result_of(workspace, request)["evaluation"])
    emit({**_document(made), **notes}, as_json, scores_table(made))


def _request(
    workspace: Workspace, dataset: str, model: str | None, predictions: Path | None,
    metrics: tuple[str, ...], split: str | None, limit: int | None, given: dict[str, Any],
) -> tuple[run.Request, dict[str, Any]]:  # fmt: skip
    """What to start for a model or a file, and what is said of the file's ids."""
    from core.evaluate.prepare import prepare

    split = split or ("all" if predictions else "test")
    path = str(predictions.expanduser().absolute()) if predictions else None
    ready = prepare(workspace, dataset, model=model, predictions=path, split=split,
                    metrics=metrics, limit=limit, encoder=given["encoder"])  # fmt: skip
    notes = {name: ready.notes.get(name) for name in ("missing", "unknown")}
    told = given["prompt"] is not None or given["shots"] is not None
    if told and (ready.ref is None or ready.ref.kind == "run"):
        raise BadInput("--prompt and --shots are for an endpoint, or for a decoder that was not "
                       f"tuned here; {ready.model} is neither.")  # fmt: skip
    if predictions:
        say(
            f"{len(ready.examples):,} ids of the file are scored; {notes['missing']:,} of the "
            f"dataset's ids are not in it{_such(ready.notes['missing_ids'])}, "
            f"{notes['unknown']:,} of its ids are not in the dataset"
            f"{_such(ready.notes['unknown_ids'])}."
        )
    request = run.EvaluateRequest(ready.dataset.title, model, path, ready.metrics, split, limit,
                                  template(given), given["shots"], given["encoder"])  # fmt: skip
    return request, notes


def _such(ids: list[str]) -> str:
    return f" (such as {', '.join(printable(repr(id_)[:60]) for id_ in ids)})" if ids else ""


def _document(made: Evaluation) -> dict[str, Any]:
    return {
        "evaluation": made.evaluation,
        "dataset": made.dataset,
        "data_version": made.data_version,
        "split": made.split,
        "model": made.model,
        "kind": made.kind,
        "n": made.n,
        "scores": [score.to_json() for score in made.scores],
        "seconds": made.seconds,
    }


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@workspace_option
@json_option
def compare(a: str, b: str, workspace: Workspace, as_json: bool) -> None:
    """Compare two evaluations of the same examples: B minus A, paired.

    A and B are evaluations, or runs (a run stands for the evaluation of its tuned model). Usually
    A is what you have and B what you consider.
    """
    from core.evaluate.compare import compare as paired

    found = paired(workspace, evaluation_of(workspace, a), evaluation_of(workspace, b))
    headline = found.metrics[0].metric
    changes = found.changes(headline)
    document = {
        **found.to_json(),
        "metrics": [{**asdict(row), "verdict": row.verdict} for row in found.metrics],
        "examples": {
            "metric": changes.metric,
            "same_within": changes.same_within,
            "worse": [asdict(change) for change in changes.worse],
            "same": len(changes.same),
            "better": [asdict(change) for change in reversed(changes.better)],
        },
    }
    emit(document, as_json, _comparison(found))


def evaluation_of(workspace: Workspace, name: str) -> str:
    """The evaluation that a name stands for: itself, or a run's tuned model.

    Raises:
        NotFound: Neither an evaluation nor a run is called so.
        BadInput: The run was not scored.
    """
    if (workspace.evaluation(name) / "record.json").is_file():
        return name
    if (workspace.run(name) / "record.json").is_file():
        tuned = open_run(workspace, name).evaluations.get("tuned")
        if tuned is None:
            raise BadInput(
                f"The run {name!r} was not scored; `assay evaluate D --model {name}` does it."
            )
        return tuned
    known = [e.evaluation for e in store.list_evaluations(workspace)][:8]
    known += [r.run for r in list_runs(workspace)][:4]
    listing = f"Known: {', '.join(known)}." if known else "There is none yet: `assay evaluate D`."
    raise NotFound(f"There is no evaluation and no run called {name!r}. {listing}")


def _comparison(found: "Comparison") -> str:
    units = {score.metric: score.unit for score in found.b.scores}
    lines: list[tuple[object, ...]] = []
    for row in found.metrics:
        unit = units[row.metric]
        needed = "" if row.examples_needed is None else f"≈ {row.examples_needed:,}"
        lines.append(
            (
                notation.title(row.metric),
                notation.number(row.a, unit),
                notation.number(row.b, unit),
                notation.change(row.difference, unit),
                notation.interval(row.low, row.high, unit, sign=True),
                notation.p_value(row.p_value),
                {"tie": "not distinguishable"}.get(row.verdict, row.verdict),
                needed,
            )
        )
    header = ("metric", "A", "B", "B − A", "95 % interval", "p", "B is", "more examples needed")
    changes = found.changes(found.metrics[0].metric)
    text = [
        f"A: {found.a.evaluation} ({found.a.model})   B: {found.b.evaluation} ({found.b.model})   "
        f"n = {found.n:,}",
        rows(header, lines),
        f"By {notation.title(changes.metric)} of each example: {len(changes.better):,} better, "
        f"{len(changes.same):,} about the same, {len(changes.worse):,} worse.",
    ]
    answers = {row["id"]: row for row in found.examples_b}
    for change in changes.worse[:WORST_SHOWN]:
        said = answers[change.id]
        text.append(
            f"  {_line(change.id, 16)}  {_line(said['input'])}\n"
            f"    wanted {_line(said['reference'])}\n    B said {_line(said['prediction'])}"
        )
    return "\n".join(text)


def _line(text: str, most: int = 100) -> str:
    """A text on one line, without control characters that a terminal would obey."""
    line = "".join(sign if sign.isprintable() else " " for sign in text)
    return line if len(line) <= most else f"{line[: most - 1]}…"
