"""The context job: a model's loss against position, on a dataset or a text of the user's."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy

from core import record
from core.chat import messages_of
from core.data.dataset import Dataset, Example, open_dataset, read
from core.errors import BadInput, NotFound
from core.evaluate.batches import batches, pad_id, padded
from core.evaluate.predict import use_cores
from core.interpret import context as store
from core.interpret import slot
from core.interpret.context import UNITS_LEAST, Curve, advise, found_in
from core.interpret.own import Own, open_own
from core.jobs.context import Context
from core.models import chat
from core.models.resolve import resolve
from core.work.positions import compute

METHOD = 2
"""Raise it when something is measured in another way."""
SPLITS = ("validation", "train")
"""The test split is left alone: a look at it is for scores."""
MOST_TOKENS = 65_536
"""Measured at most; more would narrow intervals that are narrow already."""
MOST_SCORES = 2**28
"""Logits of one document: 1 GiB in float32."""
SHORTEST = 32
UNKNOWN_TOKENS = 1024
"""How far is measured where a model names no length."""
MASKED_SHARE = 7
"""Every seventh token of a document is hidden from a masked model."""
LENGTH_BINS = 8
"""Of inputs as they are, with equal numbers of rows."""
MOST_BLOCKS = 40
"""Of joined rows: each is read once for every length."""
IGNORED = -100
BATCH_ROWS, BATCH_TOKENS = 16, 4096
SLICE = 256
"""Positions whose losses are taken at once, so that only their log-probabilities are held."""

Tell = Callable[[float], None]
Sums = NDArray[np.float64]


@dataclass(frozen=True)
class Texts:
    """What a model reads: rows of a dataset, or one text."""

    source: str
    digest: str
    dataset: Dataset | None
    rows: tuple[Example, ...]
    text: str = ""


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


def measure(
    held: slot.Slot, own: Own, texts: Texts, length: int | None, tell: Tell
) -> tuple[str, Sums, list[tuple[int, int]], int]:
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
        return _pairs(held, own, texts, length, hard, tell)
    if purpose not in ("causal", "masked"):
        raise BadInput(
            f"{own.model} gives no loss at a position: it was saved for {purpose}. What its "
            "positions say of the length stands without it."
        )
    masked = purpose == "masked"
    if masked and held.tokenizer.mask_token_id is None:
        raise BadInput(f"The tokenizer of {own.model} has no sign to hide a token with.")
    return _documents(held, own, texts, length, hard, tell, masked=masked)


def _reach(own: Own, hard: int | None) -> int:
    """How far is measured unless told otherwise: twice what is said of the model, or to its end."""
    said = [reason.tokens for reason in store.reasons(own) if reason.tokens]
    trained = own.facts["trained_tokens"]
    twice = 2 * max([*said, trained or 0]) if said or trained else UNKNOWN_TOKENS
    return twice if hard is None else min(hard, twice)


def _documents(
    held: slot.Slot, own: Own, texts: Texts, length: int | None, hard: int | None, tell: Tell, *,
    masked: bool,
) -> tuple[str, Sums, list[tuple[int, int]], int]:  # fmt: skip
    """Long documents, all of one length, and the loss of their tokens by position."""
    stream = _stream(held.tokenizer, texts)
    before, after = _around(held.tokenizer)
    room = MOST_SCORES // held.config.get_text_config().vocab_size
    wanted = length or min(_reach(own, hard), room, len(stream) // UNITS_LEAST)
    inside = wanted - len(before) - len(after)
    if wanted < SHORTEST or len(stream) < inside * UNITS_LEAST:
        least = max(wanted, SHORTEST)
        raise BadInput(
            f"{texts.source} has {len(stream):,} tokens; {UNITS_LEAST} documents of {least:,} need "
            f"{least * UNITS_LEAST:,}. Give more text, or a shorter length."
        )
    if wanted > room:
        raise BadInput(
            f"{wanted:,} tokens at once need more than {MOST_SCORES * 4 / 2**30:.0f} GiB for this "
            f"model's vocabulary; give at most {room:,}."
        )
    count = max(UNITS_LEAST, min(len(stream) // inside, MOST_TOKENS // wanted))
    use_cores()
    model = _ready(held)
    edges = bin_edges(wanted)
    sums = np.zeros((count, len(edges), 2))
    for number in range(count):
        ids = [*before, *stream[number * inside : (number + 1) * inside], *after]
        nats = (
            _hidden(model, held.tokenizer, ids, number) if masked else _next(model, ids)
        )  # fmt: skip
        for place, (start, end) in enumerate(edges):
            part = nats[start:end]
            counted = ~np.isnan(part)
            sums[number, place] = part[counted].sum(), counted.sum()
        tell((number + 1) / count)
    filled = sums[..., 1].sum(axis=0) > 0
    kept = [edge for edge, there in zip(edges, filled, strict=True) if there]
    return ("masked" if masked else "position"), sums[:, filled], kept, wanted


def bin_edges(length: int) -> list[tuple[int, int]]:
    """Sixteen bins of equal width, the first cut in three: the loss falls fastest there."""
    width = max(4, length // 16)
    cuts = [1, width // 4, width // 2, *range(width, length, width)]
    cuts = sorted({cut for cut in cuts if cut >= 1 and length - cut >= width // 2} | {1})
    return [*zip(cuts, [*cuts[1:], length], strict=True)]


def _ready(held: slot.Slot) -> Any:
    model = held.model
    return model.to("cuda" if torch.cuda.is_available() else "cpu").eval()


def _stream(tokenizer: Any, texts: Texts) -> list[int]:
    """All tokens, one row after the other in an order of chance, each with the end token."""
    if texts.dataset is None:
        ids: list[int] = tokenizer(texts.text, add_special_tokens=False)["input_ids"]
        return ids
    end = tokenizer.eos_token_id
    stream: list[int] = []
    for place in np.random.default_rng(0).permutation(len(texts.rows)):
        stream += _row(tokenizer, texts.dataset, texts.rows[place])
        if end is not None and stream[-1:] != [end]:
            stream.append(end)
        if len(stream) >= MOST_TOKENS:
            break
    return stream


def _row(tokenizer: Any, dataset: Dataset, row: Example) -> list[int]:
    if dataset.chat:
        messages = messages_of(row)
        asked = chat.prompt_ids(tokenizer, messages)
        return asked + chat.answer_ids(tokenizer, messages, row.target)
    whole = " ".join(part for part in (row.input, row.target) if part)
    ids: list[int] = tokenizer(whole, add_special_tokens=False)["input_ids"]
    return ids


def _around(tokenizer: Any) -> tuple[list[int], list[int]]:
    """What the tokenizer puts before and after a text, the end of a text to go on apart."""
    empty: list[int] = tokenizer("")["input_ids"]
    if tokenizer.cls_token_id in empty and len(empty) > 1:
        return empty[:1], empty[1:]
    return [one for one in empty if one == tokenizer.bos_token_id], []


def _next(model: Any, ids: Sequence[int]) -> NDArray[np.float64]:
    """Loss of each token after those before it, at its position; nan at the first."""
    row = torch.tensor([ids], device=model.device)
    with torch.inference_mode():
        logits = model(input_ids=row, use_cache=False).logits[0, :-1]
        nats = _losses(logits, row[0, 1:])
    return np.concatenate([[np.nan], nats])


def _hidden(model: Any, tokenizer: Any, ids: Sequence[int], number: int) -> NDArray[np.float64]:
    """Loss of the tokens that are hidden; nan at all others."""
    row = torch.tensor([ids], device=model.device)
    hidden = torch.arange(len(ids)) % MASKED_SHARE == number % MASKED_SHARE
    special = torch.tensor([one in tokenizer.all_special_ids for one in ids])
    hidden = (hidden & ~special).to(model.device)
    masked = row.masked_fill(hidden, tokenizer.mask_token_id)
    with torch.inference_mode():
        logits = model(input_ids=masked).logits[0]
        nats = np.full(len(ids), np.nan)
        nats[hidden.cpu().numpy()] = _losses(logits[hidden], row[0, hidden])
    return nats


def _losses(logits: torch.Tensor, labels: torch.Tensor) -> NDArray[np.float64]:
    """Cross-entropy of each row, in nats."""
    parts = [
        cross_entropy(some.float(), wanted, reduction="none")
        for some, wanted in zip(logits.split(SLICE), labels.split(SLICE), strict=True)
    ]
    found: NDArray[np.float64] = torch.cat(parts).double().cpu().numpy()
    return found


def _pairs(
    held: slot.Slot, own: Own, texts: Texts, length: int | None, hard: int | None, tell: Tell
) -> tuple[str, Sums, list[tuple[int, int]], int]:
    """Inputs of several lengths and the loss of their targets."""
    rows = [row for row in texts.rows if row.input.strip() and row.target.strip()]
    if texts.dataset is None or not rows:
        raise BadInput(
            f"{own.model} writes a target for an input, so its loss needs pairs; name a dataset "
            "with inputs and targets."
        )
    use_cores()
    if texts.dataset.task == "translation":
        reach = min(_reach(own, hard), MOST_TOKENS // UNITS_LEAST)
        return _joined(held, texts.dataset, rows, length, reach, hard, tell)
    return _by_length(held, texts.dataset, rows, length or hard, tell)


def _joined(
    held: slot.Slot, dataset: Dataset, rows: Sequence[Example], length: int | None, reach: int,
    hard: int | None, tell: Tell,
) -> tuple[str, Sums, list[tuple[int, int]], int]:  # fmt: skip
    """The same sentences at every length, joined to fill it: content does not differ, length does.

    A unit is a block of rows that fill the longest input once. In the first bin each row is read
    by itself. Lengths are those of the whole input, with the prefix and the end token.
    """
    tokenizer = held.tokenizer
    order = np.random.default_rng(0).permutation(len(rows))
    inputs = tokenizer([rows[i].input for i in order], add_special_tokens=False)["input_ids"]
    around = len(tokenizer(dataset.prefix)["input_ids"])
    sizes = np.array([len(ids) for ids in inputs])
    longest_row = max(8, int(np.quantile(sizes, 0.9)))
    fits = sizes <= longest_row
    sizes = sizes[fits]
    chosen = [rows[i] for i, fit in zip(order, fits, strict=True) if fit]
    # Blocks end where a row does, so a few more than UNITS_LEAST must fit.
    longest = length or min(reach, int(sizes.sum()) // (UNITS_LEAST + 2) + around)
    alone = longest_row + around
    lengths = [alone, *(one for one in _grid(alone, longest) if one > alone)]
    blocks = _blocks(sizes, longest - around)[:MOST_BLOCKS]
    if len(blocks) < UNITS_LEAST or len(lengths) < 2:
        raise BadInput(
            f"{dataset.name} has {int(sizes.sum()):,} tokens of input outside its test split; "
            f"{UNITS_LEAST} times {longest:,} are needed, of rows far shorter than that. Give more "
            "data, or another length."
        )
    model = _ready(held)
    sums = np.zeros((len(blocks), len(lengths), 2))
    for place, most in enumerate(lengths):
        room = most - around if place else 0
        packs = [(unit, pack) for unit, (start, end) in enumerate(blocks)
                 for pack in _packs(sizes[start:end], start, room)]  # fmt: skip
        texts = [
            (dataset.prefix + " ".join(row.input for row in chosen[slice(*pack)]),
             " ".join(row.target for row in chosen[slice(*pack)]))
            for _, pack in packs
        ]  # fmt: skip
        for i, nats, tokens in _target_losses(model, tokenizer, texts, hard):
            sums[packs[i][0], place] += nats, tokens
        tell((place + 1) / len(lengths))
    return "joined", sums, [*zip([1, *lengths[:-1]], lengths, strict=True)], longest


def _grid(shortest: int, longest: int) -> list[int]:
    """Lengths from the longest down, each √2 of the next, none below the shortest."""
    found, length = [], float(longest)
    while length >= shortest:
        found.append(round(length))
        length /= 2**0.5
    return found[::-1]


def _blocks(sizes: NDArray[Any], longest: int) -> list[tuple[int, int]]:
    """First and one past the last row of each stretch that fills the longest input."""
    found, start, filled = [], 0, 0
    for place, size in enumerate(sizes):
        if filled + size > longest:
            found.append((start, place))
            start, filled = place, 0
        filled += int(size)
    return found


def _packs(sizes: NDArray[Any], first: int, most: int) -> Iterator[tuple[int, int]]:
    """Cut a block into stretches of at most so many tokens; a row alone can have more."""
    start, filled = 0, 0
    for place, size in enumerate(sizes):
        if place > start and filled + size > most:
            yield first + start, first + place
            start, filled = place, 0
        filled += int(size)
    yield first + start, first + len(sizes)


def _by_length(
    held: slot.Slot, dataset: Dataset, rows: Sequence[Example], longest: int | None, tell: Tell
) -> tuple[str, Sums, list[tuple[int, int]], int]:
    """Rows as they are, in bins of equal numbers of rows by the length of their input."""
    tokenizer = held.tokenizer
    inputs = tokenizer([dataset.model_input(row) for row in rows])["input_ids"]
    sizes = np.array([len(ids) for ids in inputs])
    kept = np.flatnonzero(sizes <= (longest or sizes.max()))
    kept = kept[: max(UNITS_LEAST, MOST_TOKENS // max(1, int(sizes.mean())))]
    shares = np.linspace(0, 1, LENGTH_BINS + 1)
    cuts = np.unique(np.quantile(sizes[kept], shares).astype(int) if len(kept) else [0])
    least = LENGTH_BINS * UNITS_LEAST
    if len(kept) < least or len(cuts) < 3:
        raise BadInput(
            f"{dataset.name} has {len(kept)} inputs that fit; {least} of differing lengths are "
            "needed to see what length does. Give more data."
        )
    edges = [*zip(cuts[:-1].tolist(), [*cuts[1:-1].tolist(), int(cuts[-1]) + 1], strict=True)]
    model = _ready(held)
    texts = [(dataset.model_input(rows[i]), rows[i].target) for i in kept.tolist()]
    place = np.searchsorted(cuts[1:-1], sizes[kept], side="right")
    sums = np.zeros((len(kept), len(edges), 2))
    told = _target_losses(model, tokenizer, texts, longest)
    for done, (i, nats, tokens) in enumerate(told, start=1):
        sums[i, place[i]] = nats, tokens
        tell(done / len(texts))
    return "length", sums, edges, int(sizes[kept].max())


def _target_losses(
    model: Any, tokenizer: Any, texts: Sequence[tuple[str, str]], most: int | None
) -> Iterator[tuple[int, float, int]]:
    """Place, summed nats and tokens of each target, in batches of like length.

    The end token is not counted: joined targets have one where single ones have many. What a
    table of `most` rows has no place for is cut.
    """
    cut = {"truncation": most is not None, "max_length": most}
    sources = tokenizer([source for source, _ in texts], **cut)["input_ids"]
    targets = tokenizer(text_target=[target for _, target in texts], **cut)["input_ids"]
    sizes = [max(len(a), len(b)) for a, b in zip(sources, targets, strict=True)]
    for batch in batches(sizes, BATCH_ROWS, BATCH_TOKENS):
        ids, mask = padded([sources[i] for i in batch], pad_id(tokenizer))
        labels, _ = padded([targets[i] for i in batch], IGNORED)
        labels[labels == tokenizer.eos_token_id] = IGNORED
        with torch.inference_mode():
            logits = model(
                input_ids=ids.to(model.device), attention_mask=mask.to(model.device),
                labels=labels.to(model.device),
            ).logits  # fmt: skip
            nats = cross_entropy(
                logits.float().transpose(1, 2), labels.to(model.device), ignore_index=IGNORED,
                reduction="none",
            ).sum(1)  # fmt: skip
        counted = (labels != IGNORED).sum(1)
        yield from zip(batch, nats.tolist(), counted.tolist(), strict=True)


def check(workspace: Any, model: str, dataset: str | None, text: str | None) -> None:
    """Refuse a request that names what is not there, before anything is queued.

    Raises:
        NotFound: There is no such model, dataset or file.
    """
    resolve(workspace, model)
    if dataset is not None:
        open_dataset(workspace, dataset)
    if text is not None and not Path(text).is_file():
        raise NotFound(f"There is no file {text!r}.")
