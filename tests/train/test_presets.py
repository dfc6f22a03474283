import pytest

from core.text.catalog import t
from core.train.config import PRESETS, from_preset
from core.train.presets import fitted


def made(preset: str = "balanced", rows: int = 5_000, parameters: int = 2_000_000, **settings):
    return fitted(preset, settings, rows, "encoder-decoder", parameters)


@pytest.mark.parametrize("preset", PRESETS)
def test_some_thousand_rows_get_the_preset_as_it_stands(preset):
    config, reasons = made(preset)
    assert config == from_preset(preset)
    assert all(t(f"train.why.{r.key}", code, **dict(r.values)) for r in reasons
               for code in ("en", "zh"))  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "batch"),
    [(30, 4), (200, 4), (400, 8), (800, 16), (1_599, 16), (1_600, 32), (10**6, 32)],
)
def test_few_rows_get_small_batches(rows, batch):
    config, (why, *_) = made(rows=rows)
    assert config.batch_size == batch
    assert (why.key == "batch_few_rows") == (batch < 32)
    assert str(batch) in why.say()


def test_many_rows_get_fewer_passes():
    assert [made(rows=n)[0].epochs for n in (49_999, 50_000, 10**6)] == [5, 3, 1]
    assert [made("thorough", rows=n)[0].epochs for n in (49_999, 50_000, 10**6)] == [15, 6, 2]
    assert "3 passes: with 50,000 rows" in made(rows=50_000)[1][1].say()
    assert made("quick", rows=10**6)[0].epochs == PRESETS["quick"]["epochs"]


def test_few_rows_get_more_passes():
    assert [made(rows=n)[0].epochs for n in (30, 851, 1_600, 5_000)] == [20, 10, 10, 5]
    assert [made("thorough", rows=n)[0].epochs for n in (851, 5_000)] == [19, 15]
    assert "10 passes: 851 rows" in made(rows=851)[1][1].say()
    assert made("quick", rows=851)[0].epochs == PRESETS["quick"]["epochs"]
    assert made(rows=851, parameters=7 * 10**9)[0].epochs == 5


def test_a_large_model_gets_small_batches_and_accumulates():
    config, (why, *_) = made(parameters=7 * 10**9)
    assert (config.batch_size, config.accumulation_steps) == (8, 4)
    assert "32 together" in why.say()


def test_what_is_set_is_never_bent_under_either_name():
    for name in ("batch_size", "per_device_train_batch_size"):
        config, (why, *_) = made(rows=30, **{name: "16"})
        assert config.batch_size == 16
        assert why.say().startswith("Batches of 16 rows, as set")
    config, reasons = made(rows=10**6, epochs=9, learning_rate=1e-4)
    assert config.epochs == 9
    assert [r.key for r in reasons] == ["batch", "passes_own", "rate_own", "precision_cpu"]


def test_the_article_is_left_alone():
    config, reasons = made("seed", rows=30, parameters=7 * 10**9)
    assert config == from_preset("seed")
    assert [reason.key for reason in reasons] == ["seed"]


def test_the_rate_is_explained_by_method():
    keys = [made(method=m)[1][2].key for m in ("full", "lora", "probe")]
    assert keys == ["rate", "rate_adapters", "rate_probe"]
    assert fitted("balanced", {}, 100, None, None)[1][2].key == "rate_unknown"


def test_a_gpu_with_units_for_it_computes_in_bfloat16():
    def on_gpu(**settings):
        return fitted("balanced", settings, 5_000, "encoder", 10**8, bfloat16=True)

    config, (*_, why) = on_gpu()
    assert (config.precision, why.key) == ("bfloat16", "precision_gpu")
    config, (*_, why) = on_gpu(precision="float32")
    assert (config.precision, why.key) == ("float32", "precision_own")
    assert made()[1][3].key == "precision_cpu"
    assert fitted("seed", {}, 5_000, "encoder", 10**8, bfloat16=True)[0].precision == "float32"
