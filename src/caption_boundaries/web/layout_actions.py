"""What a person can do in the layout tool; each writes `layout.db` and nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from caption_boundaries.database.layout import LayoutConfig, LayoutWriter, regions_from_json, regions_to_json
from caption_boundaries.errors import UsageError
from caption_boundaries.layout.labels import overlap
from caption_boundaries.layout.step import stored_model
from caption_boundaries.types import Box, PixelBox, Region
from caption_boundaries.web.layout_desk import LayoutDesk
from caption_boundaries.web.layout_wire import CropState, DraftRegion, LabelBody, WireRegion

DRAFT = "draft"
"""Key in the diagnostics under which rectangles wait that a person has drawn and not approved yet."""
SMALLEST = 0.005
"""Share of the frame's width or height that a rectangle has at least."""


def set_labels(desk: LayoutDesk, writer: LayoutWriter, body: LabelBody) -> None:
    """Save and clear labels."""
    count = len(desk.frames.table)
    if any(number >= count for number in (*body.put_in, *body.put_out, *body.clear)):
        raise UsageError("There is no such box.", hint="The text boxes were read again; load the page anew.")
    rows = desk.rows_to_save(body.put_in, "in", by_model=body.by_model)
    rows += desk.rows_to_save(body.put_out, "out", by_model=body.by_model)
    writer.delete_box_labels(desk.slots_to_clear(body.clear))
    writer.save_box_labels(rows)


def set_draft(desk: LayoutDesk, writer: LayoutWriter, regions: Sequence[DraftRegion]) -> None:
    """Keep the rectangles that a person has drawn, beside the crop that is stored."""
    _check(regions)
    config = _config(desk)
    diagnostics = json.loads(config.diagnostics or "{}")
    diagnostics.pop(DRAFT, None)
    if regions:
        diagnostics[DRAFT] = [region.model_dump() for region in regions]
    writer.save_config(replace(config, diagnostics=json.dumps(diagnostics, ensure_ascii=False, sort_keys=True)))


def approve(
    desk: LayoutDesk, writer: LayoutWriter, regions: Sequence[DraftRegion], suggested: Sequence[Region]
) -> None:
    """Make rectangles the crop, and save the model that stands behind them."""
    _check(regions)
    config = _config(desk)
    wanted = tuple(_with_measures(region, suggested) for region in regions)
    diagnostics = json.loads(config.diagnostics or "{}")
    diagnostics.pop(DRAFT, None)
    model = desk.judgement().model
    writer.save_config(
        replace(
            _with_bounds(config, wanted),
            regions=regions_to_json(wanted),
            crop_bounds_version=config.crop_bounds_version + (regions_from_json(config.regions) != wanted),
            layout_approved=1,
            has_captions=int(bool(wanted)),
            anchor_type=wanted[0].anchor if wanted else None,
            analysis_model_version=model.version if model else config.analysis_model_version,
            diagnostics=json.dumps(diagnostics, ensure_ascii=False, sort_keys=True),
        )
    )
    if model is not None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        known = writer.model()
        if known is None or known.model_version != model.version:
            writer.save_model(replace(stored_model(model), trained_at=now))


def withdraw(desk: LayoutDesk, writer: LayoutWriter) -> None:
    """Take the approval back: the layout step may work it out anew."""
    writer.save_config(replace(_config(desk), layout_approved=0))


def crop_state(config: LayoutConfig | None) -> CropState:
    """Return what is stored of the crop, as the page gets it."""
    if config is None:
        return CropState(regions=[], approved=False, version=0, draft=[])
    draft = json.loads(config.diagnostics or "{}").get(DRAFT, [])
    return CropState(
        regions=[WireRegion.of(region) for region in _stored_regions(config)],
        approved=bool(config.layout_approved),
        version=config.crop_bounds_version,
        draft=[DraftRegion(**region) for region in draft],
    )


def _stored_regions(config: LayoutConfig) -> tuple[Region, ...]:
    """Return the regions of a configuration; one of the old form knows only the box around them."""
    if config.regions is not None or config.crop_right <= config.crop_left or config.crop_bottom <= config.crop_top:
        return regions_from_json(config.regions)
    pixels = PixelBox(config.crop_left, config.crop_top, config.crop_right, config.crop_bottom)
    height = (config.box_height or pixels.height) / config.frame_height
    return (Region(Box.from_pixels(pixels, config.frame_width, config.frame_height), height, 1),)


def _config(desk: LayoutDesk) -> LayoutConfig:
    return desk.config or LayoutConfig(desk.frames.width, desk.frames.height)


def _check(regions: Sequence[DraftRegion]) -> None:
    for region in regions:
        if region.box.width < SMALLEST or region.box.height < SMALLEST:
            raise UsageError("A rectangle is too small to hold text.", hint="Draw it larger, or take it away.")
    for upper, lower in pairwise(regions):
        if lower.top < upper.bottom and upper.left < lower.right and lower.left < upper.right:
            raise UsageError("Two rectangles overlap.", hint="Move one of their edges.")


def _with_measures(drawn: DraftRegion, suggested: Sequence[Region]) -> Region:
    """Return a rectangle with what is known of the text in it."""
    nearest = max(suggested, key=lambda region: overlap(region.box, drawn.box), default=None)
    if nearest is None or overlap(nearest.box, drawn.box) == 0:
        return Region(drawn.box, round(drawn.box.height / 2, 6), 1)
    return replace(nearest, box=drawn.box, line_height=round(nearest.line_height, 6))


def _with_bounds(config: LayoutConfig, regions: Sequence[Region]) -> LayoutConfig:
    """Return the configuration with the box around every region, in pixels."""
    if not regions:
        return replace(config, crop_left=0, crop_top=0, crop_right=0, crop_bottom=0)
    box = regions[0].box
    for region in regions[1:]:
        box = box.union(region.box)
    pixels = box.to_pixels(config.frame_width, config.frame_height)
    return replace(
        config, crop_left=pixels.left, crop_top=pixels.top, crop_right=pixels.right, crop_bottom=pixels.bottom
    )
