"""One look-up for every table."""

from dataclasses import dataclass

import pytest

from core.errors import NotFound
from core.table import find


@dataclass(frozen=True)
class Row:
    name: str


ROWS = (Row("A100-40-SXM"), Row("A100-80-SXM"))


def test_case_does_not_matter():
    assert find(ROWS, "a100-80-sxm", "GPU") is ROWS[1]


def test_an_unknown_name_lists_the_known_and_the_nearest():
    with pytest.raises(
        NotFound, match=r"no GPU called 'A100-80'.*Did you mean A100-80-SXM"
    ) as error:
        find(ROWS, "A100-80", "GPU")
    assert "Known: A100-40-SXM, A100-80-SXM." in str(error.value)
