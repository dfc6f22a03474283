"""What a model reads of each example, as token ids."""

from collections.abc import Sequence
from typing import Any

from core.chat import messages_of
from core.data.dataset import Dataset, Example
from core.evaluate.batches import cut, pad_id, room_for
from core.models import chat


def prompt_ids(
    model: Any, tokenizer: Any, dataset: Dataset, examples: Sequence[Example]
) -> list[list[int]]:
    """Ids of each example's input, whole: a decoder's chat template is applied."""
    if dataset.chat and not model.config.is_encoder_decoder:
        return [chat.prompt_ids(tokenizer, messages_of(example)) for example in examples]
    rows: list[list[int]] = tokenizer([dataset.model_input(e) for e in examples])["input_ids"]
    return rows


def fitted(model: Any, tokenizer: Any, ids: list[int], taken: int) -> list[int]:
    """At most as many ids as the model reads, where a decoder goes on with `taken` tokens."""
    if model.config.is_encoder_decoder:
        return cut(ids, room_for(tokenizer))
    # The end of a prompt says what is wanted; the last id of an encoder's input ends the text.
    # A model continues at least one token, so an empty prompt becomes the end of nothing.
    return ids[-room_for(tokenizer, taken) :] or [pad_id(tokenizer)]
