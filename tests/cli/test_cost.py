"""`assay cost` as a person or a script calls it."""

import csv
import json
import shutil
from types import SimpleNamespace

import pytest

from core.workspace import Workspace, assets

TRAIN = ("cost", "train", "--model", "mistral-7b", "--tokens", "60M")
SERVE = ("cost", "serve", "--model", "7B", "--input-tokens", "500", "--output-tokens", "100")
TRAIN_KEYS = {
    "model", "parameters", "gpu", "gpus", "tokens", "gpu_hours", "wall_days", "usd",
    "tokens_per_second_per_gpu", "model_flops_utilization", "memory_bytes_per_gpu", "fits",
    "energy_kwh", "co2_kg", "goodput", "assumptions", "sources", "price_usd_per_gpu_hour",
    "price_source", "price_date", "price_old", "advice", "host_memory_bytes", "flops", "interval",
    "parallel", "gpu_hours_parts", "measured_here",
}  # fmt: skip
SPANS = ("gpu_hours", "wall_days", "usd", "tokens_per_second_per_gpu", "goodput_range",
         "energy_kwh_range", "co2_kg_range")  # fmt: skip
RANGED = (
    "output_tokens_per_second", "time_to_first_token_s", "time_per_output_token_s",
    "time_per_request_s", "usd_per_month", "capacity_requests_per_second", "gpu_hours_per_month",
    "capacity_output_tokens_per_second",
)  # fmt: skip
PLAIN = (
    "usd_per_million_input_tokens", "usd_per_million_output_tokens", "usd_per_request",
    "energy_kwh", "co2_kg",
)  # fmt: skip
SERVE_KEYS = {
    *RANGED, *PLAIN, "replicas", "utilisation", "memory_bytes_per_gpu", "fits", "advice",
    "assumptions", "sources", "pareto", "traffic", "target", "interval",
}  # fmt: skip


def test_train_prints_one_document(assay):
    code, out, err = assay(*TRAIN, "--method", "lora", "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert set(found) >= TRAIN_KEYS
    assert found["parameters"] == 7_241_732_096
    assert found["tokens"] == 60_000_000
    assert found["fits"] is True
    for name in SPANS:
        assert found[name]["p5"] <= found[name]["p50"] <= found[name]["p95"]
    for end in ("p5", "p50", "p95"):
        gpu_hours = found["gpu_hours"][end]
        assert found["usd"][end] == pytest.approx(gpu_hours * found["price_usd_per_gpu_hour"])
        assert found["wall_days"][end] == pytest.approx(gpu_hours / 24 / found["gpus"])
    memory = found["memory_bytes_per_gpu"]
    assert sum(memory["parts"].values()) == memory["total"]
    assert sum(found["gpu_hours_parts"].values()) == pytest.approx(found["gpu_hours"]["p50"])
    assert found["interval"]["runs"] > 50
    assert found["measured_here"] is None
    assert {"source", "date"} <= set(found["sources"][0])


def test_train_for_people_names_ranges_and_assumptions(assay):
    code, out, _ = assay(*TRAIN)
    assert code == 0
    assert "Does not fit. Train with LoRA instead." in out
    assert "90 % of" in out
    assert "RunPod" in out


def test_options_change_the_price(assay):
    stated = json.loads(assay(*TRAIN, "--usd-per-gpu-hour", "3.5", "--json")[1])
    assert stated["price_usd_per_gpu_hour"] == 3.5
    aws = json.loads(assay(*TRAIN, "--provider", "AWS", "--json")[1])
    assert aws["price_source"] == "AWS"
    reserved = json.loads(assay(*TRAIN, "--pricing", "reserved", "--json")[1])
    assert any("assumption" in note for note in reserved["assumptions"])
    own = ("--pricing", "reserved", "--reserved-discount", "0.4")
    discount = json.loads(assay(*TRAIN, *own, "--json")[1])
    assert discount["price_usd_per_gpu_hour"] == pytest.approx(0.6 * 1.79)
    row = json.loads(assay(*TRAIN, "--price-row", "G002=9", "--provider", "AWS", "--json")[1])
    assert row["price_usd_per_gpu_hour"] == 9
    stored = json.loads(assay(*TRAIN, "--storage-usd", "30", "--egress-usd", "12", "--json")[1])
    assert stored["usd"]["p5"] > 42
    assert stored["usd"]["p50"] == pytest.approx(sum(stored["usd_parts"].values()))


def test_a_layout_is_taken_as_given(assay):
    given = ("--model", "llama-2-70b", "--gpus", "32", "--parallel", "tp=8,pp=2,zero=1",
             "--checkpointing", "full", "--optimizer", "adamw-8bit", "--interconnect", "ethernet",
             "--tokens", "1B")  # fmt: skip
    found = json.loads(assay("cost", "train", *given, "--json")[1])
    assert found["parallel"] == {"tp": 8, "pp": 2, "dp": 2, "zero": 1, "sequence_parallel": True}
    assert found["checkpointing"] == "full"
    assert found["optimizer"] == "adamw-8bit"
    assert found["gpu_hours_parts"]["bubble"] > 0
    faster = json.loads(assay("cost", "train", *given, "--interconnect", "400", "--json")[1])
    assert faster["gpu_hours"]["p50"] < found["gpu_hours"]["p50"]


def test_spot_loses_time_to_interruptions(assay):
    stop = ("--spot-interruptions-per-day", "2", "--checkpoint-every-hours", "2")
    spot = json.loads(assay(*TRAIN, "--pricing", "spot", *stop, "--json")[1])
    calm = json.loads(assay(*TRAIN, "--json")[1])
    # Two a day, each an hour of restart and half of the two hours since the last checkpoint.
    training = spot["gpu_hours"]["p50"] * spot["goodput"]
    assert spot["gpu_hours_parts"]["interruptions"] == pytest.approx(training * 2 / 24 * 2)
    assert spot["goodput"] < calm["goodput"]
    assert spot["price_usd_per_gpu_hour"] < calm["price_usd_per_gpu_hour"]


def test_this_machine_is_known_once_it_was_calibrated(assay, monkeypatch):
    code, _, err = assay(*TRAIN, "--gpu", "this-machine")
    assert code == 2
    assert "assay cost calibrate" in err
    job = {"name": "small", "batch": 2, "length": 64, "steps": 5, "tokens_per_second": 900.0,
           "config": {"model_type": "gpt2", "n_layer": 2, "n_embd": 64, "n_head": 2,
                      "vocab_size": 256, "n_positions": 64}}  # fmt: skip
    answer = {"device": "cpu", "memory_bytes": None, "product_flops_per_second": 1e11,
              "copy_bytes_per_second": 1e10, "jobs": [job]}  # fmt: skip
    monkeypatch.setattr("core.calibration.Warm", lambda **_: SimpleNamespace(
        call=lambda *_: answer, close=lambda: None))  # fmt: skip
    found = json.loads(assay("cost", "calibrate", "--json")[1])
    assert found["n"] == 1
    assert found["measurements"][0]["measured_tokens_per_second"] == 900
    assert all(row["width_after_over_before"] < 1 for row in found["kinds"])
    here = json.loads(assay("cost", "train", "--model", "starter-causal", "--tokens", "1M",
                            "--gpu", "this-machine", "--json")[1])  # fmt: skip
    assert here["measured_here"]["n"] == 1
    assert here["usd"] is None
    said = " ".join(here["assumptions"])
    assert "Measured here" in said
    assert "No price on file" in said


@pytest.mark.parametrize(
    ("load", "requests"),
    [
        (("--requests-per-second", "2"), 2),
        (("--concurrency", "8"), None),
        (("--requests-per-day", "86400", "--traffic", "two-peaks"), 1),
    ],
)
def test_serve_prints_one_document(assay, load, requests):
    code, out, _ = assay(*SERVE, *load, "--json")
    found = json.loads(out)
    assert code == 0
    assert set(found) >= SERVE_KEYS
    assert found["requests_per_second"] == pytest.approx(requests or found["requests_per_second"])
    cost = (
        found["usd_per_million_input_tokens"] * 500 + found["usd_per_million_output_tokens"] * 100
    )
    assert found["usd_per_request"] == pytest.approx(cost / 1e6)
    for name in RANGED:
        assert found[name]["p5"] <= found[name]["p50"] <= found[name]["p95"], name
    for name in PLAIN:
        assert found[name] == found[f"{name}_range"]["p50"]
    memory = found["memory_bytes_per_gpu"]
    assert memory["total"] == sum(memory["parts"].values())
    assert memory["p5"] < memory["total"] < memory["p95"]
    assert set(memory["parts"]) == {"weights", "cache", "activations", "context"}
    hourly = found["price_usd_per_gpu_hour"] * found["gpu_hours_per_month"]["p50"]
    assert found["usd_per_month"]["p50"] == pytest.approx(hourly)
    assert all({"what", "source", "date"} == set(row) for row in found["sources"])
    assert len(found["pareto"]) > 10
    assert (found["traffic"] is None) == (load[0] == "--concurrency")


def test_a_day_is_told_hour_by_hour(assay):
    load = ("--requests-per-day", "3000000", "--traffic", "office-hours")
    found = json.loads(assay(*SERVE, *load, "--json")[1])
    day = found["traffic"]
    hours = day["hours"]
    assert len(hours) == 24
    assert found["replicas"] == max(hour["replicas_needed"] for hour in hours)
    assert day["peak_all_day"]["usd_per_month"] > found["usd_per_month"]["p50"]
    assert day["shape_source"] is None, "an assumption"
    said = assay(*SERVE, *load)[1]
    assert "all day would cost" in said
    assert "an assumption, not a measurement" in said


def test_serving_is_priced_as_training_is(assay):
    plain = json.loads(assay(*SERVE, "--concurrency", "4", "--json")[1])
    options = ("--pricing", "reserved", "--reserved-discount", "0.3", "--json")
    found = json.loads(assay(*SERVE, "--concurrency", "4", *options)[1])
    assert found["price_usd_per_gpu_hour"] == pytest.approx(0.7 * plain["price_usd_per_gpu_hour"])
    assert any("30 % off" in note for note in found["assumptions"])


def test_an_encoder_is_told_in_requests(assay):
    command = ("cost", "serve", "--model", "bert-base-uncased", "--input-tokens", "128",
               "--requests-per-second", "50")  # fmt: skip
    found = json.loads(assay(*command, "--json")[1])
    for name in ("output_tokens_per_second", "time_to_first_token_s", "time_per_output_token_s",
                 "usd_per_million_output_tokens"):  # fmt: skip
        assert found[name] is None
    assert found["time_per_request_s"]["p50"] > 0
    assert found["capacity_requests_per_second"]["p50"] > 50
    assert "time of a request" in assay(*command)[1]


def test_what_is_not_back_tested_is_marked(assay):
    stated = ("--concurrency", "4", "--engine", "vllm", "--gpu", "H100", "--usd-per-gpu-hour", "3")
    found = json.loads(assay(*SERVE, *stated, "--json")[1])
    assert found["backtested"] is False
    assert sum("Not back-tested" in note for note in found["unlike"]) == 2
    assert "Not back-tested" in assay(*SERVE, *stated)[1]


def test_what_does_not_fit_is_null_not_zero(assay):
    command = ("cost", "serve", "--model", "llama-3-70b", "--input-tokens", "9",
               "--output-tokens", "9", "--concurrency", "1")  # fmt: skip
    found = json.loads(assay(*command, "--json")[1])
    assert found["fits"] is False
    assert found["usd_per_month"] is None
    assert found["interval"] is None
    assert "int8" in assay(*command)[1]


def test_backtest_prints_every_kind_and_writes_every_run(assay, tmp_path):
    file = tmp_path / "out.csv"
    code, out, err = assay("cost", "backtest", "--json", "--out", str(file))
    found = json.loads(out)
    assert code == 0
    assert str(file) in err
    assert {row["kind"] for row in found["kinds"]} >= {"finetuning", "run", "serving"}
    with file.open(newline="") as lines:
        written = list(csv.DictReader(lines))
    assert len(found["runs"]) == sum(row["n"] for row in found["kinds"])
    assert len(written) == 901
    assert float(written[0]["estimate_p5"]) < float(written[0]["estimate_p95"])
    assert {row["fits"] for row in written} == {"", "true", "false"}
    assert len(found["worst"]) == 10
    assert found["out_of_memory"]["failed_runs"] > 20


def test_backtest_judges_another_file(assay):
    facts = assets() / "facts" / "inference_runs.csv"
    found = json.loads(assay("cost", "backtest", "--file", str(facts), "--json")[1])
    assert {row["kind"] for row in found["kinds"]} >= {"batch", "serving"}


@pytest.mark.parametrize("written", ["run", "folder", "file", "hub"])
def test_a_model_is_found_by_run_folder_file_and_hub_id(assay, tmp_path, written):
    source = next((assets() / "models").glob("*/config.json"))
    run = Workspace.open(tmp_path / "home").run("mine-1") / "model"
    run.mkdir(parents=True)
    shutil.copy(source, run)
    names = {
        "run": "mine-1", "folder": str(source.parent), "file": str(source),
        "hub": "mistralai/Mistral-7B-v0.1",
    }  # fmt: skip
    command = ("cost", "train", "--model", names[written], "--tokens", "1e3", "--json")
    code, out, _ = assay(*command)
    assert code == 0
    assert json.loads(out)["parameters"] > 1e6


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("cost", "train", "--model", "nope", "--tokens", "1M"), "Known: starter"),
        (("cost", "train", "--model", "7B", "--tokens", "many"), "60M, 1.5B or 2e9"),
        (("cost", "train", "--model", "7B", "--tokens", "0"), "above 0"),
        (("cost", "train", "--model", "7B", "--tokens", "nan"), "--tokens"),
        (("cost", "train", "--model", "7B", "--tokens", "-5"), "--tokens"),
        (("cost", "train", "--model", "7B", "--tokens", "1" + 308 * "0"), "--tokens"),
        (("cost", "train", "--model", "7B", "--tokens", "1" + 17 * "0"), "tokens:"),
        ((*TRAIN, "--gpu", "TPU"), "A100-80-SXM"),
        ((*TRAIN, "--gpus", "999999"), "gpus: 999,999"),
        ((*TRAIN, "--parallel", "tp=3"), "tp=3 does not divide the model's 32 attention heads"),
        ((*TRAIN, "--parallel", "pp=64", "--gpus", "64"), "pp=64 is more stages than the model's"),
        ((*TRAIN, "--parallel", "tp=4,dp=4", "--gpus", "8"), "16 GPUs, not gpus=8"),
        ((*TRAIN, "--parallel", "tp=8", "--gpus", "4"), "does not divide gpus=4"),
        ((*TRAIN, "--parallel", "zero=4"), "give zero=0, 1, 2 or 3"),
        ((*TRAIN, "--parallel", "sideways=2"), "parallel: 'sideways=2'"),
        ((*TRAIN, "--parallel", "tp=2", "--gpus", "2", "--method", "qlora"), "zero=3"),
        ((*TRAIN, "--interconnect", "string"), "interconnect: 'string'"),
        ((*TRAIN, "--interconnect", "nan"), "interconnect: 'nan'"),
        ((*TRAIN, "--reserved-discount", "0.3"), "with pricing reserved"),
        ((*TRAIN, "--pricing", "reserved", "--reserved-discount", "1"), "reserved_discount: 1"),
        ((*TRAIN, "--price-row", "G999=2"), "price_row"),
        ((*TRAIN, "--price-row", "G002=free"), "price_row: 'G002=free'"),
        ((*TRAIN, "--storage-usd", "-1"), "storage_usd"),
        ((*TRAIN, "--egress-usd", "nan"), "egress_usd"),
        ((*TRAIN, "--restart-hours", "-1"), "restart_hours"),
        ((*TRAIN, "--failures-per-gpu-hour", "nan"), "failures_per_gpu_hour"),
        ((*TRAIN, "--provider", "Nobody"), "no price on file"),
        (("cost", "calibrate", "--run", "nothing"), "nothing"),
        ((*TRAIN, "--gpus", "0"), "above 0"),
        ((*TRAIN, "--method", "magic"), "'full', 'lora', 'qlora'"),
        ((*TRAIN, "--provider", "Nobody"), "AWS on-demand"),
        ((*TRAIN, "--usd-per-gpu-hour", "nan"), "above 0"),
        ((*TRAIN, "--pue", "0.5"), "PUE of 1 to 5"),
        (SERVE, "one of the three"),
        ((*SERVE, "--concurrency", "4", "--gpu", "H100"), "--usd-per-gpu-hour"),
        ((*SERVE, "--concurrency", "4", "--gpu", "TPU"), "Known: A100-40-PCIe"),
        ((*SERVE, "--concurrency", "4", "--gpus", "3"), "gpus: 3 GPUs cannot share"),
        ((*SERVE, "--concurrency", "4", "--engine", "sglang"), "Known: tensorrt-llm"),
        ((*SERVE, "--concurrency", "4", "--tpot-ms", "1"), "the nearest that can is"),
        ((*SERVE, "--concurrency", "4", "--ttft-ms", "nan"), "above 0"),
        ((*SERVE, "--concurrency", "4", "--precision", "nf4"), "does not store weights as nf4"),
        ((*SERVE, "--concurrency", "4", "--traffic", "flat"), "--requests-per-day"),
        ((*SERVE, "--requests-per-day", "9", "--traffic", "1,2"), "2 numbers cannot be; give 24"),
        ((*SERVE, "--requests-per-day", "9", "--traffic", "sunday"), "Known: flat"),
        ((*SERVE, "--requests-per-day", "9" * 400), "at most"),
        ((*SERVE, "--concurrency", "4", "--reserved-discount", "0.3"), "pricing reserved"),
        ((*SERVE, "--concurrency", "4", "--price-row", "G002"), "G002=3.1"),
        ((*SERVE, "--concurrency", "4", "--gpu", "L4", "--pricing", "spot"), "no price on file"),
        ((*SERVE, "--concurrency", "4", "--grid-kg-per-kwh", "-1"), "grid_kg_per_kwh"),
        ((*SERVE, "--concurrency", "4", "--provider", "Nobody"), "AWS on-demand"),
        ((*SERVE, "--concurrency", "4", "--usd-per-gpu-hour", "0"), "above 0"),
        ((*SERVE[:4], "--input-tokens", "9" * 400), "above 0 and below"),
        ((*SERVE[:4], "--input-tokens", "5", "--concurrency", "1"), "give --output-tokens"),
        ((*SERVE, "--requests-per-second", "-1"), "above 0"),
        ((*SERVE, "--concurrency", "4", "--precision", "fp8"), "'fp16', 'int8', 'int4'"),
        (("cost", "backtest", "--file", "nowhere.csv"), "no file"),
    ],
)
def test_bad_values_are_one_sentence_and_exit_2(assay, command, words):
    code, out, err = assay(*command)
    assert code == 2
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert words in err


MANY_HEADS = {"model_type": "llama", "hidden_size": 8, "num_attention_heads": 16,
              "num_hidden_layers": 2, "intermediate_size": 8, "vocab_size": 10}  # fmt: skip
NOT_MODELS = ("", "[]", "{", '{"model_type": "llama"}', '{"name": "left-pad"}', "5")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "num_attention_heads is 16 in the configuration, more heads than the 8"),
        ({"hidden_size": 64, "num_key_value_heads": 5}, "num_key_value_heads is 5"),
        ({"hidden_size": 10**30}, "hidden_size is more than"),
        ({"hidden_size": 64, "num_hidden_layers": 0}, "num_hidden_layers is 0"),
    ],
)
def test_a_configuration_that_cannot_be_names_its_field(assay, tmp_path, change, words):
    (tmp_path / "config.json").write_text(json.dumps({**MANY_HEADS, **change}))
    code, _, err = assay("cost", "train", "--model", str(tmp_path), "--tokens", "1M")
    assert code == 2
    assert words in err


@pytest.mark.parametrize("content", NOT_MODELS)
def test_a_configuration_that_cannot_be_used_is_exit_2(assay, tmp_path, content):
    (tmp_path / "config.json").write_text(content)
    code, _, err = assay("cost", "train", "--model", str(tmp_path), "--tokens", "1M")
    assert code == 2
    assert len(err.strip().splitlines()) == 1
