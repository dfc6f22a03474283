import json
import re
from collections import Counter, defaultdict

import pytest

from core.data import dataset as store
from core.data import localise
from core.data.preprocess import key
from core.data.samples import SAMPLES, import_sample, load_sample
from core.errors import NotFound
from core.pipeline import TASKS
from core.workspace import Workspace, assets

INTENTS = {
    "refund", "delivery", "account", "billing", "fault", "cancellation", "usage", "suggestion",
}  # fmt: skip
NAMES = [sample.name for sample in SAMPLES]


@pytest.fixture(scope="module")
def support():
    lines = (assets() / "samples" / "support.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def skeletons(support):
    products = sorted({r["product"].casefold() for r in support if r["product"]}, key=len)

    def mask(text):
        text = text.casefold()
        for product in reversed(products):
            text = text.replace(product, " @ ")
        return re.sub(r"\d+", "#", text)

    return [(row["language"], mask(row["text"])) for row in support]


def test_every_intent_has_as_many_rows_in_each_language(support):
    counts = Counter((row["intent"], row["language"]) for row in support)
    assert counts == {(intent, language): 76 for intent in INTENTS for language in ("en", "zh")}
    assert len({row["id"] for row in support}) == len(support) == 1216


def test_a_product_stands_once_in_its_text(support):
    named = [row for row in support if row["product"] is not None]
    assert all(row["text"].count(row["product"]) == 1 for row in named)
    assert 0.7 < len(named) / len(support) < 0.8


def test_no_text_or_summary_occurs_twice(support):
    for field in ("text", "summary"):
        assert len({row[field].casefold() for row in support}) == len(support)
    assert all(row["summary"] not in row["text"] for row in support)


def test_hardly_any_row_has_a_near_duplicate(support):
    grams = [
        {text[i : i + 3] for i in range(len(text) - 2)}
        for text in (" ".join(row["text"].casefold().split()) for row in support)
    ]
    near = set()
    for i, a in enumerate(grams):
        for j, b in enumerate(grams[:i]):
            # |a ∩ b| / |a ∪ b| cannot pass 0.7 where the sizes are further apart than that.
            if min(len(a), len(b)) >= 0.7 * max(len(a), len(b)) and len(a & b) > 0.7 * len(a | b):
                near |= {i, j}
    assert len(near) < 0.01 * len(support)


def test_no_sentence_frame_is_used_more_than_five_times(skeletons):
    openings, whole = Counter(), Counter(skeletons)
    for language, skeleton in skeletons:
        units = re.findall(r"[\w@#']+" if language == "en" else r"[\w@#]", skeleton)
        openings[language, tuple(units[:5])] += 1
    assert max(openings.values()) <= 5
    assert max(whole.values()) == 1


def test_punctuation_does_not_tell_the_intent(support):
    marks = defaultdict(Counter)
    for row in support:
        if row["language"] == "zh":
            marks[row["intent"]].update(
                [mark for mark in ",?!;:" if mark in row["text"]],
                full_stop=row["text"].endswith("。"),
            )
    for counts in marks.values():
        assert not any(counts[mark] for mark in ",?!;:")
        assert counts["full_stop"] < 0.25 * 76


def test_the_summaries_are_one_short_line(support):
    for row in support:
        assert "\n" not in row["summary"]
        size = len(row["summary"].split()) if row["language"] == "en" else len(row["summary"])
        assert size <= (10 if row["language"] == "en" else 18), row["id"]


@pytest.mark.parametrize("sample", SAMPLES, ids=NAMES)
def test_no_test_input_stands_in_training(sample):
    splits = sample.make()
    assert sample.task in TASKS
    assert all(e.input and e.target for rows in splits.values() for e in rows)
    keys = {split: {key(e) for e in rows} for split, rows in splits.items()}
    assert not keys["test"] & keys["train"]
    assert not keys["test"] & keys["validation"]
    assert not keys["validation"] & keys["train"]
    ids = [e.id for rows in splits.values() for e in rows]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("language", ["de", "fr", "zh"])
def test_localise_has_no_missing_pattern_and_no_ambiguous_source(language):
    rows = [e for part in load_sample(f"localise-{language}").values() for e in part]
    assert 10_000 < len(rows) <= localise.PAIRS
    assert not any(unit in e.input + e.target for e in rows for unit in localise.UNITS)
    assert len({e.input for e in rows}) == len(rows)


def test_the_mix_is_whole():
    assert sum(kind.share for kind in localise.KINDS) == pytest.approx(1)


def test_localise_says_what_cldr_says():
    german = {e.input: e.target for part in load_sample("localise-de").values() for e in part}
    weekdays = [v for k, v in german.items() if k.startswith("Monday, ")]
    assert weekdays
    assert all(v.startswith("Montag, ") for v in weekdays)
    assert all(
        german[k] == f"vor {n.group(1)} Tagen"
        for k in german
        if (n := re.fullmatch(r"(\d+) days ago", k))
    )
    assert german.get("30 liters", "30 Liter") == "30 Liter"


def test_the_same_sample_is_the_same_version(tmp_path):
    first, second = (Workspace.open(tmp_path / name) for name in "ab")
    for name in ("localise-zh", "support-classification", "general-de"):
        assert import_sample(first, name).title == import_sample(second, name).title


def test_support_splits_keep_the_shares_of_the_intents():
    splits = load_sample("support-classification")
    for split, share in (("train", 0.7), ("validation", 0.1), ("test", 0.2)):
        counts = Counter(e.target for e in splits[split])
        assert set(counts) == INTENTS
        assert all(abs(n - 152 * share) <= 2 for n in counts.values())


def test_an_answer_stands_in_its_context():
    splits = load_sample("support-question-answering")
    assert all(e.target in e.context for rows in splits.values() for e in rows)


def test_a_sample_becomes_a_dataset_that_says_it_is_synthetic(tmp_path):
    workspace = Workspace.open(tmp_path)
    made = import_sample(workspace, "general-zh", "mine")
    assert (made.name, made.synthetic, made.source) == ("mine", True, "sample general-zh")
    assert made.prefix == "translate English to Chinese: "
    assert made.splits == {"train": 300, "validation": 0, "test": 300}
    assert store.open_dataset(workspace, "mine") == made


def test_an_unknown_sample_is_answered_with_the_known(tmp_path):
    with pytest.raises(NotFound, match="localise-de"):
        import_sample(Workspace.open(tmp_path), "localize-de")
