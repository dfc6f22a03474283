"""How long an explanation and its test take, and how exact they are; writes results/trust.md.

    python -m tests.benchmarks.trust [--rounds 5]

Each starter explains a sentence of its kind: every method and the logit lens, then the trust meter
(four methods and 40 random orders). Seconds are the median of the rounds, loading not counted.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from core.interpret import slot
from core.interpret.aiming import aim
from core.interpret.explained import Question
from core.models.resolve import resolve
from core.work.explain import explain, tested
from core.workspace import Workspace
from tests.benchmarks import table

SHORT = {
    "starter-translate": "translate English to German: The cat sat on the mat for three days.",
    "starter-encode": "Where is my refund? It was promised for Monday.",
    "starter-causal": "The order was sent on Monday and the order",
}
LONG = " ".join(f"Order number {n} was sent on Monday." for n in range(22))
HEADER = ("model", "tokens", "explain, s", "trust meter, s", "gradients", "completeness error")


def row(name: str, text: str, rounds: int, root: Path) -> tuple[str, ...]:
    """One line of the table."""
    held = slot.hold(resolve(Workspace.open(root), name))
    spent: dict[str, list[float]] = {"explain": [], "meter": []}
    for _ in range(rounds + 1):
        begun = time.perf_counter()
        chosen = aim(held.model, held.tokenizer, text)
        found = explain(chosen, held.tokenizer, Question(name, text), "k", "")
        between = time.perf_counter()
        tested(found, chosen)
        spent["explain"].append(between - begun)
        spent["meter"].append(time.perf_counter() - between)
    # The first round warms up.
    seconds = [f"{statistics.median(spent[part][1:]):.2f}" for part in ("explain", "meter")]
    share = found.completeness_share
    error = "not known" if share is None else f"{share:.2%}"
    return name, str(len(found.labels)), *seconds, str(found.gradients), error


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        asked = [*SHORT.items(), *((name, LONG) for name in SHORT)]
        rows = [row(name, text, rounds, Path(folder)) for name, text in asked]
    for line in (HEADER, *rows):
        print(" | ".join(line))
    table.write("trust", "Explanations and the trust meter", HEADER, rows)


if __name__ == "__main__":
    main()
