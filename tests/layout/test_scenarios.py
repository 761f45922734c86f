"""Whole videos as tables of lines: what must be found, what must be left out, and what must never be invented."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from support.scenes import Scene, analyse, one_line, spans


def two_lines_now_and_then(scene: Scene) -> None:
    texts = scene.speech(40)
    scene.captions(
        [f"{a}|{b}" if i % 9 == 0 else a for i, (a, b) in enumerate(zip(texts, reversed(texts), strict=True))]
    )


def at_the_top(scene: Scene) -> None:
    scene.captions(scene.speech(40), y=0.08)


def left_aligned(scene: Scene) -> None:
    scene.captions(scene.speech(40), anchor="left", x=0.1)


def right_aligned(scene: Scene) -> None:
    scene.captions(scene.speech(40), anchor="right", x=0.9)


def chinese(scene: Scene) -> None:
    scene.captions(scene.speech(40, wide=True))


def upright_video(scene: Scene) -> None:
    scene.width, scene.height = 720, 1280
    scene.captions(scene.speech(40, longest=4), y=0.68, height=0.03)


def with_logo(scene: Scene) -> None:
    one_line(scene)
    scene.logo("CHANNEL 7")
    scene.logo("LIVE", left=0.05, misread=True)


def with_ticker_below(scene: Scene) -> None:
    scene.captions(scene.speech(40), y=0.82)
    scene.ticker()


def with_clock(scene: Scene) -> None:
    one_line(scene)
    for frame in range(scene.frames):
        scene.add(frame, f"1{frame % 10}:{frame % 60:02}", (0.85, 0.9, 0.95, 0.96))


def with_name_plates(scene: Scene) -> None:
    one_line(scene)
    for number, frame in enumerate(range(5, 100, 20)):
        for later in range(2):
            scene.line(frame + later, f"Doctor Number {number}", y=0.7, height=0.06, anchor="left", x=0.08)
            scene.line(frame + later, f"University of {number * 7}", y=0.77, height=0.045, anchor="left", x=0.08)


def with_scene_text(scene: Scene) -> None:
    one_line(scene)
    scene.scene_text(60)


def with_credits(scene: Scene) -> None:
    one_line(scene)
    scene.pages(100, 119)


def with_slides(scene: Scene) -> None:
    one_line(scene)
    for slide in range(0, 120, 10):
        for row, text in enumerate(scene.speech(5)):
            for frame in range(slide, slide + 10):
                scene.line(frame, text, y=0.15 + row * 0.13, height=0.06, anchor="left", x=0.1)


def with_slides_close_above(scene: Scene) -> None:
    one_line(scene)
    for slide in range(0, 120, 10):
        for row, text in enumerate(scene.speech(7)):
            for frame in range(slide, slide + 10):
                scene.line(frame, text, y=0.25 + row * 0.09, height=0.06, anchor="left", x=0.1)


def short_and_dense(scene: Scene) -> None:
    scene.frames, scene.step = 20, 6
    scene.lines = {i * 6: [] for i in range(20)}
    scene.captions(scene.speech(3), every=6, stay=5, first=1)
    scene.logo("CHANNEL")
    scene.crawl("Breaking news from all over the world today", speed=0.03, y=0.98, height=0.03)


def sparse(scene: Scene) -> None:
    scene.captions(scene.speech(8), every=14)


def with_pieces(scene: Scene) -> None:
    for number, (question, answer) in enumerate(zip(scene.speech(40, longest=4), scene.speech(40), strict=True)):
        gap = scene.text_width("    ", 0.05)
        left = 0.5 - (scene.text_width(question + answer, 0.05) + gap) / 2
        middle = left + scene.text_width(question, 0.05)
        scene.line(2 * number, question, y=0.9, height=0.05, anchor="left", x=left)
        scene.line(2 * number, answer, y=0.9, height=0.05, anchor="left", x=middle + gap)


def where_the_speaker_stands(scene: Scene) -> None:
    for number, text in enumerate(scene.speech(45, longest=4)):
        side = number % 3
        scene.captions([text], first=1 + 2 * number, anchor=("left", "center", "right")[side], x=(0.1, 0.5, 0.9)[side])


def with_bullet_comments(scene: Scene) -> None:
    one_line(scene)
    for frame in range(scene.frames):
        for lane in range(7):
            comment = scene.speech(1, longest=5)[0]
            scene.line(
                frame, comment, y=0.05 + 0.06 * lane, height=0.045, anchor="left", x=scene.random.uniform(0, 0.8)
            )


def with_signs_everywhere(scene: Scene) -> None:
    one_line(scene)
    scene.scene_text(800, height=0.035)


FOUND: list[tuple[Callable[[Scene], None], list[tuple[float, float]], int, str]] = [
    # scene, rows of each region, lines at most, anchor
    (one_line, [(0.78, 0.96)], 1, "center"),
    (two_lines_now_and_then, [(0.78, 0.96)], 2, "center"),
    (at_the_top, [(0.02, 0.2)], 1, "center"),
    (left_aligned, [(0.78, 0.96)], 1, "left"),
    (right_aligned, [(0.78, 0.96)], 1, "right"),
    (chinese, [(0.78, 0.96)], 1, "center"),
    (upright_video, [(0.62, 0.71)], 1, "center"),
    (with_logo, [(0.78, 0.96)], 1, "center"),
    (with_ticker_below, [(0.7, 0.88)], 1, "center"),
    (with_clock, [(0.78, 0.96)], 1, "center"),
    (with_name_plates, [(0.78, 0.96)], 1, "center"),
    (with_scene_text, [(0.78, 0.96)], 1, "center"),
    (with_signs_everywhere, [(0.77, 0.96)], 1, "center"),
    (with_credits, [(0.78, 0.96)], 1, "center"),
    (with_slides, [(0.78, 0.96)], 1, "center"),
    (with_slides_close_above, [(0.82, 0.96)], 1, "center"),
    (short_and_dense, [(0.78, 0.96)], 1, "center"),
    (sparse, [(0.78, 0.96)], 1, "center"),
    (where_the_speaker_stands, [(0.78, 0.96)], 1, "center"),
    (with_bullet_comments, [(0.78, 0.96)], 1, "center"),
    (with_pieces, [(0.8, 0.95)], 1, "center"),
]


@pytest.mark.parametrize(
    ("draw", "rows", "line_count", "anchor"), FOUND, ids=lambda value: getattr(value, "__name__", "")
)
def test_the_caption_is_found(
    draw: Callable[[Scene], None], rows: list[tuple[float, float]], line_count: int, anchor: str
) -> None:
    scene = Scene()
    draw(scene)
    analysis = analyse(scene)
    assert [pytest.approx(row, abs=0.02) for row in rows] == spans(analysis)
    assert [region.line_count for region in analysis.regions] == [line_count]
    assert analysis.regions[0].anchor == anchor
    assert analysis.diagnostics["coverage"] == 1.0
    assert analysis.confidence > 0.6
    region = analysis.regions[0]
    assert region.box.height <= 3.6 * region.line_height


def no_text(scene: Scene) -> None:
    pass


def only_a_logo(scene: Scene) -> None:
    scene.logo("CHANNEL 7")


def only_a_logo_below(scene: Scene) -> None:
    scene.logo("CHANNEL 7", left=0.45, top=0.9)


def only_a_ticker(scene: Scene) -> None:
    scene.ticker()


def only_a_crawl(scene: Scene) -> None:
    scene.frames, scene.step = 40, 5
    scene.lines = {i * 5: [] for i in range(40)}
    scene.crawl("Breaking news from all over the world today", speed=0.05)


def only_credits(scene: Scene) -> None:
    scene.pages(90, 119)


def only_name_plates(scene: Scene) -> None:
    for number in range(3):
        scene.line(30 * number + 5, f"Doctor Number {number}", y=0.8, height=0.06, anchor="left", x=0.08)


def only_signs(scene: Scene) -> None:
    scene.scene_text(15)


def only_a_clock(scene: Scene) -> None:
    for frame in range(scene.frames):
        scene.add(frame, f"1{frame % 10}:{frame * 7 % 60:02}:{frame * 13 % 60:02}", (0.4, 0.9, 0.6, 0.96))


@pytest.mark.parametrize(
    "draw",
    [
        no_text,
        only_a_logo,
        only_a_logo_below,
        only_a_ticker,
        only_a_crawl,
        only_credits,
        only_name_plates,
        only_signs,
        only_a_clock,
    ],
    ids=lambda draw: draw.__name__,
)
@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_invented(draw: Callable[[Scene], None], seed: int) -> None:
    scene = Scene(seed=seed)
    draw(scene)
    analysis = analyse(scene)
    assert analysis.regions == ()
    assert analysis.usual == {}
    assert not any(verdict.inside for verdict in analysis.verdicts)
    assert all(verdict.reason for verdict in analysis.verdicts)
