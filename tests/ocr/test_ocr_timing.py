from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from caption_boundaries.database.video import VideoMetadata
from caption_boundaries.ocr.timing import FrameClock
from caption_boundaries.types import FrameTime
from support.databases import METADATA


def metadata(**values: object) -> VideoMetadata:
    return replace(METADATA, **values)


TENTH = FrameTime(pts=1000, time_base=Fraction(1, 10000))


@pytest.mark.parametrize(
    ("about", "time", "seconds"),
    [
        pytest.param(metadata(start_pts=500, time_base="1/10000"), TENTH, 0.05, id="counted from the first picture"),
        pytest.param(metadata(start_pts=0, time_base="1/10000"), TENTH, 0.1, id="a stream that starts at zero"),
        pytest.param(metadata(), TENTH, 0.1, id="start not known"),
        pytest.param(None, TENTH, 0.1, id="nothing known"),
        pytest.param(metadata(index_framerate_hz=20.0), None, 1.5, id="by the index, at the video's rate"),
        pytest.param(None, None, 3.0, id="by the index, at the usual rate"),
    ],
)
def test_frames_are_timed_from_the_first_picture(
    about: VideoMetadata | None, time: FrameTime | None, seconds: float
) -> None:
    assert FrameClock.of(about).seconds(30, time) == pytest.approx(seconds)
