"""Make an `Aim`: tokenise, find what the model answers, choose what of it is explained."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from core.errors import BadInput
from core.interpret.aim import MAX_TOKENS, SCALES, Aim, baseline_of, filler_of
from core.interpret.anatomy import reach
from core.interpret.facts import Span
from core.interpret.inputs import Inputs, tokenised
from core.interpret.tap import evaluating


@dataclass(frozen=True)
class _Asked:
    """The arguments of `aim` that its makers read."""

    text: str
    target: str | None
    prefix: str
    window: int | None
    generate: int | None
    position: int | None
    label: str | None

    def read(self, model: Any, tokenizer: Any, generate: int | None = None) -> Inputs:
        """The tokens of the text, or of one window of it, and of the target."""
        most = min(MAX_TOKENS, reach(model) or MAX_TOKENS)
        return tokenised(
            model, tokenizer, self.text, self.target, limit=most, prefix=self.prefix,
            window=self.window, generate=generate,
        )  # fmt: skip


@dataclass(frozen=True)
class _Made:
    """What a maker finds: the fields of `Aim` that depend on the kind of model."""

    inputs: dict[str, Tensor]
    span: Span
    following: tuple[int, ...] = ()
    rows: tuple[int, ...] = ()
    places: tuple[int, ...] = ()
    source: int | None = None
    choice: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    generated: str | None = None


def aim(
    model: Any, tokenizer: Any, text: str, target: str | None = None, *, prefix: str = "",
    window: int | None = None, generate: int | None = None, position: int | None = None,
    label: str | None = None, scale: str | None = None,
) -> Aim:  # fmt: skip
    """Say what is explained.

    Args:
        model: A Transformers model with a head: one that writes, classifies, points or fills gaps.
        tokenizer: Its tokenizer.
        text: What it reads; of a text over MAX_TOKENS, or over the model's reach, one window.
        target: For a model that writes: what it writes (None = by itself, greedily). For a
            classifier: a second text. For one that points at a span: the passage.
        prefix: Put before the text, and never taken away: an instruction.
        window: Which window of a longer text, from 1.
        generate: How many tokens the model writes itself, at most; None = as many as it does, a
            decoder alone its next one.
        position: Which token of the target, counted from 0; None = the mean of them all. For a
            model that fills gaps: which gap, or in a text without gaps which token is hidden
            (None = its longest).
        label: For a classifier: the class; None = the one it chooses.
        scale: One of SCALES; None = the logit for a class, else the log-probability.

    Raises:
        BadInput: Something is empty or out of range, or the model has no head.
    """
    kind = kind_of(model)
    if label is not None and kind != "class":
        raise BadInput(
            f"A class was named ({label!r}), and {type(model).__name__} is no classifier; leave it "
            "out."
        )
    scale = scale or ("logit" if kind == "class" else "log_probability")
    if scale not in SCALES:
        raise BadInput(f"{scale!r} is no scale; choose {' or '.join(SCALES)}.")
    asked = _Asked(text, target, prefix, window, generate, position, label)
    with torch.no_grad(), evaluating(model):
        made = MAKERS[kind](model, tokenizer, asked)
    ids = made.inputs["input_ids"][0].tolist()
    source = len(ids) if made.source is None else made.source
    removable = _removable(tokenizer, ids[:source], prefix)
    if not any(removable):
        raise BadInput("The text has no token that could be taken away; give a sentence.")
    return Aim(
        model, kind, made.inputs, made.span, source, removable, made.following, made.rows,
        made.places, made.choice, made.names, scale, made.generated, filler_of(tokenizer),
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
    read = asked.read(model, tokenizer, asked.generate)
    if not read.following:
        raise BadInput("The model writes nothing for this text; give a target.")
    places = _places(len(read.following), asked.position)
    return _Made(
        read.model, read.span, tuple(read.following), tuple(range(len(read.following))), places,
        generated=read.generated,
    )  # fmt: skip


def _causal(model: Any, tokenizer: Any, asked: _Asked) -> _Made:
    """The prompt is explained; the target's tokens, but for the last, are read after it."""
    if asked.target is None:
        read = asked.read(model, tokenizer, asked.generate or 1)
        first = read.generated_from or 0
    else:
        read = asked.read(model, tokenizer, asked.generate)
        prompt = replace(asked, target=None).read(model, tokenizer).source
        # Where the target begins: the first token that it changes.
        same = [a == b for a, b in zip(prompt, read.source, strict=False)]
        first = same.index(False) if False in same else len(same)
    whole = read.source
    if not 0 < first < len(whole):
        raise BadInput("The target adds no token to the text; give another.")
    ids = torch.tensor([whole[:-1]], device=model.device)
    following = tuple(whole[first:])
    rows = tuple(range(first - 1, len(whole) - 1))
    return _Made(
        {"input_ids": ids, "attention_mask": torch.ones_like(ids), "use_cache": False}, read.span,
        following, rows, _places(len(following), asked.position), first, generated=read.generated,
    )  # fmt: skip


def _class(model: Any, tokenizer: Any, asked: _Asked) -> _Made:
    _no_position(asked)
    read = asked.read(model, tokenizer, asked.generate)
    inputs, config = read.model, model.config
    names = tuple(str(config.id2label[number]) for number in range(config.num_labels))
    if asked.label is None:
        chosen = int(model(**inputs).logits[0].argmax())
    elif asked.label in names:
        chosen = names.index(asked.label)
    else:
        shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
        raise BadInput(f"There is no class {asked.label!r} in this model; its classes: {shown}.")
    return _Made(inputs, read.span, choice=(chosen,), names=names)


def _span(model: Any, tokenizer: Any, asked: _Asked) -> _Made:
    _no_position(asked)
    if asked.target is None:
        raise BadInput("This model points at words of a passage; give the passage as the target.")
    read = asked.read(model, tokenizer, asked.generate)
    inputs = read.model
    outputs = model(**inputs)
    begun, ended = outputs.start_logits[0], outputs.end_logits[0]
    pairs = (begun[:, None] + ended[None, :]).triu()
    pairs = pairs.masked_fill(~torch.ones_like(pairs).triu().bool(), float("-inf"))
    first, last = divmod(int(pairs.argmax()), pairs.shape[1])
    ids = inputs["input_ids"][0, first : last + 1].tolist()
    answer = str(tokenizer.decode(ids, skip_special_tokens=True))
    return _Made(inputs, read.span, choice=(first, last), generated=answer)


def _gap(model: Any, tokenizer: Any, asked: _Asked) -> _Made:
    read = asked.read(model, tokenizer, asked.generate)
    inputs = read.model
    mask = tokenizer.mask_token_id
    ids = inputs["input_ids"][0].tolist()
    gaps = [place for place, token in enumerate(ids) if token == mask]
    if gaps:
        logits = model(**inputs).logits[0]
        following = tuple(logits[gaps].argmax(-1).tolist())
        return _Made(inputs, read.span, following, tuple(gaps), _places(len(gaps), asked.position),
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
    return _Made(inputs, read.span, following, tuple(words), places)


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
