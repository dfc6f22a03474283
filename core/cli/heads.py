"""`assay heads`, `assay moved`, `assay alignment`: what a model's heads do on a dataset."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import click

from core import run
from core.cli.common import emit, json_option, rows, say, workspace_option
from core.cli.follow import result_of
from core.errors import BadInput, WorkFailed
from core.evaluate import notation
from core.text.catalog import t
from core.text.literal import printable
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.evaluate.paired import Difference
    from core.interpret.aligned import Alignment
    from core.interpret.moved import Moved
    from core.interpret.prices import Prices

LIMIT, ALIGNED = 200, 500
"""Examples unless told otherwise."""
SHOWN = 12
"""Heads that the text for people lists; `--json` has all."""

Command = TypeVar("Command", bound=Callable[..., Any])


def data_options(limit: int) -> Callable[[Command], Command]:
    """Add `--dataset`, `--split`, `--limit`, `--workspace` and `--json`."""

    def add(command: Command) -> Command:
        for option in (
            json_option,
            workspace_option,
            click.option("--limit", type=click.IntRange(min=1), default=limit, show_default=True,
                         metavar="N", help="At most so many examples."),
            click.option("--split", type=click.Choice(["test", "validation", "train", "all"]),
                         default="test", show_default=True),
            click.option("--dataset", required=True, metavar="D", help="NAME or NAME@VERSION."),
        ):  # fmt: skip
            command = option(command)
        return command

    return add


class _Shares(click.ParamType[tuple[float, ...]]):
    name = "shares"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            found = tuple(float(part) for part in value.split(","))
        except ValueError:
            found = ()
        if not found or not all(0 < share < 1 for share in found):
            self.fail(f"{value!r} is no list of shares; write some between 0 and 1, as 0.1,0.25.")
        return found


@click.command()
@click.argument("model", metavar="M")
@click.option("--drop", type=_Shares(), default="0.1,0.25,0.5", show_default=True, metavar="SHARES",
              help="Score the model without these shares of its heads.")  # fmt: skip
@click.option("--metric", "metrics", multiple=True, metavar="X",
              help="What the drops are scored by; repeat for more. "
                   "Default: the task's first two.")  # fmt: skip
@click.option("--require", "required", multiple=True, metavar="PATTERN",
              help="Fail unless some head has this pattern in most examples.")  # fmt: skip
@data_options(LIMIT)
def heads(
    model: str, drop: tuple[float, ...], metrics: tuple[str, ...], required: tuple[str, ...],
    dataset: str, split: str, limit: int, workspace: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Price the heads of model M on dataset D, and say what each of them does.

    What the loss gains without a head, what its gradient foretold, and the score without those
    heads that together cost least. With --require a build can fail when a pattern is gone.
    """
    from core.evaluate.prepare import prepare
    from core.interpret.measures import PATTERNS
    from core.interpret.prices import STUDIES

    strange = [name for name in required if name not in PATTERNS]
    if strange:
        raise BadInput(f"{strange[0]!r} is no pattern; expected one of {', '.join(PATTERNS)}.")
    # A wrong request is refused here, before anything is queued.
    ready = prepare(workspace, dataset, model=model, predictions=None, split=split,
                    metrics=list(metrics), limit=limit)  # fmt: skip
    request = run.HeadsRequest(model, ready.dataset.title, drop, metrics, split, limit)
    made = STUDIES.find(workspace, result_of(workspace, request)["study"])
    if made is None:
        raise WorkFailed("The price list was deleted while it was read; run the command again.")
    emit({"study": made.key, **made.to_json()}, as_json, _heads(made))
    _require(made, required)


def _require(made: "Prices", required: Sequence[str]) -> None:
    """Fail where no head has a pattern that must be there."""
    for name in required:
        share = max(head.patterns.get(name, 0.0) for head in made.heads)
        say(t("moved.cli.required", pattern=name, share=f"{100 * share:.0f}"))
        if share <= 0.5:
            raise WorkFailed(
                f"No head of {made.model} is {name!r} in most of the {made.n:,} examples; the one "
                f"that is most often is so in {100 * share:.0f} % of them."
            )


def _heads(made: "Prices") -> str:
    from core.charts import moved_words as words

    place = {head.place: head for head in made.heads}
    first = [place[one] for one in made.order[:SHOWN]]
    listed = rows(
        tuple(t(f"moved.column.{name}") for name in
              ("head", "price", "interval", "forecast", "pull", "pattern", "sentences")),
        [
            (
                words.head(one.place, "en"), words.nats(one.price_nats, "en"),
                words.nats_interval(one.price_low_nats, one.price_high_nats, "en"),
                words.nats(one.forecast_nats, "en"), words.nats(one.pull_nats, "en", sign=False),
                t(f"attention.pattern.{one.pattern}"),
                words.share_with(one.pattern_sentence_share, one.pattern_share_low,
                                 one.pattern_share_high, "en"),
            )
            for one in first
        ],
    )  # fmt: skip
    drops = rows(
        tuple(t(f"moved.column.{name}") for name in
              ("drop", "metric", "own", "without", "change", "interval", "p")),
        [
            (
                one.heads, notation.title(one.metric), notation.number(one.own, one.unit),
                notation.number(one.dropped, one.unit), notation.change(one.difference, one.unit),
                notation.interval(one.low, one.high, one.unit, sign=True),
                notation.p_value(one.p_corrected),
            )
            for one in made.drops
        ],
    )  # fmt: skip
    head = t("moved.cli.heads", model=made.model, dataset=f"{made.dataset}@{made.data_version}",
             split=made.split, n=f"{made.n:,}")  # fmt: skip
    sentences = [
        words.drop_finding(made, "en"),
        words.forecast_finding(made, "en"),
        words.pull_finding(made, "en"),
    ]
    return "\n".join([head, *sentences, "", listed, "", drops])


@click.command()
@click.argument("a", metavar="[A] B")
@click.argument("b", required=False, metavar="")
@data_options(LIMIT)
def moved(
    a: str, b: str | None, dataset: str, split: str, limit: int, workspace: Workspace,
    as_json: bool,
) -> None:  # fmt: skip
    """Show which heads look elsewhere in model B than in model A, on dataset D.

    Both read the same sentences and targets. Without A, B is a run and A its base. A head has moved
    where its attention is farther apart than that of two dropout replicas of B.
    """
    from core.evaluate.pairs import of_models
    from core.evaluate.prepare import prepare
    from core.interpret.moved import STUDIES
    from core.work.moved import check

    first, second = (base_of(workspace, a), a) if b is None else (a, b)
    ready = [prepare(workspace, dataset, model=name, predictions=None, split=split, metrics=(),
                     limit=limit) for name in (first, second)]  # fmt: skip
    check(*ready)
    request = run.MovedRequest(first, second, ready[1].dataset.title, split, limit)
    made = STUDIES.find(workspace, result_of(workspace, request)["study"])
    if made is None:
        raise WorkFailed("The comparison was deleted while it was read; run the command again.")
    pair = of_models(workspace, made.a, made.b, made.dataset, made.data_version)
    scores = None if pair is None else [asdict(row) for row in pair[2]]
    emit({"study": made.key, **made.to_json(), "score_changes": scores}, as_json,
         _moved(made, pair[2] if pair else None))  # fmt: skip


def base_of(workspace: Workspace, name: str) -> str:
    """The model that a run was tuned from.

    Raises:
        BadInput: The name is no run's.
    """
    from core.models.resolve import resolve
    from core.train.runs import open_run

    if resolve(workspace, name).kind != "run":
        raise BadInput(f"{name} is no run and has no base; name two models: assay moved A B.")
    return open_run(workspace, name).base


def _moved(made: "Moved", scores: "Sequence[Difference] | None") -> str:
    from core.charts import moved_words as words
    from core.evaluate.metrics import metric

    listed = rows(
        tuple(t(f"moved.column.{name}") for name in
              ("head", "moved", "distance", "interval", "floor", "p")),
        [
            (
                words.head(one.place, "en"), t(f"moved.cli.{'yes' if one.moved else 'no'}"),
                words.nats(one.distance_nats, "en", sign=False),
                words.nats_interval(one.low_nats, one.high_nats, "en", sign=False),
                words.nats(one.floor_nats, "en", sign=False), notation.p_value(one.p_corrected),
            )
            for one in made.farthest[:SHOWN]
        ],
    )  # fmt: skip
    head = t("moved.cli.moved", a=made.a, b=made.b, dataset=f"{made.dataset}@{made.data_version}",
             split=made.split, n=f"{made.n:,}")  # fmt: skip
    said = [words.moved_finding(made, "en"),
            words.score_finding(scores, lambda name: metric(name).unit, "en")]  # fmt: skip
    return "\n".join([head, *said, "", listed])


@click.command()
@click.argument("model", metavar="M")
@click.option("--target", type=click.Choice(["own", "reference"]), default="own",
              show_default=True,
              help="What sentences are measured on: M's own text, or the reference.")  # fmt: skip
@data_options(ALIGNED)
def alignment(
    model: str, target: str, dataset: str, split: str, limit: int, workspace: Workspace,
    as_json: bool,
) -> None:  # fmt: skip
    """Find the cross-attention head of M that aligns source and target of dataset D best.

    It is held against a silver alignment that IBM Model 1 learns from D. And: whether coverage,
    entropy, weight on no word or jumps go with the score of a sentence.
    """
    from core.evaluate.prepare import prepare
    from core.interpret.aligned import STUDIES
    from core.work.alignment import check

    ready = prepare(workspace, dataset, model=model, predictions=None, split=split, metrics=(),
                    limit=limit)  # fmt: skip
    check(ready)
    request = run.AlignmentRequest(model, ready.dataset.title, target, split, limit)
    made = STUDIES.find(workspace, result_of(workspace, request)["study"])
    if made is None:
        raise WorkFailed("The study was deleted while it was read; run the command again.")
    emit({"study": made.key, **made.to_json()}, as_json, _alignment(made))


def _alignment(made: "Alignment") -> str:
    from core.charts import moved_words as words

    def table(names: Sequence[str], lines: list[tuple[object, ...]]) -> str:
        return rows(tuple(t(f"moved.column.{name}") for name in names), lines)

    heads_ = table(
        ("head", "error", "interval", "copied", "rows"),
        [
            (
                words.head(("cross", one.layer, one.head), "en"), words.share(one.error, "en"),
                words.share_interval(one.error_low, one.error_high, "en"),
                words.share(one.copied_share, "en"), t(f"moved.align.way_{one.rows}"),
            )
            for one in made.heads[:SHOWN]
        ],
    )  # fmt: skip
    relations = table(
        ("measure", "rank", "given_length", "p"),
        [
            (
                t(f"moved.measure.{one.measure}"),
                words.correlation(one.rank, one.low, one.high, "en"),
                words.correlation(one.given_length, None, None, "en"),
                notation.p_value(one.p_corrected),
            )
            for one in made.relations
        ],
    )  # fmt: skip
    worst = table(
        ("score", "input", "answer"),
        [(notation.number(one.score, made.unit), printable(one.input), printable(one.answer))
         for one in made.sentences[:5]],
    )  # fmt: skip
    head = t("moved.cli.alignment", model=made.model, split=made.split, n=f"{made.n:,}",
             dataset=f"{made.dataset}@{made.data_version}",
             target=t(f"moved.cli.target_{made.target}"))  # fmt: skip
    said = [words.alignment_finding(made, "en"), words.relation_finding(made, "en")]
    return "\n".join([head, *said, "", heads_, "", relations, "", worst])
