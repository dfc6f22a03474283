"""The heads job: what each head is worth, and what the score is without those that cost least."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from core import record
from core.data import dataset as datasets
from core.data.dataset import Example
from core.errors import BadInput
from core.evaluate.answer import Answer
from core.evaluate.answered import collect
from core.evaluate.holm import holm
from core.evaluate.intervals import RESAMPLES, draws
from core.evaluate.metrics import for_task, metric
from core.evaluate.paired import differences
from core.evaluate.prepare import Prepared, limited, prepare
from core.evaluate.share import Share, share
from core.evaluate.source import Batches, Tell
from core.evaluate.tally import Counts, Tally
from core.interpret import gates, prices
from core.interpret.prices import Drop, HeadPrice, Prices
from core.interpret.samples import ends, means
from core.jobs.context import Context
from core.models.resolve import ModelRef, known_shape
from core.models.shape import attention_parameters, parameters
from core.work.asked import source_of, teller
from core.work.attended import Atlas, Habit, each, rows_within
from core.work.forced import Forced

if TYPE_CHECKING:
    from core.evaluate.local import LocalModel

METHOD = 5
"""Raise it when a list is made in another way."""
SEED = 0
METRICS = 2
"""How many of the task's metrics the drops are scored by, the headline first."""
MOST_TRIED = 96
"""Where a model has more heads, the lowest and highest by pull are switched off one by one."""
ORDER_EXAMPLES = 100
"""So many at most tell the order in which heads are switched off: each is asked many times."""
MOST_ASKED = 400
"""So many times at most."""
_ATLAS, _PULL, _PRICE = (0.0, 0.1), (0.1, 0.2), (0.2, 0.4)
_ORDER, _DROPS = (0.4, 0.7), (0.7, 1.0)

Head = tuple[str, int, int]
Array = NDArray[np.float64]


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Do as a HeadsRequest says; the result is the list's key.

    Raises:
        BadInput: The model or metric does not fit; its heads cannot be reached.
        NotFound: There is no such dataset, model or metric.
    """
    made = price(
        context, request["dataset"], request["model"], request["drop"], request["metrics"],
        request["split"], request["limit"],
    )  # fmt: skip
    return {"study": made.key, "n": made.n}


def price(
    context: Context,
    dataset: str,
    model: str,
    shares: Sequence[float],
    metrics: Sequence[str] = (),
    split: str = "test",
    limit: int | None = None,
) -> Prices:
    """Make a price list, or find the one that was made of the same things; see `run`."""
    begun = time.monotonic()
    workspace = context.workspace
    work = prepare(workspace, dataset, model=model, predictions=None, split=split,
                   metrics=metrics, limit=limit)  # fmt: skip
    if work.ref is None:
        raise BadInput(f"{work.model} is no network and has no heads; name a model.")
    names = _scored_by(work, metrics)
    source = cast("LocalModel", source_of(workspace, work))
    key = record.hash_json(
        [METHOD, source.key, work.model, work.dataset.title, work.split, limit, names, SEED,
         sorted(shares), MOST_TRIED, ORDER_EXAMPLES, MOST_ASKED, RESAMPLES]
    )  # fmt: skip
    found = prices.STUDIES.find(workspace, key)
    if found:
        context.report(1.0, "moved.progress.known", n=found.n)
        return found
    context.report(0.0, "evaluate.progress.loading", n=len(work.examples))
    loaded, tokenizer = source.loaded
    forced = Forced(loaded, tokenizer, work.dataset, work.examples, source.prompt, name=work.model)
    first = next(forced.batches(1))
    layers = gates.layout(loaded, first.inputs, work.model)
    # One set of examples for the prices and the drops: those whose answer has a loss.
    known = sorted(row.place for row in forced.rows)
    scored = replace(work, examples=tuple(work.examples[place] for place in known))
    places = [(kind, layer, head) for (kind, layer), n in layers.items() for head in range(n)]
    habits = _atlas(forced, len(places), context.part(*_ATLAS))
    loss, gradients = gradients_of(forced, layers, places, context.part(*_PULL))
    tried, gains = _tried(forced, layers, places, gradients, loss, context.part(*_PRICE))
    weights = np.concatenate(list(draws(len(loss), RESAMPLES, SEED)))
    heads = _heads(places, habits, gradients, dict(zip(tried, gains.T, strict=True)), weights)
    most = max((prices.dropped(len(places), share) for share in shares), default=0)
    chosen = _order(
        context.part(*_ORDER), work, source, layers, places, [head.pull_nats for head in heads],
        most,
    )  # fmt: skip
    made = Prices(
        key, work.model, work.dataset.name, work.dataset.version, work.split, len(loss),
        limit, work.dataset.task, float(loss.mean()), tuple(heads), *chosen,
        *prices.agreement(-gradients[:, tried], gains, weights),
        *prices.agreement(np.abs(gradients[:, tried]), gains, weights),
        sum(head.decided and (head.price_nats or 0) * head.forecast_nats < 0 for head in heads),
        *_drops(context, scored, source, layers, chosen[0], shares, names),
        time.monotonic() - begun, record.now(),
    )  # fmt: skip
    prices.STUDIES.save(workspace, made)
    return made


def _heads(
    places: Sequence[Head], habits: Mapping[Head, Habit], gradients: Array,
    gains: Mapping[int, Array], weights: NDArray[np.int64],
) -> list[HeadPrice]:  # fmt: skip
    """The rows of the list, in the order of `places`; `gains` by the place's number."""
    pulls, forecasts = prices.forecasts(gradients, weights)
    found = []
    for i, place in enumerate(places):
        paid: tuple[float | None, float | None, float | None] = (None, None, None)
        if i in gains:
            low, high = ends(means(gains[i], weights))
            paid = float(gains[i].mean()), float(low), float(high)
        habit, n = habits[place], len(gradients)
        often = share(habit.patterns[habit.pattern] * n, n) or Share(0.0, 0.0, 1.0, 0)
        found.append(HeadPrice(
            *place, *_triple(pulls, i), *_triple(forecasts, i), *paid, habit.pattern,
            often.value, often.low, often.high, habit.patterns, habit.entropy_nats,
            habit.mean_distance_tokens, habit.sink_mass,
        ))  # fmt: skip
    return found


def _triple(spread: tuple[Array, Array, Array], i: int) -> tuple[float, float, float]:
    value, low, high = spread
    return float(value[i]), float(low[i]), float(high[i])


def _scored_by(work: Prepared, asked: Sequence[str]) -> tuple[str, ...]:
    names = work.metrics if asked else for_task(work.dataset.task)
    wrong = [name for name in names if asked and not _countable(name)]
    if wrong:
        raise BadInput(
            f"{wrong[0]} cannot be compared on two sets of answers alone; ask for another metric, "
            f"such as {for_task(work.dataset.task)[0]}."
        )
    return tuple(name for name in names if _countable(name))[: len(asked) or METRICS]


def _countable(name: str) -> bool:
    row = metric(name)
    return row.compared and row.needs in ("reference", "answer")


def _atlas(forced: Forced, heads: int, context: Context) -> dict[Head, Habit]:
    """What each head does over the sentences."""
    atlas, n = Atlas(), len(forced.rows)
    for done, (row, weights) in enumerate(each(forced, rows_within(forced, heads))):
        if done % 16 == 0:
            context.report(done / n, "moved.progress.reading", done=done, total=n)
        atlas.add(forced, row, weights)
    return atlas.habits()


def gradients_of(
    forced: Forced, layers: dict[gates.Place, int], places: Sequence[Head], context: Context
) -> tuple[Array, Array]:
    """The loss of each example, (examples,), and ∂L/∂gate, (examples, heads), by one backward."""
    n = len(forced.rows)
    order = {row.place: number for number, row in enumerate(forced.rows)}
    loss, found, done = np.zeros(n), np.zeros((n, len(places))), 0
    for parameter in forced.model.parameters():
        parameter.requires_grad_(False)
    # A backward keeps what each layer made: fewer rows at once than without.
    for batch in forced.batches(32):
        context.report(done / n, "moved.progress.deriving", done=done, total=n)
        open_ = gates.open_gates(layers, len(batch.rows), forced.model.device)
        with gates.gated(forced.model, open_):
            each_loss = forced.loss(batch)
        each_loss.sum().backward()
        rows = [order[place] for place in batch.places]
        loss[rows] = each_loss.detach().double().cpu().numpy()
        parts = [cast("torch.Tensor", open_[place].grad) for place in layers]
        found[rows] = torch.cat(parts, dim=1).double().cpu().numpy()
        done += len(rows)
    return loss, found


def _tried(
    forced: Forced, layers: dict[gates.Place, int], places: Sequence[Head], gradients: Array,
    loss: Array, context: Context,
) -> tuple[list[int], Array]:  # fmt: skip
    """Which heads were switched off alone, and what that did to each loss, (examples, tried)."""
    tried = list(range(len(places)))
    if len(tried) > MOST_TRIED:
        by_pull = np.argsort(np.abs(gradients).mean(0), kind="stable")
        half = MOST_TRIED // 2
        tried = sorted([*map(int, by_pull[:half]), *map(int, by_pull[-half:])])
    order = {row.place: number for number, row in enumerate(forced.rows)}
    gains = np.zeros((len(loss), len(tried)))
    for at, i in enumerate(tried):
        context.report(at / len(tried), "moved.progress.pricing", done=at, total=len(tried))
        off = gates.switched_off(layers, [places[i]], forced.model.device)
        for batch in forced.batches():
            context.check()
            with torch.inference_mode(), gates.gated(forced.model, off):
                without = forced.loss(batch).double().cpu().numpy()
            rows = [order[place] for place in batch.places]
            gains[rows, at] = without - loss[rows]
    return tried, gains


def _order(
    context: Context, work: Prepared, source: "LocalModel", layers: dict[gates.Place, int],
    places: Sequence[Head], pulls: Sequence[float], steps: int,
) -> tuple[tuple[Head, ...], str, int, int]:  # fmt: skip
    """All heads as they are switched off; found on which split, how many examples and steps.

    On other examples than those that are scored, where there are some: an order that was chosen on
    the same ones makes what it costs look too low.
    """
    split = "validation" if work.split == "test" else work.split
    examples = datasets.read(context.workspace, work.dataset, split)
    if not examples:
        split, examples = work.split, list(work.examples)
    model, tokenizer = source.loaded
    few = limited(examples, ORDER_EXAMPLES)
    forced = Forced(model, tokenizer, work.dataset, few, source.prompt, name=work.model)
    by_pull = sorted(range(len(places)), key=pulls.__getitem__)
    asked = 0

    def loss(off: list[int]) -> float:
        nonlocal asked
        context.report(min(1.0, asked / (len(places) + 3 * steps)), "moved.progress.ordering",
                       done=len(off), total=steps)  # fmt: skip
        asked += 1
        shut = gates.switched_off(layers, [places[i] for i in off], model.device)
        total = 0.0
        for batch in forced.batches():
            context.check()
            with torch.inference_mode(), gates.gated(model, shut):
                total += float(forced.loss(batch).double().sum())
        return total / len(forced.rows)

    off, costs = prices.one_after_another(loss, by_pull[:MOST_TRIED], steps, MOST_ASKED)
    then = sorted(costs, key=costs.__getitem__)
    rest = [i for i in by_pull if i not in costs and i not in off]
    order = tuple(places[i] for i in (*off, *then, *rest))
    return order, split, len(forced.rows), len(off)


def _drops(
    context: Context, work: Prepared, source: "LocalModel", layers: dict[gates.Place, int],
    order: Sequence[Head], shares: Sequence[float], names: Sequence[str],
) -> tuple[tuple[Drop, ...], int]:  # fmt: skip
    """The score without the first heads of the order, by share, beside that with all.

    And how many answers are the same with all gates open as without gates.
    """
    counts = {one: prices.dropped(len(order), one) for one in sorted(set(shares))}
    steps = len(counts) + 2
    stretch = (_DROPS[1] - _DROPS[0]) / steps
    parts = [context.part(_DROPS[0] + i * stretch, _DROPS[0] + (i + 1) * stretch)
             for i in range(steps)]  # fmt: skip

    def answered(heads: Sequence[Head], part: Context) -> list[Answer]:
        key = {**source.key, "heads_off": sorted(heads)}
        ask = without(source, layers, heads)
        return collect(context.workspace, key, work.examples, ask, teller(part))

    plain = collect(context.workspace, source.key, work.examples, source.answer, teller(parts[0]))
    # Held against the model with gates, all open: on a GPU another kernel may round otherwise.
    with_gates = answered([], parts[1])
    same = sum(one.text == two.text for one, two in zip(plain, with_gates, strict=True))
    own = _counts(work, names, with_gates)
    found: list[Drop] = []
    for (wanted, k), part in zip(counts.items(), parts[2:], strict=True):
        heads = order[:k]
        answers = answered(heads, part)
        saved = _saved(work.ref, layers, heads)
        for row in differences(
            own, _counts(work, names, answers), language=work.dataset.target_language,
            separator=work.dataset.label_separator, seed=SEED,
        ):  # fmt: skip
            found.append(Drop(
                wanted, k, row.metric, metric(row.metric).unit, row.a, row.b, row.difference,
                row.low, row.high, row.p_value, None, row.higher_is_better, *saved,
            ))  # fmt: skip
    return _corrected(found), same


def without(source: "LocalModel", layers: dict[gates.Place, int], heads: Sequence[Head]) -> Any:
    """How a model answers with some heads switched off, in the manner of `Source.answer`."""

    def answer(examples: Sequence[Example], tell: Tell) -> Iterator[list[tuple[int, Answer]]]:
        model, _ = source.loaded
        given: Batches = source.answer(examples, tell)
        with gates.gated(model, gates.switched_off(layers, heads, model.device)):
            yield from given

    return answer


def _counts(work: Prepared, names: Sequence[str], answers: Sequence[Answer]) -> dict[str, Counts]:
    tally = Tally(
        [example.target for example in work.examples], answers,
        language=work.dataset.target_language, separator=work.dataset.label_separator,
    )  # fmt: skip
    tally.count(names)
    return {name: tally.of(name) for name in names}


def _saved(
    ref: ModelRef | None, layers: dict[gates.Place, int], heads: Sequence[Head]
) -> tuple[float, float]:
    """Shares of parameters, and of multiplications a token, that some heads have: an estimate.

    A head has its share of its layer's query and output weights, and of those of keys and values.
    A token costs two operations a weight; looking an embedding up costs none.
    """
    shape = known_shape(cast("ModelRef", ref))
    counts = parameters(shape)
    one = attention_parameters(shape) / shape.heads
    # Tied embeddings are multiplied with once, where the next token is chosen.
    looked_up = 0 if shape.tied_embeddings and shape.generates else counts.embedding
    saved = one * len(heads)
    return saved / counts.total, saved / (counts.active - looked_up)


def _corrected(found: Sequence[Drop]) -> tuple[Drop, ...]:
    """By metric, then by share, with p-values corrected for all drops of the metric."""
    done: list[Drop] = []
    for name in dict.fromkeys(drop.metric for drop in found):
        same = [drop for drop in found if drop.metric == name]
        known = iter(holm([drop.p_value for drop in same if drop.p_value is not None]))
        done += [
            drop if drop.p_value is None else replace(drop, p_corrected=next(known))
            for drop in same
        ]
    return tuple(done)
