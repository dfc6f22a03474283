"""The Tatoeba pairs, cleaned and split: what every starter model is trained and scored on."""

import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadInput, NotFound
from core.starters.split import Part, normalise, part_of


@dataclass(frozen=True)
class Language:
    """A language that the corpus pairs with English.

    Attributes:
        code: ISO 639-1 code.
        name: English name, as it stands in the translation prefix.
        file: Name of the file in the data folder: English, tab, this language.
    """

    code: str
    name: str
    file: str

    @property
    def prefix(self) -> str:
        """What stands before an English sentence that is to be translated."""
        return f"translate English to {self.name}: "


@dataclass(frozen=True)
class Pair:
    """An English sentence and one of its translations."""

    source: str
    target: str
    language: str


@dataclass(frozen=True)
class Corpus:
    """The pairs of each part, and how many train or validation pairs were dropped as leaks."""

    train: tuple[Pair, ...]
    validation: tuple[Pair, ...]
    test: tuple[Pair, ...]
    dropped_leaks: int

    def part(self, part: Part) -> tuple[Pair, ...]:
        """The pairs of one part."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[part]


_INVISIBLE = re.compile("[\u200b\u200c\u200d\ufeff\u00ad]")


def clean(sentence: str) -> str:
    """The sentence without invisible characters, its white space made single spaces."""
    return " ".join(_INVISIBLE.sub("", sentence).split())


def read(folder: Path) -> list[Pair]:
    """Read every language's file.

    Raises:
        NotFound: A file is missing.
        BadInput: A line does not hold exactly two columns.
    """
    pairs: list[Pair] = []
    for language in LANGUAGES:
        path = folder / language.file
        if not path.is_file():
            raise NotFound(
                f"{path} is missing; --data wants the folder with the Tatoeba files "
                f"{' and '.join(row.file for row in LANGUAGES)}."
            )
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                columns = [clean(column) for column in line.rstrip("\n").split("\t")]
                if len(columns) != 2 or not all(columns):
                    raise BadInput(
                        f"{path} line {number} has {len(columns)} columns or an empty one; "
                        "expected English, tab, translation."
                    )
                pairs.append(Pair(columns[0], columns[1], language.code))
    return pairs


def split(pairs: Sequence[Pair]) -> Corpus:
    """Split by English source; drop repeats and what would leak a held-out target.

    A train pair goes if its target, normalised, is the target of any test or validation pair; a
    validation pair goes if its target is a test target.
    """
    parts: dict[Part, dict[Pair, None]] = {"train": {}, "validation": {}, "test": {}}
    for pair in pairs:
        parts[part_of(pair.source)][pair] = None
    test = tuple(parts["test"])
    seen = {normalise(pair.target) for pair in test}
    validation = tuple(p for p in parts["validation"] if normalise(p.target) not in seen)
    seen |= {normalise(pair.target) for pair in validation}
    train = tuple(p for p in parts["train"] if normalise(p.target) not in seen)
    dropped = len(parts["train"]) - len(train) + len(parts["validation"]) - len(validation)
    return Corpus(train, validation, test, dropped)


def sentences(pairs: Sequence[Pair]) -> dict[str, list[str]]:
    """The different sentences of each language ("en" and the targets'), in order of appearance."""
    found: dict[str, dict[str, None]] = {"en": {}}
    for pair in pairs:
        found["en"][pair.source] = None
        found.setdefault(pair.language, {})[pair.target] = None
    return {code: list(texts) for code, texts in found.items()}


LANGUAGES = (
    Language("de", "German", "eng-deu.tsv.gz"),
    Language("zh", "Chinese", "eng-cmn.tsv.gz"),
)
