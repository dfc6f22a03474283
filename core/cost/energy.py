"""Energy and CO2 of GPU-hours.

An A100 SXM that trained StarCoder drew 280 W on average of its 400 W limit (Li et al. 2023,
arXiv:2305.06161, section 5.7); other cards are taken at the same share of theirs. A card that holds
a model and waits draws its bare idle power and 26 to 66 W for the CUDA context (Vadari 2026,
arXiv:2605.23918: H100, A100, L40S); it is taken as `IDLE_SHARE` of the limit. Defaults of the
data centre and the grid are those of LLaMA's model card: PUE 1.1, 0.385 kg CO2e per kWh (Touvron
et al. 2023, arXiv:2302.13971, section 6). Processors, disks and network of the host are not
counted.
"""

from dataclasses import dataclass

from core.cost.hardware import Gpu
from core.errors import BadInput
from core.units import KILO

POWER_SHARE = 280 / 400
IDLE_SHARE = 0.2
DEFAULT_PUE = 1.1
DEFAULT_GRID_KG_PER_KWH = 0.385


@dataclass(frozen=True)
class Site:
    """A data centre: power drawn over power used, and the CO2 of its electricity."""

    pue: float = DEFAULT_PUE
    grid_kg_per_kwh: float = DEFAULT_GRID_KG_PER_KWH


SITE = Site()


def checked_site(pue: float, grid_kg_per_kwh: float) -> Site:
    """A data centre of the user's.

    Raises:
        BadInput: A number cannot be.
    """
    if not 1 <= pue <= 5:
        raise BadInput(f"pue: {pue:g} cannot be; give a PUE of 1 to 5.")
    if not 0 <= grid_kg_per_kwh <= 5:
        raise BadInput(f"grid_kg_per_kwh: {grid_kg_per_kwh:g} cannot be; give 0 to 5 kg.")
    return Site(pue, grid_kg_per_kwh)


def gpu_watts(gpu: Gpu, utilisation: float = 1.0) -> float:
    """Average draw of a card that is busy for a share of the time, and waits for the rest."""
    return (IDLE_SHARE + (POWER_SHARE - IDLE_SHARE) * utilisation) * gpu.power_limit_watts


def energy_kwh(gpu: Gpu, gpu_hours: float, site: Site, utilisation: float = 1.0) -> float:
    """Electricity of GPU-hours, at the data centre's meter."""
    return gpu_hours * gpu_watts(gpu, utilisation) / KILO * site.pue


def co2_kg(kwh: float, site: Site) -> float:
    """CO2 equivalent of electricity."""
    return kwh * site.grid_kg_per_kwh
