"""Script time of the Evaluate page with many evaluations of many examples; aim: within 0.3 s.

    python -m tests.benchmarks.evaluate_page [EVALUATIONS] [EXAMPLES]

Script time is what the server computes for one drawing of the page, without the browser: seconds
of the processor, the best of seven, as a busy machine only ever adds. Tests between evaluations
are kept, so they are made when the page is opened for the first time, or in the job before.
"""

import os
import random
import sys
import tempfile
import time

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.data import dataset as datasets
from core.data.dataset import Example
from core.evaluate import scoring, store
from core.evaluate.answer import of_texts
from core.evaluate.kept import pack
from core.evaluate.store import Evaluation
from core.evaluate.tally import Tally
from core.workspace import Workspace
from tests.benchmarks.train_page import APP, best

METRICS = ("bleu", "chrf", "length_ratio", "empty")
SYSTEMS = 4
"""Different answers; the evaluations share them."""


def generate(workspace: Workspace, evaluations: int, examples: int) -> None:
    """A dataset, and evaluations of all of its test split."""
    lot = random.Random(0)
    words = [f"Wort{n}" for n in range(500)]
    test = [Example(f"e{n}", f"input {n}", " ".join(lot.choices(words, k=lot.randint(4, 12))))
            for n in range(examples)]  # fmt: skip
    data = datasets.save(
        workspace, "shop", "translation", {"train": [Example("t", "a", "b")], "test": test},
        source_language="en", target_language="de",
    )  # fmt: skip
    ids, references = [row.id for row in test], [row.target for row in test]
    made = []
    for system in range(SYSTEMS):
        texts = [" ".join(word for word in text.split() if lot.random() > 0.1 + 0.05 * system)
                 for text in references]  # fmt: skip
        tally = Tally(references, of_texts(texts), language="de")
        scores = tuple(scoring.score_tally(METRICS, tally))
        alone = {name: scoring.per_example_tally(name, tally) for name in METRICS}
        rows = [
            {"id": row.id, "input": row.input, "reference": row.target, "prediction": text,
             "scores": {name: values[n] for name, values in alone.items()}}
            for n, (row, text) in enumerate(zip(test, texts, strict=True))
        ]  # fmt: skip
        made.append((scores, rows, pack(ids, {name: tally.of(name) for name in METRICS})))
    examples_key = store.example_set(made[0][1])
    for number in range(evaluations):
        scores, rows, counts = made[number % SYSTEMS]
        store.save(
            workspace,
            Evaluation(
                "", "shop", data.version, "translation", "test", "de", f"model-{number}", "model",
                examples, scores, "2026-11-24T00:00:00+00:00", f"key-{number}", 1.0,
                {"example_set": examples_key},
            ),
            rows, counts,
        )  # fmt: skip


def page(evaluations: int, examples: int) -> list[tuple[str, str, str, str]]:
    """Rows of the table of `tests.benchmarks.evaluate`."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ASSAY_HOME"] = folder
        workspace = Workspace.open(folder)
        generate(workspace, evaluations, examples)
        drawn = AppTest.from_file(str(APP), default_timeout=600)
        drawn._page_hash = calc_hash("evaluate")
        started = time.process_time()
        drawn.run()
        first = time.process_time() - started
        assert not drawn.exception, drawn.exception[0].value
        listed, again = best(lambda: store.list_evaluations(workspace)), best(drawn.run)
        assert not drawn.exception
    what = f"{evaluations:,} evaluations of {examples:,} examples"
    return [
        (f"the list of {what}", f"({listed:.3f})", "", ""),
        (f"the page with {what}", f"({again:.3f})", "at most 0.3", ""),
        ("the same for the first time: imports, and tests that are kept then", f"({first:.2f})",
         "", ""),
    ]  # fmt: skip


if __name__ == "__main__":
    sizes = [int(given) for given in sys.argv[1:]] or [200, 10_000]
    for row in page(*sizes):
        print(*row, sep=" | ")
