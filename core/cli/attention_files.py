"""The pictures of `assay attention` as files: one offline page, SVG, PNG."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import BadInput

if TYPE_CHECKING:
    from core.interpret import looks
    from core.interpret.captured import Capture
    from core.interpret.measures import Head
    from core.interpret.place import Place
    from core.workspace import Workspace

PICTURES = ("grid", "map", "lines")


def place_in(
    found: "Capture", heads: "list[Head]", asked: "looks.Place | None", picture: str | None
) -> "Place":
    """What the files show: the head that was asked for, the mean of its layer, or all heads.

    Raises:
        BadInput: More heads than can be told apart.
    """
    from core.interpret.attention import sharpest
    from core.interpret.place import MOST_HEADS, Place

    start = sharpest(heads)
    if asked is None:
        return Place(picture or "grid", start.kind, start.layer, (start.head,))
    kind, layer, head = asked
    chosen = tuple(range(found.layers[kind][layer].heads)) if head is None else (head,)
    if picture == "lines" and len(chosen) > MOST_HEADS:
        raise BadInput(
            f"Lines of {len(chosen)} heads cannot be told apart; name one with --head, from 0."
        )
    return Place(picture or "map", kind, layer, chosen[:1] if picture == "grid" else chosen)


def write(
    workspace: "Workspace", key: str, found: "Capture", heads: "list[Head]", place: "Place",
    files: dict[str, Path | None], language: str,
) -> list[Path]:  # fmt: skip
    """Write the files that were asked for; returns which.

    Args:
        workspace: Where the capture lies.
        key: Hash of model, input and settings: it stands in each file.
        found: The capture.
        heads: Its summary.
        place: What to show.
        files: By format ("html", "svg", "png"), where to.
        language: Code.
    """
    from core.charts.attention import colours

    inks = colours()
    wanted = {name: path for name, path in files.items() if path is not None}
    if "html" in wanted:
        wanted["html"].write_text(
            page(workspace, key, found, heads, place, inks, language), encoding="utf-8"
        )
    if "svg" in wanted or "png" in wanted:
        from core.interpret.attention_picture import draw

        picture = draw(found, heads, place, inks["light"], mark=key, language=language)
        if "svg" in wanted:
            from core.interpret.picture_svg import svg

            wanted["svg"].write_text(svg(picture), encoding="utf-8")
        if "png" in wanted:
            from core.interpret.picture_png import png

            wanted["png"].write_bytes(png(picture))
    return list(wanted.values())


def page(
    workspace: "Workspace", key: str, found: "Capture", heads: "list[Head]", place: "Place",
    inks: dict[str, dict[str, Any]], language: str,
) -> str:  # fmt: skip
    """The offline page, with the formula's numbers of its first head where they can be had."""
    from core.interpret import canvas, offline, store
    from core.work.attention import detail

    made = None
    if canvas.stepwise(found):
        detail({"workspace": str(workspace.root), "key": key, "kind": place.kind,
                "layer": place.layer})  # fmt: skip
        made = store.open_detail(workspace, key, place.kind, place.layer)
    return offline.attention_page(
        found, heads, place, inks, mark=key, language=language, detail=made
    )
