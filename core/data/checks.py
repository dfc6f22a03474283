"""All that is looked for in a dataset's rows: sizes, labels and texts here, repeats next door."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache

from core.data.dataset import SPLITS, Dataset, Example
from core.data.findings import Finding, Found, found
from core.data.repeats import Side, repeats

Splits = dict[str, list[Example]]
Labels = dict[str, dict[str, int]]

FEW_TRAINING = 100
FEW_TEST = 100
"""Below it the 95 % interval of an accuracy near 0.5 is wider than ±10 points."""
FEW_OF_A_LABEL = 10
UNEVEN = 10
"""Times the most frequent label may outnumber the rarest before it is a finding."""
LONG_CHARACTERS = 2_000
"""About 512 tokens of English, the input that T5 and BERT were trained with."""
FAR_RATIO = 9
"""Between the lengths of translations; beyond it one is wrong (Moses' clean-corpus-n has 9)."""
COPIED_SHARE = 0.2
STRAY_SHARE = 0.05
"""A writing system of fewer rows than this is a stray one; more is a dataset of two languages."""
_SCRIPT_CHARACTERS = 200


def find_all(dataset: Dataset, splits: Splits, labels: Labels) -> list[Found]:
    """Look for everything.

    Args:
        dataset: Its record.
        splits: Its examples by split.
        labels: For classification, label to its count in each split.
    """
    return [
        *_sizes(splits),
        *repeats(dataset.task, splits),
        *_balance(labels),
        *_texts(dataset.task, Side(splits)),
    ]


def _sizes(splits: Splits) -> list[Found]:
    made = []
    total = sum(map(len, splits.values()))
    for split, few in (("train", FEW_TRAINING), ("test", FEW_TEST)):
        rows = splits.get(split, [])
        if len(rows) < 2:
            name = f"one_{split}" if rows else f"no_{split}"
            made.append(Finding(name, len(rows), total))
        elif len(rows) < few:
            made.append(Finding(f"few_{split}", len(rows), few))
    if splits.get("train") and not splits.get("validation"):
        made.append(Finding("no_validation", 0, total))
    return [Found(finding) for finding in made]


def _balance(labels: Labels) -> list[Found]:
    trained = {label: counts["train"] for label, counts in labels.items() if counts["train"]}
    total = len(labels)
    rare = [label for label, count in trained.items() if count < FEW_OF_A_LABEL]
    made = found("unseen_labels", (name for name in labels if name not in trained), total)
    made += found("rare_labels", rare, total)
    if len(trained) == 1:
        made += found("one_label", trained, total)
    elif trained and max(trained.values()) > UNEVEN * min(trained.values()):
        most, least = max(trained, key=trained.__getitem__), min(trained, key=trained.__getitem__)
        uneven = Finding(
            "uneven_labels", trained[most], trained[least], ({"label": most}, {"label": least})
        )
        made.append(Found(uneven))
    return made


def _texts(task: str, side: Side) -> list[Found]:
    rows, total = side.rows, len(side.rows)
    long = [r for r in rows if max(len(r.input), len(r.context or "")) > LONG_CHARACTERS]
    made = [*_empty(side), *found("long", long, total)]
    if task not in ("text-classification", "question-answering"):
        copied = [row for row in rows if row.input == row.target and row.input.strip()]
        often = task == "translation" and len(copied) > COPIED_SHARE * total
        name = "copied" if often else "copied_some"
        made += found(name, copied, total, drop=side.free(copied))
    if task == "translation":
        far = _far([row for row in rows if row.input.strip() and row.target.strip()])
        made += found("lengths_differ", far, total, drop=side.free(far))
        made += _strays("script_target", side, [row.target for row in rows])
    made += _strays("script_input", side, [row.context or row.input for row in rows])
    return made


def _empty(side: Side) -> list[Found]:
    """Rows without text; and a split that has nothing to be learnt or compared with."""
    blank = [row for row in side.rows if not row.target.strip() or not row.input.strip()]
    gone = {row.id for row in blank}
    whole = [
        split for split in SPLITS
        if side.splits.get(split) and all(row.id in gone for row in side.splits[split])
    ]  # fmt: skip
    made = found("empty", blank, len(side.rows), drop=side.free(blank))
    return made + found("empty_split", whole, len(SPLITS))


def _far(rows: Sequence[Example]) -> list[Example]:
    """Pairs whose lengths, on the scale of all pairs, differ more than FAR_RATIO times."""
    scale = sum(len(r.input) for r in rows) / max(1, sum(len(r.target) for r in rows))
    # Ten characters more on both sides: "OK" may well be three words in another language.
    ratios = ((row, (len(row.input) + 10) / (len(row.target) * scale + 10)) for row in rows)
    return [row for row, ratio in ratios if not 1 / FAR_RATIO <= ratio <= FAR_RATIO]


def _strays(name: str, side: Side, texts: Sequence[str]) -> list[Found]:
    """Rows in a writing system that hardly any other row has."""
    scripts = list(map(script, texts))
    counts = Counter(one for one in scripts if one != "none")
    if not counts:
        return []
    rare = {one for one, count in counts.items() if count < STRAY_SHARE * len(texts)}
    stray = [row for row, one in zip(side.rows, scripts, strict=True) if one in rare]
    main = counts.most_common(1)[0][0]
    return found(name, stray, len(texts), drop=side.free(stray), script=main)


def script(text: str) -> str:
    """The writing system of most letters, by their Unicode names: "latin", "cjk", … or "none"."""
    head = text[:_SCRIPT_CHARACTERS]
    if head.isascii():  # most texts: letters are those that have two cases
        return "latin" if head.upper() != head.lower() else "none"
    names = Counter(map(_script_of, head))
    del names[""]
    return names.most_common(1)[0][0] if names else "none"


@cache
def _script_of(sign: str) -> str:
    return unicodedata.name(sign, "none").split()[0].casefold() if sign.isalpha() else ""
