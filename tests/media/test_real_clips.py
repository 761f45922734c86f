"""Real clips whose pictures were counted by hand."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import pysubs2
import pytest

from caption_boundaries.media.video_file import SourceFrame, VideoFile
from caption_boundaries.types import PixelBox
from support.data import shared_data

CLIPS = [
    "development/animation_zh_800p",
    "development/bbb60_en_720p",
    "development/bilingual_zh_en_360p",
    "development/science_en_288p",
    "evaluation/animation_en_720p",
    "evaluation/talk_zh_720p",
]


def clip_path(name: str) -> Path:
    path = shared_data() / f"{name}.mp4"
    if not path.is_file():
        pytest.skip(f"the clip is missing: {path} does not exist")
    return path


@pytest.mark.parametrize("name", CLIPS)
def test_every_picture_is_found_in_a_pass_and_by_seeking(name: str) -> None:
    path = clip_path(name)
    truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    with VideoFile(path) as video:
        width, height = video.info.width, video.info.height
        strip = PixelBox(0, height * 3 // 4, width, height)

        def fingerprint(frame: SourceFrame) -> tuple[int, float, bytes]:
            return frame.time.pts, frame.seconds, hashlib.blake2b(frame.luma(strip)).digest()

        frames = [fingerprint(frame) for frame in video.frames()]
        assert len(frames) == truth["frames"]
        assert float(video.info.fps) == pytest.approx(truth["fps"], rel=1e-3)
        moments = [n * video.info.duration_seconds / 9 for n in range(9)]
        shown = [[frame for frame in frames if frame[1] <= moment + 1e-6][-1] for moment in moments]
        assert [fingerprint(frame) for frame in video.frames_at(moments)] == shown


@pytest.mark.parametrize("name", ["development/bbb60_zh_720p"])
def test_a_caption_is_on_the_frames_whose_milliseconds_it_covers(name: str) -> None:
    path = clip_path(name)
    truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["captions"]
    with VideoFile(path) as video:
        milliseconds = [math.floor(frame.seconds * 1000 + 1e-6) for frame in video.frames()]
    for caption, cue in zip(truth, pysubs2.load(str(path.with_suffix(".srt"))), strict=True):
        covered = [number for number, ms in enumerate(milliseconds) if cue.start <= ms < cue.end]
        assert (covered[0], covered[-1]) == (caption["first_frame"], caption["last_frame"])
