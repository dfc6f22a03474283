"""Which scenario the Strategy page shows, and its text as the reader has it.

The text is the truth: controls and fields write into it, `As a file` shows it. A text that gives no
plan is kept as it was typed, and the last one that gave a plan stays beside it.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import AssayError, NotFound
from core.strategy import store, text_edit
from core.strategy.scenario import load, samples, text_of
from core.strategy.sections import Scenario
from dashboard import state

SAMPLE = "sample-"
FIRST = "translation-desk"
"""The sample that the demo decides with."""


@dataclass(frozen=True)
class Source:
    """A scenario that can be chosen: `name` lives in the URL, `saved` tells it from a sample."""

    name: str
    path: Path
    saved: bool


@dataclass(frozen=True)
class Draft:
    """The text of a scenario: of its file, as the reader has it, and the last that gave a plan."""

    file: str
    text: str
    good: str | None

    @property
    def changed(self) -> bool:
        """Whether the reader has another text than the file."""
        return self.text != self.file


def sources() -> dict[str, Source]:
    """Saved scenarios, newest first, then the samples that come along, by name."""
    saved = [Source(path.stem, path, True) for path in store.scenarios(state.workspace())]
    ours = sorted(samples(), key=lambda path: path.stem != FIRST)
    found = [*saved, *(Source(SAMPLE + path.stem, path, False) for path in ours)]
    known: dict[str, Source] = {}
    for source in found:
        known.setdefault(source.name, source)
    return known


def chosen() -> Source:
    """The scenario that the URL names, else the first.

    Raises:
        NotFound: There is none at all.
    """
    known = sources()
    name = state.chosen("plan", list(known))
    if name is None:
        raise NotFound("There is no scenario, and no sample came along: Assay is incomplete.")
    return known[name]


def unknown() -> str | None:
    """What the URL asks for, if there is no such scenario."""
    wanted = state.named("plan")
    return None if wanted is None or wanted in sources() else wanted


def draft(source: Source) -> Draft:
    """The text of a scenario as this reader has it.

    Raises:
        AssayError: The file cannot be read.
    """
    kept: Draft | None = state.kept(_place(source))
    if kept is not None and kept.changed:
        return kept
    text = text_of(source.path)
    return kept if kept is not None and kept.file == text else Draft(text, text, None)


def _place(source: Source) -> str:
    return f"plan-draft-{source.name}"


def set_text(source: Source, text: str) -> None:
    """Take a text that was typed."""
    state.keep(_place(source), replace(draft(source), text=text))


def worked(source: Source, found: Draft) -> None:
    """Remember that the text gives a plan."""
    if found.good != found.text:
        state.keep(_place(source), replace(found, good=found.text))


def forget(source: Source) -> None:
    """Go back to the file."""
    state.keep(_place(source), None)


def change(source: Source, changes: dict[str, object]) -> None:
    """Set fields, here and in the last text that gave a plan, should this one give none."""
    now = draft(source)
    text, good = _put(now.text, changes), now.good
    if good is not None and good != now.text:
        good = _put(good, changes)
    state.keep(_place(source), replace(now, text=text, good=good))


def _put(text: str, changes: dict[str, object]) -> str:
    """A text with some fields set; one that cannot hold them stays as it was typed."""
    for path, value in changes.items():
        try:
            text = text_edit.put(text, path, value)
        except AssayError:
            return text
    return text


def saved(source: Source) -> Scenario:
    """The scenario of the file.

    Raises:
        AssayError: It is none.
    """
    return load(source.path)
