"""Measure a model in a process of its own, unless the same was measured here before."""

from typing import Any

from core import record
from core.cost.probe import machine_name
from core.data.dataset import Dataset, Example
from core.deploy import measured
from core.deploy.measured import Measured
from core.errors import BadInput
from core.evaluate.batches import answer_tokens
from core.evaluate.prepare import limited
from core.jobs.warm import Warm
from core.models.load import load_tokenizer
from core.models.resolve import ModelRef
from core.work.asked import model_hash
from core.workspace import Workspace

METHOD = 3
"""Raise it when it is measured in another way."""
REQUESTS = 100
"""Test rows that are asked; chosen by the hash of their ids."""
BATCH = 16
TARGET = "core.work.weigh:weigh"


def measure(
    workspace: Workspace,
    ref: ModelRef,
    data: Dataset,
    examples: list[Example],
    *,
    batch: int = BATCH,
    watts: float | None = None,
    again: bool = False,
) -> Measured:
    """How large and how fast a model is on this machine's processor.

    Args:
        workspace: Where measurements are kept.
        ref: The model, fetched.
        data: What its requests are of.
        examples: Its test rows; some of them are asked.
        batch: Requests at once, for throughput.
        watts: Power of the machine under load, where the user knows it.
        again: Measure although the same was measured before.

    Raises:
        BadInput: There is no row to ask.
        WorkFailed: The process that measured ended without a word.
    """
    if ref.path is None or not examples:
        raise BadInput(
            f"{data.title} has no test row to ask {ref.name}; make a test split with "
            "`assay data split`."
        )
    asked = limited(examples, REQUESTS)
    limit = answer_tokens(load_tokenizer(ref), examples)
    ids = [row.id for row in asked]
    key = record.hash_json(
        [METHOD, model_hash(ref), ref.engine, data.title, ids, batch, watts, limit,
         machine_name(), record.environment()["libraries"]]
    )  # fmt: skip
    known = None if again else measured.find(workspace, key)
    if known:
        return known
    request: dict[str, Any] = {
        "workspace": str(workspace.root), "dataset": data.title, "ids": ids, "batch": batch,
        "limit": limit, "watts": watts,
        "model": {"name": ref.name, "kind": ref.kind, "path": str(ref.path), "engine": ref.engine},
    }  # fmt: skip
    child = Warm(retry=False)
    try:
        told = child.call(TARGET, request)
    finally:
        child.close()
    size = sum(path.stat().st_size for path in ref.path.iterdir() if path.is_file())
    told["milliseconds"] = tuple(told["milliseconds"])
    made = Measured(key=key, model=ref.name, engine=ref.engine, size_bytes=size,
                    at=record.now(), **told)  # fmt: skip
    measured.save(workspace, made)
    return made
