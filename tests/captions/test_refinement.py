"""At which source frame a caption begins and ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.captions.reading import ink
from caption_boundaries.captions.refinement import best_step, refine_end, refine_start
from support.films import Background, Film, cuts_at, drifting, plain, still


def refined(film: Film, guess: tuple[int, int], *, inside: tuple[int, int] = (30, 60)) -> tuple[int, int]:
    """Start and end of the caption that is on between the frames ``inside``."""
    strokes = film.strokes()
    own = ink(strokes.share(*inside), film.reading_at(sum(inside) // 2))
    middle = sum(inside) // 2
    start = refine_start(strokes, own, guess[0], max(0, guess[0] - 14), min(middle, guess[0] + 14))
    end = refine_end(strokes, own, guess[1], max(middle, guess[1] - 14), min(film.frames, guess[1] + 14))
    assert min(start.contrast, end.contrast) > 0.5
    return start.frame, end.frame


BACKGROUNDS = {
    "plain": plain(60),
    "bright": plain(220),
    "still": still(1),
    "drifting": drifting(2),
    "cut soon after": cuts_at(25, still(3), still(4)),
    "cut just before": cuts_at(17, still(5), still(6)),
    "cut just after the end": cuts_at(73, still(7), still(8)),
}


@pytest.mark.parametrize("background", BACKGROUNDS.values(), ids=BACKGROUNDS.keys())
@pytest.mark.parametrize("error", [-4, 0, 3])
def test_the_frame_is_found_from_a_guess(background: Background, error: int) -> None:
    film = Film(100, background=background).show("Good morning", 20, 70)
    assert refined(film, (20 + error, 70 - error)) == (20, 70)


@pytest.mark.parametrize("background", [plain(60), drifting(2)], ids=["plain", "drifting"])
def test_neighbours_without_a_pause_share_one_frame(background: Background) -> None:
    film = Film(100, background=background)
    film.show("Where is the key?", 0, 20).show("Good morning", 20, 70).show("It is here.", 70, 100)
    assert refined(film, (22, 68)) == (20, 70)


@pytest.mark.parametrize("pause", [2, 3, 6])
def test_the_same_words_after_a_pause_do_not_disturb(pause: int) -> None:
    film = Film(100).show("Good morning", 0, 20 - pause).show("Good morning", 20, 70)
    film.show("Good morning", 70 + pause, 100)
    assert refined(film, (20, 70)) == (20, 70)


def test_a_fade_ends_where_its_strokes_are_seen() -> None:
    film = Film(100, background=still(3)).show("Good morning", 20, 70, fade=4)
    start, end = refined(film, (20, 70))
    assert 20 <= start <= 22
    assert 68 <= end <= 70


def test_one_odd_frame_moves_nothing() -> None:
    film = Film(100).show("Good morning", 20, 24).show("Good morning", 25, 70).show("Good morning", 74, 75)
    assert refined(film, (22, 70)) == (20, 70)


def test_where_nothing_changes_the_guess_stays() -> None:
    film = Film(60).show("Good morning", 0, 60)
    strokes = film.strokes()
    own = ink(strokes.share(0, 60), film.reading_at(30))
    edge = refine_start(strokes, own, 20, 10, 30)
    assert (edge.frame, edge.contrast) == (20, 0)
    nothing = np.zeros_like(own)
    assert refine_end(strokes, nothing, 20, 10, 30).contrast == 0
    assert refine_end(strokes, own, 20, 20, 21).contrast == 0


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([0, 0, 1, 1], (2, 1.0)),
        ([0, 1], (1, 1.0)),
        ([0, 0, 0.5, 1, 1, 1], (3, 0.8333)),
        ([0, 0, 0.2, 0.8, 1, 1], (3, 0.8667)),
        ([0, 1, 0, 0, 1, 1, 1, 1], (4, 0.75)),
        ([1, 1, 0, 0], None),
        ([1, 1, 1], None),
        ([0.5], None),
        ([], None),
    ],
)
def test_best_step(levels: list[float], expected: tuple[int, float] | None) -> None:
    found = best_step(np.array(levels, dtype=np.float32))
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert found[0] == expected[0]
        assert found[1] == pytest.approx(expected[1], abs=0.001)


@given(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=20))
def test_no_other_step_fits_better(levels: list[float]) -> None:
    values = np.array(levels, dtype=np.float64)

    def error(place: int) -> float:
        return float(values[:place].var() * place + values[place:].var() * (len(values) - place))

    rising = [place for place in range(1, len(values)) if values[place:].mean() > values[:place].mean() + 1e-9]
    found = best_step(values.astype(np.float32))
    if found is not None and rising:
        assert error(found[0]) <= min(error(place) for place in rising) + 1e-5
