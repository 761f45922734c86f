"""What a crop run does, and when the last one no longer holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from caption_boundaries.config import CropSettings
from caption_boundaries.crop.plan import layout_regions, plan_crop, stale_reason
from caption_boundaries.database.cropping import CropRun
from caption_boundaries.database.layout import LayoutConfig, regions_to_json
from caption_boundaries.database.video import VideoMetadata
from caption_boundaries.types import Box, Region

REGION = Region(Box(0.1, 0.8, 0.9, 0.95), 0.08, 1)
CONFIG = LayoutConfig(640, 360, 64, 288, 576, 342, has_captions=1, regions=regions_to_json([REGION]))
METADATA = VideoMetadata("id", "hash", "a.mp4", "a.mp4", 1000, width=640, height=360)
SETTINGS = CropSettings()


def run_of(config: LayoutConfig = CONFIG) -> CropRun:
    plan = plan_crop(config, METADATA, SETTINGS)
    return CropRun(plan.video_hash, plan.crop_bounds_version, plan.regions, plan.settings, 10, 24, "", "")


class TestRegions:
    def test_they_are_those_of_the_layout(self) -> None:
        assert layout_regions(CONFIG) == (REGION,)

    @pytest.mark.parametrize(("anchor_type", "anchor"), [(None, "center"), ("left", "left"), ("right", "right")])
    def test_an_old_layout_has_one_box(self, anchor_type: str | None, anchor: str) -> None:
        old = LayoutConfig(640, 360, 64, 288, 576, 342, box_height=36.0, anchor_type=anchor_type)
        (region,) = layout_regions(old)
        assert (region.box, region.line_height, region.anchor) == (Box(0.1, 0.8, 0.9, 0.95), 0.1, anchor)

    def test_an_old_layout_without_a_line_height_gets_one(self) -> None:
        (region,) = layout_regions(LayoutConfig(640, 360, 64, 288, 576, 342))
        assert region.line_height == pytest.approx(0.6 * 54 / 360)

    @pytest.mark.parametrize(
        "config",
        [
            LayoutConfig(640, 360),
            LayoutConfig(640, 360, 64, 288, 576, 342, has_captions=0),
            LayoutConfig(640, 360, has_captions=0, regions="[]"),
        ],
    )
    def test_no_captions_mean_no_regions(self, config: LayoutConfig) -> None:
        assert layout_regions(config) == ()
        assert plan_crop(config, METADATA, SETTINGS).geometry is None


class TestStaleness:
    def test_nothing_has_changed(self) -> None:
        assert stale_reason(run_of(), CONFIG, METADATA, SETTINGS) is None

    def test_neither_does_it_matter_that_a_layout_is_approved(self) -> None:
        assert stale_reason(run_of(), replace(CONFIG, layout_approved=1), METADATA, SETTINGS) is None

    @pytest.mark.parametrize(
        ("config", "metadata", "settings", "reason"),
        [
            (None, METADATA, SETTINGS, "no layout"),
            (CONFIG, None, SETTINGS, "not ingested"),
            (replace(CONFIG, crop_bounds_version=2), METADATA, SETTINGS, "layout has changed"),
            (replace(CONFIG, regions=regions_to_json([replace(REGION, line_count=2)])), METADATA, SETTINGS, "layout"),
            (CONFIG, replace(METADATA, video_hash="other"), SETTINGS, "video file is another"),
            (CONFIG, replace(METADATA, index_framerate_hz=25.0), SETTINGS, "settings"),
            (CONFIG, METADATA, CropSettings(jpeg_quality=75), "settings"),
        ],
    )
    def test_a_change_is_named(
        self, config: LayoutConfig | None, metadata: VideoMetadata | None, settings: CropSettings, reason: str
    ) -> None:
        assert reason in (stale_reason(run_of(), config, metadata, settings) or "")
