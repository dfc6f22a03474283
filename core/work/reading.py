"""What is read to measure a model's loss by position, and how far."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.data.dataset import Dataset, Example
from core.interpret.context import reasons
from core.interpret.own import Own
from core.interpret.slot import Slot

MOST_TOKENS = 65_536
"""Measured at most; more would narrow intervals that are narrow already."""
UNKNOWN_TOKENS = 1024
"""How far is measured where a model names no length."""

Tell = Callable[[float], None]
Measured = tuple[str, NDArray[np.float64], list[tuple[int, int]], int]
"""The way it was measured, sums (units, bins, 2), the bins' edges, the longest input in tokens."""


@dataclass(frozen=True)
class Texts:
    """What a model reads: rows of a dataset, or one text."""

    source: str
    digest: str
    dataset: Dataset | None
    rows: tuple[Example, ...]
    text: str = ""


def reach(own: Own, hard: int | None) -> int:
    """How far is measured unless told otherwise: twice what is said of the model, or to its end."""
    said = [reason.tokens for reason in reasons(own) if reason.tokens]
    trained = own.facts["trained_tokens"]
    twice = 2 * max([*said, trained or 0]) if said or trained else UNKNOWN_TOKENS
    return twice if hard is None else min(hard, twice)


def ready(held: Slot) -> Any:
    """Its model, in evaluation mode, where it is quickest."""
    model = held.model
    return model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
