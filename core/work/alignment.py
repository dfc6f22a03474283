"""The alignment job: which head aligns source and target, and what attention says of bad scores."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from core import record
from core.data import dataset as datasets
from core.data.dataset import Example
from core.errors import BadInput
from core.evaluate.answer import of_texts
from core.evaluate.answered import collect
from core.evaluate.batches import cut, room_for
from core.evaluate.holm import holm
from core.evaluate.intervals import RESAMPLES, draws
from core.evaluate.metrics import metric
from core.evaluate.prepare import Prepared, prepare
from core.evaluate.scoring import per_example
from core.interpret import aligned, gates
from core.interpret import alignment as maths
from core.interpret.aligned import Alignment, HeadAlignment, Relation, Sentence
from core.interpret.lexicon import ROUNDS, Lexicon, Links, silver
from core.interpret.offsets import offsets_of
from core.interpret.samples import TRIALS, ends, partial, related, spearman
from core.jobs.context import Context
from core.models.resolve import shape_of
from core.work.asked import source_of, teller
from core.work.attended import each, rows_within
from core.work.forced import Forced, Row

if TYPE_CHECKING:
    from core.evaluate.local import LocalModel

METHOD = 2
"""Raise it when alignments are judged, or sentences measured, in another way."""
SEED = 0
TARGETS = ("own", "reference")
LEARNT_PAIRS = 20_000
"""The silver alignment is learnt from so many pairs at most."""
_ANSWERS, _JUDGED, _MEASURED = (0.0, 0.6), (0.6, 0.8), (0.8, 1.0)

Array = NDArray[np.float64]


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Do as an AlignmentRequest says; the result is the study's key.

    Raises:
        BadInput: The model has no encoder beside its decoder, or nothing can be aligned.
        NotFound: There is no such dataset or model.
    """
    made = align(
        context, request["dataset"], request["model"], request["target"], request["split"],
        request["limit"],
    )  # fmt: skip
    return {"study": made.key, "n": made.n}


def check(work: Prepared) -> None:
    """Refuse what has no cross-attention, or no text as target.

    Raises:
        BadInput: So it is.
    """
    shape = shape_of(work.ref) if work.ref else None
    if work.ref is None:
        raise BadInput(
            f"{work.model} is no network and has no attention; name a model with encoder and "
            "decoder."
        )
    if shape is not None and shape.family != "encoder-decoder":
        article = "an" if shape.family == "encoder" else "a"
        raise BadInput(
            f"{work.model} is {article} {shape.family} alone and has no cross-attention, so it "
            "aligns nothing; name a model with encoder and decoder, such as starter-translate."
        )
    if work.dataset.task == "text-classification":
        raise BadInput(
            f"The targets of {work.dataset.title} are labels, in which there is nothing to align; "
            "choose a dataset of texts."
        )


@dataclass(frozen=True)
class _Words:
    """The words of a sentence pair, which token is in which, and which example it is."""

    place: int
    source: list[str]
    target: list[str]
    columns: NDArray[np.int64]
    rows: NDArray[np.int64]


def align(
    context: Context, dataset: str, model: str, target: str = "own", split: str = "test",
    limit: int | None = None,
) -> Alignment:  # fmt: skip
    """Study a model's alignment, or find the study that was made of the same things; see `run`."""
    begun = time.monotonic()
    if target not in TARGETS:
        raise BadInput(f"{target!r} is no target; expected {' or '.join(TARGETS)}.")
    workspace = context.workspace
    work = prepare(workspace, dataset, model=model, predictions=None, split=split, metrics=(),
                   limit=limit)  # fmt: skip
    check(work)
    source = cast("LocalModel", source_of(workspace, work))
    name = metric(work.metrics[0]).example
    key = record.hash_json(
        [METHOD, source.key, work.model, work.dataset.title, work.split, limit, target, name, SEED,
         maths.COVERED, maths.JUMP_WORDS, ROUNDS, LEARNT_PAIRS, TRIALS, RESAMPLES]
    )  # fmt: skip
    found = aligned.STUDIES.find(workspace, key)
    if found:
        context.report(1.0, "moved.progress.known", n=found.n)
        return found
    answers = [answer.text for answer in collect(
        workspace, source.key, work.examples, source.answer, teller(context.part(*_ANSWERS))
    )]  # fmt: skip
    judged = _judge(work, source, context.part(*_JUDGED))
    best = judged.heads[0]
    told = [example.target if target == "reference" else answer
            for example, answer in zip(work.examples, answers, strict=True)]  # fmt: skip
    if not any(text.strip() for text in told):
        raise BadInput(
            f"{work.model} wrote nothing for any of the {len(told):,} examples, so there is no "
            "text of its own to look at; measure on the references with --target reference."
        )
    scores = per_example(
        name, [example.target for example in work.examples], of_texts(answers),
        language=work.dataset.target_language,
    )  # fmt: skip
    sentences = list(_measure(work, source, best, told, answers, scores, context.part(*_MEASURED)))
    made = Alignment(
        key, work.model, work.dataset.name, work.dataset.version, work.split, len(sentences),
        limit, target, tuple(judged.heads), *judged.held, judged.diagonal, judged.pairs,
        judged.sure, judged.copied, name, metric(name).unit, _relations(sentences),
        tuple(sorted(sentences, key=lambda one: -1.0 if one.score is None else one.score)),
        time.monotonic() - begun, record.now(),
    )  # fmt: skip
    aligned.STUDIES.save(workspace, made)
    return made


@dataclass(frozen=True)
class _Judged:
    heads: list[HeadAlignment]
    held: tuple[float | None, float | None, float | None]
    diagonal: float | None
    pairs: int
    sure: int
    copied: int


def _judge(work: Prepared, source: "LocalModel", context: Context) -> _Judged:
    """Hold every head against the silver alignment, on the references."""
    forced = _forced(work, source, work.examples)
    forward, backward = _lexicons(context, work)
    layers = gates.layout(forced.model, next(forced.batches(1)).inputs, work.model)
    heads = [(layer, head) for (kind, layer), n in layers.items() if kind == "cross"
             for head in range(n)]  # fmt: skip
    ways = [(layer, head, rows) for layer, head in heads for rows in ("writes", "reads")]
    n = len(forced.rows)
    counts = np.zeros((n, len(ways) + 1, 2))
    copies = np.zeros((n, len(ways), 2))
    sure_links = 0
    for place, (pair, weights) in enumerate(_merged(work, forced, layers, context)):
        sure, possible = silver(forward, backward, (pair.source, pair.target))
        same = maths.copied(pair.source, pair.target)
        sure_links += len(sure)
        for at, (layer, head, rows) in enumerate(ways):
            one = maths.hard(weights[rows][layer, head])
            links: Links = {(j, int(i)) for j, i in enumerate(one)}
            counts[place, at] = maths.error_counts(links, sure, possible)
            copies[place, at] = sum(one[j] == i for j, i in same.items()), len(same)
        flat = maths.diagonal(len(pair.target), len(pair.source))
        counts[place, -1] = maths.error_counts(flat, sure, possible)
    if not sure_links:
        raise BadInput(
            f"No word pair of {work.dataset.title} occurs often enough to tell which words go "
            "together; give more examples."
        )
    return _ranked(ways, counts, copies, forward.pairs, sure_links)


def _ranked(
    ways: Sequence[tuple[int, int, str]], counts: Array, copies: Array, pairs: int, sure: int
) -> _Judged:
    """The heads, the best on one half of the sentences first; and how it does on the other."""
    # Sentences come by length: every other one, so that both halves have long and short ones.
    choosing, holding = counts[::2], counts[1::2]
    rates = [maths.error_rate(each) for each in choosing.sum(0)]
    first = [1.0 if rate is None else rate for rate in rates]
    order = sorted(range(len(ways)), key=first.__getitem__)
    chosen: dict[tuple[int, int], int] = {}
    for at in order:  # Of its two ways to read rows, the better one stands for a head.
        chosen.setdefault(ways[at][:2], at)
    heads = []
    for (layer, head), at in chosen.items():
        value, low, high = _rate(counts[:, at])
        right, seen = copies[:, at].sum(0)
        heads.append(HeadAlignment(
            layer, head, ways[at][2], value or 0.0, low or 0.0, high or 0.0,
            float(right / seen) if seen else None,
        ))  # fmt: skip
    held = _rate(holding[:, order[0]]) if len(holding) else (None, None, None)
    flat = maths.error_rate(holding[:, -1].sum(0)) if len(holding) else None
    return _Judged(heads, held, flat, pairs, sure, int(copies[:, 0, 1].sum()))


def _rate(counts: Array) -> tuple[float | None, float | None, float | None]:
    """The error rate of summed counts (sentences, 2), with its interval over sentences."""
    value = maths.error_rate(counts.sum(0))
    if value is None:
        return None, None, None
    sums = np.concatenate([each @ counts for each in draws(len(counts), RESAMPLES, SEED)])
    known = sums[sums[:, 1] > 0]
    low, high = ends(1 - known[:, 0] / known[:, 1])
    return value, float(low), float(high)


def _lexicons(context: Context, work: Prepared) -> tuple[Lexicon, Lexicon]:
    """Which words go together in the user's data, both ways."""
    rows = [*work.examples, *datasets.read(context.workspace, work.dataset, "train", LEARNT_PAIRS)]
    context.report(0.0, "moved.progress.words", n=len(rows))
    pairs = [(_cut(row.input), _cut(row.target)) for row in rows[:LEARNT_PAIRS]]
    return Lexicon(pairs), Lexicon([(target, source) for source, target in pairs])


def _cut(text: str) -> list[str]:
    return [text[start:end] for start, end in maths.words(text)]


def _forced(work: Prepared, source: "LocalModel", examples: Sequence[Example]) -> Forced:
    model, tokenizer = source.loaded
    return Forced(model, tokenizer, work.dataset, examples, source.prompt, name=work.model)


def _merged(
    work: Prepared, forced: Forced, layers: dict[gates.Place, int], context: Context,
    examples: Sequence[Example] | None = None, rows: Sequence[str] = ("writes", "reads"),
) -> Iterator[tuple[_Words, dict[str, Array]]]:  # fmt: skip
    """Every sentence's words, and its attention over them by the way rows are read."""
    for done, (row, weights) in enumerate(
        each(forced, rows_within(forced, sum(layers.values())), ("cross",))
    ):
        if done % 16 == 0:
            context.report(done / len(forced.rows), "moved.progress.reading", done=done,
                           total=len(forced.rows))  # fmt: skip
        found = _words(work, forced, row, examples or work.examples)
        if found.source and found.target:
            cross: Array = weights["cross"].astype(np.float64)
            ways = {"writes": cross, "reads": maths.reading(cross)}
            yield found, {name: maths.merge(ways[name], found.rows, found.columns)
                          for name in rows}  # fmt: skip


def _words(work: Prepared, forced: Forced, row: Row, examples: Sequence[Example]) -> _Words:
    example = examples[row.place]
    read, told = work.dataset.model_input(example), example.target
    start = len(read) - len(example.input) if read.endswith(example.input) else 0
    spans = maths.words(read, start), maths.words(told)
    room = room_for(forced.tokenizer)
    # Offsets are cut as the ids were.
    places = cut(cast("list[int]", offsets_of(forced.tokenizer, read)), room)
    columns = maths.owners(cast("list[maths.Span]", places), spans[0])
    rows = maths.owners(offsets_of(forced.tokenizer, told, target=True), spans[1])
    texts = [
        [text[slice(*where[word])] for word in maths.kept(owner)]
        for text, where, owner in ((read, spans[0], columns), (told, spans[1], rows))
    ]
    return _Words(row.place, texts[0], texts[1], columns, rows)


def _measure(
    work: Prepared, source: "LocalModel", best: HeadAlignment, told: Sequence[str],
    answers: Sequence[str], scores: Sequence[float | None], context: Context,
) -> Iterator[Sentence]:  # fmt: skip
    """Every sentence's numbers, from the best head; one without words has none."""
    examples = [replace(example, target=text)
                for example, text in zip(work.examples, told, strict=True)]  # fmt: skip
    forced = _forced(work, source, examples)
    layers = gates.layout(forced.model, next(forced.batches(1)).inputs, work.model)
    for words, weights in _merged(work, forced, layers, context, examples, (best.rows,)):
        place, example = words.place, work.examples[words.place]
        yield Sentence(
            example.id, example.input, example.target, told[place], answers[place], scores[place],
            **asdict(maths.measures(weights[best.rows][best.layer, best.head])),
        )  # fmt: skip


def _relations(sentences: Sequence[Sentence]) -> tuple[Relation, ...]:
    """How each measure goes together with the score, corrected for all of them."""
    known = [one for one in sentences if one.score is not None]
    score = np.array([one.score for one in known], np.float64)
    length = np.array([len(maths.words(one.input)) for one in known], np.float64)
    found = []
    for name in maths.MEASURES:
        values = np.array([getattr(one, name) for one in known], np.float64)
        rank = spearman(values, score) if len(known) > 2 else None
        if rank is None:
            found.append(Relation(name, None, None, None, None, None, None))
            continue
        again = [spearman(np.repeat(values, each), np.repeat(score, each))
                 for rows in draws(len(known), RESAMPLES, SEED) for each in rows]  # fmt: skip
        low, high = ends([one for one in again if one is not None] or [rank])
        found.append(Relation(
            name, rank, float(low), float(high), partial(values, score, length),
            related(values, score, SEED), None,
        ))  # fmt: skip
    corrected = iter(holm([one.p_value for one in found if one.p_value is not None]))
    return tuple(
        one if one.p_value is None else replace(one, p_corrected=next(corrected)) for one in found
    )
