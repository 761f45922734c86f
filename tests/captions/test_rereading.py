"""Lines that look as they did are not read again; whatever may be another letter is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from caption_boundaries.captions.engines import BLOCK, WAITING_PER_ENGINE, ReadingRoom
from caption_boundaries.captions.rereading import RereadingEngine, looks_alike
from caption_boundaries.errors import RecognitionError
from caption_boundaries.media.jpeg import encode_jpeg
from caption_boundaries.recognition.engine import LineFinder
from caption_boundaries.recognition.rapid import RapidEngine
from caption_boundaries.types import Box, Region, RgbImage, TextLine

WHOLE = Box(0, 0, 1, 1)
LINE = Box(0.1, 0.22, 0.9, 0.78)
"""About as close around the letters as engines see them."""


def drawn(text: str, *, background: int = 60, noise: float = 0.0, seed: int = 0, width: int = 480) -> RgbImage:
    """Draw a caption as films have them, over a plain background with noise as from compression."""
    image = Image.new("L", (width, 80), background)
    font = ImageFont.load_default(size=30)
    ImageDraw.Draw(image).text((width / 2, 40), text, font=font, fill=255, stroke_width=2, stroke_fill=0, anchor="mm")
    picture = np.asarray(image, dtype=np.float64)
    picture = picture + np.random.default_rng(seed).normal(0, noise, picture.shape)
    return np.repeat(np.clip(picture, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


@dataclass
class CountingEngine:
    """Sees one line in the middle, reads it by its brightness, and counts how often."""

    name: str = "counting"
    version: str = "1"
    place: Box = LINE
    reads: int = 0
    confidence: float = 0.9
    failing: bool = False
    read_pictures: list[int] = field(default_factory=list)

    def settings(self) -> dict[str, object]:
        return {}

    def find(self, image: RgbImage) -> list[Box]:
        return [self.place]

    def read_box(self, image: RgbImage, box: Box) -> TextLine | None:
        if self.failing:
            raise RecognitionError("It failed.")
        self.reads += 1
        return TextLine(box, f"line {self.reads}", self.confidence)

    def read(self, image: RgbImage) -> list[TextLine]:
        raise AssertionError("lines are found first")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Chapter 1", "Chapter 2"),
        ("Chapter 8", "Chapter 3"),
        ("We won't go.", "We want go."),
        ("They hear you", "They near you"),
        ("the mole said", "the male said"),
        ("No. 15", "No. 16"),
        ("I will", "I'll will"),
        ("well", "wall"),
        ("Yes", "Yes!"),
        ("ill", "lll"),
        ("Yes.", "Yes,"),
        ("Chapter 6", "Chapter 8"),
        ("Good morning", ""),
    ],
)
def test_another_letter_is_noticed(one: str, other: str) -> None:
    a, b = drawn(one)[:, :, 0], drawn(other)[:, :, 0]
    assert not looks_alike(a, b, LINE)
    assert not looks_alike(b, a, LINE)


@pytest.mark.parametrize("text", ["Good morning", "1", "a b c d e f g", "iiii llll"])
@pytest.mark.parametrize("noise", [0.0, 4.0])
def test_the_same_letters_are_the_same(text: str, noise: float) -> None:
    a, b = (drawn(text, noise=noise, seed=seed)[:, :, 0] for seed in (1, 2))
    assert looks_alike(a, b, LINE)


def test_nothing_looks_like_nothing() -> None:
    assert looks_alike(drawn("", noise=1)[:, :, 0], drawn("", noise=1, seed=3)[:, :, 0], LINE)


def test_what_looks_the_same_is_read_once() -> None:
    counting = CountingEngine()
    assert isinstance(counting, LineFinder)
    engine = RereadingEngine(counting)
    texts = [engine.read(drawn("Good morning", noise=3, seed=seed))[0].text for seed in range(4)]
    assert (counting.reads, set(texts)) == (1, {"line 1"})
    assert engine.read(drawn("Good evening"))[0].text == "line 2"
    assert engine.read(drawn("Good morning"))[0].text == "line 1", "one picture in between is remembered"


@pytest.mark.parametrize(("confidence", "reads"), [(0.995, 1), (0.98, 2)], ids=["sure", "not so sure"])
def test_over_another_background_only_what_is_sure_is_not_read_again(confidence: float, reads: int) -> None:
    """Of several readings that are not sure the better ones outvote the others."""
    counting = CountingEngine(confidence=confidence)
    engine = RereadingEngine(counting, (Region(WHOLE, 0.4, 1),))
    for background in (60, 180):
        engine.read(drawn("Good morning", background=background))
    assert counting.reads == reads


def test_a_line_that_has_moved_or_a_picture_of_another_size_is_read_again() -> None:
    counting = CountingEngine()
    engine = RereadingEngine(counting)
    engine.read(drawn("Good morning"))
    counting.place = Box(0.1, 0.1, 0.9, 0.5)
    engine.read(drawn("Good morning"))
    counting.place = Box(0.2, 0.1, 0.9, 0.5)
    engine.read(drawn("Good morning"))
    engine.read(drawn("Good morning", width=400))
    assert counting.reads == 4


def test_the_place_of_a_line_is_where_it_stands_now() -> None:
    counting = CountingEngine()
    engine = RereadingEngine(counting)
    engine.read(drawn("Good morning"))
    counting.place = Box(0.102, 0.22, 0.9, 0.78)
    assert engine.read(drawn("Good morning")) == [TextLine(counting.place, "line 1", 0.9)]


def test_the_bundled_engine_reads_the_same_with_and_without_memory() -> None:
    plain, engine = RapidEngine(), RereadingEngine(RapidEngine())
    for text in ("Good morning", "Good morning", "Good evening", "See you at 8", "See you at 9"):
        picture = drawn(text)
        assert engine.read(picture) == plain.read(picture)


def test_an_engine_that_only_reads_is_asked_every_time() -> None:
    class Reader:
        name, version, calls = "reader", "1", 0

        def settings(self) -> dict[str, object]:
            return {}

        def read(self, image: RgbImage) -> list[TextLine]:
            self.calls += 1
            return []

    reader = Reader()
    engine = RereadingEngine(reader)
    assert [engine.read(drawn("Good morning")) for _ in range(3)] == [[], [], []]
    assert reader.calls == 3


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_what_is_read_does_not_depend_on_who_reads(workers: int) -> None:
    """Blocks know nothing of each other: the first stretch of each is read anew, however many engines there are."""
    made: list[CountingEngine] = []

    def make() -> CountingEngine:
        made.append(CountingEngine())
        return made[-1]

    room = ReadingRoom(make, workers, (40, 240), (Region(WHOLE, 0.4, 1),))
    jpeg = encode_jpeg(drawn("Good morning"), 90)
    stretches = [[jpeg]] * (2 * BLOCK + 3)
    assert len(list(room.read_all(stretches))) == len(stretches)
    assert sum(engine.reads for engine in made) == 3


def test_a_picture_on_which_the_engine_fails_is_not_remembered() -> None:
    counting = CountingEngine(failing=True)
    engine = RereadingEngine(counting)
    with pytest.raises(RecognitionError):
        engine.read(drawn("Good morning"))
    counting.failing = False
    assert [line.text for line in engine.read(drawn("Good morning"))] == ["line 1"]


def test_only_a_few_blocks_are_in_memory_however_long_the_video_is() -> None:
    taken = 0

    def stretches() -> Iterator[list[bytes]]:
        nonlocal taken
        for _ in range(100 * BLOCK):
            taken += 1
            yield []

    workers = 2
    readings = ReadingRoom(CountingEngine, workers, (40, 240), (Region(WHOLE, 0.4, 1),)).read_all(stretches())
    for done, _ in enumerate(readings, start=1):
        assert taken - done <= (workers * WAITING_PER_ENGINE + 1) * BLOCK
    assert done == taken == 100 * BLOCK
