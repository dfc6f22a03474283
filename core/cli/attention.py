"""`assay attention`: what each head looks at, checked against a second computation."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.common import emit, json_option, rows, say, workspace_option
from core.errors import BadInput
from core.text.catalog import t
from core.text.literal import printable
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.interpret.measures import Head
    from core.interpret.store import Capture

SHOWN_HEADS = 12
"""Heads that the text for people lists; `--json` has all."""


@click.command()
@click.argument("model", metavar="M")
@click.argument("text", metavar="TEXT")
@click.option("--target", help="What the decoder writes, or a second text for an encoder.")
@click.option("--html", type=click.Path(path_type=Path), help="Write one offline page.")
@click.option("--npz", type=click.Path(path_type=Path), help="Write the weights.")
@workspace_option
@json_option
def attention(
    model: str, text: str, target: str | None, html: Path | None, npz: Path | None,
    workspace: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Show what each head of M looks at when it reads TEXT.

    Without --target a model with encoder and decoder writes its own. Layers and heads are counted
    from 0.
    """
    for path in (html, npz):
        check_writable(path)

    from core.interpret import store
    from core.work.attention import compute

    key = compute(
        {"workspace": str(workspace.root), "model": model, "text": text, "target": target}
    )["key"]
    found = store.open_capture(workspace, key)
    heads = found.summary()
    if npz:
        shutil.copyfile(workspace.capture(key), npz)
        say(t("attention.cli.wrote", path=npz))
    if html:
        from core.charts import grammar
        from core.interpret.offline import attention_page

        colours = {s: grammar.tokens(s).sequential for s in ("light", "dark")}
        html.write_text(attention_page(found, heads, colours), encoding="utf-8")
        say(t("attention.cli.wrote", path=html))
    emit(document(found, heads), as_json, _text(found, heads))


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


def document(found: "Capture", heads: "list[Head]") -> dict[str, Any]:
    """The result as JSON; layers and heads count from 0, as in the .npz."""
    from dataclasses import asdict

    first = found.weights[found.kinds[0]]
    return {
        "model": found.model,
        "text": found.text,
        "prefix": found.prefix,
        "target": found.target,
        "generated": found.generated,
        "tokens": list(found.tokens),
        "target_tokens": list(found.target_tokens),
        "next_tokens": list(found.next_tokens),
        "token_labels": list(found.labels),
        "target_token_labels": list(found.target_labels),
        "layers": first.shape[0],
        "heads": first.shape[1],
        "kinds": {kind: _shape(found, kind) for kind in ("encoder", "decoder", "cross")},
        "head_dim": found.head_dim,
        "scaling": found.scaling,
        "parity": asdict(found.parity),
        "heads_summary": [asdict(head) for head in heads],
        "created_at": found.created_at,
        "seconds": found.seconds,
    }


def _shape(found: "Capture", kind: str) -> dict[str, int] | None:
    """Sizes of a kind's array, None if the model has none."""
    if kind not in found.weights:
        return None
    names = ("layers", "heads", "queries", "keys")
    return dict(zip(names, found.weights[kind].shape, strict=True))


def _text(found: "Capture", heads: "list[Head]") -> str:
    from core.interpret import offline, words

    sharp = sorted(heads, key=lambda head: head.entropy_nats)[:SHOWN_HEADS]
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
    if found.generated is not None:
        lines.append(t("attention.one.generated", text=printable(found.generated)))
    return "\n".join([*lines, "", table])
