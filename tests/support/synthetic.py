"""Small synthetic videos for tests."""

from __future__ import annotations

from caption_boundaries.data.recipe import Recipe

SMALL = Recipe(
    seconds=5.0, sizes=((256, 144, 1),), rates=(("24", 1), ("30000/1001", 1)), crf=(18, 26), preset="ultrafast"
)
SEEDS = (3, 4, 5, 8)
"""Whose videos have samples of every class together."""
