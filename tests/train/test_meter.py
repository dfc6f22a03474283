import ctypes
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from core.train.meter import Meter, nvml, rapl


def zone(folder: Path, number: str, name: str, joules: float, span_uj: int = 10**12) -> Path:
    made = folder / f"intel-rapl:{number}"
    made.mkdir()
    (made / "name").write_text(f"{name}\n")
    (made / "energy_uj").write_text(f"{round(joules * 1e6)}\n")
    (made / "max_energy_range_uj").write_text(f"{span_uj}\n")
    return made / "energy_uj"


def test_packages_are_added_and_their_parts_are_not(tmp_path: Path) -> None:
    first, second = zone(tmp_path, "0", "package-0", 5), zone(tmp_path, "1", "package-1", 7)
    core = zone(tmp_path, "0:0", "core", 1)
    read = rapl(tmp_path)
    assert read is not None
    for file, joules in ((first, 6), (second, 9.5), (core, 100)):
        file.write_text(str(round(joules * 1e6)))
    assert read() == pytest.approx(1 + 2.5)


def test_a_counter_that_starts_again_goes_on(tmp_path: Path) -> None:
    file = zone(tmp_path, "0", "package-0", 9.0, span_uj=10_000_000 - 1)
    read = rapl(tmp_path)
    assert read is not None
    file.write_text("500000")  # 1 J to the end of the range, half a joule after it
    assert read() == pytest.approx(1.5)
    file.write_text("700000")
    assert read() == pytest.approx(1.7)


def test_without_a_readable_counter_nothing_is_claimed(tmp_path: Path) -> None:
    assert rapl(tmp_path / "none") is None
    zone(tmp_path, "0", "package-0", 1).unlink()
    assert rapl(tmp_path) is None
    meter = Meter({})
    assert (meter.energy_source, meter.energy_joules()) == (None, None)
    assert meter.read()["energy_joules"] is None
    assert meter.read()["memory_bytes"] > 1_000_000


def test_what_was_drawn_before_the_meter_is_not_counted() -> None:
    drawn = {"rapl": 100.0, "nvml": 7.0}
    meter = Meter({name: lambda name=name: drawn[name] for name in drawn})  # type: ignore[misc]
    drawn.update(rapl=103.0, nvml=9.0)
    assert (meter.energy_source, meter.energy_joules()) == ("rapl+nvml", 5.0)
    meter.go_on(20.0)
    assert meter.energy_joules() == 25.0
    meter.go_on(None)
    assert meter.energy_joules() == 5.0


def driver(millijoules: list[int], status: int = 0) -> Any:
    def total(card: Any, drawn: Any) -> int:
        drawn._obj.value = millijoules[0]
        return status

    return SimpleNamespace(
        nvmlInit_v2=lambda: 0,
        nvmlDeviceGetHandleByUUID=lambda uuid, card: int(uuid != b"GPU-abc"),
        nvmlDeviceGetTotalEnergyConsumption=total,
    )


def test_the_drivers_millijoules_become_joules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(uuid="abc"))
    drawn = [2_500]
    read = nvml(driver(drawn))
    assert read is not None
    assert read() == 2.5
    drawn[0] = 4_000
    assert read() == 4.0
    assert nvml(driver(drawn, status=3)) is None  # not supported
    monkeypatch.setattr(ctypes, "CDLL", lambda _: (_ for _ in ()).throw(OSError()))
    assert nvml() is None
