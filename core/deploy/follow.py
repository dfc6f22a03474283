"""Serve what somebody else decides: ask again and again which model it is, and change to it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from core.errors import AssayError

LOOK_SECONDS = 1.0
AGAIN_SECONDS = 60.0
"""A model that could not be loaded is tried again after so long, or when another one is wanted."""


async def follow(
    wanted: Callable[[], str | None],
    change: Callable[[str], Awaitable[Any]],
    current: str,
    *,
    say: Callable[..., None] = lambda *_, **__: None,
    look_seconds: float = LOOK_SECONDS,
) -> None:
    """Change the model whenever another one is wanted; returns never.

    Args:
        wanted: The name of the model that shall answer, or None where nobody has decided; asked in
            a thread, as it may read a file.
        change: Loads a model and lets it answer; raises AssayError, and the old one goes on.
        current: The model that answers now.
        say: Keeps a line of the log.
        look_seconds: Between two looks.
    """
    loop = asyncio.get_running_loop()
    failed: tuple[str, float] | None = None
    while True:
        await asyncio.sleep(look_seconds)
        try:
            name = await asyncio.to_thread(wanted)
        except AssayError as error:
            say("follow_failed", error=str(error))
            continue
        if name is None or name == current:
            continue
        if failed is not None and failed[0] == name and loop.time() - failed[1] < AGAIN_SECONDS:
            continue
        try:
            await change(name)
        except AssayError as error:
            failed = (name, loop.time())
            say("swap_failed", model=name, error=str(error))
            continue
        current, failed = name, None
