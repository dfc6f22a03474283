"""`assay compress`: what there is and what to serve, what is refused; a variant end to end."""

import json

import pytest

from core.workspace import Workspace
from tests.variants import translation, variant


@pytest.fixture
def shop(assay, tmp_path):
    """A command line with a run, and two variants with made-up numbers."""
    place = Workspace.open(tmp_path / "home")
    translation(place)
    variant("ct2-int8", workspace=place)
    variant("pruned", p50=15.0, difference=-5.0, low=-7.0, high=-3.0, decided=True, workspace=place,
            settings={"share": 0.25, "tune_seconds": 0.0})  # fmt: skip
    return assay


def test_it_shows_every_number_a_sentence_each_and_what_to_serve(shop):
    status, out, _ = shop("compress", "shop-1", "--edge-memory-mb", "60")
    assert status == 0
    assert "ct2-int8 is 2.5 times faster and not distinguishable in quality (n = 300)." in out
    assert "pruned 25 % is 1.3 times faster and worse by 5.0 BLEU (3.0–7.0; n = 300)." in out
    assert "A100: shop-1-ct2-int8, ≈ US$ 0.90 per million tokens (original: ≈ US$ 1.0" in out
    assert "Edge device: shop-1-ct2-int8, 95 of 100 requests within 8.90 ms" in out


def test_json_holds_the_records_and_the_choices(shop):
    status, out, _ = shop("compress", "shop-1", "--edge-latency-ms", "1", "--json")
    assert status == 0
    said = json.loads(out)
    assert [one["form"] for one in said["variants"]] == ["ct2-int8", "pruned"]
    assert said["variants"][0]["measured"]["p50_ms"] == 8.0
    assert [one["verdict"] for one in said["variants"]] == ["tie", "worse"]
    edge = said["recommendations"][2]
    assert (edge["name"], edge["why"], edge["nearest"]) == (None, "limits", "shop-1-ct2-int8")


def test_a_price_of_the_users_changes_the_servers_dollars(shop):
    _, out, _ = shop("compress", "shop-1", "--usd-per-hour", "14.4", "--json")
    said = json.loads(out)
    assert said["variants"][0]["measured"]["usd_per_million_tokens"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["shop-9"], "no run called 'shop-9'"),
        (["shop-1", "--to", "gguf"], "no form called 'gguf'"),
        (["shop-1", "--to", "int4"], "int4 is made of decoder models"),
        (["shop-1", "--to", "pruned", "--share", "1"], "--share 1 cannot be"),
        (["shop-1", "--to", "pruned", "--share", "0"], "--share 0 cannot be"),
        (["shop-1", "--to", "shallow", "--layers", "7"], "keep 1 to 1"),
        (["shop-1", "--to", "ct2-int8", "--layers", "1"], "leave --layers away"),
        (["shop-1", "--margin", "-1"], "--margin -1 cannot be"),
        (["shop-1", "--edge-memory-mb", "0"], "--edge-memory-mb 0 cannot be"),
        (["shop-1", "--watts", "0"], "--watts 0 cannot be"),
        (["shop-1", "--to", "ct2-int8", "--batch", "0"], "batch"),
        (["shop-1-ct2-int8", "--to", "ct2-fp32"], "is stored in its last form"),
    ],
)
def test_a_wrong_request_is_refused_with_a_sentence(shop, arguments, words):
    status, out, said = shop("compress", *arguments)
    assert status == 2
    assert out == ""
    assert words in said
    assert "Traceback" not in said
    status, jobs, _ = shop("jobs", "list", "--json")
    assert json.loads(jobs)["jobs"] == []


def test_a_run_without_variants_is_told_how_to_make_one(assay, tmp_path):
    translation(Workspace.open(tmp_path / "home"))
    status, out, _ = assay("compress", "shop-1")
    assert status == 0
    assert "There is no variant of shop-1 yet; make one with --to FORM: ct2-fp32" in out


@pytest.mark.slow
def test_a_variant_is_made_evaluated_and_bundled_like_any_model(assay, tmp_path):
    translation(Workspace.open(tmp_path / "home"))
    status, out, _ = assay("compress", "shop-1", "--to", "int8", "--limit", "8", "--json")
    assert status == 0
    assert json.loads(out)["made"] == ["shop-1-ct2-int8"]
    status, out, _ = assay("evaluate", "shop", "--model", "shop-1-ct2-int8", "--json")
    assert status == 0
    target = str(tmp_path / "bundle")
    status, _, _ = assay("export", "shop-1-ct2-int8", "--format", "bundle", "--to", target)
    assert status == 0
    status, out, _ = assay("evaluate", "shop", "--model", target, "--limit", "4", "--json")
    assert status == 0
