"""Run the service on a port until somebody stops it."""

import ipaddress
import os
import socket
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette

from core.errors import BadInput, Busy


def check_address(host: str, port: int) -> None:
    """Check that a server may and can listen there.

    Raises:
        BadInput: The port is out of range, the host is no address of this machine, or it is not
            loopback and no token is set.
        Busy: Something else listens there.
    """
    if not 1 <= port <= 65_535:
        raise BadInput(f"The port {port} is out of range; use 1 to 65535.")
    if not is_loopback(host) and not os.environ.get("ASSAY_TOKEN"):
        raise BadInput(
            f"The host {host!r} can be reached from other machines; set ASSAY_TOKEN to a secret "
            "that callers must present, or use 127.0.0.1."
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except socket.gaierror:
            raise BadInput(f"The host {host!r} is not known on this machine.") from None
        except OSError as error:
            raise Busy(
                f"Port {port} on {host} cannot be used ({error.strerror}); stop what listens "
                "there or choose another with --port."
            ) from None


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(app: Starlette, host: str, port: int, stopping: Callable[[], bool]) -> None:
    """Serve until SIGTERM; requests under way are answered first."""
    config = uvicorn.Config(app, host=host, port=port, log_level="warning", access_log=False,
                            timeout_graceful_shutdown=10)  # fmt: skip
    server = uvicorn.Server(config)
    if not stopping():
        server.run()
