"""The load test job: ask a server as a plan says; keep what was measured beside the estimate."""

import asyncio
import gc
import resource
import sys
import threading
import time
from typing import Any

from core import record
from core.cost.calibrate import Machine
from core.cost.probe import machine_name
from core.deploy.loadtest import Plan
from core.deploy.loadtest_client import Address, Client
from core.deploy.loadtest_dialects import Text, request
from core.deploy.loadtest_drive import Drive, prepare
from core.deploy.loadtest_inputs import Inputs, texts
from core.deploy.loadtest_live import now
from core.deploy.loadtest_look import look
from core.deploy.loadtest_predicted import predict
from core.deploy.loadtest_samples import OUTCOMES
from core.deploy.loadtest_store import LoadTest, curve, save
from core.deploy.loadtest_target import Target, check_allowed, is_own, read_key
from core.errors import BadInput, WorkFailed
from core.jobs.context import Context
from core.text.catalog import t
from core.work.loadtest_subject import learn, machine_of, subject_of
from core.workspace import Workspace

TELL_SECONDS = 1.0
SWITCH_SECONDS = 0.0005
SPARE_FILES = 128
"""Open files of this process beside the connections."""
MOST_EVENTS = 1_500
"""That a job tells of its way: a long test tells more seldom."""


def run(asked: dict[str, Any], context: Context) -> dict[str, Any]:
    """Do as a LoadTestRequest says; the result names the test.

    One that is cancelled is kept as far as it went; the event "kept" names it.

    Raises:
        BadInput, NotFound: The request cannot be done.
        WorkFailed: Nothing answers, or none of the requests was answered.
    """
    plan, url = Plan(**asked["plan"]), asked["url"]
    check_allowed(url, t("loadtest.some_requests"), yes=asked["yes"])
    key = read_key(url, asked["key_env"])
    inputs = Inputs(**asked["inputs"])
    found = texts(context.workspace, inputs)
    context.report(None, "loadtest.progress.looking", url=url)
    target = look(url, path=asked["path"], model=asked["model"], key=key)
    if asked["stream"] and not target.streams:
        raise BadInput(f"stream: {target.address} gives whole answers only; leave --stream away.")
    machine = machine_of(context.workspace, target) if is_own(url) else None
    drive = _drive(plan, target, found, asked, key, context)
    _check(drive)
    made = _made(context.workspace, asked, target, found, drive, machine)
    context.event("kept", loadtest=made.name)
    context.check()
    return {"loadtest": made.name, "requests": sum(stage.sent for stage in made.stages)}


def _drive(
    plan: Plan, target: Target, found: list[Text], asked: dict[str, Any], key: str | None,
    context: Context,
) -> Drive:  # fmt: skip
    """Send in a thread, so that what is written into the store never makes a request late."""
    _files(plan.most_in_flight + SPARE_FILES)
    bodies = [
        request(target.row, text, model=target.model, max_tokens=asked["max_tokens"],
                stream=asked["stream"])
        for text in found
    ]  # fmt: skip
    ended = threading.Event()
    under_way: list[Drive] = []
    failed: list[BaseException] = []

    async def send() -> None:
        client = Client(Address.of(target.address), target.row, bodies, key=key,
                        timeout_seconds=plan.timeout_seconds, stream=asked["stream"])  # fmt: skip
        under_way.append(prepare(plan, client.send, lambda: context.stopping))
        try:
            await under_way[0].run()
        finally:
            client.close()

    def work() -> None:
        try:
            asyncio.run(send())
        except BaseException as error:  # carried over to the thread that waits
            failed.append(error)
        finally:
            ended.set()

    gc.freeze()  # what is there stays: a collection looks at what the test makes alone
    sys.setswitchinterval(SWITCH_SECONDS)  # this thread writes of progress; that one has the clock
    thread = threading.Thread(target=work)
    thread.start()
    _tell(plan, under_way, ended, context)
    thread.join()
    if failed:
        raise failed[0]
    return under_way[0]


def _tell(plan: Plan, under_way: list[Drive], ended: threading.Event, context: Context) -> None:
    """Say how it goes until it has ended."""
    begun = time.monotonic()
    pause = max(TELL_SECONDS, plan.seconds / MOST_EVENTS)
    while not ended.wait(pause):
        if not under_way or context.stopping:
            continue
        seen = now(under_way[0], pause)
        context.event("load", seconds=round(time.monotonic() - begun, 1), **seen)
        share = min(0.99, (time.monotonic() - begun) / plan.seconds)
        context.report(
            share, "loadtest.progress.ramp" if plan.kind == "ramp" else "loadtest.progress.load",
            sent=f"{seen['sent']:,}", answered=f"{seen['ok']:,}", errors=f"{seen['errors']:,}",
            busy=f"{seen['busy']:,}", rate=f"{seen['rate'] or 0:.3g}",
        )  # fmt: skip


def _check(drive: Drive) -> None:
    """Raise WorkFailed where not a single request was answered, or told to come later."""
    samples = drive.firing.samples
    table = samples.table()
    if len(table.due) == 0 or table.count("ok") or table.count("busy"):
        return
    counts = {name: table.count(name) for name in OUTCOMES if table.count(name)}
    most = max(counts, key=counts.__getitem__)
    said = samples.sayings.get(most)
    words = ", ".join(f"{n:,} {t(f'loadtest.outcome.{name}')}" for name, n in counts.items())
    raise WorkFailed(
        f"None of {len(table.due):,} requests was answered ({words})"
        + (f"; the server says {said!r}." if said else ".")
        + " Nothing was kept: see that it answers one request, then test it again."
    )


def _made(
    workspace: Workspace, asked: dict[str, Any], target: Target, found: list[Text], drive: Drive,
    machine: Machine | None,
) -> LoadTest:  # fmt: skip
    """Sum up, predict, keep, and let later estimates learn."""
    summaries, knee = drive.summaries(), drive.knee()
    table = drive.firing.samples.table()
    since = [at + stage.warm_up for at, stage in zip(drive.begun, drive.stages, strict=True)]
    subject = subject_of(workspace, target, machine, summaries, found, asked["model"])
    predicted = predict(subject, drive.plan, summaries, knee, drive.alone) if subject else None
    learns = asked["calibrate"] and bool(machine and predicted and predicted.compared)
    inputs = Inputs(**asked["inputs"])
    made = save(workspace, LoadTest(
        _name(target), target.to_json(), drive.plan, asked["stream"],
        {"source": inputs.source, "n": len(found), "kind": _kind(inputs),
         "mean_characters": sum(len(text.input) for text in found) / len(found)},
        drive.ended, tuple(summaries),
        tuple(curve(table.of_stage(place, at).seconds) for place, at in enumerate(since)),
        drive.alone, knee, predicted, learns, dict(drive.firing.samples.sayings),
        machine_name(), machine is not None, record.now(), record.environment(),
    ))  # fmt: skip
    if learns and machine and predicted:
        learn(workspace, machine, made, predicted)
    return made


def _name(target: Target) -> str:
    return target.model or target.says.get("model") or Address.of(target.address).host


def _kind(inputs: Inputs) -> str:
    return "dataset" if inputs.dataset else "file" if inputs.file else "text"


def _files(needed: int) -> None:
    """Allow this process as many open files as there may be connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= needed or soft == resource.RLIM_INFINITY:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise BadInput(
            f"max-in-flight: this machine lets a process open {hard:,} files, and a connection is "
            f"one; give at most {max(1, hard - SPARE_FILES):,}."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
