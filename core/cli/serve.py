"""`assay serve`: answer over HTTP, as a job like any other."""

import http.client
import time

import click

from core.cli.common import emit, json_option, say, say_job, workspace_option
from core.deploy.serve import check_address
from core.errors import WorkFailed
from core.jobs import runner
from core.jobs.store import JobStore
from core.models.resolve import resolve
from core.run import ServeRequest, start
from core.workspace import Workspace

START_SECONDS = 120


@click.command()
@click.argument("model", metavar="M")
@click.option("--port", type=int, default=8600, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True,
              help="Off loopback only with ASSAY_TOKEN set.")  # fmt: skip
@click.option(
    "--detach", is_flag=True, help="Return once it answers; `assay jobs cancel` stops it."
)
@workspace_option
@json_option
def serve(
    model: str, port: int, host: str, detach: bool, workspace: Workspace, as_json: bool
) -> None:
    """Answer over HTTP with the run, starter, folder or Hub model M."""
    resolve(workspace, model)
    check_address(host, port)
    job, _ = start(workspace, ServeRequest(model, host, port))
    wait_until_healthy(workspace, job.id, host, port)
    url = f"http://{host}:{port}"
    emit({"job": job.id, "model": model, "url": url}, as_json,
         f"{model} answers at {url} (job {job.id}).\n"
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
        WorkFailed: The job ended, or two minutes went by.
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
