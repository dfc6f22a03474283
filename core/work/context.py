"""The context job: a model's loss against position, on a dataset or a text of the user's."""

import time
from pathlib import Path
from typing import Any

from core import record
from core.data.dataset import open_dataset, read
from core.errors import BadInput, NotFound
from core.interpret import loss_curve as store
from core.interpret import slot
from core.interpret.context import advise
from core.interpret.loss_curve import Curve, found_in
from core.interpret.own import Own, open_own
from core.jobs.context import Context
from core.models.resolve import resolve
from core.work.document_loss import documents
from core.work.pair_loss import pairs
from core.work.positions import compute
from core.work.reading import MOST_TOKENS, Measured, Tell, Texts
from core.workspace import Workspace

METHOD = 2
"""Raise it when something is measured in another way."""
SPLITS = ("validation", "train")
"""The test split is left alone: a look at it is for scores."""


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Measure as a ContextRequest says; the result names the curve.

    Raises:
        NotFound: There is no such model or dataset.
        BadInput: The model has no loss that stands at a position, or the data are too few.
    """
    workspace = context.workspace
    context.report(0.0, "context.progress.reading", model=request["model"])
    asked = {"workspace": str(workspace.root), "model": request["model"]}
    own = open_own(workspace, compute(asked)["key"])
    held = slot.hold(resolve(workspace, request["model"]))
    texts = _texts(context, request)
    key = slot.key(held, context=[METHOD, texts.digest, request["length"], MOST_TOKENS])
    found = store.known(workspace, key)
    if found is not None:
        workspace.capture(key).with_suffix(".json").touch()  # The newest is what a page shows.
    else:
        begun = time.monotonic()

        def tell(share: float) -> None:
            context.report(share, "context.progress.measuring", share=f"{share:.0%}")

        way, sums, edges, length = measure(held, own, texts, request["length"], tell)
        bins, best, rises = found_in(sums, edges)
        found = Curve(
            key, own.model, texts.source, way, len(sums), int(sums[..., 1].sum()), length, bins,
            best, rises, time.monotonic() - begun, record.now(),
        )  # fmt: skip
        store.keep(workspace, found)
    return {"context": key, "tokens": advise(own, found).tokens}


def _texts(context: Context, request: dict[str, Any]) -> Texts:
    if request["text"] is not None:
        path = Path(request["text"])
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{str(path)!r} cannot be read as UTF-8 text ({error}).") from None
        return Texts(path.name, record.hash_json(text), None, (), text)
    data = open_dataset(context.workspace, request["dataset"])
    rows = tuple(row for split in SPLITS for row in read(context.workspace, data, split))
    if not rows:
        raise BadInput(
            f"{data.name} has only a test split, which is left alone; name data with a training or "
            "validation split, or a text."
        )
    return Texts(data.title, data.title, data, rows)


def measure(held: slot.Slot, own: Own, texts: Texts, length: int | None, tell: Tell) -> Measured:
    """Sums of losses by unit and bin.

    Returns:
        The way it was measured, (units, bins, 2), the bins' edges, and the longest input.
    """
    config = held.config
    hard = advise(own).hard
    if length is not None and hard is not None and length > hard:
        raise BadInput(
            f"{length:,} tokens cannot be read: the table of {own.model} ends at {hard:,}. Give at "
            "most that many."
        )
    purpose = slot.purpose_of(config)
    if config.is_encoder_decoder:
        return pairs(held, own, texts, length, hard, tell)
    if purpose not in ("causal", "masked"):
        raise BadInput(
            f"{own.model} gives no loss at a position: it was saved for {purpose}. What its "
            "positions say of the length stands without it."
        )
    masked = purpose == "masked"
    if masked and held.tokenizer.mask_token_id is None:
        raise BadInput(f"The tokenizer of {own.model} has no sign to hide a token with.")
    return documents(held, own, texts, length, hard, tell, masked=masked)


def check(workspace: Workspace, model: str, dataset: str | None, text: str | None) -> None:
    """Refuse a request that names what is not there, before anything is queued.

    Raises:
        NotFound: There is no such model, dataset or file.
    """
    resolve(workspace, model)
    if dataset is not None:
        open_dataset(workspace, dataset)
    if text is not None and not Path(text).is_file():
        raise NotFound(f"There is no file {text!r}.")
