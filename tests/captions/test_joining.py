"""From stretches with their readings to captions with exact extents."""

from __future__ import annotations

from dataclasses import replace

import pytest

from caption_boundaries.captions.belief import Hints
from caption_boundaries.captions.changes import find_changes
from caption_boundaries.captions.extents import TimedText, time_captions
from caption_boundaries.captions.joining import Group, join
from caption_boundaries.captions.reading import Reading
from caption_boundaries.types import Box, TextLine
from support.films import Background, Film, cuts_at, drifting, plain, still


def captions_of(film: Film, *, misread: dict[int, str] | None = None, blind: tuple[int, ...] = ()) -> list[TimedText]:
    """The captions that are found, with an engine that reads something else, or nothing, in some stretches."""
    strokes = film.strokes()
    stretches = film.segments([change.frame for change in find_changes(strokes)])
    readings = []
    for number, stretch in enumerate(stretches):
        middle = (stretch.first + stretch.stop) // 2
        wrong = {item.text: misread[number] for item in film.shown} if misread and number in misread else None
        readings.append(Reading(()) if number in blind else film.reading_at(middle, misread=wrong))
    return time_captions(strokes, join(strokes, stretches, readings))


def extents(captions: list[TimedText]) -> list[tuple[str, int, int]]:
    return [(caption.text, caption.first, caption.stop) for caption in captions]


BACKGROUNDS = {"plain": plain(60), "bright": plain(225), "still": still(1), "drifting": drifting(2)}


@pytest.mark.parametrize("background", BACKGROUNDS.values(), ids=BACKGROUNDS.keys())
def test_captions_are_found_to_the_frame(background: Background) -> None:
    film = Film(160, background=background)
    film.show("Good morning", 12, 40).show("Where is the key?", 40, 75).show("It was here.", 78, 110)
    film.show("Nobody saw it.", 130, 160)
    found = captions_of(film)
    assert extents(found) == [
        ("Good morning", 12, 40),
        ("Where is the key?", 40, 75),
        ("It was here.", 78, 110),
        ("Nobody saw it.", 130, 160),
    ]
    assert min(caption.boundary_confidence for caption in found) > 0.6
    assert min(caption.text_confidence for caption in found) > 0.9


@pytest.mark.parametrize("cut", [14, 25, 38, 41, 60])
def test_cuts_of_the_scene_split_nothing(cut: int) -> None:
    film = Film(90, background=cuts_at(cut, still(1), still(2)))
    film.show("Good morning", 12, 40).show("Where is the key?", 40, 75)
    assert extents(captions_of(film)) == [("Good morning", 12, 40), ("Where is the key?", 40, 75)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Room 11", "Room 17"),
        ("Yes.", "Yes!"),
        ("It is 6:30.", "It is 6:35."),
        ("I see him.", "I see them."),
        ("O", "I"),
    ],
)
@pytest.mark.parametrize("background", [plain(60), still(3)], ids=["plain", "still"])
def test_neighbours_that_differ_in_a_letter_are_two(first: str, second: str, background: Background) -> None:
    film = Film(90, background=background).show(first, 10, 40).show(second, 40, 80)
    assert extents(captions_of(film)) == [(first, 10, 40), (second, 40, 80)]


@pytest.mark.parametrize("pause", [3, 5])
def test_the_same_words_after_a_pause_are_two(pause: int) -> None:
    film = Film(90).show("Good morning", 10, 40).show("Good morning", 40 + pause, 80)
    assert extents(captions_of(film)) == [("Good morning", 10, 40), ("Good morning", 40 + pause, 80)]


@pytest.mark.parametrize("wrong", ["Good mornlng", "Good morning!", "Gcod morning", "'Good morning"])
def test_a_misreading_after_a_cut_is_no_other_caption(wrong: str) -> None:
    film = Film(90, background=cuts_at(50, plain(60), plain(90))).show("Good morning", 10, 80)
    film.background = cuts_at(50, still(1), still(2))
    found = captions_of(film, misread={2: wrong})
    assert len(found) == 1
    assert (found[0].first, found[0].stop) == (10, 80)


@pytest.mark.parametrize(
    ("second", "parted", "captions"),
    [("Room 17", {40}, 2), ("Room 17", set(), 1), ("Room 17", {10, 80}, 1), ("Room 11", {40}, 1)],
    ids=["known", "unknown", "known elsewhere", "but it looks the same"],
)
def test_captions_that_read_the_same_are_two_where_that_is_known(second: str, parted: set[int], captions: int) -> None:
    film = Film(90).show("Room 11", 10, 40).show(second, 40, 80)
    strokes, segments = film.strokes(), film.segments([10, 40, 80])
    readings = film.readings(segments)
    lines = tuple(replace(line, text="Room 11") for line in readings[2].lines)
    readings[2] = replace(readings[2], lines=lines)
    groups = [group for group in join(strokes, segments, readings, Hints(parted=parted)) if group.has_text]
    assert len(groups) == captions
    assert (groups[0].first, groups[-1].stop) == (10, 80)


@pytest.mark.parametrize(("united", "captions"), [((), 2), ((40,), 1), ((10, 80), 2)], ids=["", "there", "elsewhere"])
def test_what_is_misread_where_nothing_changes_is_no_other_caption(united: tuple[int, ...], captions: int) -> None:
    film = Film(90).show("Good morning", 10, 40).show("Goo@ momning", 40, 80)
    strokes, segments = film.strokes(), film.segments([10, 40, 80])
    groups = join(strokes, segments, film.readings(segments), Hints(united=united))
    shown = [group for group in groups if group.has_text]
    assert len(shown) == captions
    assert (shown[0].first, shown[-1].stop) == (10, 80), "a pause is no caption, whatever is known"


@pytest.mark.parametrize(
    ("confidence", "cut", "captions"),
    [(0.97, True, 1), (0.97, False, 1), (0.7, True, 2)],
    ids=["the scene is cut", "nothing changes", "read without being sure"],
)
def test_a_cut_of_the_scene_is_no_other_caption(confidence: float, *, cut: bool, captions: int) -> None:
    film = Film(90).show("Good morning", 10, 80)
    film.background = cuts_at(40, still(1), still(2)) if cut else plain(60)
    strokes, segments = film.strokes(), film.segments([10, 40, 80])
    readings = [
        replace(reading, lines=tuple(replace(line, confidence=confidence) for line in reading.lines))
        for reading in film.readings(segments)
    ]
    groups = join(strokes, segments, readings, Hints(parted={40}))
    assert len([group for group in groups if group.has_text]) == captions


@pytest.mark.parametrize(
    ("second", "hints", "captions"),
    [
        ("GARDEN", Hints(likely_united={40}), 1),
        ("GARDEN", Hints(), 2),
        ("GARDEN", Hints(likely_united={10}), 2),
        ("ON", Hints(likely_united={40}), 2),
    ],
    ids=["a plate comes", "nobody knows", "known elsewhere", "too few letters to tell"],
)
def test_a_caption_that_a_plate_joins_stays_one(second: str, hints: Hints, captions: int) -> None:
    film = Film(90).show("Good morning", 10, 80, center=(0.65, 0.62)).show(second, 40, 80, center=(0.15, 0.62))
    strokes, segments = film.strokes(), film.segments([10, 40, 80])
    groups = [group for group in join(strokes, segments, film.readings(segments), hints) if group.has_text]
    assert len(groups) == captions
    assert (groups[0].first, groups[-1].stop) == (10, 80)


@pytest.mark.parametrize(
    ("until", "hints", "first"),
    [(40, Hints(), 0), (40, Hints(coming={40}), 40), (40, Hints(coming={80}), 0), (3, Hints(coming={3}), 0)],
    ids=["nobody knows", "it comes", "it goes elsewhere", "unread for a moment"],
)
def test_a_pause_with_the_strokes_of_the_caption_is_one_where_that_is_known(
    until: int, hints: Hints, first: int
) -> None:
    """As where the background happens to have strokes wherever a short text has."""
    film = Film(90).show("Good morning", 0, 80)
    strokes, segments = film.strokes(), film.segments([until, 80])
    readings = [Reading(()), *film.readings(segments)[1:]]
    (group,) = [group for group in join(strokes, segments, readings, hints) if group.has_text]
    assert (group.first, group.stop) == (first, 80)


@pytest.mark.parametrize(
    ("text", "confidence", "hints", "captions"),
    [
        ("Gqqd mornlng!?", 0.8, Hints(likely_united={40}), 1),
        ("Gqqd mornlng!?", 0.97, Hints(likely_united={40}), 2),
        ("Where is it?", 0.8, Hints(likely_united={40}), 2),
        ("Gqqd mornlng!?", 0.8, Hints(), 2),
    ],
    ids=["unsure and alike", "sure", "not alike", "nobody knows"],
)
def test_what_may_be_misread_is_one_where_that_is_likely(
    text: str, confidence: float, hints: Hints, captions: int
) -> None:
    film = Film(90).show("Good morning", 10, 40).show("Gocd m0nning", 40, 80)
    strokes, segments = film.strokes(), film.segments([10, 40, 80])
    readings = film.readings(segments)
    lines = tuple(replace(line, text=text, confidence=confidence) for line in readings[2].lines)
    readings[2] = replace(readings[2], lines=lines)
    groups = join(strokes, segments, readings, hints)
    assert len([group for group in groups if group.has_text]) == captions


def test_another_caption_with_more_text_is_none_that_a_plate_joined() -> None:
    film = Film(90).show("Good morning", 10, 40).show("Where is the key, then?", 40, 80)
    strokes, segments = film.strokes(), film.segments([10, 40, 80])
    groups = join(strokes, segments, film.readings(segments), Hints(likely_united={40}))
    assert len([group for group in groups if group.has_text]) == 2


@pytest.mark.parametrize(
    ("until", "lasting", "captions"),
    [(14, {14}, 1), (14, {10, 80}, 2), (30, {30}, 2)],
    ids=["coming", "not known to", "too long for that"],
)
def test_what_is_misread_while_a_caption_comes_is_none_of_its_own(until: int, lasting: set[int], captions: int) -> None:
    film = Film(90).show("Goo@ momning", 10, until).show("Good morning", until, 80)
    strokes, segments = film.strokes(), film.segments([10, until, 80])
    groups = join(strokes, segments, film.readings(segments), Hints(lasting=lasting))
    assert len([group for group in groups if group.has_text]) == captions


@pytest.mark.parametrize(
    ("part", "until", "captions"),
    [("morn", 14, 1), ("morn", 30, 2), ("noon", 14, 2)],
    ids=["coming", "too long for that", "something else"],
)
def test_a_caption_that_is_only_partly_there_is_none_of_its_own(part: str, until: int, captions: int) -> None:
    film = Film(90).show(part, 10, until).show("Good morning", until, 80)
    strokes, segments = film.strokes(), film.segments([10, until, 80])
    groups = [group for group in join(strokes, segments, film.readings(segments)) if group.has_text]
    assert len(groups) == captions
    assert (groups[0].first, groups[-1].stop) == (10, 80)


def test_the_reading_of_most_frames_is_taken() -> None:
    film = Film(120, background=cuts_at(30, still(1), still(2))).show("Good morning", 10, 110)
    assert captions_of(film, misread={1: "Good mornlng"})[0].text == "Good morning"


def test_disagreement_lowers_the_confidence_of_the_text() -> None:
    film = Film(120, background=cuts_at(60, still(1), still(2))).show("Good morning", 10, 110)
    sure, torn = captions_of(film)[0], captions_of(film, misread={1: "Good mornlng"})[0]
    assert torn.text_confidence < sure.text_confidence


def test_a_stretch_in_which_nothing_was_read_belongs_to_its_caption() -> None:
    film = Film(120, background=cuts_at(60, still(1), still(2))).show("Good morning", 10, 110)
    assert extents(captions_of(film, blind=(2,))) == [("Good morning", 10, 110)]
    assert extents(captions_of(film, blind=(1,))) == [("Good morning", 10, 110)]


def test_a_second_line_that_comes_later_makes_another_caption() -> None:
    film = Film(120).show("Good morning", 10, 50, center=(0.5, 0.3))
    film.show("Good morning", 50, 90, center=(0.5, 0.3)).show("my friend", 50, 90, center=(0.5, 0.75))
    assert extents(captions_of(film)) == [("Good morning", 10, 50), ("Good morning\nmy friend", 50, 90)]


def test_a_caption_may_fill_the_whole_video() -> None:
    found = captions_of(Film(60).show("Good morning", 0, 60))
    assert extents(found) == [("Good morning", 0, 60)]
    assert found[0].boundary_confidence == 1


def test_a_caption_may_begin_just_after_the_start_and_end_just_before_the_end() -> None:
    film = Film(90).show("Good morning", 2, 88)
    assert extents(captions_of(film)) == [("Good morning", 2, 88)]


def test_no_captions() -> None:
    assert captions_of(Film(60, background=drifting(1))) == []


def test_what_reads_badly_and_neither_comes_nor_goes_is_no_caption() -> None:
    film = Film(60, background=still(1))
    strokes = film.strokes()
    line = TextLine(Box(0.4, 0.4, 0.6, 0.8), "zs", 0.6)
    stretches = film.segments([20, 40])
    readings = [Reading(()), Reading((line,)), Reading(())]
    assert time_captions(strokes, join(strokes, stretches, readings)) == []


def test_the_vote_weighs_confidence_and_length() -> None:
    def reading(text: str, confidence: float) -> Reading:
        return Reading((TextLine(Box(0, 0, 1, 1), text, confidence),))

    votes = [(reading("one", 0.9), 20), (reading("two", 0.99), 4), (reading("one", 0.8), 4), (Reading(()), 30)]
    text, confidence = Group(0, 58, votes[0][0], votes).text()
    assert text == "one"
    assert 0.5 * 0.9 < confidence < 0.9
