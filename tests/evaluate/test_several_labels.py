"""Rows with several labels each: scores against scikit-learn's of the same indicator matrix."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, precision_recall_fscore_support
from sklearn.preprocessing import MultiLabelBinarizer

from core.data import dataset as datasets
from core.data.collect import Files, Options, Source
from core.data.dataset import Example
from core.data.imports import import_files
from core.errors import BadInput
from core.evaluate.answer import of_texts
from core.evaluate.paired import differences
from core.evaluate.scoring import per_example, score
from core.evaluate.tally import Tally
from core.workspace import Workspace

REFERENCES = ["fault;urgent", "usage", "fault", "billing; urgent", "usage;fault", "billing"]
ANSWERS = ["urgent;fault", "usage;fault", "fault", "billing", "usage", "refund"]
METRICS = ("accuracy", "f1", "precision", "recall")


def test_scores_are_scikit_learns() -> None:
    sets = [[set(map(str.strip, text.split(";"))) for text in column]
            for column in (REFERENCES, ANSWERS)]  # fmt: skip
    binarizer = MultiLabelBinarizer().fit(sets[0] + sets[1])
    truth, given = (binarizer.transform(column) for column in sets)
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, given, average="macro", zero_division=0
    )
    found = {
        row.metric: row
        for row in score(METRICS, REFERENCES, of_texts(ANSWERS), language=None, separator=";")
    }
    expected = {"accuracy": accuracy_score(truth, given), "f1": f1, "precision": precision,
                "recall": recall}  # fmt: skip
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value)
        assert found[name].low <= value <= found[name].high
    assert found["f1"].signature.endswith("separator:;")


def test_order_and_space_do_not_count_for_one_example() -> None:
    right = per_example("accuracy", REFERENCES, of_texts(ANSWERS), separator=";")
    assert right == [1, 0, 1, 0, 0, 0]
    assert per_example("accuracy", REFERENCES, of_texts(ANSWERS)) == [0, 0, 1, 0, 0, 0]


def test_two_models_are_compared_by_labels() -> None:
    a, b = (
        {"f1": Tally(REFERENCES, of_texts(texts), language=None, separator=";").of("f1")}
        for texts in (ANSWERS, REFERENCES)
    )
    rows = differences(a, b, language=None, separator=";")
    assert rows[0].b == 1
    assert rows[0].a == pytest.approx(
        score(["f1"], REFERENCES, of_texts(ANSWERS), language=None, separator=";")[0].value
    )
    assert np.isfinite(rows[0].difference)


def test_a_file_with_a_separator_is_other_data(tmp_path: Path) -> None:
    place = Workspace.open(tmp_path)
    file = tmp_path / "tickets.csv"
    lines = "\n".join(f"text {n},{label}" for n, label in enumerate(REFERENCES * 3))
    file.write_text(f"text,label\n{lines}\n")
    files = Files((Source(file, "tickets.csv"),))
    one = import_files(place, Options("text-classification"), files).dataset
    several = import_files(place, Options("text-classification", label_separator=";"), files)
    made = several.dataset
    assert made.version != one.version
    assert (one.label_separator, made.label_separator) == (None, ";")
    assert made.classes == ("billing", "fault", "urgent", "usage")
    assert datasets.open_dataset(place, made.title) == made
    assert made.labels_of("a; b;;a") == ("a", "b")
    for wrong in (" ", ""):
        with pytest.raises(BadInput, match="expected a sign such as ';'"):
            import_files(place, Options("text-classification", label_separator=wrong), files)
    with pytest.raises(BadInput, match="for text-classification alone"):
        import_files(place, Options("translation", label_separator=";"), files)


def test_one_label_stays_as_it_is() -> None:
    assert Example("a", "b", "c;d").target == "c;d"
    found = score(["f1"], ["c;d", "e"], of_texts(["c;d", "e"]), language=None)
    assert found[0].value == 1
