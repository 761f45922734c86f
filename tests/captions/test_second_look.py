"""Short captions that an engine overlooks are found by their strokes, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import pytest

from caption_boundaries.captions.decoding import Segment
from caption_boundaries.captions.lines import Scale
from caption_boundaries.captions.reading import Reading
from caption_boundaries.captions.second_look import look_again, overlooked, own_strokes, usual_levels
from caption_boundaries.captions.strokes import StrokeMasks
from caption_boundaries.media.jpeg import encode_jpeg
from caption_boundaries.recognition.engine import WHOLE_PICTURE
from caption_boundaries.types import Box, Region, RgbImage, TextLine
from support.films import HEIGHT, LINE, REGIONS, WIDTH, Film, cuts_at, still

SCALE = Scale(line_heights=(LINE / HEIGHT,), aspect=WIDTH / HEIGHT, anchor="center")
SPOKEN = [("Good morning", 0, 24), ("Where is the key?", 36, 60), ("Yes?", 72, 90), ("On the table.", 100, 124)]
CUTS = [24, 36, 60, 72, 90, 100, 124]


@dataclass
class Pictures:
    """The crops of a film, as the step stores them."""

    film: Film
    scale: Scale = SCALE
    regions: Sequence[Region] = REGIONS

    @property
    def strokes(self) -> StrokeMasks:
        return strokes_of(id(self.film))

    def jpegs(self, indices: Sequence[int]) -> Iterator[bytes]:
        return (encode_jpeg(self.film.rgb(index), 90) for index in indices)


@dataclass
class Reader:
    """Reads whatever it is shown as one text, and keeps what it was shown."""

    text: str = "Yes?"
    confidence: float = 0.97
    shown: list[tuple[int, ...]] = field(default_factory=list)
    name: str = "reader"
    version: str = "1"

    def settings(self) -> dict[str, str]:
        return {}

    def read(self, image: RgbImage) -> list[TextLine]:
        return []

    def read_line(self, image: RgbImage) -> TextLine | None:
        self.shown.append(image.shape)
        return TextLine(WHOLE_PICTURE, self.text, self.confidence)

    def read_lines(self, images: Sequence[RgbImage]) -> list[TextLine | None]:
        return [self.read_line(image) for image in images]


FILMS: dict[int, Film] = {}
"""The films by their identity: drawing one costs more than a test."""


def kept(made: Film) -> Film:
    return FILMS.setdefault(id(made), made)


@cache
def strokes_of(number: int) -> StrokeMasks:
    return FILMS[number].strokes()


@cache
def film() -> Film:
    made = Film(130, background=still(3, contrast=20))
    for text, first, stop in SPOKEN:
        made.show(text, first, stop)
    return kept(made)


def readings(made: Film, segments: list[Segment], *, overlooks: str = "Yes?") -> list[Reading]:
    return [Reading(()) if overlooks == reading.text else reading for reading in made.readings(segments)]


def test_a_short_caption_that_was_overlooked_is_read_where_its_strokes_are() -> None:
    made, reader = film(), Reader()
    segments = made.segments(CUTS)
    found = look_again(Pictures(made), segments, readings(made, segments), reader)
    assert [reading.text for reading in found] == [
        "Good morning",
        "",
        "Where is the key?",
        "",
        "Yes?",
        "",
        "On the table.",
        "",
    ]
    (line,) = found[4].lines
    assert line.box.center[0] == pytest.approx(0.5, abs=0.03)
    assert line.box.center[1] == pytest.approx(0.62, abs=0.05)
    assert line.box.width < 0.25
    assert found[4].patch is not None
    assert len(reader.shown) == 1, "the rest was not looked at again"


@pytest.mark.parametrize(
    ("text", "confidence", "taken"),
    [("Yes?", 0.9, True), ("Yes?", 0.8, False), ("?", 0.9, False), ("?", 0.97, True), ("好", 0.9, True)],
)
def test_what_is_hardly_read_is_something_in_the_scene(text: str, confidence: float, *, taken: bool) -> None:
    made = film()
    segments = made.segments(CUTS)
    found = look_again(Pictures(made), segments, readings(made, segments), Reader(text, confidence))
    assert found[4].text == (text if taken else "")


def test_engines_that_read_no_single_lines_are_not_asked() -> None:
    class Plain:
        name, version = "plain", "1"

        def settings(self) -> dict[str, str]:
            return {}

        def read(self, image: RgbImage) -> list[TextLine]:
            raise AssertionError("not asked")

    made = film()
    segments = made.segments(CUTS)
    old = readings(made, segments)
    assert look_again(Pictures(made), segments, old, Plain()) == old


def test_stretches_on_which_the_engine_failed_are_left_alone() -> None:
    made, reader = film(), Reader()
    segments = made.segments(CUTS)
    old = [Reading((), error="broken") if not item.lines else item for item in readings(made, segments)]
    assert look_again(Pictures(made), segments, old, reader) == old
    assert reader.shown == []


def test_a_caption_in_two_stretches_is_found_in_both() -> None:
    made, reader = film(), Reader()
    segments = made.segments(sorted([*CUTS, 81]))
    found = look_again(Pictures(made), segments, readings(made, segments), reader)
    assert [reading.text for reading in found[4:6]] == ["Yes?", "Yes?"]


def test_a_cut_to_another_scene_is_no_caption() -> None:
    made = kept(Film(90, background=cuts_at(60, still(1), still(2))))
    for text, first, stop in SPOKEN[:2]:
        made.show(text, first, stop)
    reader = Reader(confidence=0.6)
    segments = made.segments([24, 36, 60])
    old = readings(made, segments)
    assert look_again(Pictures(made), segments, old, reader) == old


def test_strokes_away_from_the_captions_level_are_not_looked_at() -> None:
    made, reader = kept(Film(100, background=still(3, contrast=20))), Reader()
    for text, first, stop in SPOKEN[:2]:
        made.show(text, first, stop)
    made.show("Yes?", 72, 90, center=(0.5, 0.15))
    segments = made.segments(CUTS[:5])
    assert look_again(Pictures(made), segments, readings(made, segments), reader)[4].text == ""
    assert reader.shown == []


def test_levels_are_where_sure_lines_stand_the_usual_one_first() -> None:
    def line(text: str, y: float, confidence: float = 0.99, height: float = 0.33) -> TextLine:
        return TextLine(Box(0.3, y - height / 2, 0.7, y + height / 2), text, confidence)

    values = [
        Reading((line("a line above", 0.3), line("another one below", 0.65))),
        Reading((line("and one more below", 0.66),)),
        Reading((line("and more above", 0.31), line("the last one", 0.64))),
        Reading((line("noise", 0.9, 0.7), line("tall", 0.45, height=0.9), line("x", 0.85))),
    ]
    assert [level.center for level in usual_levels(values, SCALE, REGIONS)] == pytest.approx([0.65, 0.305])
    assert usual_levels([], SCALE, REGIONS) == []


def test_a_line_that_was_read_is_not_found_again() -> None:
    made = film()
    segments = made.segments(CUTS)
    (line,) = made.reading_at(80).lines
    levels = usual_levels(readings(made, segments), SCALE, REGIONS)
    own = own_strokes(Pictures(made).strokes, segments, 4)
    assert own.any()
    assert list(overlooked(own, [line], levels, SCALE)) == []
    assert len(list(overlooked(own, [], levels, SCALE))) == 1
