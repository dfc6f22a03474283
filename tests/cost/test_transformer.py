import pytest

from core.cost.published import rows, shape_of
from core.cost.transformer import cache_elements_per_token, forward, sequence_tokens, training
from core.models.catalog import model
from core.models.shape import Shape, from_config

GPT = from_config({
    "model_type": "gpt2", "n_layer": 96, "n_embd": 12288, "n_head": 96, "vocab_size": 51200,
    "n_positions": 2048,
})  # fmt: skip


def test_gpt3_matches_the_closed_formula():
    """Korthikanti et al. 2022, equation 9: 72·B·L·s·h²·(1 + s/6h + v/12hL)."""
    batch, layers, length, hidden, vocab = 3, 96, 2048, 12288, 51200
    closed = 72 * batch * layers * length * hidden**2
    closed *= 1 + length / (6 * hidden) + vocab / (12 * hidden * layers)
    assert training(GPT, batch, length).total == pytest.approx(closed, rel=1e-12)


def test_recomputation_is_one_more_pass_of_the_layers_alone():
    """The same paper, equation 8: 96·… for the layers, the vocabulary as before."""
    kept, again = training(GPT, 1, 2048), training(GPT, 1, 2048, recompute=True)
    assert again.layers == pytest.approx(kept.layers * 4 / 3)
    assert again.head == kept.head


def test_six_operations_a_parameter_is_the_rule_of_thumb():
    shape = model("llama-2-7b").shape
    per_token = training(shape, 1, 256).total / 256
    matrices = 6_738_415_616 - 32000 * 4096  # the input table is looked up, not multiplied
    assert per_token == pytest.approx(6 * matrices, rel=0.02)


def test_a_frozen_base_needs_no_weight_gradients():
    assert training(GPT, 1, 128, frozen_base=True).total == pytest.approx(
        training(GPT, 1, 128).total * 2 / 3
    )


@pytest.mark.parametrize("target", [None, 5])
def test_encoder_decoder_matches_a_count_matrix_by_matrix(target):
    shape = model("t5-small").shape
    source, written = 11, target or 11
    d, inner, ffn, vocab = 512, 8 * 64, 2048, 32128

    def product(rows, common, columns):
        return 2 * rows * common * columns

    def attend(queries, keys):
        projections = 2 * product(queries, d, inner) + 2 * product(keys, d, inner)
        return projections, 2 * product(queries, inner, keys)

    layers = attention = 0
    for _ in range(6):
        projected, scored = attend(source, source)
        layers += projected + product(source, d, ffn) + product(source, ffn, d)
        attention += scored
        for keys in (written, source):
            projected, scored = attend(written, keys)
            layers += projected
            attention += scored
        layers += product(written, d, ffn) + product(written, ffn, d)
    found = forward(shape, 1, source, target)
    assert found.layers == layers
    assert found.attention == attention
    assert found.head == product(written, d, vocab)


def test_a_mixture_costs_what_its_active_experts_do():
    dense, mixture = model("mistral-7b").shape, model("mixtral-8x7b").shape
    router = 2 * 4096 * 8 * 32
    expert = 2 * 3 * 4096 * 14336 * 32
    assert forward(mixture, 1, 1).layers - forward(dense, 1, 1).layers == expert + router


def test_an_encoder_has_no_output_vocabulary_and_no_cache():
    shape = model("bert-base-uncased").shape
    assert forward(shape, 1, 128).head == 0
    assert cache_elements_per_token(shape) == 0


def test_the_cache_holds_keys_and_values_of_the_few_heads():
    assert cache_elements_per_token(model("llama-3-8b").shape) == 2 * 32 * 8 * 128


def test_tokens_of_both_stacks_are_counted():
    assert sequence_tokens(model("t5-small").shape, 10, 4) == 14
    assert sequence_tokens(model("gpt2").shape, 10) == 10


def test_operations_grow_with_the_square_of_the_length_in_attention_alone():
    short, long = forward(GPT, 1, 100), forward(GPT, 1, 200)
    assert long.attention == 4 * short.attention
    assert long.layers == 2 * short.layers
    assert isinstance(GPT, Shape)


def test_megatrons_formula_reproduces_what_the_bloom_project_printed():
    """96·B·L·s·h²·(1 + s/6h + v/16Lh): Narayanan et al. 2021 (arXiv:2104.04473), section 5.1.

    With it the printed TFLOP/s of every row that prints its dimensions come out within 4 %, and
    this module counts what the formula counts.
    """
    checked = 0
    for row in rows("training_runs"):
        sizes = [row.number(name) for name in ("global_batch_seqs", "seq_len", "layers", "hidden")]
        printed, seconds = row.number("tflops_per_gpu"), row.number("sec_per_iter")
        hardware = row.text("tflops_kind").startswith("hardware")
        if not (hardware and row.text("act_ckpt") == "full" and printed and seconds and all(sizes)):
            continue
        batch, length, layers, hidden = sizes
        vocab = row.number("vocab") or 51200
        whole = 1 + length / (6 * hidden) + vocab / (16 * layers * hidden)
        flops = 96 * batch * length * layers * hidden**2 * whole
        assert flops / seconds / row.number("n_gpus") / 1e12 == pytest.approx(printed, rel=0.04)
        own = training(shape_of(row), batch, int(length), recompute=True).total
        assert own == pytest.approx(flops, rel=0.002)
        checked += 1
    assert checked > 50
