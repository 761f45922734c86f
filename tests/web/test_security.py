"""Every address refuses whoever has no session, whoever calls the server by another name, and every other site."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from caption_boundaries.web.app import create_app, create_context, create_routes
from caption_boundaries.web.context import WebContext
from caption_boundaries.web.security import OPEN_PATHS, RESPONSE_HEADERS
from caption_boundaries.web.sessions import LINK_SECONDS, Sessions
from caption_boundaries.web.settings import WebSettings
from support.web_data import make_video
from support.web_server import Server

BASE = "http://127.0.0.1:8765"


def walk(routes: Iterable[Any]) -> Iterator[Any]:
    """Yield the routes, those of included routers too."""
    for route in routes:
        included = getattr(route, "original_router", None)
        yield from walk(included.routes) if included is not None else [route]


def all_addresses() -> list[tuple[str, str]]:
    """Return every method and path that the application answers, with made-up values for its parameters."""
    app = create_routes(create_context(WebSettings(data=Path("/nonexistent"))))
    found = []
    for route in walk(app.routes):
        assert isinstance(route, APIRoute), f"{route} is not an address that is looked through here"
        path = re.sub(r"{[^}]*}", "1", route.path)
        found += [(method, path) for method in sorted(route.methods)]
    return found


ADDRESSES = all_addresses()
CLOSED = [address for address in ADDRESSES if address[1] not in OPEN_PATHS]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> WebContext:
    """A context for all tests here: they change nothing but sessions."""
    root = tmp_path_factory.mktemp("security") / "data"
    make_video(root, frames=2)
    return create_context(WebSettings(data=root, testing=True))


@pytest.fixture
def server(shared: WebContext) -> Server:
    app = create_app(shared)
    made = Server(app, shared, TestClient(app, base_url="http://127.0.0.1:8765"))
    made.log_in()
    return made


def ask(server: Server, address: tuple[str, str], **headers: str) -> Any:
    method, path = address
    if method not in ("GET", "HEAD"):
        kind = "application/octet-stream" if path.endswith("uploads") else "application/json"
        headers.setdefault("content-type", kind)
    return server.client.request(method, path, headers=headers, follow_redirects=False)


def test_the_addresses_are_found():
    assert len(CLOSED) > 10
    assert ("POST", "/api/v1/links") in CLOSED


@pytest.mark.parametrize("address", CLOSED, ids=" ".join)
def test_nothing_is_answered_without_a_session(server: Server, address: tuple[str, str]):
    server.client.cookies.clear()
    assert ask(server, address).status_code == 401


@pytest.mark.parametrize("address", [a for a in CLOSED if a[1].startswith("/api/")], ids=" ".join)
@pytest.mark.parametrize("token", ["", "wrong"])
def test_data_needs_the_token_beside_the_cookie(server: Server, address: tuple[str, str], token: str):
    server.client.headers.pop("x-token")
    assert ask(server, address, **({"x-token": token} if token else {})).status_code == 401


@pytest.mark.parametrize("address", ADDRESSES, ids=" ".join)
@pytest.mark.parametrize(
    "host",
    ["evil.test", "127.0.0.1", "127.0.0.1:9999", "localhost.evil.test:8765", "127.0.0.1:8765@evil", "", "[::2]:8765"],
)
def test_other_names_are_refused(server: Server, address: tuple[str, str], host: str):
    assert ask(server, address, host=host).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "LOCALHOST:8765", "[::1]:8765"])
def test_own_names_are_answered(server: Server, host: str):
    assert ask(server, ("GET", "/health"), host=host).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES, ids=" ".join)
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},  # another port of this machine
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "https://evil.test"},
        {"origin": "null"},
    ],
    ids=lambda headers: " ".join(headers.values()),
)
def test_other_sites_are_refused(server: Server, address: tuple[str, str], headers: dict[str, str]):
    assert ask(server, address, **headers).status_code == 403


@pytest.mark.parametrize(
    ("address", "mode", "status"),
    [(("GET", "/"), "navigate", 200), (("GET", "/"), "no-cors", 403), (("GET", "/api/v1/videos"), "navigate", 403)],
)
def test_a_link_on_another_site_may_open_a_page_only(server: Server, address: tuple[str, str], mode: str, status: int):
    answer = ask(server, address, **{"sec-fetch-site": "cross-site", "sec-fetch-mode": mode})
    assert answer.status_code == status


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
@pytest.mark.parametrize("address", [a for a in ADDRESSES if a[0] == "POST"], ids=" ".join)
def test_forms_of_other_sites_cannot_be_sent(server: Server, address: tuple[str, str], kind: str):
    assert ask(server, address, **{"content-type": kind}).status_code == 415


@pytest.mark.parametrize("address", ADDRESSES, ids=" ".join)
def test_every_answer_carries_the_protective_headers(server: Server, address: tuple[str, str]):
    answer = ask(server, address)
    assert {name: answer.headers.get(name) for name in RESPONSE_HEADERS} == RESPONSE_HEADERS
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/static/core/%00boot.js",
        "/static/c:/windows/win.ini",
        "/static/vendor/README.md",
        "/videos/../layout",
        "/videos/%2e%2e%2f%2e%2e/layout",
        "/media/videos/%2e%2e/full/0.jpg?v=1",
        "/api/v1/videos/%2fetc",
        "/api/v1/videos/..",
    ],
)
def test_no_path_leads_out(server: Server, path: str):
    assert server.client.get(path, follow_redirects=False).status_code in (404, 405)


def test_a_folder_outside_the_data_root_is_not_listed(server: Server, tmp_path: Path):
    data = server.context.registry.root
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "video.db").write_bytes(b"")
    (data / "linked").symlink_to(outside)
    assert len(server.get("/api/v1/videos")["videos"]) == 1


def test_a_link_works_once(server: Server):
    key = server.post("/api/v1/links", {})["url"].partition("#key=")[2]
    assert server.client.post("/session", json={"key": key}).status_code == 200
    assert server.client.post("/session", json={"key": key}).status_code == 401


def test_a_second_link_expires_and_the_first_does_not():
    now = 0.0
    sessions = Sessions(lambda: now)
    first, second = sessions.new_key(expires=False), sessions.new_key()
    now = LINK_SECONDS + 1
    assert sessions.redeem(second) is None
    assert sessions.redeem(first) is not None


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(server: Server):
    answer = server.client.post("/session", json={"key": server.context.sessions.new_key()})
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("caption_boundaries_8765=")
    assert {"httponly", "samesite=strict", "path=/"} <= set(cookie.split("; "))


@pytest.mark.parametrize("cookies", ["a=b; {}; c=d", "b@d=\x22; {}", "{}"])
def test_cookies_of_other_servers_do_not_get_in_the_way(server: Server, cookies: str):
    name, value = next(iter(server.client.cookies.items()))
    server.client.cookies.clear()
    assert ask(server, ("GET", "/"), cookie=cookies.format(f"{name}={value}")).status_code == 200


@pytest.mark.parametrize(
    ("host", "location"),
    [
        ("127.0.0.1:8765", "/login?next=/videos/x/layout"),
        ("localhost:8765", "http://127.0.0.1:8765/videos/x/layout"),  # the cookie belongs to the other name
    ],
)
def test_a_browser_without_a_session_is_shown_the_way_in(server: Server, host: str, location: str):
    server.client.cookies.clear()
    answer = ask(server, ("GET", "/videos/x/layout"), host=host, **{"sec-fetch-dest": "document"})
    assert (answer.status_code, answer.headers["location"]) == (303, location)


def test_large_bodies_are_refused(server: Server):
    body = b"[" + b" " * server.context.settings.body_limit + b"]"
    headers = {"content-type": "application/json"}
    assert server.client.post("/session", content=body, headers=headers).status_code == 413
    chunks = (body[i : i + 100_000] for i in range(0, len(body), 100_000))
    assert server.client.post("/session", content=chunks, headers=headers).status_code == 413
    bad = {**headers, "content-length": "x"}
    assert server.client.post("/session", headers=bad).status_code == 400


def test_web_sockets_are_closed(server: Server):
    with pytest.raises(WebSocketDisconnect) as error, server.client.websocket_connect("/"):
        pass
    assert error.value.code == 1008


def test_a_name_given_at_the_start_is_answered(data: Path):
    context = create_context(WebSettings(data=data, extra_hosts=("films.example",)))
    with TestClient(create_app(context), base_url="http://films.example") as client:
        assert client.get("/health").status_code == 200
        assert (
            client.get("/", headers={"sec-fetch-dest": "document"}, follow_redirects=False)
            .headers["location"]
            .startswith("/login")
        )
