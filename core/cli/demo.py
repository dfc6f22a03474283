"""`assay demo`: the guided example, in the dashboard or without it."""

from collections.abc import Callable
from typing import Any

import click

from core import run
from core.cli.common import emit, json_option, say, say_job, workspace_option
from core.cli.dashboard import open_browser, token
from core.jobs import runner
from core.jobs.job import Job
from core.text.format import duration, fixed, interval, number, usd
from core.workspace import Workspace


@click.command()
@click.option("--headless", is_flag=True, help="Without the dashboard: wait, print the result.")
@click.option("--seconds", default=45.0, show_default=True, type=click.FloatRange(1, 3600),
              help="How long the model is trained.")  # fmt: skip
@click.option("--port", default=8501, show_default=True, help="Port of the dashboard.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@json_option
@workspace_option
def demo(
    headless: bool, seconds: float, port: int, no_browser: bool, as_json: bool, workspace: Workspace
) -> None:
    """The guided example: import, train, evaluate, look inside, price, decide.

    It takes about two minutes on two cores, needs no network, and goes on if you close the page.
    """
    request = run.DemoRequest(seconds=seconds)
    if headless or as_json:
        job, _ = run.start(workspace, request)
        done = runner.follow(workspace, job.id, on_change=_teller())
        result = done.result or {}
        emit(result, as_json, _text(result))
        return
    _open(workspace, request, port, not no_browser)


def _teller() -> Callable[[Job], None]:
    """Tell of a job's progress when it says something new or is 5 % further."""
    told: list[object] = [None]

    def tell(job: Job) -> None:
        mark = (job.state, job.message, int(20 * (job.progress or 0)))
        if mark != told[0]:
            told[0] = mark
            say_job(job)

    return tell


def _open(workspace: Workspace, request: run.DemoRequest, port: int, browser: bool) -> None:
    from dashboard import server

    def ready(url: str) -> None:
        # Only now: with the port taken by another dashboard, nothing is started twice.
        job, new = run.start(workspace, request)
        click.echo(f"Assay is at {url}")
        say(f"The demo {'began' if new else 'is already running'} as job {job.id}; "
            "it goes on if you close the page or press Ctrl-C.")  # fmt: skip
        open_browser(f"{url}/", browser)

    server.serve(workspace, port=port, token=token(), on_ready=ready)


def _text(result: dict[str, Any]) -> str:
    from core.strategy.figures import requests

    def bleu(name: str) -> str:
        return f"{fixed(result[name])} ({interval(result[f'{name}_low'], result[f'{name}_high'])})"

    test, general = f"BLEU on {result['n']:,} test rows", "BLEU on everyday sentences"
    sure = f"p = {number(result['p_value'], 2)} against the base"
    volume = result["break_even_requests_per_day"]
    wins = result["recommended_option"] or "none: no option is known to be good enough"
    low, high = (usd(result[f"usd_on_a100_{end}"]) for end in ("low", "high"))
    rows = (
        (test, "95 % interval"),
        ("  copy the source", bleu("bleu_copy_source")),
        ("  base", bleu("bleu_base")),
        ("  tuned", f"{bleu('bleu_tuned')}, {sure}"),
        (general, "what was forgotten"),
        ("  base", bleu("general_bleu_base")),
        ("  tuned", bleu("general_bleu_tuned")),
        ("training", f"{duration(result['train_seconds'])} on this machine, measured"),
        ("the same on an A100", f"≈ {usd(result['usd_on_a100'])} ({low} to {high})"),
        ("break-even", f"≈ {requests(volume, 'en')} requests a day" if volume else "none"),
        ("recommended", wins),
        ("run", f"{result['run']} (assay runs show {result['run']})"),
    )
    return "\n".join(f"{name:<28} {value}" for name, value in rows)
