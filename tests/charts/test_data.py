import pytest

from core.charts import data as charts
from core.data.profile import Lengths, bars


def lengths(values):
    return Lengths("input", 1.0, 2, max(values), 1.0, bars(sorted(values)))


@pytest.mark.parametrize("values", [[3], [1, 2, 2, 900], list(range(500))])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_histogram_shows_every_text(values, scheme):
    figure = charts.lengths(lengths(values), scheme, "zh")
    assert sum(figure.data[0].y) == len(values)


def test_labels_are_drawn_as_text_in_order_of_frequency():
    figure = charts.labels({"rare": 1, "<b>often</b>": 9, "x" * 50: 4}, "light")
    assert list(figure.data[0].x) == [9, 4, 1]
    assert figure.layout.yaxis.ticktext[0] == "&lt;b&gt;often&lt;/b&gt;"
    assert figure.layout.yaxis.ticktext[1].endswith("…")


def test_of_many_labels_the_ends_are_drawn():
    counts = {f"label {i}": i for i in range(100)}
    shown = [name for name, _ in charts.ends(counts)]
    assert len(shown) == charts.MOST_LABELS
    assert (shown[0], shown[-1]) == ("label 99", "label 0")
    assert charts.ends({"a": 1, "b": 1}) == [("a", 1), ("b", 1)]
