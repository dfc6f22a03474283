"""A model as judge of two evaluations: which answer is better, asked in both orders.

A judge likes the answer that stands first (Zheng et al. 2023, "Judging LLM-as-a-judge", section
3.3), so each pair is asked twice with sides changed, and counts for one only if both times that one
is named; else it is a tie. How far to trust it is said by its agreement with a person's votes.

judgements/ID/record.json      the result, and what it was asked
judgements/ID/examples.jsonl   {id, a_first, b_first, outcome} a line
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core import record
from core.data.dataset import Example
from core.errors import BadInput, WorkFailed
from core.evaluate.answer import Answer
from core.evaluate.answered import collect
from core.evaluate.endpoint import Endpoint, EndpointSource
from core.evaluate.judge_words import question, read_reply
from core.evaluate.preference import TIE, A, Agreement, B, WinRate, agreement, win_rate
from core.evaluate.prompt import Prompt
from core.evaluate.ratings import Pair, Rating, open_rating
from core.evaluate.source import Tell
from core.evaluate.token_price import TokenPrice
from core.workspace import Workspace, newest_first, next_name

CRITERIA = "Which answer is right, complete and well written?"
MOST_CRITERIA = 5_000
MOST_TOKENS = 256
_METHOD = 1
"""Raise it when the question or the reading of replies changes."""


@dataclass(frozen=True)
class Judgement:
    """What a judge said of B beside A.

    Attributes:
        judgement: Its name.
        a, b: The evaluations, in the order they were named.
        url, model, criteria: Who judged, and by what.
        result: B's wins among the pairs that were judged.
        same: Examples on which both answer the same: nothing to judge.
        unread: Pairs left out, as a reply was none of 1, 2 and tie, or none came.
        turned: Pairs judged one way in one order and another way in the other.
        first: Of all replies that name a side, the share that names the one that stood first.
        human: Agreement with a person's votes.
        input_tokens, output_tokens: Of all replies; None where one does not say.
        dollars: What they cost; None where no price was given or a reply does not say its tokens.
        created_at: UTC, ISO 8601.
    """

    judgement: str
    a: str
    b: str
    url: str
    model: str
    criteria: str
    result: WinRate
    same: int
    unread: int
    turned: int
    first: float | None
    human: Agreement
    input_tokens: int | None
    output_tokens: int | None
    dollars: float | None
    created_at: str

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return asdict(self)


def judge(
    workspace: Workspace, a: str, b: str, endpoint: Endpoint, tell: Tell, *,
    criteria: str = CRITERIA, limit: int | None = None, price: TokenPrice | None = None,
) -> Judgement:  # fmt: skip
    """Ask a judge about every pair of different answers, and keep what it said.

    Replies are kept one by one: what was asked before is not asked again.

    Args:
        workspace: Where the evaluations are.
        a: An evaluation.
        b: Another one of the same examples.
        endpoint: Who judges.
        tell: Told how many replies of all are there.
        criteria: What makes an answer better.
        limit: At most so many pairs, drawn by lot, the same each time; None = all.
        price: Of its tokens.

    Raises:
        NotFound, BadInput: As `ratings.open_rating`; the criteria are empty or too long.
        WorkFailed: As `EndpointSource.answer`; or no reply could be read.
    """
    rating = checked(workspace, a, b, criteria)
    pairs = rating.pairs[:limit]
    asked = [_example(pair, first, rating, criteria) for pair in pairs for first in (A, B)]
    source = EndpointSource(endpoint, Prompt("{input}"), MOST_TOKENS)
    replies = collect(workspace, {**source.key, "judge": _METHOD}, asked, source.answer, tell)
    replies = price.priced(replies) if price else replies
    read = {pair.id: (_side(replies[2 * n], A), _side(replies[2 * n + 1], B))
            for n, pair in enumerate(pairs)}  # fmt: skip
    said = {id_: _outcome(*sides) for id_, sides in read.items() if None not in sides}
    if not said:
        raise WorkFailed(f"None of the {len(replies):,} replies of {endpoint.model} says 1, 2 or "
                         "tie; choose another judge.")  # fmt: skip
    made = Judgement(
        next_name(workspace.judgements(), "judgement"), a, b, endpoint.url, endpoint.model,
        criteria, win_rate(list(said.values())), rating.same, len(pairs) - len(said),
        sum(one != other for one, other in read.values() if one and other), _first(replies),
        agreement(said, rating.outcomes),
        _sum([reply.input_tokens for reply in replies]),
        _sum([reply.output_tokens for reply in replies]),
        _sum([reply.dollars for reply in replies]), record.now(),
    )  # fmt: skip
    _save(workspace, made, read, said)
    return made


def checked(workspace: Workspace, a: str, b: str, criteria: str) -> Rating:
    """The pairs to judge; errors are those of `judge`, before anything is asked."""
    if not 0 < len(criteria.strip()) <= MOST_CRITERIA:
        raise BadInput(f"The criteria have {len(criteria):,} characters; expected 1 to "
                       f"{MOST_CRITERIA:,}.")  # fmt: skip
    rating = open_rating(workspace, a, b)
    if not rating.pairs:
        raise BadInput(f"{a} and {b} answer all examples the same; there is nothing to judge.")
    return rating


def _example(pair: Pair, first: str, rating: Rating, criteria: str) -> Example:
    """The question about a pair, with one side first, as an example to be answered."""
    a, b = (pair.left, pair.right) if pair.left_is == rating.a else (pair.right, pair.left)
    one, other = (a, b) if first == A else (b, a)
    return Example(f"{pair.id}/{first}", question(pair, one, other, criteria), "")


def _side(reply: Answer, first: str) -> str | None:
    """Whom a reply names, given who stood first."""
    second = B if first == A else A
    return {"1": first, "2": second, "tie": TIE, None: None}[read_reply(reply.text)]


def _outcome(one: str | None, other: str | None) -> str:
    """The one that is named in both orders; else a tie."""
    return one if one is not None and one == other else TIE


def _first(replies: Sequence[Answer]) -> float | None:
    sides = [said for reply in replies if (said := read_reply(reply.text)) in ("1", "2")]
    return sides.count("1") / len(sides) if sides else None


def _sum(values: Sequence[Any]) -> Any:
    return None if any(value is None for value in values) else sum(values)


def _save(
    workspace: Workspace, made: Judgement, read: dict[str, tuple[str | None, str | None]],
    said: dict[str, str],
) -> None:  # fmt: skip
    rows = [{"id": id_, "a_first": a_first, "b_first": b_first, "outcome": said.get(id_)}
            for id_, (a_first, b_first) in read.items()]  # fmt: skip
    folder = workspace.judgement(made.judgement)
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    record.write_text(folder / "examples.jsonl", "".join(f"{line}\n" for line in lines))
    record.write(folder / "record.json", "judgement", made.to_json())


def list_judgements(workspace: Workspace) -> list[Judgement]:
    """All judgements, newest first."""
    found = []
    for folder in newest_first(workspace.judgements()):
        body = record.read(folder / "record.json", "judgement")
        fields = {name: body[name] for name in Judgement.__dataclass_fields__}
        found.append(Judgement(**{**fields, "result": WinRate(**body["result"]),
                                  "human": Agreement(**body["human"])}))  # fmt: skip
    return found


def agreement_now(workspace: Workspace, made: Judgement) -> Agreement:
    """How far a judgement agrees with the votes that there are by now."""
    text = (workspace.judgement(made.judgement) / "examples.jsonl").read_text(encoding="utf-8")
    rows = map(json.loads, text.splitlines())
    said = {row["id"]: row["outcome"] for row in rows if row["outcome"] is not None}
    return agreement(said, open_rating(workspace, made.a, made.b).outcomes)
