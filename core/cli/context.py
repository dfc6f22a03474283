"""`assay context`: the longest input that a model can be trusted with, and why."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core import run
from core.cli.attention import check_writable
from core.cli.common import emit, json_option, rows, say, workspace_option
from core.cli.follow import result_of
from core.cli.positions_files import file_option, write
from core.cli.positions_shown import Shown
from core.errors import BadInput
from core.record import hash_json
from core.text.catalog import t
from core.text.format import size
from core.text.literal import printable
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.interpret.cache_memory import Memory
    from core.interpret.context import Advice
    from core.models.shape import Shape


@click.command()
@click.argument("model", metavar="M")
@click.option("--dataset", metavar="D", help="Measure the loss on the rows outside its test split.")
@click.option("--text", type=click.Path(path_type=Path), metavar="FILE",
              help="Or on a text file in UTF-8.")  # fmt: skip
@click.option("--length", type=click.IntRange(min=32), metavar="N",
              help="Longest input that is measured, in tokens. Default: twice what M was made for, "
                   "or to the end of its table, as far as the data reach.")  # fmt: skip
@file_option("--html", "Write one offline page.")
@file_option("--svg", "Write the pictures as SVG.")
@file_option("--png", "Write the pictures as PNG.")
@file_option("--npz", "Write the numbers.")
@workspace_option
@json_option
def context(
    model: str, dataset: str | None, text: Path | None, length: int | None, html: Path | None,
    svg: Path | None, png: Path | None, npz: Path | None, workspace: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Say how long an input M can be trusted with, and why.

    By what its positions say alone; with --dataset or --text also by its loss at each stretch of
    positions, measured. The memory of the cache of keys and values is that of one sequence.
    """
    files = {"html": html, "svg": svg, "png": png, "npz": npz}
    for path in files.values():
        check_writable(path)
    if dataset is not None and text is not None:
        raise BadInput("--dataset and --text exclude each other: name the one to measure on.")
    if length is not None and dataset is None and text is None:
        raise BadInput(f"--length {length} says how far to measure; name --dataset or --text too.")

    from core.interpret import context as found_by
    from core.interpret import context_words as words
    from core.interpret.cache_memory import growth, memories
    from core.interpret.loss_curve import open_curve
    from core.interpret.own import open_own
    from core.models.resolve import known_shape, resolve
    from core.work.context import check
    from core.work.positions import compute

    check(workspace, model, dataset, str(text) if text else None)
    curve = None
    if dataset is not None or text is not None:
        asked = str(text.resolve()) if text else None
        request = run.ContextRequest(model, dataset, asked, length)
        curve = open_curve(workspace, result_of(workspace, request)["context"])
    key = compute({"workspace": str(workspace.root), "model": model})["key"]
    own = open_own(workspace, key)
    advice = found_by.advise(own, curve)
    shape = known_shape(resolve(workspace, model))
    windows = own.facts["windows_tokens"]
    memory = memories(own, advice, shape)
    lines = [words.answer(printable(model), advice, "en").replace("**", "")]
    lines += [words.reason(reason, "en") for reason in advice.reasons]
    lines.append(t("context.cli.nothing") if curve is None else words.finding(curve, advice, "en"))
    if curve is not None:
        lines.append(_bins(advice))
    lines.append(_memory(words.kept(shape, windows, bool(memory), "en"), memory))
    shown = [] if curve is None else [found_by.picture(curve, advice)]
    picture = growth(shape, windows, memory[-1].tokens) if memory else None
    shown += [picture] if picture else []
    mark = hash_json([key, curve.key if curve else ""])
    facts = [
        (t("positions.model"), model),
        *(("", words.reason(one, "en")) for one in advice.reasons),
    ]
    made = Shown(tuple(shown), lines[0], [], facts, {}, mark)
    for kind, path in files.items():
        if path is not None:
            write(kind, path, made)
            say(t("positions.cli.wrote", path=path))
    told = document(model, advice, shape, memory)
    emit({**told, "hash": mark}, as_json, "\n".join(lines))


def document(
    model: str, advice: "Advice", shape: "Shape", memory: "list[Memory]"
) -> dict[str, Any]:
    """The advice as JSON, with units in the names."""
    curve = advice.curve
    return {
        "model": model,
        "trusted_tokens": advice.tokens,
        "basis": "measured" if advice.measured else "formula",
        "reason": advice.key,
        "hard_end_tokens": advice.hard,
        "reasons": [
            {"kind": one.kind, "tokens": one.tokens, "hard": one.hard, **one.values}
            for one in advice.reasons
        ],
        "measured": None if curve is None else {
            "key": curve.key, "source": curve.source, "way": curve.way, "n": curve.units,
            "tokens": curve.tokens, "longest_tokens": curve.length, "rises_tokens": curve.rises,
            "best_bin": curve.best,
            "bins": [
                {"start_tokens": one.start, "end_tokens": one.end, "loss_nats": one.nats,
                 "low_nats": one.low, "high_nats": one.high, "n_tokens": one.tokens,
                 "worse_low_nats": one.worse_low}
                for one in curve.bins
            ],
        },
        "cache": [asdict(one) for one in memory],
        "key_value_heads": shape.kv_heads,
    }  # fmt: skip


def _bins(advice: "Advice") -> str:
    header = tuple(t(f"context.table.{name}") for name in ("from", "to", "nats", "interval"))
    bins = advice.curve.bins if advice.curve else ()
    return rows(
        header, [(b.start, b.end, f"{b.nats:.3f}", f"{b.low:.3f}–{b.high:.3f}") for b in bins]
    )


def _memory(words: str, memory: "list[Memory]") -> str:
    lines = [
        t("context.cli.memory", tokens=f"{one.tokens:,}", fp16=size(one.fp16_bytes),
          fp32=size(one.fp32_bytes))
        for one in memory
    ]  # fmt: skip
    return "\n".join([words, *lines])
