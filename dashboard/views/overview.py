"""Overview: where are we in the cycle, which model leads, what is today's decision, what next?"""

from dashboard import ui


def render() -> None:
    """Draw the page."""
    ui.header("common.section.overview", "Overview", "Being built.")
