"""The data that come with Assay: nothing to download, and none of it is anybody's secret."""

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.data import dataset as store
from core.data import localise
from core.data.dataset import Dataset, Example
from core.data.preprocess import split_rows
from core.data.split import Scheme
from core.table import find
from core.workspace import Workspace, assets

Splits = dict[str, Sequence[Example]]

LOCALISE_TEST = 1_000
"""Scoring so many takes ten to fifteen seconds on two cores."""
_LANGUAGES = {"de": "German", "fr": "French", "zh": "Chinese"}


@dataclass(frozen=True)
class Sample:
    """A sample and how it is made.

    Attributes:
        name: Its name, and that of the dataset made of it.
        task: One of `core.pipeline.TASKS`.
        make: Makes the splits; the same each time.
        prefix: What a model reads before each input.
        target_language: Code of the target's language, where input and target differ in it.
        notes: One sentence for people.
    """

    name: str
    task: str
    make: Callable[[], Splits]
    notes: str
    prefix: str = ""
    target_language: str | None = None

    @property
    def source_language(self) -> str | None:
        """English, where the sample is a translation."""
        return "en" if self.target_language else None


def load_sample(name: str) -> Splits:
    """The examples of a sample, in splits.

    Raises:
        NotFound: There is no such sample.
    """
    return find(SAMPLES, name, "sample").make()


def import_sample(workspace: Workspace, name: str, dataset_name: str | None = None) -> Dataset:
    """Make a sample a dataset of the same name, or of another.

    Raises:
        NotFound: There is no such sample.
        BadInput: The dataset cannot be called so.
    """
    sample = find(SAMPLES, name, "sample")
    return store.save(
        workspace,
        dataset_name or sample.name,
        sample.task,
        sample.make(),
        source=f"sample {sample.name}",
        prefix=sample.prefix,
        source_language=sample.source_language,
        target_language=sample.target_language,
        synthetic=True,
        notes=sample.notes,
    )


def _localise(language: str) -> Splits:
    pairs = localise.pairs(language)
    kinds = {pair.source: pair.kind for pair in pairs}
    rows = [Example(f"{language}{i:05}", p.source, p.target) for i, p in enumerate(pairs, 1)]
    scheme = Scheme(test_share=LOCALISE_TEST / len(rows), validation_share=0.05)
    strata = [kinds[row.input] for row in rows]
    return split_rows(rows, by_label=False, scheme=scheme, strata=strata)[0]


@cache
def _support_rows() -> tuple[dict[str, Any], ...]:
    with (assets() / "samples" / "support.jsonl").open(encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


_QUESTIONS = {"en": "Which product is this about?", "zh": "这条消息说的是哪个产品？"}


def _support(make: Callable[[dict[str, Any]], Example]) -> Splits:
    made = [(make(row), f"{row['intent']} {row['language']}") for row in _support_rows()]
    rows = [row for row, _ in made if row.target]
    strata = [stratum for row, stratum in made if row.target]
    return split_rows(rows, by_label=False, scheme=Scheme(test_share=0.2), strata=strata)[0]


def _intent(row: dict[str, Any]) -> Example:
    return Example(row["id"], row["text"], row["intent"])


def _summary(row: dict[str, Any]) -> Example:
    return Example(row["id"], row["text"], row["summary"])


def _product(row: dict[str, Any]) -> Example:
    return Example(row["id"], _QUESTIONS[row["language"]], row["product"] or "", row["text"])


def _general(language: str) -> Splits:
    path = assets() / "samples" / "general.tsv"
    with path.open(encoding="utf-8", newline="") as lines:
        table = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    rows = [Example(f"g{i:03}", row["en"], row[language]) for i, row in enumerate(table, 1)]
    return split_rows(rows, by_label=False, scheme=Scheme(0.5, 0.0))[0]


_LOCALISE_NOTES = "Dates, times, units, amounts and lists, generated from Unicode CLDR with Babel."
_SUPPORT_NOTES = "Messages to the support desk of a fictional shop, written for this project."
_GENERAL_NOTES = "Everyday sentences, written for this project: half to replay, half to test."


def _localise_sample(language: str) -> Sample:
    return Sample(
        f"localise-{language}",
        "translation",
        lambda: _localise(language),
        _LOCALISE_NOTES,
        f"translate English to {_LANGUAGES[language]}: ",
        language,
    )


def _general_sample(language: str) -> Sample:
    return Sample(
        f"general-{language}",
        "translation",
        lambda: _general(language),
        _GENERAL_NOTES,
        f"translate English to {_LANGUAGES[language]}: ",
        language,
    )


SAMPLES = (
    _localise_sample("de"),
    _localise_sample("fr"),
    _localise_sample("zh"),
    Sample("support-classification", "text-classification", lambda: _support(_intent),
           _SUPPORT_NOTES),
    Sample("support-summarization", "summarization", lambda: _support(_summary),
           _SUPPORT_NOTES, "summarize: "),
    Sample("support-question-answering", "question-answering", lambda: _support(_product),
           _SUPPORT_NOTES),
    _general_sample("de"),
    _general_sample("zh"),
)  # fmt: skip
