"""Start the dashboard's server: Streamlit's ASGI app behind the guard, on one port."""

import errno
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from core.errors import BadInput, Busy
from core.workspace import Workspace

SCRIPT = Path(__file__).parent / "app.py"
"""Its folder holds .streamlit/config.toml and static/, which Streamlit finds beside the script."""
PORT = 8501
STOP_SECONDS = 3
"""From Ctrl-C until open connections are cut."""


def check_exposure(host: str, token: str | None) -> None:
    """Refuse to be open to the network without a token.

    Raises:
        BadInput: The host is not a loopback address and no token is set.
    """
    if host not in ("127.0.0.1", "localhost", "::1") and not token:
        raise BadInput(
            f"--host {host} would open the dashboard to the network: set ASSAY_TOKEN to a secret "
            "that visitors must show, or leave --host away to stay on this machine."
        )


def bind(host: str, port: int) -> socket.socket:
    """Take the port, so that nobody else can between the check and the start.

    Raises:
        Busy: Somebody has the port.
        BadInput: The host is no address of this machine, or the port may not be used.
    """
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        found.listen(128)
    except OSError as error:
        found.close()
        if error.errno == errno.EADDRINUSE:
            raise Busy(
                f"Port {port} is in use, perhaps by a dashboard that is already open at "
                f"{address(host, port)}; look there, or choose another with --port N."
            ) from None
        raise BadInput(
            f"The dashboard cannot listen on {host} port {port} ({error.strerror}); name an "
            "address of this machine with --host and a free port with --port."
        ) from None
    return found


def address(host: str, port: int) -> str:
    """The URL a browser on this machine uses."""
    shown = "localhost" if host in ("0.0.0.0", "::", "127.0.0.1", "::1") else host  # noqa: S104
    return f"http://{shown}:{port}"


def serve(
    workspace: Workspace,
    *,
    host: str = "127.0.0.1",
    port: int = PORT,
    token: str | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the dashboard until interrupted; jobs go on without it.

    Args:
        workspace: What it shows.
        host: Address to listen on; off loopback only with a token.
        port: Port; 0 = any free one.
        token: What visitors must show.
        on_ready: Called in a thread of its own with the URL once pages can be loaded.

    Raises:
        Busy: The port is taken.
        BadInput: The host or the port cannot be used.
    """
    check_exposure(host, token)
    listener = bind(host, port)
    port = listener.getsockname()[1]
    os.environ["ASSAY_HOME"] = str(workspace.root)
    os.environ["STREAMLIT_SERVER_PORT"] = str(port)
    os.environ["STREAMLIT_SERVER_ADDRESS"] = host
    # Imported here: the settings above must stand before Streamlit reads its configuration.
    import uvicorn
    from starlette.middleware import Middleware
    from streamlit import App

    from dashboard.guard import Guard

    @asynccontextmanager
    async def lifespan(_: App) -> AsyncIterator[None]:
        if on_ready:
            threading.Thread(target=on_ready, args=(address(host, port),), daemon=True).start()
        yield

    app = App(SCRIPT, lifespan=lifespan, middleware=[Middleware(Guard, host=host, token=token)])
    settings = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    with listener:
        uvicorn.Server(settings).run(sockets=[listener])
