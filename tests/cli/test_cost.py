"""`assay cost` as a person or a script calls it."""

import csv
import json
import shutil

import pytest

from core.cli.main import main
from core.workspace import Workspace, assets

TRAIN = ("cost", "train", "--model", "mistral-7b", "--tokens", "60M")
SERVE = ("cost", "serve", "--model", "7B", "--input-tokens", "500", "--output-tokens", "100")
TRAIN_KEYS = {
    "model", "parameters", "gpu", "gpus", "tokens", "hours", "hours_low", "hours_high",
    "gpu_hours", "usd", "usd_low", "usd_high", "price_usd_per_gpu_hour", "price_source",
    "price_date", "memory_parts_bytes", "memory_bytes", "fits", "advice", "host_memory_bytes",
    "flops", "mfu", "energy_kwh", "co2_kg", "assumptions", "interval",
}  # fmt: skip
RANGED = (
    "output_tokens_per_second", "time_to_first_token_s", "time_per_output_token_s",
    "time_per_request_s", "usd_per_month", "capacity_requests_per_second", "gpu_hours_per_month",
)  # fmt: skip
PLAIN = (
    "usd_per_million_input_tokens", "usd_per_million_output_tokens", "usd_per_request",
    "energy_kwh", "co2_kg",
)  # fmt: skip
SERVE_KEYS = {
    *RANGED, *PLAIN, "replicas", "utilisation", "memory_bytes_per_gpu", "fits", "advice",
    "assumptions", "sources", "pareto", "traffic", "target", "interval",
}  # fmt: skip


@pytest.fixture
def assay(tmp_path, monkeypatch, capsys):
    """Run a command with a workspace of its own."""
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([*arguments])
        output = capsys.readouterr()
        return ended.value.code, output.out, output.err

    return run


def test_train_prints_one_document(assay):
    code, out, err = assay(*TRAIN, "--method", "lora", "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert set(found) >= TRAIN_KEYS
    assert found["parameters"] == 7_241_732_096
    assert found["tokens"] == 60_000_000
    assert found["fits"] is True
    assert found["hours_low"] < found["hours"] < found["hours_high"]
    assert found["usd"] == pytest.approx(found["gpu_hours"] * found["price_usd_per_gpu_hour"])
    assert sum(found["memory_parts_bytes"].values()) == found["memory_bytes"]
    assert found["interval"]["runs"] > 50


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
    assert set(memory["parts"]) == {"weights", "cache", "activations", "context"}
    hourly = found["price_usd_per_gpu_hour"] * found["gpu_hours_per_month"]["p50"]
    assert found["usd_per_month"]["p50"] == pytest.approx(hourly)
    assert all({"what", "source", "as_of"} == set(row) for row in found["sources"])
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
    command = ("cost", "train", "--model", names[written], "--tokens", "1k", "--json")
    code, out, _ = assay(*command)
    assert code == 0
    assert json.loads(out)["parameters"] > 1e6


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("cost", "train", "--model", "nope", "--tokens", "1M"), "Known: starter"),
        (("cost", "train", "--model", "7B", "--tokens", "many"), "60M or 1.5B"),
        (("cost", "train", "--model", "7B", "--tokens", "0"), "above 0"),
        ((*TRAIN, "--gpu", "TPU"), "A100-80-SXM"),
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


@pytest.mark.parametrize("content", ["", "[]", "{", '{"model_type": "llama"}'])
def test_a_configuration_that_cannot_be_used_is_exit_2(assay, tmp_path, content):
    (tmp_path / "config.json").write_text(content)
    code, _, err = assay("cost", "train", "--model", str(tmp_path), "--tokens", "1M")
    assert code == 2
    assert len(err.strip().splitlines()) == 1
