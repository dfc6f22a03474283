"""What a model reads of each example, as token ids."""

from collections.abc import Sequence
from typing import Any

from core.chat import messages_of
from core.data.dataset import Dataset, Example
from core.evaluate.batches import cut, pad_id, room_for
from core.evaluate.prompt import Prompt
from core.models import chat


def prompt_ids(
    model: Any, tokenizer: Any, dataset: Dataset, examples: Sequence[Example],
    prompt: Prompt | None = None,
) -> list[list[int]]:  # fmt: skip
    """Ids of each example's input, whole: a decoder's chat template is applied.

    With a prompt the model is asked in its words, by its chat template if it has one.
    """
    if prompt is not None and templated(tokenizer, prompt):
        return [chat.prompt_ids(tokenizer, prompt.messages(example)) for example in examples]
    if prompt is not None:
        asked: list[list[int]] = tokenizer([prompt.text(e) for e in examples])["input_ids"]
        return asked
    if dataset.chat and not model.config.is_encoder_decoder:
        return [chat.prompt_ids(tokenizer, messages_of(example)) for example in examples]
    rows: list[list[int]] = tokenizer([dataset.model_input(e) for e in examples])["input_ids"]
    return rows


def templated(tokenizer: Any, prompt: Prompt) -> bool:
    """Whether a prompt is put as a conversation."""
    return prompt.chat or bool(getattr(tokenizer, "chat_template", None))


def fitted(model: Any, tokenizer: Any, ids: list[int], taken: int) -> list[int]:
    """At most as many ids as the model reads, where a decoder goes on with `taken` tokens."""
    if model.config.is_encoder_decoder:
        return cut(ids, room_for(tokenizer))
    # The end of a prompt says what is wanted; the last id of an encoder's input ends the text.
    # A model continues at least one token, so an empty prompt becomes the end of nothing.
    return ids[-room_for(tokenizer, taken) :] or [pad_id(tokenizer)]
