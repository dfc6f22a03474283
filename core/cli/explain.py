"""`assay explain`: which tokens an answer hangs on, and what each layer would answer."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.attention import check_writable
from core.cli.common import emit, json_option, rows, say, workspace_option
from core.errors import BadInput
from core.text.catalog import t
from core.text.format import number
from core.text.literal import printable
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.interpret.explained import Explanation

CHOICES = {
    "attention": "attention", "rollout": "rollout", "grad-attention": "gradient_attention",
    "ig": "integrated_gradients", "grad-input": "gradient_input",
}  # fmt: skip
SHOWN_LAYERS = 8


def question(command: Any) -> Any:
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
@question
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
