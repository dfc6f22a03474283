"""The drift job: the reference of a run (with its tokenizer, no torch), its traffic, one look."""

import time
from collections.abc import Sequence
from typing import Any

from tokenizers import Tokenizer

from core.data.dataset import open_dataset
from core.errors import AssayError, BadInput
from core.gate import tokenizer_of
from core.jobs.context import Context
from core.models.resolve import resolve
from core.units import SECONDS_PER_DAY
from core.update.drift_looks import look
from core.update.reference import CountTokens, reference, served_run
from core.update.served import models_of, names_of
from core.update.traffic_read import requests
from core.workspace import Workspace


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Look at the traffic of a dataset as a DriftRequest says; the result is the report.

    Raises:
        NotFound: There is no such dataset, or no run on it.
        BadInput: No request was answered in the window.
    """
    workspace, days = context.workspace, request["since_days"]
    data = open_dataset(workspace, request["dataset"])
    served = served_run(workspace, data.name)
    until = time.time()
    since = until - days * SECONDS_PER_DAY
    asked = requests(workspace, models_of(workspace, data.name), since)
    if not asked:
        raise BadInput(
            f"No request to a model of {data.name!r} was answered in the last {days:g} days, so "
            "there is nothing to look at; serve it with `assay serve`, or look further back with "
            "--since DAYS."
        )
    context.report(None, "drift.measuring", n=f"{len(asked):,}", run=served.run)
    against = reference(workspace, served, _counter(workspace, served.run))
    return look(workspace, against, asked, names_of(workspace, served.run), since, until).to_json()


def _counter(workspace: Workspace, run: str) -> CountTokens | None:
    """Counts tokens as the run does; None where it has no tokenizer that can be read."""
    try:
        path = tokenizer_of(resolve(workspace, run))
    except AssayError:
        return None  # its files are gone: lengths in tokens are left out, all else is looked at
    if path is None:
        return None
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count(texts: Sequence[str]) -> list[int]:
        return [len(one.ids) for one in tokenizer.encode_batch(list(texts))]

    return count
