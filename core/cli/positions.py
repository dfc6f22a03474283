"""`assay positions`: how a model knows word order, and how long its input can be."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.attention import check_writable
from core.cli.common import emit, json_option, say, workspace_option
from core.errors import BadInput
from core.text.catalog import t
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.interpret.own import Limit, Own
    from core.interpret.panels import Panel
    from core.interpret.schemes import Scheme

SCHEME_NAMES = ("sinusoidal", "learned", "t5", "rope", "alibi")


@click.command()
@click.option("--scheme", type=click.Choice(SCHEME_NAMES), help="The formula of a scheme.")
@click.option("--model", help="The own scheme of a model, out of its weights.")
@click.option(
    "--positions",
    "length",
    type=click.IntRange(2, 4096),
    default=64,
    show_default=True,
    help="Positions or distances of a formula's pictures.",
)
@click.option(
    "--dimension",
    type=click.IntRange(2, 4096),
    default=128,
    show_default=True,
    help="Dimension of a formula's pictures; an even number.",
)
@click.option(
    "--heads",
    type=click.IntRange(1, 256),
    default=8,
    show_default=True,
    help="Heads of ALiBi's formula.",
)
@click.option("--html", type=click.Path(path_type=Path), help="Write one offline page.")
@workspace_option
@json_option
def positions(
    scheme: str | None, model: str | None, length: int, dimension: int, heads: int,
    html: Path | None, workspace: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Show how words are placed: by the formula of a scheme, or as a model has it."""
    if (scheme is None) == (model is None):
        raise BadInput(
            "One of --scheme and --model is wanted, and only one: --scheme for a formula "
            f"({', '.join(SCHEME_NAMES)}), --model for what a model has."
        )
    check_writable(html)

    from core.interpret import position_words as words
    from core.interpret import schemes

    own = _read(workspace, model) if model else None
    row = schemes.scheme(own.scheme if own else str(scheme))
    panels = _panels(row, own, length, dimension, heads)
    limit = own.limit if own else None
    sentence = words.limit_sentence(row.name, limit, "en")
    if html:
        _write(html, row, panels, sentence, model)
        say(t("positions.cli.wrote", path=html))
    lines = [f"{t(f'positions.scheme.{row.name}')}: {row.plain}", row.source, sentence]
    lines += [words.finding(panel, "en") for panel in panels]
    if not panels:
        lines.append(t("positions.cli.learned"))
    emit(document(row, panels, own, limit), as_json, "\n".join(lines))


def _read(workspace: Workspace, model: str) -> "Own":
    from core.interpret.own import open_own
    from core.work.positions import compute

    return open_own(workspace, compute({"workspace": str(workspace.root), "model": model})["key"])


def _panels(
    row: "Scheme", own: "Own | None", length: int, dimension: int, heads: int
) -> "tuple[Panel, ...]":
    from core.interpret.own import panels

    return panels(own) if own else row.draw(length, dimension, heads)


def document(
    row: "Scheme", panels: "tuple[Panel, ...]", own: "Own | None", limit: "Limit | None"
) -> dict[str, Any]:
    """The result as JSON: facts with units in their names, and every curve that is drawn."""
    return {
        "scheme": row.name,
        "model": own.model if own else None,
        "formula": row.plain,
        "latex": row.formula,
        "source": row.source,
        "url": row.url,
        "limit": None if limit is None else {"kind": limit.kind, "tokens": limit.tokens,
                                             **limit.values},
        "facts": own.facts if own else {},
        "panels": [panel.document() for panel in panels],
    }  # fmt: skip


def _write(
    path: Path, row: "Scheme", panels: "tuple[Panel, ...]", answer: str, model: str | None
) -> None:
    from core.charts import grammar
    from core.interpret.offline_positions import positions_page

    colours = {
        name: {"lines": ink.categorical, "diverging": ink.diverging}
        for name, ink in (("light", grammar.LIGHT), ("dark", grammar.DARK))
    }
    path.write_text(positions_page(row, panels, answer, model, colours), encoding="utf-8")
