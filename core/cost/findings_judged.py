"""The sentences over the back-test on the Cost page, computed from the checks they sit on."""

from collections.abc import Sequence
from functools import lru_cache

from core.cost.backtest import KINDS, Check, checks, worst
from core.cost.judged import Flag, flags
from core.cost.published import Row, rows
from core.cost.scores import COVERAGE, Score, score
from core.text.catalog import t
from core.text.format import number

WORST = 10


@lru_cache(maxsize=1)
def published() -> tuple[Row, ...]:
    """Every published run."""
    return (*rows("training_runs"), *rows("inference_runs"))


@lru_cache(maxsize=1)
def flagged() -> tuple[Flag, ...]:
    """The published runs that break physics."""
    return tuple(flags(list(published())))


@lru_cache(maxsize=16)
def worst_of(kind: str) -> tuple[Check, ...]:
    """The runs of a kind that were estimated worst, with the reason."""
    return tuple(worst(checks(kind), published(), WORST))


@lru_cache(maxsize=1)
def all_scores() -> tuple[Score, ...]:
    """One score for each kind."""
    return tuple(score(kind.name) for kind in KINDS)


def answer(found: Score, language: str) -> str:
    """The answer under the question of how wrong the estimates are."""
    return t("cost_page.answer.judged", language, kind=t(f"cost.kind.{found.kind}", language),
             median=number(100 * found.median_abs_error, 2),
             p90=number(100 * found.p90_abs_error, 2))  # fmt: skip


def table(found: Sequence[Score], language: str) -> str:
    """How many kinds are estimated within ten per cent at the median, and how honest ranges are."""
    near = sum(one.median_abs_error <= 0.1 for one in found)
    covered = [one.coverage_90 for one in found if one.coverage_90 is not None]
    return t("cost_page.finding.scores", language, near=near, n=len(found),
             low=number(100 * min(covered), 2), high=number(100 * max(covered), 2),
             promised=round(100 * COVERAGE))  # fmt: skip


def memory_calls(found: dict[str, int], language: str) -> str:
    """How many runs that ran out of memory were called, and how many others."""
    return t("cost_page.finding.oom", language, called=found["failed_runs_called"],
             n=found["failed_runs"], wrong=found["other_runs_called"],
             others=found["other_runs"])  # fmt: skip


def furthest(found: Sequence[Check], language: str) -> str:
    """What the worst run was estimated at, beside what was measured."""
    one = found[0]
    times = one.predicted / one.measured
    key = "worst_high" if times > 1 else "worst_low"
    return t(f"cost_page.finding.{key}", language, times=number(max(times, 1 / times), 2))


def physics(found: Sequence[Flag], n: int, language: str) -> str:
    """How many of the published runs break physics."""
    return t(f"cost_page.finding.physics{'' if found else '_none'}", language, k=len(found), n=n)


REASONS = (
    ("layout not printed; hours: ", "layout"),
    ("not printed: ", "blank"),
    ("how many requests", "together"),
    ("shape of the model", "shape"),
)
"""How the reasons of `core.cost.backtest.reason` begin, and the texts that say them."""


def reason(found: Check, language: str) -> str:
    """What makes a run hard to estimate."""
    said = found.reason or ""
    for start, key in REASONS:
        if said.startswith(start):
            rest = said.removeprefix(start)
            what = (
                t("cost_page.reason.unsaid", language) if rest == "not said how counted" else rest
            )
            return t(f"cost_page.reason.{key}", language, what=what)
    return t("cost_page.reason.nothing", language)
