"""A plan's speed on the sample scenarios: 100,000 futures, and the quick plan of the page.

    python -m tests.benchmarks.strategy

No other tool draws futures over options of language models, so there is no peer beside it. Writes
results/strategy.md.
"""

import statistics
import time
from datetime import date

from core.strategy.document import as_json
from core.strategy.draws import draw
from core.strategy.plan import DRAWS, QUICK_DRAWS, make
from core.strategy.scenario import load, samples
from tests.benchmarks import table

RUNS = 5
DAY = date(2026, 11, 26)


def seconds(work) -> float:
    """Median of RUNS, after one to warm up."""
    times = []
    for _ in range(RUNS + 1):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times[1:])


def main() -> None:
    """Measure and write the table."""
    rows = []
    for path in samples():
        scenario = load(path)
        plan = make(scenario, None, as_of=DAY, draws=QUICK_DRAWS)
        all_draws = seconds(lambda s=scenario, p=plan: draw(s, p.basis, p.month, DRAWS, 0))
        whole = seconds(lambda s=scenario: as_json(make(s, None, as_of=DAY)))
        quick = seconds(lambda s=scenario: as_json(make(s, None, as_of=DAY, draws=QUICK_DRAWS)))
        options = f"{len(scenario.options)} options, {len(scenario.shocks)} shocks"
        rows.append((path.stem, options, f"{all_draws:.2f} s", f"{whole:.2f} s", f"{quick:.2f} s"))
        print(*rows[-1], flush=True)
    table.write(
        "strategy", "A plan: futures, ranking, tornado, regret",
        ("scenario", "size", f"{DRAWS:,} futures (wanted: at most 3 s)",
         "whole document, all futures", f"whole document, {QUICK_DRAWS:,} futures"),
        rows,
        f"`python -m tests.benchmarks.strategy`; medians of {RUNS}. The document holds pricing by "
        "the cost engine, the tornado with every flip solved, break-even and regret.",
    )  # fmt: skip


if __name__ == "__main__":
    main()
