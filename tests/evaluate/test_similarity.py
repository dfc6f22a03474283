"""Similarity by an encoder: greedy matching by hand, and what a real encoder makes of texts."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from core.data import dataset as datasets
from core.data.dataset import Example
from core.errors import BadInput, NotFound
from core.evaluate import scoring, similarity
from core.evaluate.answer import of_texts
from core.evaluate.prepare import prepare
from core.models.resolve import resolve
from core.workspace import Workspace


def plain(reference: np.ndarray, answer: np.ndarray) -> float:
    """Zhang et al. 2020, equation 1, written out."""

    def cosine(a: np.ndarray, b: np.ndarray) -> float:
        return float(a @ b / math.sqrt(a @ a) / math.sqrt(b @ b))

    recall = sum(max(cosine(r, a) for a in answer) for r in reference) / len(reference)
    precision = sum(max(cosine(r, a) for r in reference) for a in answer) / len(answer)
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize("seed", range(4))
def test_greedy_matching_is_zhangs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    reference, answer = rng.random((5, 8)), rng.random((3, 8))
    found = similarity.greedy_f1(torch.tensor(reference), torch.tensor(answer))
    assert found == pytest.approx(plain(reference, answer))


def test_by_hand() -> None:
    right, up = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 2.0]])
    both = torch.cat([right, up])
    assert similarity.greedy_f1(both, right) == pytest.approx(2 * 1 * 0.5 / 1.5)
    assert similarity.cosine(both, right) == pytest.approx(1 / math.sqrt(5))
    nothing = torch.zeros(0, 2)
    assert similarity.greedy_f1(both, nothing) == similarity.cosine(nothing, right) == 0


def test_an_encoder_ranks_the_same_the_near_and_the_far(tmp_path: Path) -> None:
    ref = resolve(Workspace.open(tmp_path), "starter-encode")
    reference = "The invoice was paid on Monday."
    said = [reference, "The invoice was paid on Tuesday.", "Birds sing in green trees", "", "x"]
    told: list[tuple[int, int]] = []
    answers = similarity.compared(
        ref, [reference] * 4 + [""], of_texts(said), lambda done, n: told.append((done, n))
    )
    near = [answer.similarity for answer in answers]
    assert near[4] is None
    for name in ("bertscore", "embedding"):
        same, close, far, none = (row[name] for row in near[:4] if row)
        assert same == pytest.approx(1, abs=1e-5)
        assert same > close > far > none == 0
    assert told[-1] == (5, 5)
    (score,) = scoring.score(["bertscore"], [reference] * 4, answers[:4], language="en")
    assert score.signature.endswith("|encoder:starter-encode")


def test_batches_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = resolve(Workspace.open(tmp_path), "starter-encode")
    references = [f"the number is {i} {'and more ' * i}" for i in range(7)]
    answers = of_texts(f"it says {i}" for i in range(7))
    together = similarity.compared(ref, references, answers, lambda *_: None)
    monkeypatch.setattr(similarity, "ROWS", 1)
    alone = similarity.compared(ref, references, answers, lambda *_: None)
    for one, other in zip(together, alone, strict=True):
        assert one.similarity == pytest.approx(other.similarity, abs=1e-5)


def test_only_an_encoder_can_compare_and_only_where_it_is_needed(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    datasets.save(workspace, "demo", "translation", {"test": [Example("1", "a", "b")]})

    def ready(metric: str, encoder: str | None) -> object:
        return prepare(workspace, "demo", model="copy-source", predictions=None, split=None,
                       metrics=[metric], limit=None, encoder=encoder).encoder  # fmt: skip

    assert ready("bleu", None) is None
    assert ready("bertscore", None) == resolve(workspace, "starter-encode")
    with pytest.raises(BadInput, match="name an encoder, such as starter-encode"):
        ready("bertscore", "starter-translate")
    with pytest.raises(BadInput, match="No metric needs --encoder"):
        ready("bleu", "starter-encode")
    with pytest.raises(NotFound):
        ready("embedding", "nope")
