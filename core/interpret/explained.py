"""An explanation of one output: a score for each token by each method, kept and read without torch.

explanations/KEY.json   what was asked, what was found, in numbers and tokens
explanations/KEY.npz    scores.METHOD (source,); gradient_attention (layers, heads, source); lens.*;
                        and where the trust meter ran: shares, deletion.*, insertion.*
explanations/QUESTION.question.json   the key of the explanation that answered a question last
"""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import record
from core.errors import BadInput, NotFound
from core.interpret.arrays import load_arrays, save_arrays
from core.interpret.facts import Span
from core.interpret.faithfulness import CURVES, METHODS, Curves, Verdict
from core.workspace import Workspace

RECORD = "explanation"
LINK = "explanation-question"
EXTRA = ("gradient_input",)
"""Scores that are shown and not put to the test."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Question:
    """What was asked; equal questions of one model have one explanation.

    Attributes:
        model: Its name.
        head: Of attention and rollout, the same in each layer; None = the mean of the heads.

        The others are as `core.interpret.aiming.aim` takes them.
    """

    model: str
    text: str
    target: str | None = None
    position: int | None = None
    label: str | None = None
    scale: str | None = None
    window: int | None = None
    generate: int | None = None
    head: int | None = None


@dataclass(frozen=True)
class Explanation:
    """Which tokens an output hangs on.

    Attributes:
        key: In the workspace.
        question: What was asked.
        kind: "sequence", "causal", "class", "span" or "gap", as in `core.interpret.aim.Aim`.
        prefix: What was put before the text.
        span: Which part of a long text was read.
        tokens: Source tokens as the tokenizer names them.
        labels: The same as a person reads them.
        removable: For each, whether it may be taken away.
        following: The tokens that the output can be about, as a person reads them.
        places: Which of these it is about.
        classes, choice: A classifier's classes, and the one it is about.
        generated: The output as text, where the model found it itself.
        scale: "log_probability" or "logit": what `value` is.
        value, baseline_value: f(x) and f(baseline).
        probability: Of the output (per token: the geometric mean over several).
        completeness_error: Σ scores of integrated gradients − (f(x) − f(baseline)).
        completeness_share: Its size as a share of f(x) − f(baseline); None where that is 0.
        gradients: Points of the path; `converged`: within the tolerance.
        tolerance: Of the share.
        filler, baseline: Names of the tokens that stand for a removed one, and that the path
            begins at ("0" = zeros).
        missing: Methods that this model has not, with the reason: "own_code" or "no_attention".
        lens: `tokens` (layers + 1, positions, top) as a person reads them, and `settled`
            (positions,); None = the model has no vocabulary to answer in.
        scores: By method, (source,).
        arrays: Everything else in the .npz.
        verdicts: Of the trust meter; None = it did not run, [] = too few tokens.
        created_at, seconds: When, how long.
    """

    key: str
    question: Question
    kind: str
    prefix: str
    span: Span
    tokens: tuple[str, ...]
    labels: tuple[str, ...]
    removable: tuple[bool, ...]
    following: tuple[str, ...]
    places: tuple[int, ...]
    classes: tuple[str, ...]
    choice: str | None
    generated: str | None
    scale: str
    value: float
    baseline_value: float
    probability: float
    completeness_error: float
    completeness_share: float | None
    gradients: int
    converged: bool
    tolerance: float
    filler: str
    baseline: str
    missing: dict[str, str]
    lens: dict[str, Any] | None
    scores: dict[str, Array]
    arrays: dict[str, NDArray[Any]]
    verdicts: tuple[Verdict, ...] | None
    created_at: str
    seconds: float

    @property
    def methods(self) -> list[str]:
        """Those that gave scores, the tested ones first."""
        return [name for name in (*METHODS, *EXTRA) if name in self.scores]

    @property
    def curves(self) -> Curves | None:
        """The trust meter's, if it ran."""
        if not self.verdicts:
            return None
        by_curve = {
            curve: {name: self.arrays[f"{curve}.{name}"] for name in METHODS if name in self.scores}
            for curve in CURVES
        }
        return Curves(
            self.arrays["shares"], by_curve["deletion"], by_curve["insertion"],
            self.arrays["deletion.random"], self.arrays["insertion.random"],
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Everything but the arrays."""
        body = {f.name: getattr(self, f.name) for f in fields(self)
                if f.name not in ("scores", "arrays")}  # fmt: skip
        body["question"], body["span"] = asdict(self.question), asdict(self.span)
        if self.verdicts is not None:
            body["verdicts"] = [asdict(verdict) for verdict in self.verdicts]
        return body


def save(workspace: Workspace, made: Explanation) -> Explanation:
    """Write an explanation; the JSON comes last, so it is whole if there."""
    path = workspace.explanation(made.key)
    scores = {f"scores.{name}": values for name, values in made.scores.items()}
    save_arrays(path, {**scores, **made.arrays})
    body = made.to_json()
    body["output_kind"] = body.pop("kind")  # A record's own kind is "explanation".
    record.write(path.with_suffix(".json"), RECORD, body)
    return made


def open_explanation(workspace: Workspace, key: str) -> Explanation:
    """Read an explanation.

    Raises:
        NotFound: There is none with that key.
        BadInput: It cannot be read.
    """
    path = workspace.explanation(key)
    body = record.read(path.with_suffix(".json"), RECORD)
    arrays = load_arrays(path)
    scores = {name.removeprefix("scores."): np.asarray(values, np.float64)
              for name, values in arrays.items() if name.startswith("scores.")}  # fmt: skip
    try:
        body["kind"] = body["output_kind"]
        values: dict[str, Any] = {
            f.name: tuple(body[f.name]) if isinstance(body[f.name], list) else body[f.name]
            for f in fields(Explanation)
            if f.name not in ("scores", "arrays")
        }
        values["question"], values["span"] = Question(**body["question"]), Span(**body["span"])
        if body["verdicts"] is not None:
            values["verdicts"] = tuple(Verdict(**verdict) for verdict in body["verdicts"])
    except (KeyError, TypeError) as error:
        raise BadInput(f"The explanation {key} cannot be read ({error}); delete it.") from None
    rest = {name: array for name, array in arrays.items() if not name.startswith("scores.")}
    return Explanation(**values, scores=scores, arrays=rest)


def answer(workspace: Workspace, question: Question, key: str) -> None:
    """Remember which explanation answers a question, so that a page finds it again."""
    record.write(_link(workspace, question), LINK, {"key": key})


def find(workspace: Workspace, question: Question) -> Explanation | None:
    """The explanation that answered a question last, if it was tested; None if there is none."""
    try:
        key = record.read(_link(workspace, question), LINK)["key"]
        found = open_explanation(workspace, str(key))
    except (NotFound, BadInput, KeyError):
        return None  # Never asked, deleted, or of another version of Assay: it is made again.
    return found if found.verdicts is not None else None


def _link(workspace: Workspace, question: Question) -> Path:
    name = record.hash_json(asdict(question))
    return workspace.explanation(name).with_suffix(".question.json")
