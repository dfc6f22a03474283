"""What the driver says of a GPU; the driver is a script that answers as NVIDIA's does."""

from pathlib import Path

import pytest

from core.train import device
from core.units import MIB


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(device.metadata, "version", lambda _: "2.13.0+cu130")
    device.computes_in_bfloat16.cache_clear()

    def answers(line: str, status: int = 0) -> None:
        script = tmp_path / "nvidia-smi"
        script.write_text(f"#!/bin/sh\necho '{line}'\nexit {status}\n")
        script.chmod(0o755)

    yield answers
    device.computes_in_bfloat16.cache_clear()


def test_an_a100_computes_in_bfloat16(driver):
    driver("NVIDIA A100-SXM4-80GB, 80000, 400.00, 8.0")
    assert device.gpu() == device.Gpu("NVIDIA A100-SXM4-80GB", 80_000 * MIB, 400.0, 8.0)
    assert device.computes_in_bfloat16()


def test_a_t4_does_not(driver):
    driver("Tesla T4, 15000, [N/A], 7.5")
    assert device.gpu() == device.Gpu("Tesla T4", 15_000 * MIB, None, 7.5)
    assert not device.computes_in_bfloat16()


@pytest.mark.parametrize(("line", "status"), [("No devices were found", 0), ("failed", 9)])
def test_a_driver_without_a_gpu(driver, line, status):
    driver(line, status)
    assert device.gpu() is None


def test_a_torch_without_cuda_uses_no_gpu(driver, monkeypatch):
    driver("NVIDIA A100-SXM4-80GB, 80000, 400.00, 8.0")
    monkeypatch.setattr(device.metadata, "version", lambda _: "2.13.0+cpu")
    assert device.gpu() is None
