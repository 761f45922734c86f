"""Bad input: one clear sentence, the right exit code, nothing left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.clips import write_audio, write_clip
from support.folders import file_hashes

HOSTILE_NAMES = [
    "!__local/data/_has_been_deprecated__!",
    "with space",
    "quo'te",
    'dou"ble',
    "ques?tion",
    "ha#sh",
    "%41",
    "%zz",
    "amper&sand",
    "ünïcødé 字幕",
    "semi;colon",
    "back\\slash",
    "new\nline",
    "file:x",
    "-leading",
    "?mode=memory",
    "[brackets]*",
    "~tilde",
]


def run(*arguments: str | Path, timeout: float = 300, **options) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "caption_boundaries", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, **options)


def nothing(path: Path) -> Path:
    return path


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def empty(path: Path) -> Path:
    path.touch()
    return path


def text(path: Path) -> Path:
    path.write_text("This is no video.\n" * 100)
    return path


def beheaded(path: Path) -> Path:
    clip = write_clip(path.with_name("whole.mp4"))
    path.write_bytes(clip.path.read_bytes()[: clip.path.stat().st_size // 2])
    clip.path.unlink()
    return path


def sound(path: Path) -> Path:
    return write_audio(path)


BAD_FILES = {
    "no such file": (nothing, "does not exist"),
    "a folder": (folder, "is a folder"),
    "an empty file": (empty, "is empty"),
    "text": (text, "no video"),
    "a file without its index": (beheaded, "no video"),
    "sound alone": (sound, "no video"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_file_that_is_no_video(case: str, tmp_path: Path) -> None:
    make, _ = BAD_FILES[case]
    video = make(tmp_path / "film.mp4")
    done = run("extract", video, "--data", tmp_path / "data")
    assert done.returncode == 3, done.stderr
    assert done.stdout == ""
    assert_one_sentence(done.stderr)
    assert "film.mp4" in done.stderr
    assert list((tmp_path / "data").rglob("*")) == []


def assert_one_sentence(stderr: str) -> None:
    lines = stderr.strip().splitlines()
    assert lines[0].startswith("Error: ")
    assert "Traceback" not in stderr
    assert len(lines) <= 2, stderr  # the sentence and the hint


def small(path: Path, **options) -> Path:
    return write_clip(path, duration=options.pop("duration", 2.0), **options).path


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("one frame", {"duration": 1 / 24}),
        ("16 by 16 pixels", {"size": (16, 16)}),
        ("8K", {"size": (7680, 4320), "duration": 2 / 24, "options": {"preset": "ultrafast"}}),
        ("no text", {}),
    ],
)
def test_odd_videos_work_and_an_absence_of_captions_is_said(name: str, options: dict, tmp_path: Path) -> None:
    video = small(tmp_path / "odd.mp4", **options)
    done = run("extract", video, "--data", tmp_path / "data", "-o", tmp_path / "odd.srt")
    assert done.returncode == 0, done.stderr
    assert "no captions" in done.stderr
    assert (tmp_path / "odd.srt").read_text() == ""


def test_a_video_cut_off_in_the_middle_gives_what_is_there(tmp_path: Path) -> None:
    video = small(tmp_path / "cut.mkv", duration=6.0, size=(640, 360), captions=[(0.5, 2.0, "Before the cut")])
    data = video.read_bytes()
    video.write_bytes(data[: len(data) * 3 // 4])
    done = run("extract", video, "--data", tmp_path / "data", "-o", tmp_path / "cut.srt")
    assert done.returncode == 0, done.stderr
    assert "Before the cut" in (tmp_path / "cut.srt").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("status", "nothing"), 2, "No video fits"),
        (("list", "nowhere"), 2, "no data root"),
        (("run", "nothing"), 2, "No video fits"),
        (("run", "nothing", "--from", "nowhere"), 2, "There is no step"),
        (("extract", "x.mp4", "-o", "x.docx"), 2, ".srt"),
        (("extract",), 2, "Missing"),
        (("extract", "x.mp4", "--engine"), 2, "--engine"),
        (("extract", "x.mp4", "--workers", "0"), 2, "workers"),
        (("nonsense",), 2, "No such command"),
    ],
)
def test_wrong_words(arguments: tuple[str, ...], code: int, words: str, tmp_path: Path) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_names_those_there_are(finished: Path, tmp_path: Path) -> None:
    done = run("export", finished, "-o", tmp_path / "out.doc")
    assert done.returncode == 2
    assert ".srt" in done.stderr
    assert not (tmp_path / "out.doc").exists()


def test_an_unknown_engine_names_those_there_are(finished: Path) -> None:
    before = file_hashes(finished)
    done = run("ocr", finished, "--engine", "magic", "--force")
    assert done.returncode == 2
    assert "rapidocr" in done.stderr
    assert changed(before, finished) <= {"state.db", ".lock"}


def changed(before: dict[str, str], video_dir: Path) -> set[str]:
    after = file_hashes(video_dir)
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def damage(path: Path) -> None:
    path.write_bytes(b"garbage" * 1000)


def newer(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[60:64] = (99).to_bytes(4, "big")
    path.write_bytes(data)


def another(path: Path) -> None:
    shutil.copy(path.with_name("captions.db"), path)


@pytest.mark.parametrize(
    ("spoil", "words"), [(damage, "not a SQLite database"), (newer, "schema version 99"), (another, "not a video.db")]
)
def test_a_spoilt_database_is_named_and_nothing_is_changed(
    spoil: Callable[[Path], None], words: str, finished: Path
) -> None:
    spoil(finished / "video.db")
    before = file_hashes(finished)
    done = run("run", finished)
    assert done.returncode == 5, done.stderr
    assert words in done.stderr
    assert "video.db" in done.stderr
    assert changed(before, finished) <= {".lock"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take its own rights away; others meet file modes")
def test_a_data_root_that_cannot_be_written(tmp_path: Path) -> None:
    video = small(tmp_path / "film.mp4", duration=0.5)
    root = tmp_path / "data"
    root.mkdir(mode=0o555)
    # Root heeds no file modes, unless it has given up the capabilities that let it pass.
    command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all", "--"]
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv of util-linux is missing")
    arguments = [sys.executable, "-m", "caption_boundaries", "extract", str(video), "--data", str(root)]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr
    assert_one_sentence(done.stderr)
    assert list(root.iterdir()) == []


def test_a_data_root_inside_a_missing_mount_is_not_made(tmp_path: Path) -> None:
    video = small(tmp_path / "film.mp4", duration=0.5)
    done = run("extract", video, "--data", tmp_path / "mnt" / "disk" / "data")
    assert done.returncode == 7, done.stderr
    assert not (tmp_path / "mnt").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_full_disk_leaves_nothing_half_done(tmp_path: Path) -> None:
    video = small(tmp_path / "film.mp4", size=(640, 360), captions=[(0.2, 1.8, "Full")])
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", disk], check=False).returncode:
        pytest.skip("this system lets nobody mount a file system")
    try:
        done = run("extract", video, "--data", disk / "data", "--keep", "reference")
        assert done.returncode == 7, done.stderr
        assert "full" in done.stderr
        assert list(disk.rglob(".partial*")) == []
    finally:
        subprocess.run(["umount", disk], check=True)


def test_two_processes_on_one_video(finished: Path) -> None:
    from caption_boundaries.locking import video_lock

    with video_lock(finished):
        done = run("run", finished, "--force")
    assert done.returncode == 6
    assert "Another process" in done.stderr


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names(name: str, finished: Path, tmp_path: Path) -> None:
    target = tmp_path / name
    target.parent.mkdir(parents=True, exist_ok=True)
    finished.rename(target)
    before = file_hashes(tmp_path)
    done = run("status", f"./{name}", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert '"state": "done"' in done.stdout
    assert file_hashes(tmp_path) == before
