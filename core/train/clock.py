"""How far a run is, by steps or by time, and the learning rate that follows from it."""

import time


class Clock:
    """How far a run is, by steps or by time, whichever is further.

    Args:
        max_seconds: Time limit, None = none.
    """

    def __init__(self, max_seconds: float | None) -> None:
        self.max_seconds = max_seconds
        self.total_steps = 1
        self._spent = 0.0
        self._started = time.monotonic()

    def start(self, total_steps: int) -> None:
        """Begin to count the time; `total_steps` are done if nothing stops it before."""
        self.total_steps = total_steps
        self._started = time.monotonic()

    def resume(self, seconds: float) -> None:
        """Count on from the seconds that earlier attempts took."""
        self._spent = seconds
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the start, those between two attempts left out."""
        return self._spent + time.monotonic() - self._started

    def share(self, step: int) -> float:
        """Share done, 0 to 1."""
        by_time = self.seconds / self.max_seconds if self.max_seconds else 0.0
        return min(1.0, max(step / self.total_steps, by_time))

    def rate(self, step: int, warmup_steps: float) -> float:
        """Learning rate as a share of its peak: linear up, then linear down to 0 at the end.

        Without a time limit this is Transformers' linear schedule. With one, the fall follows the
        clock, so that a run that is cut short has still cooled down.
        """
        warmup = warmup_steps if warmup_steps >= 1 else warmup_steps * self.total_steps
        share = self.share(step)
        if warmup_steps < 1 and self.max_seconds:
            rising = share / warmup_steps if warmup_steps else 1.0
        else:
            rising = step / warmup if warmup else 1.0
        if rising < 1:
            return rising
        warm_share = warmup / self.total_steps
        return max(0.0, (1 - share) / max(1e-9, 1 - min(warm_share, share)))
