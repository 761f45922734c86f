"""Starting and stopping the server: its socket, its first link, and the browser that opens it."""

from __future__ import annotations

import asyncio
import errno
import html
import ipaddress
import logging
import os
import socket
import tempfile
import webbrowser
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from caption_boundaries.errors import UsageError
from caption_boundaries.web.app import create_app, create_context
from caption_boundaries.web.routes.access import login_url
from caption_boundaries.web.settings import DEFAULT_PORT, WebSettings

TRIED_PORTS = 20
"""How many ports are tried from the usual one on, where that one is taken and none was asked for."""


@dataclass(frozen=True)
class Address:
    """What to listen on."""

    host: str = "127.0.0.1"
    """An address of this machine."""
    port: int | None = None
    """None: the usual one, or the next that is free. 0: any."""

    @property
    def loopback(self) -> bool:
        """True: only programs of this machine can reach it."""
        return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback

    @property
    def wildcard(self) -> bool:
        """True: every network of this machine, which is no name to open."""
        return self.host != "localhost" and ipaddress.ip_address(self.host).is_unspecified


def bind(address: Address) -> socket.socket:
    """Return a listening socket.

    Raises:
        UsageError: The port is taken, or the address is not of this machine.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    ports = [address.port] if address.port is not None else range(DEFAULT_PORT, DEFAULT_PORT + TRIED_PORTS)
    for port in ports:
        # asyncio turns Nagle's delay off only where the protocol is named; with it, every body waits 40 ms.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address.host, port))
        except OSError as error:
            listener.close()
            if error.errno != errno.EADDRINUSE:
                raise UsageError(f"Cannot listen on {address.host}: {error.strerror}.") from error
        else:
            listener.set_inheritable(False)
            return listener
    raise UsageError(f"Port {ports[0]} is taken.", hint="Choose another one with --port, or 0 for any.")


def url_name(address: Address, extra_hosts: tuple[str, ...]) -> str:
    """Return the name under which the pages are opened.

    Raises:
        UsageError: The server listens on every network and was not told its name.
    """
    if address.wildcard:
        if not extra_hosts:
            raise UsageError(
                f"{address.host} is no name to open in a browser.", hint="Say with --allow-host how it is reached."
            )
        return extra_hosts[0].partition(":")[0]
    return f"[{address.host}]" if ":" in address.host else address.host


class Server:
    """A server that listens, and its first link."""

    def __init__(self, settings: WebSettings, listener: socket.socket) -> None:
        self._listener = listener
        context = create_context(settings)
        self.link = login_url(settings.origin, context.sessions.new_key(expires=False))
        """Opens a session in the first browser that follows it."""
        # Forwarded headers could claim any origin, and an access log would keep addresses for longer than needed.
        config = uvicorn.Config(
            create_app(context),
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=2,
        )
        logging.getLogger("uvicorn.error").addFilter(_is_news)
        self._server = uvicorn.Server(config)

    def run(self) -> None:
        """Serve until a signal ends it."""
        try:
            with self._listener:
                self._server.run(sockets=[self._listener])
        except KeyboardInterrupt:
            return  # the usual way to end it


def _is_news(record: logging.LogRecord) -> bool:
    """Keep quiet of requests that are cut short because the server ends: whoever ended it knows."""
    cut_short = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not cut_short and not str(record.msg).startswith("Cancel %s running task(s)")


def open_browser(link: str) -> bool:
    """Open the link in the person's browser, without showing it to other users of the machine.

    A command line can be read by everyone; so the browser is given a file that only its owner can read.

    Returns:
        False where there is no browser to open.
    """
    descriptor, name = tempfile.mkstemp(prefix="caption-boundaries-", suffix=".html")
    page = (
        f'<!doctype html><meta http-equiv="refresh" content="0; url={html.escape(link, quote=True)}"><title>…</title>'
    )
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(page)
    opened = webbrowser.open(Path(name).as_uri())
    if not opened:
        Path(name).unlink()
    return opened
