"""Drive a test through its stages, a ramp finding its own, and sum up what was measured."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from core.deploy.loadtest import Plan, Stage, stages, warm_up
from core.deploy.loadtest_arrivals import arrivals
from core.deploy.loadtest_fire import Firing, Send
from core.deploy.loadtest_knee import Knee, Step, fails, full, knee
from core.deploy.loadtest_quantile import Vector
from core.deploy.loadtest_samples import OK, OUTCOMES, Table
from core.deploy.loadtest_summary import Summary, summarise

ALONE_REQUESTS = 60
"""One at a time, before a ramp: what p95 is measured against; or as many as ALONE_SECONDS hold."""
ALONE_SECONDS = 20.0
ALONE_WARM_UP = 3
FIRST_USE = 0.3
"""Of what one request at a time reaches, where a ramp begins."""
GROWTH = 1.5
REFINEMENTS = 3
"""Steps between the last rate that is kept up with and the first that is not."""
FEWEST_ARRIVALS = 60
"""Of a step: a slow server gets longer steps."""
SERVICES = 20
"""Of a step's time, at least so many unloaded requests: its ends must not count for much."""
MOST_STEPS = 24
MOST_BEYOND = 4
"""Steps beyond the knee, until more is asked than can be answered: what a full server does."""


@dataclass
class Drive:
    """A test under way, and what it left.

    Attributes:
        plan: What is asked.
        firing: What sends.
        tell: Called with the stage that begins.
        stages, begun: The stages so far, and when each began by the loop's clock.
        alone: Place of the stage with one request at a time; None = there is none.
        disturbed: Places of steps that were done once more, because the client was late.
        ended: Why it ended: "done", "stopped", "enough" (of requests), "time", "coarse"
            (time was up before all steps around the knee), "client" (the client
            was not on time, so a faster step would measure itself), or "alone" (one request at a
            time was too much already).
    """

    plan: Plan
    firing: Firing
    tell: Callable[[Stage], None] = lambda stage: None
    stages: list[Stage] = field(default_factory=list)
    begun: list[float] = field(default_factory=list)
    alone: int | None = None
    disturbed: set[int] = field(default_factory=set)
    ended: str = "done"

    async def run(self) -> None:
        """Do all of it; what is under way at the end is waited for."""
        if self.plan.kind == "ramp":
            await self._ramp()
        elif self.plan.kind == "clients":
            await self._closed(stages(self.plan)[0])
        else:
            await self._open(stages(self.plan))
        await self.firing.drain()

    async def _open(self, found: list[Stage]) -> None:
        first = len(self.stages)
        times, places = arrivals(found, self.plan.seed + first)
        self.stages += found
        self.tell(found[0])
        begin = await self.firing.open_loop(times, places + first)  # type: ignore[arg-type]
        spans = np.cumsum([0.0, *(stage.seconds for stage in found)])
        self.begun += [begin + float(at) for at in spans[:-1]]
        self._note()

    async def _closed(self, stage: Stage, most: int | None = None) -> None:
        place = len(self.stages)
        self.stages.append(stage)
        self.tell(stage)
        begun = await self.firing.closed_loop(stage.clients or 1, stage.seconds, place, most)
        self.begun.append(begun)
        self._note()

    def _note(self) -> None:
        """Where it was ended early, cut the stages to what was done."""
        if not self.firing.spent:
            return
        enough = self.firing.started >= self.plan.most_requests
        self.ended = "enough" if enough else "stopped"
        now = asyncio.get_running_loop().time()
        done = [(stage, at) for stage, at in zip(self.stages, self.begun, strict=True) if at < now]
        self.stages = [_cut(stage, now - at) for stage, at in done]
        self.begun = [at for _, at in done]

    async def _ramp(self) -> None:
        """One request at a time, then growing steps until it is full, then some around the knee."""
        alone = Stage(None, ALONE_SECONDS, 0.0, 1)
        self.alone = 0
        await self._closed(Stage(None, ALONE_SECONDS, 0.0, 1), ALONE_WARM_UP)
        self.stages.clear()
        self.begun.clear()
        self.firing.samples.forget()
        await self._closed(alone, ALONE_REQUESTS)
        times = self.firing.samples.table().seconds
        times = times[np.isfinite(times)]
        if self.firing.spent:
            return
        if not len(times) or not np.isfinite(self._unloaded_p95(self.firing.samples.table())):
            self.ended = "alone"
            return
        good, bad, mean = 0.0, math.inf, float(times.mean())
        rate = top = FIRST_USE / mean
        beyond = MOST_BEYOND
        until = self.begun[0] + self.plan.seconds
        for _ in range(MOST_STEPS):
            seconds = max(self.plan.step_seconds, FEWEST_ARRIVALS / rate, SERVICES * mean)
            if asyncio.get_running_loop().time() + seconds > until:
                self.ended = "time" if math.isinf(bad) else "coarse"
                return
            why, is_full = await self._step(rate, seconds)
            if self.firing.spent or (self.ended == "client" and math.isinf(bad)):
                return
            top = max(top, rate)
            if self.ended == "client":
                # What is beyond the knee already need not be measured; the knee itself can be.
                self.ended, beyond = "done", 0
                self.disturbed.add(len(self.stages) - 1)
            elif why is None:
                good = max(good, rate)
            else:
                bad = min(bad, rate)
                beyond = 0 if is_full else beyond - 1
            if math.isinf(bad) or beyond > 0:
                rate = top * GROWTH
            elif good == 0:
                rate = bad / GROWTH**2
            elif bad / good < GROWTH ** (1 / 2**REFINEMENTS) * 1.001:
                return
            else:
                rate = math.sqrt(good * bad)

    async def _step(
        self, rate: float, seconds: float, *, again: bool = True
    ) -> tuple[str | None, bool]:
        """One step, drained: why the server does not keep up, or None, and whether it is full.

        `again` = where the client was late, it is done once more.
        """
        await self._open([Stage(rate, seconds, warm_up(seconds), counted=True)])
        await self.firing.drain()
        place = len(self.stages) - 1
        table = self.firing.samples.table()
        if not len(table.of_stage(place, self.begun[place] + self.stages[place].warm_up).due):
            return None, False
        summary, step = self.summary(table, place), self.step(table, place)
        why = fails(step, self._unloaded_p95(table), self.plan.multiple,
                    self.plan.max_p95_seconds)  # fmt: skip
        if summary.trustworthy or "unsent" in summary.counts:
            return why, full(step)
        if again:  # somebody may have disturbed it the first time
            self.disturbed.add(place)
            return await self._step(rate, seconds, again=False)
        self.ended = "client"
        return why, full(step)

    def _unloaded_p95(self, table: Table) -> float:
        return float(np.quantile(self._unloaded(table), 0.95, method="higher"))

    def _unloaded(self, table: Table) -> Vector:
        return table.of_stage(self.alone or 0).seconds

    def summary(self, table: Table, place: int) -> Summary:
        """What a stage measured."""
        stage, begun = self.stages[place], self.begun[place]
        if place == self.alone:
            rows = table.of_stage(place)
            last = float(rows.ended.max()) if len(rows.ended) else begun
            stage = Stage(None, max(last - begun, 1e-9), 0.0, 1)
        return summarise(table, place, stage, begun)

    def summaries(self) -> list[Summary]:
        """What all stages measured that began."""
        table = self.firing.samples.table()
        return [self.summary(table, place) for place in range(len(self.begun))]

    def step(self, table: Table, place: int) -> Step:
        """A stage as the knee is found from it."""
        begun, stage = self.begun[place], self.stages[place]
        since = begun + stage.warm_up
        rows = table.of_stage(place, since)
        order = np.argsort(rows.due, kind="stable")
        outcome = rows.outcome[order]
        in_vain = np.isin(outcome, [OUTCOMES.index("timeout"), OUTCOMES.index("unsent")])
        seconds = np.where(outcome == OK, (rows.ended - rows.due)[order], np.nan)
        busy = outcome == OUTCOMES.index("busy")
        every = table.of_stage(place)
        done = (every.outcome == OK) & (every.ended >= since)
        done &= every.ended < begun + stage.seconds
        return Step(
            len(rows.due) / (stage.seconds - stage.warm_up),
            np.where(in_vain, np.inf, seconds),
            float(done.sum()) / max(1, len(rows.due)),
            busy, (outcome != OK) & ~busy,
        )  # fmt: skip

    def knee(self) -> Knee | None:
        """The knee of a ramp; None for other tests, or where too little was measured."""
        if self.plan.kind != "ramp" or self.alone is None or not self.begun:
            return None
        table = self.firing.samples.table()
        steps = [
            self.step(table, place) for place in range(len(self.begun))
            if place != self.alone and place not in self.disturbed
        ]  # fmt: skip
        return knee(steps, self._unloaded(table), self.plan.multiple, self.plan.max_p95_seconds,
                    self.plan.seed)  # fmt: skip


def _cut(stage: Stage, seconds: float) -> Stage:
    """A stage that took no longer than so."""
    if seconds >= stage.seconds:
        return stage
    return replace(stage, seconds=seconds, warm_up=min(stage.warm_up, warm_up(seconds)))


def prepare(plan: Plan, send: Send, stopping: Callable[[], bool]) -> Drive:
    """A test, ready to be run in an event loop."""
    firing = Firing(send, most_in_flight=plan.most_in_flight, most_requests=plan.most_requests,
                    stopping=stopping)  # fmt: skip
    return Drive(plan, firing)
