"""Energy and CO2 of GPU-hours.

An A100 SXM that trained StarCoder drew 280 W on average of its 400 W limit (Li et al. 2023,
arXiv:2305.06161, section 5.7); other cards are taken at the same share of theirs. Defaults of the
data centre and the grid are those of LLaMA's model card: PUE 1.1, 0.385 kg CO2e per kWh (Touvron
et al. 2023, arXiv:2302.13971, section 6). Processors, disks and network of the host are not
counted.
"""

from dataclasses import dataclass

from core.cost.hardware import Gpu
from core.units import KILO

POWER_SHARE = 280 / 400
DEFAULT_PUE = 1.1
DEFAULT_GRID_KG_PER_KWH = 0.385


@dataclass(frozen=True)
class Site:
    """A data centre: power drawn over power used, and the CO2 of its electricity."""

    pue: float = DEFAULT_PUE
    grid_kg_per_kwh: float = DEFAULT_GRID_KG_PER_KWH


SITE = Site()


def gpu_watts(gpu: Gpu) -> float:
    """Average draw of a busy card."""
    return POWER_SHARE * gpu.power_limit_watts


def energy_kwh(gpu: Gpu, gpu_hours: float, site: Site) -> float:
    """Electricity of GPU-hours, at the data centre's meter."""
    return gpu_hours * gpu_watts(gpu) / KILO * site.pue


def co2_kg(kwh: float, site: Site) -> float:
    """CO2 equivalent of electricity."""
    return kwh * site.grid_kg_per_kwh
