"""`assay compress`: a run made smaller or faster, measured beside it; and which to serve where."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from core import run as requests
from core.cli.common import emit, json_option, rows, workspace_option
from core.cli.follow import result_of
from core.deploy.forms import FORMS, STUDENTS, Settings
from core.deploy.measured import check_stated
from core.deploy.recommend import MARGIN, Limits, recommend
from core.deploy.variants import Variant, has_variant, list_variants, newest_of_each, open_variant
from core.text.catalog import t
from core.workspace import Workspace


@click.command()
@click.argument("run", metavar="RUN")
@click.option("--to", "forms", multiple=True, metavar="|".join(row.name for row in FORMS),
              help="Form to make; repeat for more. Without it: what there is.")  # fmt: skip
@click.option("--share", type=float, metavar="SHARE",
              help="pruned: share of each layer's heads to cut off. Default: 0.25.")  # fmt: skip
@click.option("--layers", type=int, metavar="N",
              help="shallow: layers of each stack to keep. Default: half.")  # fmt: skip
@click.option("--student", metavar=f"{'|'.join(STUDENTS)}|MODEL",
              help="distilled: share of the layers, or a model to begin from. "
                   "Default: half.")  # fmt: skip
@click.option("--tune-seconds", type=float, metavar="S",
              help="pruned, shallow: train so long afterwards, 0 = not. Default: 30. distilled: "
                   "learn so long. Default: 60.")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), metavar="N",
              help="Score at most so many test examples.")  # fmt: skip
@click.option("--batch", type=click.IntRange(1, 1_024), default=16, show_default=True,
              metavar="N", help="Requests at once when throughput is measured.")  # fmt: skip
@click.option("--watts", type=float, metavar="W",
              help="Power of this machine under load, where it cannot be read.")  # fmt: skip
@click.option("--usd-per-hour", type=float, metavar="USD",
              help="Price of a server like this machine.")  # fmt: skip
@click.option("--edge-memory-mb", type=float, metavar="MB", help="Memory of the edge device.")
@click.option("--edge-latency-ms", type=float, metavar="MS",
              help="Time that 95 of 100 requests may take there.")  # fmt: skip
@click.option("--margin", type=float, default=MARGIN, show_default=True, metavar="POINTS",
              help="Quality that may be lost where a variant is recommended.")  # fmt: skip
@click.option("--again", is_flag=True, help="Measure anew what was measured before.")
@workspace_option
@json_option
def compress(
    run: str, forms: tuple[str, ...], share: float | None, layers: int | None,
    student: str | None, tune_seconds: float | None, limit: int | None, batch: int,
    watts: float | None, usd_per_hour: float | None, edge_memory_mb: float | None,
    edge_latency_ms: float | None, margin: float, again: bool, workspace: Workspace,
    as_json: bool,
) -> None:  # fmt: skip
    """Make RUN smaller or faster, measure it beside RUN, and say which to serve where.

    RUN is a finished run, or a variant of one that Transformers reads.
    """
    limits = Limits(edge_memory_mb, edge_latency_ms, usd_per_hour, margin)
    limits.check()
    check_stated(usd_per_hour, watts)
    settings = Settings(share, layers, student, tune_seconds)
    wanted = [
        requests.CompressRequest(run, form, **asdict(settings), limit=limit, batch=batch,
                                 watts=watts, again=again)
        for form in forms
    ]  # fmt: skip
    for request in wanted:
        _check(workspace, request, settings)
    made = [result_of(workspace, request)["variant"] for request in wanted]
    origin = open_variant(workspace, run).run if has_variant(workspace, run) else run
    _require(workspace, origin)
    found = newest_of_each(list_variants(workspace, origin))
    new = [one.variant for one in found if one.variant in made]
    document = {
        "run": origin, "made": new, "variants": [_document(one, limits) for one in found],
        "recommendations": [asdict(one) for one in recommend(found, limits)],
        "limits": asdict(limits),
    }  # fmt: skip
    emit(document, as_json, _text(origin, found, limits))


def _check(workspace: Workspace, request: requests.CompressRequest, settings: Settings) -> None:
    """Refuse here, before anything is queued, what the job would refuse."""
    from core.deploy.forms import fitted, form_named
    from core.work.variant_source import origin_of

    origin = origin_of(workspace, request.model)
    form = form_named(request.form, origin.shape.family)
    fitted(form, settings, origin.shape, origin.ref.name)


def _require(workspace: Workspace, name: str) -> None:
    from core.train.runs import open_run

    open_run(workspace, name)


def _document(made: Variant, limits: Limits) -> dict[str, Any]:
    """A record with what follows from it."""
    from core.charts import compress_words as words

    found = made.to_json()
    for name in ("measured", "original"):
        one = getattr(made, name)
        latency = one.latency
        found[name] |= {
            "p50_ms": latency.p50, "p50_low_ms": latency.low, "p50_high_ms": latency.high,
            "p95_ms": one.slow_milliseconds,
            "watt_hours_per_million_tokens": one.watt_hours_per_million_tokens,
            "usd_per_million_tokens": one.usd_per_million_tokens(limits.usd_per_hour),
        }  # fmt: skip
    against = made.against
    return found | {"verdict": against.verdict if against else None,
                    "sentence": words.verdict(made)}  # fmt: skip


def _text(run: str, found: Sequence[Variant], limits: Limits) -> str:
    from core.charts import compress_words as words

    if not found:
        return t("compress.cli.none", run=run, forms=", ".join(row.name for row in FORMS))
    first = found[0]
    device = first.measured.device if first.measured else ""
    head = t("compress.cli.head", run=run, device=device,
             dataset=f"{first.dataset}@{first.data_version}")  # fmt: skip
    listed = rows(
        tuple(t(f"compress.column.{name}") for name in words.COLUMNS),
        [tuple(line[name] for name in words.COLUMNS) for line in words.table(found, limits)],
    )
    said = [words.verdict(made) for made in found]
    if warning := words.disturbance(found):
        said.append(warning)
    told = [words.recommendation(one, limits, run) for one in recommend(found, limits)]
    return "\n".join([head, "", listed, "", *said, "", *told])
