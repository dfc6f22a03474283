"""Load tests in no time: a loop whose clock jumps to the next thing due, and servers in it."""

import asyncio
from dataclasses import replace

import numpy as np

from core.cost.calibrate import HERE, Machine
from core.cost.hardware import DEFAULT_GPU, gpu
from core.deploy.loadtest_drive import prepare
from core.deploy.loadtest_predicted import predict
from core.deploy.loadtest_samples import Reply
from core.deploy.loadtest_store import LoadTest, curve
from core.deploy.loadtest_subject import Subject
from core.deploy.loadtest_target import Target
from core.models.catalog import model as catalogued


class Loop(asyncio.SelectorEventLoop):
    """A loop whose time is what it waits for."""

    def __init__(self):
        super().__init__()
        self.now = 0.0
        select = self._selector.select

        def jump(timeout):
            assert timeout is not None, "nothing is due and nothing will come"
            self.now += timeout
            return select(0)

        self._selector.select = jump

    def time(self):
        return self.now


class Queue:
    """A server with some places in its work and a queue before it; first come, first served.

    Args:
        service: Seconds of the next request.
        places: Requests at once.
        most: Requests in work and waiting; more are refused with 429. None = any number.
        patience: As the client has it: after so many seconds from when it was due it gives up.
    """

    def __init__(self, service, places=1, most=None, patience=60.0):
        self.service, self.most, self.patience = service, most, patience
        self.free = [0.0] * places
        self.inside = 0
        self.asked = []

    async def send(self, number, due):
        loop = asyncio.get_running_loop()
        self.asked.append((number, due, loop.time()))
        if self.most is not None and self.inside >= self.most:
            return Reply("busy", loop.time(), 429)
        place = min(range(len(self.free)), key=self.free.__getitem__)
        ends = max(loop.time(), self.free[place]) + self.service()
        self.free[place] = ends
        self.inside += 1
        try:
            if ends > due + self.patience:
                await asyncio.sleep(max(0.0, due + self.patience - loop.time()))
                return Reply("timeout", loop.time())
            await asyncio.sleep(ends - loop.time())
        finally:
            self.inside -= 1
        return Reply("ok", loop.time(), 200, None, 12, 5)


def exponential(mean, seed=1):
    random = np.random.default_rng(seed)
    return lambda: float(random.exponential(mean))


def run(plan, send, stopping=lambda: False, disturb=lambda drive: None):
    """Do a test in virtual time, its drive disturbed before it begins; gives the drive."""

    async def whole():
        drive = prepare(plan, send, stopping)
        disturb(drive)
        await drive.run()
        return drive

    loop = Loop()
    try:
        return loop.run_until_complete(whole())
    finally:
        loop.close()


MACHINE = Machine(
    "box, 2 cores",
    replace(gpu(DEFAULT_GPU), name=HERE, title="box, 2 cores", form="CPU", backtested=False,
            peak_flops_per_second=1e11, bandwidth_bytes_per_second=1e10),
    False,
)  # fmt: skip


def made(plan, send, *, machine=MACHINE, shape="t5-small", url="http://127.0.0.1:8600",
         stopping=lambda: False, model="shop-1"):  # fmt: skip
    """A test in virtual time, as the job makes it; not saved."""
    drive = run(plan, send, stopping)
    summaries, knee = drive.summaries(), drive.knee()
    table = drive.firing.samples.table()
    subject = Subject(catalogued(shape).shape, machine, "transformers", False, 12, 5, "server") \
        if shape else None  # fmt: skip
    predicted = predict(subject, plan, summaries, knee, drive.alone) if subject else None
    target = Target(url, "predict", None, {"model": model}, False)
    return LoadTest(
        model, target.to_json(), plan, False,
        {"source": "shop@1", "n": 3, "mean_characters": 20.0, "kind": "dataset"},
        drive.ended, tuple(summaries),
        tuple(curve(table.of_stage(place).seconds) for place in range(len(summaries))),
        drive.alone, knee, predicted, bool(machine and predicted and predicted.compared),
        dict(drive.firing.samples.sayings), "box, 2 cores", machine is not None,
        "2026-11-24T10:00:00+00:00", {},
    )  # fmt: skip
