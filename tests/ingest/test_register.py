from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from caption_boundaries.database.full_ocr import OcrReader, OcrWriter
from caption_boundaries.database.layout import BoxLabel, LayoutReader, LayoutWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import check_databases_exist
from caption_boundaries.database.replacing import replacing_database
from caption_boundaries.database.video import StoredFrame, VideoDbReader, VideoDbWriter, VideoMetadata
from caption_boundaries.errors import DuplicateVideoError, StorageError, VideoBusyError, VideoFileError
from caption_boundaries.ingest.placing import stored_name
from caption_boundaries.ingest.register import Registration, register_video
from caption_boundaries.library import known_hashes
from caption_boundaries.locking import video_lock
from caption_boundaries.media.identity import video_hash
from caption_boundaries.types import Box, TextLine
from support.clips import Clip, write_clip
from support.rights import as_nobody

LABEL = BoxLabel(0, 0, "Hello", 10, 20, 110, 50, label="in", label_source="user")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return write_clip(tmp_path_factory.mktemp("clip") / "my film.mp4", size=(64, 64), duration=1.0)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data"


def register(source: Path, root: Path, **options) -> Registration:
    return register_video(source, root, known=lambda: known_hashes(root), **options)


def metadata_of(folder: Path) -> VideoMetadata:
    with VideoDatabase(folder, readonly=True) as connection:
        metadata = VideoDbReader(connection).metadata()
    assert metadata is not None
    return metadata


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def annotate(folder: Path) -> None:
    """Fill what people edit and what is derived."""
    with VideoDatabase(folder, writes={"layout"}) as connection:
        LayoutWriter(connection).save_box_labels([LABEL])
    with replacing_database(folder, "fullOCR", reads=()) as connection:
        OcrWriter(connection).add_frame(0, [TextLine(Box(0.1, 0.8, 0.6, 0.9), "Hello", 0.97)], 0.0)
    metadata = metadata_of(folder)
    with replacing_database(folder, "video", reads=()) as connection:
        VideoDbWriter(connection).save_metadata(metadata)
        VideoDbWriter(connection).add_frames([StoredFrame(0, b"jpeg", 64, 64, None)])


def derived(folder: Path) -> tuple[int, int, int]:
    """Return how many full frames, frames with text and labels a folder has."""
    with VideoDatabase(folder, readonly=True) as connection:
        return (
            len(VideoDbReader(connection).frame_indices()),
            len(OcrReader(connection).lines()),
            len(LayoutReader(connection).box_labels()),
        )


def test_a_new_video_gets_its_folder(clip: Clip, root: Path) -> None:
    registration = register(clip.path, root)
    folder = registration.video_dir
    assert registration == Registration(folder, folder.name, created=True)
    assert uuid.UUID(folder.name).version == 4
    assert folder == root / folder.name[:2] / folder.name
    assert all(check_databases_exist(folder).values())
    assert (folder / "my film.mp4").samefile(clip.path)
    assert metadata_of(folder) == VideoMetadata(
        video_id=folder.name,
        video_hash=video_hash(clip.path),
        storage_path="my film.mp4",
        original_filename="my film.mp4",
        file_size_bytes=clip.path.stat().st_size,
        upload_method="link",
    )
    assert names(root) == [folder.name[:2]]
    assert len(names(folder)) == 7


def test_a_copy(clip: Clip, root: Path) -> None:
    told: list[tuple] = []
    folder = register(clip.path, root, mode="copy", progress=lambda *args: told.append(args)).video_dir
    kept = folder / "my film.mp4"
    assert kept.read_bytes() == clip.path.read_bytes()
    assert not kept.samefile(clip.path)
    assert metadata_of(folder).upload_method == "copy"
    size = clip.path.stat().st_size
    assert told[-1] == (size, size, "bytes")


@pytest.mark.skipif(
    not Path("/dev/shm").is_dir() or Path("/dev/shm").stat().st_dev == Path("/tmp").stat().st_dev,
    reason="needs a second file system at /dev/shm",
)
def test_a_link_across_file_systems_becomes_a_copy(root: Path) -> None:
    source = Path("/dev/shm") / f"caption-boundaries-{os.getpid()}.mp4"
    try:
        write_clip(source, size=(64, 64), duration=0.2)
        folder = register(source, root, mode="link").video_dir
        assert (folder / source.name).read_bytes() == source.read_bytes()
        assert metadata_of(folder).upload_method == "copy"
    finally:
        source.unlink(missing_ok=True)


def test_a_reference(clip: Clip, root: Path) -> None:
    folder = register(clip.path, root, mode="reference").video_dir
    assert len(names(folder)) == 6
    assert metadata_of(folder).storage_path == str(clip.path.resolve())
    assert metadata_of(folder).upload_method == "reference"


def test_a_symbolic_link_is_followed(clip: Clip, root: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.mp4"
    link.symlink_to(clip.path)
    folder = register(link, root).video_dir
    assert not (folder / "link.mp4").is_symlink()
    assert (folder / "link.mp4").samefile(clip.path)


def test_a_known_video_is_reused(clip: Clip, root: Path, tmp_path: Path) -> None:
    first = register(clip.path, root)
    annotate(first.video_dir)
    again = tmp_path / "other name.mp4"
    again.write_bytes(clip.path.read_bytes())
    second = register(again, root)
    assert second == Registration(first.video_dir, first.video_id, created=False, duplicate_of=first.video_dir)
    assert derived(first.video_dir) == (1, 1, 1)
    assert len(names(first.video_dir)) == 7


@pytest.mark.parametrize("mode", ["link", "copy", "reference"])
def test_a_known_video_whose_file_is_gone_gets_it_back(clip: Clip, root: Path, mode: str) -> None:
    folder = register(clip.path, root, mode="copy").video_dir
    annotate(folder)
    (folder / "my film.mp4").unlink()
    assert register(clip.path, root, mode=mode).video_dir == folder
    assert (folder / metadata_of(folder).storage_path).read_bytes() == clip.path.read_bytes()
    assert metadata_of(folder).upload_method == mode
    assert derived(folder) == (1, 1, 1)


def test_a_reference_that_moved_is_found_again(root: Path, tmp_path: Path) -> None:
    source = write_clip(tmp_path / "here.mp4", size=(64, 64), duration=0.2).path
    folder = register(source, root, mode="reference").video_dir
    moved = source.rename(tmp_path / "there.mp4")
    assert register(moved, root, mode="reference").video_dir == folder
    assert metadata_of(folder).storage_path == str(moved)


def test_a_known_video_is_refused(clip: Clip, root: Path) -> None:
    first = register(clip.path, root)
    with pytest.raises(DuplicateVideoError, match=str(first.video_dir)):
        register(clip.path, root, on_duplicate="refuse")
    assert len(known_hashes(root)) == 1


def test_both_are_kept(clip: Clip, root: Path) -> None:
    first = register(clip.path, root)
    second = register(clip.path, root, on_duplicate="keep-both")
    assert second.created
    assert second.duplicate_of == first.video_dir
    assert second.video_dir != first.video_dir
    assert first.video_dir.is_dir()


def test_replacing_never_touches_what_people_edited(clip: Clip, root: Path) -> None:
    folder = register(clip.path, root, mode="copy").video_dir
    annotate(folder)
    edited = [folder / name for name in ("layout.db", "captions.db", "state.db")]
    before = [path.read_bytes() for path in edited]
    registration = register(clip.path, root, on_duplicate="replace", mode="link")
    assert registration == Registration(folder, folder.name, created=False, duplicate_of=folder)
    assert [path.read_bytes() for path in edited] == before
    assert derived(folder) == (0, 0, 1)
    assert (folder / "my film.mp4").samefile(clip.path)
    assert metadata_of(folder).video_id == folder.name
    assert sorted({*names(folder)} - {".lock"}) == sorted(
        ["my film.mp4", "video.db", "fullOCR.db", "layout.db", "captions.db", "cropping.db", "state.db"]
    )


def test_a_video_that_is_worked_on_is_not_replaced(clip: Clip, root: Path) -> None:
    folder = register(clip.path, root).video_dir
    with video_lock(folder), pytest.raises(VideoBusyError):
        register(clip.path, root, on_duplicate="replace")


def test_nothing_is_made_for_a_file_that_is_no_video(tmp_path: Path, root: Path) -> None:
    source = tmp_path / "a.mp4"
    source.write_text("hello")
    with pytest.raises(VideoFileError):
        register(source, root)
    assert not root.exists()


def test_a_missing_mount_is_not_written_to(clip: Clip, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"there is no folder .*not-mounted"):
        register(clip.path, tmp_path / "not-mounted" / "data")
    assert not (tmp_path / "not-mounted").exists()


def test_a_root_that_is_a_file(clip: Clip, root: Path) -> None:
    root.write_text("hello")
    with pytest.raises(StorageError, match="is no folder"):
        register(clip.path, root)


def test_a_root_that_cannot_be_written(tmp_path: Path) -> None:
    open_folder = Path("/tmp") / f"caption-boundaries-{os.getpid()}"
    open_folder.mkdir()
    try:
        source = write_clip(open_folder / "a.mp4", size=(64, 64), duration=0.2).path
        root = open_folder / "data"
        root.mkdir(mode=0o555)
        with as_nobody(), pytest.raises(StorageError, match="Permission is missing"):
            register(source, root)
        assert names(root) == []
    finally:
        for path in sorted(open_folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        open_folder.rmdir()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("fill", [0, 300_000], ids=["no-room-for-the-video", "no-room-for-the-databases"])
def test_a_full_disk_leaves_nothing_behind(small_disk: Path, tmp_path: Path, fill: int) -> None:
    source = write_clip(tmp_path / "a.mkv", codec="ffv1", pix_fmt="bgr0", size=(320, 180), duration=1.0).path
    root = small_disk / "data"
    root.mkdir()
    (small_disk / "other").write_bytes(bytes(fill))
    with pytest.raises(StorageError, match=r"disk is full|MB free, and the video needs") as caught:
        register(source, root, mode="copy")
    assert caught.value.hint
    assert names(root) == []


REGISTER = """
    import sys
    from pathlib import Path
    import caption_boundaries.ingest.placing as placing
    from caption_boundaries.ingest.register import register_video
    placing._CHUNK_BYTES = 1000
    wait = lambda *args: (print("copying", flush=True), __import__("time").sleep(0.05))
    register_video(Path(sys.argv[1]), Path(sys.argv[2]), known={}, mode="copy", progress=wait)
"""


def test_a_killed_registration_leaves_no_video_and_is_cleared_away(clip: Clip, root: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(REGISTER), str(clip.path), str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert known_hashes(root) == {}
        process.send_signal(signal.SIGKILL)
    assert any(name.startswith(".partial-") for name in names(root))
    assert known_hashes(root) == {}
    folder = register(clip.path, root).video_dir
    assert names(root) == [folder.name[:2]]


def test_another_process_keeps_its_half_made_folder(clip: Clip, root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(REGISTER), str(clip.path), str(root)]
    other = write_clip(tmp_path / "other.mp4", size=(32, 32), duration=0.5).path
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        register(other, root)
        process.communicate()
        assert process.returncode == 0
    assert len(known_hashes(root)) == 2


def test_a_video_registered_twice_at_once_gets_one_folder(clip: Clip, root: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: register(clip.path, root), range(6)))
    assert len({registration.video_dir for registration in made}) == 1
    assert sum(registration.created for registration in made) == 1
    assert len(names(root)) == 1


def test_a_file_that_grows_while_it_is_copied_is_refused(root: Path, tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.mkv", size=(64, 64), duration=1.0).path

    def grow(done: float, total: float | None, unit: str) -> None:
        with source.open("ab") as file:
            file.write(b"more")

    with pytest.raises(VideoFileError, match="changed while it was copied"):
        register(source, root, mode="copy", progress=grow)
    assert names(root) == []


@pytest.mark.parametrize(
    ("original", "stored"),
    [
        ("film.mp4", "film.mp4"),
        ("Der Film (2019) – Teil 1.mkv", "Der Film (2019) – Teil 1.mkv"),
        ("视频.mp4", "视频.mp4"),
        (".film.mp4", "video.mp4"),
        ("-film.mp4", "video.mp4"),
        (" film.mp4", "video.mp4"),
        ("new\nline.mp4", "video.mp4"),
        ("a:b?.mp4", "video.mp4"),
        ("\udcff.mp4", "video.mp4"),
        ("video.db", "video"),
        ("captions.db.old", "video"),
        ("film", "video"),
        ("film.mp4 ", "video"),
        ("x" * 200 + ".mp4", "video.mp4"),
        ("视" * 80 + ".mp4", "video.mp4"),
    ],
)
def test_names_that_could_be_misunderstood_are_not_kept(original: str, stored: str) -> None:
    assert stored_name(original) == stored


def test_a_hostile_name_is_remembered_and_not_used(clip: Clip, root: Path, tmp_path: Path) -> None:
    source = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n.mp4"))
    source.write_bytes(clip.path.read_bytes())
    folder = register(source, root).video_dir
    assert (folder / "video.mp4").is_file()
    assert metadata_of(folder).original_filename == "?\n.mp4"
