"""Short videos, sampled closely: brief words, captions that are much alike, text that runs in, lines between levels."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from caption_boundaries.layout.analysis import LayoutAnalysis
from caption_boundaries.layout.lines import line_table, unread_lines
from caption_boundaries.layout.overlays import follow_each_other, sliding
from support.scenes import Scene, analyse


def scene_of(texts: list[str], *, stay: int = 2, every: int = 3, frames: int = 24) -> Scene:
    scene = Scene(frames=frames, step=4)
    scene.captions(texts, every=every, stay=stay)
    return scene


def inside(analysis: LayoutAnalysis) -> int:
    return sum(verdict.inside for verdict in analysis.verdicts)


@pytest.mark.parametrize(
    "texts",
    [
        ["Yes?", "Oh.", "No!", "Hm...", "Go!", "Why?"],
        ["好", "啊？", "不！", "什么", "嗯"],
        ["We have to leave now.", "Yes?", "Oh.", "No!", "Go!", "So?"],
    ],
    ids=["English", "Chinese", "one of them longer"],
)
def test_captions_of_a_word_each_are_captions(texts: list[str]) -> None:
    analysis = analyse(scene_of(texts))
    assert len(analysis.regions) == 1
    assert inside(analysis) == 2 * len(texts)


def test_letters_that_are_hardly_read_are_none() -> None:
    scene = Scene(frames=24, step=4)
    for frame, letter in zip(range(0, 24, 3), "lI1一-v8x", strict=True):
        scene.line(frame, letter, y=0.9, height=0.06, confidence=0.7)
    assert analyse(scene).regions == ()


ALIKE = [
    "I saw him.",
    "I saw her.",
    "I saw her!",
    "You saw her.",
    "We saw it.",
    "We saw it?",
    "We saw its",
    "We saw us.",
]


def test_captions_that_are_much_alike_are_no_logo() -> None:
    scene = Scene(frames=24, step=5)
    for number, text in enumerate(ALIKE):
        for frame in range(3 * number, 3 * number + 3):
            scene.line(frame, text, y=0.9, height=0.06)
    analysis = analyse(scene)
    assert len(analysis.regions) == 1
    assert inside(analysis) == 24


@pytest.mark.parametrize(
    ("texts", "follow"),
    [
        (["I saw him.", "I saw him.", "I saw her.", "I saw her.", "You saw her.", "You saw her."], True),
        (["CHANNEL"] * 6, False),
        (["CHANNEL", "CHANNEL", "CHANNFL", "CHANNEL", "CHANNEL", "CHANNEI", "CHANNEL"], False),
        (["CHANNEL", "CHANNFL", "CHAMNEL", "CHANNEI", "CHANNE1", "CHANHEL"], False),
        (["12:00:01", "12:00:01", "12:00:02", "12:00:02", "12:00:03", "12:00:03"], False),
        (["GOALS 1", "GOALS 1", "GOALS 2", "GOALS 2"], False),
    ],
    ids=["captions", "a logo", "misread now and then", "misread every time", "a clock", "a score"],
)
def test_only_captions_follow_each_other(texts: list[str], *, follow: bool) -> None:
    assert follow_each_other(texts) == follow


NEWS = "Markets close higher  +++  Rain expected in the north  +++  Team wins the cup again  +++  Roads closed"


def running_in(scene: Scene, *, per_frame: float) -> None:
    """A text that runs in from the right side, is cut off there, and then fills the row."""
    width = scene.text_width(NEWS, 0.05)
    for frame in range(scene.frames):
        left = 1.0 - (frame + 1) * per_frame
        shown = NEWS[max(0, round(-left / width * len(NEWS))) : max(0, round((1 - left) / width * len(NEWS)))]
        if shown.strip():
            scene.add(frame, shown, (max(0.0, left), 0.945, min(1.0, left + width), 0.995), jitter=0.02)


def test_a_text_that_runs_in_is_no_second_line() -> None:
    scene = scene_of([f"{word} of the captions" for word in ("One", "Another", "The last", "None", "Much")])
    captions = sum(map(len, scene.lines.values()))
    running_in(scene, per_frame=0.06)
    analysis = analyse(scene)
    assert inside(analysis) == captions
    assert analysis.regions[0].box.bottom < 0.96


@pytest.mark.parametrize(
    ("second", "slides"),
    [
        (("Markets close higher  +++  Rain ex", 0.5, 1.0), True),
        (("Something else altogether happens", 0.5, 1.0), False),
        (("Markets close higher", 0.7, 1.0), False),
    ],
    ids=["further in", "another text", "where it was"],
)
def test_what_is_cut_off_at_the_side_moves_when_the_common_part_does(
    second: tuple[str, float, float], *, slides: bool
) -> None:
    scene = Scene(frames=2, step=4)
    text, left, right = second
    scene.add(0, "Markets close higher", (0.7, 0.94, 1.0, 0.99), jitter=0)
    scene.add(1, text, (left, 0.94, right, 0.99), jitter=0)
    table = line_table(scene.lines, scene.width, scene.height, 10.0)
    assert sliding(table).tolist() == [slides, slides]


def test_double_lines_around_the_level_of_single_ones_are_all_captions() -> None:
    scene = Scene(frames=40, step=4)
    for number, text in enumerate(scene.speech(12, longest=5)):
        scene.line(3 * number, text, y=0.86, height=0.07)
    scene.line(37, "They say it will be open", y=0.825, height=0.07)
    scene.line(37, "again on Monday.", y=0.897, height=0.07)
    analysis = analyse(scene)
    assert inside(analysis) == 14
    assert analysis.diagnostics["coverage"] == 1.0
    assert analysis.regions[0].line_count == 2


def in_an_unknown_script(scene: Scene) -> None:
    for frame in range(2, 20, 3):
        scene.add(frame, "?", (0.35, 0.86, 0.65, 0.94), confidence=0.9)


def in_a_known_script(scene: Scene) -> None:
    scene.captions(["Good morning", "Yes?", "I", "好", "Where is the key?"], every=3)


@pytest.mark.parametrize(("draw", "frames"), [(in_an_unknown_script, 6), (in_a_known_script, 0)])
def test_text_that_is_too_wide_for_what_was_read_is_counted(draw: Callable[[Scene], None], frames: int) -> None:
    scene = Scene(frames=24, step=4)
    draw(scene)
    assert analyse(scene).diagnostics["frames_unread"] == frames
    assert unread_lines(line_table({0: []}, 640, 360, 10.0)).tolist() == []
