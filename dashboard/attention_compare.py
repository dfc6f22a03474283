"""Compare: what changes between two models or two heads, and what each head is worth."""

from core.interpret.store import Capture
from dashboard import ui


def render(key: str, capture: Capture) -> None:
    """Draw the section.

    Args:
        key: Of the capture in the workspace.
        capture: What was read.
    """
    ui.empty(ui.t("see.compare.title"), ui.t("see.compare.words"))
