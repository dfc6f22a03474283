"""The job that makes a sample a dataset."""

from typing import Any

from core.data.samples import import_sample
from core.jobs.context import Context


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Make the sample `request["sample"]` a dataset.

    Raises:
        NotFound: There is no such sample.
    """
    context.report(None, "data.importing", name=request["sample"])
    dataset = import_sample(context.workspace, request["sample"])
    return {
        "name": dataset.name,
        "version": dataset.version,
        "rows": dataset.rows,
        "splits": dataset.splits,
    }
