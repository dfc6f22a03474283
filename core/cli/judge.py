"""`assay judge`: a model behind an address says which of two answers is better."""

from typing import TYPE_CHECKING, Any

import click

from core import run
from core.cli.common import emit, json_option, rows, workspace_option
from core.cli.endpoint import asked, endpoint_options
from core.cli.evaluate import evaluation_of
from core.cli.follow import result_of
from core.errors import BadInput
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.evaluate.judge import Judgement


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--model", required=True, metavar="NAME", help="What the endpoint calls the judge.")
@click.option("--criteria", metavar="TEXT", help="What makes an answer better.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many pairs.")
@endpoint_options
@workspace_option
@json_option
def judge(
    a: str, b: str, model: str, criteria: str | None, limit: int | None, workspace: Workspace,
    as_json: bool, **given: Any,
) -> None:  # fmt: skip
    """Let a model say whose answers are better, those of A or of B.

    A and B are evaluations of the same examples, or runs. Each pair of different answers is asked
    about twice, with sides changed; where the two replies differ it is a tie. What was asked
    before is not asked again.
    """
    from core.evaluate.judge import CRITERIA, checked, list_judgements

    endpoint = asked(model, given)
    if endpoint is None:
        raise BadInput("A judge is a model behind an address; name it with --endpoint URL.")
    a, b, by = evaluation_of(workspace, a), evaluation_of(workspace, b), criteria or CRITERIA
    checked(workspace, a, b, by)
    request = run.JudgeRequest(a, b, endpoint[0], by, limit, endpoint[1])
    name = result_of(workspace, request)["judgement"]
    made = next(row for row in list_judgements(workspace) if row.judgement == name)
    emit(made.to_json(), as_json, _table(made))


def _table(made: "Judgement") -> str:
    found, human = made.result, made.human
    sure = f"{found.low:.0%} to {found.high:.0%}" if found.low is not None else "not known"
    lines: list[tuple[object, ...]] = [
        ("win rate of B", _share(found.rate), f"95 %: {sure}; a tie is half a win"),
        ("B wins, ties, A wins", f"{found.wins:,}, {found.ties:,}, {found.losses:,}",
         f"sign test p = {_p(found.p_value)}"),
        ("changed with the sides", f"{made.turned:,}", "counted as ties"),
        ("first one named", _share(made.first), "50 % = no favour for the first place"),
        ("agreement with people", _number(human.kappa), f"Cohen's kappa, n = {human.n:,}"),
        ("not read", f"{made.unread:,}", "left out"),
        ("answered the same", f"{made.same:,}", "not asked"),
        ("cost", "not known" if made.dollars is None else f"US$ {made.dollars:.4f}", ""),
    ]  # fmt: skip
    head = (f"{made.judgement}: {made.model} on A: {made.a} and B: {made.b}, "
            f"n = {found.n:,}")  # fmt: skip
    return f"{head}\n{rows(('', '', ''), lines)}"


def _share(value: float | None) -> str:
    return "not known" if value is None else f"{value:.0%}"


def _number(value: float | None) -> str:
    return "not known" if value is None else f"{value:.2f}"


def _p(value: float | None) -> str:
    return "not known" if value is None else f"{value:.3g}"
