"""`assay update`: accepted feedback to a new dataset version, a new run, and old against new."""

import click

from core.cli.common import emit, json_option, say_job, workspace_option
from core.data.dataset import open_dataset
from core.errors import NotFound
from core.jobs import runner
from core.run import start_update
from core.text.format import fixed, interval
from core.train.runs import list_runs, open_run
from core.workspace import Workspace


@click.command()
@click.argument("dataset", metavar="D")
@click.option("--run", "base", help="The run to update; else the newest one on D.")
@click.option("--preset", default="quick", show_default=True)
@workspace_option
@json_option
def update(
    dataset: str, base: str | None, preset: str, workspace: Workspace, as_json: bool
) -> None:
    """Turn accepted corrections into a new version of D and a new run; show old against new."""
    data = open_dataset(workspace, dataset)
    old = open_run(workspace, base).run if base else newest_run(workspace, data.name)
    job, _, _ = start_update(workspace, data.name, base=old, preset=preset)
    done = runner.follow(workspace, job.id, on_change=say_job)
    result = done.result or {}
    verdict = result["verdict"]
    emit(
        {"job": job.id, **result}, as_json,
        f"{result['run']} against {result['base']}: {result['metric']} "
        f"{fixed(verdict['difference'], sign=True)} "
        f"({interval(verdict['low'], verdict['high'], sign=True)}, n = {result['n']:,}): "
        f"{verdict['name']}. {result['corrections']} corrections learnt, now "
        f"{result['data_version']}.",
    )  # fmt: skip


def newest_run(workspace: Workspace, dataset: str) -> str:
    """The newest finished run on a dataset.

    Raises:
        NotFound: There is none.
    """
    for run in list_runs(workspace):
        if run.dataset == dataset and run.state == "succeeded":
            return run.run
    raise NotFound(
        f"There is no finished run on {dataset!r} to update; `assay train {dataset}` makes one."
    )
