"""`assay evaluations show` and `export`: one evaluation for people, and for other programs."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from core.cli.common import emit, json_option, rows, workspace_option
from core.evaluate import notation, store
from core.evaluate.score import Score, by_warning
from core.evaluate.store import Evaluation
from core.text.catalog import t
from core.text.literal import printable
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.evaluate.confusion import ClassScore

HEADER = ("metric", "value", "95 % interval", "signature")
LABELS_SHOWN = 20
FORMATS = ("jsonl", "csv", "citation")


@click.command()
@click.argument("evaluation", metavar="E")
@workspace_option
@json_option
def show(evaluation: str, workspace: Workspace, as_json: bool) -> None:
    """Show an evaluation: its scores, what speaks against them, and each label's."""
    made = store.open_evaluation(workspace, evaluation)
    labels = _labels(workspace, made)
    text = [scores_table(made), *_warnings(made)]
    if labels:
        text.append(_labels_table(labels))
    document = {**asdict(made), "labels": [asdict(label) for label in labels]}
    emit(document, as_json, "\n\n".join(text))


@click.command("export")
@click.argument("evaluation", metavar="E")
@click.option("--format", "form", type=click.Choice(FORMATS), default="jsonl", show_default=True,
              help="Its answers, or its scores as lines for a paper.")  # fmt: skip
@workspace_option
def export_(evaluation: str, form: str, workspace: Workspace) -> None:
    """Print the answers of an evaluation, or its scores as lines for a paper, to be kept in a file.

    In CSV a text that a spreadsheet would run as a formula has an apostrophe before it.
    """
    from core.evaluate import cite, export

    made = store.open_evaluation(workspace, evaluation)
    if form == "citation":
        known = [score for score in made.scores if score.value is not None]
        text = "".join(f"{cite.citation(made, score)}\n" for score in known)
    else:
        kept = store.examples(workspace, evaluation)
        text = export.examples_csv(kept) if form == "csv" else export.examples_jsonl(kept)
    # As bytes, for a terminal's encoding must not change what a file will hold.
    click.echo(text.encode(), nl=False)


def scores_table(made: Evaluation) -> str:
    """The scores: how good the answers are, a line, how the model works, what was not measured."""
    good, rest = _groups(made)
    also = [score for score in rest if score.value is not None or score.failed]
    table = rows(HEADER, [_line(score) for score in [*good, *also]])
    lines = table.splitlines()
    if good and also:
        lines.insert(1 + len(good), "-" * max(map(len, lines)))
    head = (
        f"{made.evaluation}: {made.model} on {made.dataset}@{made.data_version}, "
        f"{made.split} split, n = {made.n:,}"
    )
    return "\n".join([printable(head), *lines, *_unmeasured(made)])


def _groups(made: Evaluation) -> tuple[list[Score], list[Score]]:
    """The scores that say how good the answers are, and those that say how the model works."""
    from core.evaluate.metrics import metric

    also = [score for score in made.scores if metric(score.metric).also]
    return [score for score in made.scores if score not in also], also


def _line(score: Score) -> tuple[object, ...]:
    if score.value is None:
        return notation.title(score.metric), "—", printable(notation.without(score)), ""
    ends = "—" if score.low is None else notation.interval(score.low, score.high, score.unit)
    value = notation.number(score.value, score.unit)
    return notation.title(score.metric), value, ends, score.signature


def _unmeasured(made: Evaluation) -> list[str]:
    """What does not apply, a line a reason."""
    reasons: dict[str, list[str]] = {}
    for score in _groups(made)[1]:
        if score.why is not None:
            reasons.setdefault(score.why, []).append(notation.title(score.metric))
    return [f"— {', '.join(names)}: {t(why)}" for why, names in reasons.items()]


def _warnings(made: Evaluation) -> list[str]:
    """What speaks against a score, with the metrics that it holds for."""
    return [
        f"{', '.join(map(notation.title, names))}: {t(f'evaluate.warning.{warning}')}"
        for warning, names in by_warning(made.scores).items()
    ]


def _labels(workspace: Workspace, made: Evaluation) -> list["ClassScore"]:
    from core.evaluate.confusion import per_class

    if made.task != "text-classification":
        return []
    kept = store.examples(workspace, made.evaluation)
    return per_class(
        [row["reference"] for row in kept], [row["prediction"] for row in kept],
        made.settings.get("label_separator"),
    )  # fmt: skip


def _labels_table(found: list["ClassScore"]) -> str:
    """The labels with the lowest F1 first."""
    worst = sorted(found, key=lambda row: row.f1.value)[:LABELS_SHOWN]
    lines: list[tuple[object, ...]] = [
        (
            printable(row.label),
            f"{row.support:,}",
            *map(_share, (row.precision, row.recall, row.f1)),
        )
        for row in worst
    ]
    header = ("label", "examples", "precision", "recall", "F1")
    left = f"\n… and {len(found) - len(worst):,} more" if len(found) > len(worst) else ""
    return rows(header, lines) + left


def _share(found: Any) -> str:
    if found is None:
        return "—"
    ends = notation.interval(found.low, found.high, "share")
    return f"{notation.number(found.value, 'share')} ({ends})"
