"""Regions to pixels, stacking, and the way between frame and crop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.crop.geometry import CropGeometry, crop_geometry
from caption_boundaries.errors import UsageError
from caption_boundaries.types import Box, PixelBox, Region


def region(left: float, top: float, right: float, bottom: float) -> Region:
    return Region(Box(left, top, right, bottom), line_height=0.06, line_count=1)


@st.composite
def geometries(draw: st.DrawFn) -> CropGeometry:
    width = draw(st.integers(16, 4000))
    height = draw(st.integers(16, 4000))
    edges = sorted(draw(st.lists(st.floats(0, 1), min_size=4, max_size=4)))
    left = draw(st.floats(0, 0.7))
    right = draw(st.floats(left + 0.1, 1))
    regions = [region(left, edges[0], right, edges[1] + 0.1), region(left / 2, edges[2], right, edges[3] + 0.1)]
    regions = [r for r in regions if r.box.top < 0.95][: draw(st.integers(1, 2))] or [region(0, 0, 1, 0.5)]
    return crop_geometry(regions, width, height)


class TestBands:
    def test_one_region_is_cut_at_even_pixels(self) -> None:
        geometry = crop_geometry([region(0.1, 0.8, 0.9, 0.95)], 1278, 719)
        assert geometry.bounds == PixelBox(126, 574, 1152, 684)
        assert (geometry.width, geometry.height) == (1026, 110)

    def test_an_odd_frame_is_covered_to_its_edge(self) -> None:
        assert crop_geometry([region(0, 0, 1, 1)], 677, 361).bounds == PixelBox(0, 0, 677, 361)

    def test_bands_are_stacked_top_to_bottom_at_one_width(self) -> None:
        geometry = crop_geometry([region(0.2, 0.8, 0.6, 0.9), region(0.1, 0.1, 0.5, 0.2)], 1000, 1000)
        assert [band.source for band in geometry.bands] == [PixelBox(100, 100, 600, 200), PixelBox(100, 800, 600, 900)]
        assert [band.top for band in geometry.bands] == [0, 100]
        assert geometry.bounds == PixelBox(100, 100, 600, 900)
        assert geometry.line_height_px(geometry.bands[0]) == pytest.approx(60)

    def test_shared_rows_are_cut_once(self) -> None:
        geometry = crop_geometry([region(0, 0.5, 1, 0.7), region(0, 0.6, 1, 0.8)], 1000, 1000)
        assert [(band.source.top, band.source.bottom) for band in geometry.bands] == [(500, 700), (700, 800)]

    def test_a_region_inside_another_adds_nothing(self) -> None:
        geometry = crop_geometry([region(0, 0.5, 1, 0.9), region(0, 0.6, 1, 0.8)], 1000, 1000)
        assert len(geometry.bands) == 1

    @pytest.mark.parametrize("regions", [[], [region(0.5, 0.5, 0.5, 0.6)], [region(0.1, 1.0, 0.2, 1.1)]])
    def test_nothing_to_crop_is_refused(self, regions: list[Region]) -> None:
        with pytest.raises(UsageError, match="no caption region"):
            crop_geometry(regions, 640, 360)


class TestMapping:
    @given(geometries(), st.floats(0, 1), st.floats(0, 1))
    def test_a_point_of_the_crop_goes_to_the_frame_and_back(self, geometry: CropGeometry, u: float, v: float) -> None:
        x, y = u * geometry.width, v * geometry.height * 0.999999
        back = geometry.to_crop(*geometry.to_frame(x, y))
        assert back == pytest.approx((x, y), abs=1)

    @given(geometries(), st.floats(0, 1), st.floats(0, 1))
    def test_a_covered_point_of_the_frame_goes_to_the_crop_and_back(
        self, geometry: CropGeometry, u: float, v: float
    ) -> None:
        for band in geometry.bands:
            # The row below a band is the first of the next one in the crop, and so may lie apart in the frame.
            x, y = band.source.left + u * band.source.width, band.source.top + v * band.source.height * 0.999999
            assert geometry.to_frame(*geometry.to_crop(x, y)) == pytest.approx((x, y), abs=1)

    @given(geometries(), st.floats(0, 0.9), st.floats(0.01, 0.9))
    def test_a_box_goes_to_the_crop_and_back(self, geometry: CropGeometry, u: float, v: float) -> None:
        for band in geometry.bands:
            area = Box.from_pixels(band.source, geometry.frame_width, geometry.frame_height)
            box = Box(
                area.left + u * area.width * 0.5,
                area.top + v * area.height * 0.5,
                area.right - u * area.width * 0.5,
                area.bottom - v * area.height * 0.5,
            )
            back = geometry.box_to_frame(geometry.box_to_crop(box))
            assert (back.left, back.top, back.right, back.bottom) == pytest.approx(
                (box.left, box.top, box.right, box.bottom), abs=1 / min(geometry.frame_width, geometry.frame_height)
            )

    def test_the_mapping_is_what_cutting_shows(self) -> None:
        geometry = crop_geometry([region(0.2, 0.7, 0.8, 0.9), region(0.3, 0.1, 0.5, 0.2)], 640, 360)
        rows, columns = np.mgrid[0:360, 0:640]
        frame = np.stack([rows % 256, columns % 256, rows // 256], axis=-1).astype(np.uint8)
        picture = geometry.cut(frame)
        assert picture.shape == (geometry.height, geometry.width, 3)
        for x, y in [(0, 0), (5, 30), (100, geometry.height - 1), (geometry.width - 1, 39)]:
            column, row = geometry.to_frame(x, y)
            assert (picture[y, x] == frame[int(row), int(column)]).all()

    def test_a_point_outside_every_band_comes_out_at_the_nearest_edge(self) -> None:
        geometry = crop_geometry([region(0, 0.1, 1, 0.2), region(0, 0.8, 1, 0.9)], 1000, 1000)
        assert geometry.to_crop(10, 300) == (10, 100)
        assert geometry.to_crop(10, 780) == (10, 100)
        assert geometry.to_crop(10, 990) == (10, 200)
