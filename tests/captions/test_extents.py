"""Which groups become captions, and where each begins and ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from caption_boundaries.captions.extents import time_captions
from caption_boundaries.captions.joining import join
from support.films import Film

MIXTURE = "Gx0ber isthekey"
BEFORE, AFTER = (10, 40, "Good morning"), "Where is the key?"


def timed(*, until: int, confidence: float, shows: str = MIXTURE) -> list[tuple[int, int, str]]:
    """Two captions, and between them frames that show something else, read with some confidence."""
    film = Film(90).show("Good morning", 10, 40).show(AFTER, until, 76)
    if shows:
        film.show(shows, 40, until)
    segments = film.segments([10, 40, until, 76])
    readings = film.readings(segments)
    lines = tuple(replace(line, confidence=confidence) for line in readings[2].lines)
    readings[2] = replace(readings[2], lines=lines)
    strokes = film.strokes()
    return [(item.first, item.stop, item.text) for item in time_captions(strokes, join(strokes, segments, readings))]


@pytest.mark.parametrize("until", [42, 46])
def test_a_fade_from_one_caption_to_the_next_is_none_of_its_own(until: int) -> None:
    (first, stop, text), after = timed(until=until, confidence=0.6)
    assert (first, text) == (BEFORE[0], BEFORE[2])
    assert 40 <= stop <= after[0] <= until
    assert after[1:] == (76, AFTER)


@pytest.mark.parametrize(("until", "confidence"), [(42, 0.97), (52, 0.6)], ids=["read for sure", "longer"])
def test_what_is_no_fade_is_kept(until: int, confidence: float) -> None:
    assert timed(until=until, confidence=confidence) == [BEFORE, (40, until, MIXTURE), (until, 76, AFTER)]


def test_a_pause_is_no_caption() -> None:
    assert timed(until=44, confidence=0.6, shows="") == [BEFORE, (44, 76, AFTER)]
