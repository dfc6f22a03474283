"""What is to be explained: one number that a model gives for a text, as a function of its input.

The number is the logarithm of a probability, or a logit: of the tokens that a model writes after a
text, of a class, of a span of a passage, of the token in a gap. All that explains (gradients,
deletions, the lens) asks an `Aim`, and so knows no family of models.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.errors import BadInput, WorkFailed
from core.interpret.facts import Span
from core.interpret.tap import evaluating

MAX_TOKENS = 256
"""A longer text is read in windows: its orders of deletion take too long for a page."""
SCALES = ("log_probability", "logit")
_CELLS = 2**25
"""Logits held at once: 128 MB."""
_ROW_TOKENS = 2048
"""Tokens in a batch: more do not go faster on a CPU."""


@dataclass(frozen=True)
class Aim:
    """A number of a model for a text.

    Attributes:
        model: In evaluation mode.
        kind: "sequence" (encoder-decoder), "causal", "class", "span" or "gap".
        inputs: What the model reads, batch of one; `input_ids` comes first.
        span: Which part of the text was read.
        source: How many of its first input tokens are explained: all, or a decoder's prompt.
        removable: For each of these, whether it may be taken away: no special token, no prefix.
        following: The tokens that it can be about: of the target, of the gaps; none for a class.
        rows: Where in the output each of them is chosen.
        places: Which of `following` it is about; their mean, where several.
        choice: The class, or first and last token of the span.
        names: Names of all classes.
        scale: One of SCALES.
        generated: The target as text, where the model wrote it.
        filler: Token that stands for a removed one.
        baseline: Token that integrated gradients begin at; None = a vector of zeros.
    """

    model: Any
    kind: str
    inputs: dict[str, Tensor]
    span: Span
    source: int
    removable: tuple[bool, ...]
    following: tuple[int, ...]
    rows: tuple[int, ...]
    places: tuple[int, ...]
    choice: tuple[int, ...]
    names: tuple[str, ...]
    scale: str
    generated: str | None
    filler: int
    baseline: int | None

    @property
    def ids(self) -> Tensor:
        """The input, (1, tokens)."""
        return self.inputs["input_ids"]

    def number(self, inputs: dict[str, Any], scale: str | None = None) -> Tensor:
        """The number for inputs like `inputs`, of any batch, (batch,)."""
        scale = scale or self.scale
        with _only(self.model, [self.rows[place] for place in self.places]):
            outputs = self.model(**inputs)
        if self.kind == "class":
            logits = _precise(outputs.logits)
            chosen = logits[:, self.choice[0]]
            if scale == "logit":
                return chosen
            if one_of_several(self.model.config):
                return logits.log_softmax(-1)[:, self.choice[0]]
            return torch.nn.functional.logsigmoid(chosen)
        if self.kind == "span":
            ends = (_precise(outputs.start_logits), _precise(outputs.end_logits))
            both = ends if scale == "logit" else tuple(end.log_softmax(-1) for end in ends)
            return both[0][:, self.choice[0]] + both[1][:, self.choice[1]]
        logits = _precise(outputs.logits)
        wanted = torch.tensor([self.following[place] for place in self.places])
        index = wanted.to(logits.device).expand(len(logits), -1)[..., None]
        values = logits.gather(-1, index)[..., 0]
        if scale == "log_probability":
            # Not log_softmax: it would write a number for every word of the vocabulary.
            values = values - logits.logsumexp(-1)
        return values.mean(-1)

    def of_ids(self, variants: Tensor, scale: str | None = None) -> Tensor:
        """The number for variants of the input, (n, tokens), without gradient: (n,)."""
        wide = int(getattr(self.model.config, "vocab_size", 1))
        tokens = self.inputs["decoder_input_ids"].shape[1] if self.kind == "sequence" else 0
        rows = _ROW_TOKENS // (variants.shape[1] + tokens)
        at_once = max(1, min(rows, _CELLS // (wide * max(1, len(self.places)))))
        with evaluating(self.model), torch.inference_mode():
            found = [
                self.number({**self.batch(len(part)), "input_ids": part}, scale)
                for part in variants.split(at_once)
            ]
        return torch.cat(found)

    def of_embeddings(self, vectors: Tensor, scale: str | None = None) -> Tensor:
        """The number for embeddings put in place of the input's, (batch, tokens, d): (batch,)."""
        module = _embedding(self.model)
        used: list[Tensor] = []

        def put(_module: Any, _args: Any, output: Tensor) -> Tensor | None:
            # An encoder looks its tokens up before the decoder does, where both share a table.
            if used:
                return None
            used.append(output)
            return vectors

        handle = module.register_forward_hook(put)
        try:
            found = self.number(self.batch(len(vectors)), scale)
        finally:
            handle.remove()
        if not used or used[0].shape != vectors.shape:
            raise WorkFailed(
                f"The embeddings of {type(self.model).__name__} cannot be exchanged, so its "
                "outputs cannot be traced back to the text; name a model of another family."
            )
        return found

    def embed(self, ids: Tensor) -> Tensor:
        """Embeddings of tokens, as the model's table gives them, (batch, tokens, d)."""
        with torch.no_grad():
            return torch.as_tensor(_embedding(self.model)(ids)).detach()

    def removed(self, gone: Tensor) -> Tensor:
        """The input with tokens replaced by the filler: (n, source) of true and false to ids."""
        ids = self.ids.expand(len(gone), -1).clone()
        ids[:, : self.source][gone] = self.filler
        return ids

    def batch(self, rows: int) -> dict[str, Any]:
        """The inputs, over and over."""
        return {
            name: value.expand(rows, *value.shape[1:]) if torch.is_tensor(value) else value
            for name, value in self.inputs.items()
        }


@contextmanager
def _only(model: Any, rows: list[int]) -> Iterator[None]:
    """Compute the vocabulary's logits for some rows alone; for all outputs, if there is no row.

    Of a long text they would take longer than the model itself.
    """
    head = model.get_output_embeddings() if rows else None
    if head is None:
        yield
        return
    handle = head.register_forward_pre_hook(lambda _module, args: (args[0][:, rows],))
    try:
        yield
    finally:
        handle.remove()


def _precise(values: Tensor) -> Tensor:
    """Half precision as float32: a sum of probabilities would be off by a percent."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def one_of_several(config: Any) -> bool:
    """Whether exactly one class is right, so that their probabilities add up to 1."""
    return bool(config.num_labels > 1) and config.problem_type != "multi_label_classification"


def _embedding(model: Any) -> torch.nn.Module:
    part = model.get_encoder() if model.config.is_encoder_decoder else model
    found: torch.nn.Module = part.get_input_embeddings()
    return found


def filler_of(tokenizer: Any) -> int:
    """The token that stands for a removed one: mask, else pad, unknown, end.

    Raises:
        BadInput: The tokenizer has none of them.
    """
    for name in ("mask_token_id", "pad_token_id", "unk_token_id", "eos_token_id"):
        found = getattr(tokenizer, name)
        if found is not None:
            return int(found)
    raise BadInput(
        "This model's tokenizer has no mask, pad, unknown or end token to put in a word's place, "
        "so nothing can be removed; add one to its tokenizer_config.json."
    )


def baseline_of(tokenizer: Any) -> int | None:
    """Where integrated gradients begin: pad, else unknown, end; None = zeros."""
    # Not zeros where a token will do: a model that divides by the length of a vector (T5, Llama)
    # jumps as it leaves zero.
    for name in ("pad_token_id", "unk_token_id", "eos_token_id"):
        found = getattr(tokenizer, name)
        if found is not None:
            return int(found)
    return None
