"""A person's votes between the answers of two evaluations, without knowing whose they are.

ratings/KEY/record.json   the two evaluations, and the seed of sides and order
ratings/KEY/votes.jsonl   {id, left, choice, won, at} a line; the last for an example is valid

KEY is the same whichever of the two is named first; `left` and `won` are evaluations. A vote is
written before anything is shown, so that nothing is lost on reload; a torn line is passed over.
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
        left_is, right_is: The evaluations that they are from: not to be shown before the vote.
    """

    id: str
    input: str
    context: str | None
    reference: str
    left: str
    right: str
    left_is: str
    right_is: str


@dataclass(frozen=True)
class Rating:
    """Two evaluations, what there is to rate between them, and the votes so far.

    Attributes:
        a, b: The evaluations, in the order they were named.
        pairs: Examples on which the two answer differently, in the order of rating.
        same: Examples on which they answer the same: nothing to rate.
        votes: By example's id, the choice and who won: an evaluation, or None.
    """

    a: str
    b: str
    pairs: tuple[Pair, ...]
    same: int
    votes: dict[str, tuple[str, str | None]]

    @property
    def next(self) -> Pair | None:
        """The first pair without a vote; None when all have one."""
        return next((pair for pair in self.pairs if pair.id not in self.votes), None)

    @property
    def outcomes(self) -> dict[str, str]:
        """Who won, by example's id: "a", "b" or "tie"; where both are bad, neither won."""
        who = {self.a: A, self.b: B, None: TIE}
        return {id_: who[won] for id_, (_, won) in self.votes.items()}

    @property
    def both_bad(self) -> int:
        """Votes that neither answer will do."""
        return sum(choice == NEITHER for choice, _ in self.votes.values())

    @property
    def result(self) -> WinRate:
        """How often B won."""
        return win_rate(list(self.outcomes.values()))


def open_rating(workspace: Workspace, a: str, b: str) -> Rating:
    """What there is to rate between two evaluations, and the votes so far.

    Raises:
        NotFound: There is no such evaluation.
        BadInput: It is the same one twice, or they did not score the same examples.
    """
    if a == b:
        raise BadInput(f"{a} was named twice; name two evaluations of the same examples.")
    if len({store.open_evaluation(workspace, name).example_set for name in (a, b)}) > 1:
        raise BadInput(f"{a} and {b} did not score the same examples, so their answers do not "
                       "stand beside each other.")  # fmt: skip
    said = {row["id"]: row for row in store.examples(workspace, b)}
    rows = [(row, said[row["id"]]) for row in store.examples(workspace, a)]
    pairs = [_pair(row, {a: row["prediction"], b: other["prediction"]}) for row, other in rows
             if row["prediction"].strip() != other["prediction"].strip()]  # fmt: skip
    pairs.sort(key=lambda pair: _lot("order", pair.id))
    known = {pair.id for pair in pairs}
    votes = {id_: cast for id_, cast in _votes(workspace, a, b).items() if id_ in known}
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
        names = sorted((rating.a, rating.b))
        record.write(folder / "record.json", "rating", {"evaluations": names, "seed": SEED})
    won = {LEFT: pair.left_is, RIGHT: pair.right_is}.get(choice)
    row = {"id": pair.id, "left": pair.left_is, "choice": choice, "won": won, "at": record.now()}
    with (folder / "votes.jsonl").open("ab+") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 1))
        # A torn line before this one must not take it along.
        torn = b"\n" * (file.read(1) not in (b"", b"\n"))
        file.write(torn + json.dumps(row, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _votes(workspace: Workspace, a: str, b: str) -> dict[str, tuple[str, str | None]]:
    path = workspace.ratings(_key(a, b)) / "votes.jsonl"
    found: dict[str, tuple[str, str | None]] = {}
    for line in path.read_bytes().split(b"\n") if path.is_file() else ():
        try:
            row = json.loads(line)
        except ValueError:
            continue  # empty, or torn: the process died while it wrote
        found[row["id"]] = (row["choice"], row["won"])
    return found


def _pair(row: dict[str, Any], answers: dict[str, str]) -> Pair:
    """Sides by lot, the same each time for the same example."""
    names = sorted(answers)
    if _lot("side", row["id"])[0] & 1:
        names.reverse()
    left, right = names
    return Pair(row["id"], row["input"], row.get("context"), row["reference"], answers[left],
                answers[right], left, right)  # fmt: skip


def _lot(what: str, id_: str) -> bytes:
    return hashlib.sha256(f"{SEED}:{what}:{id_}".encode()).digest()


def _key(a: str, b: str) -> str:
    return record.hash_json([*sorted((a, b)), SEED])[:16]
