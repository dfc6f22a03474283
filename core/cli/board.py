"""`assay evaluations board`: every model scored on the same examples, ranked and tested."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from core.cli.common import emit, json_option, rows, workspace_option
from core.errors import NotFound
from core.evaluate import notation
from core.text.literal import printable
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.evaluate.board import Delta, Entry

TAKES = ("latency_p50", "usd_per_1000")


@click.command()
@click.argument("dataset", metavar="D")
@click.option("--metric", "name", metavar="X", help="Default: the headline.")
@click.option(
    "--baseline", metavar="M", help="Whom the others are measured from. Default: the last."
)
@click.option("--csv", "as_csv", is_flag=True, help="Print a table for other programs.")
@workspace_option
@json_option
def board(
    dataset: str, name: str | None, baseline: str | None, as_csv: bool, workspace: Workspace,
    as_json: bool,
) -> None:  # fmt: skip
    """Rank the models scored on dataset D, on the examples that were scored last.

    Ranks are ranges where the data cannot tell; tests are paired, and corrected for their number.
    """
    from core.evaluate.board import beside, groups, rank
    from core.evaluate.export import board_csv
    from core.evaluate.metrics import metric

    found = next((g for g in groups(workspace) if g.newest.dataset == dataset), None)
    if found is None:
        raise NotFound(f"Nothing has been scored on {dataset!r} yet; `assay evaluate {dataset}`.")
    chosen = metric(name).name if name else found.newest.headline.metric
    entries = rank(workspace, found, chosen)
    if not entries:
        raise NotFound(f"No model on {dataset} has a score by {chosen}; name another --metric.")
    pinned = baseline or entries[-1].name
    deltas = beside(workspace, entries, pinned)
    if as_csv:
        click.echo(board_csv(entries, deltas).encode(), nl=False)
        return
    document = {
        "dataset": dataset, "metric": chosen, "n": found.newest.n, "baseline": pinned,
        "models": [_document(entry, deltas.get(entry.name)) for entry in entries],
    }  # fmt: skip
    emit(document, as_json, _table(entries, deltas, pinned))


def _document(entry: "Entry", delta: "Delta | None") -> dict[str, Any]:
    return {
        "model": entry.name, "evaluation": entry.evaluation.evaluation,
        "rank_best": entry.best, "rank_worst": entry.worst, "tied_with_first": entry.tied,
        "p_value_holm": entry.p_value, "score": entry.score.to_json(),
        "beside_baseline": None if delta is None
        else {**asdict(delta.difference), "p_value_holm": delta.p_value, "verdict": delta.verdict},
        **{name: score.value if (score := entry.evaluation.measured(name)) else None
           for name in TAKES},
    }  # fmt: skip


def _table(entries: "list[Entry]", deltas: "dict[str, Delta | None]", pinned: str) -> str:
    first = entries[0].score
    lines: list[tuple[object, ...]] = [
        (
            f"{e.best}" if e.best == e.worst else f"{e.best}–{e.worst}",
            printable(e.name),
            notation.number(e.score.value, first.unit),
            notation.interval(e.score.low, e.score.high, first.unit),
            "baseline" if e.name == pinned else _beside(deltas.get(e.name), first.unit),
            *(notation.number(score.value, score.unit)
              if (score := e.evaluation.measured(name)) else "—" for name in TAKES),
        )
        for e in entries
    ]  # fmt: skip
    header = ("rank", "model", notation.title(first.metric), "95 % interval",
              f"beside {printable(pinned)}", *(notation.title(name) for name in TAKES))  # fmt: skip
    return rows(header, lines)


def _beside(delta: "Delta | None", unit: str) -> str:
    if delta is None:
        return "not tested"
    row = delta.difference
    ends = notation.interval(row.low, row.high, unit, sign=True)
    word = {"tie": "not distinguishable"}.get(delta.verdict, delta.verdict)
    return f"{notation.change(row.difference, unit)} ({ends}), {word}"
