"""`assay context` as a person or a script calls it."""

import json

import pytest


def test_by_formula_alone(assay) -> None:
    code, out, _ = assay("context", "starter-causal", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["trusted_tokens"], found["basis"], found["reason"]) == (512, "formula", "trained")
    assert found["measured"] is None and found["hard_end_tokens"] is None
    slow = next(one for one in found["reasons"] if one["kind"] == "slow")
    assert (slow["slow"], slow["pairs"]) == (8, 16)
    # 4 layers × 2 key heads × 32 numbers, keys and values, 2 bytes each.
    at = next(one for one in found["cache"] if one["tokens"] == 512)
    assert at["fp16_bytes"] == 512 * 2 * 4 * 2 * 32 * 2 and at["fp32_bytes"] == 2 * at["fp16_bytes"]
    code, out, _ = assay("context", "starter-encode")
    assert code == 0 and "256" in out and "keeps no cache" in out


def test_measured_on_a_text(assay, tmp_path) -> None:
    book = tmp_path / "book.txt"
    book.write_text(" ".join(f"Sentence number {n} is here." for n in range(300)), "utf-8")
    files = [tmp_path / f"x.{kind}" for kind in ("html", "svg", "png", "npz")]
    flags = [word for path in files for word in (f"--{path.suffix[1:]}", str(path))]
    code, out, _ = assay(
        "context", "starter-causal", "--text", str(book), "--length", "64", "--json", *flags
    )
    found = json.loads(out)
    assert code == 0 and found["basis"] == "measured"
    assert found["measured"]["longest_tokens"] == 64 and found["measured"]["n"] >= 10
    assert {"start_tokens", "end_tokens", "loss_nats", "low_nats", "high_nats"} <= set(
        found["measured"]["bins"][0]
    )
    assert all(path.stat().st_size > 500 for path in files)
    assert found["hash"][:12] in files[0].read_text("utf-8")


@pytest.mark.parametrize(("arguments", "words"), [
    (("no-such",), "There is no model called 'no-such'"),
    (("starter-causal", "--dataset", "d", "--text", "t"), "exclude each other"),
    (("starter-causal", "--length", "64"), "name --dataset or --text too"),
    (("starter-causal", "--dataset", "nothing"), "nothing"),
    (("starter-causal", "--text", "/nowhere/x.txt"), "no file '/nowhere/x.txt'"),
    (("starter-causal", "--html", "/nowhere/x.html"), "cannot be written"),
])  # fmt: skip
def test_a_wrong_request_ends_with_one_line(assay, arguments, words) -> None:
    code, out, err = assay("context", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("assay: ") and words in err and err.count("\n") == 1
