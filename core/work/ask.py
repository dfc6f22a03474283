"""The ask job: what an endpoint answers, scored as a model's answers are."""

from typing import Any

from core.evaluate.ask import prepare_asked
from core.evaluate.endpoint import Endpoint
from core.evaluate.token_price import TokenPrice
from core.jobs.context import Context
from core.work.evaluate import score


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Evaluate as an AskRequest says; the result names the evaluation.

    Errors are those of `prepare_asked` and of `EndpointSource.answer`.
    """
    asked: dict[str, Any] = {
        name: request.get(name)
        for name in ("prompt", "shots", "max_tokens", "split", "metrics", "limit", "encoder")
    }
    work, source = prepare_asked(
        context.workspace, request["dataset"], Endpoint(**request["endpoint"]),
        price=TokenPrice(**request["price"]) if request["price"] else None, **asked,
    )  # fmt: skip
    made = score(context.workspace, work, source, context)
    return {"evaluation": made.evaluation, "n": made.n}
