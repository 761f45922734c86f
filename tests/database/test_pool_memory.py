"""A pool of many videos takes no more memory than it says, however much is read through it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.pooled_reader import CACHE_KIB
from caption_boundaries.database.replacing import replacing_database
from caption_boundaries.database.video import StoredFrame, VideoDbReader, VideoDbWriter
from support.databases import filled_folder

VIDEOS = 100
PER_VIDEO_KIB = 150
"""What the pool documents beside the page cache of each database."""

READ_ALL = """
import sys
from pathlib import Path
from caption_boundaries.database.pool import ReaderPool
from caption_boundaries.database.video import VideoDbReader

def private_kib():
    return int(next(line for line in open("/proc/self/status") if line.startswith("RssAnon")).split()[1])

folders = sorted(Path(sys.argv[1]).iterdir())
with ReaderPool(size=len(folders), mapped=False) as pool:
    def read(folder):
        assert sum(len(frame.image_data) for frame in VideoDbReader(pool.connection(folder, {"video"})).frames())
    read(folders[0])
    before = private_kib()
    for folder in folders[1:]:
        read(folder)
    assert len(pool) == len(folders)
    print(private_kib() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="memory is looked up in /proc, which is not there")
def test_a_hundred_videos_stay_within_what_the_pool_documents(tmp_path: Path) -> None:
    original = filled_folder(tmp_path / "original")
    with replacing_database(original, "video", reads=()) as conn:
        VideoDbWriter(conn).add_frames(StoredFrame(i, bytes(3000), 640, 360, None) for i in range(700))
    with VideoDatabase(original, readonly=True) as conn:
        assert sum(1 for _ in VideoDbReader(conn).frames()) == 700
    size = (original / "video.db").stat().st_size
    assert size > 4 * 1024 * CACHE_KIB, "else the bound would mean nothing"
    for number in range(VIDEOS):
        shutil.copytree(original, tmp_path / "videos" / f"{number:03}", copy_function=os.link)
    done = subprocess.run(
        [sys.executable, "-c", READ_ALL, tmp_path / "videos"], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) <= (VIDEOS - 1) * (CACHE_KIB + PER_VIDEO_KIB)
