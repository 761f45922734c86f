"""What a server is started with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
DEFAULT_PORT = 8765
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class WebSettings:
    """One server: its data and how it may be reached."""

    data: Path
    """The data root; nothing outside of it is ever read or written."""
    port: int = DEFAULT_PORT
    """The port that the server listens on, and that every request must name."""
    host: str = "127.0.0.1"
    """The name under which the pages are opened, as it stands in their address."""
    extra_hosts: tuple[str, ...] = ()
    """Further names, each with its port where a proxy listens on another one than ours."""
    actor: str = "me"
    """Who acts until a person gives their name on the page."""
    testing: bool = False
    """True: the pages offer hooks for browser tests."""
    body_limit: int = 8 * MEGABYTE
    """Bytes that a request may have, a video file aside."""
    upload_limit: int = 64 * 1024 * MEGABYTE
    """Bytes that a video file may have."""

    @property
    def origin(self) -> str:
        """Scheme, name and port of the pages."""
        return f"http://{self.host}:{self.port}"

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Every value of the Host header that is answered."""
        names = {self.host, *LOOPBACK_NAMES, *self.extra_hosts}
        hosts = {f"{name}:{self.port}" for name in names} | set(self.extra_hosts)
        return frozenset(hosts | names if self.port == 80 else hosts)

    def is_loopback_alias(self, host: str) -> bool:
        """Tell whether a Host header names this machine otherwise than the pages' address does."""
        return host != f"{self.host}:{self.port}" and host in {f"{name}:{self.port}" for name in LOOPBACK_NAMES}

    @property
    def cookie_name(self) -> str:
        """Name of the session cookie: browsers send a cookie to every port, so the port is in the name."""
        return f"caption_boundaries_{self.port}"


@dataclass(frozen=True)
class Limits:
    """How long things may be."""

    actor: int = 60
    session: int = 60
    uuid: int = 60
    note: int = 4000
    text: int = 2000
    ids: int = field(default=200_000)
