"""The parts of the server one by one: ids, files, uploads, presence, keys, addresses to listen on."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import stat
import uuid
import warnings
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from caption_boundaries.cli import serve as serve_command
from caption_boundaries.cli.main import app as program
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import all_databases
from caption_boundaries.errors import TargetError, UsageError
from caption_boundaries.media.jpeg import decode_jpeg
from caption_boundaries.types import Box
from caption_boundaries.web import server as server_module
from caption_boundaries.web.app import create_app, create_context
from caption_boundaries.web.assets import load_assets
from caption_boundaries.web.keymap import keymap, keymap_markdown, raw_keymap, spoken
from caption_boundaries.web.pictures import parse_region, resized
from caption_boundaries.web.presence import EXPIRY_SECONDS, Presence
from caption_boundaries.web.registry import Registry
from caption_boundaries.web.server import Address, bind, open_browser, url_name
from caption_boundaries.web.settings import WebSettings
from support.databases import MANY_LABELS, kill_writer
from support.old_folders import old_folder
from support.web_data import make_video, picture_of, read_index
from support.web_server import Server


class TestRegistry:
    def test_an_id_is_the_folders_name_in_its_usual_place_else_a_hash(self, tmp_path: Path):
        usual = make_video(tmp_path, frames=1)
        odd = make_video(tmp_path / "deeper", frames=1)
        registry = Registry(tmp_path)
        assert registry.id_of(usual) == usual.name
        assert registry.id_of(odd).startswith("v")
        assert registry.all() == {usual.name: usual, registry.id_of(odd): odd}
        assert registry.folder(registry.id_of(odd)) == odd

    @pytest.mark.parametrize(
        "video_id", ["", ".", "..", "../x", "a/b", "nothing", "9e9f4cca-9b4a-4cea-81e4-f1a3ecb12980"]
    )
    def test_what_is_no_id_is_not_found(self, tmp_path: Path, video_id: str):
        make_video(tmp_path, frames=1)
        with pytest.raises(TargetError):
            Registry(tmp_path).folder(video_id)

    def test_a_video_that_came_later_is_found_and_one_that_went_is_not(self, tmp_path: Path):
        registry = Registry(tmp_path)
        folder = make_video(tmp_path, frames=1)
        assert registry.folder(folder.name) == folder
        for path in all_databases(folder).values():
            path.unlink()
        with pytest.raises(TargetError):
            registry.folder(folder.name)

    def test_what_a_killed_server_began_is_undone_before_anybody_reads(self, tmp_path: Path):
        folder = make_video(tmp_path, frames=1)
        kill_writer(folder / "layout.db", MANY_LABELS)
        assert Registry(tmp_path).folder(folder.name) == folder
        with VideoDatabase(folder, readonly=True, requires={"layout"}) as connection:
            assert LayoutReader(connection).box_labels() == []


class TestAssets:
    def test_every_module_that_a_page_imports_is_there(self):
        assets = load_assets()
        for screen in ("list", "layout", "captions"):
            modules = assets.modules_of(f"{screen}/page.js")
            assert modules[0] == f"{screen}/page.js"
            assert {"vendor/lit.js", "core/api.js", "core/queue.js"} - set(modules) <= {"core/queue.js"}
            assert all(assets.get(path) is not None for path in modules)

    def test_browsers_ask_and_get_a_short_answer(self, server: Server):
        first = server.client.get("/static/core/api.js")
        assert first.headers["cache-control"] == "no-cache"
        again = server.client.get("/static/core/api.js", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    def test_pages_hold_no_script_and_no_style_of_their_own(self, server: Server, video_id: str):
        for path in ("/", f"/videos/{video_id}/layout", "/login"):
            text = server.client.get(path).text
            assert "style=" not in text
            assert "<style" not in text
            assert "onclick" not in text
            for script in text.split("<script")[1:]:
                assert 'type="application/json"' in script or "src=" in script.partition(">")[0]

    def test_vendored_files_are_those_that_were_written_down(self):
        import hashlib
        from importlib import resources

        vendor = resources.files("caption_boundaries.web") / "static" / "vendor"
        digest = hashlib.sha256((vendor / "lit.js").read_bytes()).hexdigest()
        assert digest in (vendor / "README.md").read_text("utf-8")


class TestPages:
    def test_names_do_not_break_out_of_the_page(self, tmp_path: Path):
        name = '</script><script>alert(1)</script>"\u2028.mp4'
        folder = make_video(tmp_path, frames=1, name=name)
        context = create_context(WebSettings(data=tmp_path))
        app = create_app(context)
        server = Server(app, context, TestClient(app, base_url="http://127.0.0.1:8765"))
        server.log_in()
        text = server.client.get(f"/videos/{folder.name}/layout").text
        assert "<script>alert" not in text
        boot = json.loads(text.partition('id="boot">')[2].partition("</script>")[0])
        assert boot["name"] == name

    @pytest.mark.parametrize("path", ["/videos/x/layout", "/static/none.js", "/nothing"])
    def test_what_is_not_there_is_not_found(self, server: Server, path: str):
        assert server.client.get(path).status_code == 404

    def test_a_person_who_opens_what_is_not_there_gets_a_page(self, server: Server):
        answer = server.client.get("/videos/nothing/layout", headers={"sec-fetch-dest": "document"})
        assert answer.status_code == 404
        assert "There is no such video." in answer.text
        assert '<a href="/">All videos</a>' in answer.text

    def test_there_are_two_tools(self, server: Server, video_id: str):
        assert server.client.get(f"/videos/{video_id}/layout").status_code == 200
        assert server.client.get(f"/videos/{video_id}/other").status_code == 404


class TestPictures:
    def test_a_whole_frame_is_what_is_stored(self, server: Server, video_id: str):
        version = server.get(f"/api/v1/videos/{video_id}/layout/state")["pictures"]
        answer = server.client.get(f"/media/videos/{video_id}/full/300.jpg?v={version}")
        assert read_index(decode_jpeg(answer.content)) == 300
        assert "immutable" in answer.headers["cache-control"]
        other = server.client.get(f"/media/videos/{video_id}/full/300.jpg?v=older")
        assert other.headers["cache-control"] == "no-store"

    def test_frames_that_are_not_there_are_not_found(self, server: Server, video_id: str):
        for path in ("full/1.jpg", "full/-1.jpg", "crop/0.jpg", "full/99999999999999999999.jpg"):
            assert server.client.get(f"/media/videos/{video_id}/{path}?v=x").status_code in (404, 422), path

    @pytest.mark.parametrize(
        ("query", "size"),
        [
            ("width=160", (160, 90)),
            ("width=2000", (640, 360)),
            ("region=0,0,0.5,0.5", (320, 180)),
            ("region=0.5,0.5,1,1&width=100", (100, 56)),
        ],
    )
    def test_pictures_are_cut_and_made_smaller(self, server: Server, video_id: str, query: str, size: tuple[int, int]):
        data = server.client.get(f"/media/videos/{video_id}/full/0.jpg?v=x&{query}").content
        height, width, _ = decode_jpeg(data).shape
        assert (width, height) == size

    @pytest.mark.parametrize("width", [0, 15, 2001])
    def test_odd_widths_are_refused(self, width: int):
        with pytest.raises(UsageError):
            resized(picture_of(0, [], 64, 36), width, None)

    @pytest.mark.parametrize("text", ["", "a", "0,0,1", "0,0,0,1", "0.5,0,0.4,1", "-1,0,1,1", "0,0,1,2", "nan,0,1,1"])
    def test_odd_regions_are_refused(self, text: str):
        with pytest.raises(UsageError):
            parse_region(text)
        assert parse_region(None) is None
        assert parse_region("0,0,1,1") == Box(0, 0, 1, 1)


def test_presence_forgets_who_has_gone():
    now = 0.0
    presence = Presence(lambda: now)
    assert presence.report("p", "a", "ana") == []
    assert [visitor.actor for visitor in presence.report("p", "b", "ben")] == ["ana"]
    assert presence.report("elsewhere", "c", "cem") == []
    now = EXPIRY_SECONDS + 1
    assert presence.report("p", "c", "cem") == []


class TestKeymap:
    def test_every_entry_is_whole(self):
        for screen, entries in raw_keymap().items():
            for entry in entries:
                assert (
                    {"command", "keys", "label", "group"}
                    <= entry.keys()
                    <= {"command", "keys", "label", "group", "inText"}
                )
                assert entry["keys"], f"{screen}: {entry['command']}"

    def test_commands_are_named_once(self):
        for screen in ("list", "layout", "captions"):
            names = [key.command for key in keymap(screen)]
            assert len(names) == len(set(names))

    @pytest.mark.parametrize(
        ("combination", "words"),
        [("Ctrl+ArrowLeft", "Ctrl+←"), ("code:KeyA", "A"), ("+", "+"), ("Space", "Space"), ("i", "I"), ("?", "?")],
    )
    def test_keys_are_written_for_people(self, combination: str, words: str):
        assert spoken(combination) == words

    def test_the_documentation_has_the_table(self):
        text = keymap_markdown("layout")
        assert "| `I` | Mark as caption (in) |" in text
        assert len(text.splitlines()) == len(keymap("layout")) + 2

    @pytest.mark.parametrize("screen", ["layout", "captions"])
    def test_the_page_about_annotating_shows_the_table_as_it_is(self, screen: str):
        page = Path(__file__).resolve().parents[2] / "docs" / "annotating.md"
        assert keymap_markdown(screen) in page.read_text("utf-8"), "run scripts/update-key-docs.py"


class TestOldFolders:
    @pytest.fixture
    def old(self, tmp_path: Path) -> tuple[Server, str]:
        root = tmp_path / "data"
        folder = old_folder(root / "3f")
        context = create_context(WebSettings(data=root))
        app = create_app(context)
        server = Server(app, context, TestClient(app, base_url="http://127.0.0.1:8765"))
        server.log_in()
        return server, context.registry.id_of(folder)

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_the_old_form_is_shown_and_never_changed(self, old: tuple[Server, str]):
        server, video_id = old
        folder = server.context.registry.folder(video_id)
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        summary = server.get(f"/api/v1/videos/{video_id}")
        assert "caption-boundaries migrate" in summary["read_only"]
        state = server.get(f"/api/v1/videos/{video_id}/layout/state")
        assert state["read_only"]
        assert state["crop"]["regions"]
        server.get(f"/api/v1/videos/{video_id}/layout/assessment")
        server.get(f"/api/v1/videos/{video_id}/layout/history")
        thumbnail = server.client.get(summary["thumbnail"])
        assert thumbnail.headers["content-type"] == "image/jpeg"
        body = {"uuid": str(uuid.uuid4()), "actor": "ana", "session": str(uuid.uuid4()), "put_in": [0]}
        assert "migrate" in server.post(f"/api/v1/videos/{video_id}/layout/labels", body, 409)["error"]["hint"]
        server.post(f"/api/v1/videos/{video_id}/run", {"steps": []}, 409)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before

    def test_a_damaged_folder_is_told_in_the_list(self, server: Server, data: Path):
        folder = make_video(data, frames=2, name="broken.mp4")
        (folder / "layout.db").write_bytes(b"x" * 5000)
        summary = server.get(f"/api/v1/videos/{server.context.registry.id_of(folder)}")
        assert "not a SQLite database" in summary["problem"]["message"]


class TestSummaries:
    def test_a_summary_is_worked_out_again_only_when_a_file_has_changed(self, server: Server, video_id: str):
        folder = server.context.registry.folder(video_id)
        first = server.context.summaries.of(video_id, folder, None)
        assert server.context.summaries.of(video_id, folder, None).steps is first.steps
        os.utime(folder / "layout.db", ns=(1, 1))
        assert server.context.summaries.of(video_id, folder, None).steps is not first.steps


class TestServer:
    def test_the_next_free_port_is_taken_unless_one_was_asked_for(self, monkeypatch: pytest.MonkeyPatch):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            with pytest.raises(UsageError, match="is taken"):
                bind(Address(port=port))
            monkeypatch.setattr(server_module, "DEFAULT_PORT", port)
            with bind(Address()) as listener:
                assert listener.getsockname()[1] > port

    def test_answers_leave_at_once(self):
        """A short answer would wait 40 ms for the receipt of its own headers, and every picture too."""

        async def connection_sends_at_once() -> bool:
            answered = asyncio.get_running_loop().create_future()

            def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                own = writer.get_extra_info("socket")
                answered.set_result(bool(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
                writer.close()

            with bind(Address(port=0)) as listener:
                async with await asyncio.start_server(connected, sock=listener):
                    _, writer = await asyncio.open_connection(*listener.getsockname())
                    found = await answered
                    writer.close()
                    await writer.wait_closed()
                    return found

        assert asyncio.run(connection_sends_at_once())

    @pytest.mark.parametrize(
        ("words", "error", "told"),
        [
            ("Exception in ASGI application\n", asyncio.CancelledError(), False),
            ("Cancel %s running task(s), timeout graceful shutdown exceeded", None, False),
            ("Exception in ASGI application\n", ValueError(), True),
            ("a word of warning", None, True),
        ],
        ids=["cut-short", "cutting-short", "error", "warning"],
    )
    def test_ending_the_server_is_no_error(
        self,
        data: Path,
        caplog: pytest.LogCaptureFixture,
        words: str,
        error: BaseException | None,
        told: bool,
    ):
        with bind(Address(port=0)) as listener:
            server_module.Server(WebSettings(data=data, port=listener.getsockname()[1]), listener)
        log = logging.getLogger("uvicorn.error")
        log.addHandler(caplog.handler)
        log.error(words, *([1] if "%s" in words else []), exc_info=error)
        log.removeHandler(caplog.handler)
        assert bool(caplog.records) == told

    def test_addresses_of_other_machines_are_refused(self):
        with pytest.raises(UsageError, match="Cannot listen"):
            bind(Address("203.0.113.1", 0))

    @pytest.mark.parametrize(
        ("host", "extra", "name"),
        [
            ("127.0.0.1", (), "127.0.0.1"),
            ("::1", (), "[::1]"),
            ("localhost", (), "localhost"),
            ("0.0.0.0", ("films.example:80",), "films.example"),
        ],
    )
    def test_the_name_to_open(self, host: str, extra: tuple[str, ...], name: str):
        assert url_name(Address(host), extra) == name

    def test_every_network_needs_a_name(self):
        with pytest.raises(UsageError, match="--allow-host"):
            url_name(Address("0.0.0.0"), ())
        assert not Address("0.0.0.0").loopback
        assert Address("::1").loopback

    def test_the_link_is_shown_to_nobody_else(self, monkeypatch: pytest.MonkeyPatch):
        opened: list[str] = []
        monkeypatch.setattr("webbrowser.open", lambda url: not opened.append(url))
        assert open_browser("http://127.0.0.1:1/login#key=a&b")
        path = Path(opened[0].removeprefix("file://"))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "key=a&amp;b" in path.read_text()
        path.unlink()
        monkeypatch.setattr("webbrowser.open", lambda url: bool(opened.append(url)))
        assert not open_browser("http://127.0.0.1:1/")
        assert not Path(opened[1].removeprefix("file://")).exists()


class TestCommand:
    @pytest.fixture
    def served(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """Run the command without serving."""
        started: list[Any] = []
        monkeypatch.setattr(server_module.Server, "run", lambda self: (started.append(self), self._listener.close()))
        monkeypatch.setattr(server_module, "open_browser", lambda link: False)
        return started

    def test_it_prints_a_link_that_works(self, served: list[Any], tmp_path: Path):
        result = CliRunner().invoke(
            program, ["serve", str(tmp_path / "new"), "--port", "0", "--no-browser", "--name", "ana"]
        )
        assert result.exit_code == 0, result.output
        assert "http://127.0.0.1:" in result.output
        assert served[0].link in result.output
        assert (tmp_path / "new").is_dir()

    def test_others_networks_are_warned_of(self, served: list[Any], tmp_path: Path):
        options = ["--host", "0.0.0.0", "--allow-host", "films.example", "--port", "0"]
        result = CliRunner().invoke(program, ["serve", str(tmp_path), *options])
        assert result.exit_code == 0, result.output
        assert "http://films.example:" in result.output
        assert "other machines" in result.output

    def test_a_file_is_no_data_root(self, tmp_path: Path):
        (tmp_path / "film.mp4").touch()
        result = CliRunner().invoke(program, ["serve", str(tmp_path / "film.mp4")])
        assert isinstance(result.exception, UsageError)

    def test_a_user_without_a_name_is_me(self, monkeypatch: pytest.MonkeyPatch):
        def nobody() -> str:
            raise KeyError("uid")

        monkeypatch.setattr("getpass.getuser", nobody)
        assert serve_command._user_name() == "me"


def test_an_unforeseen_error_is_told_without_details(data: Path, monkeypatch: pytest.MonkeyPatch):
    context = create_context(WebSettings(data=data))
    app = create_app(context)
    server = Server(app, context, TestClient(app, base_url="http://127.0.0.1:8765", raise_server_exceptions=False))
    server.log_in()
    monkeypatch.setattr(Registry, "all", lambda self: 1 / 0)
    error = server.get("/api/v1/videos", 500)["error"]
    assert (error["kind"], error["message"]) == ("ZeroDivisionError", "Something unforeseen went wrong.")


@pytest.fixture(autouse=True)
def _no_stray_warnings() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        yield
