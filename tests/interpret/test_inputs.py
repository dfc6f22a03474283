"""What the model is given: windows of a long text, special tokens around them, generated text."""

import numpy as np
import pytest
import torch
import transformers as tf
from tokenizers import processors

from core.errors import BadInput
from core.interpret import capture_words
from core.interpret.anatomy import reach
from core.interpret.capture import capture
from core.interpret.facts import Span
from core.interpret.inputs import tokenised
from core.interpret.tap import evaluating
from tests.interpret import models

WORDS = "the cat sat on a mat and saw dog run where is my refund"
"""Fourteen words, fourteen tokens."""


def both_ends() -> tf.PreTrainedTokenizerFast:
    """`<s> text </s>`, and `<s> text </s> second </s>`, as BERT has it."""
    tokenizer = models.tokenizer()
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 3), ("</s>", 1)]
    )
    return tokenizer


def read(name: str, tokenizer, text: str = WORDS, target: str | None = None, **how):
    model = models.build(name)
    with evaluating(model), torch.no_grad():
        found = tokenised(model, tokenizer, text, target, **{"limit": 8, **how})
    return tokenizer.convert_ids_to_tokens(found.source), found


def test_a_text_that_fits_is_read_whole() -> None:
    tokens, found = read("bert", both_ends(), limit=16)
    assert tokens == ["<s>", *WORDS.split(), "</s>"]
    assert found.span == Span(1, 1, 1, 14, 14) and found.span.cut_tokens == 0
    assert capture_words.cut(found.span, "en") == []


@pytest.mark.parametrize(("window", "words"), [
    (None, slice(0, 6)), (1, slice(0, 6)), (2, slice(6, 12)), (3, slice(12, 14)),
])  # fmt: skip
def test_each_window_has_the_special_tokens_around_it(window, words) -> None:
    tokens, found = read("bert", both_ends(), window=window)
    assert tokens == ["<s>", *WORDS.split()[words], "</s>"]
    assert found.span == Span(window or 1, 3, words.start + 1, words.stop, 14)
    assert found.span.cut_tokens == 14 - (words.stop - words.start)
    assert found.model["attention_mask"].shape == (1, len(tokens))


def test_windows_together_read_every_token_once() -> None:
    seen = [read("bert", both_ends(), window=n)[0][1:-1] for n in (1, 2, 3)]
    assert [token for tokens in seen for token in tokens] == WORDS.split()


def test_a_second_text_stands_in_every_window() -> None:
    tokens, found = read("bert", both_ends(), target="the dog", window=2)
    assert tokens == ["<s>", *WORDS.split()[3:6], "</s>",
                      "the", "dog", "</s>"]  # fmt: skip
    assert found.span.windows == 5
    with pytest.raises(BadInput, match=r"stands around the text has 9 tokens and at most 8 fit"):
        read("bert", both_ends(), target="the dog saw the cat run")


def test_the_prefix_stands_in_every_window() -> None:
    text = WORDS.removeprefix("the cat ")
    tokens, found = read("t5", models.tokenizer(), text, "a", prefix="the cat ", window=3)
    assert tokens == ["the", "cat", "my", "refund", "</s>"]
    assert (found.span.first, found.span.last, found.span.total) == (11, 12, 12)


def test_a_window_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadInput, match="no window 4: for this model the text has 3, counted from"):
        read("bert", both_ends(), window=4)


def test_a_target_over_the_limit_is_cut_and_says_so() -> None:
    _, found = read("t5", models.tokenizer(), "the cat", WORDS)
    assert len(found.target) == 8 and found.span.cut_target == 7
    assert capture_words.cut(found.span, "en") == [
        "The last 7 tokens of the target are not read: the model cannot read more."
    ]


@pytest.mark.parametrize(("span", "said"), [
    (Span(1, 2, 1, 512, 980), ["Tokens 1–512 of 980 are read.",
     "Tokens 513–980 are not read.", "Window 2 of 2 shows them."]),
    (Span(2, 2, 513, 980, 980), ["Tokens 513–980 of 980 are read.",
     "Tokens 1–512 are not read.", "Window 1 of 2 shows them."]),
    (Span(2, 4, 513, 1024, 1800), ["Tokens 513–1,024 of 1,800 are read.",
     "Tokens 1–512 and 1,025–1,800 are not read.", "Windows 1 and 3–4 of 4 show them."]),
    (Span(1, 2, 1, 512, 513), ["Tokens 1–512 of 513 are read.",
     "Token 513 is not read.", "Window 2 of 2 shows it."]),
])  # fmt: skip
def test_what_is_cut_is_said_exactly(span: Span, said: list[str]) -> None:
    assert capture_words.cut(span, "en") == said
    assert len(capture_words.cut(span, "zh")) == 3


def test_the_end_of_the_table_of_positions_is_the_limit() -> None:
    assert reach(models.build("bert")) == 32
    assert reach(models.build("t5")) is None and reach(models.build("bloom")) is None
    assert reach(models.build("mpt")) == 64
    # RoBERTa counts from the place after the padding's: 34 rows with padding at 0.
    model = models.build("roberta")
    assert reach(model) == 33
    ids = torch.full((1, 33), 5)
    model(input_ids=ids)
    with pytest.raises((IndexError, RuntimeError)):
        model(input_ids=torch.full((1, 34), 5))


def test_a_text_over_the_models_limit_is_read_in_windows() -> None:
    text = " ".join(["cat"] * 40)
    found = capture(models.build("bert"), both_ends(), text, window=2)
    assert found.tokens == ("<s>", *["cat"] * 10, "</s>")
    assert found.weights["encoder"].shape == (2, 4, 12, 12)
    assert found.span == Span(2, 2, 31, 40, 40)


# ---- generated text ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["llama", "gpt2", "mistral", "gemma3", "qwen3", "bloom"])
def test_a_decoder_goes_on_and_is_then_read_in_one_pass(name: str) -> None:
    model, tokenizer = models.build(name), models.tokenizer(end=False)
    found = capture(model, tokenizer, "where is the cat", generate=5)
    model.set_attn_implementation("eager")
    ids = tokenizer("where is the cat", return_tensors="pt")
    steps = model.generate(
        **ids, do_sample=False, max_new_tokens=5, output_attentions=True, pad_token_id=0,
        return_dict_in_generate=True,
    )  # fmt: skip
    assert found.inputs["input_ids"] == tuple(steps.sequences[0].tolist())
    assert found.generated_from == 4 and found.generate == 5
    assert found.generated == tokenizer.decode(steps.sequences[0, 4:], skip_special_tokens=True)
    ours = found.weights["decoder"]
    assert np.abs(stitched(steps.attentions, ours.shape) - ours[:, :, :-1]).max() < 1e-6


def stitched(attentions, shape) -> np.ndarray:
    """A picture put together from the steps of a generation, each of which gives one more row.

    A layer with a sliding window gives its last keys only: they belong at the right.
    """
    found = np.zeros((*shape[:2], shape[2] - 1, shape[3]), np.float32)
    row = 0
    for step in attentions:
        for layer, tensor in enumerate(step):
            queries, keys = tensor.shape[2:]
            end = row + queries
            found[layer, :, row:end, end - keys : end] = tensor[0].float().numpy()
        row += step[0].shape[2]
    assert row == shape[2] - 1
    return found


def test_cross_attention_of_generated_text_is_that_of_its_steps() -> None:
    model, tokenizer = models.build("t5"), models.tokenizer()
    found = capture(model, tokenizer, "where is the cat", generate=6)
    model.set_attn_implementation("eager")
    steps = model.generate(
        **tokenizer("where is the cat", return_tensors="pt"), do_sample=False, max_new_tokens=6,
        output_attentions=True, return_dict_in_generate=True,
    )  # fmt: skip
    theirs = np.concatenate(
        [torch.stack(step)[:, 0].numpy() for step in steps.cross_attentions], axis=2
    )
    assert found.generated_from == 1
    assert np.abs(theirs - found.weights["cross"]).max() < 2e-7


def test_a_t5_with_more_decoder_layers_than_encoder_layers_writes() -> None:
    config = models.build("t5").config
    config.num_layers, config.num_decoder_layers = 2, 3
    torch.manual_seed(0)
    model = tf.T5ForConditionalGeneration(config).eval()
    found = capture(model, models.tokenizer(), "where is the cat", generate=4)
    assert found.weights["cross"].shape[0] == 3 and found.generated is not None


def test_a_long_prompt_goes_on_from_its_last_window() -> None:
    text = " ".join(["cat"] * 70)
    found = capture(models.build("mpt"), models.tokenizer(end=False), text, generate=4)
    assert found.span == Span(2, 2, 61, 70, 70)
    assert found.generated_from == 10
    first = capture(models.build("mpt"), models.tokenizer(end=False), text, generate=4, window=1)
    assert first.generated_from == 60 and len(first.tokens) <= 64


@pytest.mark.parametrize(("name", "target", "generate", "words"), [
    ("bert", None, 3, "This model does not write text"),
    ("t5", "a mat", 3, "Give the target, or let the model write it, not both"),
    ("llama", None, 0, "cannot write 0 tokens; give 1 to"),
    ("mpt", None, 64, "cannot write 64 tokens; give 1 to 63"),
])  # fmt: skip
def test_a_model_that_cannot_write_is_not_told_to(name, target, generate, words) -> None:
    tokenizer = models.tokenizer(end=name in ("bert", "t5"))
    with pytest.raises(BadInput, match=words):
        capture(models.build(name), tokenizer, "the cat", target, generate=generate)
