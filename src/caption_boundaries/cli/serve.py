"""`serve`: the pages in the browser, with the list of videos and the two annotation tools."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from caption_boundaries.cli.options import DEFAULT_DATA
from caption_boundaries.cli.output import Output
from caption_boundaries.errors import UsageError


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(serve)


def serve(
    data: Annotated[
        Path, typer.Argument(envvar="CAPTION_BOUNDARIES_DATA", help="Data root: the folder of the video folders.")
    ] = DEFAULT_DATA,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="Port; 0 is any free one. [default: 8765, or the next]", show_default=False
        ),
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the pages in a browser.")] = True,
    host: Annotated[str, typer.Option(help="Address to listen on. Others than 127.0.0.1 can be reached by others.")] = (
        "127.0.0.1"
    ),
    allow_host: Annotated[
        list[str], typer.Option(metavar="NAME[:PORT]", help="A further name under which the pages are opened.")
    ] = [],  # noqa: B006 - typer wants a list and does not change it
    name: Annotated[
        str | None, typer.Option(help="Who works on the pages, for the history. [default: your user name]")
    ] = None,
    testing: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Open the list of videos and the annotation tools in the browser.

    Example: `caption-boundaries serve films`
    """
    from caption_boundaries.web.server import Address, Server, bind, open_browser, url_name
    from caption_boundaries.web.settings import WebSettings

    if data.exists() and not data.is_dir():
        raise UsageError(f"{data} is a file.", hint="Give the folder that holds the video folders.")
    data.mkdir(parents=True, exist_ok=True)
    out = Output(json=False, quiet=False, verbose=False)
    address = Address(host, port)
    shown = url_name(address, tuple(allow_host))
    listener = bind(address)
    settings = WebSettings(
        data=data,
        port=listener.getsockname()[1],
        host=shown,
        extra_hosts=tuple(allow_host),
        actor=name or _user_name(),
        testing=testing,
    )
    server = Server(settings, listener)
    if not address.loopback:
        out.warn(f"{host} can be reached by other machines; the link below is all that keeps them out.")
    out.say(f"Serving {data} – open this link, it works once:")
    out.say(server.link, style="bold")
    out.say("Ctrl-C ends the server.")
    if browser and not open_browser(server.link):
        out.warn("There is no browser to open here.")
    server.run()


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in containers
        return "me"
