"""`assay attention`: what each head looks at, checked against a second computation."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli import attention_files
from core.cli.attention_files import PICTURES
from core.cli.common import emit, json_option, rows, say, workspace_option
from core.errors import BadInput
from core.text.catalog import LANGUAGES, t
from core.text.literal import printable
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.interpret.captured import Capture
    from core.interpret.looks import Place
    from core.interpret.measures import Head

SHOWN_LOOKS = 12
"""Looks of one head that are listed."""
SHOWN_HEADS = 12
"""Heads that the text for people lists; `--json` has all."""


@click.command()
@click.argument("model", metavar="M")
@click.argument("text", metavar="TEXT")
@click.option("--target", help="What the decoder writes, or a second text for an encoder.")
@click.option(
    "--window",
    type=click.IntRange(min=1),
    metavar="N",
    help="Which window of a text over the model's limit, from 1.",
)
@click.option(
    "--generate",
    type=click.IntRange(min=1),
    metavar="N",
    help="Let the model go on, N tokens at most.",
)
@click.option("--long", is_flag=True, help="Keep one layer only, as is done for a long text.")
@click.option(
    "--kind",
    type=click.Choice(("encoder", "decoder", "cross")),
    help="Kind of attention to look into.",
)
@click.option("--layer", type=int, help="Layer to look into, from 0.")
@click.option("--head", type=int, help="Head to look into, from 0; without it, the mean.")
@click.option(
    "--picture",
    type=click.Choice(PICTURES),
    help="What the files show: grid (all heads), map or lines of one; else what was asked for.",
)
@click.option("--html", type=click.Path(path_type=Path), help="Write one offline page.")
@click.option("--svg", type=click.Path(path_type=Path), help="Write the picture as vectors.")
@click.option("--language", type=click.Choice(tuple(LANGUAGES)), default="en", help="Of the files.")
@click.option("--png", type=click.Path(path_type=Path), help="Write the picture as pixels.")
@click.option("--npz", type=click.Path(path_type=Path), help="Write the weights.")
@workspace_option
@json_option
def attention(
    model: str, text: str, target: str | None, window: int | None, generate: int | None, long: bool,
    kind: str | None, layer: int | None, head: int | None, picture: str | None,
    html: Path | None, svg: Path | None, language: str, png: Path | None, npz: Path | None,
    workspace: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Show what each head of M looks at when it reads TEXT.

    Without --target a model with encoder and decoder writes its own; a decoder alone writes if
    asked with --generate. Layers and heads are counted from 0. Of a text too long for all layers
    one is kept: --kind and --layer say which.
    """
    files = {"html": html, "svg": svg, "png": png}
    for path in (*files.values(), npz):
        check_writable(path)

    from core.interpret import looks, store
    from core.work.attention import compute

    key = compute(
        {"workspace": str(workspace.root), "model": model, "text": text, "target": target,
         "window": window, "generate": generate, "long": long, "kind": kind, "layer": layer}
    )["key"]  # fmt: skip
    found = store.open_capture(workspace, key)
    place = looks.place_of(found, kind, layer, head)
    heads = found.summary()
    if npz:
        write_weights(npz, found)
        say(t("attention.cli.wrote", path=npz))
    shown = attention_files.place_in(found, heads, place, picture)
    for path in attention_files.write(workspace, key, found, heads, shown, files, language):
        say(t("attention.cli.wrote", path=path))
    emit(document(found, heads, place), as_json, _text(found, heads, place, kind))


def check_writable(path: Path | None) -> None:
    """Refuse a file that cannot be written before any work is done.

    Raises:
        BadInput: Its folder is missing or cannot be written, or it is a folder.
    """
    if path is None:
        return
    folder = path.absolute().parent
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise BadInput(f"{str(path)!r} cannot be written; name a file in a folder that exists.")


def write_weights(path: Path, found: "Capture") -> None:
    """By kind float32 (layers, heads, queries, keys); of a long text its one layer, exact."""
    import numpy as np

    from core.interpret.arrays import save_arrays

    arrays = found.weights
    if found.long:
        kind, layer = found.kinds[0], found.long.detail.layer
        heads = [found.matrix(kind, layer, head) for head in range(found.long.detail.heads)]
        arrays = {kind: np.stack(heads)[None]}
    save_arrays(path.absolute(), arrays)


def document(found: "Capture", heads: "list[Head]", place: "Place | None") -> dict[str, Any]:
    """The result as JSON; layers and heads count from 0, as in the .npz, windows from 1."""
    from dataclasses import asdict

    from core.interpret.looks import strongest

    first = next(iter(found.layers))
    kept = found.long and {"kind": found.long.detail.kind, "layer": found.long.detail.layer}
    looks = None
    if place:
        kind = place[0]
        looks = [
            {
                **asdict(look),
                "query_token": found.queries(kind)[look.query],
                "key_token": found.keys(kind)[look.key],
            }
            for look in strongest(found, place, SHOWN_LOOKS)
        ]
    return {
        "model": found.model,
        "text": found.text,
        "prefix": found.prefix,
        "target": found.target,
        "generated": found.generated,
        "generated_from": found.generated_from,
        "tokens": list(found.tokens),
        "target_tokens": list(found.target_tokens),
        "next_tokens": list(found.next_tokens),
        "token_labels": list(found.labels),
        "target_token_labels": list(found.target_labels),
        "layers": len(found.layers[first]),
        "heads": found.heads(first),
        "kinds": {kind: _shape(found, kind) for kind in ("encoder", "decoder", "cross")},
        "key_heads": {kind: found.key_heads(kind) for kind in found.layers},
        "windows_tokens": {kind: found.windows(kind) for kind in found.layers},
        "causal": {kind: found.causal(kind) for kind in found.layers},
        "head_dim": found.head_dim,
        "scaling": found.scaling,
        "window": found.span.window,
        "windows": found.span.windows,
        "first_token": found.span.first,
        "last_token": found.span.last,
        "text_tokens": found.span.total,
        "cut_tokens": found.span.cut_tokens,
        "cut_target_tokens": found.span.cut_target,
        "kept": kept,
        "parity": asdict(found.parity),
        "heads_summary": [asdict(head) for head in heads],
        "looks": looks,
        "created_at": found.created_at,
        "seconds": found.seconds,
    }


def _shape(found: "Capture", kind: str) -> dict[str, int] | None:
    """Sizes of a kind's array, None if the model has none; of a long text as if all were kept."""
    if kind not in found.layers:
        return None
    names = ("layers", "heads", "queries", "keys")
    sizes = (len(found.queries(kind)), len(found.keys(kind)))
    return dict(zip(names, (len(found.layers[kind]), found.heads(kind), *sizes), strict=True))


def _text(found: "Capture", heads: "list[Head]", place: "Place | None", kind: str | None) -> str:
    from core.interpret import capture_words, offline, words

    shown = [head for head in heads if kind in (None, head.kind)]
    sharp = sorted(shown, key=lambda head: head.entropy_nats)[:SHOWN_HEADS]
    table = rows(
        tuple(t(f"attention.table.{name}") for name in offline.COLUMNS),
        [
            (
                t(f"attention.kind_{head.kind}"), head.layer, head.head,
                t(f"attention.pattern.{head.pattern}"), f"{head.entropy_nats:.2f}",
                f"{head.mean_distance_tokens:.1f}", f"{100 * head.sink_mass:.0f}",
            )
            for head in sharp
        ],
    )  # fmt: skip
    counts = t(
        f"attention.cli.{'words_target' if found.target_tokens else 'words'}", model=found.model,
        tokens=len(found.tokens), target=len(found.target_tokens), heads=len(heads),
    )  # fmt: skip
    answer = words.answer(found, heads, "en").replace("**", "")
    lines = [answer, counts, f"{t('attention.html.checked')}: {offline.parity(found, 'en')}"]
    lines += [capture_words.left_out(found, "en")]
    lines += [said for name in found.kinds for said in capture_words.facts(found, name, "en")]
    lines += [printable(capture_words.generated(found, "en") or "")]
    parts = ["\n".join(line for line in lines if line)]
    if place:
        parts.append(_looks(found, place))
    return "\n\n".join([*parts, table])


def _looks(found: "Capture", place: "Place") -> str:
    """What one head looks at most, as a table with its title."""
    from core.interpret.looks import strongest

    kind, layer, head = place
    title = t(
        f"capture.looks.{'title_mean' if head is None else 'title'}", layer=layer, head=head,
        kind=t(f"attention.kind_{kind}"),
    )  # fmt: skip
    table = rows(
        tuple(t(f"capture.looks.{name}") for name in ("query", "key", "weight")),
        [
            (
                f"{printable(found.queries(kind)[look.query])} ({look.query})",
                f"{printable(found.keys(kind)[look.key])} ({look.key})", f"{look.weight:.3f}",
            )
            for look in strongest(found, place, SHOWN_LOOKS)
        ],
    )  # fmt: skip
    return f"{title}\n{table}"
