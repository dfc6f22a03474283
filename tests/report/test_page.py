"""The report as HTML: whole in both languages, literal, and without anything from elsewhere."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from core.report import printing
from core.report.evidence import gather
from core.report.page import SECTIONS, report_html
from core.strategy import findings
from core.strategy.say import say, shock_label
from core.strategy.shock_words import effects
from core.text import catalog
from tests.report import plans

LANGUAGES = ("en", "zh")
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
    found = document or plans.document()
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
    assert plans.document()["title"] in said
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
    document = plans.hostile()
    hostile = Parsed(made(document, language))
    assert set(hostile.tags) == set(plain.tags)
    for tag in ("script", "style", "strong", "figure", "table", "svg", "h1", "h2"):
        assert hostile.tags.count(tag) == plain.tags.count(tag), tag
    for name in (*plans.HOSTILE.values(), document["title"], "<b>shock</b> %{y}"):
        assert name in hostile.text
    assert not [name for name, _ in hostile.attributes if name.startswith("on")]


def test_no_name_is_markup_in_a_chart(language):
    drawn = Parsed(made(plans.hostile(), language)).data
    texts = json.dumps(drawn)
    assert "<script" not in texts and "<img" not in texts and "&lt;script" in texts


def test_the_same_plan_gives_the_same_page_but_for_the_time():
    pages = {re.sub(r"\d{4}-\d\d-\d\dT[\d:+]+", "", made()) for _ in range(2)}
    assert len(pages) == 1


def test_bold_is_bold_and_asterisks_of_a_name_are_not():
    page = made()
    assert page.count("<strong>") == 2 and f"<strong>{plans.STAGED}</strong>" in page
    starred = plans.planned(plans.renamed(plans.scene(), {plans.STAGED: "**Rent** *then* tune"}))
    page = made(starred)
    assert page.count("<strong>") == 2 and "<strong>**Rent** *then* tune</strong>" in page


def nothing_recommended():
    found = plans.scene()
    return replace(found, quality=replace(found.quality, floor=0.9))


def nothing_can_serve():
    found = plans.scene()
    large = replace(found.options[-1], meanwhile=None)
    return replace(found, options=(large,), ranges={}, assumptions={})


def nothing_known():
    found = plans.scene()
    bare = [o if o.kind == "staged" else replace(o, quality=None) for o in found.options]
    ranges = {path: ends for path, ends in found.ranges.items() if not path.endswith("quality")}
    return replace(found, options=tuple(bare), ranges=ranges)


def lasting():
    found = plans.scene()
    return replace(found, company=replace(found.company, cash_usd=1e9))


def alone():
    found = plans.scene()
    return replace(found, options=found.options[:1], ranges={}, assumptions={})


def bare():
    return replace(plans.scene(), shocks=(), ranges={}, assumptions={})


@pytest.mark.parametrize(
    "scenario", [nothing_recommended, nothing_can_serve, nothing_known, lasting, alone, bare],
    ids=["none-recommended", "none-can-serve", "none-known", "lasting", "alone", "bare"],
)  # fmt: skip
def test_whatever_is_missing_is_said(scenario, language):
    said = Parsed(made(plans.planned(scenario()), language)).text
    leaked = re.search(r"(?<!\w)(None(?! of|:| can)|nan|inf|null|True|False)(?!\w)|\[\]|[{}]", said)
    assert leaked is None, said[leaked.start() - 40 : leaked.end() + 40]
    assert catalog.t("report.missing.evaluation", language) in said


def test_a_bare_plan_says_each_thing_that_is_missing(language):
    said = Parsed(made(plans.planned(bare()), language)).text
    for key in ("ranges", "assumptions"):
        assert catalog.t(f"report.missing.{key}", language) in said
    assert catalog.t("strategy_page.table.shocks_tried", language) in said


def test_what_the_page_finds_is_what_the_report_finds(page, language):
    """One sentence for a chart, wherever it stands."""
    said, document = Parsed(page).text, plans.document()
    for find in (findings.ranking, findings.pareto, findings.parts, findings.cash, findings.volume,
                 findings.regret, findings.tornado):  # fmt: skip
        assert find(document, language) in said


def test_each_shock_is_told_with_its_effects_and_its_source(page, language):
    said, document = Parsed(page).text, plans.document()
    assert document["shocks"]
    for row in document["shocks"]:
        assert shock_label(row["name"], language) in said
        assert row["source_text"][language] in said
        assert all(effect in said for effect in effects(row, language))


def test_every_warning_and_every_flip_is_told_once(page, language):
    said = Parsed(page).text
    for row in (*plans.document()["warnings"], *plans.document()["flips"][1:]):
        assert said.count(say(row, language)) == 1


def test_a_plan_of_another_version_keeps_its_own_sentences():
    found = plans.document()
    found["warnings"] = [{"key": "warning.of_tomorrow", "text": "Said tomorrow."}]
    assert "Said tomorrow." in made(found, "zh")


def test_the_page_says_what_it_is(page):
    assert printing.is_report(page.encode())
    assert not printing.is_report(b"<html><title>Assay report</title></html>")
