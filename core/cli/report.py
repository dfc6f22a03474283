"""`assay report`: a plan with its evidence as one HTML file, or as PDF."""

from pathlib import Path
from typing import Any

import click

from core.cli.common import emit, json_option, workspace_option
from core.errors import BadInput, NotFound
from core.text import format as formats
from core.text.catalog import LANGUAGES
from core.workspace import Workspace

ENDINGS = (".html", ".pdf")


@click.command()
@click.argument("plan", metavar="FILE.toml|R")
@click.option("--out", "out", required=True, metavar="FILE.html|FILE.pdf",
              type=click.Path(path_type=Path),
              help="File to write: new, or an earlier report.")  # fmt: skip
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="en", show_default=True,
              help="Of every word in it.")  # fmt: skip
@workspace_option
@json_option
def report(plan: str, out: Path, language: str, workspace: Workspace, as_json: bool) -> None:
    """Write what a decision rests on: a scenario's plan, or the newest one with run R."""
    from core.report import printing

    if out.suffix.lower() not in ENDINGS:
        raise BadInput(f"--out {str(out)!r} cannot be used: expected a name ending in "
                       f"{' or '.join(ENDINGS)}.")  # fmt: skip
    printing.check_target(out)
    if out.suffix.lower() == ".pdf":
        printing.need_browser()
    document, file = planned(workspace, plan)
    size = written(workspace, document, file, out, language)
    result = {"file": str(out), "bytes": size, "language": language, "plan": document["plan"],
              "recommended_option": document["recommended_option"]}  # fmt: skip
    emit(result, as_json, f"{out} holds the report on {document['plan']}: {formats.size(size)}.")


def planned(workspace: Workspace, plan: str) -> tuple[dict[str, Any], Path | None]:
    """The document to report on, and the file it was made from.

    Raises:
        NotFound: There is no such file or run, or no stored plan has the run.
        BadInput: The file is not a scenario.
    """
    from core.strategy import store

    path = Path(plan)
    if path.suffix == ".toml" or path.is_file():
        return store.rank(workspace, path), path
    from core.report.stored import newest
    from core.train.runs import open_run

    run = open_run(workspace, plan).run
    found = newest(workspace, run)
    if found is None:
        raise NotFound(
            f"No stored plan has the run {run!r} among its options: name it in a scenario "
            f'(run = "{run}"), then assay plan FILE.toml, or give the file here.'
        )
    return found, None


def written(
    workspace: Workspace, document: dict[str, Any], file: Path | None, out: Path, language: str
) -> int:
    """Write the report; returns its size in bytes."""
    from core.report.evidence import gather
    from core.report.page import report_html
    from core.report.printing import report_pdf, write

    html = report_html(document, gather(workspace, document, file), language)
    if out.suffix.lower() == ".pdf":
        report_pdf(html, out)
    else:
        write(out, html.encode())
    return out.stat().st_size
