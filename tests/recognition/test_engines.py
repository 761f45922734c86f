"""What every engine must do, whichever it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from caption_boundaries.errors import RecognitionError, UsageError
from caption_boundaries.recognition.engine import LineReader, OcrEngine, as_rgb
from caption_boundaries.recognition.null import NullEngine
from caption_boundaries.recognition.registry import create_engine, engine_names
from caption_boundaries.types import Box, TextLine
from recognition.drawing import caption_picture

SAID = [TextLine(Box(0.2, 0.6, 0.8, 0.8), "below", 0.9), TextLine(Box(0.2, 0.1, 0.8, 0.3), "above", 0.8)]

MAKERS: dict[str, Callable[[], OcrEngine]] = {
    **{name: (lambda name=name: create_engine(name)) for name in engine_names()},
    "null with lines": lambda: NullEngine(SAID),
}
READING = ("rapidocr", "tesseract")
"""Engines that look at the picture."""


def make(name: str) -> OcrEngine:
    """Return a new engine, or skip the test where an optional one is not installed."""
    try:
        return MAKERS[name]()
    except RecognitionError as error:
        if name != "tesseract":
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module", params=MAKERS)
def engine(request: pytest.FixtureRequest) -> OcrEngine:
    return make(request.param)


@pytest.fixture(scope="module", params=READING)
def reading_engine(request: pytest.FixtureRequest) -> OcrEngine:
    return make(request.param)


@pytest.fixture(scope="module")
def caption() -> np.ndarray:
    return caption_picture(["Good morning", "Where is everybody"])


def test_an_engine_says_who_it_is(engine: OcrEngine) -> None:
    assert isinstance(engine, OcrEngine)
    assert engine.name in engine_names()
    assert engine.version


def test_settings_go_through_json(engine: OcrEngine) -> None:
    settings = dict(engine.settings())
    assert json.loads(json.dumps(settings)) == settings


def test_lines_are_well_formed(engine: OcrEngine, caption: np.ndarray) -> None:
    for line in engine.read(caption):
        assert line.text == line.text.strip() != ""
        assert 0.0 <= line.confidence <= 1.0
        assert 0.0 <= line.box.left < line.box.right <= 1.0
        assert 0.0 <= line.box.top < line.box.bottom <= 1.0


def test_lines_come_from_top_to_bottom(engine: OcrEngine, caption: np.ndarray) -> None:
    middles = [line.box.center[1] for line in engine.read(caption)]
    assert middles == sorted(middles)


def test_the_same_picture_gives_the_same_lines(engine: OcrEngine, caption: np.ndarray) -> None:
    before = caption.copy()
    assert engine.read(caption) == engine.read(caption)
    assert np.array_equal(caption, before)


def test_gray_is_read_as_colour_is(engine: OcrEngine, caption: np.ndarray) -> None:
    gray = caption[:, :, 1]
    assert engine.read(gray) == engine.read(np.repeat(gray[:, :, None], 3, axis=2))


@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (2, 300), (300, 2), (60, 512), (7, 2000)], ids=str)
def test_any_size_is_read(engine: OcrEngine, shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (*shape, 3), dtype=np.uint8)
    assert isinstance(engine.read(picture), list)
    assert isinstance(engine, LineReader)
    assert engine.read_line(picture) is None or engine.read_line(picture).text


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((40, 90, 4), np.uint8),
        np.zeros((40, 90, 3), np.float32),
        np.zeros((0, 90, 3), np.uint8),
        np.zeros(90, np.uint8),
    ],
    ids=["four channels", "floats", "no pixels", "one dimension"],
)
def test_what_is_no_picture_is_refused(engine: OcrEngine, picture: np.ndarray) -> None:
    with pytest.raises(RecognitionError, match="is no picture"):
        engine.read(picture)


def test_every_line_of_a_batch_is_read_as_if_alone(engine: OcrEngine, caption: np.ndarray) -> None:
    assert isinstance(engine, LineReader)
    pictures = [caption[20:80], np.zeros((40, 200, 3), np.uint8), caption[80:140]]
    assert engine.read_lines(pictures) == [engine.read_line(picture) for picture in pictures]
    assert engine.read_lines([]) == []


def test_one_engine_per_thread_reads_as_one_alone(
    request: pytest.FixtureRequest, engine: OcrEngine, caption: np.ndarray
) -> None:
    make_another = MAKERS[request.node.callspec.params["engine"]]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: make_another().read(caption), range(4)))
    assert results == [engine.read(caption)] * 4


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_picture_holds_no_text(reading_engine: OcrEngine, level: int) -> None:
    assert reading_engine.read(np.full((200, 640, 3), level, np.uint8)) == []
    assert reading_engine.read_line(np.full((48, 640, 3), level, np.uint8)) is None


def test_text_is_read_exactly_and_found_where_it_is(reading_engine: OcrEngine, caption: np.ndarray) -> None:
    lines = reading_engine.read(caption)
    assert [line.text for line in lines] == ["Good morning", "Where is everybody"]
    assert lines[0].box.bottom == pytest.approx(0.5, abs=0.1)
    assert lines[1].box.top == pytest.approx(0.5, abs=0.1)
    for line in lines:
        assert line.box.center[0] == pytest.approx(0.5, abs=0.02)
        assert line.confidence > 0.6


def test_a_line_of_known_place_is_read_without_looking_for_it(reading_engine: OcrEngine) -> None:
    picture = caption_picture(["Good morning"], size=(330, 60))
    line = reading_engine.read_line(picture)
    assert line is not None
    assert (line.text, line.box) == ("Good morning", Box(0.0, 0.0, 1.0, 1.0))


def test_an_unknown_engine_is_refused_with_the_known_names() -> None:
    with pytest.raises(UsageError, match="rapidocr, tesseract, null"):
        create_engine("scribe")


@pytest.mark.parametrize("name", READING)
def test_text_is_sought_at_the_size_asked_for_and_read_at_full_size(name: str, caption: np.ndarray) -> None:
    make(name)  # skips where it is not installed
    engine = create_engine(name, side_limit=480)
    assert [line.text for line in engine.read(caption)] == ["Good morning", "Where is everybody"]


def test_the_null_engine_is_silent_or_says_what_it_was_told() -> None:
    picture = np.zeros((10, 10, 3), np.uint8)
    assert NullEngine().read(picture) == []
    assert NullEngine().read_line(picture) is None
    assert [line.text for line in NullEngine(SAID).read(picture)] == ["above", "below"]
    assert NullEngine(SAID).read_line(picture) == TextLine(Box(0, 0, 1, 1), "above", 0.8)
    assert NullEngine(SAID).settings() == {"text": "above\nbelow"}


def test_colours_stay_as_they_are() -> None:
    picture = np.zeros((3, 4, 3), np.uint8)
    assert as_rgb(picture) is picture
