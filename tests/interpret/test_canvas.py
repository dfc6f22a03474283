"""What the canvas is sent: the blob, its precision and its size."""

import dataclasses

import numpy as np
import pytest

from core.charts.attention import colours
from core.errors import BadInput
from core.interpret import canvas, packing
from core.interpret.attention import sharpest
from core.interpret.place import PART_TOKENS, WHOLE_TOKENS, Place, part, read_place
from tests.interpret.captures import attention, seq2seq

MARK = "0123456789abcdef"


def square(tokens: int, layers: int = 2, heads: int = 3):
    """An encoder's capture of so many tokens."""
    made = seq2seq()
    labels = tuple(f"·t{i}" for i in range(tokens))
    layer = made.layers["encoder"][0]
    return dataclasses.replace(
        made, tokens=labels, labels=labels, special=(False,) * tokens, target=None,
        weights={"encoder": attention(layers, heads, tokens, tokens)},
        layers={"encoder": (dataclasses.replace(layer, heads=heads, key_heads=heads),) * layers},
    )  # fmt: skip


def blob(capture, place, **options) -> bytes:
    return canvas.blob(capture, capture.summary(), place, colours(), mark=MARK, **options)


def test_a_blob_comes_back_as_it_was_packed() -> None:
    arrays = {"a": np.arange(5, dtype=np.uint8), "b": np.arange(6, dtype=np.float32).reshape(2, 3)}
    header, found = packing.unpack(packing.pack({"text": "</script> 退款 🌱"}, arrays))
    assert header["text"] == "</script> 退款 🌱"
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype and np.array_equal(found[name], array)
        assert header["arrays"][name]["at"] % packing.ALIGNMENT == 0


def test_quantised_weights_are_off_by_what_is_said_and_no_more() -> None:
    weights = np.concatenate([np.linspace(0, 1, 100_001), np.logspace(-9, 0, 1000)])
    error = np.abs(packing.shares(packing.quantised(weights)) - weights)
    assert error.max() <= 1 - (254.5 / 255) ** 2 + 1e-6 < 0.004
    # A linear byte would make everything below 1/510 nothing.
    assert packing.quantised(np.array([0.0005]))[0] > 0
    assert packing.quantised(np.array([0.0, 1.0])).tolist() == [0, 255]


def test_a_real_softmax_keeps_most_of_its_small_weights() -> None:
    rng = np.random.default_rng(0)
    scores = np.exp(3 * rng.normal(size=(8, 128, 128)))
    weights = scores / scores.sum(-1, keepdims=True)
    assert (packing.quantised(weights) == 0).mean() < 0.15  # research 4.2: 12 %; linear 79 %
    assert (np.rint(weights * 255) == 0).mean() > 0.7


@pytest.mark.parametrize("view", ["grid", "lines", "map"])
def test_the_chosen_head_travels_exactly(view: str) -> None:
    capture = seq2seq()
    heads = (1,) if view == "grid" else (0, 1)
    header, arrays = packing.unpack(blob(capture, Place(view, "cross", 2, heads)))
    for head in heads:
        assert np.array_equal(arrays[f"exact/cross/2/{head}"], capture.weights["cross"][2, head])
    assert header["place"] == {"view": view, "kind": "cross", "layer": 2, "heads": list(heads),
                               "n": 0, "rows": 0, "columns": 0}  # fmt: skip
    assert header["measures"]["cross"].keys() == {f"{i}.{j}" for i in range(3) for j in range(2)}


def test_the_first_picture_of_many_heads_stays_small() -> None:
    capture = square(128, 12, 12)
    assert len(blob(capture, Place("grid", "encoder", 0, (0,)))) <= 250_000
    assert len(blob(capture, Place("map", "encoder", 5, (3,)))) <= 500_000


def test_very_many_heads_have_smaller_thumbnails() -> None:
    capture = square(48, 32, 32)
    _, arrays = packing.unpack(blob(capture, Place("grid", "encoder", 0, (0,))))
    small = arrays["thumbs/encoder"]
    assert small.shape == (32, 32, 13, 13)
    assert small.max() == packing.quantised(capture.weights["encoder"]).max()


def test_more_heads_than_fit_are_sent_for_their_colour() -> None:
    capture = square(300, 1, 8)
    _, arrays = packing.unpack(blob(capture, Place("lines", "encoder", 0, tuple(range(8)))))
    exact = [name for name in arrays if name.startswith("exact/")]
    assert 0 < len(exact) < 8
    pixels = arrays["layer/encoder/0"]
    assert np.abs(packing.shares(pixels) - capture.weights["encoder"][0]).max() <= 0.004


def test_a_long_text_is_sent_a_part_at_a_time() -> None:
    capture = square(WHOLE_TOKENS + 40, 1, 2)
    place = Place("map", "encoder", 0, (1,), rows=130, columns=512)
    header, arrays = packing.unpack(blob(capture, place))
    (kind,) = header["kinds"]
    assert kind["rows"] == [128, 552] and kind["columns"] == [512, 552]
    assert kind["queries"][0] == "·t128" and kind["keys"] == [f"·t{i}" for i in range(512, 552)]
    expected = capture.weights["encoder"][0, 1, 128:256, 512:]
    assert np.array_equal(arrays["exact/encoder/0/1"], expected)


@pytest.mark.parametrize(("first", "count", "found"), [
    (0, 512, (0, 512)), (9, 13, (0, 13)), (0, 600, (0, 128)), (300, 600, (256, 384)),
    (599, 600, (512, 600)), (10_000, 600, (512, 600)), (-5, 600, (0, 128)),
])  # fmt: skip
def test_parts(first, count, found) -> None:
    assert part(first, count) == slice(*found)
    assert PART_TOKENS == 128


def test_groups_and_sliding_windows_are_told() -> None:
    capture = square(5)
    layer = dataclasses.replace(capture.layers["encoder"][0], heads=3, key_heads=1, window=2)
    capture = dataclasses.replace(capture, layers={"encoder": (layer, layer)})
    header, _ = packing.unpack(blob(capture, Place("grid", "encoder", 0, (0,))))
    assert header["kinds"][0]["group"] == 3 and header["kinds"][0]["windows"] == [2, 2]


@pytest.mark.parametrize(("special", "target", "second"), [
    ("1000100", "b", 5), ("100011001", "b", 6), ("1000100", None, None), ("1000", "b", None),
    ("10001", "b", None),
])  # fmt: skip
def test_where_the_second_text_of_a_pair_begins(special, target, second) -> None:
    made = square(len(special))
    flags = tuple(sign == "1" for sign in special)
    assert canvas.second_text(dataclasses.replace(made, special=flags, target=target)) == second
    assert canvas.second_text(seq2seq()) is None


def test_a_model_without_queries_and_keys_has_no_formula_to_show() -> None:
    capture = seq2seq()
    own = dataclasses.replace(capture.parity, attention_max_abs_error=None)
    header, _ = packing.unpack(blob(dataclasses.replace(capture, parity=own, scaling=None),
                                   Place("grid", "cross", 0, (0,))))  # fmt: skip
    assert header["views"] == ["grid", "lines", "map"]


def test_a_place_is_read_from_a_link() -> None:
    capture = seq2seq()
    start = sharpest(capture.summary())
    assert read_place(capture, start) == Place("grid", start.kind, start.layer, (start.head,))
    found = read_place(capture, start, view="map", kind="cross", layer="1", head="1,0,1", n=7)
    assert found == Place("map", "cross", 1, (1, 0), 7)
    assert read_place(capture, start, view="steps", kind="cross", head="1,0").heads == (1,)


@pytest.mark.parametrize(("link", "said"), [
    ({"view": "pie"}, "There is no picture 'pie'"),
    ({"layer": "1.5"}, "'1.5' is no layer"),
    ({"kind": "cross", "layer": "3"}, "There is no cross layer 3"),
    ({"kind": "cross", "layer": "-1"}, "There is no cross layer -1"),
    ({"kind": "cross", "head": "0,2"}, "There is no cross head 2"),
    ({"kind": "sideways"}, "There is no 'sideways' attention"),
])  # fmt: skip
def test_what_a_link_may_not_name(link, said) -> None:
    capture = seq2seq()
    with pytest.raises(BadInput, match=said):
        read_place(capture, sharpest(capture.summary()), **link)
