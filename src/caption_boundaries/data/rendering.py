"""Captions drawn with Pillow: fill, outline, shadow and the box behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from caption_boundaries.data.pictures import Sprite, sprite_of
from caption_boundaries.data.recipe import Overlay, Style, Typeface
from caption_boundaries.types import Box, PixelBox, TextLine

SHADOW_OPACITY = 0.7
BOX_PADDING = 0.18
"""Room of the box behind around the text, in font sizes."""


@dataclass(frozen=True)
class PlacedLine:
    """A line of text and where it stands."""

    text: str
    face: Typeface
    x: int
    """Left end of the line in pixels of the frame."""
    baseline: int
    box: PixelBox
    """What its letters cover, without outline and shadow; it may stand out of the frame."""

    def seen(self, width: int, height: int) -> TextLine:
        """Return it as an engine without fault would read it in a frame of the given size."""
        box = PixelBox(
            max(0, self.box.left), max(0, self.box.top), min(width, self.box.right), min(height, self.box.bottom)
        )
        return TextLine(Box.from_pixels(box, width, height), self.text, 1.0)


def place_lines(lines: Sequence[str], style: Style) -> list[PlacedLine]:
    """Return where each line of a caption stands."""
    faces = [style.faces[min(number, len(style.faces) - 1)] for number in range(len(lines))]
    steps = [round(face.size * style.spacing) for face in faces]
    if style.hangs:
        baselines = [style.y + faces[0].size + sum(steps[1 : number + 1]) for number in range(len(lines))]
    else:
        baselines = [style.y - sum(steps[number + 1 :]) for number in range(len(lines))]
    return [_placed(*line, style) for line in zip(lines, faces, baselines, strict=True)]


def _placed(text: str, face: Typeface, baseline: int, style: Style) -> PlacedLine:
    left, top, right, bottom = face.font.at(face.size).getbbox(text, anchor="ls")
    width = right - left
    shift = {"left": 0.0, "center": width / 2, "right": width}[style.anchor]
    x = round(style.x - shift - left)
    box = PixelBox(int(x + left), int(baseline + top), int(x + right), int(baseline + bottom))
    return PlacedLine(text, face, x, baseline, box)


def render_caption(lines: Sequence[str], style: Style, frame_size: tuple[int, int]) -> Sprite:
    """Return a caption as a sprite for frames of a size (width, height)."""
    placed = place_lines(lines, style)
    size = max(line.face.size for line in placed)
    margin = style.outline_width + 2 * style.shadow + round(BOX_PADDING * size * 2) + 2
    around = _around([line.box for line in placed], margin)
    picture = Image.new("RGBA", (around.width, around.height))
    if style.box_color is not None:
        padding = round(BOX_PADDING * size)
        for line in placed:
            _draw_box(picture, _shifted(line.box, around, padding), style.box_color, style.box_opacity)
    inked = _mask(placed, around, style.outline_width)
    if style.shadow:
        shade = Image.new("L", picture.size)
        shade.paste(inked, (style.shadow, style.shadow))
        shade = shade.filter(ImageFilter.GaussianBlur(style.shadow / 2)).point(
            [int(v * SHADOW_OPACITY) for v in range(256)]
        )
        _paint(picture, (0, 0, 0), shade)
    if style.outline_width:
        _paint(picture, style.outline, inked)
    _paint(picture, style.fill, _mask(placed, around, 0))
    return sprite_of(np.asarray(picture), around.left, around.top, frame_size)


def render_overlay(overlay: Overlay, text: str, frame_size: tuple[int, int]) -> Sprite:
    """Return one text of an overlay as a sprite; line breaks make several lines."""
    font = overlay.face.font.at(overlay.face.size)
    lines, padding, step = text.split("\n"), _padding(overlay), _step(overlay)
    width = round(max(font.getlength(line) for line in lines)) + 2 * padding
    picture = Image.new("RGBA", (width, step * len(lines) + padding))
    if overlay.box_color is not None:
        picture.paste((*overlay.box_color, 255), (0, 0, *picture.size))
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        draw.text((padding, _baseline(overlay, number)), line, (*overlay.fill, 255), font, "ls")
    return sprite_of(np.asarray(picture), overlay.x, overlay.y, frame_size)


def overlay_boxes(overlay: Overlay, text: str) -> Iterator[tuple[str, PixelBox]]:
    """Yield each line of an overlay's text and what its letters cover, in pixels of the frame."""
    font = overlay.face.font.at(overlay.face.size)
    x = overlay.x + _padding(overlay)
    for number, line in enumerate(text.split("\n")):
        left, top, right, bottom = font.getbbox(line, anchor="ls")
        y = overlay.y + _baseline(overlay, number)
        yield line, PixelBox(int(x + left), int(y + top), int(x + right), int(y + bottom))


def _padding(overlay: Overlay) -> int:
    return round(overlay.face.size * 0.4)


def _step(overlay: Overlay) -> int:
    return round(overlay.face.size * 1.3)


def _baseline(overlay: Overlay, number: int) -> int:
    """Return how far below the overlay's upper edge line ``number`` stands, in pixels."""
    return _padding(overlay) + overlay.face.size * 3 // 4 + number * _step(overlay)


def _around(boxes: Sequence[PixelBox], margin: int) -> PixelBox:
    return PixelBox(
        min(box.left for box in boxes) - margin,
        min(box.top for box in boxes) - margin,
        max(box.right for box in boxes) + margin,
        max(box.bottom for box in boxes) + margin,
    )


def _shifted(box: PixelBox, around: PixelBox, padding: int) -> tuple[int, int, int, int]:
    return (
        box.left - around.left - padding,
        box.top - around.top - padding,
        box.right - around.left + padding,
        box.bottom - around.top + padding,
    )


def _mask(placed: Sequence[PlacedLine], around: PixelBox, stroke: int) -> Image.Image:
    mask = Image.new("L", (around.width, around.height))
    draw = ImageDraw.Draw(mask)
    for line in placed:
        place = (line.x - around.left, line.baseline - around.top)
        draw.text(place, line.text, 255, line.face.font.at(line.face.size), "ls", stroke_width=stroke, stroke_fill=255)
    return mask


def _draw_box(
    picture: Image.Image, box: tuple[int, int, int, int], color: tuple[int, int, int], opacity: float
) -> None:
    ImageDraw.Draw(picture).rectangle(box, (*color, round(255 * opacity)))


def _paint(picture: Image.Image, color: tuple[int, int, int], mask: Image.Image) -> None:
    layer = Image.new("RGBA", picture.size, (*color, 0))
    layer.putalpha(mask)
    picture.alpha_composite(layer)
