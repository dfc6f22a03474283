"""Sentences about a capture itself: what was read, what is kept, and how it was checked."""

from core.interpret.captured import Capture
from core.interpret.facts import Parity, Span
from core.interpret.long import ALL_BYTES
from core.text.catalog import t
from core.text.format import scientific

MEGA = 10**6


def checked(parity: Parity, language: str) -> str:
    """How true the picture is, in a sentence."""
    error = parity.attention_max_abs_error
    if error is None:
        return t("capture.checked.own", language)
    return t("capture.checked.recomputed", language, error=scientific(error))


def error(parity: Parity, language: str) -> str:
    """The largest error of a weight; a word where there is nothing to compare with."""
    found = parity.attention_max_abs_error
    return t("capture.parity.none", language) if found is None else scientific(found)


def parity(parity: Parity, language: str) -> str:
    """The four errors in one line."""
    error = parity.attention_max_abs_error
    values = {
        "output": scientific(parity.output_max_abs_error),
        "rows": scientific(parity.row_sum_error),
        "mask": scientific(parity.mask_max_weight),
    }
    if error is None:
        return t("capture.parity.own", language, **values)
    return t("capture.parity.recomputed", language, attention=scientific(error), **values)


def checks(parity: Parity, language: str) -> list[str]:
    """Each check with what it found and what it allows."""
    limit = scientific(parity.attention_tolerance)
    error = parity.attention_max_abs_error
    first = (
        t("capture.detail.own", language)
        if error is None
        else t("capture.detail.recomputed", language, error=scientific(error), limit=limit)
    )
    return [
        first,
        t("capture.detail.rows", language, error=scientific(parity.row_sum_error), limit=limit),
        t("capture.detail.mask", language, error=scientific(parity.mask_max_weight), limit=limit),
        t("capture.detail.output", language, error=scientific(parity.output_max_abs_error),
          limit=scientific(parity.output_tolerance)),
    ]  # fmt: skip


def cut(span: Span, language: str) -> list[str]:
    """What of the text and of the target was not read, and how to see it; [] if all was read."""
    said = []
    if span.windows > 1:
        said = [t("capture.span.read", language, first=f"{span.first:,}", last=f"{span.last:,}",
                  total=f"{span.total:,}")]  # fmt: skip
        left = [(1, span.first - 1), (span.last + 1, span.total)]
        parts = [_range(a, b) for a, b in left if b >= a]
        case = "rest_one" if span.cut_tokens == 1 else "rest"
        numbers = t("capture.span.and", language).join(parts)
        said.append(t(f"capture.span.{case}", language, numbers=numbers))
        others = [n for n in range(1, span.windows + 1) if n != span.window]
        case = "other" if len(others) > 1 else "other_one" if span.cut_tokens == 1 else "others"
        shown = [_range(a, b) for a, b in _runs(others)]
        said.append(
            t(f"capture.span.{case}", language, windows=span.windows,
              other=t("capture.span.and", language).join(shown))
        )  # fmt: skip
    if span.cut_target:
        case = "target_one" if span.cut_target == 1 else "target"
        said.append(t(f"capture.span.{case}", language, n=f"{span.cut_target:,}"))
    return said


def _range(first: int, last: int) -> str:
    return f"{first:,}" if first == last else f"{first:,}–{last:,}"


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Neighbours together: [1, 2, 4] is 1 to 2, and 4."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def kept(capture: Capture, language: str) -> str | None:
    """Why one layer is kept alone; None if all are."""
    if capture.long is None:
        return None
    detail = capture.long.detail
    values = {"layer": detail.layer, "kind": t(f"attention.kind_{detail.kind}", language)}
    if capture.all_bytes <= ALL_BYTES:
        return t("capture.long.asked", language, **values)
    layers = sum(map(len, capture.layers.values()))
    return t("capture.long.kept", language, layers=layers, all=f"{capture.all_bytes / MEGA:,.0f}",
             **values)  # fmt: skip


def left_out(capture: Capture, language: str) -> str:
    """What was not read and what was not kept, as one text; "" if all was."""
    said = [*cut(capture.span, language), kept(capture, language) or ""]
    return ("" if language == "zh" else " ").join(filter(None, said))


def generated(capture: Capture, language: str) -> str | None:
    """What the model wrote itself, as it is; None if it wrote nothing.

    The text of the model is hostile: `ui.literal` or `printable` before it is shown.
    """
    if capture.generated is None or capture.generated_from is None:
        return None
    if not capture.generated.strip():
        return t("capture.generated.nothing", language)
    if capture.target_tokens:
        return t("capture.generated.target", language, text=capture.generated)
    first = f"{capture.generated_from + 1:,}"
    return t("capture.generated.text", language, first=first, text=capture.generated)


def facts(capture: Capture, kind: str, language: str) -> list[str]:
    """Groups of heads and sliding windows of a kind, where it has them."""
    said = []
    heads, key_heads = capture.heads(kind), capture.key_heads(kind)
    if key_heads and key_heads < heads:
        said.append(t("capture.facts.grouped", language, heads=heads, key_heads=key_heads,
                      each=heads // key_heads))  # fmt: skip
    windows = [window for window in capture.windows(kind) if window is not None]
    if windows:
        if not capture.causal(kind):
            case, values = "windows_both", {"away": max(windows) - 1}
        elif len(set(windows)) == 1:
            case, values = "windows", {"window": windows[0]}
        else:
            case, values = "windows_mixed", {"least": min(windows), "most": max(windows)}
        said.append(t(f"capture.facts.{case}", language, sliding=len(windows),
                      layers=len(capture.layers[kind]), **values))  # fmt: skip
    return said
