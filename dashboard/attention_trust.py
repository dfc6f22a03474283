"""Trust: how far a picture of attention explains what the model answers."""

from core.interpret.store import Capture
from dashboard import ui


def render(key: str, capture: Capture) -> None:
    """Draw the section.

    Args:
        key: Of the capture in the workspace.
        capture: What was read.
    """
    ui.empty(ui.t("see.trust.title"), ui.t("see.trust.words"))
