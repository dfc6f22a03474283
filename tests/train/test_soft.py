"""The loss of a student: the formula by hand, and what it is where nothing is to be learnt."""

import math

import pytest
import torch

from core.train.soft import Soft

HARD = torch.tensor(0.5)


def softmax(row, temperature):
    powers = [math.exp(x / temperature) for x in row]
    return [p / sum(powers) for p in powers]


def test_it_is_the_divergence_at_a_temperature_and_the_labels_loss():
    ours, theirs, temperature, weight = [[1.0, 0.0, -1.0]], [[0.0, 2.0, 0.0]], 2.0, 0.6
    p, q = softmax(theirs[0], temperature), softmax(ours[0], temperature)
    apart = sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
    found = Soft([], temperature, weight).loss(
        HARD, torch.tensor(ours), torch.tensor(theirs), several=False
    )
    assert float(found) == pytest.approx(weight * temperature**2 * apart + 0.4 * 0.5, abs=1e-6)


def test_with_several_labels_each_class_is_a_yes_or_no():
    ours, theirs = 0.3, -1.2

    def yes(x):
        return 1 / (1 + math.exp(-x / 2))

    p, q = yes(theirs), yes(ours)
    apart = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
    found = Soft([], 2.0, 1.0).loss(
        HARD, torch.tensor([[ours]]), torch.tensor([[theirs]]), several=True
    )
    assert float(found) == pytest.approx(4 * apart, abs=1e-6)


@pytest.mark.parametrize("several", [False, True])
def test_a_student_that_says_the_same_has_only_the_labels_loss(several):
    logits = torch.tensor([[1.0, -2.0], [0.0, 3.0]])
    found = Soft([], 3.0, 0.7).loss(HARD, logits, logits, several=several)
    assert float(found) == pytest.approx(0.15, abs=1e-6)
