"""The moved job: the same sentences through two models, and how far each head's attention moved."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core import record
from core.data.dataset import Example
from core.errors import BadInput
from core.evaluate import predict
from core.evaluate.intervals import RESAMPLES, draws
from core.evaluate.prepare import Prepared, prepare
from core.interpret import gates, moved
from core.interpret.moved import Moved, MovedHead, MovedSentence
from core.interpret.replicas import RATE, replica
from core.interpret.samples import TRIALS, above, ends, means
from core.interpret.tokens import is_byte_level, labels
from core.jobs.context import Context
from core.models import hub
from core.models.resolve import ModelRef, shape_of
from core.work.asked import model_hash
from core.work.attended import rows_within, sizes, weights_of
from core.work.forced import Batch, Forced, Row

METHOD = 3
"""Raise it when distances are measured in another way."""
SEED = 0
SENTENCES = 10
"""Of those that moved most, how many are kept."""
DRAWN_TOKENS = 48
"""A text of more tokens is kept without its weights."""
LIBRARIES = ("torch", "transformers", "numpy")

Layers = dict[str, list[NDArray[np.float32]]]
Array = NDArray[np.float64]


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Do as a MovedRequest says; the result is the comparison's key.

    Raises:
        BadInput: The models differ in shape, or cut the sentences into different tokens.
        NotFound: There is no such dataset or model.
    """
    made = compare(
        context, request["a"], request["b"], request["dataset"], request["split"], request["limit"]
    )
    return {"study": made.key, "n": made.n, "moved": len(made.moved)}


def check(a: Prepared, b: Prepared) -> tuple[ModelRef, ModelRef]:
    """The two models, if their heads can be held against each other.

    Raises:
        BadInput: One has no weights, or their heads differ in number or size.
    """
    for work in (a, b):
        if work.ref is None:
            raise BadInput(f"{work.model} is no network and has no heads; name two models.")
    left, right = a.ref, b.ref
    assert left is not None and right is not None  # noqa: S101 - as checked above
    shapes = [shape_of(ref) for ref in (left, right)]
    names = ("family", "layers", "encoder_layers", "heads", "kv_heads", "head_dim")
    for name in names:
        both = [getattr(shape, name) if shape else None for shape in shapes]
        if None not in both and both[0] != both[1]:
            raise BadInput(
                f"{a.model} and {b.model} are of different shapes ({name.replace('_', ' ')}: "
                f"{both[0]} and {both[1]}), so no head of one is a head of the other; compare "
                "a model with one that was tuned from it."
            )
    return left, right


def compare(
    context: Context, a: str, b: str, dataset: str, split: str = "test", limit: int | None = None
) -> Moved:
    """Compare two models, or find the comparison that was made of the same things; see `run`."""
    begun = time.monotonic()
    workspace = context.workspace
    one, two = (prepare(workspace, dataset, model=name, predictions=None, split=split, metrics=(),
                        limit=limit) for name in (a, b))  # fmt: skip
    refs = [hub.fetch(ref) for ref in check(one, two)]
    libraries = record.environment()["libraries"]
    key = record.hash_json(
        [METHOD, [model_hash(ref) for ref in refs], one.model, two.model, two.dataset.title,
         two.split, limit, RATE, SEED, TRIALS, RESAMPLES, predict.precision(),
         {name: libraries[name] for name in LIBRARIES}]
    )  # fmt: skip
    found = moved.STUDIES.find(workspace, key)
    if found:
        context.report(1.0, "moved.progress.known", n=found.n)
        return found
    context.report(0.0, "evaluate.progress.loading", n=len(two.examples))
    predict.use_cores()
    before, after = (_open(ref, two) for ref in refs)
    layers = _same(before, after, one.model, two.model)
    far, floor = _distances(before, after, layers, context)
    weights = np.concatenate(list(draws(len(far), RESAMPLES, SEED)))
    spreads = [_spread(values, weights) for values in (far, floor)]
    p_values = above(far - floor, SEED)
    places = [(kind, layer, head) for (kind, layer), n in layers.items() for head in range(n)]
    heads = tuple(
        MovedHead(*place, *spreads[0][i], *spreads[1][i], float(p_values[i]))
        for i, place in enumerate(places)
    )
    made = Moved(
        key, one.model, two.model, two.dataset.name, two.dataset.version, two.split, len(far),
        limit, RATE, heads, tuple(_farthest(before, after, two, places, far)),
        time.monotonic() - begun, record.now(),
    )  # fmt: skip
    moved.STUDIES.save(workspace, made)
    return made


def _open(ref: ModelRef, work: Prepared) -> Forced:
    model, tokenizer = predict.load(ref, work.dataset)
    return Forced(model, tokenizer, work.dataset, work.examples, name=ref.name)


def _same(before: Forced, after: Forced, a: str, b: str) -> dict[gates.Place, int]:
    """How many heads each layer of both has.

    Raises:
        BadInput: They differ, or the two read different tokens.
    """
    pairs = zip(before.rows, after.rows, strict=False)
    alike = len(before.rows) == len(after.rows) and all(
        (x.place, x.read, x.told) == (y.place, y.read, y.told) for x, y in pairs
    )
    if not alike:
        raise BadInput(
            f"{a} and {b} cut these sentences into different tokens, so their attention has no "
            "cells in common; compare models with the same tokenizer."
        )
    first = next(after.batches(1))
    found = gates.layout(after.model, first.inputs, b)
    if gates.layout(before.model, first.inputs, a) != found:
        raise BadInput(
            f"{a} and {b} differ in their numbers of layers or heads; compare a model with one "
            "that was tuned from it."
        )
    return found


def _distances(
    before: Forced, after: Forced, layers: dict[gates.Place, int], context: Context
) -> tuple[Array, Array]:
    """How far each head moved on each sentence, and two replicas apart, both (sentences, heads)."""
    n, heads, done = len(after.rows), sum(layers.values()), 0
    order = {row.place: number for number, row in enumerate(after.rows)}
    far, floor = np.zeros((n, heads)), np.zeros((n, heads))
    for number, batch in enumerate(after.batches(max(1, rows_within(after, heads) // 2))):
        context.report(done / n, "moved.progress.reading", done=done, total=n)
        rows = [order[place] for place in batch.places]
        own = weights_of(after, batch)
        far[rows] = list(_each(after, batch, layers, own, weights_of(before, batch)))
        twins = [_replica(after, batch, seed) for seed in (2 * number, 2 * number + 1)]
        floor[rows] = list(_each(after, batch, layers, *twins))
        done += len(rows)
    return far, floor


def _replica(forced: Forced, batch: Batch, seed: int) -> Layers:
    seen: dict[str, list[torch.Tensor]] = {}
    with torch.inference_mode(), replica(forced.model, seen, seed):
        forced.model(**batch.inputs)
    return {kind: [layer.cpu().numpy() for layer in stack] for kind, stack in seen.items()}


def _each(
    forced: Forced, batch: Batch, layers: dict[gates.Place, int], one: Layers, two: Layers
) -> Iterator[Array]:
    """The distance of two attentions on each row of a batch, (heads,), in the order of `layers`."""
    for number, row in enumerate(batch.rows):
        found = []
        for kind, layer in layers:
            queries, keys = sizes(forced, row, kind)
            parts = [each[kind][layer][number, :, :queries, :keys] for each in (one, two)]
            found.append(moved.distance(*parts, causal=kind == "decoder"))
        yield np.concatenate(found)


def _spread(values: Array, weights: NDArray[np.int64]) -> list[tuple[float, float, float]]:
    """Mean and ends of each column."""
    low, high = ends(means(values, weights))
    return [(float(value), float(least), float(most))
            for value, least, most in zip(values.mean(0), low, high, strict=True)]  # fmt: skip


def _farthest(
    before: Forced, after: Forced, work: Prepared, places: Sequence[tuple[str, int, int]],
    far: Array,
) -> Iterator[MovedSentence]:  # fmt: skip
    """The sentences that moved most, each with its farthest head as it was and as it is."""
    mean = far.mean(1)
    for number in map(int, np.argsort(-mean, kind="stable")[:SENTENCES]):
        row, at = after.rows[number], int(far[number].argmax())
        kind, layer, head = places[at]
        example = work.examples[row.place]
        queries, keys = _labels(after, row, kind)
        drawn = max(len(queries), len(keys)) <= DRAWN_TOKENS
        pair = [_matrix(forced, work, example, (kind, layer, head)) for forced in (before, after)]
        yield MovedSentence(
            example.id, example.input, example.target, float(mean[number]), kind, layer, head,
            float(far[number, at]), queries if drawn else (), keys if drawn else (),
            *(pair if drawn else (None, None)),
        )  # fmt: skip


def _labels(forced: Forced, row: Row, kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What queries and keys of a kind of attention are called."""
    tokenizer = forced.tokenizer

    def read(ids: list[int]) -> tuple[str, ...]:
        pieces = list(tokenizer.convert_ids_to_tokens(ids))
        return tuple(labels(pieces, byte_level=is_byte_level(tokenizer)))

    if not forced.model.config.is_encoder_decoder:
        whole = read([*row.read, *row.told])
        return whole, whole
    source = read(row.read)
    target = read([forced.model.config.decoder_start_token_id, *row.told[:-1]])
    return {"encoder": (source, source), "decoder": (target, target), "cross": (target, source)}[
        kind
    ]


def _matrix(
    forced: Forced, work: Prepared, example: Example, place: tuple[str, int, int]
) -> tuple[tuple[float, ...], ...]:
    """One head's weights on one example, to four digits."""
    kind, layer, head = place
    alone = Forced(forced.model, forced.tokenizer, work.dataset, [example], name="")
    batch = next(alone.batches(1))
    found = weights_of(alone, batch, (kind,))[kind][layer][0, head]
    return tuple(tuple(round(float(one), 4) for one in row) for row in found)
