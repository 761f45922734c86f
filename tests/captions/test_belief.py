"""Captions that a detector does not see, and ends at which it sees no change."""

from __future__ import annotations

import numpy as np
import pytest

from caption_boundaries.captions.belief import limit_confidence
from caption_boundaries.captions.detector import Detection
from caption_boundaries.captions.extents import TimedText
from caption_boundaries.captions.rows import DOUBTFUL_BOUNDARY, TickedText
from caption_boundaries.types import EMPTY_EMPTY, EMPTY_VALID, SAME, VALID_EMPTY, FrameRange

INDICES = np.arange(20)


def item(first: int, last: int, confidence: float = 0.9) -> TickedText:
    caption = TimedText(first * 2, last * 2 + 2, "text", 0.95, confidence)
    return TickedText(FrameRange(first, last), first / 10, (last + 1) / 10, caption)


def said(first: int, last: int, *, change: float = 0.9) -> Detection:
    """Return the word of a detector that sees a caption from one index to another."""
    rows = np.zeros((19, 5), np.float32)
    rows[:, EMPTY_EMPTY] = 1
    rows[first : last + 1] = np.eye(5, dtype=np.float32)[SAME]
    rows[first - 1] = rows[last] = 0
    rows[first - 1, [EMPTY_VALID, EMPTY_EMPTY]] = change, 1 - change
    rows[last, [VALID_EMPTY, SAME]] = change, 1 - change
    caption = np.full(20, 0.0005, np.float32)
    caption[first : last + 1] = 0.99
    return Detection(rows, None, caption)


def test_a_caption_that_the_detector_does_not_see_is_kept_and_doubtful() -> None:
    seen, unseen = limit_confidence([item(5, 9), item(13, 16)], said(5, 9), INDICES)
    assert (seen.frames, unseen.frames) == (FrameRange(5, 9), FrameRange(13, 16))
    assert unseen.caption.boundary_confidence < DOUBTFUL_BOUNDARY < seen.caption.boundary_confidence


@pytest.mark.parametrize(
    ("ends", "confidence"),
    [((5, 9), 0.9), ((6, 10), 0.9), ((5, 14), 0.0), ((1, 9), 0.0)],
    ids=["where it says", "nearly there", "no change at the end", "no change at the start"],
)
def test_no_end_is_surer_than_the_detector(ends: tuple[int, int], confidence: float) -> None:
    (one,) = limit_confidence([item(*ends, confidence=0.95)], said(5, 9), INDICES)
    assert one.caption.boundary_confidence == pytest.approx(confidence, abs=0.01)


def test_the_ends_of_the_video_are_sure() -> None:
    caption = np.full(20, 0.99, np.float32)
    rows = np.tile(np.eye(5, dtype=np.float32)[SAME], (19, 1))
    (one,) = limit_confidence([item(0, 19)], Detection(rows, None, caption), INDICES)
    assert one.caption.boundary_confidence == pytest.approx(0.9)


def test_a_detector_that_cannot_tell_changes_nothing() -> None:
    found = [item(5, 9), item(13, 16)]
    assert limit_confidence(found, Detection(np.full((19, 5), 0.2, np.float32)), INDICES) == found
    assert (
        limit_confidence(found[:1], Detection(np.zeros((0, 5), np.float32), None, np.ones(1, np.float32)), INDICES[:1])
        == (found[:1])
    )
