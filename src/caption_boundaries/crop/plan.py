"""What a crop run does, given layout, metadata and settings; and whether the last one still holds."""

from __future__ import annotations

import json
from dataclasses import dataclass

from caption_boundaries.config import CropSettings
from caption_boundaries.crop import signal
from caption_boundaries.crop.geometry import CropGeometry, crop_geometry
from caption_boundaries.database.cropping import CropRun
from caption_boundaries.database.layout import LayoutConfig, regions_from_json, regions_to_json
from caption_boundaries.database.video import VideoMetadata
from caption_boundaries.types import Anchor, Box, PixelBox, Region

LINE_SHARE = 0.6
"""Share of the crop's height that a line is taken to fill where an old layout does not say."""


@dataclass(frozen=True, slots=True)
class CropPlan:
    """What a crop run does."""

    geometry: CropGeometry | None
    """None: the video has no captions, so there is nothing to cut."""
    video_hash: str
    crop_bounds_version: int
    regions: str
    """JSON: what is cut."""
    settings: str
    """JSON: rate, JPEG quality and how strokes are masked."""


def plan_crop(config: LayoutConfig, metadata: VideoMetadata, settings: CropSettings) -> CropPlan:
    """Return what a crop run does for a layout, a video and settings."""
    regions = layout_regions(config)
    return CropPlan(
        geometry=crop_geometry(regions, config.frame_width, config.frame_height) if regions else None,
        video_hash=metadata.video_hash or "",
        crop_bounds_version=config.crop_bounds_version,
        regions=regions_to_json(regions),
        settings=json.dumps(
            {
                "index_framerate_hz": metadata.index_framerate_hz,
                "jpeg_quality": settings.jpeg_quality,
                "mask_line_height": signal.MASK_LINE_HEIGHT,
                "mask_kernel_share": signal.KERNEL_SHARE,
                "mask_min_contrast": signal.MIN_CONTRAST,
            },
            sort_keys=True,
        ),
    )


def layout_regions(config: LayoutConfig) -> tuple[Region, ...]:
    """Return the regions of a layout; one of the old form has a single crop box instead."""
    if config.regions is not None:
        return regions_from_json(config.regions)
    crop = PixelBox(config.crop_left, config.crop_top, config.crop_right, config.crop_bottom)
    if crop.width <= 0 or crop.height <= 0 or config.has_captions == 0:
        return ()
    sides: dict[str | None, Anchor] = {"left": "left", "right": "right"}
    line_height = (config.box_height or LINE_SHARE * crop.height) / config.frame_height
    return (
        Region(
            Box.from_pixels(crop, config.frame_width, config.frame_height),
            line_height,
            1,
            sides.get(config.anchor_type, "center"),
        ),
    )


def stale_reason(
    run: CropRun, config: LayoutConfig | None, metadata: VideoMetadata | None, settings: CropSettings
) -> str | None:
    """Return why the crops of ``run`` no longer hold, in a few words; None while they do."""
    if config is None:
        return "there is no layout now"
    if metadata is None:
        return "the video is not ingested now"
    plan = plan_crop(config, metadata, settings)
    if run.video_hash != plan.video_hash:
        return "the video file is another one now"
    if (run.crop_bounds_version, run.regions) != (plan.crop_bounds_version, plan.regions):
        return "the layout has changed"
    if run.settings != plan.settings:
        return "the crop settings have changed"
    return None
