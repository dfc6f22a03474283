"""How somebody else gets the same numbers: command, hashes, ids, versions, seed and draws."""

import hashlib
import shlex
from typing import Any

from core.report.evidence import Evidence
from core.report.markup import Html, missing, table, tag
from core.report.words import Document
from core.strategy.plan import DRAWS
from core.text.catalog import t


def reproduce(document: Document, evidence: Evidence, language: str) -> Html:
    """Section 8."""
    known, file = t("common.not_known", language), evidence.file
    drawn = t("report.drawn", language, draws=f"{document['draws']:,}", seed=document["seed"])
    facts = [
        ("file", file.name if file else known),
        ("file_sha256", hashlib.sha256(file.content).hexdigest() if file else known),
        ("document_sha256", evidence.document_sha256), ("draws", drawn),
        ("prices", document["prices_as_of"]), ("made", evidence.made_at),
        ("made_with", _made_with(evidence.environment)),
    ]  # fmt: skip
    if evidence.run and evidence.run.environment:
        facts.append(("run_with", _made_with(evidence.run.environment)))
    rows = [(t(f"report.fact.{name}", language), value) for name, value in facts]
    rows += [(t(f"report.id.{kind}", language), name) for kind, name in evidence.ids]
    names = [t(f"report.column.{name}", language) for name in ("what", "value")]
    return tag(
        "section",
        tag("div", tag("h2", t("report.head.reproduce", language)),
            tag("p", t("report.same_numbers", language)),
            tag("pre", "\n".join(commands(document, file.name if file else None, language))),
            class_="whole"),
        table(names, rows, texts=(1,), class_="small ids"),
        *([] if evidence.ids else [missing(t("report.missing.workspace", language))]),
    )  # fmt: skip


def commands(document: Document, file: str | None, language: str) -> list[str]:
    """What gives the document, and this report of it, on any day."""
    name = shlex.quote(file or f"{document['plan']}.toml")
    drawn = f"--as-of {document['prices_as_of']}"
    drawn += f" --seed {document['seed']}" if document["seed"] else ""
    drawn += f" --draws {document['draws']}" if document["draws"] != DRAWS else ""
    return [
        f"assay plan {name} {drawn} --json",
        f"assay report {name} {drawn} --language {language} --out report.html",
    ]


def _made_with(made: dict[str, Any]) -> str:
    """Versions in one line; what is not installed is left out."""
    commit = made.get("commit")
    own = f"Assay {made.get('assay')}" + (f" ({commit})" if commit else "")
    place = f"{made.get('system')} {made.get('machine')}"
    libraries = [f"{name} {version}" for name, version in made.get("libraries", {}).items()
                 if version]  # fmt: skip
    return ", ".join([own, f"Python {made.get('python')}", place, *libraries])
