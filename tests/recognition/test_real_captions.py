"""Exact text on real captions: one picture of each is read as it is."""

from __future__ import annotations

import json

import pytest
from rapidfuzz.distance import Levenshtein

from caption_boundaries.media.video_file import VideoFile
from caption_boundaries.recognition.rapid import RapidEngine
from support.data import shared_data

BOTTOM = {
    "bbb60_en_720p": 0.75,
    "bbb60_zh_720p": 0.75,
    "bilingual_zh_en_360p": 0.72,
    "animation_zh_800p": 0.75,
    "science_en_288p": 0.6,
}
"""The strip with the captions begins at this part of the height."""


@pytest.fixture(scope="module")
def engine() -> RapidEngine:
    return RapidEngine()


@pytest.mark.parametrize("clip", BOTTOM)
def test_captions_of_real_clips_are_read_exactly(engine: RapidEngine, clip: str) -> None:
    folder = shared_data() / "development"
    truth = json.loads((folder / f"{clip}.json").read_text(encoding="utf-8"))
    captions = truth["captions"]
    middles = [(caption["first_frame"] + caption["last_frame"] + 1) / 2 / truth["fps"] for caption in captions]
    errors = characters = 0
    with VideoFile(folder / truth["video"]) as video:
        for caption, frame in zip(captions, video.frames_at(middles), strict=True):
            picture = frame.rgb(None)
            strip = picture[int(picture.shape[0] * BOTTOM[clip]) :]
            text = "\n".join(line.text for line in engine.read(strip))
            errors += Levenshtein.distance(text, caption["text"])
            characters += len(caption["text"])
    assert errors <= 0.002 * characters
