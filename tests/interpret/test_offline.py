"""The offline file: complete, small, and safe whatever the tokens are."""

import base64
import dataclasses
import hashlib
import re
import zlib

import numpy as np
import pytest

from core.charts.attention import colours
from core.interpret import bundle, offline, packing
from core.interpret.place import Place
from core.text.catalog import LANGUAGES
from tests.interpret.captures import seq2seq
from tests.interpret.test_canvas import MARK, square


def page(capture, place, **options) -> str:
    heads = capture.summary()
    return offline.attention_page(capture, heads, place, colours(), mark=MARK, **options)


def carried(text: str):
    data = re.search(r'id="data">(.*?)</script>', text, re.S)
    assert data is not None
    return packing.unpack(zlib.decompress(base64.b64decode(data[1])))


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_carries_every_head_exactly_and_no_markup_of_tokens(language: str) -> None:
    capture = dataclasses.replace(seq2seq(), text="</script><b>x</b> **y**")
    text = page(capture, Place("map", "cross", 1, (1,)), language=language)
    assert text.count("</script>") == 2  # the data's and the program's: none came from a token
    assert "&lt;/script&gt;&lt;b&gt;x&lt;/b&gt; **y**" in text and MARK in text
    assert f'<html lang="{language}">' in text and not re.search(r"/\*[A-Z]+\*/", text)
    header, arrays = carried(text)
    assert header["language"] == language and header["table"]
    for kind in capture.kinds:
        for (layer, head), weights in np.ndenumerate(capture.weights[kind][..., 0, 0]):
            exact = arrays[f"exact/{kind}/{layer}/{head}"]
            assert exact[0, 0] == weights
    assert header["views"] == ["grid", "lines", "map"]


def test_it_may_load_nothing_and_runs_one_script_alone() -> None:
    text = page(seq2seq(), Place("grid", "cross", 0, (0,)))
    policy = re.search(r"script-src '(sha256-[^']+)'", text)
    script = re.search(r"<script>(.*)</script>", text, re.S)
    assert policy and script and "default-src 'none'" in text
    digest = hashlib.sha256(script[1].encode()).digest()
    assert policy[1] == f"sha256-{base64.b64encode(digest).decode()}"
    places = re.findall(r'(?:https?:)?//[^\s"\'<>]+\.[a-z]+/[^\s"\']*', text)
    assert [place for place in places if "www.w3.org/2000/svg" not in place] == []
    assert not re.search(r"<(?:link|img|iframe|script src)", text)


def test_twelve_by_twelve_heads_of_128_tokens_fit_into_three_megabytes() -> None:
    capture = square(128, 12, 12)
    text = page(capture, Place("map", "encoder", 3, (4,)))
    assert len(text.encode()) <= offline.FILE_BYTES
    _, arrays = carried(text)
    assert np.array_equal(arrays["exact/encoder/3/4"], capture.weights["encoder"][3, 4])
    for layer in range(12):
        back = packing.shares(arrays[f"layer/encoder/{layer}"])
        assert np.abs(back - capture.weights["encoder"][layer]).max() <= 0.004
    assert "Some heads are in this file as small pictures only" in text


def test_what_does_not_fit_stays_behind_and_is_said() -> None:
    capture = square(256, 12, 12)
    text = page(capture, Place("map", "encoder", 3, (4,)))
    assert len(text.encode()) <= offline.FILE_BYTES
    _, arrays = carried(text)
    assert {"thumbs/encoder", "exact/encoder/3/4", "layer/encoder/3"} <= arrays.keys()
    assert "Some heads are in this file as small pictures only" in text


def test_the_bundle_has_every_module_and_nothing_left_to_load() -> None:
    script = bundle.script()
    names = re.findall(r'^modules\["(\w+\.js)"\]', script, re.M)
    assert names[-1] == "main.js" and len(names) == len(set(names)) == 18
    assert not re.search(r"^(import|export)\b", script, re.M)
    for name in names:
        assert script.index(f'modules["{name}"] =') <= script.index(f'modules["{name}"]')
