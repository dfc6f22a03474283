"""How well the language of a sentence is told: right rows dropped, wrong rows found out.

    python -m tests.benchmarks.language --data DIR [--rows N]

DIR holds multi30k/train.en.gz and train.de.gz. Writes results/language.md.
"""

import argparse
import gzip
import itertools
import time
from pathlib import Path

from core.data.cleaning.identify import identify, is_other
from core.data.cleaning.steps import find_step
from tests.benchmarks import table

LANGUAGES = {"en": "English", "de": "German"}


def sentences(data: Path, code: str, rows: int) -> list[str]:
    """The first captions in a language."""
    with gzip.open(data / "multi30k" / f"train.{code}.gz", "rt", encoding="utf-8") as lines:
        return [line.strip() for line in itertools.islice(lines, rows)]


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=6_000)
    arguments = parser.parse_args()
    usual = {setting.name: setting.default for setting in find_step("language").settings}
    letters = usual["letters"]
    identify("The model is loaded before the clock starts to run.")
    lines = []
    for code, name in LANGUAGES.items():
        texts = sentences(arguments.data, code, arguments.rows)
        (other,) = set(LANGUAGES) - {code}
        started = time.process_time()
        undecided = sum(identify(text, letters)[0] is None for text in texts)
        micros = 1e6 * (time.process_time() - started) / len(texts)
        for certainty in (0.5, usual["certainty"], 0.95):
            dropped = sum(bool(is_other(text, code, certainty, letters)) for text in texts)
            found = sum(bool(is_other(text, other, certainty, letters)) for text in texts)
            lines.append((name, f"{certainty:g}", f"{len(texts):,}", f"{undecided:,}",
                          f"{dropped:,}", f"{100 * found / len(texts):.1f} %",
                          f"{micros:.0f}"))  # fmt: skip
    table.write(
        "language", "Telling the language of a caption",
        ("captions", "certainty asked for", "n", "too short to tell", "dropped though right",
         "found out under the other language's name", "µs a text"), lines,
        "`python -m tests.benchmarks.language`, Multi30k. The filter's default certainty is "
        f"{usual['certainty']:g}.",
    )  # fmt: skip


if __name__ == "__main__":
    main()
