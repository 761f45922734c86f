"""Whether two neighbouring stretches show one and the same caption."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from caption_boundaries.captions.comparison import Look, resemblance, same_caption, same_letters
from caption_boundaries.captions.reading import Reading, ink
from caption_boundaries.types import Box, TextLine
from support.films import HEIGHT, WIDTH, Background, Film, plain, still


def look(
    text: str, background: Background, *, read_as: str | None = None, brief: bool = False, at: float = 0.5
) -> Look:
    """What is seen of a text, with an engine that may read something else."""
    film = Film(12, background=background).show(text, 0, 12, center=(at, 0.6))
    reading = film.reading_at(5, misread={text: read_as} if read_as else None)
    share = film.strokes().share(0, 12)
    return Look(reading, ink(share, reading), share, brief)


QUIET = (still(1), still(1))
CUT = (still(1), still(2))
BRIGHTER = (plain(60), plain(110))


@pytest.mark.parametrize("backgrounds", [QUIET, CUT, BRIGHTER], ids=["quiet", "cut", "brighter"])
@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("Good morning", "Good rnorning"),
        ("Good morning", "Good mornin9"),
        ("Where is the key?", "Where is tbe key?"),
        ("Good morning", "Gxqd mzrpjng"),
    ],
)
def test_a_misreading_is_the_same_caption(text: str, read_as: str, backgrounds: tuple[Background, Background]) -> None:
    assert same_caption(look(text, backgrounds[0]), look(text, backgrounds[1], read_as=read_as))
    assert same_caption(look(text, backgrounds[0], read_as=read_as), look(text, backgrounds[1]))


@pytest.mark.parametrize("backgrounds", [QUIET, CUT, BRIGHTER], ids=["quiet", "cut", "brighter"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Room 11", "Room 17"),
        ("It is 6:30.", "It is 6:38."),
        ("Go!", "No!"),
        ("I see him.", "I see them."),
        ("Good morning", "Where is the key?"),
        ("Oh", "Oh yes"),
        ("I see them now", "I see now them"),
    ],
)
def test_other_words_are_another_caption(first: str, second: str, backgrounds: tuple[Background, Background]) -> None:
    assert not same_caption(look(first, backgrounds[0]), look(second, backgrounds[1]))


def test_a_speck_read_over_a_new_background_is_no_letter() -> None:
    assert same_caption(look("Wait here", CUT[0]), look("Wait here", CUT[1], read_as="1Wait here"))


def test_a_brief_look_over_a_new_background_may_miss_letters() -> None:
    before = look("did not believe it", CUT[0], read_as="not believe it", brief=True)
    assert same_caption(before, look("did not believe it", CUT[1]))


def test_lines_in_other_places_are_other_lines() -> None:
    assert not same_caption(look("Hello", plain(60), at=0.2), look("Hallo", plain(60), at=0.8))


@pytest.mark.parametrize(("shows_second", "expected"), [(True, True), (False, False)])
def test_a_line_that_only_one_side_reads(shows_second: bool, expected: bool) -> None:
    film = Film(12).show("Good morning", 0, 12, center=(0.5, 0.3)).show("my friend", 0, 12, center=(0.5, 0.75))
    full = film.reading_at(5)
    share = film.strokes().share(0, 12)
    both = Look(full, ink(share, full), share)
    other = film if shows_second else Film(12).show("Good morning", 0, 12, center=(0.5, 0.3))
    first_only = Reading(tuple(line for line in full.lines if line.text != "my friend"), full.patch)
    other_share = other.strokes().share(0, 12)
    one = Look(first_only, ink(other_share, first_only), other_share)
    assert same_caption(both, one) is expected
    assert same_caption(one, both) is expected


def test_what_was_never_seen_resembles_nothing() -> None:
    line = TextLine(Box(0.2, 0.2, 0.8, 0.8), "x", 1.0)
    empty = np.zeros((HEIGHT, WIDTH))
    blind = Look(Reading((line,)), empty.astype(np.bool_), empty.astype(np.float32))
    assert resemblance(blind, look("Hello", plain(60)), (slice(10, 20), slice(10, 20))) == 0


def test_the_same_flat_place_resembles_itself() -> None:
    one = look("Hello", plain(60))
    patch = one.reading.patch
    assert patch is not None
    corner = slice(patch.rows.start, patch.rows.start + 3), slice(patch.columns.start, patch.columns.start + 3)
    assert resemblance(one, look("Hello", plain(90)), corner) == 1


@pytest.mark.parametrize(
    ("second", "backgrounds", "same"),
    [
        ("Room 11", QUIET, True),
        ("Room 11", CUT, True),
        ("Room 11", BRIGHTER, True),
        ("Room 17", QUIET, False),
        ("Room 17", BRIGHTER, False),
        ("Room 17", CUT, True),
    ],
    ids=["quiet", "cut", "brighter", "a letter", "a letter, brighter", "a letter, and the reading is believed"],
)
def test_letters_tell_what_the_reading_does_not(
    second: str, backgrounds: tuple[Background, Background], *, same: bool
) -> None:
    before, after = look("Room 11", backgrounds[0]), look(second, backgrounds[1], read_as="Room 11")
    assert same_letters(before, after) == same


def test_letters_without_strokes_tell_nothing() -> None:
    before = look("Room 11", plain(60))
    nothing = np.zeros_like(before.ink)
    blind = replace(before, ink=nothing)
    assert same_letters(blind, blind)
    assert not same_letters(before, look("Room 11", plain(60), at=0.2)), "another line"
