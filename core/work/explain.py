"""Explain one output, and put the explanation to the test: in the warm process, or by a command."""

import time
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core import record
from core.errors import BadInput
from core.interpret import attribution, explained, faithfulness, slot
from core.interpret.aim import Aim
from core.interpret.aiming import aim
from core.interpret.example import dataset_of
from core.interpret.explained import Explanation, Question
from core.interpret.lens import has_lens, logit_lens
from core.interpret.rollout import cross_rollout, of_heads, rollout
from core.interpret.tokens import is_byte_level, labels
from core.models.resolve import resolve
from core.workspace import Workspace

METHOD = 3
"""Raise it when something is computed in another way."""

LONG_TOKENS = 64
"""A longer text has fewer steps, or a page would wait for a minute."""

Array = NDArray[np.float64]
Scores = dict[str, Array]


def compute(request: dict[str, Any]) -> dict[str, Any]:
    """Explain an output, or find the explanation that was made of the same things.

    Args:
        request: `workspace` (folder), the fields of `core.interpret.explained.Question`, and
            whether the trust meter is to run (`trust`).

    Returns:
        `key` of the explanation, and whether anything was `new`.
    """
    workspace = Workspace.open(request["workspace"])
    names = [field.name for field in fields(Question)]
    asked = Question(**{name: request[name] for name in names if name in request})
    held = slot.hold(resolve(workspace, asked.model))
    kept = instruction(workspace, held)
    prefix = "" if asked.text.startswith(kept) else kept
    key = slot.key(
        held, method=METHOD, prefix=prefix, kept=kept,
        explain={name: getattr(asked, name) for name in names if name != "model"},
    )  # fmt: skip
    found = _known(workspace, key)
    if found and (found.verdicts is not None or not request.get("trust")):
        explained.answer(workspace, asked, key)
        return {"key": key, "new": False}
    begun = time.monotonic()
    chosen = aim(
        held.model, held.tokenizer, asked.text.removeprefix(kept), asked.target, prefix=kept,
        window=asked.window, generate=asked.generate, position=asked.position, label=asked.label,
        scale=asked.scale,
    )  # fmt: skip
    if found is None:
        found = explain(chosen, held.tokenizer, replace(asked, model=held.ref.name), key, prefix)
    if request.get("trust"):
        found = tested(found, chosen)
    spent = found.seconds + time.monotonic() - begun
    explained.save(workspace, replace(found, seconds=spent))
    explained.answer(workspace, asked, key)
    return {"key": key, "new": True}


def instruction(workspace: Workspace, held: slot.Slot) -> str:
    """What a run was trained to find before every text: kept where words are taken away."""
    dataset = dataset_of(workspace, held.ref)
    return dataset.prefix if dataset else ""


def _known(workspace: Workspace, key: str) -> Explanation | None:
    path = workspace.explanation(key)
    if not (path.is_file() and Path(path.with_suffix(".json")).is_file()):
        return None
    return explained.open_explanation(workspace, key)


def explain(chosen: Aim, tokenizer: Any, asked: Question, key: str, prefix: str) -> Explanation:
    """Every method's scores, the completeness error and the logit lens."""
    scores, extra, missing, whole = scores_of(chosen, asked.head)

    def readable(ids: Any) -> tuple[str, ...]:
        pieces = list(tokenizer.convert_ids_to_tokens([int(i) for i in ids]))
        return tuple(labels(pieces, byte_level=is_byte_level(tokenizer)))

    lens = None
    if has_lens(chosen):
        seen = logit_lens(chosen)
        flat = readable(seen.tokens.ravel())
        shape = seen.tokens.shape
        lens = {
            "tokens": np.array(flat, object).reshape(shape).tolist(),
            "settled": seen.settled.tolist(),
        }
        extra |= {"lens.tokens": seen.tokens, "lens.probabilities": seen.probabilities,
                  "lens.chosen": seen.chosen, "lens.rank": seen.rank}  # fmt: skip
    ids = chosen.ids[0, : chosen.source].tolist()
    return Explanation(
        key=key, question=asked, kind=chosen.kind, prefix=prefix, span=chosen.span,
        tokens=tuple(tokenizer.convert_ids_to_tokens(ids)), labels=readable(ids),
        removable=chosen.removable, following=readable(chosen.following), places=chosen.places,
        classes=chosen.names, choice=chosen.names[chosen.choice[0]] if chosen.names else None,
        generated=chosen.generated, scale=chosen.scale, value=whole.value,
        baseline_value=whole.baseline_value,
        probability=float(chosen.of_ids(chosen.ids, "log_probability").exp()[0]),
        completeness_error=whole.error, completeness_share=whole.error_share,
        gradients=whole.gradients, converged=whole.converged, tolerance=attribution.TOLERANCE,
        filler=attribution.named(tokenizer, chosen.filler),
        baseline=attribution.named(tokenizer, chosen.baseline), missing=missing, lens=lens,
        scores=scores, arrays=extra, verdicts=None, created_at=record.now(), seconds=0.0,
    )  # fmt: skip


def scores_of(
    chosen: Aim, head: int | None = None
) -> tuple[Scores, dict[str, NDArray[Any]], dict[str, str], attribution.Integrated]:
    """The scores of every method that the model allows, and what they were made of.

    Args:
        chosen: What is explained.
        head: Of attention and rollout; None = the mean of the heads.

    Returns:
        Scores by method; arrays for the .npz; by method that is missing the reason; the whole of
        integrated gradients.
    """
    weights = attribution.attention_weights(chosen)
    scores: Scores = {}
    extra: dict[str, NDArray[Any]] = {}
    missing: dict[str, str] = {}
    seen = by_attention(chosen, weights, head)
    if seen:
        scores |= seen
    else:
        missing |= dict.fromkeys(("attention", "rollout"), "no_attention")
    per_head = attribution.gradient_attention(chosen)
    if per_head is None:
        missing["gradient_attention"] = "own_code" if seen else "no_attention"
    else:
        scores["gradient_attention"] = per_head.sum((0, 1))
        extra["gradient_attention"] = per_head
    whole = attribution.integrated_gradients(chosen)
    scores["integrated_gradients"] = whole.scores
    scores["gradient_input"] = attribution.gradient_input(chosen)
    return scores, extra, missing, whole


def by_attention(chosen: Aim, weights: dict[str, Array], head: int | None = None) -> Scores:
    """Attention (of the last layer, or the last cross layer) and rollout, of a head or the mean.

    Both are read at the rows that choose what is explained, and averaged over them.

    Raises:
        BadInput: There is no such head in every layer.
    """
    heads = min((kind.shape[1] for kind in weights.values()), default=0)
    if head is not None and weights and head >= heads:
        raise BadInput(
            f"There is no head {head} in every layer: the layers have {heads}, counted from 0."
        )
    if chosen.kind == "sequence":
        if not {"cross", "encoder"} <= set(weights):
            return {}
        rows = [chosen.rows[place] for place in chosen.places]
        last = of_heads(weights["cross"], head)[-1]
        rolled = cross_rollout(weights["cross"], weights["encoder"], head)
    else:
        kind = next((name for name in ("decoder", "encoder") if name in weights), None)
        if kind is None:
            return {}
        rows = _rows(chosen, causal=kind == "decoder")
        last, rolled = of_heads(weights[kind], head)[-1], rollout(weights[kind], head)
    return {
        "attention": last[rows, : chosen.source].mean(0),
        "rollout": rolled[rows, : chosen.source].mean(0),
    }


def _rows(chosen: Aim, *, causal: bool) -> list[int]:
    """Places of the sequence that the head reads."""
    if chosen.kind == "class":
        # A decoder that classifies reads its last token, an encoder its first.
        return [chosen.ids.shape[1] - 1 if causal else 0]
    if chosen.kind == "span":
        return list(chosen.choice)
    return [chosen.rows[place] for place in chosen.places]


def tested(found: Explanation, chosen: Aim) -> Explanation:
    """The same with the trust meter's curves and verdicts; with none where tokens are too few."""
    if sum(chosen.removable) < faithfulness.FEWEST:
        return replace(found, verdicts=())
    scores = {name: found.scores[name] for name in faithfulness.METHODS if name in found.scores}
    long = sum(chosen.removable) > LONG_TOKENS
    points = faithfulness.POINTS_MANY if long else faithfulness.POINTS_ONE
    curves = faithfulness.measure(scores, chosen.removable, probabilities(chosen), points=points)
    arrays: dict[str, NDArray[Any]] = {"shares": curves.shares}
    for name in faithfulness.CURVES:
        by_method = {**getattr(curves, name), "random": getattr(curves, f"random_{name}")}
        arrays |= {f"{name}.{method}": values for method, values in by_method.items()}
    return replace(
        found, arrays={**found.arrays, **arrays}, verdicts=tuple(faithfulness.judge_one(curves))
    )


def probabilities(chosen: Aim) -> Any:
    """A function from what is gone, (n, source), to the probability of the output, (n,)."""

    def probability(gone: NDArray[np.bool_]) -> Array:
        ids = chosen.removed(torch.from_numpy(gone))
        found = chosen.of_ids(ids, "log_probability").double().exp()
        return np.asarray(found.cpu().numpy())

    return probability
