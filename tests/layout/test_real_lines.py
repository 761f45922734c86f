"""Lines that an engine read in real frames: captions found in every window of a film, and none in its credits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from caption_boundaries.layout.analysis import LayoutAnalysis, analyse_layout
from caption_boundaries.types import Box, TextLine
from support.data import shared_data

DATA = Path(__file__).parent / "data"
Frames = dict[int, list[TextLine]]


def read(name: str) -> tuple[Frames, int, int]:
    stored = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    frames = {
        index: [TextLine(Box(*line[:4]), line[4], line[5]) for line in lines] for index, lines in stored["frames"]
    }
    return frames, stored["width"], stored["height"]


def analyse(frames: Frames, width: int, height: int) -> LayoutAnalysis:
    return analyse_layout(frames, width, height, rate_hz=10.0, polarity_of=lambda boxes: ("light", 1.0))


def thinned(frames: Frames, count: int) -> Frames:
    """Return about ``count`` of the frames, evenly spread."""
    indices = sorted(frames)
    return {index: frames[index] for index in indices[:: max(1, len(indices) // count)]}


def is_caption(line: TextLine) -> bool:
    return line.box.center[1] > 0.8 and abs(line.box.center[0] - 0.5) < 0.02


@pytest.mark.parametrize("name", ["bbb60_en_720p", "bbb60_zh_720p"])
@pytest.mark.parametrize("seconds", [6, 12, 30, 60])
def test_captions_are_found_in_every_window(name: str, seconds: int) -> None:
    frames, width, height = read(name)
    for start in range(0, 601 - 10 * seconds, 20):
        window = {i - start: lines for i, lines in frames.items() if start <= i < start + 10 * seconds}
        analysis = analyse(thinned(window, 20), width, height)
        seen = [line.box for lines in window.values() for line in lines if is_caption(line)]
        sampled = [line for lines in thinned(window, 20).values() for line in lines if is_caption(line)]
        if not sampled:
            continue
        assert analysis.regions, (start, [line.text for line in sampled])
        (region,) = analysis.regions
        for box in seen:
            assert region.box.left < box.left < box.right < region.box.right, start
            assert region.box.top <= box.top + 0.002, start
            assert box.bottom <= region.box.bottom + 0.002, start
        assert region.box.height < 4 * region.line_height


@pytest.mark.parametrize("name", ["bbb60_en_720p", "bbb60_zh_720p"])
def test_a_minute_is_found_with_confidence_and_not_too_tall(name: str) -> None:
    analysis = analyse(thinned(read(name)[0], 20), 1280, 720)
    (region,) = analysis.regions
    assert analysis.confidence > 0.9
    assert (region.line_count, region.anchor) == (2, "center")
    assert region.box.height < 3 * region.line_height


@pytest.mark.parametrize("name", ["film_whole", "film_title", "film_credits_start", "film_credits_end"])
def test_titles_and_credits_are_no_captions(name: str) -> None:
    assert analyse(*read(name)).regions == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "regions"), [("bilingual_zh_en_360p", 2), ("science_en_288p", 1), ("animation_zh_800p", 1)]
)
def test_clips_of_others(name: str, regions: int) -> None:
    """Clips that hold logos, source notes and signs; every true caption must lie in the crop."""
    from rapidfuzz import fuzz

    from caption_boundaries.media.video_file import VideoFile
    from caption_boundaries.recognition.registry import create_engine

    path = shared_data() / "development" / f"{name}.mp4"
    truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    engine = create_engine("rapidocr")
    with VideoFile(path) as video:
        info = video.info
        step = max(1, int(info.duration_seconds * 10 / 16))
        moments = [i / 10 for i in range(0, int(info.duration_seconds * 10), step)]
        frames = {round(m * 10): engine.read(f.rgb()) for m, f in zip(moments, video.frames_at(moments), strict=True)}
    analysis = analyse(frames, info.width, info.height)
    assert len(analysis.regions) == regions
    assert analysis.diagnostics["coverage"] == 1.0
    texts = [part for caption in truth["captions"] for part in caption["text"].split("\n")]
    for verdict in analysis.verdicts:
        said = frames[verdict.frame_index][verdict.box_index].text
        assert verdict.inside == (max(fuzz.ratio(said, text) for text in texts) > 70), said
