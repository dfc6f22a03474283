"""What the gate said of a run, kept beside it, and said in words.

runs/RUN/gate.json
"""

from core import record
from core.evaluate import notation
from core.text.catalog import t
from core.update.gate import Gate, Side
from core.workspace import Workspace


def keep(workspace: Workspace, verdict: Gate) -> None:
    """Write down the last verdict on a run."""
    record.write(workspace.run(verdict.challenger) / "gate.json", "gate", verdict.to_json())


def known(workspace: Workspace, run: str) -> Gate | None:
    """The last verdict on a run; None = the gate was never asked."""
    path = workspace.run(run) / "gate.json"
    return Gate.from_json(record.read(path, "gate")) if path.is_file() else None


def headline(verdict: Gate, language: str = "en") -> str:
    """The verdict in a sentence; names are the user's own text."""
    names = {"challenger": verdict.challenger, "rival": verdict.rival or ""}
    return t(f"update.gate.{verdict.reason}", language, **names)


def locked(verdict: Gate, language: str = "en") -> str:
    """What the test split says, with numbers; "" = it was not asked."""
    if verdict.locked is None:
        return ""
    key = "not_worse" if verdict.not_worse else "may_be_worse"
    return t(f"update.gate.{key}", language, margin=margin(verdict, language),
             **_values(verdict, verdict.locked, language))  # fmt: skip


def new(verdict: Gate, language: str = "en") -> str:
    """What the new slice says, with numbers; "" = it was not asked."""
    if verdict.locked is None:
        return ""
    if verdict.new is None:
        return t("update.gate.no_slice", language)
    key = "better" if verdict.better else "not_shown_better"
    return t(f"update.gate.{key}", language, p=notation.p_value(verdict.new.p_value, language),
             **_values(verdict, verdict.new, language))  # fmt: skip


def margin(verdict: Gate, language: str = "en") -> str:
    """The margin: "1.0 BLEU", "1.0 percentage points of accuracy"."""
    return notation.size(verdict.margin, verdict.metric, verdict.unit, language)


def _values(verdict: Gate, side: Side, language: str) -> dict[str, str]:
    return {
        "metric": notation.title(verdict.metric, language),
        "difference": notation.change(side.difference, verdict.unit, language),
        "interval": notation.interval(side.low, side.high, verdict.unit, language, sign=True),
        "n": f"{side.n:,}",
    }


def words(verdict: Gate, language: str = "en") -> list[str]:
    """All of it, a sentence each."""
    return list(filter(None, [headline(verdict, language), locked(verdict, language),
                              new(verdict, language)]))  # fmt: skip
