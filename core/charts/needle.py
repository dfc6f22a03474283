"""The needle: the small scale under a reading, as SVG."""

import html

from core.charts.grammar import Tokens


def needle(
    t: Tokens,
    value: float,
    low: float,
    high: float,
    scale_from: float,
    scale_to: float,
    *,
    estimated: bool,
    reference: float | None = None,
    reference_name: str = "",
) -> str:
    """A reading's needle as SVG: a scale with its two ends named, the interval, the value.

    `reference` is a taller tick with a name (the base model, no change, a limit). Draw it with
    `st.image(svg, alt=...)`: `st.html` strips SVG. Text inside an image cannot use the page's
    fonts, so it is kept to a few small characters.
    """
    width, mid, left, right = 220.0, 8.0, 5.0, 215.0

    def at_x(v: float) -> float:
        share = (v - scale_from) / (scale_to - scale_from)
        return left + (right - left) * max(0.0, min(1.0, share))

    def text(x: float, anchor: str, words: str) -> str:
        return (
            f'<text x="{x:.1f}" y="28" text-anchor="{anchor}" font-size="10" fill="{t.muted}"'
            f' font-family="Segoe UI, Helvetica Neue, Arial, sans-serif">'
            f"{html.escape(words)}</text>"
        )

    parts = [
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="14" y2="17" stroke="{t.axis}"/>'
        for x in (left + (right - left) * i / 10 for i in range(11))
    ]
    parts.append(text(left, "start", f"{scale_from:,.10g}".replace("-", "−")))
    parts.append(text(right, "end", f"{scale_to:,.10g}"))
    if reference is not None:
        x = at_x(reference)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="1" y2="17" stroke="{t.axis}" stroke-width="1.5"/>'
        )
        parts.append(text(max(left + 42, min(right - 42, x)), "middle", reference_name))
    x0, x1, xv = at_x(low), at_x(high), at_x(value)
    color = t.estimated if estimated else t.text
    weight = 'stroke-width="8" stroke-opacity="0.28"' if estimated else 'stroke-width="2"'
    parts.append(
        f'<line x1="{x0:.1f}" x2="{x1:.1f}" y1="{mid}" y2="{mid}" stroke="{color}" {weight}/>'
    )
    fill = t.ground if estimated else color
    parts.append(
        f'<circle cx="{xv:.1f}" cy="{mid}" r="4.2" fill="{fill}" stroke="{color}"'
        ' stroke-width="2"/>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} 31" width="{width:.0f}"'
        f' height="31">{"".join(parts)}</svg>'
    )
