"""The report as one HTML file that needs nothing else: no network, no library, no font elsewhere.

    text = report_html(document, gather(workspace, document), "zh")

Text of users and models is escaped where it stands; charts travel as JSON and are drawn by the
Plotly that the file carries, compressed. The policy in its head allows no request, and no script
but the two whose hashes it names.
"""

import base64
import gzip
import hashlib
from functools import cache
from importlib import resources
from pathlib import Path

from plotly.offline import get_plotlyjs

from core.report.assumptions import assumptions
from core.report.cash import cash
from core.report.cost import cost
from core.report.decision import decision
from core.report.evidence import Evidence
from core.report.markup import Html, joined, tag
from core.report.options import options
from core.report.quality import quality
from core.report.reproduce import reproduce
from core.report.risks import risks
from core.report.words import Document
from core.text.catalog import t

SECTIONS = (decision, options, quality, cost, cash, risks, assumptions, reproduce)
GENERATOR = "Assay report"
MARK = " · Assay"
"""End of the title of a page whose charts are drawn; before that the title is GENERATOR."""
TAGS = {"en": "en", "zh": "zh-CN"}
FONTS = (
    ("Source Serif", "400 700", "source-serif-4-latin-wght-normal.woff2"),
    ("IBM Plex Sans", "400", "ibm-plex-sans-latin-400-normal.woff2"),
    ("IBM Plex Sans", "500", "ibm-plex-sans-latin-500-normal.woff2"),
    ("IBM Plex Sans", "600", "ibm-plex-sans-latin-600-normal.woff2"),
    ("IBM Plex Mono", "400", "ibm-plex-mono-latin-400-normal.woff2"),
)
"""Face, weights, and the file among the dashboard's; Chinese comes from the reader's system."""


def report_html(document: Document, evidence: Evidence, language: str) -> str:
    """The whole report.

    Args:
        document: What `assay plan --json` prints.
        evidence: What `core.report.evidence.gather` found for it.
        language: "en" or "zh".
    """
    body = tag(
        "body",
        tag("main", *(section(document, evidence, language) for section in SECTIONS)),
        tag("noscript", tag("p", t("report.no_script", language))),
        tag("script", Html(_packed_plotly()), type="application/octet-stream", id="plotly"),
        tag("script", Html(_source("draw.js"))),
        data_title=f"{document['title']}{MARK}",
    )  # fmt: skip
    head = tag(
        "head", Html('<meta charset="utf-8">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">'),
        Html(f'<meta name="generator" content="{GENERATOR}">'),
        tag("title", GENERATOR), tag("style", Html(_fonts() + _source("style.css"))),
    )  # fmt: skip
    return joined([Html("<!doctype html>"), tag("html", head, body, lang=TAGS[language])]) + "\n"


def _source(name: str) -> str:
    return resources.files("core.report").joinpath(name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


@cache
def _policy() -> str:
    """What the file may do: draw itself. No request, no form, no script that it did not come with.

    Plotly writes its styles while it runs, hence 'unsafe-inline' for them alone.
    """
    scripts = " ".join(f"'{_hash(script)}'" for script in (_source("draw.js"), get_plotlyjs()))
    return (
        "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; "
        f"script-src {scripts}; base-uri 'none'; form-action 'none'"
    )


@cache
def _packed_plotly() -> str:
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), 9, mtime=0)).decode()


@cache
def _fonts() -> str:
    """The faces as the stylesheet's beginning.

    A face whose name has a digit is never found by its unquoted name, so "Source Serif" it is.
    """
    folder = Path(__file__).resolve().parents[2] / "dashboard" / "static"
    faces = []
    for name, weight, file in FONTS:
        data = base64.b64encode((folder / file).read_bytes()).decode()
        faces.append(
            f'@font-face{{font-family:"{name}";font-weight:{weight};font-style:normal;'
            f'src:url(data:font/woff2;base64,{data}) format("woff2")}}\n'
        )
    return "".join(faces)
