"""A trust test: the trust meter over many texts, kept in the workspace and read without torch.

trust/NAME/examples.jsonl   one line a text as soon as it is done, so that a job that was stopped
                            goes on where it was
trust/NAME/record.json      the verdicts and the mean curves, once all are done
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import record
from core.errors import BadInput, NotFound
from core.interpret.faithfulness import (
    COVERAGE,
    CURVES,
    GRID,
    METHODS,
    Curves,
    Verdict,
    judge_many,
    on_grid,
)
from core.workspace import Workspace, newest_first, require

RECORD = "trust"
FEWEST_TEXTS = 2
_DIGITS = 6

Line = dict[str, Any]


@dataclass(frozen=True)
class TrustTest:
    """The trust meter over the texts of a dataset.

    Attributes:
        name: Its own.
        model, dataset, data_version, split, limit: What was asked, on what.
        n: Texts that were tested; `skipped`: too short, too long, or without an answer.
        orders: Random orders for each text.
        verdicts: One a method.
        shares: Of the tokens, (points,).
        curves: "deletion.METHOD" and so on: mean probability, (points,).
        random: "deletion.low", ".middle", ".high" and so on: where 95 % of the random orders'
            mean curves lie, and their mean.
        full, empty: Mean probability of the output with the whole text, and with none of it.
        missing: Methods that the model has not, with the reason.
        filler: What stood for a removed token.
        key: Hash of all that it depends on.
        seconds, created_at: How long, when.
    """

    name: str
    model: str
    dataset: str
    data_version: str
    split: str
    limit: int | None
    n: int
    skipped: int
    orders: int
    verdicts: tuple[Verdict, ...]
    shares: tuple[float, ...]
    curves: dict[str, list[float]]
    random: dict[str, list[float]]
    full: float
    empty: float
    missing: dict[str, str]
    filler: str
    key: str
    seconds: float
    created_at: str

    @property
    def methods(self) -> list[str]:
        """Those that were tested."""
        return [verdict.method for verdict in self.verdicts]


def line_of(identity: str, text: str, output: str, curves: Curves) -> Line:
    """What is kept of one text: its gaps, areas and curves at the shares of GRID."""
    return {
        "id": identity,
        "text": text,
        "output": output,
        "full": round(curves.full, _DIGITS),
        "empty": round(curves.empty, _DIGITS),
        "gaps": {m: round(curves.gap(m), _DIGITS) for m in curves.methods},
        "areas": {m: [round(curves.area(c, m), _DIGITS) for c in CURVES] for m in curves.methods},
        "curves": {k: np.round(v, _DIGITS).tolist() for k, v in on_grid(curves).items()},
    }


def summary(lines: list[Line]) -> dict[str, Any]:
    """Verdicts, mean curves and the band of the random orders, from the lines of all texts.

    Raises:
        BadInput: They are fewer than FEWEST_TEXTS.
    """
    if len(lines) < FEWEST_TEXTS:
        raise BadInput(
            f"{len(lines)} of these texts could be tested and an interval needs at least "
            f"{FEWEST_TEXTS}; raise the limit, or name a dataset with longer texts."
        )
    # A method that fails on one text is compared on the texts of all.
    methods = [m for m in METHODS if all(m in line["gaps"] for line in lines)]
    areas = {m: np.array([line["areas"][m] for line in lines]) for m in methods}
    tail = (1 - COVERAGE) / 2
    curves: dict[str, list[float]] = {}
    random: dict[str, list[float]] = {}
    for name in CURVES:
        for method in methods:
            curves[f"{name}.{method}"] = _mean(lines, f"{name}.{method}").tolist()
        # The mean over texts for each order: what a random method would have drawn.
        chance = _mean(lines, f"{name}.random")
        low, high = np.quantile(chance, [tail, 1 - tail], axis=0)
        random |= {f"{name}.low": low.tolist(), f"{name}.middle": chance.mean(0).tolist(),
                   f"{name}.high": high.tolist()}  # fmt: skip
    return {
        "n": len(lines),
        "verdicts": tuple(judge_many(areas)),
        "shares": tuple(GRID.tolist()),
        "curves": curves,
        "random": random,
        "full": float(np.mean([line["full"] for line in lines])),
        "empty": float(np.mean([line["empty"] for line in lines])),
        "orders": len(lines[0]["curves"]["deletion.random"]),
    }


def _mean(lines: list[Line], name: str) -> NDArray[np.float64]:
    return np.asarray(np.mean([line["curves"][name] for line in lines], axis=0))


def append(workspace: Workspace, name: str, line: Line) -> None:
    """Keep one text's result at once."""
    folder = workspace.trust_test(name)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "examples.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")


def lines(workspace: Workspace, name: str) -> Iterator[Line]:
    """The texts that are done; a line that a crash cut short is left out."""
    path = workspace.trust_test(name) / "examples.jsonl"
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as file:
        for text in file:
            if text.endswith("\n"):
                yield json.loads(text)


def save(workspace: Workspace, made: TrustTest) -> TrustTest:
    """Write the record, last."""
    record.write(workspace.trust_test(made.name) / "record.json", RECORD, asdict(made))
    return made


def open_test(workspace: Workspace, name: str) -> TrustTest:
    """Return one trust test.

    Raises:
        NotFound: There is none of that name; the message lists some that are.
        BadInput: Its record is not readable.
    """
    path = workspace.trust_test(name) / "record.json"
    known = [folder.name for folder in newest_first(workspace.trust_tests())]
    body = record.read(require(path, "trust test", name, known), RECORD)
    try:
        values = {f.name: body[f.name] for f in fields(TrustTest)}
        values["verdicts"] = tuple(Verdict(**verdict) for verdict in body["verdicts"])
        values["shares"] = tuple(body["shares"])
    except (KeyError, TypeError) as error:
        raise BadInput(f"The trust test {name} cannot be read ({error}); delete it.") from None
    return TrustTest(**values)


def list_tests(workspace: Workspace, model: str | None = None) -> list[TrustTest]:
    """All trust tests, or those of one model, newest first."""
    found = []
    for folder in newest_first(workspace.trust_tests()):
        try:
            made = open_test(workspace, folder.name)
        except (BadInput, NotFound):
            continue  # Deleted meanwhile, or of another version of Assay.
        if model in (None, made.model):
            found.append(made)
    return found
