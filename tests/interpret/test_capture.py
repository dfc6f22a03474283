"""Captured attention against the models' own outputs, for each family."""

import dataclasses

import numpy as np
import pytest
import torch

from core.errors import BadInput, WorkFailed
from core.interpret import capture as capturing
from core.interpret import parity, tap
from core.interpret.anatomy import survey
from core.interpret.capture import capture, look
from core.interpret.captured import check_place
from core.interpret.inputs import Tokens
from core.interpret.tap import evaluating
from tests.interpret import models

SHAPES = {
    "t5": {"encoder": (3, 4, 7, 7), "decoder": (2, 4, 4, 4), "cross": (2, 4, 4, 7)},
    "bart": {"encoder": (2, 4, 7, 7), "decoder": (3, 4, 4, 4), "cross": (3, 4, 4, 7)},
    "marian": {"encoder": (2, 4, 7, 7), "decoder": (3, 4, 4, 4), "cross": (3, 4, 4, 7)},
    "bert": {"encoder": (2, 4, 11, 11)},
    "distilbert": {"encoder": (2, 4, 11, 11)},
    "llama": {"decoder": (2, 4, 9, 9)},
    "gpt2": {"decoder": (2, 4, 9, 9)},
    "gemma2": {"decoder": (2, 4, 9, 9)},
    "roberta": {"encoder": (2, 4, 11, 11)},
    "modernbert": {"encoder": (3, 4, 11, 11)},
    "qwen3": {"decoder": (2, 4, 9, 9)},
    "mistral": {"decoder": (2, 4, 9, 9)},
    "gemma3": {"decoder": (3, 4, 9, 9)},
    "bloom": {"decoder": (2, 4, 9, 9)},
    "mpt": {"decoder": (2, 4, 9, 9)},
}
BYPASS = ("bloom", "mpt")
DECODERS = ("llama", "gpt2", "gemma2", "qwen3", "mistral", "gemma3", *BYPASS)
TEXT, TARGET = "where is the cat on my", "mat and dog"


def grab(name: str, text: str = TEXT, target: str | None = TARGET):
    causal = name in DECODERS
    sep = " " if causal and target else ""
    return capture(
        models.build(name), models.tokenizer(end=not causal), text + sep, target, name=name
    )


@pytest.mark.parametrize("name", SHAPES)
def test_each_family_gives_its_kinds_and_passes_the_check(name: str) -> None:
    found = grab(name)
    assert {kind: w.shape for kind, w in found.weights.items()} == SHAPES[name]
    if name in BYPASS:
        assert found.parity.attention_max_abs_error is None and found.scaling is None
    else:
        assert found.parity.attention_max_abs_error < 1e-6
        assert found.scaling == (1.0 if name == "t5" else pytest.approx(8**-0.5))
    assert found.parity.output_max_abs_error < 1e-5
    assert found.parity.row_sum_error < 1e-6
    for kind, weights in found.weights.items():
        assert weights.dtype == np.float32
        assert len(found.queries(kind)) == weights.shape[2]
        assert len(found.keys(kind)) == len(found.separators(kind)) == weights.shape[3]
        assert (weights >= 0).all()
        if kind == "decoder":
            assert (np.triu(weights, 1) == 0).all()
    assert found.head_dim == 8
    assert found.parity.mask_max_weight == 0


def test_weights_are_those_of_a_plain_forward_pass_with_labels() -> None:
    model, tokenizer = models.build("t5"), models.tokenizer()
    found = capture(model, tokenizer, TEXT, TARGET)
    model.set_attn_implementation("eager")
    batch = tokenizer(TEXT, return_tensors="pt")
    labels = tokenizer(text_target=TARGET, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        theirs = model(**batch, labels=labels, output_attentions=True)
    for kind, tensors in (("encoder", theirs.encoder_attentions),
                          ("decoder", theirs.decoder_attentions),
                          ("cross", theirs.cross_attentions)):  # fmt: skip
        assert np.array_equal(found.weights[kind], torch.cat(tensors).numpy())
    assert found.tokens[-1] == "</s>" and found.special[-1] and not found.special[0]
    assert found.target_tokens == ("<pad>", "mat", "and", "dog")
    assert found.next_tokens == ("mat", "and", "dog", "</s>")


@pytest.mark.parametrize("name", ["t5", "bart"])
def test_without_a_target_the_model_writes_its_own(name: str) -> None:
    model, tokenizer = models.build(name), models.tokenizer()
    model.generation_config.max_new_tokens = 6
    found = capture(model, tokenizer, TEXT)
    written = model.generate(
        **tokenizer(TEXT, return_tensors="pt"), do_sample=False, max_new_tokens=6
    )
    assert found.generated == tokenizer.decode(written[0], skip_special_tokens=True)
    assert len(found.target_tokens) == written.shape[1] - 1
    again = capture(model, tokenizer, TEXT)
    assert np.array_equal(found.weights["cross"], again.weights["cross"])


def test_the_model_keeps_its_own_attention() -> None:
    model = models.build("llama")
    capture(model, models.tokenizer(end=False), TEXT)
    assert model.config._attn_implementation == "sdpa"


@pytest.mark.parametrize("name", SHAPES)
def test_dropout_never_reaches_the_picture_and_the_mode_is_given_back(name: str) -> None:
    model, tokenizer = models.build(name), models.tokenizer(end=name not in DECODERS)
    calm = capture(model, tokenizer, TEXT, TARGET)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.5
    model.train()
    frozen = next(module for module in model.modules() if module is not model)
    frozen.eval()
    before = [module.training for module in model.modules()]
    again = capture(model, tokenizer, TEXT, TARGET)
    for kind, weights in calm.weights.items():
        assert np.array_equal(weights, again.weights[kind])
    assert [module.training for module in model.modules()] == before
    assert model.training and not frozen.training


@pytest.mark.parametrize("name", SHAPES)
def test_weights_in_bfloat16_are_held_to_the_tolerance_of_their_type(name: str) -> None:
    model = models.build(name).to(torch.bfloat16)
    found = capture(model, models.tokenizer(end=name not in DECODERS), TEXT, TARGET)
    assert found.parity.dtype == "bfloat16"
    assert found.parity.attention_tolerance == 2e-2
    assert 1e-5 < found.parity.row_sum_error < 2e-2
    assert found.parity.mask_max_weight == 0
    assert all(weights.dtype == np.float32 for weights in found.weights.values())


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", SHAPES)
def test_padding_is_hidden_and_nothing_looks_at_it(name: str, side: str) -> None:
    model, tokenizer = models.build(name), models.tokenizer(end=name not in DECODERS)
    tokenizer.padding_side = side
    inputs = dict(tokenizer([TEXT, "the dog"], return_tensors="pt", padding=True))
    if model.config.is_encoder_decoder:
        target = tokenizer([TARGET, "a"], return_tensors="pt", padding=True)
        inputs["decoder_input_ids"] = target["input_ids"]
        inputs["decoder_attention_mask"] = target["attention_mask"]
    with evaluating(model), torch.no_grad():
        found = look(model, inputs, survey(model, name))
    parity.check(found.parity, name)
    assert found.parity.mask_max_weight == 0 and found.parity.row_sum_error < 1e-6
    tokens = Tokens.of(inputs)
    for kind, tensors in found.weights.items():
        rows, columns = tokens.queries(kind)[1], tokens.keys(kind)[1]
        for tensor in tensors:
            assert torch.allclose(tensor[1].sum(-1), rows.float().expand(4, -1), atol=1e-6)
            assert (tensor[1][..., ~columns] == 0).all()


@pytest.mark.parametrize("name", ["llama", "mistral", "bloom", "mpt", "t5", "bart"])
def test_padding_changes_nothing_where_places_are_relative_or_it_comes_last(name: str) -> None:
    side = "right" if name == "bart" else "left"
    model, tokenizer = models.build(name), models.tokenizer(end=name not in DECODERS)
    tokenizer.padding_side = side
    alone = capture(model, tokenizer, "the dog", "a" if name in ("t5", "bart") else None)
    inputs = dict(tokenizer([TEXT, "the dog"], return_tensors="pt", padding=True))
    if name in ("t5", "bart"):
        inputs["decoder_input_ids"] = torch.tensor([alone.inputs["decoder_input_ids"]] * 2)
    with evaluating(model), torch.no_grad():
        found = look(model, inputs, survey(model, name))
    kind = alone.kinds[0]
    tokens = Tokens.of(inputs).queries(kind)[1]
    for layer, tensor in enumerate(found.weights[kind]):
        shown = tensor[1][:, tokens][..., tokens].numpy()
        assert np.abs(shown - alone.weights[kind][layer]).max() < 1e-6


def test_a_forbidden_look_refuses_the_picture(monkeypatch) -> None:
    right = capturing.by_kind

    def leaking(outputs, causal):
        found = right(outputs, causal)
        for tensor in found["decoder"]:
            tensor[..., 2, :] = 1 / tensor.shape[-1]
        return found

    monkeypatch.setattr(capturing, "by_kind", leaking)
    with pytest.raises(
        WorkFailed, match=r"where its mask forbids a look there is a weight of 0\.1"
    ):
        grab("bloom", target=None)


def test_a_recomputation_that_ignores_the_window_is_caught() -> None:
    keys = torch.ones(1, 6, dtype=torch.bool)
    may = parity.allowed("decoder", 6, keys, None, window=3)[0]
    assert may.sum(-1).tolist() == [1, 2, 3, 3, 3, 3]
    assert parity.allowed("encoder", 6, keys, None, window=3).all()
    errors = parity.Errors()
    even = torch.tril(torch.ones(6, 6)) / torch.arange(1, 7)[:, None]
    errors.add(even[None, None], None, may[None], keys)
    assert errors.mask == pytest.approx(1 / 4) and errors.attention is None


def test_groups_and_windows_are_told() -> None:
    for name in ("llama", "qwen3", "mistral", "gemma3", "gemma2"):
        found = grab(name, target=None)
        assert found.heads("decoder") == 4 and found.key_heads("decoder") == 2
        assert found.causal("decoder")
    assert grab("mistral", target=None).windows("decoder") == [4, 4]
    assert grab("gemma3", target=None).windows("decoder") == [4, 4, None]
    told = grab("bloom", target=None)
    assert told.key_heads("decoder") is None and told.windows("decoder") == [None, None]
    both = grab("t5")
    assert [both.causal(kind) for kind in both.kinds] == [False, True, False]
    assert both.key_heads("cross") == 4


@pytest.mark.parametrize(("name", "layer", "window"), [
    ("mistral", 0, 4), ("mistral", 1, 4), ("gemma3", 1, 4), ("gemma3", 2, 99), ("llama", 0, 99),
])  # fmt: skip
def test_a_row_sees_as_many_keys_as_its_window(name: str, layer: int, window: int) -> None:
    weights = grab(name, target=None).weights["decoder"][layer]
    expected = [min(row + 1, window) for row in range(weights.shape[1])]
    assert (np.count_nonzero(weights, axis=-1) == expected).all()


def test_a_window_that_looks_both_ways_sees_as_far_ahead_as_back() -> None:
    found = grab("modernbert", target=None)
    assert found.windows("encoder") == [None, 3, 3]
    back = np.arange(7)[:, None] - np.arange(7)[None]
    assert ((found.weights["encoder"][1] > 0) == (abs(back) < 3)).all()


def test_layers_with_different_heads_are_drawn_beside_each_other() -> None:
    model = models.build("llama")
    small = type(model.config)(**{**model.config.to_dict(), "num_attention_heads": 2,
                                  "num_key_value_heads": 1, "head_dim": 8})  # fmt: skip
    small._attn_implementation = "sdpa"
    model.model.layers[1].self_attn = type(model.model.layers[1].self_attn)(small, 1)
    model.model.layers[1].self_attn.config = model.config
    model.eval()
    found = capture(model, models.tokenizer(end=False), TEXT)
    assert found.weights["decoder"].shape == (2, 4, 6, 6)
    assert [layer.heads for layer in found.layers["decoder"]] == [4, 2]
    assert found.key_heads("decoder") is None
    assert (found.weights["decoder"][1, 2:] == 0).all()
    assert [(head.layer, head.head) for head in found.summary()] == [
        (0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1)
    ]  # fmt: skip
    assert np.allclose(found.matrix("decoder", 1, None).sum(-1), 1, atol=1e-6)
    with pytest.raises(BadInput, match="no decoder head 2"):
        check_place(found, "decoder", 1, 2)


def test_a_layer_whose_rows_are_no_tokens_has_no_heads_to_draw() -> None:
    found = capture(models.build("funnel"), models.tokenizer(), TEXT)
    assert [layer.heads for layer in found.layers["encoder"]] == [4, 0, 4, 4]
    assert found.weights["encoder"].shape == (4, 4, 7, 7)
    with pytest.raises(BadInput, match="layer 1 of FunnelModel looks at other things than tokens"):
        check_place(found, "encoder", 1)


def test_layers_that_share_their_weights_are_told_apart() -> None:
    model, tokenizer = models.build("albert"), models.tokenizer()
    found = capture(model, tokenizer, TEXT)
    weights = found.weights["encoder"]
    assert weights.shape == (3, 4, 7, 7)
    assert not np.allclose(weights[0], weights[1]) and not np.allclose(weights[1], weights[2])
    for layer in range(3):
        kept = capture(model, tokenizer, TEXT, long=True, layer=layer)
        for head in range(4):
            assert np.abs(kept.matrix("encoder", layer, head) - weights[layer, head]).max() < 1e-6
    order: list[tuple[int, int]] = []

    def attend(call: tap.Call) -> torch.Tensor:
        order.append((call.layer, call.turn))
        return call.fused()

    with torch.no_grad(), tap.attending(model, attend):
        for _ in range(2):
            model(input_ids=torch.tensor([found.inputs["input_ids"]]))
    assert order == [(0, 0), (1, 1), (2, 2)] * 2


def test_own_code_that_forgets_the_mask_is_asked_for_plain_attention() -> None:
    model = models.build("falcon")
    assert model.config._attn_implementation == "sdpa"
    found = capture(model, models.tokenizer(end=False), TEXT)
    assert (np.triu(found.weights["decoder"], 1) == 0).all()
    assert found.parity.attention_max_abs_error is None and found.parity.mask_max_weight == 0
    assert model.config._attn_implementation == "sdpa"


def test_a_classifier_with_a_decoder_reads_the_text_in_both_halves() -> None:
    model, tokenizer = models.build("bart-classifier"), models.tokenizer()
    found = capture(model, tokenizer, "where is the cat", "a dog")
    assert found.tokens == ("where", "is", "the", "cat", "</s>", "a", "dog", "</s>")
    assert found.target_tokens == ("<pad>", *found.tokens[:-1])
    assert found.kinds == ["encoder", "decoder", "cross"] and found.generated is None
    own = model(**tokenizer("where is the cat", "a dog", return_tensors="pt")).logits
    inputs = {name: torch.tensor([ids]) for name, ids in found.inputs.items()}
    assert torch.allclose(model(**inputs).logits, own)


def test_a_kind_whose_rows_are_no_tokens_is_left_out() -> None:
    found = capture(models.build("led"), models.tokenizer(), TEXT, TARGET)
    assert found.kinds == ["decoder", "cross"]
    assert found.queries("decoder") == found.target_labels


@pytest.mark.parametrize(("name", "words"), [
    ("gpt-oss", r"is not drawn: its heads can look at no token at all \(learned sinks"),
    ("whisper", "Whisper.* cannot be run on a text alone"),
])  # fmt: skip
def test_a_model_that_cannot_be_drawn_says_why(name: str, words: str) -> None:
    with pytest.raises(WorkFailed, match=words):
        capture(models.build(name), models.tokenizer(end=False), TEXT, TARGET)


def test_a_model_without_attention_says_so() -> None:
    with pytest.raises(BadInput, match=r"MambaForCausalLM has no attention to draw: .* 'mamba'"):
        capture(models.build("mamba"), models.tokenizer(end=False), TEXT)


@pytest.mark.parametrize("text", [
    "<s> </s> where", "</script><b>cat", "**the** $cat$ `dog` [x](y)", "قطة على الحصيرة",
    "猫坐在垫子上。", "the\u202ecat\u0000",
])  # fmt: skip
@pytest.mark.parametrize("name", ["t5", "llama", "bert"])
def test_any_text_is_read_as_it_is(name: str, text: str) -> None:
    found = grab(name, text, None)
    assert found.text == text or name == "llama"
    kind = found.kinds[0]
    assert len(found.labels) == found.weights[kind].shape[-1]


@pytest.mark.parametrize(("text", "target", "words"), [
    ("  ", None, "text is empty"), (TEXT, " ", "target is empty"),
])  # fmt: skip
def test_nothing_to_look_at_is_refused(text: str, target: str | None, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        grab("t5", text, target)


def test_a_picture_that_differs_from_the_recomputation_is_not_drawn(monkeypatch) -> None:
    right = tap.weigh

    def tilted(*given, **more):
        return (right(*given, **more) + 0.01) / 1.01

    monkeypatch.setattr(tap, "weigh", tilted)
    with pytest.raises(WorkFailed, match=r"weights differ from a recomputation by .* 0\.0001"):
        grab("llama", target=None)


@pytest.mark.parametrize("name", [
    "attention_max_abs_error", "row_sum_error", "output_max_abs_error", "mask_max_weight",
])  # fmt: skip
@pytest.mark.parametrize("value", [0.5, float("nan")])
def test_every_error_can_refuse_the_picture(name: str, value: float) -> None:
    good = grab("llama", target=None).parity
    parity.check(good, "m")
    with pytest.raises(WorkFailed, match="is not drawn"):
        parity.check(dataclasses.replace(good, **{name: value}), "m")


def test_recomputed_weights_equal_a_plain_softmax() -> None:
    query, key = torch.randn(1, 4, 5, 8), torch.randn(1, 2, 6, 8)
    mask = torch.zeros(1, 1, 5, 6)
    mask[..., 4:] = torch.finfo(torch.float32).min
    bias = torch.randn(1, 4, 5, 6)
    found = tap.weigh(query, key, 0.5, mask, bias)
    for head in range(4):
        scores = (query[0, head] @ key[0, head // 2].T * 0.5 + bias[0, head])[:, :4].exp()
        expected = scores / scores.sum(-1, keepdim=True)
        assert torch.allclose(found[0, head, :, :4].float(), expected, atol=1e-6)
    assert (found[..., 4:] == 0).all()
