"""What is removed from a store is needed by nobody: not by readers, not by publishers, and not after a kill."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from caption_boundaries.cli.main import run
from caption_boundaries.fleet import pruning, store
from caption_boundaries.fleet.manifest import Manifest, StoredFile
from caption_boundaries.fleet.pruning import GRACE_SECONDS, plan_pruning, prune, superseded
from caption_boundaries.fleet.remote import FolderRemote, ObjectRemote, open_remote
from caption_boundaries.fleet.store import YOUNG_SECONDS, VideoStore, object_name
from support.stores import HASTY, open_store, silent

HOUR = 3600.0


def send(place: VideoStore, video_id: str, folder: Path, **files: str) -> Manifest:
    """Publish the next generation of a video with the given files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / name for name in files}
    for name, text in files.items():
        paths[name].write_text(text)
    return place.publish(Manifest(video_id, 0, run="r"), place.latest(video_id), paths, silent).manifest


def read(place: VideoStore, manifest: Manifest, folder: Path) -> dict[str, str]:
    """Fetch a generation and return what its files hold."""
    folder.mkdir(parents=True, exist_ok=True)
    place.fetch(manifest, folder, silent)
    return {name: (folder / name).read_text() for name in manifest.files}


def generation(number: int, published: float | None) -> Manifest:
    at = "" if published is None else datetime.fromtimestamp(published, UTC).isoformat()
    return Manifest("abcd", number, published_at=at)


@pytest.mark.parametrize(
    ("published", "keep", "expected"),
    [
        ([], 1, []),
        ([1], 1, []),
        ([1, 2], 1, [1]),
        ([1, 2], 2, []),
        ([1, 2], 9, []),
        ([1, 2, 3], 1, [1, 2]),
        ([1, 2, 3], 2, [1]),
        ([1, 2, 99], 1, [1]),
        ([1, 98, 99], 1, []),
        ([1, None, 3], 1, [2]),
    ],
)
def test_a_generation_goes_when_its_successor_is_old(
    published: list[float | None], keep: int, expected: list[int]
) -> None:
    manifests = [generation(number, at) for number, at in enumerate(published, 1)]
    assert [m.generation for m in superseded(manifests, keep, before=50.0)] == expected


def test_times_without_a_zone_are_universal() -> None:
    late, early = (Manifest("a", 2, published_at=f"1970-01-01T00:00:{second}") for second in ("51", "49"))
    assert not superseded([generation(1, 1), late], 1, before=50.0)
    assert superseded([generation(1, 1), early], 1, before=50.0)


@pytest.mark.parametrize("address", ["file://TMP/store", "memory://films", "flaky://memory/films"])
def test_what_stays_is_whole(address: str, tmp_path: Path) -> None:
    place = open_store(address.replace("TMP", str(tmp_path)))
    send(place, "abcd", tmp_path / "a", one="first", two="same")
    send(place, "abcd", tmp_path / "a", one="second", two="same")
    last = send(place, "abcd", tmp_path / "a", one="third", two="same")
    other = send(place, "efgh", tmp_path / "b", one="first")
    plan = plan_pruning(place, keep=1, grace=0.0)
    assert [m.generation for m in plan.generations] == [1, 2]
    assert (len(plan.objects), plan.size, plan.kept) == (1, len("second"), 2)  # the other video has "first" as well
    assert prune(place, plan, silent) == len("second")
    assert read(place, last, tmp_path / "c") == {"one": "third", "two": "same"}
    assert read(place, other, tmp_path / "d") == {"one": "first"}
    assert plan_pruning(place, keep=1, grace=0.0).generations == ()
    assert send(place, "abcd", tmp_path / "a", one="fourth", two="same").generation == 4


def test_what_is_young_stays(tmp_path: Path) -> None:
    place = open_store(f"file://{tmp_path}/store")
    first = send(place, "abcd", tmp_path / "a", one="first")
    send(place, "abcd", tmp_path / "a", one="second")
    plan = plan_pruning(place)
    assert (plan.generations, plan.objects, plan.kept) == ((), (), 2)
    assert read(place, first, tmp_path / "b") == {"one": "first"}  # by whoever began before there was a second


def test_a_store_that_does_not_say_how_old_things_are_keeps_them(tmp_path: Path) -> None:
    class Silent:
        def modified(self, path: str) -> datetime:
            raise NotImplementedError  # as fsspec does for such a store

    place = open_store(f"file://{tmp_path}/store")
    send(place, "abcd", tmp_path / "a", one="first")
    send(place, "abcd", tmp_path / "a", one="second")
    place.remote.modified = ObjectRemote(Silent(), "").modified  # type: ignore[method-assign]
    plan = plan_pruning(place, grace=0.0)
    assert ([m.generation for m in plan.generations], plan.objects) == ([1], ())


def test_a_time_without_a_zone_is_universal() -> None:
    remote = ObjectRemote(SimpleNamespace(modified=lambda path: datetime(1970, 1, 1, 0, 0, 7)), "films")
    assert remote.modified("a") == 7.0


def set_age(tmp_path: Path, file: StoredFile, seconds: float) -> None:
    path = tmp_path / "store" / object_name(file)
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


@pytest.mark.parametrize("age", [0.0, YOUNG_SECONDS - HOUR, YOUNG_SECONDS + HOUR, GRACE_SECONDS + HOUR])
def test_a_publisher_sends_again_what_may_be_about_to_go(age: float, tmp_path: Path) -> None:
    place = open_store(f"file://{tmp_path}/store")
    one = send(place, "abcd", tmp_path / "a", one="first").files["one"]
    place.remove("videos/abcd/000001.json")  # so that nothing names the file
    set_age(tmp_path, one, age)
    plan = plan_pruning(place)
    assert bool(plan.objects) == (age > GRACE_SECONDS)
    (tmp_path / "a" / "one").write_text("first")
    done = place.publish(Manifest("abcd", 0), None, {"one": tmp_path / "a" / "one"}, silent)
    assert bool(done.sent) == (age > YOUNG_SECONDS)
    prune(place, plan, silent)
    assert read(place, done.manifest, tmp_path / "b") == {"one": "first"}


class StoppedError(BaseException):
    """The process was killed."""


class Stopping(FolderRemote):
    """Stops at the n-th removal."""

    left = 0

    def delete(self, name: str) -> None:
        if self.left == 0:
            raise StoppedError
        self.left -= 1
        super().delete(name)


def test_a_kill_leaves_every_generation_whole(tmp_path: Path) -> None:
    left = 0
    while True:
        root = tmp_path / str(left)
        remote = Stopping(root / "store")
        place = VideoStore(f"file://{root}/store", patience=HASTY, remote=remote)
        for text in ("first", "second", "third"):
            send(place, "abcd", root / "a", one=text, two=f"{text} too")
        remote.left = left
        try:
            prune(place, plan_pruning(place, grace=0.0), silent)
            break
        except StoppedError:
            remote.left = 100
        for manifest in place.all_generations()["abcd"]:
            assert len(read(place, manifest, root / f"b{manifest.generation}")) == 2
        prune(place, plan_pruning(place, grace=0.0), silent)
        assert len(remote.names("objects")) == 2
        left += 1
    assert left == 6  # two generations and their four files


class Clocked:
    """A place in memory with a clock of its own."""

    def __init__(self) -> None:
        self.now = 1e9
        self.kept: dict[str, tuple[bytes, float]] = {}
        self.before_create: Callable[[], None] = lambda: None

    def names(self, folder: str) -> list[str]:
        return sorted(name for name in self.kept if name.startswith(f"{folder}/"))

    def size(self, name: str) -> int | None:
        return len(self.kept[name][0]) if name in self.kept else None

    def modified(self, name: str) -> float | None:
        return self.kept[name][1] if name in self.kept else None

    def read(self, name: str) -> bytes:
        if name not in self.kept:
            raise FileNotFoundError(name)
        return self.kept[name][0]

    def create(self, name: str, data: bytes) -> bool:
        self.before_create()
        if name in self.kept:
            return False
        self.replace(name, data)
        return True

    def replace(self, name: str, data: bytes) -> None:
        self.kept[name] = (data, self.now)

    def delete(self, name: str) -> None:
        self.kept.pop(name, None)

    def download(self, name: str, path: Path) -> None:
        path.write_bytes(self.read(name))

    def upload(self, path: Path, name: str) -> None:
        self.replace(name, path.read_bytes())


@contextmanager
def clocked() -> Iterator[Clocked]:
    """Give a place by whose clock the store goes."""
    remote = Clocked()
    clock = SimpleNamespace(time=lambda: remote.now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "time", clock)
        patch.setattr(pruning, "time", clock)
        patch.setattr(store, "datetime", SimpleNamespace(now=lambda zone: datetime.fromtimestamp(remote.now, zone)))
        yield remote


moves = st.one_of(
    st.tuples(st.just("publish"), st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 11), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from([1, 13, 25])),
    st.tuples(st.just("plan"), st.integers(1, 2)),
    st.tuples(st.just("prune")),
    st.tuples(st.just("begin to read"), st.sampled_from("ab")),
)


BEFORE = [("publish", "a", "x", 0, False), ("publish", "a", "y", 0, False), ("wait", 25), ("plan", 1)]
"""Now there is a file to be removed; whatever comes next may need it."""


@settings(max_examples=40, deadline=None)
@given(done=st.lists(moves, max_size=10).map(lambda drawn: [*BEFORE, *drawn]))
@example(done=[*BEFORE, ("publish", "a", "x", 0, False), ("wait", 25), ("prune",)])
def test_whatever_happens_at_the_same_time_everybody_finds_their_files(
    tmp_path_factory: pytest.TempPathFactory, done: list[tuple[object, ...]]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "pruning"
    with clocked() as remote:
        place = VideoStore("clocked://films", patience=HASTY, remote=remote)
        plan = plan_pruning(place)
        readers: list[tuple[float, Manifest]] = []
        for move in done:
            match move:
                case ("publish", str(video), str(text), int(hours), bool(pruned)):
                    remote.before_create = partial(pass_time, remote, hours, place if pruned else None, plan)
                    send(place, video, folder, one=text, two="same")
                    remote.before_create = lambda: None
                case ("wait", int(hours)):
                    remote.now += hours * HOUR
                case ("plan", int(keep)):
                    plan = plan_pruning(place, keep=keep)
                case ("prune",):
                    prune(place, plan, silent)
                case (_, str(video)) if (manifest := place.latest(video)) is not None:
                    readers.append((remote.now, manifest))
            recent = [manifest for began, manifest in readers if remote.now - began < GRACE_SECONDS]
            for manifest in [*place.all_latest(), *recent]:
                assert all(object_name(file) in remote.kept for file in manifest.files.values())


def pass_time(remote: Clocked, hours: int, place: VideoStore | None, plan: pruning.PruningPlan) -> None:
    """Let a publisher take its time between sending and naming, and somebody prune in it."""
    remote.now += hours * HOUR
    if place is not None:
        prune(place, plan, silent)


def test_the_command_asks_and_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = f"file://{tmp_path}/store"
    place = open_store(address)
    for text in ("first", "second"):
        send(place, "abcd", tmp_path / "a", one=text)

    def told(*arguments: str, code: int = 0) -> str:
        assert run(["store", "prune", address, *arguments]) == code
        return capsys.readouterr().out

    assert "0 generations can go" in told()
    assert "1 generations can go" in told("--grace", "0", "--dry-run")
    told("--grace", "0", code=1)  # nobody to be asked
    assert len(open_remote(address).names("")) == 4
    expected = {"generations": [{"video_id": "abcd", "generation": 1}], "files": 1, "bytes": 5, "freed": 5}
    assert json.loads(told("--grace", "0", "--yes", "--json")) == expected
    assert len(open_remote(address).names("")) == 2
