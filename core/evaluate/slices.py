"""Which kinds of example there are: by length, label, words, numbers, columns, language, flags.

Kinds that the data make can be compared with a test. Kinds that an answer makes ("a number was
lost") only say how often that is and what it costs: to choose the examples on which B failed, and
then to find B worse there, is no finding.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.checks import script
from core.data.cleaning.identify import identify
from core.data.dataset import split_labels
from core.data.languages import name_in
from core.evaluate.facts import facts
from core.evaluate.overlap import rouge_tokens
from core.evaluate.seen import OVERLAPPING, Seen
from core.text.catalog import t, topic

MOST_VALUES = 30
"""Of the labels, or of a column's values, those with most examples."""
SOME_RARE = 0.2
"""Up to this share of rare words an example has some, beyond it many."""
SURE_LANGUAGE = 0.9

Example = Mapping[str, Any]
Keys = Sequence[Iterable[str]]
"""Of each example, the names of the slices of one kind that it belongs to."""


@dataclass(frozen=True)
class Slice:
    """Some of the examples, and what they have in common.

    Attributes:
        kind: `where.slice.KIND` is its name, with `values` put in; those may be the user's text.
        values: By name.
        members: Places of its examples, rising.
        by_answer: It is the answers that put them there, not the data.
    """

    kind: str
    values: Mapping[str, str]
    members: tuple[int, ...]
    by_answer: bool = False


def find_slices(
    examples: Sequence[Example],
    task: str,
    *,
    separator: str | None = None,
    seen: Seen | None = None,
    flags: Keys = (),
) -> list[Slice]:
    """All slices of some examples; one that holds every example is no slice.

    Args:
        examples: Of an evaluation: input, reference, maybe context and columns.
        task: One of `core.pipeline.TASKS`.
        separator: The sign between the labels of a row with several.
        seen: What of the inputs the training split holds; None = not known.
        flags: Of B's answers, in the order of the examples (`core.evaluate.flags`).
    """
    inputs = [str(example["input"]) for example in examples]
    found = _by_length(inputs)
    if task == "text-classification":
        labels = [split_labels(str(e["reference"]), separator) for e in examples]
        found += _named("label", labels)
    held = [facts(text) for text in inputs]
    found += _plain([["numbers" if one.digits else "no_numbers"] for one in held])
    found += _plain([["names"] if one.name else [] for one in held])
    if seen:
        found += _plain([_rare(seen.rare_share(text)) for text in inputs])
        found += _plain([_overlap(seen.overlap(text)) for text in inputs])
    columns = [example.get("columns") or {} for example in examples]
    for name in dict.fromkeys(name for row in columns for name in row):
        values = [[row[name]] if name in row else [] for row in columns]
        found += _named("column", values, column=name)
    found += _named("script", [[script(text)] for text in inputs])
    found += _named("language", [_language(text) for text in inputs])
    found += _plain(flags, by_answer=True)
    return [one for one in found if len(one.members) < len(examples)]


def _members(keys: Keys) -> dict[str, list[int]]:
    """The places of each key, in the order in which keys are met."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, names in enumerate(keys):
        for name in names:
            found[name].append(place)
    return found


def _plain(keys: Keys, *, by_answer: bool = False) -> list[Slice]:
    """Slices whose keys are kinds of their own."""
    return [Slice(kind, {}, tuple(members), by_answer) for kind, members in _members(keys).items()]


def _named(kind: str, keys: Keys, **values: str) -> list[Slice]:
    """Slices of one kind, each with its value: those with most examples, largest first."""
    largest = sorted(_members(keys).items(), key=lambda item: -len(item[1]))[:MOST_VALUES]
    return [Slice(kind, {**values, "name": name}, tuple(members)) for name, members in largest]


def _by_length(texts: Sequence[str]) -> list[Slice]:
    """Quarters by length in words (Chinese and Japanese: characters), as far as lengths differ."""
    lengths = np.array([len(rouge_tokens(text)) for text in texts])
    if not len(lengths):
        return []
    edges = np.quantile(lengths, [0.25, 0.5, 0.75], method="inverted_cdf")
    quarters = np.searchsorted(edges, lengths, side="left")
    found = []
    for quarter in np.unique(quarters):
        members = np.flatnonzero(quarters == quarter)
        low, high = lengths[members].min(), lengths[members].max()
        kind = "length" if low < high else "length_one"
        values = {"low": str(low), "high": str(high)}
        found.append(Slice(kind, values, tuple(members.tolist())))
    return found


def _rare(share: float | None) -> list[str]:
    if share is None:
        return []
    return ["rare_none" if share == 0 else "rare_some" if share <= SOME_RARE else "rare_many"]


def _overlap(share: float | None) -> list[str]:
    if share is None:
        return []
    return ["overlap" if share >= OVERLAPPING else "no_overlap"]


def _language(text: str) -> list[str]:
    code, sure = identify(text)
    return [code] if code and sure >= SURE_LANGUAGE else []


def title(
    kind: str,
    values: Mapping[str, str],
    language: str = "en",
    escape: Callable[[str], str] = str,
) -> str:
    """What a slice is called; `escape` is put upon what users wrote: labels, columns, values."""
    name = values.get("name", "")
    if kind == "script":
        named = {"name": topic("gate", language).get(f"script.{name}", name)}
    elif kind == "language":
        named = {"name": name_in(name, language)}
    else:
        named = {key: escape(value) for key, value in values.items()}
    return t(f"where.slice.{kind}", language, **named)
