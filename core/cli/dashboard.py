"""`assay dashboard`: serve the pages until interrupted."""

import os
import sys
import webbrowser
from urllib.parse import urlencode

import click

from core.cli.common import say, workspace_option
from core.workspace import Workspace


def has_display() -> bool:
    """Whether a browser window could appear on this machine."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def token() -> str | None:
    """What visitors must show ($ASSAY_TOKEN); None = nothing."""
    return os.environ.get("ASSAY_TOKEN") or None


def open_browser(url: str, wanted: bool) -> None:
    """Open a page, with the token where one is set, if there is a screen to open it on."""
    if wanted and has_display():
        secret = token()
        webbrowser.open(f"{url}?{urlencode({'token': secret})}" if secret else url)


@click.command()
@click.option("--port", default=8501, show_default=True, help="Port; 0 = any free one.")
@click.option("--host", default="127.0.0.1", show_default=True,
              help="Address; off this machine only with ASSAY_TOKEN set.")  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@workspace_option
def dashboard(port: int, host: str, no_browser: bool, workspace: Workspace) -> None:
    """Open the dashboard; Ctrl-C ends it, jobs go on."""
    from dashboard import server

    def ready(url: str) -> None:
        suffix = "/?token=… (the value of ASSAY_TOKEN)" if token() else ""
        click.echo(f"Assay is at {url}{suffix}")
        say(f"Workspace: {workspace.root}. Ctrl-C ends the dashboard; jobs go on.")
        open_browser(f"{url}/", not no_browser)

    server.serve(workspace, host=host, port=port, token=token(), on_ready=ready)
