"""The files that `assay positions` writes: an offline page, pictures, numbers."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.positions_shown import Shown
from core.errors import BadInput
from core.text.catalog import t

if TYPE_CHECKING:
    from core.interpret.panels import Panel


def file_option(name: str, what: str) -> Callable[[Any], Any]:
    """An option that names a file to write."""
    return click.option(name, type=click.Path(path_type=Path), metavar="FILE", help=what)


def write(kind: str, path: Path, shown: Shown) -> None:
    """Write one of the files.

    Raises:
        BadInput: There is no picture to write.
    """
    from core.charts.positions import colours

    if not shown.panels and kind != "html":
        raise BadInput(f"{t('positions.cli.learned')} Nothing was written to {str(path)!r}.")
    if kind == "npz":
        from core.interpret.arrays import save_arrays

        save_arrays(path.absolute(), {**_numbers(shown.panels), **shown.arrays})
        return
    if kind == "html":
        from core.interpret.offline_positions import positions_page

        page = positions_page(shown.panels, shown.sentence, shown.facts, colours(), shown.mark)
        path.write_text(page, encoding="utf-8")
        return
    from core.interpret.position_picture import draw

    notes = [*(f"{name} {value}".strip() for name, value in shown.facts),
             f"{t('positions.html.mark')} {shown.mark[:12]}"]  # fmt: skip
    picture = draw(shown.panels, colours()["light"], notes, "en")
    if kind == "svg":
        from core.interpret.picture_svg import svg

        path.write_text(svg(picture), encoding="utf-8")
    else:
        from core.interpret.picture_png import png

        path.write_bytes(png(picture))


def _numbers(panels: "tuple[Panel, ...]") -> dict[str, Any]:
    """Every axis, line and heat map of the pictures, by PANEL.NAME."""
    found: dict[str, Any] = {}
    for panel in panels:
        found[f"{panel.name}.x"] = panel.x
        if panel.matrix is not None:
            found |= {f"{panel.name}.matrix": panel.matrix, f"{panel.name}.y": panel.y}
        found |= {f"{panel.name}.{name or 'line'}": line for name, line in panel.lines.items()}
    return found
