"""Which slices a set of examples has, counted by hand."""

from core.evaluate.seen import seen
from core.evaluate.slices import MOST_VALUES, find_slices, title


def row(text, reference="r", **more):
    return {"input": text, "reference": reference, **more}


def members(found, kind):
    return {tuple(one.values.values()): one.members for one in found if one.kind == kind}


def test_lengths_fall_into_quarters_and_equal_ones_stay_together():
    rows = [row("w " * n) for n in (1, 2, 2, 2, 5, 6, 7, 9)]
    found = find_slices(rows, "translation")
    # A quarter ends at the 2nd, 4th and 6th of the sorted lengths: 2, 2, 6.
    assert members(found, "length") == {("1", "2"): (0, 1, 2, 3), ("5", "6"): (4, 5),
                                        ("7", "9"): (6, 7)}  # fmt: skip
    assert find_slices([row("a b")] * 5, "translation") == []


def test_labels_are_slices_of_a_classification_each_label_of_a_row():
    rows = [row("x", "a; b"), row("x", "b"), row("x", "c")]
    found = find_slices(rows, "text-classification", separator=";")
    assert members(found, "label") == {("b",): (0, 1), ("a",): (0,), ("c",): (2,)}
    assert members(find_slices(rows, "translation"), "label") == {}


def test_what_the_training_split_holds_makes_slices():
    rows = [row("the cat sleeps"), row("the cat flies"), row("wholly unknown things")]
    training = ["the cat sleeps"] * 3
    found = find_slices(rows, "translation", seen=seen([r["input"] for r in rows], training))
    # 0 of 3, 1 of 3 and 3 of 3 words are rare: a third is beyond a fifth.
    assert members(found, "rare_none") == {(): (0,)}
    assert members(found, "rare_many") == {(): (1, 2)}
    assert members(found, "overlap") == {(): (0,)}
    assert members(found, "no_overlap") == {(): (1, 2)}


def test_columns_numbers_names_scripts_and_flags():
    rows = [
        row("Pay 3 to Bob", columns={"channel": "mail", "land": "de"}),
        row("then nothing", columns={"channel": "chat"}),
        row("什么也没有"),
    ]
    found = find_slices(rows, "translation", flags=[("empty",), (), ("empty", "copied")])
    assert members(found, "column") == {("channel", "mail"): (0,), ("channel", "chat"): (1,),
                                        ("land", "de"): (0,)}  # fmt: skip
    assert members(found, "numbers") == {(): (0,)}
    assert members(found, "no_numbers") == {(): (1, 2)}
    assert members(found, "names") == {(): (0,)}
    assert members(found, "script") == {("latin",): (0, 1), ("cjk",): (2,)}
    flagged = [one for one in found if one.by_answer]
    assert members(flagged, "empty") == {(): (0, 2)}
    assert len(flagged) == 2


def test_languages_that_can_be_told():
    rows = [row("Where is the next station, and how do I get to the old town from there?"),
            row("Wo ist der nächste Bahnhof, und wie komme ich von dort in die Altstadt?"),
            row("ok")]  # fmt: skip
    found = find_slices(rows, "translation")
    assert members(found, "language") == {("en",): (0,), ("de",): (1,)}


def test_of_very_many_values_the_largest_stay():
    rows = [row("x", f"label-{n % 100}") for n in range(150)]
    found = members(find_slices(rows, "text-classification"), "label")
    assert len(found) == MOST_VALUES
    assert all(len(places) == 2 for places in found.values())


def test_a_slice_says_what_it_is_and_what_users_wrote_is_escaped():
    assert title("length", {"low": "1", "high": "4"}) == "Input of 1 to 4 words"
    shown = title("column", {"column": "<b>", "name": "**x**"}, "en", lambda text: f"[{text}]")
    assert shown == "[<b>] = “[**x**]”"
    assert title("script", {"name": "cjk"}, "en", lambda _: "") == "Script: Chinese characters"
    assert title("language", {"name": "de"}, "zh") == "语言：德语"
