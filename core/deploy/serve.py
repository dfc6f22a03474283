"""Run the service on a port until somebody stops it."""

import asyncio
import contextlib
import ipaddress
import os
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from core.deploy.slow import send_away
from core.errors import BadInput, Busy

DRAIN_SECONDS = 15
"""From SIGTERM until connections are cut; a job that is asked to stop is killed after 20."""
BACKLOG = 2_048
IDLE_SECONDS = 30
"""A connection may wait so long for its next request."""
LOOK_SECONDS = 0.5


def check_address(host: str, port: int, *, guarded: bool = False) -> None:
    """Check that a server may and can listen there.

    Args:
        host: An address of this machine.
        port: 1 to 65535.
        guarded: Whether callers must show a key.

    Raises:
        BadInput: The port is out of range, the host is no address of this machine, or it is not
            loopback and callers need no key.
        Busy: Something else listens there.
    """
    listen(host, port, guarded=guarded).close()


def listen(host: str, port: int, *, guarded: bool = False) -> socket.socket:
    """Take the port, so that nobody else can between the check and the start; see check_address."""
    if not 1 <= port <= 65_535:
        raise BadInput(f"The port {port} is out of range; use 1 to 65535.")
    if not is_loopback(host) and not guarded and not os.environ.get("ASSAY_TOKEN"):
        raise BadInput(
            f"The host {host!r} can be reached from other machines; make a key that callers must "
            "present (`assay keys add NAME`) or set ASSAY_TOKEN to one, or use 127.0.0.1."
        )
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except socket.gaierror:
        found.close()
        raise BadInput(f"The host {host!r} is not known on this machine.") from None
    except OSError as error:
        found.close()
        raise Busy(
            f"Port {port} on {host} cannot be used ({error.strerror}); stop what listens "
            "there or choose another with --port."
        ) from None
    return found


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def serve(
    app: ASGIApp, listener: socket.socket, stopping: Callable[[], bool], head_seconds: float
) -> None:
    """Serve until SIGTERM, or until it shall stop; requests under way are answered first.

    Args:
        app: What answers.
        listener: Bound to the port.
        stopping: Whether it shall stop.
        head_seconds: A request's head must be there by then.
    """
    # Its own configuration of logging closes every handler of the process, and their streams.
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", access_log=False, server_header=False,
        lifespan="off", ws="none", http="httptools", backlog=BACKLOG,
        timeout_graceful_shutdown=DRAIN_SECONDS, timeout_keep_alive=IDLE_SECONDS,
    )  # fmt: skip
    server = uvicorn.Server(config)

    async def watch() -> None:
        while not stopping():
            await asyncio.sleep(LOOK_SECONDS)
        server.should_exit = True

    sweeping = asyncio.create_task(send_away(server, head_seconds))
    watching = asyncio.create_task(watch())
    try:
        await server.serve(sockets=[listener])
    finally:
        for task in (sweeping, watching):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
