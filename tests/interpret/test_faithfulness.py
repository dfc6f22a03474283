"""The trust meter: curves by hand, chance that is exactly zero, verdicts that fit."""

from statistics import NormalDist

import numpy as np
import pytest

from core.interpret import faithfulness as trust
from core.interpret.aiming import aim
from core.work.explain import probabilities, scores_of
from tests.interpret.explained import DECISIVE, blind, tokenizer


@pytest.mark.parametrize("tokens", range(3, 40))
@pytest.mark.parametrize("points", [10, 20])
def test_steps_count_what_is_gone_and_what_is_left_alike(tokens: int, points: int) -> None:
    found = trust.steps(tokens, points)
    assert found[0] == 0 and found[-1] == tokens and len(found) <= points + 2
    assert (np.sort(tokens - found) == found).all()
    assert len(set(found)) == len(found)
    if tokens <= points:
        assert len(found) >= tokens - tokens % 2


def additive(weights):
    """A probability that falls by a fixed amount with each token."""
    return lambda gone: 1 - gone @ np.asarray(weights)


def test_curves_of_an_additive_model_by_hand() -> None:
    weights = [0.6, 0.3, 0.1]
    found = trust.measure({"attention": np.array([3.0, 2.0, 1.0])}, [True] * 3, additive(weights))
    assert found.shares.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert found.deletion["attention"] == pytest.approx([1, 0.4, 0.1, 0])
    assert found.insertion["attention"] == pytest.approx([0, 0.6, 0.9, 1])
    # Trapezoids: (1 + .4)/2 + (.4 + .1)/2 + .1/2 = 1, of 3; and 2 of 3.
    assert found.area("deletion", "attention") == pytest.approx(1 / 3)
    assert found.gap("attention") == pytest.approx(1 / 3)
    assert (found.full, found.empty) == pytest.approx((1, 0))
    worst = trust.measure({"attention": np.array([1.0, 2.0, 3.0])}, [True] * 3, additive(weights))
    assert worst.gap("attention") == pytest.approx(-1 / 3)


def test_each_input_is_asked_once() -> None:
    asked = []

    def probability(gone):
        asked.append(gone)
        return np.ones(len(gone))

    trust.measure({"attention": np.arange(4.0)}, [True, True, False, True], probability)
    (gone,) = asked
    assert len(np.unique(gone, axis=0)) == len(gone) <= 2**3
    assert not gone[:, 2].any()


def test_random_orders_have_a_gap_of_zero_on_average_exactly() -> None:
    weights = np.random.default_rng(1).random(9)
    table: dict[bytes, float] = {}
    rng = np.random.default_rng(2)

    def probability(gone):
        """Any function at all of what is gone."""
        return np.array([table.setdefault(row.tobytes(), rng.random()) for row in gone])

    found = trust.measure({"rollout": weights}, [True] * 9, probability, pairs=7)
    assert len(found.random_gaps) == 14
    assert np.allclose(found.random_gaps[:7], -found.random_gaps[7:])
    assert found.random_gaps.mean() == pytest.approx(0, abs=1e-15)


def test_random_insertion_is_deletion_of_the_reverse_read_backwards() -> None:
    """Computed again without the trick, for one order."""
    weights = np.random.default_rng(3).random(6)

    def probability(gone):
        return np.exp(-((gone @ weights) ** 2))

    found = trust.measure({"attention": weights}, [True] * 6, probability, pairs=4, seed=5)
    rng = np.random.default_rng(5)
    order = rng.permutation(np.arange(6))
    kept = np.array([[place not in order[:count] for place in range(6)] for count in range(7)])
    assert np.allclose(found.random_insertion[0], probability(kept))
    assert np.allclose(found.random_deletion[0], probability(~kept))


def test_equal_scores_are_ordered_by_a_coin_and_not_by_place() -> None:
    order = trust.order_of(np.zeros(30), [True] * 30)
    assert order.tolist() != sorted(order) and sorted(order) == list(range(30))
    assert trust.order_of(np.zeros(30), [True] * 30).tolist() == order.tolist()
    assert trust.order_of(np.array([0.1, 9, 0.5]), [True, False, True]).tolist() == [2, 0]


def test_too_few_tokens_have_no_order() -> None:
    with pytest.raises(ValueError, match="2 tokens can be taken away; at least 3"):
        trust.measure({"attention": np.ones(3)}, [True, True, False], additive([1, 1, 1]))


def meter(text: str, seed: int = 0) -> trust.Curves:
    goal = aim(blind(), tokenizer("distilbert-class"), text, label="with")
    scores, _, _, _ = scores_of(goal)
    return trust.measure(
        {name: scores[name] for name in trust.METHODS}, goal.removable, probabilities(goal),
        seed=seed,
    )  # fmt: skip


def test_the_decisive_token_leads_the_order_of_gradients_and_no_random_order_does_better() -> None:
    curves = meter(f"where is the cat on my {DECISIVE} mat")
    assert curves.gap("integrated_gradients") >= curves.random_gaps.max() - 0.02
    # Taken away first, it takes the output along; put back first, it brings it back.
    assert curves.deletion["integrated_gradients"][1] < 0.2 < 0.8 < curves.full
    assert curves.insertion["integrated_gradients"][1] > 0.8 > 0.2 > curves.empty
    found = {verdict.method: verdict for verdict in trust.judge_one(curves)}
    best = found["integrated_gradients"]
    assert best.deletion < best.deletion_high and best.insertion > best.insertion_low
    assert best.p_value < found["attention"].p_value and found["attention"].outcome == "tie"


def test_where_attention_looks_at_all_alike_it_does_not_beat_random_and_gradients_do() -> None:
    rng = np.random.default_rng(0)
    words = ["where", "cat", "sat", "on", "mat", "saw", "dog", DECISIVE]
    curves = [meter(" ".join(rng.permutation(words)), seed) for seed in range(16)]
    areas = {
        name: np.array([[one.area(curve, name) for curve in trust.CURVES] for one in curves])
        for name in trust.METHODS
    }
    found = {verdict.method: verdict for verdict in trust.judge_many(areas)}
    assert found["attention"].outcome == "tie"
    assert found["integrated_gradients"].outcome == "better"
    assert found["integrated_gradients"].low > 0.4


def test_the_verdict_over_many_texts_has_an_interval() -> None:
    rng = np.random.default_rng(0)
    gaps = {"attention": rng.normal(0, 0.1, 60), "rollout": rng.normal(-0.2, 0.1, 60),
            "integrated_gradients": rng.normal(0.2, 0.1, 60)}  # fmt: skip
    areas = {
        name: np.stack([0.5 - values / 2, 0.5 + values / 2], 1) for name, values in gaps.items()
    }
    found = {verdict.method: verdict for verdict in trust.judge_many(areas)}
    assert [found[name].outcome for name in gaps] == ["tie", "worse", "better"]
    for name, values in gaps.items():
        verdict = found[name]
        assert verdict.difference == pytest.approx(values.mean())
        # The normal interval is an independent estimate of the same thing.
        half = 1.96 * values.std(ddof=1) / np.sqrt(60)
        assert verdict.low == pytest.approx(values.mean() - half, abs=0.2 * half)
        assert verdict.high == pytest.approx(values.mean() + half, abs=0.2 * half)
        assert verdict.insertion == pytest.approx(areas[name][:, 1].mean())
        assert verdict.insertion_high - verdict.insertion == pytest.approx(half / 2, rel=0.2)
        assert verdict.deletion - verdict.deletion_low == pytest.approx(half / 2, rel=0.2)
    assert found == {v.method: v for v in trust.judge_many(areas)}


def test_the_interval_of_few_texts_is_as_wide_as_students() -> None:
    """Against quantiles of Student's t from a table, two-sided 95 %."""
    for n, quantile in {6: 2.571, 11: 2.228, 21: 2.086, 61: 2.000}.items():
        factor = -NormalDist().inv_cdf(trust.expanded_tail(n)) * np.sqrt((n - 1) / n)
        assert factor == pytest.approx(quantile, rel=0.01)


def test_chance_over_few_texts_is_called_decided_about_one_time_in_twenty() -> None:
    rng = np.random.default_rng(0)
    outcomes = []
    for _ in range(400):
        gap = rng.uniform(-0.8, 0.8, 16)
        areas = {"attention": np.stack([0.5 - gap / 2, 0.5 + gap / 2], 1)}
        outcomes.append(trust.judge_many(areas)[0].outcome != "tie")
    assert 0.02 < np.mean(outcomes) < 0.085


def test_chance_is_called_chance_about_as_often_as_it_should_be() -> None:
    """Random scores on random additive models: about one in twenty-one is called decided."""
    rng = np.random.default_rng(0)
    outcomes = []
    for seed in range(300):
        weights = rng.dirichlet(np.ones(8))
        curves = trust.measure(
            {"attention": rng.random(8)}, [True] * 8, additive(weights), seed=seed
        )
        outcomes += [verdict.outcome for verdict in trust.judge_one(curves)]
    assert 0.02 < np.mean([outcome != "tie" for outcome in outcomes]) < 0.085


def test_curves_on_the_grid_keep_their_ends() -> None:
    curves = trust.measure({"attention": np.arange(7.0)}, [True] * 7, additive(np.full(7, 1 / 7)))
    found = trust.on_grid(curves)
    assert found["deletion.attention"].shape == trust.GRID.shape
    assert found["deletion.random"].shape == (40, len(trust.GRID))
    assert found["deletion.attention"] == pytest.approx(1 - trust.GRID)
    assert found["insertion.random"][3] == pytest.approx(trust.GRID)
