"""`assay explain`: which tokens an answer hangs on. `assay trust`: whether that matters."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core import run
from core.cli.attention import check_writable
from core.cli.common import emit, json_option, rows, say, workspace_option
from core.cli.follow import result_of
from core.errors import BadInput
from core.text.catalog import t
from core.text.format import number
from core.text.literal import printable
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.interpret.explained import Explanation
    from core.interpret.faithfulness import Verdict
    from core.interpret.trust_test import TrustTest

LIMIT = 50
"""Texts of a trust test unless told otherwise."""
CHOICES = {
    "attention": "attention", "rollout": "rollout", "grad-attention": "gradient_attention",
    "ig": "integrated_gradients", "grad-input": "gradient_input",
}  # fmt: skip
SHOWN_LAYERS = 8


def _question(command: Any) -> Any:
    """The options that say what is explained."""
    for option in (
        click.option("--head", type=click.IntRange(min=0), metavar="I",
                     help="For attention and rollout; default: the mean of the heads."),
        click.option("--window", type=click.IntRange(min=1), metavar="N",
                     help="Which part of a text that is too long, from 1."),
        click.option("--generate", type=click.IntRange(min=1), metavar="N",
                     help="How many tokens the model writes itself, at most."),
        click.option("--scale", type=click.Choice(["log_probability", "logit"]),
                     help="What is explained; the logit for a class, else the log-probability."),
        click.option("--label", metavar="CLASS", help="Of a classifier; default: its choice."),
        click.option("--position", type=click.IntRange(min=0), metavar="I",
                     help="One token of the output, counted from 0; default: the mean of all."),
        click.option("--target", help="What the model writes (default: its own), a second text "
                     "for a classifier, the passage for question answering."),
    ):  # fmt: skip
        command = option(command)
    return command


@click.command()
@click.argument("model", metavar="M")
@click.argument("text", metavar="TEXT")
@_question
@click.option("--method", type=click.Choice([*CHOICES, "all"]), default="all", show_default=True)
@click.option("--lens", is_flag=True, help="Show what each layer would answer.")
@click.option("--npz", type=click.Path(path_type=Path), help="Write the arrays.")
@workspace_option
@json_option
def explain(
    model: str, text: str, method: str, lens: bool, npz: Path | None, workspace: Workspace,
    as_json: bool, **asked: Any,
) -> None:  # fmt: skip
    """Score each token of TEXT by how much M's answer hangs on it.

    Attention, rollout, gradient × attention and integrated gradients, with the completeness error
    of the last: how far its scores are from adding up.
    """
    check_writable(npz)

    from core.interpret import explained
    from core.work.explain import compute

    request = {"workspace": str(workspace.root), "model": model, "text": text, **asked}
    key = compute(request)["key"]
    found = explained.open_explanation(workspace, key)
    methods = [CHOICES[method]] if method != "all" else found.methods
    if methods[0] in found.missing:
        from core.interpret import trust_words

        raise BadInput(" ".join(trust_words.absent(found)))
    if npz:
        shutil.copyfile(workspace.explanation(key), npz)
        say(t("attention.cli.wrote", path=npz))
    emit(document(found, methods, lens=lens), as_json, _explained(found, methods, lens=lens))


@click.command()
@click.argument("model", metavar="M")
@click.argument("text", metavar="[TEXT]", required=False)
@_question
@click.option("--dataset", metavar="D", help="Test the texts of a dataset instead of one.")
@click.option("--split", type=click.Choice(["test", "validation", "train", "all"]),
              default="test", show_default=True)  # fmt: skip
@click.option("--limit", type=click.IntRange(min=2), default=LIMIT, show_default=True, metavar="N",
              help="At most so many texts of the dataset.")  # fmt: skip
@workspace_option
@json_option
def trust(
    model: str, text: str | None, dataset: str | None, split: str, limit: int,
    workspace: Workspace, as_json: bool, **asked: Any,
) -> None:  # fmt: skip
    """Take tokens away in the order that each method calls important, and compare with chance.

    Of one TEXT, or with --dataset over many texts: then each difference has an interval.
    """
    if (text is None) == (dataset is None):
        raise BadInput("Give a TEXT or --dataset D: one of the two.")
    if dataset is None:
        _trust_one(workspace, as_json, {"model": model, "text": text, **asked})
        return
    if any(given is not None for given in asked.values()):
        raise BadInput(
            "--target, --position, --label, --scale, --window, --generate and --head are for one "
            "TEXT; over a dataset the model's own outputs are tested."
        )

    from core.interpret.trust_test import open_test
    from core.work.trust import ready

    # A wrong request is refused here, before anything is queued.
    work = ready(workspace, dataset, model, split, limit)
    request = run.TrustRequest(work.dataset.title, model, split, limit)
    made = open_test(workspace, result_of(workspace, request)["trust"])
    emit(many(made), as_json, _tested(made))


def _trust_one(workspace: Workspace, as_json: bool, asked: dict[str, Any]) -> None:
    from core.interpret import explained, faithfulness
    from core.work.explain import compute

    key = compute({"workspace": str(workspace.root), **asked, "trust": True})["key"]
    found = explained.open_explanation(workspace, key)
    if not found.verdicts:
        raise BadInput(t("trust.verdict.few", fewest=faithfulness.FEWEST, n=sum(found.removable)))
    emit(one(found), as_json, _trusted(found))


def document(found: "Explanation", methods: list[str], *, lens: bool) -> dict[str, Any]:
    """The explanation as JSON; positions, layers and heads count from 0."""
    from dataclasses import asdict

    body: dict[str, Any] = {
        **asdict(found.question),
        "explanation": found.key, "kind": found.kind, "prefix": found.prefix,
        "span": asdict(found.span),
        "output": found.generated, "class": found.choice, "scale": found.scale,
        "value": found.value, "probability": found.probability,
        "tokens": list(found.tokens), "token_labels": list(found.labels),
        "removable": list(found.removable), "output_tokens": list(found.following),
        "positions": list(found.places),
        "scores": {name: found.scores[name].tolist() for name in methods if name in found.scores},
        "missing": found.missing,
        "completeness": {
            "value": found.value, "baseline_value": found.baseline_value,
            "baseline_token": found.baseline, "error": found.completeness_error,
            "error_share": found.completeness_share, "tolerance_share": found.tolerance,
            "gradients": found.gradients, "converged": found.converged,
        },
        "created_at": found.created_at, "seconds": found.seconds,
    }  # fmt: skip
    if lens:
        body["lens"] = None if found.lens is None else {
            "tokens": found.lens["tokens"],
            "probabilities": found.arrays["lens.probabilities"].astype(float).round(6).tolist(),
            "output_token_probability": found.arrays["lens.chosen"].astype(float).tolist(),
            "output_token_rank": found.arrays["lens.rank"].tolist(),
            "settled_layer": found.lens["settled"],
        }  # fmt: skip
    return body


def one(found: "Explanation") -> dict[str, Any]:
    """The trust meter of one text as JSON."""
    from dataclasses import asdict

    from core.interpret import trust_words

    curves, verdicts = found.curves, found.verdicts or ()
    if curves is None:
        raise BadInput("This explanation was not tested; ask for it again.")
    return {
        **asdict(found.question), "explanation": found.key, "n": 1,
        "output": found.generated, "class": found.choice,
        "probability": curves.full, "probability_without_text": curves.empty,
        "replaced_by": found.filler, "random_orders": len(curves.random_deletion),
        "shares": curves.shares.tolist(),
        "curves": {
            name: {
                **{method: getattr(curves, name)[method].tolist() for method in curves.methods},
                "random": getattr(curves, f"random_{name}").mean(0).tolist(),
            }
            for name in ("deletion", "insertion")
        },
        "methods": [_verdict(verdict) for verdict in verdicts],
        "missing": found.missing, "finding": trust_words.finding(verdicts),
        "created_at": found.created_at, "seconds": found.seconds,
    }  # fmt: skip


def many(made: "TrustTest") -> dict[str, Any]:
    """A trust test as JSON."""
    from core.interpret import trust_words

    return {
        "trust": made.name, "model": made.model, "dataset": made.dataset,
        "data_version": made.data_version, "split": made.split, "n": made.n,
        "skipped": made.skipped, "probability": made.full,
        "probability_without_text": made.empty, "replaced_by": made.filler,
        "random_orders": made.orders, "shares": list(made.shares),
        "curves": {
            name: {
                **{m: made.curves[f"{name}.{m}"] for m in made.methods},
                **{f"random_{end}": made.random[f"{name}.{end}"]
                   for end in ("low", "middle", "high")},
            }
            for name in ("deletion", "insertion")
        },
        "methods": [_verdict(verdict) for verdict in made.verdicts],
        "missing": made.missing, "finding": trust_words.finding(made.verdicts),
        "created_at": made.created_at, "seconds": made.seconds,
    }  # fmt: skip


def _verdict(made: "Verdict") -> dict[str, Any]:
    from core.interpret import trust_words

    # What the interval is of: chance for one text, the difference for many.
    ends = "random" if made.n == 1 else "difference"
    return {
        "method": made.method, "difference": made.difference, f"{ends}_low": made.low,
        f"{ends}_high": made.high, "n": made.n, "outcome": made.outcome,
        "deletion_area": made.deletion, "insertion_area": made.insertion,
        "p_value": made.p_value, "verdict": trust_words.verdict(made),
    }  # fmt: skip


def _explained(found: "Explanation", methods: list[str], *, lens: bool) -> str:
    from core.interpret import trust_words

    head = t(
        "trust.cli.explained", model=found.question.model, output=_output(found),
        scale=t(f"trust.cli.{found.scale}"), value=number(found.value, 3),
    )  # fmt: skip
    lines = [head]
    if found.span.cut_tokens:
        lines.append(trust_words.part(found.span))
    if found.generated is not None:
        lines.append(t("trust.cli.generated", text=printable(found.generated)))
    shown = [name for name in methods if name in found.scores]
    table = rows(
        (t("trust.cli.token"), *(t(f"trust.method.{name}") for name in shown)),
        [(printable(label), *(number(float(found.scores[name][place]), 3, sign=True)
                              for name in shown))
         for place, label in enumerate(found.labels)],
    )  # fmt: skip
    lines += ["", table, "", *_complete(found)]
    if len(methods) > 1:
        lines += trust_words.absent(found)
    if lens:
        lines += ["", trust_words.lens(found), *_lens(found)]
    return "\n".join(lines)


def _output(found: "Explanation") -> str:
    if found.choice is not None:
        return t("trust.cli.of_class", label=printable(found.choice))
    if found.kind == "span":
        return t("trust.cli.of_span", token=printable(found.generated or ""))
    if len(found.places) == 1:
        place = found.places[0]
        return t("trust.cli.of_one", position=place, token=printable(found.following[place]))
    return t("trust.cli.of_all", n=len(found.places))


def _complete(found: "Explanation") -> list[str]:
    from core.interpret import trust_words

    lines = [t(
        "trust.cli.completeness", error=number(found.completeness_error, 2, sign=True),
        share=trust_words.percent(found.completeness_share),
        whole=number(found.value - found.baseline_value, 3, sign=True), n=found.gradients,
        baseline=printable(found.baseline),
    )]  # fmt: skip
    if not found.converged:
        limit = trust_words.percent(found.tolerance)
        lines.append(t("trust.cli.completeness_over", limit=limit, n=found.gradients))
    return lines


def _lens(found: "Explanation") -> list[str]:
    """A table of the likeliest token by position and layer; of many layers some."""
    if found.lens is None:
        return []
    tokens, chances = found.lens["tokens"], found.arrays["lens.probabilities"]
    last = len(tokens) - 1
    layers = sorted({round(last * i / SHOWN_LAYERS) for i in range(SHOWN_LAYERS + 1)})
    header = (t("trust.cli.position"), *(t("trust.cli.layer", layer=layer) for layer in layers))
    return [rows(header, [
        (f"{place} {printable(token)}",
         *(f"{printable(tokens[layer][place][0])} {chances[layer, place, 0]:.2f}"
           for layer in layers))
        for place, token in enumerate(found.following)
    ])]  # fmt: skip


def _trusted(found: "Explanation") -> str:
    from core.interpret import trust_words

    curves, verdicts = found.curves, found.verdicts or ()
    lines = [trust_words.finding(verdicts), t("trust.verdict.caveat_one")]
    if curves is not None and (words := trust_words.flat(curves.chance, verdicts)):
        lines.append(words)
    return "\n".join([*lines, "", _areas(verdicts), *trust_words.absent(found)])


def _tested(made: "TrustTest") -> str:
    from core.interpret import trust_words

    lines = [f"{made.name}: {trust_words.finding(made.verdicts)}"]
    if words := trust_words.flat(made.random["deletion.middle"], made.verdicts):
        lines.append(words)
    if made.skipped:
        lines.append(t("trust.many.skipped", n=made.skipped))
    return "\n".join([*lines, "", _areas(made.verdicts)])


def _areas(verdicts: "tuple[Verdict, ...]") -> str:
    from core.interpret import trust_words

    interval = "interval" if verdicts[0].n == 1 else "interval_many"
    header = tuple(t(f"trust.meter.{name}") for name in
                   ("method", "difference", interval, "deletion_area", "insertion_area",
                    "verdict"))  # fmt: skip
    return rows(header, [
        (t(f"trust.method.{v.method}"), trust_words.gap(v.difference),
         f"{trust_words.gap(v.low)}{t('common.to')}{trust_words.gap(v.high)}",
         number(v.deletion, 2), number(v.insertion, 2), t(f"trust.verdict.short_{v.outcome}"))
        for v in verdicts
    ])  # fmt: skip
