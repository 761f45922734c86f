"""The layout of a synthetic video, as the layout step would find it: known from the script, moved about a little."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator, Sequence

import numpy as np

from caption_boundaries.data.recipe import Script
from caption_boundaries.data.rendering import PlacedLine, place_lines
from caption_boundaries.data.styles import is_dark
from caption_boundaries.database.layout import LayoutConfig, regions_to_json
from caption_boundaries.types import Anchor, Box, PixelBox, Region

VERSION = "synthetic-1"
"""Written as the version of the analysis."""
ONE_REGION_SHARE = 0.2
"""Share of the bilingual videos whose two lines are one region."""
EXTRA_LINE_SHARE = 0.7
"""Share of the videos with single lines whose region has room for a second."""
TIGHT_SHARE = 0.15
"""Share of the videos whose region ends just outside the text, as old layouts do."""
SAMPLE = ("Hamburg", "字")
"""What is placed where a video has no captions, so that it has a region all the same."""


def known_layout(script: Script) -> LayoutConfig:
    """Return the layout of a synthetic video; always the same for the same script."""
    chance = random.Random(f"layout {script.split} {script.seed}")
    captions = [place_lines(caption.lines, script.style) for caption in script.captions]
    captions = captions or [place_lines(SAMPLE[: len(script.style.faces)], script.style)]
    groups = _groups(chance, script, captions)
    # A text detector takes a line to be higher than its letters; how much depends on the engine.
    growth = chance.triangular(1.0, 1.85, 1.6)
    heights = [growth * _font_size(group) for group in groups]
    left, right = _sides(chance, script, [line for group in groups for line in group], heights[0])
    rows = _rows(chance, script, groups, heights)
    regions = tuple(
        _region(script, height, PixelBox(left, top, right, bottom))
        for height, (top, bottom) in zip(heights, rows, strict=True)
    )
    bounds = PixelBox(left, rows[0][0], right, rows[-1][1])
    return LayoutConfig(
        frame_width=script.width,
        frame_height=script.height,
        crop_left=bounds.left,
        crop_top=bounds.top,
        crop_right=bounds.right,
        crop_bottom=bounds.bottom,
        box_height=heights[0],
        anchor_type=script.style.anchor,
        anchor_position=script.style.x,
        analysis_model_version=VERSION,
        layout_approved=1,
        has_captions=1,
        confidence=1.0,
        regions=regions_to_json(regions),
        diagnostics=json.dumps({"synthetic": True, "tags": script.tags, "rows": [{"anchor_spread": 0.0}]}),
    )


def _groups(chance: random.Random, script: Script, captions: Sequence[list[PlacedLine]]) -> list[list[PlacedLine]]:
    """Return the lines of each region, top to bottom: one language is one region, as a rule."""
    if len(script.style.faces) == 1 or chance.random() < ONE_REGION_SHARE:
        return [[line for lines in captions for line in lines]]
    return [[lines[number] for lines in captions] for number in range(len(script.style.faces))]


def _font_size(group: Sequence[PlacedLine]) -> float:
    """Return the usual font size of the lines in pixels."""
    return float(np.median([line.face.size for line in group]))


def _sides(chance: random.Random, script: Script, lines: Sequence[PlacedLine], height: float) -> tuple[int, int]:
    """Return the left and the right edge that hold the lines and some longer ones."""
    left, right = float(min(line.box.left for line in lines)), float(max(line.box.right for line in lines))
    spare, least = height * chance.uniform(0.5, 3), 0.8 * script.width
    if chance.random() < TIGHT_SHARE:
        spare, least = height * chance.uniform(0.1, 0.5), 0.0
    if script.style.anchor == "center":
        half = max(script.style.x - left + spare, right - script.style.x + spare, least / 2)
        left, right = script.style.x - half, script.style.x + half
    elif script.style.anchor == "left":
        left, right = left - height, max(right + spare, left + least)
    else:
        left, right = min(left - spare, right - least), right + height
    return max(0, round(left)), min(script.width, round(right))


def _rows(
    chance: random.Random, script: Script, groups: Sequence[Sequence[PlacedLine]], heights: Sequence[float]
) -> list[tuple[int, int]]:
    """Return the upper and lower edge of every region; regions touch where their room overlaps."""
    edges = []
    padding = 0.0 if chance.random() < TIGHT_SHARE else chance.triangular(0.1, 0.5, 0.3)
    for group, height in zip(groups, heights, strict=True):
        room = padding * height + max(0.15 * height, (height - _font_size(group)) / 2)
        edges.append([min(line.box.top for line in group) - room, max(line.box.bottom for line in group) + room])
    if len(groups) == 1 and _line_count(script) == 1 and chance.random() < EXTRA_LINE_SHARE:
        edges[0][script.style.hangs] += 1.1 * heights[0] if script.style.hangs else -1.1 * heights[0]
    for upper, lower in itertools.pairwise(edges):
        if upper[1] > lower[0]:
            upper[1] = lower[0] = (upper[1] + lower[0]) / 2
    return [(max(0, round(top)), min(script.height, round(bottom))) for top, bottom in edges]


def _region(script: Script, height: float, box: PixelBox) -> Region:
    anchors: dict[str, Anchor] = {"left": "left", "right": "right"}
    return Region(
        box=Box.from_pixels(box, script.width, script.height),
        line_height=height / script.height,
        line_count=_line_count(script) if len(script.style.faces) == 1 else 1,
        anchor=anchors.get(script.style.anchor, "center"),
        polarity="dark" if is_dark(script.style) else "light",
    )


def _line_count(script: Script) -> int:
    return max((len(caption.lines) for caption in script.captions), default=len(script.style.faces))


def shown_lines(script: Script, frame: int) -> Iterator[PlacedLine]:
    """Yield every line of a caption that is shown on a source frame, top to bottom."""
    for caption in script.captions:
        if caption.first <= frame <= caption.last:
            yield from place_lines(caption.lines, script.style)
