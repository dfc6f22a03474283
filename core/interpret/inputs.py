"""A text as a model reads it: its tokens, a window of them, and what the model writes itself."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from core.errors import BadInput
from core.interpret.facts import Span

TWICE = ("ForSequenceClassification", "ForQuestionAnswering")
"""End of the name of a model whose decoder, if it has one, reads what its encoder reads."""
GENERATED_TOKENS = 128
"""Where a target that the model writes itself is cut."""


@dataclass(frozen=True)
class Inputs:
    """What goes into the model, and what of it is shown.

    Attributes:
        model: The arguments of a forward pass.
        source: Token ids of the text that is read.
        target: What a decoder beside an encoder reads.
        following: What stands after each of these.
        span: Which part of the text was read.
        generated: What the model wrote itself.
        generated_from: Where in `source` (in `target`, beside an encoder) that begins.
    """

    model: dict[str, Any]
    source: list[int]
    target: list[int]
    following: list[int]
    span: Span
    generated: str | None = None
    generated_from: int | None = None


@dataclass(frozen=True)
class Tokens:
    """Which places of a batch are tokens and which padding, bool (batch, places).

    Attributes:
        source: Of what is read.
        target: Of what a decoder beside an encoder reads; None for other models.
    """

    source: Tensor
    target: Tensor | None

    @classmethod
    def of(cls, inputs: dict[str, Any]) -> "Tokens":
        """From the arguments of a forward pass."""

        def mask(ids: str, name: str) -> Tensor:
            given = inputs.get(name)
            return torch.ones_like(inputs[ids]).bool() if given is None else given.bool()

        beside = "decoder_input_ids" in inputs
        return cls(
            mask("input_ids", "attention_mask"),
            mask("decoder_input_ids", "decoder_attention_mask") if beside else None,
        )

    def queries(self, kind: str) -> Tensor:
        """Of a kind's rows."""
        return self.source if self.target is None or kind == "encoder" else self.target

    def keys(self, kind: str) -> Tensor:
        """Of a kind's columns."""
        return self.source if kind == "cross" else self.queries(kind)

    def fit(self, kind: str, weights: Tensor) -> bool:
        """Whether the rows and columns of (batch, heads, queries, keys) are tokens."""
        sizes = self.queries(kind).shape[1], self.keys(kind).shape[1]
        return tuple(weights.shape[2:]) == sizes

    @property
    def shown(self) -> dict[str, Tensor]:
        """Of the encoder's outputs, and ("") of all others."""
        return {"encoder": self.source, "": self.queries("decoder")}


def tokenised(
    model: Any, tokenizer: Any, text: str, target: str | None, *, limit: int, prefix: str = "",
    window: int | None = None, generate: int | None = None,
) -> Inputs:  # fmt: skip
    """Tokenise a text, take the window that fits, and let the model write what it is to write.

    Args:
        model: In evaluation mode.
        tokenizer: Its tokenizer.
        text: What it reads.
        target: For a model with both: what the decoder writes; the decoder reads its start token
            and then the target but for the last token, as in training. For an encoder: a second
            text, also before a decoder that reads what the encoder reads (a classifier on BART).
            For a decoder: how the text goes on.
        limit: The most tokens that fit, special tokens included.
        prefix: Put before the text, in every window.
        window: Which window of a longer text, from 1; None = the first, or the last if a decoder
            is to go on from there.
        generate: How many tokens the model writes at most.

    Raises:
        BadInput: Nothing to read, no such window, or a model that does not write is told to.
    """
    if not text.strip():
        raise BadInput("The text is empty; give a sentence to look at.")
    if target is not None and not target.strip():
        raise BadInput("The target is empty; give one, or leave it out.")
    both, writes = model.config.is_encoder_decoder, model.can_generate()
    twice = both and type(model).__name__.endswith(TWICE)
    if generate is not None:
        _check_generate(generate, limit, target, both=both, writes=writes)
    texts = [prefix + text, *([] if target is None or (both and not twice) else [target])]
    if writes and not both:
        texts = ["".join(texts)]
    room = limit - (0 if both else generate or 0)
    if window is None and generate and not both:
        window = -1
    chosen, span = _window(tokenizer, texts, prefix, room, window)
    encoded: dict[str, Any] = {
        key: torch.tensor([values], device=model.device) for key, values in chosen.items()
    }
    if twice:
        return _twice(model, encoded, span)
    if both:
        return _with_target(model, tokenizer, encoded, target, limit, generate, span)
    source: list[int] = encoded["input_ids"][0].tolist()
    if generate:
        written = _write(model, encoded, generate)
        ids = written[0].tolist()
        whole: dict[str, Any] = {"input_ids": written, "attention_mask": torch.ones_like(written)}
        text = tokenizer.decode(ids[len(source) :], skip_special_tokens=True)
        return Inputs({**whole, "use_cache": False}, ids, [], [], span, text, len(source))
    if writes:
        encoded["use_cache"] = False
    return Inputs(encoded, source, [], [], span)


def _check_generate(
    generate: int, limit: int, target: str | None, *, both: bool, writes: bool
) -> None:
    if not writes:
        raise BadInput("This model does not write text; leave out how much it is to write.")
    if both and target is not None:
        raise BadInput("Give the target, or let the model write it, not both.")
    if not 1 <= generate < limit:
        raise BadInput(f"The model cannot write {generate} tokens; give 1 to {limit - 1:,}.")


def _twice(model: Any, encoded: dict[str, Any], span: Span) -> Inputs:
    """A classifier with encoder and decoder reads the same text in both."""
    source: list[int] = encoded["input_ids"][0].tolist()
    read = [model.config.decoder_start_token_id, *source[:-1]]
    encoded["decoder_input_ids"] = torch.tensor([read], device=model.device)
    encoded["use_cache"] = False
    return Inputs(encoded, source, read, source, span)


def _with_target(
    model: Any, tokenizer: Any, encoded: dict[str, Any], target: str | None, limit: int,
    generate: int | None, span: Span,
) -> Inputs:  # fmt: skip
    """The target of a model with encoder and decoder: what is given, or what it writes itself."""
    source: list[int] = encoded["input_ids"][0].tolist()
    start = model.config.decoder_start_token_id
    generated = None
    if target is None:
        if not model.can_generate():
            raise BadInput("This model has no head that writes; give the target.")
        longest = generate or model.generation_config.max_new_tokens or GENERATED_TOKENS
        written = _write(model, encoded, min(longest, limit))[0].tolist()
        start, following = written[0], written[1:]
        generated = tokenizer.decode(following, skip_special_tokens=True)
    else:
        given = tokenizer(text_target=target, truncation=False, verbose=False)["input_ids"]
        if not given:
            raise BadInput("The target has no tokens for this model; give another.")
        following = given[:limit]
        span = replace(span, cut_target=len(given) - len(following))
    read = [start, *following[:-1]]
    encoded["decoder_input_ids"] = torch.tensor([read], device=model.device)
    encoded["use_cache"] = False
    return Inputs(
        encoded, source, read, following, span, generated, None if generated is None else 1
    )


def _write(model: Any, encoded: dict[str, Any], tokens: int) -> Tensor:
    """What the model writes, greedily: (1, tokens), with what it read if it has no encoder."""
    config = model.config
    # A T5 with more decoder layers than encoder layers gets a cache that is too short.
    deeper = getattr(config, "num_decoder_layers", None) or 0
    more: dict[str, Any] = {}
    if deeper > config.get_text_config().num_hidden_layers:
        more["use_cache"] = False
    if model.generation_config.pad_token_id is None:
        # One text needs no padding; Transformers would say so each time.
        more["pad_token_id"] = 0
    written = model.generate(**encoded, do_sample=False, num_beams=1, max_new_tokens=tokens, **more)
    return torch.as_tensor(written)


def _window(
    tokenizer: Any, texts: list[str], prefix: str, room: int, window: int | None
) -> tuple[dict[str, list[int]], Span]:
    """The window of a text, with the special tokens, the prefix and a second text around it.

    The whole text is tokenised once and the window cut out of it, so that a word at the edge has
    the tokens that it has in the whole.
    """
    encoded = tokenizer(*texts, truncation=False, padding=False, verbose=False)
    ids: list[int] = list(encoded["input_ids"])
    first, last = _body(tokenizer, texts[0], ids)
    if first == last:
        raise BadInput("The text has no tokens for this model; give another.")
    if prefix:
        first += _common(ids[first:last], _plain(tokenizer, prefix))
    size = room - (len(ids) - (last - first))
    if size < 1:
        raise BadInput(
            f"What stands around the text has {len(ids) - (last - first):,} tokens and at most "
            f"{room:,} fit; shorten the second text."
        )
    total = last - first
    windows = max(1, -(-total // size))
    number = windows if window == -1 else window or 1
    if not 1 <= number <= windows:
        raise BadInput(
            f"There is no window {number}: for this model the text has {windows}, counted from 1."
        )
    start, end = first + (number - 1) * size, min(first + number * size, last)
    places = [*range(first), *range(start, end), *range(last, len(ids))]
    chosen = {key: [values[place] for place in places] for key, values in encoded.items()}
    return chosen, Span(number, windows, start - first + 1, end - first, total)


def _plain(tokenizer: Any, text: str) -> list[int]:
    found = tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)
    return list(found["input_ids"])


def _body(tokenizer: Any, text: str, ids: list[int]) -> tuple[int, int]:
    """Where the text's own tokens stand among all, special tokens around them."""
    plain = _plain(tokenizer, text)
    for first in range(len(ids) - len(plain) + 1):
        if ids[first : first + len(plain)] == plain:
            return first, first + len(plain)
    return 0, len(ids)


def _common(ids: list[int], other: list[int]) -> int:
    """How many tokens two lists begin with alike."""
    pairs = zip(ids, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(ids), len(other)))
