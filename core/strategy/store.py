"""Saved plans: the scenario as TOML, and beside it what followed from it.

plans/NAME.toml     the scenario
plans/NAME.json     the last `assay plan` on it: the document, and the prices and estimates it had
"""

from datetime import date
from pathlib import Path
from typing import Any, Literal

from core import record
from core.errors import BadInput, NotFound
from core.strategy.differences import differences
from core.strategy.document import as_json
from core.strategy.keep import freeze, thaw
from core.strategy.plan import DRAWS, make
from core.strategy.scenario import dump, fit_name, load
from core.strategy.sections import Scenario
from core.workspace import Workspace

Again = Literal["then", "now"]


def save_scenario(workspace: Workspace, scenario: Scenario) -> Path:
    """Save a scenario under its name; one of the same name is replaced."""
    path = workspace.plan(scenario.name)
    record.write_text(path, dump(scenario))
    return path


def save_text(workspace: Workspace, name: str, text: str) -> Path:
    """Save the text of a scenario as it is, comments and all; one of the name is replaced."""
    path = workspace.plan(name)
    record.write_text(path, text)
    return path


def free_name(workspace: Workspace, wanted: str) -> str:
    """A name that no saved scenario has: the wanted one, else with a number behind it."""
    stem = fit_name(wanted)
    names = (stem, *(f"{stem[:60]}-{number}" for number in range(2, 1000)))
    return next(name for name in names if not workspace.plan(name).exists())


def delete(workspace: Workspace, name: str) -> None:
    """Take away a saved scenario, and what was kept of its plan.

    Raises:
        NotFound: There is none of that name.
    """
    path = workspace.plan(name)
    if not path.is_file():
        raise NotFound(f"There is no saved scenario {name!r}; it may be deleted already.")
    path.unlink()
    path.with_suffix(".json").unlink(missing_ok=True)


def kept(workspace: Workspace, scenario: Scenario) -> dict[str, Any] | None:
    """The kept plan of a saved scenario; None if there is none with the same options."""
    try:
        return _kept(workspace.plan(scenario.name).with_suffix(".json"), scenario)
    except (NotFound, BadInput):
        return None


def rank(
    workspace: Workspace, path: Path, *, as_of: date | None = None, again: Again | None = None,
    seed: int = 0, draws: int = DRAWS,
) -> dict[str, Any]:  # fmt: skip
    """Rank the options of a scenario file, and keep scenario and result in the workspace.

    Args:
        workspace: Where it is kept.
        path: The file.
        as_of: The day whose prices count; None = today.
        again: "then" = with the prices and estimates of the kept plan, and nothing is kept anew;
            "now" = with today's. Both list what differs between the kept plan and one of now.
        seed: Of the random numbers.
        draws: Futures.

    Returns:
        The document that `core.strategy.document` makes.

    Raises:
        NotFound: There is no such file, or an option names a model, run or price that is not known.
        BadInput: The file is not a scenario, or the kept plan had other options.
    """
    scenario = load(path)
    kept = workspace.plan(scenario.name).with_suffix(".json")
    before = _kept(kept, scenario) if again else None
    plan = make(scenario, workspace, as_of=as_of, seed=seed, draws=draws)
    result = as_json(plan)
    if before is not None:
        result["differences"] = differences(before, result, freeze(plan.basis))
    if again == "then" and before is not None:
        basis = thaw(before["basis"])
        old = as_json(make(scenario, workspace, seed=seed, draws=draws, basis=basis))
        return {**old, "differences": result["differences"]}
    if path.absolute() != workspace.plan(scenario.name):
        save_scenario(workspace, scenario)
    record.write(kept, "plan", {**result, "basis": freeze(plan.basis)})
    return result


def _kept(path: Path, scenario: Scenario) -> dict[str, Any]:
    """The kept plan of a scenario.

    Raises:
        NotFound: There is none.
        BadInput: It had other options.
    """
    before = record.read(path, "plan") if path.is_file() else {}
    if "basis" not in before:
        raise NotFound(
            f"There is no kept plan of {scenario.name!r} to compare with; rank it once without "
            "--as-of."
        )
    names = [row["name"] for row in before["basis"]["options"]]
    if names != [option.name for option in scenario.options]:
        raise BadInput(
            f"The kept plan of {scenario.name!r} has the options {', '.join(names)}, the file has "
            "others: expected the same; rank the file once without --as-of."
        )
    return before


def scenarios(workspace: Workspace) -> list[Path]:
    """Files of the saved scenarios, newest first."""
    found = (workspace.root / "plans").glob("*.toml")
    return sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def latest(workspace: Workspace) -> dict[str, Any] | None:
    """The newest result of a plan, as `assay plan --json` printed it; None if there is none.

    One that an earlier Assay kept, in another layout, counts as none.
    """
    found = (workspace.root / "plans").glob("*.json")
    for path in sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True):
        document = record.read(path, "plan")
        if "ranking" in document:
            return document
    return None


def open_scenario(workspace: Workspace, name: str) -> Scenario:
    """A saved scenario by its name."""
    return load(workspace.plan(name))
