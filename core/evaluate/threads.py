"""Many questions at once, answers as they come."""

import queue
import threading
from collections.abc import Callable, Generator
from itertools import islice
from typing import TypeVar

Result = TypeVar("Result")

IDLE_SECONDS = 1.0


def each(
    count: int, work: Callable[[int], Result], threads: int, idle: Callable[[], None]
) -> Generator[list[tuple[int, Result]]]:
    """Do `work(0)` to `work(count - 1)`, so many at once, and yield results in the order of coming.

    What `work` raises is raised here, after the results that came before it. A next piece is begun
    when a result is taken: whoever stops taking them loses what is under way, and no more.

    Args:
        count: Pieces of work.
        work: One piece, by its number.
        threads: At most so many at once.
        idle: Called about every IDLE_SECONDS without a result; what it raises ends the work.
    """
    todo: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    came: queue.SimpleQueue[tuple[int, Result | None, BaseException | None]] = queue.SimpleQueue()
    numbers = iter(range(count))

    def run() -> None:
        while (number := todo.get()) is not None:
            try:
                came.put((number, work(number), None))
            except BaseException as error:  # handed over to whoever takes the results
                came.put((number, None, error))

    for number in islice(numbers, threads):
        todo.put(number)
        # Daemons: a question under way must not keep a process alive that was told to end.
        threading.Thread(target=run, daemon=True).start()
    try:
        left = count
        while left:
            try:
                batch = [came.get(timeout=IDLE_SECONDS)]
            except queue.Empty:
                idle()
                continue
            while not came.empty():
                batch.append(came.get())
            left -= len(batch)
            good = [(number, result) for number, result, error in batch if error is None]
            if good:
                yield good  # type: ignore[misc]
            for _, _, error in batch:
                if error is not None:
                    raise error
            for number in islice(numbers, len(batch)):
                todo.put(number)
    finally:
        for _ in range(threads):
            todo.put(None)
