"""A load test as text."""

from core.cli.common import rows
from core.deploy import loadtest_rows as tables
from core.deploy import loadtest_words as words
from core.deploy.loadtest_store import LoadTest
from core.text.catalog import t
from core.text.literal import printable


def headline(made: LoadTest) -> str:
    """The finding, in a sentence; the bold of the page is left away."""
    return printable(words.answer(made)).replace("**", "")


def text_of(made: LoadTest) -> str:
    """A test as text."""
    lines = [f"{made.name}: {headline(made)}", t(f"loadtest.ended.{made.ended}")]
    if made.knee is not None:
        lines += _knee(made)
    lines += _table(tables.stage_rows(made))
    lines += _table(tables.error_rows(made))
    lines += words.caveats(made)
    lines += words.predicted_lines(made)
    lines += _table(tables.compared_rows(made))
    return "\n".join(lines)


def _knee(made: LoadTest) -> list[str]:
    """Why the next step is too much, and how sure the knee is."""
    knee, lines = made.knee, []
    if knee is None:
        return []
    if knee.why is not None:
        lines.append(t("loadtest.knee_why", why=t(f"loadtest.why.{knee.why}",
                                                  multiple=f"{knee.multiple:g}")))  # fmt: skip
    lines.append(words.knee_sure(made))
    return lines


def _table(found: list[dict[str, str]]) -> list[str]:
    """A table of text, or nothing."""
    if not found:
        return []
    lines: list[tuple[object, ...]] = [
        tuple(printable(cell) for cell in row.values()) for row in found
    ]
    return [rows(tuple(found[0]), lines)]
