"""The GPUs that can be priced: what the data sheet says, and what is really reached.

Peaks are dense bf16/fp16. Sources: NVIDIA A100 data sheet (as quoted by thundercompute.com,
2026-05-21), and the data sheets of the others as they were issued; bus bandwidth 235 GB/s of 300
within a node (stas00/ml-engineering); a PCIe 4.0 x16 slot carries 32 GB/s, of which about 20
survive an all-reduce between cards. NVLink 4 and PCIe 5.0 are taken at the same shares of theirs:
450 and 64 GB/s.
"""

from dataclasses import dataclass

from core import table
from core.errors import NotFound
from core.units import GIB, GIGA, TERA


@dataclass(frozen=True)
class Gpu:
    """A GPU; per second and per GPU, bytes and FLOP as they are named.

    `link_bytes_per_second` is the bus bandwidth of an all-reduce among the GPUs of one machine.
    A "40 GB" card holds 40 GiB; GDDR6 keeps one part in sixteen of its memory for error correction.
    `backtested` = published runs on this kind of card stand behind the estimates.
    """

    name: str
    title: str
    memory_bytes: int
    peak_flops_per_second: float
    bandwidth_bytes_per_second: float
    link_bytes_per_second: float
    power_limit_watts: float
    form: str
    source: str
    as_of: str
    backtested: bool = True

    @property
    def usable_bytes(self) -> float:
        """What a program finds of its memory: PyTorch reports 79.2 of an A100's 80 GiB."""
        return 0.99 * self.memory_bytes


_SHEET = "NVIDIA A100 data sheet"
_DATE = "2026-05-21"
_NVLINK_4 = round(450 * 235 / 300) * GIGA
_PCIE_4, _PCIE_5 = 20 * GIGA, 40 * GIGA

GPUS = (
    Gpu("A100-40-PCIe", "A100 40 GB PCIe", 40 * GIB, 312 * TERA, 1555 * GIGA, _PCIE_4, 250,
        "PCIe", _SHEET, _DATE),
    Gpu("A100-40-SXM", "A100 40 GB SXM", 40 * GIB, 312 * TERA, 1555 * GIGA, 235 * GIGA, 400,
        "SXM", _SHEET, _DATE),
    Gpu("A100-80-PCIe", "A100 80 GB PCIe", 80 * GIB, 312 * TERA, 1935 * GIGA, _PCIE_4, 300,
        "PCIe", _SHEET, _DATE),
    Gpu("A100-80-SXM", "A100 80 GB SXM", 80 * GIB, 312 * TERA, 2039 * GIGA, 235 * GIGA, 400,
        "SXM", _SHEET, _DATE),
    Gpu("H100-PCIe", "H100 80 GB PCIe", 80 * GIB, 756 * TERA, 2000 * GIGA, _PCIE_5, 350,
        "PCIe", "NVIDIA H100 data sheet", "2022-11", backtested=False),
    Gpu("H100-SXM", "H100 80 GB SXM", 80 * GIB, 989 * TERA, 3350 * GIGA, _NVLINK_4, 700,
        "SXM", "NVIDIA H100 data sheet", "2022-11", backtested=False),
    Gpu("H200", "H200 141 GB SXM", 141 * GIB, 989 * TERA, 4800 * GIGA, _NVLINK_4, 700,
        "SXM", "NVIDIA H200 data sheet", "2023-11", backtested=False),
    Gpu("L4", "L4 24 GB PCIe", 24 * GIB * 15 // 16, 121 * TERA, 300 * GIGA, _PCIE_4, 72,
        "PCIe", "NVIDIA L4 data sheet", "2023-03", backtested=False),
    Gpu("L40S", "L40S 48 GB PCIe", 48 * GIB * 15 // 16, 362 * TERA, 864 * GIGA, _PCIE_4, 350,
        "PCIe", "NVIDIA L40S data sheet", "2023-08", backtested=False),
)  # fmt: skip
DEFAULT_GPU = "A100-80-SXM"


def gpu(name: str) -> Gpu:
    """Look a GPU up; a form that is left out is SXM, and "a100-80gb" is understood.

    Raises:
        NotFound: There is no such GPU; the message lists the known ones.
    """
    wanted = name.casefold().replace("gb", "").replace(" ", "-").replace("_", "-").strip("-")
    if wanted in ("a100-40", "a100-80", "h100"):
        wanted = f"{wanted}-sxm"
    try:
        return table.find(GPUS, wanted, "GPU")
    except NotFound:
        return table.find(GPUS, name, "GPU")
