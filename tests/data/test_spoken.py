import pytest

from core.data import dataset as store
from core.data.dataset import Example
from core.data.findings import sentence
from core.data.spoken import spoken
from core.workspace import Workspace

ENGLISH = "The parcel that I ordered last week has still not arrived at my house, number {}"
GERMAN = "Das Paket, das ich letzte Woche bestellt habe, ist noch immer nicht angekommen, Nummer {}"
FRENCH = "Le colis que j'ai commandé la semaine dernière n'est toujours pas arrivé, numéro {}"


@pytest.fixture
def save(tmp_path):
    def run(task, rows, **said):
        made = [Example(str(n), *row) for n, row in enumerate(rows)]
        return store.save(Workspace.open(tmp_path), "d", task, {"train": made}, **said), made

    return run


def test_languages_are_told_and_strays_found(save):
    rows = [(ENGLISH.format(n), GERMAN.format(n)) for n in range(60)]
    rows += [(ENGLISH.format(99), FRENCH.format(99)), ("ok", "ok")]
    shares, found = spoken(*save("translation", rows, target_language="de"))
    assert shares["input"] == {"en": 61 / 62, "": 1 / 62}
    assert list(shares["target"]) == ["de", *sorted(["fr", ""], key=["fr", ""].index)]
    (one,) = [each.finding for each in found]
    assert (one.name, one.count, one.total, one.examples[0]["id"]) == (
        "language_target", 1, 62, "60",
    )  # fmt: skip
    assert sentence(one) == "1 of 62 targets looked at are in another language than German."
    assert "德语" in sentence(one, "zh")


def test_two_languages_side_by_side_are_no_strays(save):
    rows = [((ENGLISH, GERMAN)[n % 2].format(n), "ab"[n % 2]) for n in range(40)]
    shares, found = spoken(*save("text-classification", rows))
    assert shares == {"input": {"en": 0.5, "de": 0.5}}
    assert found == []


def test_of_many_rows_some_are_looked_at(save, monkeypatch):
    monkeypatch.setattr("core.data.spoken.SAMPLED", 10)
    rows = [(ENGLISH.format(n), "a") for n in range(95)] + [(GERMAN.format(0), "a")]
    shares, found = spoken(*save("text-classification", rows))
    assert shares == {"input": {"en": 1.0}}
    assert found == []
