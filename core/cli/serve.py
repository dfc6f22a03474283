"""`assay serve`: answer over HTTP, as a job like any other."""

import http.client
import time

import click

from core.cli.common import emit, json_option, say, say_job, workspace_option
from core.deploy.engine import CHOICES
from core.deploy.keys import Doorkeeper
from core.deploy.serve import check_address
from core.errors import BadInput, WorkFailed
from core.jobs import runner
from core.jobs.store import JobStore
from core.models.resolve import resolve
from core.run import ServeRequest, start
from core.workspace import Workspace

START_SECONDS = 600
"""A large model is converted first."""


@click.command()
@click.argument("model", metavar="M", required=False)
@click.option("--port", type=int, default=8600, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True,
              help="Off loopback only with a key (`assay keys add`) or ASSAY_TOKEN.")  # fmt: skip
@click.option("--champion", metavar="D",
              help="Serve what the gate promotes for the dataset D, and follow it.")  # fmt: skip
@click.option("--engine", type=click.Choice(CHOICES), default="auto", show_default=True)
@click.option("--max-batch", type=click.IntRange(1, 1024), help="Texts at once.")
@click.option("--queue", type=click.IntRange(1, 100_000),
              help="Texts that may wait; beyond it 429 is answered.  [default: 256]")  # fmt: skip
@click.option("--timeout", type=click.FloatRange(0.1, 3_600),
              help="Seconds a request may take.  [default: 60]")  # fmt: skip
@click.option("--log-texts", is_flag=True, help="Keep what is asked and answered, too.")
@click.option(
    "--detach", is_flag=True, help="Return once it answers; `assay jobs cancel` stops it."
)
@workspace_option
@json_option
def serve(
    model: str | None, port: int, host: str, champion: str | None, engine: str,
    max_batch: int | None, queue: int | None, timeout: float | None, log_texts: bool, detach: bool,
    workspace: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Answer over HTTP with the run, variant, starter, bundle, folder or Hub model M."""
    if (model is None) == (champion is None):
        raise BadInput("Name what to serve: a model M, or a dataset with --champion D.")
    if model is not None:
        resolve(workspace, model)
    check_address(host, port, guarded=Doorkeeper(workspace, None).guarded)
    wanted = ServeRequest(
        model or f"champion of {champion}", host, port, engine, max_batch, queue, timeout,
        log_texts, champion,
    )  # fmt: skip
    job, _ = start(workspace, wanted)
    wait_until_healthy(workspace, job.id, host, port)
    url = f"http://{host}:{port}"
    emit({"job": job.id, "model": wanted.model, "url": url}, as_json,
         f"{wanted.model} answers at {url} (job {job.id}); {url}/docs lists what can be asked.\n"
         f"curl {url}/v1/predict -H 'content-type: application/json' "
         "-d '{\"inputs\": [\"…\"]}'")  # fmt: skip
    if detach:
        return
    say("Ctrl-C stops it.")
    try:
        runner.follow(workspace, job.id, on_change=say_job)
    except KeyboardInterrupt:
        runner.cancel(workspace, job.id)
        say("Stopped.")


def wait_until_healthy(workspace: Workspace, job_id: str, host: str, port: int) -> None:
    """Wait until the service answers.

    Raises:
        WorkFailed: The job ended, or START_SECONDS went by.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with JobStore(workspace) as store:
            job = store.get(job_id)
        if not job.active:
            raise WorkFailed(job.error or f"The server ended as {job.state}.")
        connection = http.client.HTTPConnection(host, port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.2)  # it is still loading the model
        finally:
            connection.close()
        runner.reconcile(workspace)
    raise WorkFailed(
        f"The server did not answer within {START_SECONDS} s; see `assay jobs logs {job_id}`."
    )
