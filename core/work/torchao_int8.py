"""What torchao is asked for: weights in 8 bits, sums in floating point."""

from typing import Any

from torchao.quantization import Int8WeightOnlyConfig
from transformers import TorchAoConfig


def configuration() -> Any:
    """As Transformers takes it."""
    return TorchAoConfig(Int8WeightOnlyConfig())
