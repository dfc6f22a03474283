"""The split: stable, by source, without leaks."""

from collections import Counter

from core.starters.corpus import Pair, clean, sentences, split
from core.starters.split import normalise, part_of


def test_normalise_forgets_case_punctuation_and_contractions():
    assert normalise("I'm NOT  here!") == "i am not here"
    assert normalise("I am not here.") == "i am not here"
    assert normalise("He won’t. Can't you?") == "he will not can not you"
    assert normalise("Tom's cat") == "toms cat"
    assert normalise("汤姆，你好！") == "汤姆 你好"


def test_near_identical_sources_share_a_part():
    for number in range(300):
        plain = f"I will not take bus {number} today"
        variants = (plain + ".", plain.upper() + "!", plain.replace("will not", "won't"))
        assert {part_of(variant) for variant in variants} == {part_of(plain)}


def test_parts_never_change():
    # Written down once: a change here would put test sentences of shipped models into train.
    parts = {n: part_of(f"Sentence number {n}.") for n in range(24)}
    assert [n for n, part in parts.items() if part == "test"] == [10, 17, 19, 20]
    assert [n for n, part in parts.items() if part == "validation"] == [0]


def test_shares_are_about_those_promised():
    counts = Counter(part_of(f"This is sentence {n}.") for n in range(20_000))
    assert abs(counts["test"] / 20_000 - 0.10) < 0.01
    assert abs(counts["validation"] / 20_000 - 0.02) < 0.005


def pairs() -> list[Pair]:
    made = []
    for number in range(1_000):
        made.append(Pair(f"Sentence {number}.", f"Satz {number}.", "de"))
        made.append(Pair(f"sentence {number}", f"Ein Satz {number}!", "de"))
        made.append(Pair(f"Sentence {number}.", f"第{number}句。", "zh"))
    # The same answer to every question: it would leak from train into test.
    made += [Pair(f"Shall we {number}?", "Ja!", "de") for number in range(200)]
    return made


def test_no_source_and_no_target_stands_on_both_sides():
    corpus = split(pairs())
    parts = (corpus.train, corpus.validation, corpus.test)
    sources = [{normalise(pair.source) for pair in part} for part in parts]
    targets = [{normalise(pair.target) for pair in part} for part in parts]
    for group in (sources, targets):
        assert all(group)
        assert not group[0] & group[1]
        assert not group[0] & group[2]
        assert not group[1] & group[2]
    assert corpus.dropped_leaks > 100
    assert sum(map(len, parts)) + corpus.dropped_leaks == len(set(pairs()))


def test_both_languages_of_a_source_fall_together():
    corpus = split(pairs())
    for part in (corpus.train, corpus.validation, corpus.test):
        rows = [pair for pair in part if not pair.source.startswith("Shall")]
        german = {p.source for p in rows if p.language == "de" and p.source.startswith("S")}
        assert german == {p.source for p in rows if p.language == "zh"}


def test_cleaning_and_sentences():
    assert clean(" a\u200b  b\u00ad\tc ") == "a b c"
    found = sentences([Pair("A.", "B.", "de"), Pair("A.", "C.", "de"), Pair("A.", "丁。", "zh")])
    assert found == {"en": ["A."], "de": ["B.", "C."], "zh": ["丁。"]}
