"""What is asked of a service: how many requests, how fast, with how many replicas at least."""

from dataclasses import dataclass

from core.cost.energy import SITE, Site
from core.cost.frontier import NO_TARGET, Target
from core.cost.traffic import FLAT, Traffic

SCALE_UP_MINUTES = 10.0
"""Until a new replica answers: a machine boots and loads the weights. An assumption."""


@dataclass(frozen=True)
class Load:
    """What is asked, beside the model and where it runs.

    One of `requests_per_second` (the same all day), `requests_per_day` (by `traffic`) and
    `concurrency` (in flight at any time, each followed by the next) is given.
    """

    requests_per_second: float | None = None
    concurrency: float | None = None
    requests_per_day: float | None = None
    traffic: Traffic = FLAT
    target: Target = NO_TARGET
    min_replicas: int = 1
    scale_up_minutes: float = SCALE_UP_MINUTES
    site: Site = SITE
