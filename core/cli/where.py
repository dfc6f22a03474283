"""`assay slices`, `flips`, `examples` and `robustness`: where a model is weak, and why."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from core import run
from core.cli.common import emit, json_option, rows, say, say_job, workspace_option
from core.cli.evaluate import evaluation_of
from core.errors import NotFound, WorkFailed
from core.evaluate import notation
from core.jobs import runner
from core.text.catalog import t
from core.text.literal import printable
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.evaluate.flips import Flips
    from core.evaluate.robustness import Robustness
    from core.evaluate.rows import Row
    from core.where import Where

SHOWN = 5
"""Ids of each kind of flip that are printed for people; JSON has all."""
LIMIT = 200
"""Examples of a robustness test unless told otherwise: each is answered about 20 times."""
TEXT_CHARACTERS = 100
metric_option = click.option("--metric", metavar="X", help="Default: the headline metric.")


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="[B]", required=False)
@metric_option
@workspace_option
@json_option
def slices(a: str, b: str | None, metric: str | None, workspace: Workspace, as_json: bool) -> None:
    """Score A on each slice of its examples, or with B, B beside A: where B loses most first.

    Slices are made by length, label, rare words, numbers, names, further columns, script and
    language of the input, overlap with the training split, and flags of the answers. Every slice
    of ten examples or more is tested, and the p-values are corrected by Holm's method.
    """
    from core.where import where

    first = evaluation_of(workspace, a)
    found = where(workspace, evaluation_of(workspace, b), first, metric) if b else where(
        workspace, first, None, metric
    )  # fmt: skip
    emit(found.to_json(), as_json, _slices(found))


def _slices(found: "Where") -> str:
    from core.evaluate.sliced import FEWEST
    from core.evaluate.slices import title

    lines: list[tuple[object, ...]] = []
    for row in found.rows:
        name = title(row.kind, row.values, escape=printable)
        cells: list[object] = [name, f"{row.n:,}", notation.number(row.value, found.unit),
                               notation.interval(row.low, row.high, found.unit)]  # fmt: skip
        if found.a:
            why = {"few": f"under {FEWEST} examples", "by_answer": "chosen by the answers"}
            cells += [
                notation.number(row.a, found.unit),
                notation.change(row.difference, found.unit),
                notation.interval(row.difference_low, row.difference_high, found.unit, sign=True)
                if row.p_value is not None else "",
                why[row.why_untested] if row.why_untested else notation.p_value(row.p_corrected),
                {"tie": "not distinguishable"}.get(row.verdict or "", row.verdict or ""),
            ]  # fmt: skip
        lines.append(tuple(cells))
    header: tuple[str, ...] = ("slice", "n", "score", "95 % interval")
    if found.a:
        header = ("slice", "n", "B", "95 % interval", "A", "B − A", "95 % interval",
                  "p, corrected", "B is")  # fmt: skip
    beside = f"A: {found.a}   B: {found.b}" if found.a else found.b
    return "\n".join([
        f"{beside}   {notation.title(found.metric)}, n = {found.n:,}",
        rows(header, lines) if lines else "These examples are all of one kind.",
        _overlap(found),
    ])  # fmt: skip


def _overlap(found: "Where") -> str:
    if found.overlapping is None:
        return "What the model learnt from is not known here, so no overlap was looked for."
    whose = "the split it learnt from" if found.own else "the data set's training split"
    return (
        f"{found.overlapping:,} of {found.n:,} inputs overlap {whose} ({found.training}): 70 % or "
        "more of their runs of 8 words stand there."
    )


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@metric_option
@workspace_option
@json_option
def flips(a: str, b: str, metric: str | None, workspace: Workspace, as_json: bool) -> None:
    """Show which examples got better from A to B, which got worse, and which stayed."""
    from core.evaluate.compare import compare
    from core.evaluate.flips import flips as table
    from core.where import scored

    found = compare(workspace, evaluation_of(workspace, a), evaluation_of(workspace, b))
    made = table(found.changes(scored(metric, found.b, found.a)))
    document = {"a": found.a.evaluation, "b": found.b.evaluation, **made.to_json()}
    emit(document, as_json, _flips(made))


def _flips(made: "Flips") -> str:
    lines: list[tuple[object, ...]] = [
        (t(f"where.flip.{kind}"), f"{len(ids):,}", f"{len(ids) / made.n:.1%}",
         ", ".join(printable(one) for one in ids[:SHOWN]))
        for kind, ids in made.ids.items()
    ]  # fmt: skip
    by = notation.title(made.metric)
    return f"By {by} of each example, n = {made.n:,}:\n" + rows(
        ("", "examples", "share", "ids"), lines
    )


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="[B]", required=False)
@click.option("--sort", type=click.Choice(["lost", "worst", "best", "changed", "order"]),
              help="Default: worst; with B, lost: where B lost most against A.")  # fmt: skip
@click.option("--text", default="", help="Only examples that hold this text.")
@click.option("--flag", metavar="F", help="Only answers with this flag, such as number_lost.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, metavar="N")
@metric_option
@workspace_option
@json_option
def examples(
    a: str, b: str | None, sort: str | None, text: str, flag: str | None, limit: int,
    metric: str | None, workspace: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Show the answers of A, or of B beside A, one by one. Test examples count as looked at."""
    from core.evaluate.flags import FLAGS
    from core.evaluate.metrics import metric as row_of
    from core.evaluate.rows import choose, rows_of
    from core.where import count_shown, opened, scored

    if flag and flag not in FLAGS:
        raise NotFound(f"There is no flag called {flag!r}. Known: {', '.join(FLAGS)}.")

    made, ours, theirs = opened(workspace, evaluation_of(workspace, b or a),
                                evaluation_of(workspace, a) if b else None)  # fmt: skip
    name = scored(metric, made)
    found = choose(
        rows_of(ours, theirs, name, made.task), sort=sort or ("lost" if b else "worst"), text=text,
        higher_is_better=row_of(row_of(name).example).higher_is_better is not False,
        flag=flag,
    )  # fmt: skip
    shown = found[:limit]
    count_shown(workspace, made, [row.id for row in shown], "command line")
    document = {"evaluation": made.evaluation, "against": a if b else None, "metric": name,
                "found": len(found), "examples": [_example(row) for row in shown]}  # fmt: skip
    emit(document, as_json, "\n".join([f"{len(found):,} found.", *map(_block, shown)]))


def _example(row: "Row") -> dict[str, Any]:
    answer = row.other["prediction"] if row.other else None
    return {**row.example, "score": row.score, "a_score": row.other_score, "gain": row.gain,
            "a_prediction": answer, "flags": list(row.flags)}  # fmt: skip


def _block(row: "Row") -> str:
    parts = [("input", row.example["input"]), ("wanted", row.example["reference"])]
    if row.other:
        parts.append(("A said", row.other["prediction"]))
    parts.append(("B said" if row.other else "said", row.example["prediction"]))
    flags = f"  [{', '.join(t(f'where.slice.{flag}') for flag in row.flags)}]" if row.flags else ""
    lines = [f"  {printable(row.id)[:TEXT_CHARACTERS]}{flags}"]
    return "\n".join(lines + [f"    {name}: {printable(text)[:TEXT_CHARACTERS]}"
                              for name, text in parts])  # fmt: skip


@click.command()
@click.argument("dataset", metavar="D")
@click.option("--model", required=True, metavar="M", help="Catalogue name, run, folder, Hub id.")
@click.option("--disturbance", "disturbances", multiple=True, metavar="X",
              help="typos, case, punctuation, paraphrase, truncation; repeat for more. "
                   "Default: all.")  # fmt: skip
@click.option("--split", type=click.Choice(["test", "validation", "train", "all"]),
              default="test", show_default=True)  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), default=LIMIT, show_default=True, metavar="N",
              help="At most so many examples; each is answered about 20 times.")  # fmt: skip
@metric_option
@workspace_option
@json_option
def robustness(
    dataset: str, model: str, disturbances: tuple[str, ...], split: str, limit: int,
    metric: str | None, workspace: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Test a model on dataset D as it is and under disturbances of its inputs.

    Typing errors, capitals, marks left out, other words, the end cut off: the score at each
    strength, with its interval, and the loss against the test as it is.
    """
    from core.evaluate.disturb import DISTURBANCES
    from core.evaluate.prepare import prepare
    from core.evaluate.robustness import open_robustness
    from core.table import find

    # A wrong request is refused here, before anything is queued.
    names = tuple(find(DISTURBANCES, name, "disturbance").name for name in disturbances)
    ready = prepare(workspace, dataset, model=model, predictions=None, split=split,
                    metrics=[metric] if metric else [], limit=limit)  # fmt: skip
    request = run.RobustnessRequest(
        ready.dataset.title, model, tuple(dict.fromkeys(names)), metric, split, limit
    )
    job, _ = run.start(workspace, request)
    try:
        done = runner.follow(workspace, job.id, on_change=say_job)
    except KeyboardInterrupt:
        say(f"It goes on as {job.id}; `assay jobs cancel {job.id}` stops it.")
        raise
    if done.result is None:
        raise WorkFailed(f"The job {job.id} left no result; `assay jobs logs {job.id}` says more.")
    made = open_robustness(workspace, done.result["robustness"])
    emit({"robustness": made.name, **asdict(made)}, as_json, _robustness(made))


def _robustness(made: "Robustness") -> str:
    lines: list[tuple[object, ...]] = [
        (
            t(f"where.disturbance.{point.disturbance or 'clean'}"),
            f"{point.strength:.0%}" if point.disturbance else "",
            f"{point.changed:.0%}" if point.disturbance else "",
            notation.number(point.value, made.unit),
            notation.interval(point.low, point.high, made.unit),
            notation.change(point.difference, made.unit) if point.disturbance else "",
            notation.interval(point.difference_low, point.difference_high, made.unit, sign=True)
            if point.disturbance else "",
        )
        for point in made.points
    ]  # fmt: skip
    header = ("disturbance", "strength", "inputs changed", notation.title(made.metric),
              "95 % interval", "change", "95 % interval")  # fmt: skip
    return (
        f"{made.name}: {made.model} on {made.dataset}@{made.data_version}, {made.split} split, "
        f"n = {made.n:,}\n{rows(header, lines)}"
    )
