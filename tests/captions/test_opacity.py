"""How much of a fading caption is there is seen from pictures ten times a second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caption_boundaries.captions.belief import Belief
from caption_boundaries.captions.detector import CaptionPictures, Detection
from caption_boundaries.captions.extents import time_captions
from caption_boundaries.captions.fading import fit_opacities, with_edges
from caption_boundaries.captions.joining import join
from caption_boundaries.captions.opacity import MOST_NOISE, PICTURES_KEPT, Lumas, Opacities, opacities
from caption_boundaries.captions.reading import ink
from caption_boundaries.captions.strokes import StrokeMasks
from caption_boundaries.media.jpeg import encode_jpeg
from caption_boundaries.types import DIFFERENT, SAME, Region
from support.films import REGIONS, Background, Film, cuts_at, drifting, plain, still

EVERY = 2.4
"""Source frames from one picture to the next: 24 frames and 10 pictures a second."""


@dataclass
class FilmPictures:
    """The pictures of a film at ten indices a second, as JPEG; see `CaptionPictures`."""

    film: Film
    strokes: StrokeMasks
    rate_hz: float = 10.0
    regions: Sequence[Region] = REGIONS
    loaded: list[int] = field(default_factory=list)

    @property
    def indices(self) -> np.ndarray:
        return np.arange(int(self.film.frames / EVERY))

    def jpegs(self, indices: Sequence[int]) -> Iterator[bytes]:
        shown = self.strokes.shown_at(np.array(indices), self.rate_hz)
        for index, frame in zip(indices, shown.tolist(), strict=True):
            self.loaded.append(index)
            yield encode_jpeg(self.film.rgb(frame), 90)


def pictures_of(film: Film) -> FilmPictures:
    pictures = FilmPictures(film, film.strokes())
    checked: CaptionPictures = pictures
    assert checked is pictures
    return pictures


def seen(film: Film, place: int) -> Opacities | None:
    """Return how much of a film's first caption its pictures show; it begins at about ``place``."""
    pictures = pictures_of(film)
    reading, share = film.reading_at(40), pictures.strokes.share(30, 50)
    return opacities(Lumas(pictures).between(0, 60), with_edges(ink(share, reading)), place)


@pytest.mark.parametrize("background", [plain(60), still(3), drifting(2, contrast=30)], ids=["plain", "still", "moves"])
@pytest.mark.parametrize("fade", [0, 4, 8])
def test_pictures_show_how_much_is_there(fade: int, background: Background) -> None:
    film = Film(100, background=background).show("Good morning", 20 - fade // 2, 90, fade=fade)
    found = seen(film, 20)
    assert found is not None
    true = np.array([film.shown[0].strength(frame) for frame in found.rows.tolist()])
    assert np.abs(found.values - true).max() < 0.15
    assert found.noise < MOST_NOISE


def drawn(changes: Sequence[float], *, text: int) -> list[tuple[int, np.ndarray]]:
    """Return pictures of a text that is there by so much; ``text``: by how many steps of luma it stands out."""
    shape = np.arange(64).reshape(8, 8) % 2
    return [(2 * row, (100 + shape * text * share).astype(np.uint8)) for row, share in enumerate(changes)]


@pytest.mark.parametrize(
    ("changes", "text", "place", "tells"),
    [
        ([0, 0, 0, 0, 0.5, 1, 1, 1, 1], 100, 8, True),
        ([0, 0, 0, 0, 0.5, 1, 1, 1, 1], 8, 8, False),
        ([0, 0, 0, 0, 0.5, 1, 1, 1, 1], 100, 4, False),
        ([0, 0, 0, 0, 0.5, 1, 1, 1, 1], 100, 13, False),
        ([0.7, 0, 0.6, 0, 0.5, 1, 1, 0.3, 1], 100, 9, False),
    ],
    ids=["a fade", "hardly anything changes", "nothing outside", "nothing inside", "it changes all the time"],
)
def test_what_pictures_cannot_tell_is_not_said(changes: list[float], text: int, place: int, *, tells: bool) -> None:
    found = opacities(drawn(changes, text=text), np.ones((8, 8), np.bool_), place)
    assert (found is not None) == tells
    assert opacities(drawn(changes, text=text), np.zeros((8, 8), np.bool_), place) is None, "it has no strokes"


def test_a_picture_is_loaded_once_while_neighbours_look_at_it() -> None:
    pictures = pictures_of(Film(100).show("Good morning", 20, 90))
    lumas = Lumas(pictures)
    assert [frame for frame, _ in lumas.between(10, 20)] == [12, 14, 16, 19]
    lumas.between(12, 20)
    assert pictures.loaded == [5, 6, 7, 8]
    assert lumas.between(37, 38) == []


def test_few_pictures_are_kept() -> None:
    pictures = pictures_of(Film(200))
    lumas = Lumas(pictures)
    for frame in range(0, 200, 10):
        lumas.between(frame, frame + 10)
    first = list(pictures.loaded)
    lumas.between(0, 10)
    assert len(first) > PICTURES_KEPT
    assert len(pictures.loaded) == len(first) + 5


def extents(film: Film, cuts: list[int], *, look: bool) -> list[tuple[int, int]]:
    pictures = pictures_of(film)
    segments = film.segments(cuts)
    groups = join(pictures.strokes, segments, film.readings(segments))
    lumas = Lumas(pictures) if look else None
    return [(item.first, item.stop) for item in time_captions(pictures.strokes, groups, None, lumas)]


@pytest.mark.parametrize("background", [plain(60), still(3), drifting(2, contrast=30)], ids=["plain", "still", "moves"])
@pytest.mark.parametrize("first", range(20, 25))
@pytest.mark.parametrize("fade", [4, 6, 8])
def test_fades_of_high_contrast_are_timed(fade: int, first: int, background: Background) -> None:
    """All strokes of white text on a dark ground are there on the first frame of a fade."""
    film = Film(110, background=background).show("Good morning", first - fade // 2, 80 + fade // 2, fade=fade)
    ((start, stop),) = extents(film, [first - fade // 2, 80 + fade // 2], look=True)
    assert abs(start - first) <= 1
    assert abs(stop - 80) <= 1


def test_the_strokes_alone_do_not_suffice_for_that() -> None:
    film = Film(110, background=plain(0)).show("Good morning", 16, 84, fade=8)
    assert extents(film, [16, 84], look=False) == [(18, 82)]
    assert extents(film, [16, 84], look=True) == [(20, 80)]


@pytest.mark.parametrize("background", [plain(60), still(3), drifting(2), cuts_at(26, still(1), still(2))])
@pytest.mark.parametrize("first", range(20, 25))
def test_hard_cuts_stay_where_the_strokes_say(first: int, background: Background) -> None:
    film = Film(110, background=background).show("Good morning", first, 80)
    assert extents(film, [first, 80], look=True) == extents(film, [first, 80], look=False) == [(first, 80)]


@given(
    place=st.integers(14, 22),
    fade=st.sampled_from([6, 8]),
    error=st.integers(0, 3),
    phase=st.floats(0, 2.4),
    seed=st.integers(0, 2**32 - 1),
)
@settings(deadline=None)
def test_noise_moves_a_fade_by_a_frame_at_most(place: int, fade: int, error: int, phase: float, seed: int) -> None:
    def there(rows: np.ndarray) -> np.ndarray:
        return np.clip((rows - place + fade / 2 + 1) / (fade + 1), 0, 1)

    rows = np.arange(phase, 40, EVERY).astype(np.int64)
    noise = np.random.default_rng(seed).uniform(-0.05, 0.05, len(rows))
    # Strong strokes are all there from the first frame of the fade on.
    levels = (there(np.arange(40)) > 0).astype(np.float32)
    found = fit_opacities(Opacities(rows, there(rows) + noise, 0.06), levels, place - fade // 2 + error)
    assert found is not None
    assert abs(found[0] - place) <= 1


def test_a_scene_that_is_cut_just_outside_is_no_fade() -> None:
    """Until the cut its own strokes look a little like the caption."""
    rows = np.arange(0, 40, 3)
    levels = np.where(np.arange(40) >= 20, 1.0, np.where(np.arange(40) >= 13, 0.6, 0.1)).astype(np.float32)
    values = np.where(rows >= 20, 1.0, np.where(rows >= 13, 0.4, 0.0))
    assert fit_opacities(Opacities(rows, values, 0.06), levels, 20) is None


def test_where_a_hard_cut_fits_as_well_it_is_no_fade() -> None:
    rows = np.arange(0, 40, 2)
    levels = (np.arange(40) >= 20).astype(np.float32)
    assert fit_opacities(Opacities(rows, (rows >= 20).astype(float), 0.06), levels, 20) is None


@pytest.mark.parametrize(("changes", "captions"), [(1.0, 2), (2.0, 3), (None, 2)], ids=["one", "two", "nobody knows"])
def test_what_is_read_for_sure_while_captions_fade_into_each_other_is_none(
    changes: float | None, captions: int
) -> None:
    film = Film(110, background=plain(30)).show("Where is the key?", 5, 50, fade=8).show("It is here.", 42, 100, fade=8)
    pictures = pictures_of(film)
    segments = film.segments([5, 43, 49, 100])
    readings = film.readings(segments)
    both = Film(110, background=plain(30)).show("Where it is here?", 40, 60).reading_at(46)
    readings[2] = both
    groups = join(pictures.strokes, segments, readings)
    belief = None if changes is None else becoming(changes, pictures)
    found = time_captions(pictures.strokes, groups, belief, Lumas(pictures))
    assert len(found) == captions
    if captions == 2:
        assert [abs(item.first - true) <= 1 for item, true in zip(found, (9, 46), strict=True)] == [True, True]


@pytest.mark.parametrize(("pair", "captions"), [(38, 2), (20, 3)], ids=["later", "at once"])
def test_what_changes_later_says_nothing_of_a_fade(pair: int, captions: int) -> None:
    """The caption that comes may well become another a second after it is there."""
    film = Film(180, background=plain(30)).show("Where is the key?", 5, 50, fade=8).show("It is here.", 42, 170, fade=8)
    pictures = pictures_of(film)
    segments = film.segments([5, 43, 49, 170])
    readings = film.readings(segments)
    both = Film(180, background=plain(30)).show("Where it is here?", 40, 60).reading_at(46)
    readings[2] = replace(both, lines=tuple(replace(line, confidence=0.96) for line in both.lines))
    groups = join(pictures.strokes, segments, readings)
    found = time_captions(pictures.strokes, groups, becoming(2, pictures, pairs=(17, pair)))
    assert len(found) == captions


def becoming(changes: float, pictures: FilmPictures, pairs: tuple[int, int] = (17, 20)) -> Belief:
    """Return the word of a detector that sees so many captions become others, usually around the 46th frame."""
    rows = np.tile(np.eye(5, dtype=np.float32)[SAME], (len(pictures.indices) - 1, 1))
    for pair in pairs[: int(changes)]:
        rows[pair, [SAME, DIFFERENT]] = 0, 1
    shown = pictures.strokes.shown_at(pictures.indices, pictures.rate_hz)
    return Belief(Detection(rows, None, np.full(len(pictures.indices), 0.99, np.float32)), shown)
