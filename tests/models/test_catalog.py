import pytest

from core.errors import NotFound
from core.models.catalog import CATALOG, STARTERS, model


def test_names_are_unique_and_found_in_any_case():
    names = [row.name for row in CATALOG]
    assert len(set(names)) == len(names)
    assert model("T5-Small").name == "t5-small"


def test_a_row_says_where_its_shape_comes_from():
    for row in CATALOG:
        assert row.source
        assert row.as_of
        assert row.licence
        assert row.local == (row.hub_id is None)


def test_starters_come_first_and_are_of_every_family():
    assert CATALOG[: len(STARTERS)] == STARTERS
    assert {row.shape.family for row in STARTERS} >= {"encoder", "encoder-decoder"}


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(NotFound, match="Did you mean mistral-7b"):
        model("mistral-7")
