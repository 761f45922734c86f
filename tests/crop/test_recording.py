"""One pass over pictures: what is kept of each, in order, whatever the second thread does."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from caption_boundaries.crop.geometry import crop_geometry
from caption_boundaries.crop.recording import QUEUED_PICTURES, Recorder, record_pictures
from caption_boundaries.media.jpeg import decode_jpeg
from caption_boundaries.types import Box, FrameTime, GrayImage, PixelBox, Polarity, Region, RgbImage

WIDTH, HEIGHT = 320, 180


@dataclass
class Drawn:
    """A picture made of numbers, which notes what is read of it."""

    number: int
    fps: float
    pixels: RgbImage
    colours_read: int = 0

    @property
    def seconds(self) -> float:
        return self.number / self.fps

    @property
    def duration_seconds(self) -> float:
        return 1 / self.fps

    @property
    def time(self) -> FrameTime:
        return FrameTime(self.number, Fraction(1) / Fraction(self.fps))

    def luma(self, box: PixelBox) -> GrayImage:
        return np.ascontiguousarray(self.pixels[box.top : box.bottom, box.left : box.right, 0])

    def rgb(self, box: PixelBox) -> RgbImage:
        self.colours_read += 1
        return np.ascontiguousarray(self.pixels[box.top : box.bottom, box.left : box.right])


def pictures(count: int, fps: float = 24.0) -> list[Drawn]:
    """Dark pictures with a light stroke per picture, at a place that tells its number."""
    drawn = []
    for number in range(count):
        pixels = np.full((HEIGHT, WIDTH, 3), 20, np.uint8)
        pixels[150:160, 10 + 4 * (number % 70) : 12 + 4 * (number % 70)] = 250
        pixels[25:30, 100:103] = 250
        drawn.append(Drawn(number, fps, pixels))
    return drawn


def region(top: float, bottom: float, polarity: Polarity = "light", line_height: float = 0.08) -> Region:
    return Region(Box(0.0, top, 1.0, bottom), line_height, 1, polarity=polarity)


def recorder(*regions: Region) -> Recorder:
    return Recorder(crop_geometry(regions or (region(0.75, 0.95),), WIDTH, HEIGHT), 90)


class TestPass:
    def test_every_picture_has_a_mask_and_every_index_a_crop(self) -> None:
        source = pictures(48)
        recorded = list(record_pictures(source, recorder(), 10.0))
        assert [item.seconds for item in recorded] == [picture.seconds for picture in source]
        assert [index for item in recorded for index in item.indices] == list(range(20))
        assert all(bool(item.jpeg) == bool(len(item.indices)) for item in recorded)
        assert all(item.mask.any() for item in recorded)

    def test_colours_are_converted_only_where_they_are_kept(self) -> None:
        source = pictures(48)
        kept = sum(bool(item.jpeg) for item in record_pictures(source, recorder(), 10.0))
        assert sum(picture.colours_read for picture in source) == kept == 20

    def test_a_picture_shown_for_long_is_cut_once(self) -> None:
        source = pictures(3, fps=2.0)
        recorded = list(record_pictures(source, recorder(), 10.0))
        assert [list(item.indices) for item in recorded] == [list(range(k, k + 5)) for k in (0, 5, 10)]
        assert [picture.colours_read for picture in source] == [1, 1, 1]

    def test_the_crop_is_what_the_picture_shows_there(self) -> None:
        source = pictures(6)
        first = next(record_pictures(source, recorder(), 10.0))
        shown = decode_jpeg(first.jpeg)
        assert shown.shape == (38, WIDTH, 3)
        assert np.abs(shown.astype(int) - source[0].pixels[134:172].astype(int)).mean() < 3

    def test_a_fault_of_the_second_thread_comes_through(self) -> None:
        source = pictures(40)
        source[7].pixels = source[7].pixels[:10]  # too small to be cut
        with pytest.raises(Exception, match=r"."):
            list(record_pictures(source, recorder(), 10.0))

    def test_pictures_in_memory_are_bounded(self) -> None:
        taken = 0

        def counted() -> object:
            nonlocal taken
            for picture in pictures(100):
                taken += 1
                yield picture

        recorded = record_pictures(counted(), recorder(), 10.0)  # type: ignore[arg-type]
        next(recorded)
        assert taken <= QUEUED_PICTURES + 3
        recorded.close()  # type: ignore[attr-defined]


class TestMasks:
    def test_parts_of_one_kind_that_touch_are_masked_as_one(self) -> None:
        one, two = recorder(region(0.7, 0.95)), recorder(region(0.7, 0.8), region(0.8, 0.95))
        picture = pictures(1)[0]
        np.testing.assert_array_equal(one.record(picture, range(1)).mask, two.record(picture, range(1)).mask)

    def test_parts_that_lie_apart_are_stacked(self) -> None:
        apart = recorder(region(0.1, 0.2), region(0.75, 0.95))
        recorded = apart.record(pictures(1)[0], range(1))
        assert recorded.mask.shape == (apart.mask_size[1], apart.mask_size[0])
        assert decode_jpeg(recorded.jpeg).shape == (56, WIDTH, 3)
        assert recorded.mask[: apart.mask_size[1] // 3].any()
        assert recorded.mask[apart.mask_size[1] // 3 :].any()

    def test_each_part_is_masked_after_its_own_polarity(self) -> None:
        picture = pictures(1)[0]
        dark = recorder(region(0.1, 0.2), region(0.75, 0.95, "dark")).record(picture, range(0)).mask
        light = recorder(region(0.1, 0.2), region(0.75, 0.95)).record(picture, range(0)).mask
        np.testing.assert_array_equal(dark[:15], light[:15])
        assert (dark[18:] != light[18:]).any()

    @pytest.mark.parametrize("line_height", [0.01, 0.08, 0.9])
    def test_parts_of_any_size_have_masks_of_one_width(self, line_height: float) -> None:
        regions = (region(0.1, 0.12, line_height=line_height), region(0.3, 0.9, "dark", line_height=line_height))
        mask = recorder(*regions).record(pictures(1)[0], range(0)).mask
        assert mask.ndim == 2
