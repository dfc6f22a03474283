"""What the Strategy page shows: a scenario, its plan, and why a text gives none."""

from dataclasses import dataclass

from core.errors import AssayError
from core.strategy.knobs import Document, Knob, knobs
from core.strategy.scenario import parse
from core.strategy.sections import Scenario
from dashboard import plan_source, state
from dashboard.plan_made import Planned, plan, quick_plan
from dashboard.plan_source import Draft, Source


@dataclass(frozen=True)
class Shown:
    """A scenario as the reader has it, with its plan.

    Attributes:
        source: Where it comes from.
        draft: Its text.
        scenario: Of the text; of the last one that gave a plan, if this one gives none.
        plan: Of the scenario.
        knobs: Controls of the inputs that matter most in the saved one.
        problem: Why the text gives no plan; None if it does.
    """

    source: Source
    draft: Draft
    scenario: Scenario
    plan: Planned
    knobs: tuple[Knob, ...]
    problem: str | None

    @property
    def document(self) -> Document:
        """What `assay plan --json` prints."""
        return self.plan.document


class Refused(AssayError):
    """A text that gives no plan, and none before it did."""

    def __init__(self, message: str, draft: Draft) -> None:
        super().__init__(message)
        self.draft = draft


def look(source: Source) -> Shown:
    """The plan of a scenario, as its text stands.

    Raises:
        Refused: The text gives no plan, and neither did one before.
        AssayError: The file cannot be read.
    """
    draft, problem = plan_source.draft(source), None
    try:
        scenario, found = _planned(source, draft.text)
        plan_source.worked(source, draft)
    except AssayError as error:
        problem = str(error)
        if draft.good is None or draft.good == draft.text:
            raise Refused(problem, draft) from None
        scenario, found = _planned(source, draft.good)
    return Shown(source, draft, scenario, found, _knobs(source, draft, scenario), problem)


def _planned(source: Source, text: str) -> tuple[Scenario, Planned]:
    scenario = parse(text, source.path.stem, source.path.name)
    return scenario, plan(state.workspace(), scenario)


def _knobs(source: Source, draft: Draft, scenario: Scenario) -> tuple[Knob, ...]:
    """Of the file, so that controls do not jump while they are moved."""
    try:
        base = parse(draft.file, source.path.stem, source.path.name)
        return knobs(quick_plan(state.workspace(), base).document, base)
    except AssayError:  # the file gives no plan; the text has been mended since
        return knobs(quick_plan(state.workspace(), scenario).document, scenario)
