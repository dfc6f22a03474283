"""`assay report`: a plan with its evidence as one HTML file, or as PDF."""

from pathlib import Path
from typing import Any

import click

from core.cli.common import emit, json_option, workspace_option
from core.cli.plan import drawing_options, ranked
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
@drawing_options
@workspace_option
@json_option
def report(
    plan: str, out: Path, language: str, draws: int | None, seed: int, as_of: str | None,
    workspace: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Write what a decision rests on: a scenario's plan, or the newest kept one with run R."""
    from core.report import printing

    if out.suffix.lower() not in ENDINGS:
        raise BadInput(f"--out {str(out)!r} cannot be used: expected a name ending in "
                       f"{' or '.join(ENDINGS)}.")  # fmt: skip
    printing.check_target(out)
    if out.suffix.lower() == ".pdf":
        printing.need_browser()
    path = Path(plan)
    if path.suffix == ".toml" or path.is_file():
        document = ranked(workspace, path, draws=draws, seed=seed, as_of=as_of)
        size = written(workspace, document, path, out, language)
    else:
        if as_of or seed or draws is not None:
            raise BadInput(
                "--as-of, --draws and --seed are for a scenario's file: the report of a run is "
                "of the plan that was kept, as it is."
            )
        document = kept(workspace, plan)
        size = written(workspace, document, None, out, language)
    result = {"file": str(out), "bytes": size, "language": language, "plan": document["plan"],
              "recommended_option": document["recommended_option"]}  # fmt: skip
    emit(result, as_json, f"{out} holds the report on {document['plan']}: {formats.size(size)}.")


def kept(workspace: Workspace, name: str) -> dict[str, Any]:
    """The newest kept plan with a run among its options.

    Raises:
        NotFound: There is no such run, or no kept plan has it.
    """
    from core.report.stored import newest
    from core.train.runs import open_run

    run = open_run(workspace, name).run
    found = newest(workspace, run)
    if found is None:
        raise NotFound(
            f"No kept plan has the run {run!r} among its options: name it in a scenario "
            f'(run = "{run}"), then assay plan FILE.toml, or give the file here.'
        )
    return found


def written(
    workspace: Workspace, document: dict[str, Any], path: Path | None, out: Path, language: str
) -> int:
    """Write the report; returns its size in bytes."""
    from core.report.evidence import File, gather
    from core.report.page import report_html
    from core.report.printing import report_pdf, write

    file = File(path.name, path.read_bytes()) if path else None
    html = report_html(document, gather(workspace, document, file), language)
    write(out, report_pdf(html) if out.suffix.lower() == ".pdf" else html.encode())
    return out.stat().st_size
