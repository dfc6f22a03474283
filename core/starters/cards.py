"""Model cards: README.md beside the weights, every figure taken from scores.json."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core import record
from core.starters.words import WORDS, Words


def write(folder: Path) -> None:
    """Write the card of one model from its scores.json and config.json.

    Args:
        folder: The model's folder, starter-translate or a sibling.

    Raises:
        NotFound: There is no scores.json.
        BadInput: It is no record of a starter model.
    """
    figures = record.read(folder / "scores.json", "starter")
    record.write_text(folder / "README.md", card(figures, folder))


def write_all(out: Path) -> None:
    """Write the cards of all starter models under a folder.

    Raises:
        NotFound: A model has no scores.json yet.
    """
    for name in WORDS:
        write(out / name)


def card(figures: dict[str, Any], folder: Path) -> str:
    """The text of a card: YAML front matter, then Markdown.

    Args:
        figures: What scores.json holds.
        folder: The model's folder, for the size of its files.
    """
    words = WORDS[figures["name"]]
    sections = (
        _front_matter(words),
        f"# {figures['name']}\n\n{words.title} Trained from random weights by this project; no "
        "other model's weights went into it.",
        _architecture(figures, words, folder),
        _data(figures),
        _training(figures, words),
        _scores(figures),
        "## What it is not good for\n\n" + "\n".join(f"- {row}" for row in words.unfit),
        f"## Use\n\n```python\n{words.usage}\n```",
        _again(figures),
    )
    return "\n\n".join(sections) + "\n"


def _front_matter(words: Words) -> str:
    return (
        "---\nlicense: apache-2.0\nlanguage:\n- en\n- de\n- zh\nlibrary_name: transformers\n"
        f"pipeline_tag: {words.tag}\n---"
    )


def _architecture(figures: dict[str, Any], words: Words, folder: Path) -> str:
    size = (folder / "model.safetensors").stat().st_size
    return (
        f"## Architecture\n\n`{figures['architecture']}`, {figures['parameters']:,} parameters "
        f"(shared ones counted once), {words.architecture} The weights are stored as 16-bit floats "
        f"in safetensors ({size / 1e6:.1f} MB) and meant to be loaded as 32-bit ones, which "
        f"`config.json` says.\n\nThe Unigram tokenizer has {figures['vocabulary']:,} entries and "
        "is shared by the three starter models: every whole number from 0 to 999 and every year "
        "from 1900 to 2099 is one token, what the vocabulary lacks is written in bytes, and "
        "decoding gives back what was encoded."
    )


def _data(figures: dict[str, Any]) -> str:
    data = figures["data"]
    script = "simplified and traditional characters mixed"
    left = (
        "Paraphrases, and the same Chinese translation once in simplified and once in traditional "
        "characters, may still stand on both sides."
    )
    if figures.get("script") == "simplified":
        script = "its traditional characters made simplified ones by OpenCC before the split"
        left = "Paraphrases may still stand on both sides."
    return (
        "## Data\n\n"
        "Sentences and translations from [Tatoeba](https://tatoeba.org), by way of "
        "[manythings.org/anki](https://www.manythings.org/anki/), licensed "
        "[CC BY 2.0 FR](https://creativecommons.org/licenses/by/2.0/fr/): English–German and "
        f"English–Chinese, {script}. The sentences themselves do not ship.\n\n"
        "The split is by English source: the SHA-256 of the sentence, without case, punctuation, "
        "apostrophes and contractions, puts it in train (88 %), validation (2 %) or test (10 %), "
        "the same for both languages and all three models. A train pair whose translation is also "
        "that of a held-out sentence was dropped. Pairs: "
        f"train {data['train_pairs']:,}, validation {data['validation_pairs']:,}, test "
        f"{data['test_pairs']:,}, dropped {data['dropped_as_leaks']:,}. {left}\n\n"
        "The tokenizer, not the weights, also saw phrases generated from Unicode CLDR (by Babel "
        f"{figures['versions']['babel']}; Unicode License v3) in English, German, French and "
        "Chinese: dates, relative times, units, amounts of money, names of territories and "
        "languages. The project's own sample sets were not used: the weights have seen neither "
        "CLDR phrases nor support messages."
    )


def _training(figures: dict[str, Any], words: Words) -> str:
    plan, versions = figures["plan"], figures["versions"]
    libraries = ", ".join(
        f"{name} {versions[name]}"
        for name in ("python", "torch", "transformers", "tokenizers")
        if name in versions
    )
    return (
        f"## Training\n\n{words.objective} AdamW, peak rate {plan['learning_rate']:g}, linear "
        f"warm-up over {plan['warmup_share']:.0%} of the time and linear decay to zero, batches of "
        f"{plan['batch']}, seed {plan['seed']}{_extras(figures)}.\n\n"
        f"{figures['minutes']} minutes of processor time on {plan['threads']} thread(s) of "
        f"“{figures['processor']}” ({figures['wall_minutes']} minutes by the clock, beside other "
        f"work), {figures['steps']:,} steps, {figures['epochs']} passes over "
        f"{figures['examples']:,} examples; finished {figures['date']}. {libraries}."
        + (f"\n\n{figures['note']}" if "note" in figures else "")
    )


def _extras(figures: dict[str, Any]) -> str:
    said = ", no dropout"
    if "label_smoothing" in figures:
        said += f", label smoothing {figures['label_smoothing']:g}"
    factor = figures["plan"].get("embedding_factor", 1)
    if factor != 1:
        said += f", the word embeddings at {factor:g} times the rate"
    for name, times in figures.get("times_in_a_pass", {}).items():
        said += f"; a pass takes each {name} pair {times} times" if times > 1 else ""
    return said


def _scores(figures: dict[str, Any]) -> str:
    rows = figures["held_out"]
    systems = list(rows[0]["systems"])
    head = ["task", "measure", "n", *systems]
    lines = [_row(head), _row(["---"] * len(head))]
    lines += [
        _row([row["task"], _measure(row), _count(row), *_values(row, systems)]) for row in rows
    ]
    text = (
        "## Held-out scores\n\nOn the test part, of the weights as they ship; in brackets the "
        "95 % bootstrap interval (1,000 resamples of sentences).\n\n" + "\n".join(lines)
    )
    behind = [said for row in rows for said in _not_beaten(row, systems[0])]
    if behind:
        text += "\n\n**Not better than a baseline, intervals apart:**\n\n" + "\n".join(behind)
    signatures = sorted({row["signature"] for row in rows if "signature" in row})
    if signatures:
        listed = "\n".join(f"- `{signature}`" for signature in signatures)
        text += (
            "\n\nGreedy search on a seeded sample of different test sentences, against all their "
            "known translations. The nearest training sentence is the one with the highest cosine "
            "of TF-IDF vectors of character 2- to 4-grams. sacreBLEU signatures:\n\n" + listed
        )
    return text


def _not_beaten(row: dict[str, Any], ours: str) -> list[str]:
    """The baselines that a model does not clearly beat, in one measure."""
    own = row["systems"][ours]
    higher = row["better"] == "higher"
    return [
        f"- {row['task']}, {row['measure']}: against “{name}”"
        for name, other in row["systems"].items()
        if name != ours
        and not (own["low"] > other["high"] if higher else own["high"] < other["low"])
    ]


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _measure(row: dict[str, Any]) -> str:
    return f"{row['measure']} ({row['better']} is better)"


def _count(row: dict[str, Any]) -> str:
    return f"{row['n']:,} {row['n_of']}"


def _values(row: dict[str, Any], systems: Iterable[str]) -> list[str]:
    found = (row["systems"][name] for name in systems)
    return [f"{v['value']:.2f} [{v['low']:.2f}, {v['high']:.2f}]" for v in found]


def _again(figures: dict[str, Any]) -> str:
    what = figures["name"].removeprefix("starter-")
    plan = figures["plan"]
    files = "\n".join(
        f"- `{name}` SHA-256 `{hash_}`" for name, hash_ in figures["data"]["files"].items()
    )
    return (
        f"## Make it again\n\n```\npython -m core.starters {what} --data DIR --minutes "
        f"{plan['minutes']:g} --threads {plan['threads']}\n```\n\nDIR holds the two files below. "
        "The steps done in the time depend on the machine, so the figures will be near these, not "
        f"the same.\n\n{files}"
    )
