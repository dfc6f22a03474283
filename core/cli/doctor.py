"""`assay doctor`: what this machine has, and what is missing."""

import sys
from typing import TYPE_CHECKING

import click

from core.cli.common import emit, json_option
from core.text.format import size

if TYPE_CHECKING:
    from core.machine import Machine


@click.command()
@click.option("--workspace", default=None, show_default="$ASSAY_HOME, else ~/.assay",
              help="Folder where datasets, runs and jobs live.")  # fmt: skip
@json_option
def doctor(workspace: str | None, as_json: bool) -> None:
    """What this machine has and lacks; exit status 1 if something that is needed is missing."""
    from core.machine import examine

    found = examine(workspace)
    document = found.as_json()
    emit(document, as_json, _text(found))
    if not document["ok"]:
        sys.exit(1)


def _text(found: "Machine") -> str:
    gpus = ", ".join(f"{gpu.name} ({size(gpu.memory_bytes)})" for gpu in found.gpus)
    share = found.memory_bytes / found.recommended_memory_bytes
    build = "with CUDA" if found.cuda_build else "CPU build"
    rows = {
        "Python": f"{found.python} on {found.system}",
        "torch": f"{found.libraries['torch'] or 'missing'} ({build})",
        "GPU": gpus or "none: starters train on the CPU; A100 costs are estimates",
        "CPU": f"{found.cpu_cores} cores",
        "memory": f"{size(found.memory_bytes)}, {size(found.memory_free_bytes)} free; "
        f"{share:.0%} of the {size(found.recommended_memory_bytes)} recommended beside A100s",
        "disk": f"{size(found.disk_free_bytes)} free" if found.disk_free_bytes else "not known",
        "workspace": found.workspace + ("" if found.workspace_writable else " (cannot be written)"),
        "browser": found.browser or "none (PDF reports and the browser tests need one)",
        "assets": ", ".join(f"{count} {name}" for name, count in found.assets.items()),
    }
    lines = [f"{name:<10} {value}" for name, value in rows.items()]
    for lack in found.lacks:
        word = "MISSING" if lack.needed else "optional"
        lines.append(f"{word:<10} {lack.name}: {lack.why} {lack.fix}".rstrip())
    if not found.lacks:
        lines.append("Nothing is missing.")
    return "\n".join(lines)
