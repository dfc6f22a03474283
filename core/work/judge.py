"""The judge job: a model behind an address says which of two answers is better."""

from typing import Any

from core.evaluate.endpoint import Endpoint
from core.evaluate.judge import judge
from core.evaluate.token_price import TokenPrice
from core.jobs.context import Context


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Judge as a JudgeRequest says; the result names the judgement.

    Errors are those of `core.evaluate.judge.judge`.
    """

    def tell(done: int, total: int) -> None:
        context.report(done / total, "asking.progress.judging", done=done, total=total)

    made = judge(
        context.workspace, request["a"], request["b"], Endpoint(**request["endpoint"]), tell,
        criteria=request["criteria"], limit=request["limit"],
        price=TokenPrice(**request["price"]) if request["price"] else None,
    )  # fmt: skip
    return {"judgement": made.judgement, "n": made.result.n}
