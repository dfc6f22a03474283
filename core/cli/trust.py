"""`assay trust`: whether what a method calls important matters, for one text or many."""

from typing import TYPE_CHECKING, Any

import click

from core import run
from core.cli.common import emit, json_option, rows, workspace_option
from core.cli.explain import question
from core.cli.follow import result_of
from core.errors import BadInput
from core.text.catalog import t
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.interpret.explained import Explanation
    from core.interpret.faithfulness import Verdict
    from core.interpret.trust_test import TrustTest

LIMIT = 50
"""Texts of a dataset unless told otherwise."""


@click.command()
@click.argument("model", metavar="M")
@click.argument("text", metavar="[TEXT]", required=False)
@question
@click.option("--dataset", metavar="D", help="Test the texts of a dataset instead of one.")
@click.option("--split", type=click.Choice(["test", "validation", "train", "all"]),
              default="test", show_default=True)  # fmt: skip
@click.option("--limit", type=click.IntRange(min=2), default=LIMIT, show_default=True, metavar="N",
              help="At most so many texts of the dataset.")  # fmt: skip
@workspace_option
@json_option
def trust(
    model: str, text: str | None, dataset: str | None, split: str, limit: int,
    workspace: Workspace, as_json: bool, **asked: Any,
) -> None:  # fmt: skip
    """Take tokens away in the order that each method calls important, and compare with chance.

    Of one TEXT, or with --dataset over many texts: then each difference has an interval.
    """
    if (text is None) == (dataset is None):
        raise BadInput("Give a TEXT or --dataset D: one of the two.")
    if dataset is None:
        _trust_one(workspace, as_json, {"model": model, "text": text, **asked})
        return
    if any(given is not None for given in asked.values()):
        raise BadInput(
            "--target, --position, --label, --scale, --window, --generate and --head are for one "
            "TEXT; over a dataset the model's own outputs are tested."
        )

    from core.interpret.trust_test import open_test
    from core.work.trust import ready

    # A wrong request is refused here, before anything is queued.
    work = ready(workspace, dataset, model, split, limit)
    request = run.TrustRequest(work.dataset.title, model, split, limit)
    made = open_test(workspace, result_of(workspace, request)["trust"])
    emit(many(made), as_json, _tested(made))


def _trust_one(workspace: Workspace, as_json: bool, asked: dict[str, Any]) -> None:
    from core.interpret import explained, faithfulness
    from core.work.explain import compute

    key = compute({"workspace": str(workspace.root), **asked, "trust": True})["key"]
    found = explained.open_explanation(workspace, key)
    if not found.verdicts:
        raise BadInput(t("trust.verdict.few", fewest=faithfulness.FEWEST, n=sum(found.removable)))
    emit(one(found), as_json, _trusted(found))


def one(found: "Explanation") -> dict[str, Any]:
    """The trust meter of one text as JSON."""
    from dataclasses import asdict

    from core.interpret import trust_words

    curves, verdicts = found.curves, found.verdicts or ()
    if curves is None:
        raise BadInput("This explanation was not tested; ask for it again.")
    return {
        **asdict(found.question), "explanation": found.key, "n": 1,
        "output": found.generated, "class": found.choice,
        "probability": curves.full, "probability_without_text": curves.empty,
        "replaced_by": found.filler, "random_orders": len(curves.random_deletion),
        "shares": curves.shares.tolist(),
        "curves": {
            name: {
                **{method: getattr(curves, name)[method].tolist() for method in curves.methods},
                "random": getattr(curves, f"random_{name}").mean(0).tolist(),
            }
            for name in ("deletion", "insertion")
        },
        "methods": [_verdict(verdict) for verdict in verdicts],
        "missing": found.missing, "finding": trust_words.finding(verdicts),
        "created_at": found.created_at, "seconds": found.seconds,
    }  # fmt: skip


def many(made: "TrustTest") -> dict[str, Any]:
    """A trust test as JSON."""
    from core.interpret import trust_words

    return {
        "trust": made.name, "model": made.model, "dataset": made.dataset,
        "data_version": made.data_version, "split": made.split, "n": made.n,
        "skipped": made.skipped, "probability": made.full,
        "probability_without_text": made.empty, "replaced_by": made.filler,
        "random_orders": made.orders, "shares": list(made.shares),
        "curves": {
            name: {
                **{m: made.curves[f"{name}.{m}"] for m in made.methods},
                **{f"random_{end}": made.random[f"{name}.{end}"]
                   for end in ("low", "middle", "high")},
            }
            for name in ("deletion", "insertion")
        },
        "methods": [_verdict(verdict) for verdict in made.verdicts],
        "missing": made.missing, "finding": trust_words.finding(made.verdicts),
        "created_at": made.created_at, "seconds": made.seconds,
    }  # fmt: skip


def _verdict(made: "Verdict") -> dict[str, Any]:
    from core.interpret import trust_words

    # What the interval is of: chance for one text, the difference for many.
    ends, prefix = ("random", "random_") if made.n == 1 else ("difference", "")
    return {
        "method": made.method, "difference": made.difference, f"{ends}_low": made.low,
        f"{ends}_high": made.high, "n": made.n, "outcome": made.outcome,
        "deletion_area": made.deletion, "insertion_area": made.insertion,
        **{f"{prefix}{curve}_area_{end}": getattr(made, f"{curve}_{end}")
           for curve in ("deletion", "insertion") for end in ("low", "high")},
        "p_value": made.p_value, "verdict": trust_words.verdict(made),
    }  # fmt: skip


def _trusted(found: "Explanation") -> str:
    from core.interpret import trust_words

    curves, verdicts = found.curves, found.verdicts or ()
    lines = [trust_words.finding(verdicts), t("trust.verdict.caveat_one")]
    if curves is not None and (words := trust_words.flat(curves.chance, verdicts)):
        lines.append(words)
    return "\n".join([*lines, "", _areas(verdicts), *trust_words.absent(found)])


def _tested(made: "TrustTest") -> str:
    from core.interpret import trust_words

    lines = [f"{made.name}: {trust_words.finding(made.verdicts)}"]
    if words := trust_words.flat(made.random["deletion.middle"], made.verdicts):
        lines.append(words)
    if made.skipped:
        lines.append(t("trust.many.skipped", n=made.skipped))
    return "\n".join([*lines, "", _areas(made.verdicts)])


def _areas(verdicts: "tuple[Verdict, ...]") -> str:
    from core.interpret import trust_words

    columns = trust_words.columns(verdicts[0].n, "en")
    return rows(columns, [trust_words.cells(verdict, "en") for verdict in verdicts])
