"""Which of the lines that were read are the caption's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from caption_boundaries.captions.lines import Scale, caption_lines
from caption_boundaries.captions.reading import Reading
from caption_boundaries.types import Anchor, Box, TextLine

SCALE = Scale(line_heights=(0.3,), aspect=6.0, anchor="center")


def line(
    text: str,
    *,
    x: float = 0.5,
    y: float = 0.7,
    height: float = 0.3,
    confidence: float = 0.98,
    anchor: Anchor = "center",
) -> TextLine:
    width = 0.02 * len(text) + 0.02
    left = {"left": x, "center": x - width / 2, "right": x - width}[anchor]
    return TextLine(Box(left, y - height / 2, left + width, y + height / 2), text, confidence)


def kept(*readings: list[TextLine], scale: Scale = SCALE, durations: list[float] | None = None) -> list[list[str]]:
    values = [Reading(tuple(lines)) for lines in readings]
    result = caption_lines(values, durations or [1.0] * len(values), scale)
    return [[item.text for item in reading.lines] for reading in result]


def test_captions_are_kept() -> None:
    assert kept([line("Good morning")], [], [line("Where is it?"), line("Here.", y=0.3)]) == [
        ["Good morning"],
        [],
        ["Where is it?", "Here."],
    ]


@pytest.mark.parametrize(("height", "stays"), [(0.1, False), (0.16, True), (0.3, True), (0.58, True), (0.65, False)])
def test_lines_of_another_size_are_dropped(height: float, stays: bool) -> None:
    assert kept([line("Good morning", height=height)]) == [["Good morning"] if stays else []]


def test_every_region_has_its_own_size() -> None:
    scale = replace(SCALE, line_heights=(0.3, 0.12))
    assert kept([line("我要去杂货店"), line("I am going.", height=0.12, y=0.9)], scale=scale) == [
        ["我要去杂货店", "I am going."]
    ]


def test_a_logo_is_dropped_wherever_it_is_read() -> None:
    logo = line("CHANNEL 5", x=0.9)
    speech = [f"Sentence number {i}." for i in range(8)]
    assert kept(*[[line(text), logo] for text in speech], [logo]) == [[text] for text in speech] + [[]]


def test_a_logo_may_be_misread_now_and_then() -> None:
    spellings = ["CHANNEL 5", "CHANNEL S", "CHANNEL 5", "CHANNEI 5", "CHANNEL 5", "CHANNEL 5", "CHANNEL"]
    assert kept(*[[line(text, x=0.9)] for text in spellings]) == [[] for _ in spellings]


@pytest.mark.parametrize(
    ("times", "stays"),
    [
        (["12:59:58", "12:59:59", "13:00:01"], False),
        (["42:41", "42.52", "42:41"], False),
        (["22:", "22:5", "22:"], False),
        (["7:30."] * 3, True),
        (["1.", "2.", "3."], True),
    ],
    ids=["hours", "cut off before", "cut off behind", "a caption that says when", "numbers"],
)
def test_a_clock_is_no_caption(times: list[str], *, stays: bool) -> None:
    readings = [[line(time)] for time in times]
    assert kept(*readings, [line("Good morning")]) == [*([[time] if stays else [] for time in times]), ["Good morning"]]


def test_times_that_are_said_in_several_places_are_captions() -> None:
    readings = [[line("7:30", y=0.3)], [line("8:30", y=0.7)]]
    assert kept(*readings) == [["7:30"], ["8:30"]]


def test_a_caption_that_is_shown_for_long_is_no_logo() -> None:
    assert kept([line("Good morning")], [line("Where is it?")], durations=[50.0, 2.0]) == [
        ["Good morning"],
        ["Where is it?"],
    ]


def test_a_caption_that_fills_half_of_a_short_video_is_no_logo() -> None:
    """A restless background cuts it into many stretches, but it comes once and goes once."""
    shown = [[line("Good morning")] for _ in range(8)]
    assert kept([], [], *shown, [], [line("Bye.")]) == [[], [], *[["Good morning"]] * 8, [], ["Bye."]]
    assert kept(*shown, []) == [[]] * 9, "what is there almost throughout is a logo"


def test_a_caption_that_comes_again_in_a_short_video_is_no_logo() -> None:
    shown = [[line("Good morning")] for _ in range(4)]
    assert kept(*shown, [], [], *shown, []) == [*[["Good morning"]] * 4, [], [], *[["Good morning"]] * 4, []]


def test_words_that_are_said_again_and_again_are_no_logo() -> None:
    readings = [[line("No.")] if i % 2 else [line(f"Sentence number {i}.")] for i in range(20)]
    assert kept(*readings, durations=[1.0 if i % 2 else 2.0 for i in range(20)])[1] == ["No."]


@pytest.mark.parametrize(
    ("caption", "logo", "lines"),
    [
        ([0.01, *[0.99] * 9], False, ["Good morning", "all of you"]),
        ([0.01, *[0.6] * 9], False, []),
        ([0.99] * 10, True, []),
        ([], False, []),
    ],
    ids=["a detector sees one", "it is not sure", "it is always there", "nobody knows"],
)
def test_a_caption_that_fills_a_short_video_is_no_logo_where_a_detector_sees_it(
    caption: list[float], *, logo: bool, lines: list[str]
) -> None:
    shown = [Reading((line("Good morning", y=0.3), line("all of you"))) for _ in range(9)]
    readings = [shown[0] if logo else Reading(()), *shown]
    found = caption_lines(readings, [1.0] * 10, SCALE, caption)
    assert [item.text for item in found[-1].lines] == lines


def test_a_logo_that_comes_late_stays_one_while_captions_are_read_beside_it() -> None:
    logo = line("CHANNEL 5", x=0.9)
    readings = [Reading(()), *(Reading((line(f"Sentence number {i}."), logo)) for i in range(8))]
    found = caption_lines(readings, [1.0] * 9, SCALE, [0.01, *[0.99] * 8])
    assert [[item.text for item in reading.lines] for reading in found[1:]] == [
        [f"Sentence number {i}."] for i in range(8)
    ]


@pytest.mark.parametrize("anchor", ["left", "center", "right"])
def test_specks_far_from_where_captions_stand_are_dropped(anchor: Anchor) -> None:
    place = {"left": 0.1, "center": 0.5, "right": 0.9}[anchor]
    speech = [line("Good morning", x=place, anchor=anchor), line("Where is the key?", x=place, anchor=anchor)]
    speck = line("s", x=0.3 if anchor == "right" else 0.8, confidence=0.7)
    scale = replace(SCALE, anchor=anchor)
    assert kept([speech[0]], [speech[1], speck], [line("Oh", x=place, anchor=anchor)], scale=scale) == [
        ["Good morning"],
        ["Where is the key?"],
        ["Oh"],
    ]


def test_lines_in_a_script_that_the_engine_cannot_read_are_kept() -> None:
    lines = [TextLine(Box(0.3, 0.6, 0.7, 0.9), sign, 0.95) for sign in ".,.:.?.!"]
    assert kept(*[[line] for line in lines]) == [[line.text] for line in lines], "neither a logo nor specks"
    assert kept([line("Good morning")], [TextLine(Box(0.85, 0.6, 0.9, 0.9), ".", 0.95)])[1] == [], "a speck is small"


def test_a_longer_line_elsewhere_is_kept() -> None:
    assert kept([line("Good morning")], [line("Over there!", x=0.2)]) == [["Good morning"], ["Over there!"]]


def test_without_a_sure_line_nothing_is_far() -> None:
    assert kept([line("s", x=0.9, confidence=0.6)]) == [["s"]]


SPEECH = ["We have measured it.", "The result is clear.", "Nothing has changed.", "Really?", "Since last year.", "Ah."]


def test_a_plate_with_a_name_is_no_caption() -> None:
    plate = line("Dr. Anna Weber", x=0.2, y=0.3)
    readings = [[line(text)] for text in SPEECH]
    assert kept(*readings, [plate], [plate, line("And now?")]) == [[text] for text in SPEECH] + [[], ["And now?"]]


KNOWN = replace(SCALE, place=0.5)
"""As the layout was found from the whole video."""


@pytest.mark.parametrize(
    ("scale", "spoken", "plate_stays"),
    [(SCALE, 2, True), (KNOWN, 2, False), (KNOWN, 1, True), (replace(KNOWN, spread=2.0), 2, True)],
    ids=["unknown", "the layout says where", "too few bear it out", "captions are spread"],
)
def test_few_captions_suffice_where_the_layout_says_where_they_stand(
    scale: Scale, spoken: int, *, plate_stays: bool
) -> None:
    plate = line("Dr. Anna Weber", x=0.2, y=0.3)
    readings = [[line(text)] for text in SPEECH[:spoken]]
    assert kept(*readings, [plate], scale=scale)[-1] == ([plate.text] if plate_stays else [])


def test_captions_that_stand_elsewhere_than_the_layout_says_are_kept() -> None:
    readings = [[line(text, x=0.2)] for text in SPEECH]
    assert kept(*readings, scale=KNOWN) == [[text] for text in SPEECH]


def test_two_speakers_below_each_other_are_both_kept() -> None:
    both = [line("- Who has been here today?", y=0.4), line("- Me.", x=0.285, y=0.7)]
    assert kept(*[[line(text)] for text in SPEECH], both)[-1] == [item.text for item in both]


def test_where_captions_stand_anywhere_none_is_an_aside() -> None:
    places = [0.2, 0.5, 0.8, 0.35, 0.65, 0.5]
    assert kept(*[[line(text, x=x)] for text, x in zip(SPEECH[:3] * 2, places, strict=True)]) == [
        [text] for text in SPEECH[:3] * 2
    ]


@pytest.mark.parametrize(
    ("text", "y", "confidence", "stays"),
    [
        ("No!", 0.7, 0.97, True),
        ("No!", 0.83, 0.97, True),
        ("No!", 0.7, 0.8, True),
        ("新", 0.83, 0.87, False),
        ("a", 0.7, 0.55, False),
        ("and so on", 0.83, 0.7, True),
    ],
)
def test_specks_off_the_captions_level_are_dropped(text: str, y: float, confidence: float, *, stays: bool) -> None:
    readings = [[line(spoken)] for spoken in SPEECH]
    assert kept(*readings, [line(text, y=y, confidence=confidence)])[-1] == ([text] if stays else [])
