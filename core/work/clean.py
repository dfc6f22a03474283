"""The job that cleans a dataset by a recipe."""

from typing import Any

from core.data.cleaning.apply import clean
from core.data.cleaning.recipe import from_json
from core.data.dataset import open_dataset
from core.jobs.context import Context


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Clean as a CleanRequest says; the result names the version, the old one if nothing changed.

    Raises:
        AssayError: As `core.data.cleaning.apply.clean`.
    """
    context.report(None, "clean.working", name=request["dataset"])
    dataset = open_dataset(context.workspace, request["dataset"])
    done = clean(context.workspace, dataset, from_json(request["recipe"]))
    made = done.dataset or dataset
    rows = sum(done.rows.values())
    return {
        "name": made.name,
        "version": made.version,
        "rows": rows,
        "changed": made is not dataset,
    }
