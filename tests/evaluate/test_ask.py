"""An endpoint's evaluation before anything is asked."""

import pytest

from core.data import dataset as datasets
from core.data.dataset import Example
from core.errors import BadInput, NotFound
from core.evaluate.ask import prepare_asked
from core.evaluate.endpoint import Endpoint
from core.evaluate.token_price import TokenPrice
from core.workspace import Workspace

NOBODY = Endpoint("http://127.0.0.1:9/v1", "tiny")


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.open(tmp_path)
    rows = [Example(str(n), f"in {n}", "x" * (100 * n)) for n in range(8)]
    datasets.save(made, "demo", "translation", {"train": rows[:4], "test": rows[4:]},
                  source_language="en", target_language="de")  # fmt: skip
    return made


def ready(workspace, endpoint=NOBODY, **more):
    fields = {"prompt": None, "shots": None, "max_tokens": None, "price": None, "split": "test",
              "metrics": (), "limit": None, **more}  # fmt: skip
    return prepare_asked(workspace, "demo", endpoint, **fields)


def test_shots_come_from_the_training_split_and_room_from_its_longest_target(workspace):
    work, source = ready(workspace)
    assert set(work.notes["prompt"]["shots"]) <= {"0", "1", "2", "3"}
    assert [e.id for e in work.examples] == ["4", "5", "6", "7"]
    assert work.notes["max_tokens"] == source.max_tokens == 150
    assert (work.model, work.kind) == ("tiny", "endpoint")
    price = TokenPrice(1.0, 2.0, "stated", "2026-11-26")
    assert ready(workspace, price=price)[0].notes["price"]["as_of"] == "2026-11-26"


def test_neither_split_nor_limit_nor_price_makes_another_answer(workspace):
    key = ready(workspace)[1].key
    price = TokenPrice(1.0, 2.0, "stated", "2026-11-26")
    for more in ({"split": "train"}, {"limit": 2}, {"price": price}, {"metrics": ("chrf",)}):
        assert ready(workspace, **more)[1].key == key
    for more in ({"shots": 0}, {"prompt": "{input}"}, {"max_tokens": 5}):
        assert ready(workspace, **more)[1].key != key
    other = Endpoint("http://127.0.0.1:9/v2", "tiny")
    assert ready(workspace, other)[1].key != key
    assert ready(workspace, Endpoint(NOBODY.url, "large"))[1].key != key


def test_what_cannot_be_asked_is_refused(workspace):
    with pytest.raises(BadInput, match="'NO_SUCH' is not set"):
        ready(workspace, Endpoint(NOBODY.url, "tiny", key_env="NO_SUCH"))
    with pytest.raises(BadInput, match="longest answer is 0 tokens; expected 1 to 100,000"):
        ready(workspace, max_tokens=0)
    with pytest.raises(BadInput, match="9 examples cannot be shown; expected 0 to 4"):
        ready(workspace, shots=9)
    with pytest.raises(BadInput, match="validation split"):
        ready(workspace, split="validation")
    with pytest.raises(NotFound, match="Did you mean bleu"):
        ready(workspace, metrics=("blue",))
