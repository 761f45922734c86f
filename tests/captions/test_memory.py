"""Memory does not grow with the length of a video by more than what a caption is."""

from __future__ import annotations

import gc
import itertools
import tempfile
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from caption_boundaries.captions import standing
from caption_boundaries.captions.decoding import Segment
from caption_boundaries.captions.joining import Group, join
from caption_boundaries.captions.lines import Scale, caption_lines
from caption_boundaries.captions.reading import Reading, text_patch
from caption_boundaries.captions.second_look import usual_levels
from caption_boundaries.captions.shelf import Keep, Shelf, in_memory
from caption_boundaries.captions.strokes import PackedMask, StrokeMasks
from caption_boundaries.errors import StorageError
from caption_boundaries.types import Box, TextLine
from support.films import HEIGHT, LINE, REGIONS, WIDTH, Film, still

SCENE = Film(96, background=still(1)).show("Good morning", 8, 40).show("Where is the key?", 52, 90)
CUTS = [8, 24, 40, 52, 70, 90]
CAPTIONS = 2
SCALE = Scale((0.2,), 9.0, "center")
ONE_PICTURE = WIDTH * HEIGHT
"""Bytes of a mask, or of the luma, of the caption region."""


def repeated(times: int) -> StrokeMasks:
    """The strokes of a film that shows the scene again and again."""
    masks, frames = SCENE.masks(), SCENE.frames
    chunks = [(n * frames, n * frames / SCENE.fps + SCENE.seconds) for n in range(times)]
    return StrokeMasks(chunks, lambda first: masks.copy(), LINE)


def stretches_of(times: int) -> list[Segment]:
    edges = [*sorted({n * SCENE.frames + place for n in range(times) for place in (0, *CUTS)}), times * SCENE.frames]
    return [Segment(a, b, np.arange(a, b)) for a, b in itertools.pairwise(edges)]


def readings_of(stretches: list[Segment], keep: Keep) -> Iterator[Reading]:
    for stretch in stretches:
        frame = (stretch.first + stretch.stop) // 2 % SCENE.frames
        lines = SCENE.reading_at(frame).lines
        yield Reading(lines, text_patch(SCENE.rgb(frame), lines, (HEIGHT, WIDTH), REGIONS, keep))


def kept_after(times: int) -> tuple[int, list[Group]]:
    """Bytes that are in memory when all captions of a film are known, and the groups."""
    strokes, stretches = repeated(times), stretches_of(times)
    with Shelf() as shelf:
        gc.collect()
        tracemalloc.start()
        readings = list(readings_of(stretches, shelf.put))
        groups = join(strokes, stretches, readings)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return kept, groups


def test_a_caption_keeps_less_than_a_third_of_a_picture() -> None:
    kept_after(1)  # fonts and the like are loaded once
    (short, few), (long, many) = kept_after(4), kept_after(12)
    captions = [sum(group.has_text for group in groups) for groups in (few, many)]
    assert captions == [4 * CAPTIONS, 12 * CAPTIONS]
    assert (long - short) / (captions[1] - captions[0]) < ONE_PICTURE / 3


def peak_of(work: Callable[[], object]) -> int:
    """Bytes that are in memory at the most while something is done."""
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def film_of_texts(captions: int) -> list[Reading]:
    """Centred captions, each of another text, none of them surer than the next."""
    return [
        Reading((TextLine(Box(0.3, 0.4 + 0.01 * (n % 3), 0.7, 0.6 + 0.01 * (n % 3)), f"text number {n:05}", 0.99),))
        for n in range(captions)
    ]


def test_the_levels_of_a_long_film_take_memory_by_the_line_and_not_by_the_pair_of_lines() -> None:
    readings = film_of_texts(3000)
    assert peak_of(lambda: usual_levels(readings, SCALE, REGIONS)) < 3000 * 500, "pairs of lines would take 72 MB"


def test_texts_of_a_long_film_are_not_compared_each_with_each(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[str, str]] = []
    monkeypatch.setattr(standing, "similarity", lambda one, other: compared.append((one, other)) or 0.0)
    readings = film_of_texts(300)
    assert caption_lines(readings, [50.0] * 300, SCALE) == readings
    assert len(compared) <= len(readings)


def test_the_shelf_changes_nothing() -> None:
    strokes, stretches = repeated(1), stretches_of(1)
    found = []
    with Shelf() as shelf:
        for keep in (in_memory, shelf.put):
            groups = join(strokes, stretches, list(readings_of(stretches, keep)))
            found.append([(g.first, g.stop, g.reading.text, None if g.ink is None else g.ink.tolist()) for g in groups])
    assert found[0] == found[1]


def test_what_is_put_on_the_shelf_comes_back_whoever_put_it() -> None:
    things = [bytes([number]) * (number * 37) for number in range(60)]
    taken: dict[int, bytes] = {}

    def use(numbers: range) -> None:
        loads = {number: shelf.put(things[number]) for number in numbers}
        taken.update({number: load() for number, load in loads.items()})

    with Shelf() as shelf:
        threads = [threading.Thread(target=use, args=(range(start, 60, 4),)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [taken[number] for number in range(60)] == things


@pytest.mark.parametrize(
    "inked", [(), ((0, 0),), ((3, 5), (9, 18)), ((11, 19),)], ids=["none", "first", "some", "last"]
)
def test_a_packed_mask_is_the_mask(inked: tuple[tuple[int, int], ...]) -> None:
    mask = np.zeros((12, 20), dtype=np.bool_)
    for place in inked:
        mask[place] = True
    assert np.array_equal(PackedMask.of(mask).unpacked(), mask)


def test_a_temporary_folder_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(StorageError, match="nowhere"):
        Shelf()


def test_a_full_temporary_folder_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Path("/dev/full").open("r+b"))  # noqa: SIM115 (closed by the shelf)
    with pytest.raises(StorageError, match="The disk is full"), Shelf() as shelf:
        shelf.put(b"a picture")
