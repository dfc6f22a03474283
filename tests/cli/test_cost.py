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
SERVE_KEYS = {
    "tokens_per_second", "time_to_first_token_seconds", "time_between_tokens_seconds",
    "usd_per_million_input_tokens", "usd_per_million_output_tokens", "usd_per_request",
    "usd_per_month", "replicas", "memory_parts_bytes", "memory_bytes", "assumptions", "interval",
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
    ("load", "requests"), [(("--requests-per-second", "2"), 2), (("--concurrency", "8"), None)]
)
def test_serve_prints_one_document(assay, load, requests):
    code, out, _ = assay(*SERVE, *load, "--json")
    found = json.loads(out)
    assert code == 0
    assert set(found) >= SERVE_KEYS
    assert requests in (None, found["requests_per_second"])
    cost = (
        found["usd_per_million_input_tokens"] * 500 + found["usd_per_million_output_tokens"] * 100
    )
    assert found["usd_per_request"] == pytest.approx(cost / 1e6)


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
        ((*TRAIN, "--gpu", "H100"), "A100-80-SXM"),
        ((*TRAIN, "--gpus", "0"), "above 0"),
        ((*TRAIN, "--method", "magic"), "'full', 'lora', 'qlora'"),
        ((*TRAIN, "--provider", "Nobody"), "AWS on-demand"),
        ((*TRAIN, "--usd-per-gpu-hour", "nan"), "above 0"),
        ((*TRAIN, "--pue", "0.5"), "PUE of 1 to 5"),
        (SERVE, "one of the two"),
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
