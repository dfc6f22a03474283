"""The cards, against what their data sheets print."""

import pytest

from core.cost.hardware import GPUS, gpu

SHEETS = {
    "A100-40-PCIe": (624, 40, 1555, 250),
    "A100-40-SXM": (624, 40, 1555, 400),
    "A100-80-PCIe": (624, 80, 1935, 300),
    "A100-80-SXM": (624, 80, 2039, 400),
    "H100-PCIe": (1513, 80, 2000, 350),
    "H100-SXM": (1979, 80, 3350, 700),
    "H200": (1979, 141, 4800, 700),
    "L4": (242, 24, 300, 72),
    "L40S": (733, 48, 864, 350),
}
"""TFLOP/s in bf16 with sparsity (twice the dense rate), GB, GB/s, W."""


def test_every_card_has_its_golden_row():
    assert [card.name for card in GPUS] == list(SHEETS)


@pytest.mark.parametrize("card", GPUS, ids=lambda card: card.name)
def test_cards_are_as_printed(card):
    sparse, memory, bandwidth, watts = SHEETS[card.name]
    assert 2 * card.peak_flops_per_second / 1e12 == pytest.approx(sparse, rel=0.02)
    assert card.bandwidth_bytes_per_second / 1e9 == bandwidth
    assert card.power_limit_watts == watts
    kept = 15 / 16 if card.name.startswith("L4") else 1
    assert card.memory_bytes / 2**30 == kept * memory
    assert card.source
    assert card.as_of
    assert card.backtested == card.name.startswith("A100")


@pytest.mark.parametrize(
    ("written", "name"), [("h100", "H100-SXM"), ("H200", "H200"),
                          ("h100_pcie", "H100-PCIe"), ("l4", "L4"), ("L40s", "L40S")],
)  # fmt: skip
def test_cards_are_found_as_people_write_them(written, name):
    assert gpu(written).name == name
