"""`assay positions`: how a model knows word order, and how long its input can be."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.attention import check_writable
from core.cli.common import emit, json_option, say, workspace_option
from core.cli.positions_files import file_option, write
from core.cli.positions_shown import of_model, of_scheme, of_words, side_by_side
from core.errors import BadInput
from core.text.catalog import t
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.interpret.panels import Panel

SCHEME_NAMES = ("sinusoidal", "learned", "t5", "rope", "alibi")
LAYOUTS = ("interleaved", "halves")


def _whole(name: str, low: int, high: int, default: int | None, what: str) -> Callable[[Any], Any]:
    return click.option(name, type=click.IntRange(low, high), default=default, metavar="N",
                        show_default=default is not None, help=what)  # fmt: skip


@click.command()
@click.option("--scheme", type=click.Choice(SCHEME_NAMES), help="The formula of a scheme.")
@click.option("--model", metavar="M", help="The own scheme of a model, out of its weights.")
@click.option("--compare", metavar="S,S",
              help="Two to six side by side: sinusoidal, rope, linear, dynamic, yarn, llama3, "
                   "alibi, and t5 with --model.")  # fmt: skip
@click.option("--words", metavar="TEXT", help="Why positions are needed: two words change places.")
@click.option("--swap", metavar="I,J", help="With --words: which two, from 1. Default: the ends.")
@click.option("--length", "--positions", "length", type=click.IntRange(2, 4096), default=64,
              show_default=True, metavar="N",
              help="Positions or distances of a formula's pictures.")  # fmt: skip
@_whole("--dimension", 2, 4096, 128, "Dimension of a formula's pictures; an even number.")
@_whole("--heads", 1, 256, 8, "Heads of ALiBi's formula.")
@_whole("--position", 0, 4095, None, "With sinusoidal or rope: the numbers at this position …")
@_whole("--pair", 0, 2047, 0, "… of this pair.")
@click.option("--layout", type=click.Choice(LAYOUTS),
              help="Which two numbers make a pair. Default: as in the paper.")  # fmt: skip
@click.option("--distance", type=click.IntRange(-100_000, 100_000), metavar="N",
              help="With t5: the bucket of this distance, key minus query.")  # fmt: skip
@_whole("--trained", 16, 10_000_000, 4096, "With --compare: training length in tokens,")
@click.option("--factor", type=click.FloatRange(1, 1024), default=4.0, show_default=True,
              metavar="X", help="how many times as long the input shall be,")  # fmt: skip
@click.option("--base", type=click.FloatRange(2, 1e12), default=10_000.0, show_default=True,
              metavar="X", help="and the base θ.")  # fmt: skip
@file_option("--html", "Write one offline page.")
@file_option("--svg", "Write the pictures as SVG.")
@file_option("--png", "Write the pictures as PNG.")
@file_option("--npz", "Write the numbers.")
@workspace_option
@json_option
def positions(
    scheme: str | None, model: str | None, compare: str | None, words: str | None,
    html: Path | None, svg: Path | None, png: Path | None, npz: Path | None,
    workspace: Workspace, as_json: bool, **numbers: Any,
) -> None:  # fmt: skip
    """Show how words are placed: by the formula of a scheme, or as a model has it."""
    files = {"html": html, "svg": svg, "png": png, "npz": npz}
    for path in files.values():
        check_writable(path)
    if compare is not None:
        if scheme or words:
            raise BadInput("--compare stands alone, or with --model; leave the others out.")
        shown = side_by_side(workspace, compare, model, numbers)
    elif sum(one is not None for one in (scheme, model, words)) != 1:
        raise BadInput(
            "One of --scheme and --model is wanted, and only one: --scheme for a formula "
            f"({', '.join(SCHEME_NAMES)}), --model for what a model has; or --compare, or --words."
        )
    elif words is not None:
        shown = of_words(words, numbers["swap"])
    elif model is not None:
        shown = of_model(workspace, model)
    else:
        shown = of_scheme(str(scheme), numbers)
    for kind, path in files.items():
        if path is not None:
            write(kind, path, shown)
            say(t("positions.cli.wrote", path=path))
    pictures = [panel.document() for panel in shown.panels]
    text = "\n".join([*shown.lines, shown.sentence, *_findings(shown.panels)])
    emit({**shown.document, "hash": shown.mark, "panels": pictures}, as_json, text)


def _findings(panels: "tuple[Panel, ...]") -> list[str]:
    from core.interpret import position_words

    return [position_words.finding(panel, "en") for panel in panels] or [t("positions.cli.learned")]
