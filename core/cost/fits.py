"""Which published runs ran out of memory, and which of them the estimates call."""

from collections.abc import Sequence
from functools import lru_cache

from core.cost import cases_serving as serving
from core.cost import cases_training as training
from core.cost.backtest import WITH_A_BATCH
from core.cost.published import Row, rows


def needed_bytes(row: Row) -> float | None:
    """Bytes that a run needs on its fullest GPU; None where its memory does not follow from it."""
    if row.text("kind") not in WITH_A_BATCH:
        return None
    return serving.need(row) if row.text("engine") else training.need(row)


def fits(row: Row) -> bool | None:
    """Whether a run is estimated to fit its card; None where that cannot be said."""
    need = needed_bytes(row)
    return None if need is None else need <= serving.card(row).usable_bytes


def out_of_memory(found: Sequence[Row]) -> dict[str, int]:
    """Runs that ran out of memory: how many were called, and how many others wrongly."""
    judged = [
        (row.text("status") == "OOM", not fit)
        for row in found
        if row.text("status") in ("ok", "OOM") and (fit := fits(row)) is not None
    ]
    return {
        "failed_runs": sum(failed for failed, _ in judged),
        "failed_runs_called": sum(failed and called for failed, called in judged),
        "other_runs": sum(not failed for failed, _ in judged),
        "other_runs_called": sum(called and not failed for failed, called in judged),
    }


@lru_cache(maxsize=1)
def published_out_of_memory() -> dict[str, int]:
    """The same for the published runs."""
    return out_of_memory((*rows("training_runs"), *rows("inference_runs")))
