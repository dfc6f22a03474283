"""The Cost page: four parts, each by its link, what cannot be said in one sentence, own prices."""

import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.cli.main import main
from core.cost.calibrate import Machine, Measurement, ServedMeasurement
from core.cost.choice import PRESETS
from core.cost.measured import save
from core.cost.probe import machine, machine_name
from core.text.catalog import LANGUAGES
from core.text.format import number, usd
from core.workspace import Workspace
from dashboard.views.cost import PARTS

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
OWN = "kept-cost-prices"


@pytest.fixture
def draw(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))

    def page(own=None, /, **query):
        found = AppTest.from_file(str(APP), default_timeout=60)
        for name, value in query.items():
            found.query_params[name] = value
        found.session_state[OWN] = own
        found._page_hash = calc_hash("cost")
        found.run()
        assert [fault.value for fault in found.exception] == []
        return found

    return page


def said(page):
    return "\n".join(str(one.value) for one in [*page.markdown, *page.subheader, *page.caption])


def keys(page):
    return {
        str(one.key) for kind in ("selectbox", "number_input", "button") for one in page.get(kind)
    }


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_part_has_its_question_and_its_answer(part, language, draw):
    page = draw(part=part, lang=language)
    [question] = page.title
    [answer] = page.header
    assert question.value and answer.value
    assert "{" not in said(page) + answer.value, "every sentence got its values"
    assert not draw(part=part, lang=language, present="1").get("selectbox"), "none for a room"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"tokens": "1e400"}, "tokens: 1e400 cannot be; give a number from"),
        ({"tokens": "nan"}, "tokens: nan cannot be"),
        ({"tokens": "-1"}, "tokens: -1 cannot be"),
        ({"gpus": "2.5"}, "gpus: 2.5 cannot be; give a whole number from 1 to 16,384."),
        ({"gpus": "1000000"}, "gpus: 1000000 cannot be"),
        ({"gpu": "H9000"}, "gpu: there is no H9000; known: A100-40-PCIe"),
        ({"model": "<s>**x**</s>"}, "there is none called"),
        ({"model": "/etc/passwd"}, "there is none called /etc/passwd"),
        ({"method": "magic"}, "method: there is no magic"),
        ({"tp": "3", "gpus": "3"}, "does not divide the model's 32 attention heads"),
        ({"pp": "64", "gpus": "64"}, "more stages than the model's 32 layers"),
        ({"provider": "Nobody"}, "provider: there is no Nobody"),
        ({"provider": "CoreWeave", "pricing": "spot"}, "no price on file"),
        ({"part": "serve", "rate": "0"}, "rate: 0 cannot be"),
        ({"part": "serve", "replica": "3"}, "3 GPUs cannot share"),
        ({"part": "serve", "tpot": "0.1"}, "cannot be reached"),
        ({"part": "serve", "precision": "fp8"}, "precision: there is no fp8"),
        ({"part": "judged", "kind": "wrong"}, "kind: there is no wrong"),
        ({"part": "prices", "card": "B200"}, "card: there is no B200"),
    ],
    ids=str,
)
def test_what_cannot_be_ends_in_one_sentence(query, sentence, draw):
    page = draw(**query)
    assert page.header[0].value == "Nothing is estimated: one value cannot be."
    plain = said(page).replace("\\", "")
    assert sentence in plain
    assert not page.get("plotly_chart")


def test_hostile_text_of_a_link_stays_text(draw):
    page = draw(model="**x** $y$ <s>")
    assert "**x**" not in said(page)
    assert r"\*\*x\*\*" in said(page)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_is_a_job_with_an_answer(preset, draw):
    page = draw(part=preset.part, **dict(preset.values))
    assert "US$" in page.header[0].value
    assert page.metric[0].value.startswith("≈ US$")


def test_a_model_that_fits_nowhere_says_the_change_that_makes_it_fit(draw):
    page = draw(model="llama-2-70b", method="full")
    assert "It does not fit on one A100 80 GB SXM" in page.header[0].value
    assert "**" in page.header[0].value.split(". ")[-1], "the one change, in bold"
    assert "No time and no dollars: it does not fit" in said(page)


def test_a_card_without_a_price_or_a_back_test_says_both(draw):
    page = draw()
    [cards] = [box for box in page.selectbox if box.value == "A100-80-SXM"]
    assert "H100 80 GB SXM, not back-tested" in cards.options
    cards.set_value("H100-SXM").run()
    assert not page.exception
    assert "no price on file" in page.header[0].value
    assert "US$" not in page.header[0].value
    assert "Not back-tested: no published run on the H100" in said(page)
    served = draw(part="serve", gpu="H100-SXM")
    assert "no price on file" in served.header[0].value
    assert "US$" not in served.header[0].value


def test_an_own_price_of_a_row_is_used_everywhere_and_said(draw):
    own = {"G002": 99.0}
    for part in ("train", "serve"):
        before, after = draw(part=part), draw(own, part=part, provider="AWS")
        assert before.header[0].value != after.header[0].value
        assert "Prices of your own stand in, for this session alone (rows changed: 1)" in said(
            after
        )
        assert "of your own" not in said(before)
    prices = draw(own, part="prices")
    assert "**1 of " in prices.header[0].value
    prices.button(key="cost-reset").click().run()
    assert prices.session_state[OWN] is None
    assert "prices** of A100s are on file" in prices.header[0].value


def test_an_own_price_is_never_written_to_disk(draw, tmp_path):
    draw({"G002": 98.7654}, part="train", provider="AWS")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(b"98.7654" not in path.read_bytes() for path in files)


def test_an_old_price_is_said(draw):
    page = draw(provider="CoreWeave")
    assert "days old, more than 180" in said(page)
    assert "days old, more" not in said(draw(provider="AWS"))


def test_the_command_says_what_the_controls_say(draw):
    [code] = draw(
        model="t5-base", method="full", tokens="9.6", gpus="4", length="256", target="64", zero="2",
        checkpointing="full", optimizer="adafactor", network="ethernet", pricing="spot", pue="1.3",
    ).code  # fmt: skip
    for words in (
        "--model t5-base", "--tokens 9600000", "--gpus 4", "--method full", "--parallel zero=2",
        "--sequence-length 256", "--target-length 64", "--checkpointing full", "--pue 1.3",
        "--optimizer adafactor", "--interconnect", "--pricing spot",
    ):  # fmt: skip
        assert words in code.value
    [code] = draw(part="serve", rate="2", traffic="two-peaks", ttft="900", engine="vllm").code
    for words in (
        "--requests-per-day 172800", "--traffic two-peaks", "--ttft-ms 900", "--engine vllm",
        "--model llama-3-8b", "--gpus 1",
    ):  # fmt: skip
        assert words in code.value


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"model": "t5-base", "method": "full", "tokens": "9.6", "length": "256", "target": "64"},
        {"method": "full", "gpus": "16", "network": "ethernet", "pricing": "spot", "tp": "2"},
        {"model": "13B", "method": "full", "gpus": "64", "network": "nvlink", "tokens": "2000.5"},
        {"pricing": "reserved", "discount": "0.45", "storage": "12", "egress": "3.5"},
        {"method": "qlora", "own": "0.9", "optimizer": "adamw-8bit", "checkpointing": "full"},
        {"part": "serve", "rate": "37.5", "traffic": "office-hours", "least": "2", "lag": "25"},
        {"part": "serve", "model": "llama-2-70b", "ttft": "2000", "tpot": "60", "pricing": "spot"},
        {"part": "serve", "precision": "int4", "prefix": "0.4", "draft": "1.8", "pue": "1.4"},
        {"part": "serve", "model": "bert-base-uncased", "gpu": "A100-40-PCIe", "engine": "vllm"},
    ],
    ids=str,
)
def test_the_command_prints_the_same_numbers(query, draw, capsys):
    page = draw({"G006": 1.11, "G007": 1.22}, **query)
    [code] = page.code
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([*shlex.split(code.value)[1:], "--json"])
    output = capsys.readouterr()
    assert ended.value.code == 0, output.err
    found = json.loads(output.out)
    money = found["usd"] if "usd" in found else found["usd_per_month"]
    assert page.metric[0].value == f"≈ {usd(money['p50'])}"
    if money["p5"] != money["p95"]:
        low, high = (number(money[end], 2) for end in ("p5", "p95"))
        assert page.metric[0].delta == f"{low}–{high}"


def test_a_target_that_only_just_holds_says_so(draw):
    missed = "At the slow end of the ranges a target is missed."
    assert missed in said(draw(part="serve", tpot="21"))
    assert missed not in said(draw(part="serve", tpot="500"))


def test_an_encoder_is_spoken_of_by_its_whole_answer(draw):
    page = draw(part="serve", model="bert-base-uncased")
    assert "a whole answer takes ≈" in page.header[0].value
    assert "token" not in page.header[0].value


def test_what_was_measured_here_is_a_card_of_its_own(draw, tmp_path):
    assert "one value cannot be" in draw(gpu="this-machine").header[0].value
    plain = draw(model="gpt2", tokens="1").header[0].value
    card = replace(machine("cpu", 1e11, 1e10).card, name="this-machine")
    measured = (Measurement("probe", "lora", 50.0, 100.0, 9, "2026-11-26T07:00:00"),)
    save(Workspace.open(tmp_path), Machine(machine_name(), card, False, measured))
    page = draw(model="gpt2", tokens="1", gpu="this-machine")
    assert page.header[0].value != plain
    assert "(n = 1)" in said(page)
    assert "--gpu this-machine" in page.code[0].value
    assert "no price on file" in page.header[0].value


def test_a_server_that_was_load_tested_here_is_one_too(draw, tmp_path):
    card = replace(machine("cpu", 1e11, 1e10).card, name="this-machine")
    seen = ServedMeasurement("t-1", "ctranslate2", "alone", 2.0, 4.0, 50, "2026-11-26T07:00:00")
    save(Workspace.open(tmp_path), Machine(machine_name(), card, False, (), (seen,)))
    asked = {"part": "serve", "model": "t5-small", "rate": "0.01", "in": "50", "out": "20"}
    page = draw(**asked, gpu="this-machine")
    assert page.selectbox(key="cost-engine").value == "ctranslate2"
    assert page.selectbox(key="cost-precision").value == "fp32"
    command = page.code[0].value
    assert "--gpu this-machine" in command and "--engine ctranslate2" in command
    assert "load tests of ctranslate2 on" in said(page)
    assert "no price on file" in page.header[0].value
    assert "1 machine each" in [str(one.delta) for one in page.metric]
    priced = draw(**asked, gpu="this-machine", own="0.1")
    assert "US$" in priced.header[0].value
    assert draw(part="serve", gpu="this-machine", paying="spot").exception == []


def test_the_back_test_is_one_click_away(draw):
    page = draw(method="full")
    page.button(key="cost-to-judged").click().run()
    assert page.query_params["part"] in ("judged", ["judged"])
    assert "Half of the estimates of fine-tuning are within" in page.header[0].value
