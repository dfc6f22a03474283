"""What changed between a kept plan and the same plan now: prices, estimates, scores, the answer."""

from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]


def differences(before: Row, now: Row, basis: Row) -> list[Row]:
    """Each thing that differs, with what it was and what it is.

    Args:
        before: The kept plan, its basis in it.
        now: The document of now.
        basis: What it rests on, as JSON.

    Returns:
        {what, option, then, now}: `what` is a name such as "price: input"; None = not there.
    """
    then_rows, now_rows = dict(_figures(before, before["basis"])), dict(_figures(now, basis))
    return [
        {"what": what, "option": option, "then": then_rows.get((what, option)),
         "now": now_rows.get((what, option))}
        for what, option in {**then_rows, **now_rows}
        if then_rows.get((what, option)) != now_rows.get((what, option))
    ]  # fmt: skip


def _figures(document: Row, basis: Row) -> Iterator[tuple[tuple[str, str | None], Any]]:
    """What can differ, each under the name of its kind and of its option."""
    yield ("recommended_option", None), document["recommended_option"]
    for option in basis["options"]:
        name = option["name"]
        for line in option["prices"]:
            yield (f"price: {line['item']}", name), line["usd"]
        if option["machines"]:
            yield ("requests_per_second_per_replica", name), option["machines"]["rate"]["value"]
        if option["training"]:
            yield ("training_gpu_hours", name), option["training"]["gpu_hours"]["value"]
        if option["quality"]:
            yield ("quality", name), option["quality"]["value"]
    for row in document["ranking"]:
        yield ("cost_month_usd", row["option"]), row["cost_month_usd"]["p50"]
