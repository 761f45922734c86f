"""Who may use the pages: whoever has opened a link of this server, each of which works once.

A session has two secrets. The cookie lets a browser load pages and pictures; browsers send it to every server of the
same machine, so it must not suffice for more. The token lives in the pages' own storage, which other ports cannot
read, and is asked for by everything that shows or changes data.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

SECRET_BYTES = 32
LINK_SECONDS = 600.0
"""How long a link for another browser works; the first one works until it is used."""


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that has opened a link."""

    cookie: str
    token: str


class Sessions:
    """All links and sessions of one server; forgotten when it ends."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._links: dict[bytes, float] = {}
        self._cookies: dict[bytes, Session] = {}

    def new_key(self, *, expires: bool = True) -> str:
        """Return the secret of a new link."""
        key = secrets.token_urlsafe(SECRET_BYTES)
        with self._lock:
            self._links[_digest(key)] = self._clock() + LINK_SECONDS if expires else float("inf")
        return key

    def redeem(self, key: str) -> Session | None:
        """Return a new session for the secret of a link, which then works no more; None where it is not one."""
        with self._lock:
            expiry = self._links.pop(_digest(key), None)
            if expiry is None or expiry < self._clock():
                return None
            session = Session(secrets.token_urlsafe(SECRET_BYTES), secrets.token_urlsafe(SECRET_BYTES))
            self._cookies[_digest(session.cookie)] = session
            return session

    def find(self, cookie: str) -> Session | None:
        """Return the session to which a cookie belongs."""
        return self._cookies.get(_digest(cookie))

    def owns(self, session: Session, token: str) -> bool:
        """Tell whether ``token`` is the session's own."""
        return secrets.compare_digest(session.token.encode(), token.encode("utf-8", "surrogateescape"))


def _digest(secret: str) -> bytes:
    """Return what secrets are looked up by: the time that a look-up takes tells nothing about them."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
