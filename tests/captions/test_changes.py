"""Where strokes come or go at once."""

from __future__ import annotations

import numpy as np
import pytest

from caption_boundaries.captions import changes
from caption_boundaries.captions.changes import find_changes
from caption_boundaries.captions.strokes import StrokeMasks
from support.films import Film, cuts_at, drifting, plain, still


def frames_of(film: Film) -> list[int]:
    return [change.frame for change in find_changes(film.strokes())]


def captioned(**kwargs: object) -> Film:
    return Film(90, **kwargs).show("Good morning", 20, 60)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "film",
    [
        captioned(),
        captioned(background=plain(220)),
        captioned(background=still(1)),
        captioned(background=drifting(2)),
        captioned(background=drifting(3, pixels=5)),
        captioned(fps=60.0),
        captioned(fps=12.0),
    ],
    ids=["plain", "bright", "still texture", "drifting", "fast", "60 fps", "12 fps"],
)
def test_a_caption_comes_and_goes(film: Film) -> None:
    found = frames_of(film)
    assert {20, 60} <= set(found)


@pytest.mark.parametrize("background", [plain(60), still(1), drifting(2)], ids=["plain", "still", "drifting"])
def test_nothing_changes_without_captions(background: object) -> None:
    assert len(frames_of(Film(120, background=background))) <= 1  # type: ignore[arg-type]


def test_back_to_back_captions_change_at_one_frame() -> None:
    film = Film(90).show("Good morning", 10, 40).show("Where is it?", 40, 80)
    assert frames_of(film) == [10, 40, 80]


def test_the_end_of_a_line_that_stays_is_enough() -> None:
    film = Film(90, background=still(4)).show("Yes", 10, 80).show("!", 45, 80, center=(0.6, 0.62))
    assert 45 in frames_of(film)


def test_the_same_words_after_a_short_pause_are_two() -> None:
    film = Film(90).show("Good morning", 10, 40).show("Good morning", 43, 80)
    assert {40, 43} <= set(frames_of(film))


def test_one_odd_frame_is_no_pause() -> None:
    film = Film(90).show("Good morning", 10, 40).show("Good morning", 41, 80)
    assert frames_of(film) == [10, 80]


def test_a_cut_of_the_scene_is_a_change_too() -> None:
    film = captioned(background=cuts_at(40, still(1), still(2)))
    assert {20, 40, 60} <= set(frames_of(film))


def test_a_change_at_a_cut_is_found_over_any_background() -> None:
    film = Film(90, background=cuts_at(40, drifting(1), drifting(2)))
    film.show("Good morning", 10, 40).show("Where is it?", 40, 80)
    assert 40 in frames_of(film)


def test_a_fade_is_found_within_its_length() -> None:
    film = Film(120, background=still(5)).show("Good morning", 30, 90, fade=6)
    found = frames_of(film)
    assert any(30 <= frame <= 37 for frame in found)
    assert any(83 <= frame <= 90 for frame in found)


def test_strength_is_the_area_of_the_strokes() -> None:
    short, long = (Film(60).show(text, 20, 50) for text in ("Oh", "Good morning everyone"))
    (first, *_), (second, *_) = find_changes(short.strokes()), find_changes(long.strokes())
    assert 0.05 < first.strength < second.strength


@pytest.mark.parametrize("block", [16, 37, 64])
def test_the_size_of_the_blocks_changes_nothing(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    film = captioned(background=drifting(7))
    whole = find_changes(film.strokes())
    monkeypatch.setattr(changes, "BLOCK_FRAMES", block)
    assert find_changes(film.strokes(chunk=11)) == whole


@pytest.mark.parametrize("count", [0, 1, 2, 5, 11])
def test_very_short_videos_have_no_changes(count: int) -> None:
    masks = np.zeros((count, 20, 50), np.bool_)
    times = [(0, np.arange(count) / 24)] if count else []
    assert find_changes(StrokeMasks(times, lambda first: masks, 20)) == []
