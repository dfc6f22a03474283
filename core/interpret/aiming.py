"""Make an `Aim`: tokenise, find what the model answers, choose what of it is explained."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.errors import BadInput
from core.interpret.aim import (
    GENERATED_TOKENS,
    MAX_TOKENS,
    SCALES,
    Aim,
    baseline_of,
    filler_of,
)
from core.interpret.tap import evaluating


@dataclass(frozen=True)
class _Asked:
    """The arguments of `aim` that its makers read."""

    text: str
    target: str | None
    position: int | None
    label: str | None


@dataclass(frozen=True)
class _Made:
    """What a maker finds: the fields of `Aim` that depend on the kind of model."""

    inputs: dict[str, Tensor]
    following: tuple[int, ...] = ()
    rows: tuple[int, ...] = ()
    places: tuple[int, ...] = ()
    source: int | None = None
    choice: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    generated: str | None = None


def aim(
    model: Any, tokenizer: Any, text: str, target: str | None = None, *, kept: str = "",
    position: int | None = None, label: str | None = None, scale: str | None = None,
) -> Aim:  # fmt: skip
    """Say what is explained.

    Args:
        model: A Transformers model with a head: one that writes, classifies, points or fills gaps.
        tokenizer: Its tokenizer.
        text: The whole input.
        target: For a model that writes: what it writes (None = by itself, greedily; a decoder
            alone: its next token). For a classifier: a second text. For one that points at a span:
            the passage.
        kept: What the text begins with and is never taken away: an instruction.
        position: Which token of the target, counted from 0; None = the mean of them all. For a
            model that fills gaps: which gap, or in a text without gaps which token is hidden
            (None = its longest).
        label: For a classifier: the class; None = the one it chooses.
        scale: One of SCALES; None = the logit for a class, else the log-probability.

    Raises:
        BadInput: Something is empty, too long or out of range, or the model has no head.
    """
    if not text.strip():
        raise BadInput("The text is empty; give a sentence to explain.")
    if target is not None and not target.strip():
        raise BadInput("The target is empty; give one, or leave it out.")
    kind = kind_of(model)
    if label is not None and kind != "class":
        raise BadInput(
            f"A class was named ({label!r}), and {type(model).__name__} is no classifier; leave it "
            "out."
        )
    scale = scale or ("logit" if kind == "class" else "log_probability")
    if scale not in SCALES:
        raise BadInput(f"{scale!r} is no scale; choose {' or '.join(SCALES)}.")
    with torch.no_grad(), evaluating(model):
        made = MAKERS[kind](model, tokenizer, _Asked(text, target, position, label))
    ids = made.inputs["input_ids"][0].tolist()
    source = len(ids) if made.source is None else made.source
    removable = _removable(tokenizer, ids[:source], kept)
    if not any(removable):
        raise BadInput("The text has no token that could be taken away; give a sentence.")
    return Aim(
        model, kind, made.inputs, source, removable, made.following, made.rows, made.places,
        made.choice, made.names, scale, made.generated, filler_of(tokenizer),
        baseline_of(tokenizer),
    )  # fmt: skip


def kind_of(model: Any) -> str:
    """What a model's head does: one of the kinds of `Aim`.

    Raises:
        BadInput: It has none, or one that is not known here.
    """
    name = type(model).__name__
    for ending, kind in (
        ("ForSequenceClassification", "class"), ("ForQuestionAnswering", "span"),
        ("ForMaskedLM", "gap"),
    ):  # fmt: skip
        if name.endswith(ending):
            if model.config.is_encoder_decoder:
                raise BadInput(f"{name} reads its text twice, which cannot be explained here.")
            return kind
    if not model.can_generate():
        raise BadInput(
            f"{name} has no head that answers anything, so there is no output to explain; name a "
            "model that writes, classifies, points at a span or fills gaps."
        )
    return "sequence" if model.config.is_encoder_decoder else "causal"


def _sequence(model: Any, tokenizer: Any, asked: _Asked) -> _Made:
    """The decoder reads its start token and then the target but for its last, as in training."""
    inputs = _encode(model, tokenizer, asked.text)
    generated = None
    if asked.target is None:
        longest = model.generation_config.max_new_tokens or GENERATED_TOKENS
        written = model.generate(
            **inputs,
            do_sample=False,
            num_beams=1,
            max_new_tokens=min(longest, GENERATED_TOKENS, _limit(model) - 1),
        )
        following = written[0, 1:].tolist()
        generated = str(tokenizer.decode(following, skip_special_tokens=True))
        if not following:
            raise BadInput("The model writes nothing for this text; give a target.")
    else:
        encoded = _encode(model, tokenizer, text_target=asked.target)
        following = encoded["input_ids"][0].tolist()
    read = [model.config.decoder_start_token_id, *following[:-1]]
    inputs["decoder_input_ids"] = torch.tensor([read], device=model.device)
    places = _places(len(following), asked.position)
    return _Made(
        {**inputs, "use_cache": False}, tuple(following), tuple(range(len(following))), places,
        generated=generated,
    )  # fmt: skip


def _causal(model: Any, tokenizer: Any, asked: _Asked) -> _Made:
    """The prompt is explained; the target's tokens, but for the last, are read after it."""
    inputs = _encode(model, tokenizer, asked.text)
    prompt = inputs["input_ids"][0].tolist()
    if len(prompt) > 1 and prompt[-1] == tokenizer.eos_token_id:
        prompt = prompt[:-1]  # What stands after an end is not written by anybody.
    generated = None
    if asked.target is None:
        begun = {name: value[:, : len(prompt)] for name, value in inputs.items()}
        whole = [*prompt, int(model(**begun).logits[0, -1].argmax())]
        generated = str(tokenizer.decode(whole[len(prompt) :]))
    else:
        whole = _encode(model, tokenizer, asked.text + asked.target)["input_ids"][0].tolist()
        # Where the target begins: the first token that it changes.
        same = [a == b for a, b in zip(prompt, whole, strict=False)]
        prompt = prompt[: same.index(False)] if False in same else prompt
        if not prompt or len(whole) == len(prompt):
            raise BadInput("The target adds no token to the text; give another.")
    ids = torch.tensor([whole[:-1]], device=model.device)
    following = tuple(whole[len(prompt) :])
    rows = tuple(range(len(prompt) - 1, len(whole) - 1))
    return _Made(
        {"input_ids": ids, "attention_mask": torch.ones_like(ids), "use_cache": False}, following,
        rows, _places(len(following), asked.position), len(prompt), generated=generated,
    )  # fmt: skip


def _class(model: Any, tokenizer: Any, asked: _Asked) -> _Made:
    _no_position(asked)
    texts = [asked.text, *([] if asked.target is None else [asked.target])]
    inputs = _encode(model, tokenizer, *texts)
    config = model.config
    names = tuple(str(config.id2label[number]) for number in range(config.num_labels))
    if asked.label is None:
        chosen = int(model(**inputs).logits[0].argmax())
    elif asked.label in names:
        chosen = names.index(asked.label)
    else:
        shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
        raise BadInput(f"There is no class {asked.label!r} in this model; its classes: {shown}.")
    return _Made(inputs, choice=(chosen,), names=names)


def _span(model: Any, tokenizer: Any, asked: _Asked) -> _Made:
    _no_position(asked)
    if asked.target is None:
        raise BadInput("This model points at words of a passage; give the passage as the target.")
    inputs = _encode(model, tokenizer, asked.text, asked.target)
    outputs = model(**inputs)
    begun, ended = outputs.start_logits[0], outputs.end_logits[0]
    pairs = (begun[:, None] + ended[None, :]).triu()
    pairs = pairs.masked_fill(~torch.ones_like(pairs).triu().bool(), float("-inf"))
    first, last = divmod(int(pairs.argmax()), pairs.shape[1])
    ids = inputs["input_ids"][0, first : last + 1].tolist()
    answer = str(tokenizer.decode(ids, skip_special_tokens=True))
    return _Made(inputs, choice=(first, last), generated=answer)


def _gap(model: Any, tokenizer: Any, asked: _Asked) -> _Made:
    texts = [asked.text, *([] if asked.target is None else [asked.target])]
    inputs = _encode(model, tokenizer, *texts)
    mask = tokenizer.mask_token_id
    ids = inputs["input_ids"][0].tolist()
    gaps = [place for place, token in enumerate(ids) if token == mask]
    if gaps:
        logits = model(**inputs).logits[0]
        following = tuple(logits[gaps].argmax(-1).tolist())
        return _Made(inputs, following, tuple(gaps), _places(len(gaps), asked.position),
                     generated=str(tokenizer.decode(following)))  # fmt: skip
    # No gap: one token is hidden, and the question is how the model knows it.
    words = [place for place, token in enumerate(ids) if token not in tokenizer.all_special_ids]
    lengths = [len(tokenizer.decode([ids[place]]).strip()) for place in words]
    longest = lengths.index(max(lengths, default=0)) if words else None
    hidden = longest if asked.position is None else asked.position
    places = _places(len(words), hidden)
    following = tuple(ids[place] for place in words)
    ids[words[places[0]]] = mask
    inputs["input_ids"] = torch.tensor([ids], device=model.device)
    return _Made(inputs, following, tuple(words), places)


MAKERS: dict[str, Callable[[Any, Any, _Asked], _Made]] = {
    "sequence": _sequence, "causal": _causal, "class": _class, "span": _span, "gap": _gap,
}  # fmt: skip


def _places(count: int, position: int | None) -> tuple[int, ...]:
    if position is None:
        return tuple(range(count))
    if not 0 <= position < count:
        raise BadInput(
            f"There is no position {position}: the target has {count:,} tokens, counted from 0 to "
            f"{count - 1}."
        )
    return (position,)


def _no_position(asked: _Asked) -> None:
    if asked.position is not None:
        raise BadInput(
            f"A position was named ({asked.position}), and this model writes no target; leave it "
            "out."
        )


def _removable(tokenizer: Any, ids: list[int], kept: str) -> tuple[bool, ...]:
    """Which tokens may go: no special one, none of the instruction at the text's beginning."""
    first = 0
    if kept:
        start = list(tokenizer(kept)["input_ids"])
        same = [a == b for a, b in zip(start, ids, strict=False)]
        first = same.index(False) if False in same else len(same)
    special = set(tokenizer.all_special_ids)
    return tuple(place >= first and token not in special for place, token in enumerate(ids))


def _encode(model: Any, tokenizer: Any, *texts: str, **more: str) -> dict[str, Any]:
    encoded = tokenizer(*texts, return_tensors="pt", **more)
    limit = _limit(model)
    what, count = "target" if more else "text", encoded["input_ids"].shape[1]
    if count > limit:
        raise BadInput(
            f"The {what} has {count:,} tokens and at most {limit:,} can be explained; shorten it."
        )
    if count == 0:
        raise BadInput(f"The {what} has no tokens for this model; give another.")
    return {name: value.to(model.device) for name, value in encoded.items()}


def _limit(model: Any) -> int:
    """Tokens that can be explained: as many as the model has positions for, or MAX_TOKENS."""
    return min(MAX_TOKENS, getattr(model.config, "max_position_embeddings", None) or MAX_TOKENS)
