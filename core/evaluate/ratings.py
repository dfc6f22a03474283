"""A person's votes between the answers of two evaluations, without knowing whose they are.

ratings/KEY/record.json   the two evaluations, and the seed of sides and order
ratings/KEY/votes.jsonl   {id, left, choice, at} a line; of two for one example the later counts

KEY is the same whichever of the two is named first. A vote is written before anything is shown, so
that nothing is lost on reload; a line that was torn is passed over.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from typing import Any

from core import record
from core.errors import BadInput
from core.evaluate import store
from core.evaluate.preference import TIE, A, B, WinRate, win_rate
from core.workspace import Workspace

LEFT, RIGHT, SAME, NEITHER = "left", "right", "tie", "both_bad"
CHOICES = (LEFT, RIGHT, SAME, NEITHER)
SEED = 0


@dataclass(frozen=True)
class Pair:
    """One example to be rated, as a person sees it.

    Attributes:
        id: The example's.
        input, context, reference: What was asked, and what was right.
        left, right: The two answers.
        left_is: Whose the left one is, "a" or "b": not to be shown.
    """

    id: str
    input: str
    context: str | None
    reference: str
    left: str
    right: str
    left_is: str


@dataclass(frozen=True)
class Rating:
    """Two evaluations, what there is to rate between them, and the votes so far.

    Attributes:
        a, b: The evaluations; `a` is the first by name.
        pairs: Examples on which the two answer differently, in the order of rating.
        same: Examples on which they answer the same: nothing to rate.
        votes: Choice by example's id.
    """

    a: str
    b: str
    pairs: tuple[Pair, ...]
    same: int
    votes: dict[str, str]

    @property
    def next(self) -> Pair | None:
        """The first pair without a vote; None when all have one."""
        return next((pair for pair in self.pairs if pair.id not in self.votes), None)

    @property
    def outcomes(self) -> dict[str, str]:
        """Who won, by example's id: "a", "b" or "tie"; where both are bad, neither won."""
        found = {}
        for pair in self.pairs:
            choice = self.votes.get(pair.id)
            if choice is not None:
                other = B if pair.left_is == A else A
                found[pair.id] = {LEFT: pair.left_is, RIGHT: other}.get(choice, TIE)
        return found

    @property
    def both_bad(self) -> int:
        """Votes that neither answer will do."""
        return sum(choice == NEITHER for choice in self.votes.values())

    @property
    def result(self) -> WinRate:
        """How often B won."""
        return win_rate(list(self.outcomes.values()))


def open_rating(workspace: Workspace, one: str, other: str) -> Rating:
    """What there is to rate between two evaluations, and the votes so far.

    Raises:
        NotFound: There is no such evaluation.
        BadInput: It is the same one twice, or they did not score the same examples.
    """
    a, b = sorted((one, other))
    if a == b:
        raise BadInput(f"{a} was named twice; name two evaluations of the same examples.")
    if len({store.open_evaluation(workspace, name).example_set for name in (a, b)}) > 1:
        raise BadInput(f"{a} and {b} did not score the same examples, so their answers do not "
                       "stand beside each other.")  # fmt: skip
    said = {row["id"]: row for row in store.examples(workspace, b)}
    rows = [(row, said[row["id"]]) for row in store.examples(workspace, a)]
    pairs = [_pair(left, right["prediction"]) for left, right in rows
             if left["prediction"].strip() != right["prediction"].strip()]  # fmt: skip
    pairs.sort(key=lambda pair: _lot("order", pair.id))
    known = {pair.id for pair in pairs}
    votes = {id_: choice for id_, choice in _votes(workspace, a, b).items() if id_ in known}
    return Rating(a, b, tuple(pairs), len(rows) - len(pairs), votes)


def vote(workspace: Workspace, rating: Rating, pair: Pair, choice: str) -> None:
    """Keep a vote.

    Raises:
        BadInput: The choice is not one of CHOICES.
    """
    if choice not in CHOICES:
        raise BadInput(f"{choice!r} is no vote; expected one of {', '.join(CHOICES)}.")
    folder = workspace.ratings(_key(rating.a, rating.b))
    if not (folder / "record.json").is_file():
        record.write(folder / "record.json", "rating",
                     {"a": rating.a, "b": rating.b, "seed": SEED})  # fmt: skip
    row = {"id": pair.id, "left": pair.left_is, "choice": choice, "at": record.now()}
    with (folder / "votes.jsonl").open("a+b") as file:
        if file.tell() > 0:
            file.seek(-1, os.SEEK_END)
            # A torn line before this one must not take it along.
            file.write(b"" if file.read(1) == b"\n" else b"\n")
        file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _votes(workspace: Workspace, a: str, b: str) -> dict[str, str]:
    path = workspace.ratings(_key(a, b)) / "votes.jsonl"
    found: dict[str, str] = {}
    for line in path.read_bytes().split(b"\n") if path.is_file() else ():
        try:
            row = json.loads(line)
            found[row["id"]] = row["choice"]
        except (ValueError, LookupError, TypeError):
            continue  # empty, or torn: the process died while it wrote
    return found


def _pair(row: dict[str, Any], answer_b: str) -> Pair:
    """Sides by lot, the same each time for the same example."""
    answers, left = {A: row["prediction"], B: answer_b}, _side(row["id"])
    right = B if left == A else A
    return Pair(row["id"], row["input"], row.get("context"), row["reference"], answers[left],
                answers[right], left)  # fmt: skip


def _side(id_: str) -> str:
    return (A, B)[_lot("side", id_)[0] & 1]


def _lot(what: str, id_: str) -> bytes:
    return hashlib.sha256(f"{SEED}:{what}:{id_}".encode()).digest()


def _key(a: str, b: str) -> str:
    return record.hash_json([a, b, SEED])[:16]


def outcomes_between(workspace: Workspace, one: str, other: str) -> dict[str, str]:
    """Who won each vote between two evaluations, "a" = the one named first; empty without votes."""
    first, second = sorted((one, other))
    if not _votes(workspace, first, second):
        return {}
    found = open_rating(workspace, one, other).outcomes
    if one == first:
        return found
    turned = {A: B, B: A, TIE: TIE}
    return {id_: turned[outcome] for id_, outcome in found.items()}

