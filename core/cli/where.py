"""`assay slices`, `flips` and `examples`: where a model is weak, and why."""

from typing import TYPE_CHECKING, Any

import click

from core.cli.common import emit, json_option, rows, workspace_option
from core.cli.evaluate import evaluation_of
from core.errors import NotFound
from core.evaluate import notation
from core.text.catalog import t
from core.text.literal import printable
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.evaluate.flips import Flips
    from core.evaluate.rows import Row
    from core.evaluate.store import Evaluation
    from core.where import Where

SHOWN = 5
"""Ids of each kind of flip that are printed for people; JSON has all."""
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
    from core.evaluate.sacre import ORDERS
    from core.evaluate.sliced import FEWEST
    from core.evaluate.slices import title

    lines: list[tuple[object, ...]] = []
    why = {"few": f"under {FEWEST} examples", "by_answer": "chosen by the answers",
           "short": f"no reference has {ORDERS} words"}  # fmt: skip
    for row in found.rows:
        name = title(row.kind, row.values, escape=printable)
        cells: list[object] = [name, f"{row.n:,}", notation.number(row.value, found.unit),
                               why["short"] if row.why_untested == "short"
                               else notation.interval(row.low, row.high, found.unit)]  # fmt: skip
        if found.a:
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
    said = (
        f"{found.overlapping:,} of {found.n:,} inputs overlap {whose} ({found.training}): 70 % or "
        "more of their runs of 8 words stand there."
    )
    if found.unseen_share is None:
        return said
    return f"{said} {found.unseen_share:.1%} of their words never do."


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
    from core.where import opened, scored

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
    _count(workspace, made, [row.id for row in shown])
    document = {"evaluation": made.evaluation, "against": a if b else None, "metric": name,
                "found": len(found), "examples": [_example(row) for row in shown]}  # fmt: skip
    emit(document, as_json, "\n".join([f"{len(found):,} found.", *map(_block, shown)]))


def _count(workspace: Workspace, made: "Evaluation", ids: list[str]) -> None:
    """Count a look at the test rows among some examples of an evaluation."""
    from core.data import dataset as datasets
    from core.data import looks

    try:
        data = datasets.open_dataset(workspace, f"{made.dataset}@{made.data_version}")
    except NotFound:
        return  # the data are gone, and their count with them
    test = {row.id for row in datasets.each(workspace, data, "test")}
    if shown := len(test & set(ids)):
        looks.add(workspace, data, "show", "command line", shown)


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
