"""Video files that are added from the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from caption_boundaries.errors import UsageError, VideoFileError
from caption_boundaries.web.uploads import safe_name, take_in
from support.clips import write_clip


async def _chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 1000):
        yield data[start : start + 1000]


def taken_in(data: bytes, name: str, root: Path) -> tuple[Path, bool]:
    """Take in a file in a thread of its own: browser tests keep an event loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(take_in(_chunks(data), name, root))).result()


class TestUploads:
    @pytest.mark.parametrize(
        ("name", "kept"),
        [
            ("film.mp4", "film.mp4"),
            ("电影 第一集.MKV", "电影 第一集.mkv"),
            ("../../etc/film.mp4", "film.mp4"),
            ("C:\\films\\film.mp4", "film.mp4"),
            ("a\x00b\n.mp4", "ab.mp4"),
            ("é" * 200 + ".mp4", "é" * 75 + ".mp4"),
        ],
    )
    def test_names_are_made_safe(self, name: str, kept: str):
        assert safe_name(name) == kept

    @pytest.mark.parametrize("name", ["", ".mp4", "film", "film.exe", "/", ".."])
    def test_what_names_no_video_is_refused(self, name: str):
        with pytest.raises(UsageError):
            safe_name(name)

    def test_a_file_gets_its_folder_once(self, tmp_path: Path):
        clip = write_clip(tmp_path / "clip.mp4", captions=[], size=(64, 36), fps=5, duration=1.0)
        root = tmp_path / "data"
        first, known = taken_in(clip.path.read_bytes(), "clip.mp4", root)
        assert (known, (first / "clip.mp4").is_file() or any(first.glob("*.mp4"))) == (False, True)
        again, known = taken_in(clip.path.read_bytes(), "other name.mp4", root)
        assert (again, known) == (first, True)
        assert not list(root.glob(".upload-*"))

    def test_what_is_no_video_leaves_nothing(self, tmp_path: Path):
        with pytest.raises(VideoFileError, match=r"^film\.mp4 is no video"):  # not the place where it waited
            taken_in(b"no video", "film.mp4", tmp_path / "data")
        assert not any(path.is_file() for path in (tmp_path / "data").rglob("*"))
