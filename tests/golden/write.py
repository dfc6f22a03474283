"""What the plans of the sample scenarios come to: written anew by `python -m tests.golden.write`.

Write them only where a change of the figures was meant, and read the difference.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

from core.strategy.document import as_json
from core.strategy.plan import make
from core.strategy.scenario import load, samples

FOLDER = Path(__file__).parent
DAY, DRAWS, SEED = date(2026, 11, 26), 2000, 0


def document(path: Path) -> dict[str, Any]:
    """The whole document of a sample's plan, without a workspace."""
    return as_json(make(load(path), None, as_of=DAY, draws=DRAWS, seed=SEED))


def summary(found: dict[str, Any]) -> dict[str, Any]:
    """The part of a document that is kept."""
    return {
        "recommended_option": found["recommended_option"],
        "second_option": found["second_option"],
        "ranking": [
            {
                "option": row["option"],
                "rank": row["rank"],
                "probability_best": row["probability_best"],
                "cost_total_p50_usd": row["cost_total_usd"]["p50"],
            }
            for row in found["ranking"]
        ],
        "break_even": [
            {name: pair[name] for name in ("a", "b", "requests_per_day", "month")}
            for pair in found["break_even"]
        ],
    }


def golden(path: Path) -> Path:
    """Where the summary of a sample is kept."""
    return FOLDER / f"plan-{path.stem}.json"


if __name__ == "__main__":
    for sample in samples():
        text = json.dumps(summary(document(sample)), indent=1, ensure_ascii=False)
        golden(sample).write_text(text + "\n", encoding="utf-8")
