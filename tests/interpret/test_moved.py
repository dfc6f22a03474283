"""The distance of two attentions: properties, a worked value, and what is kept of a comparison."""

import math

import numpy as np
import pytest

from core.interpret import moved
from core.interpret.moved import Moved, MovedHead, MovedSentence
from core.workspace import Workspace
from tests.interpret.captures import attention


def test_properties():
    p, q = attention(2, 3, 5, 5), attention(2, 3, 5, 5)[::-1]
    assert moved.divergence(p, p).max() == 0
    assert np.allclose(moved.divergence(p, q), moved.divergence(q, p))
    assert 0 < moved.divergence(p, q).max() <= math.log(2)
    apart = moved.divergence([1.0, 0, 0], [0, 0.5, 0.5])
    assert apart == pytest.approx(math.log(2))


def test_a_value_by_hand():
    # m = (3/4, 1/4); ½ ln(4/3) + ½ (½ ln(2/3) + ½ ln 2) = ½ ln(4/3) + ¼ ln(4/3) = ¾ ln(4/3) …
    # … with ½ ln(2/3) + ½ ln 2 = ½ ln(4/3).
    assert moved.divergence([1.0, 0.0], [0.5, 0.5]) == pytest.approx(0.75 * math.log(4 / 3))


def test_the_first_row_of_a_causal_attention_does_not_count():
    p = np.array([[1.0, 0], [1.0, 0]])
    q = np.array([[1.0, 0], [0.0, 1]])
    assert moved.distance(p, q, causal=True) == pytest.approx(math.log(2))
    assert moved.distance(p, q, causal=False) == pytest.approx(math.log(2) / 2)
    assert moved.distance([[1.0]], [[1.0]], causal=True) == 0


def study(**changes):
    heads = (MovedHead("encoder", 0, 0, 0.2, 0.1, 0.3, 0.1, 0.05, 0.15, 0.001),
             MovedHead("encoder", 0, 1, 0.3, 0.1, 0.3, 0.4, 0.05, 0.5, 1.0))  # fmt: skip
    fields = {
        "key": "abc", "a": "base", "b": "run", "dataset": "d", "data_version": "v",
        "split": "test", "n": 9, "limit": None, "dropout": 0.1, "heads": heads,
        "sentences": (MovedSentence(
            "1", "</script>", "x", 0.2, "encoder", 0, 0, 0.3, ("<s>", "b"), ("c", "**d**"),
            ((0.5, 0.5), (0.9, 0.1)), ((0.4, 0.6), (0.2, 0.8))),),
        "seconds": 1.0, "created_at": "2026-11-26T00:00:00+00:00",
    }  # fmt: skip
    return Moved(**{**fields, **changes})


def test_a_comparison_is_kept_and_found(tmp_path):
    workspace = Workspace.open(tmp_path)
    made = study()
    moved.STUDIES.save(workspace, made)
    assert moved.STUDIES.find(workspace, "abc") == made == moved.STUDIES.newest(workspace)[0]
    assert moved.STUDIES.find(workspace, "other") is None
    assert [head.head for head in made.moved] == [0]
    assert [head.head for head in made.farthest] == [0, 1]
    assert [head["moved"] for head in made.to_json()["heads"]] == [True, False]


def test_what_a_head_looks_at_more():
    (one,) = study().sentences
    assert one.gained == (1, 1)
    assert one.change.tolist() == [pytest.approx([-0.1, 0.1]), pytest.approx([-0.7, 0.7])]
