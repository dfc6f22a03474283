"""The probe: some steps of small models, measured."""

import pytest

from core.models.shape import from_config, parameters
from core.work import calibrate


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """One small model, a few steps, small matrices."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(
        calibrate,
        "JOBS",
        {kind: (("tiny", calibrate._gpt2(2, 64, 2, 32), 2, 16),) for kind in ("cpu", "cuda")},
    )
    monkeypatch.setattr(calibrate, "SECONDS", 0.2)
    monkeypatch.setattr(calibrate, "PRODUCT", {"cpu": 128, "cuda": 512})
    monkeypatch.setattr(calibrate, "COPY_BYTES", 2**20)


def test_a_probe_trains_some_steps_and_measures_the_machine() -> None:
    found = calibrate.probe({})
    [job] = found["jobs"]
    assert calibrate.FEWEST_STEPS <= job["steps"] <= calibrate.MOST_STEPS
    assert job["tokens_per_second"] > 0
    assert 1e8 < found["product_flops_per_second"] < 1e16
    assert 1e7 < found["copy_bytes_per_second"] < 1e14


@pytest.mark.parametrize(
    "job", [job for jobs in calibrate.JOBS.values() for job in jobs], ids=lambda job: job[0]
)
def test_the_shapes_that_are_predicted_are_those_that_are_trained(job: tuple) -> None:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    _, config, _, length = job
    made = {key: value for key, value in config.items() if key != "model_type"}
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model("gpt2", **made))
    assert model.num_parameters() == parameters(from_config(config)).total
    assert length <= config["n_positions"]


@pytest.mark.gpu
def test_a_gpu_is_named_and_measured() -> None:
    found = calibrate.probe({})
    assert found["device"] != "cpu"
    assert found["memory_bytes"] > 2**30
    assert found["product_flops_per_second"] > 1e12
