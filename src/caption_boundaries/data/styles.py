"""How the captions of a video look: fonts, colours, outlines, boxes and places, as chance decides."""

from __future__ import annotations

import random
from collections.abc import Sequence

from caption_boundaries.data.fonts import Font
from caption_boundaries.data.recipe import Color, Style, Typeface

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
COLORS: tuple[tuple[Color, int], ...] = (
    (WHITE, 14),
    ((235, 235, 235), 3),
    ((255, 255, 0), 3),
    ((255, 222, 80), 2),
    ((120, 240, 255), 1),
    ((150, 255, 150), 1),
    ((255, 180, 200), 1),
)
"""Fills of light captions, and how often each comes."""
WIDTHS = {"chinese": 1.02, "latin": 0.58, "cyrillic": 0.62}
"""Usual width of a character in font sizes."""
ROOM = 0.9
"""Share of the frame's width that a line fills at most."""


def draw_style(
    chance: random.Random, fonts: Sequence[Sequence[Font]], width: int, height: int, *, ticker: bool
) -> Style:
    """Return a look.

    Args:
        chance: Decides everything.
        fonts: For each line of a bilingual caption, or for all lines, the fonts to choose from.
        width: Pixels of the frame.
        height: Pixels of the frame.
        ticker: True keeps clear of a ticker at the bottom.
    """
    faces = _faces(chance, fonts, height)
    size = faces[0].size
    anchor = chance.choices(["center", "left", "right"], [17, 2, 1])[0]
    hangs, y = _place(chance, height, ticker=ticker)
    fill, outline, box = _colors(chance)
    box_opacity = chance.choice([0.45, 0.6, 0.75, 1.0])
    outlined = chance.random() < 0.8 or (box is None and chance.random() < 0.5)
    if box is not None:
        outlined = chance.random() < 0.3
    return Style(
        faces=faces,
        fill=fill,
        outline=outline,
        outline_width=max(1, round(size * chance.uniform(0.035, 0.1))) if outlined else 0,
        shadow=_shadow(chance, size, alone=not outlined and box is None, wanted=not outlined),
        box_color=box,
        # Dark text is read on its box alone, light text stands out anyhow.
        box_opacity=max(box_opacity, 0.85) if fill[0] < 128 else box_opacity,
        anchor=anchor,
        x=_anchor_x(chance, anchor, width),
        y=y,
        hangs=hangs,
        spacing=chance.uniform(1.15, 1.4),
    )


def is_dark(style: Style) -> bool:
    """Tell whether the strokes are darker than what surrounds them."""
    return sum(style.fill) < 3 * 128


def longest_line(style: Style, number: int, width: int, script: str) -> int:
    """Return how many characters fit into line ``number`` of a caption."""
    face = style.faces[min(number, len(style.faces) - 1)]
    room = ROOM * width if style.anchor == "center" else ROOM * width - min(style.x, width - style.x)
    return max(4, int(room / (face.size * WIDTHS[script])))


def _faces(chance: random.Random, fonts: Sequence[Sequence[Font]], height: int) -> tuple[Typeface, ...]:
    size = max(13, round(height * chance.uniform(0.042, 0.08)))
    faces = [Typeface(_font(chance, fonts[0]), size)]
    if len(fonts) > 1:
        faces.append(Typeface(_font(chance, fonts[1]), max(12, round(size * chance.uniform(0.55, 0.85)))))
    return tuple(faces)


def _font(chance: random.Random, fonts: Sequence[Font]) -> Font:
    """Return a font; families are equally likely, however many cuts they have."""
    family = chance.choice(sorted({font.family for font in fonts}))
    return chance.choice([font for font in fonts if font.family == family])


def _place(chance: random.Random, height: int, *, ticker: bool) -> tuple[bool, int]:
    kind = chance.random()
    if kind < 0.12:
        return True, round(height * chance.uniform(0.02, 0.1))
    low, high = (0.84, 0.9) if ticker else (0.75, 0.88) if kind < 0.24 else (0.88, 0.97)
    return False, round(height * chance.uniform(low, high))


def _colors(chance: random.Random) -> tuple[Color, Color, Color | None]:
    """Return fill, outline and the colour of the box behind, if there is one."""
    kind = chance.random()
    if kind < 0.05:
        return (20, 20, 20), (255, 255, 255), (245, 245, 245)
    if kind < 0.09:
        return (15, 15, 15), (250, 250, 250), None
    fill = chance.choices([color for color, _ in COLORS], [share for _, share in COLORS])[0]
    outline = BLACK if chance.random() < 0.85 else chance.choice([(40, 20, 90), (0, 60, 0), (90, 20, 20)])
    return fill, outline, BLACK if kind < 0.2 else None


def _shadow(chance: random.Random, size: int, *, alone: bool, wanted: bool) -> int:
    """Return the distance of the shadow; where it stands alone it has to part the text from a picture as bright."""
    share, chosen = chance.uniform(0.04, 0.1), chance.random() < 0.25
    if alone:
        return max(2, round(size * (share + 0.03)))
    return max(1, round(size * share)) if wanted or chosen else 0


def _anchor_x(chance: random.Random, anchor: str, width: int) -> int:
    share = {"left": chance.uniform(0.05, 0.15), "right": chance.uniform(0.85, 0.95), "center": 0.5}[anchor]
    return round(width * share)
