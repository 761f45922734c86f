"""Which groups become captions, and where each begins and ends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from caption_boundaries.captions.belief import Belief
from caption_boundaries.captions.detector import Detection
from caption_boundaries.captions.extents import time_captions
from caption_boundaries.captions.joining import join
from caption_boundaries.types import DIFFERENT, SAME
from support.films import Film

MIXTURE = "Gx0ber isthekey"
BEFORE, AFTER = (10, 40, "Good morning"), "Where is the key?"


def timed(
    *, until: int, confidence: float, shows: str = MIXTURE, changes: tuple[int, ...] | None = None
) -> list[tuple[int, int, str]]:
    """Two captions, and between them frames that show something else, read with some confidence.

    ``changes``: the source frames at which a detector sees one caption become another; None: nobody is asked.
    """
    film = Film(90).show("Good morning", 10, 40).show(AFTER, until, 76)
    if shows:
        film.show(shows, 40, until)
    segments = film.segments([10, 40, until, 76])
    readings = film.readings(segments)
    lines = tuple(replace(line, confidence=confidence) for line in readings[2].lines)
    readings[2] = replace(readings[2], lines=lines)
    strokes, belief = film.strokes(), None
    if changes is not None:
        rows = np.tile(np.eye(5, dtype=np.float32)[SAME], (89, 1))
        rows[[frame - 1 for frame in changes]] = np.eye(5, dtype=np.float32)[DIFFERENT]
        belief = Belief(Detection(rows, None, np.full(90, 0.99, np.float32)), np.arange(90))
    found = time_captions(strokes, join(strokes, segments, readings), belief)
    return [(item.first, item.stop, item.text) for item in found]


@pytest.mark.parametrize("until", [42, 46])
def test_a_fade_from_one_caption_to_the_next_is_none_of_its_own(until: int) -> None:
    (first, stop, text), after = timed(until=until, confidence=0.6)
    assert (first, text) == (BEFORE[0], BEFORE[2])
    assert 40 <= stop <= after[0] <= until
    assert after[1:] == (76, AFTER)


@pytest.mark.parametrize(("until", "confidence"), [(42, 0.97), (52, 0.6)], ids=["read for sure", "longer"])
def test_what_is_no_fade_is_kept(until: int, confidence: float) -> None:
    assert timed(until=until, confidence=confidence) == [BEFORE, (40, until, MIXTURE), (until, 76, AFTER)]


BLEND = "Goo@ momning key?"
"""Strokes of both captions, read for sure."""


@pytest.mark.parametrize(
    ("changes", "is_caption"),
    [((43,), False), ((40,), False), ((46,), False), ((40, 46), True), ((), True), (None, True)],
    ids=["one change", "at its start", "at its end", "two changes", "no change", "nobody is asked"],
)
def test_where_only_one_change_is_seen_there_is_no_third_caption(
    changes: tuple[int, ...] | None, *, is_caption: bool
) -> None:
    found = timed(until=46, confidence=0.97, shows=BLEND, changes=changes)
    assert [text for _, _, text in found] == [BEFORE[2], *([BLEND] if is_caption else []), AFTER]


def test_a_longer_caption_needs_no_detector_that_sees_it() -> None:
    assert len(timed(until=52, confidence=0.97, shows=BLEND, changes=(45,))) == 3


def test_a_pause_is_no_caption() -> None:
    assert timed(until=44, confidence=0.6, shows="") == [BEFORE, (44, 76, AFTER)]
