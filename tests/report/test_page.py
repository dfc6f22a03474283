"""The report as HTML: whole in both languages, literal, and without anything from elsewhere."""

import json
import re
from html.parser import HTMLParser

import pytest

from core.report import printing
from core.report.evidence import gather
from core.report.page import SECTIONS, report_html
from core.text import catalog
from tests.report import made_up

LANGUAGES = ("en", "zh")
HOSTILE = {
    made_up.TUNE: "<script>alert(1)</script>",
    made_up.RENT: "</script><img src=x onerror=alert(2)>",
    made_up.STAGED: "$x$ [a](javascript:1) **bold** `code`",
    made_up.HOST: "很长的名字" * 40,
    made_up.OWN: "W" * 300,
    made_up.DEVICES: "\"quoted\" & 'quoted' {braces} %{x}",
}
FAR = re.compile(r"^\s*(https?:)?//", re.IGNORECASE)


class Parsed(HTMLParser):
    """Elements in order, attributes, and the text that a reader sees."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.words, self.data = [], [], [], []
        self._inside = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "br", "wbr", "img"):
            self._inside.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        while self._inside and self._inside.pop()[0] != tag:
            pass

    def handle_data(self, data):
        kind, given = self._inside[-1] if self._inside else ("", {})
        if kind == "script" and given.get("type") == "application/json":
            self.data.append(json.loads(data))
        elif kind not in ("script", "style", "title"):
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def made(document=None, language="en"):
    found = document or made_up.document()
    return report_html(found, gather(None, found), language)


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture(scope="module")
def page(language):
    return made(language=language)


def test_every_section_is_there_under_its_heading(page, language):
    said = Parsed(page).text
    for key in ("options", "quality", "cost", "cash", "risks", "assumptions", "reproduce"):
        assert catalog.t(f"report.head.{key}", language) in said
    assert made_up.document()["title"] in said
    assert len(SECTIONS) == 8


def test_nothing_comes_from_elsewhere(page):
    found = Parsed(page)
    for name, value in found.attributes:
        if name in ("src", "href", "action", "srcset", "data", "poster"):
            assert not FAR.match(value or "") and (value or "").startswith("data:"), (name, value)
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert styles
    for style in styles:
        assert "@import" not in style
        assert all(url.startswith("data:") for url in re.findall(r"url\(([^)]*)", style))
    assert not set(found.tags) & {"link", "iframe", "object", "embed", "form", "base"}


def test_the_policy_names_each_script_and_allows_no_request(page):
    policy = next(value for name, value in Parsed(page).attributes
                  if name == "content" and "default-src" in value)  # fmt: skip
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "connect-src" not in rules and "unsafe" not in rules["script-src"]
    assert rules["script-src"].count("sha256-") == 2


def test_the_file_is_of_a_size_to_send(page):
    assert 1_000_000 < len(page.encode()) < 3_000_000


def test_every_chart_has_words_for_who_does_not_see_it_and_its_numbers(page):
    charts = re.findall(r'<div class="chart" role="img" aria-label="([^"]+)"', page)
    assert len(charts) == 5 == page.count("<details>")
    assert all(len(words) > 40 for words in charts)
    assert len(Parsed(page).data) == 5


def test_a_name_is_literal_wherever_it_stands(language):
    plain = Parsed(made(language=language))
    hostile = Parsed(made(made_up.renamed(made_up.document(), HOSTILE), language))
    assert {tag: hostile.tags.count(tag) for tag in set(hostile.tags) - {"wbr", "strong"}} == {
        tag: plain.tags.count(tag) for tag in set(plain.tags) - {"wbr", "strong"}
    }
    for name in HOSTILE.values():
        assert name in hostile.text
    assert not [name for name, _ in hostile.attributes if name.startswith("on")]


def test_no_name_is_markup_in_a_chart(language):
    drawn = Parsed(made(made_up.renamed(made_up.document(), HOSTILE), language)).data
    texts = json.dumps(drawn)
    assert "<script" not in texts and "<img" not in texts and "&lt;script" in texts


def test_the_same_plan_gives_the_same_page_but_for_the_time():
    pages = {re.sub(r"\d{4}-\d\d-\d\dT[\d:+]+", "", made()) for _ in range(2)}
    assert len(pages) == 1


def test_bold_is_bold_and_asterisks_of_a_name_are_not():
    assert "<strong>71 % of draws</strong>" in made()
    starred = made_up.renamed(made_up.document(), {made_up.TUNE: "**Tune**"})
    assert "<strong>" not in made(starred)


def nothing_recommended():
    found = made_up.document(recommended_option=None, second_option=None, gain_usd_per_month=None,
                             minimax_option=None)  # fmt: skip
    for row in found["ranking"]:
        row |= {"eligible": False, "rank": None}
    return found


def nothing_can_serve():
    found = nothing_recommended()
    bad = next(row for row in found["ranking"] if not row["feasible"])
    found["ranking"] = [bad | {"option": row["option"]} for row in found["ranking"]]
    return found | {"monthly": [], "curves": [], "break_even": [], "pareto": [], "regret": [],
                    "tornado": []}  # fmt: skip


QUALITY = ("quality", "quality_low", "quality_high", "quality_kind", "quality_n", "meets_floor",
           "probability_meets_floor")  # fmt: skip


def nothing_known():
    found = nothing_recommended()
    for row in found["ranking"]:
        row |= dict.fromkeys(QUALITY)
    return found | {"pareto": []}


def lasting():
    found = made_up.document(probability_none=0.0)
    for row in found["ranking"]:
        row["runway_months"] = {"p5": None, "p50": None, "p95": None}
    return found


BARE = ("tornado", "regret", "shocks", "warnings", "reasons", "flips", "assumptions", "ranges",
        "prices", "curves", "break_even")  # fmt: skip


@pytest.mark.parametrize(
    "document",
    [nothing_recommended, nothing_can_serve, nothing_known, lasting,
     lambda: made_up.document(**{name: [] for name in BARE})],
    ids=["none-recommended", "none-can-serve", "none-known", "lasting", "bare"],
)  # fmt: skip
def test_whatever_is_missing_is_said(document, language):
    said = Parsed(made(document(), language)).text
    leaked = re.search(r"(?<!\w)(None(?! of|:)|nan|inf|null|True|False)(?!\w)|\[\]|[{}]", said)
    assert leaked is None, said[leaked.start() - 40 : leaked.end() + 40]
    assert catalog.t("report.missing.evaluation", language) in said


def test_a_bare_plan_says_each_thing_that_is_missing(language):
    said = Parsed(made(made_up.document(**{name: [] for name in BARE}), language)).text
    for key in ("ranges", "shocks", "assumptions", "prices", "curves"):
        assert catalog.t(f"report.missing.{key}", language) in said


def test_a_plan_of_another_version_keeps_its_own_sentences():
    found = made_up.document()
    found["warnings"] = [{"key": "warning.of_tomorrow", "text": "Said tomorrow."}]
    assert "Said tomorrow." in made(found, "zh")


def test_the_page_says_what_it_is(page):
    assert printing.is_report(page.encode())
    assert not printing.is_report(b"<html><title>Assay report</title></html>")
