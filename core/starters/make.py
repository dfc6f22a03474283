"""The three makings, from data to a folder in assets/models: train, save, score."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import (
    BertForMaskedLM,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    T5ForConditionalGeneration,
)

from core.starters import causal, encode, scores, translate
from core.starters.corpus import LANGUAGES, Corpus, Pair, sentences
from core.starters.loop import Plan, Task, fit
from core.starters.passages import passages
from core.starters.workshop import SEED, Workshop, about, begin, finish, save

REPEATS = 8
"""How many different passages each sentence is put into, before they come round again."""
MINUTES = {"translate": 45.0, "encode": 20.0, "causal": 20.0}
# BERT normalises after each sublayer: at 2e-3 it never got below the unigram frequencies.
RATES = {"translate": 1e-3, "encode": 5e-4, "causal": 2e-3}
ENCODE_WARMUP_SHARE = 0.1
# T5's word embeddings begin 11 times as large as its matrices of width 128. After four minutes,
# held-out nats per German and Chinese token: rate 2e-3 for all 3.30 and 4.42; embeddings at 15
# times that 2.58 and 3.59, at 100 times 2.21 and 3.06; rate 1e-3 and 100 times that 2.15 and 2.97,
# 200 times 2.13 and 2.93; rate 5e-4 and 200 times that 2.23 and 3.06.
EMBEDDING_FACTOR = 150.0
TIMES = {"de": 1, "zh": 2}
"""How often a pair stands in a pass, by language: there are 2.4 times as many German ones."""


def make_translate(shop: Workshop) -> None:
    """Make starter-translate."""
    corpus, _, tokenizer = begin(shop, "translate", one_script=True)
    train = translate.Examples(repeated(corpus.train), tokenizer)
    validation = translate.Examples(corpus.validation, tokenizer)
    model = translate.build(len(tokenizer))
    translate.prepare(model)
    plan = Plan(
        shop.minutes, RATES["translate"], seed=SEED, threads=shop.threads,
        embedding_factor=EMBEDDING_FACTOR,
    )  # fmt: skip
    task = Task(
        train.lengths(),
        train.collate,
        translate.smoothed_loss,
        lambda m: {"nats per token": round(translate.cross_entropy(m, validation), 4)},
    )
    progress = fit(model, task, plan, shop.checkpoint("translate"))
    translate.finish(model)
    save(model, tokenizer, shop, "translate")
    shipped = T5ForConditionalGeneration.from_pretrained(
        shop.folder("translate"), dtype=torch.float32
    )
    body = about(shop, plan, progress, len(train.sources), corpus) | {
        "label_smoothing": translate.LABEL_SMOOTHING,
        "pairs_left_out_as_too_long": train.left_out,
        "times_in_a_pass": {row.name: TIMES[row.code] for row in LANGUAGES},
        "script": "simplified",
        "held_out": _translation_scores(shipped, tokenizer, corpus),
    }
    finish(shipped, tokenizer, shop, "translate", body)


def repeated(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs as often as their language counts in a pass."""
    return [pair for pair in pairs for _ in range(TIMES[pair.language])]


def _translation_scores(
    model: T5ForConditionalGeneration, tokenizer: PreTrainedTokenizerFast, corpus: Corpus
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for language in LANGUAGES:
        asked = scores.questions(corpus.test, language.code, scores.SAMPLE, SEED)
        sources = [question.source for question in asked]
        known = [pair for pair in corpus.train if pair.language == language.code]
        systems = {
            "starter-translate": translate.translate(model, tokenizer, sources, language.code),
            "copy of the source": sources,
            "answer of the nearest training sentence": scores.nearest(known, sources),
        }
        found = {
            name: scores.text_scores(answers, asked, language.code)
            for name, answers in systems.items()
        }
        rows += [
            {
                "task": f"English to {language.name}",
                "measure": metric,
                "better": "higher",
                "n": len(asked),
                "n_of": "test sentences",
                "references": sum(len(question.references) for question in asked),
                "signature": found["starter-translate"][metric]["signature"],
                "systems": {
                    name: {key: value[metric][key] for key in ("value", "low", "high")}
                    for name, value in found.items()
                },
            }
            for metric in found["starter-translate"]
        ]
    return rows


def make_encode(shop: Workshop) -> None:
    """Make starter-encode."""
    corpus, base, tokenizer = begin(shop, "encode")
    train, validation = _ids(base, corpus.train), _ids(base, corpus.validation)
    examples = encode.Examples(_passage_ids(base, corpus), len(tokenizer))
    model = encode.build(len(tokenizer))
    plan = Plan(shop.minutes, RATES["encode"], ENCODE_WARMUP_SHARE, seed=SEED, threads=shop.threads)
    rows = [row for ids in validation.values() for row in ids]
    task = Task(
        examples.lengths(),
        examples.collate,
        encode.loss,
        lambda m: scores.token_scores(encode.score(m, rows, SEED), SEED),
    )
    progress = fit(model, task, plan, shop.checkpoint("encode"))
    save(model, tokenizer, shop, "encode")
    shipped = BertForMaskedLM.from_pretrained(shop.folder("encode"), dtype=torch.float32)
    rival = scores.Unigram((r for ids in train.values() for r in ids), len(tokenizer), None)
    found = {
        code: encode.score(shipped, ids, SEED) for code, ids in _ids(base, corpus.test).items()
    }
    body = about(shop, plan, progress, len(examples.ids), corpus) | {
        "masked_share": encode.MASKED_SHARE,
        "held_out": _token_rows("starter-encode", found, rival, "hidden tokens"),
    }
    finish(shipped, tokenizer, shop, "encode", body)


def make_causal(shop: Workshop) -> None:
    """Make starter-causal."""
    corpus, base, tokenizer = begin(shop, "causal")
    train, validation = _ids(base, corpus.train), _ids(base, corpus.validation)
    examples = causal.Examples(_passage_ids(base, corpus))
    model = causal.build(len(tokenizer))
    plan = Plan(shop.minutes, RATES["causal"], seed=SEED, threads=shop.threads)
    rows = [row for ids in validation.values() for row in ids]
    task = Task(
        examples.lengths(),
        examples.collate,
        causal.loss,
        lambda m: scores.token_scores(causal.score(m, rows), SEED),
    )
    progress = fit(model, task, plan, shop.checkpoint("causal"))
    causal.finish(model)
    save(model, tokenizer, shop, "causal")
    shipped = LlamaForCausalLM.from_pretrained(shop.folder("causal"), dtype=torch.float32)
    rival = scores.Unigram(
        (r for ids in train.values() for r in ids), len(tokenizer), causal.END_ID
    )
    found = {code: causal.score(shipped, ids) for code, ids in _ids(base, corpus.test).items()}
    body = about(shop, plan, progress, len(examples.ids), corpus) | {
        "held_out": _token_rows("starter-causal", found, rival, "tokens"),
    }
    finish(shipped, tokenizer, shop, "causal", body)


def _ids(base: Tokenizer, pairs: Sequence[Pair]) -> dict[str, list[list[int]]]:
    return {
        code: [row.ids for row in base.encode_batch(texts)]
        for code, texts in sentences(pairs).items()
    }


def _passage_ids(base: Tokenizer, corpus: Corpus) -> list[list[int]]:
    texts = passages(sentences(corpus.train), SEED, REPEATS)
    return [row.ids for row in base.encode_batch(texts)]


def _token_rows(
    name: str, found: Mapping[str, scores.Scored], rival: scores.Unigram, counted: str
) -> list[dict[str, Any]]:
    names = {"en": "English"} | {language.code: language.name for language in LANGUAGES}
    groups = {"all three languages": [row for scored in found.values() for row in scored]}
    groups |= {names[code]: list(scored) for code, scored in found.items()}
    rows: list[dict[str, Any]] = []
    for group, scored in groups.items():
        ours = scores.token_scores(scored, SEED)
        theirs = scores.token_scores(rival.score(scored), SEED)
        rows += [
            {
                "task": group,
                "measure": measure,
                "better": "higher" if measure.startswith("accuracy") else "lower",
                "n": sum(len(row) for row in scored),
                "n_of": f"{counted} of {len(scored)} test sentences",
                "systems": {name: ours[measure], "unigram frequencies": theirs[measure]},
            }
            for measure in ours
        ]
    return rows


MAKINGS: dict[str, Callable[[Workshop], None]] = {
    "translate": make_translate,
    "encode": make_encode,
    "causal": make_causal,
}
