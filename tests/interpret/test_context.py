"""How long an input can be trusted: reasons, curves, memory."""

import json
from dataclasses import replace

import numpy as np
import pytest
import transformers as tf
from scipy import stats

from core.charts import context as charts
from core.interpret import context_words, loss_curve
from core.interpret.cache_memory import growth, memories, memory
from core.interpret.context import advise, reasons
from core.interpret.loss_curve import Curve, found_in, student
from core.interpret.own import Limit, Own
from core.models.shape import from_config
from core.text.catalog import LANGUAGES
from core.workspace import Workspace


def sums(units: int, bins: int, seed: int, rise: float = 0.0, at: int = 0) -> np.ndarray:
    """Losses of units that differ among each other, with noise of their own in each bin."""
    rng = np.random.default_rng(seed)
    nats = 3 + rng.normal(size=(units, bins)) * 0.3 + rng.normal(size=(units, 1)) * 0.5
    if rise:
        nats[:, at:] += rise
    return np.stack([nats * 50, np.full((units, bins), 50.0)], axis=-1)


def edges(bins: int) -> list[tuple[int, int]]:
    return [(10 * i, 10 * i + 10) for i in range(bins)]


def curve(rises: int | None = None, length: int = 90, way: str = "position") -> Curve:
    bins, best, _ = found_in(sums(20, 9, 0), edges(9))
    return Curve("k", "m", "d@1", way, 20, 9000, length, bins, best, rises, 1.0, "2026-01-01")


def own(kind: str, tokens: int | None = None, **facts) -> Own:
    values = {"both": 91, "back": 113} if kind == "saturation" else {"longest": 177.0}
    scheme = {"saturation": "t5", "trained": "rope", "table": "learned", "waves": "sinusoidal",
              "decay": "alibi", "built": "alibi"}[kind]  # fmt: skip
    base = {"windows_tokens": [None, None], "trained_tokens": tokens, "slow_pairs": 18, "pairs": 64,
            "scaling": "default"}  # fmt: skip
    return Own("m", scheme, Limit(kind, tokens, values), {**base, **facts},
               {"slopes": np.array([0.5, 1 / 256])})  # fmt: skip


@pytest.mark.parametrize(("units", "bins"), [(10, 9), (40, 9), (10, 18), (64, 18)])
def test_noise_is_rarely_taken_for_a_rise(units: int, bins: int, monkeypatch) -> None:
    monkeypatch.setattr(loss_curve, "RESAMPLES", 500)
    found = [found_in(sums(units, bins, seed), edges(bins), seed)[2] for seed in range(60)]
    assert sum(place is not None for place in found) <= 2


@pytest.mark.parametrize(("units", "bins"), [(20, 9), (64, 18)])
def test_a_rise_is_found_where_it_begins(units: int, bins: int) -> None:
    at = bins - 4
    found = [found_in(sums(units, bins, seed, 0.6, at), edges(bins))[2] for seed in range(20)]
    assert sum(place == 10 * at for place in found) >= 17


def test_means_and_intervals_are_those_of_the_units() -> None:
    table = sums(200, 3, 1)
    bins, best, rises = found_in(table, edges(3))
    nats = table[..., 0] / 50
    assert [b.nats for b in bins] == pytest.approx(nats.mean(axis=0).tolist())
    assert best == int(nats.mean(axis=0).argmin()) and rises is None
    for place, one in enumerate(bins):
        error = nats[:, place].std() / 200**0.5
        assert one.low == pytest.approx(one.nats - 1.96 * error, abs=error / 3)
        assert one.high == pytest.approx(one.nats + 1.96 * error, abs=error / 3)
        assert one.tokens == 200 * 50


@pytest.mark.parametrize("freedom", [9, 24, 99])
@pytest.mark.parametrize("share", [0.95, 0.99, 0.997])
def test_students_quantiles_are_those_of_scipy(share: float, freedom: int) -> None:
    assert student(share, freedom) == pytest.approx(stats.t.ppf(share, freedom), rel=5e-3)


def test_units_that_lack_a_bin_weigh_by_their_tokens() -> None:
    table = np.array([[[10.0, 10], [0, 0]], [[0, 0], [60, 20]]] * 10)
    bins, best, _ = found_in(table, edges(2))
    assert [b.nats for b in bins] == [1.0, 3.0] and best == 0


@pytest.mark.parametrize(("found", "kinds"), [
    (own("table", 512), ["table"]),
    (own("waves", 512), ["waves"]),
    (own("trained", 4096), ["trained", "slow"]),
    (own("trained", 4096, scaling="yarn"), ["trained", "slow", "extended"]),
    (own("saturation"), ["saturation"]),
    (own("decay", trained_tokens=2048), ["decay"]),
    (own("built", 2048), ["built", "decay"]),
    (own("trained", 4096, windows_tokens=[512, None]), ["trained", "slow", "window"]),
])  # fmt: skip
def test_every_scheme_gives_its_reasons_as_sentences(found: Own, kinds: list[str]) -> None:
    why = reasons(found)
    assert [reason.kind for reason in why] == kinds
    assert [reason.hard for reason in why] == [
        kind in ("table", "waves", "built") for kind in kinds
    ]
    for language in LANGUAGES:
        for reason in why:
            assert "{" not in context_words.reason(reason, language)
        advice = advise(found)
        assert advice.tokens and not advice.measured
        assert "m" in context_words.answer("m", advice, language)


def test_what_was_measured_comes_before_the_formula() -> None:
    rope = own("trained", 512)
    assert (advise(rope).key, advise(rope).tokens) == ("trained", 512)
    flat, rising = advise(rope, curve()), advise(rope, curve(rises=40))
    assert (flat.key, flat.tokens, flat.measured) == ("flat", 90, True)
    assert (rising.key, rising.tokens, rising.measured) == ("rises", 40, True)
    table = advise(own("table", 90), curve())
    assert (table.key, table.tokens, table.hard) == ("to_the_end", 90, 90)
    nothing = advise(own("decay", trained_tokens=None))
    assert (nothing.key, nothing.tokens) == ("open", None)
    for advice in (flat, rising, table, nothing):
        for language in LANGUAGES:
            assert "{" not in context_words.answer("m", advice, language)


@pytest.mark.parametrize("way", ["position", "masked", "joined", "length"])
@pytest.mark.parametrize("rises", [None, 40])
def test_a_curve_is_drawn_and_told(way: str, rises: int | None) -> None:
    measured = curve(rises, way=way)
    advice = advise(own("trained", 64), measured)
    for language in LANGUAGES:
        assert "{" not in context_words.finding(measured, advice, language)
        assert "{" not in context_words.plotted(measured, language)
        for scheme in ("light", "dark"):
            drawn = charts.loss(measured, advice, scheme, language)
            marked = [shape for shape in drawn.layout.shapes if shape.x0 == shape.x1]
            assert len(marked) == (1 if rises is None else 2)


def test_a_curve_comes_back_as_it_was_kept(tmp_path) -> None:
    workspace = Workspace.open(tmp_path)
    made = curve(40)
    loss_curve.keep(workspace, made)
    assert loss_curve.known(workspace, "k") == made
    assert loss_curve.known(workspace, "other") is None
    assert loss_curve.curves(workspace, "m") == [made] and loss_curve.curves(workspace, "n") == []
    json.dumps(json.loads(workspace.capture("k").with_suffix(".json").read_text()))


LLAMA = {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 4, "vocab_size": 100,
         "num_attention_heads": 8, "num_key_value_heads": 2, "intermediate_size": 64}  # fmt: skip


def test_memory_is_what_a_cache_of_transformers_takes() -> None:
    import torch

    config = tf.LlamaConfig(**{k: v for k, v in LLAMA.items() if k != "model_type"})
    model = tf.LlamaForCausalLM(config).eval()
    with torch.inference_mode():
        cache = model(torch.ones(1, 37, dtype=torch.long), use_cache=True).past_key_values
    held = sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)
    found = memory(from_config(LLAMA), [None] * 4, 37)
    assert found is not None and found.fp32_bytes == held and found.fp16_bytes == held // 2


def test_a_sliding_window_bounds_the_cache_of_its_layers() -> None:
    shape = from_config(LLAMA)
    whole, half = memory(shape, [None] * 4, 1000), memory(shape, [100, None, 100, None], 1000)
    assert whole is not None and half is not None
    assert half.fp16_bytes / whole.fp16_bytes == pytest.approx((2 * 100 + 2 * 1000) / 4000)
    within = memory(shape, [100] * 4, 50)
    assert within == memory(shape, [None] * 4, 50)


def test_an_encoder_keeps_no_cache_and_a_table_bounds_the_lengths() -> None:
    bert = from_config({"model_type": "bert", "hidden_size": 32, "num_hidden_layers": 2,
                        "num_attention_heads": 4, "intermediate_size": 32, "vocab_size": 50,
                        "max_position_embeddings": 64})  # fmt: skip
    assert memory(bert, [None] * 2, 10) is None and growth(bert, [None] * 2, 10) is None
    found = own("table", 64, windows_tokens=[None] * 4)
    advice = advise(found)
    assert memories(found, advice, bert) == []
    rows = memories(found, advice, from_config(LLAMA))
    assert [row.tokens for row in rows] == [16, 32, 64]
    picture = growth(from_config(LLAMA), [None] * 4, 64)
    assert picture is not None and picture.values["fp16_bytes"] == rows[-1].fp16_bytes


def test_a_broken_record_is_no_curve(tmp_path) -> None:
    workspace = Workspace.open(tmp_path)
    loss_curve.keep(workspace, replace(curve(), key="x"))
    workspace.capture("x").with_suffix(".json").write_text("{")
    assert loss_curve.known(workspace, "x") is None
