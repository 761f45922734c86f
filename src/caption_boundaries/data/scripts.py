"""From a recipe and a seed to a script: everything that chance decides, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from caption_boundaries.data.backgrounds import KINDS
from caption_boundaries.data.fonts import Font, fonts_for, scripts_for
from caption_boundaries.data.footage import Footage, look_at
from caption_boundaries.data.overlays import draw_overlays
from caption_boundaries.data.recipe import Recipe, Script, Shot
from caption_boundaries.data.styles import draw_style, is_dark, longest_line
from caption_boundaries.data.texts import TextWriter
from caption_boundaries.data.timeline import draw_pace, write_captions

T = TypeVar("T")

SHOT_SECONDS = (1.5, 8.0)
"""The shortest and the longest shot."""


def write_script(recipe: Recipe, seed: int) -> Script:
    """Return what the video of a recipe and a seed shows: always the same on machines with the same fonts and footage.

    Raises:
        InputError: There is no font, or no footage that may be used.
        VideoFileError: A footage file is no video that can be read.
    """
    chance = random.Random(f"{recipe.version} {recipe.split} {seed}")
    width, height = _size(chance, recipe)
    rate = _weighted(chance, recipe.rates)
    fps = Fraction(rate)
    frames = max(1, round(recipe.seconds * fps))
    language = _language(chance, recipe)
    fonts = _fonts(recipe, language)
    overlays = draw_overlays(chance, recipe.split, fonts[-1], width, height, frames, float(fps), recipe.overlay_share)
    style = draw_style(chance, fonts, width, height, ticker=any(item.kind == "ticker" for item in overlays))
    fades, flickers = chance.random() < recipe.fade_share, chance.random() < recipe.flicker_share
    pace = draw_pace(chance, fades=fades, flickers=flickers, near=recipe.near_share, haste=recipe.haste)
    writers = [
        TextWriter(script, recipe.split, chance, longest_line(style, number, width, script))
        for number, script in enumerate(_scripts(language))
    ]
    captions = write_captions(chance, pace, writers[0], writers[1] if len(writers) > 1 else None, frames, float(fps))
    if chance.random() < recipe.empty_share:
        captions = ()
    shots = tuple(_shots(chance, recipe, frames, float(fps), bright=is_dark(style) and style.box_color is None))
    tags = [language, *(["fade"] if pace.fade else []), *(["flicker"] if pace.flicker else [])]
    tags += sorted({shot.kind for shot in shots} | {item.kind for item in overlays})
    return Script(
        seed=seed,
        split=recipe.split,
        width=width,
        height=height,
        rate=rate,
        frames=frames,
        crf=chance.randint(*recipe.crf),
        preset=recipe.preset,
        style=style,
        captions=captions,
        shots=shots,
        overlays=overlays,
        tags=tuple(tags),
    )


def _size(chance: random.Random, recipe: Recipe) -> tuple[int, int]:
    return _weighted(chance, tuple(((width, height), share) for width, height, share in recipe.sizes))


def _weighted(chance: random.Random, choices: Sequence[tuple[T, int]]) -> T:
    return chance.choices([value for value, _ in choices], [share for _, share in choices])[0]


def _language(chance: random.Random, recipe: Recipe) -> str:
    """Return what the captions are written in, among what this machine has fonts for."""
    known = scripts_for(recipe.split)
    possible = [(name, share) for name, share in recipe.scripts if set(_scripts(name)) <= set(known)]
    return _weighted(chance, possible or [("latin", 1)])


def _scripts(language: str) -> tuple[str, ...]:
    return ("chinese", "latin") if language == "bilingual" else (language,)


def _fonts(recipe: Recipe, language: str) -> list[tuple[Font, ...]]:
    return [fonts_for(recipe.split, script) for script in _scripts(language)]


def _shots(chance: random.Random, recipe: Recipe, frames: int, fps: float, *, bright: bool) -> Iterator[Shot]:
    """Yield what is behind the captions; bright pictures only where dark text stands on them."""
    footage = [look_at(path) for path in recipe.footage]
    first = 0
    while first < frames:
        seconds = chance.uniform(*SHOT_SECONDS)
        seed = chance.getrandbits(32)
        if bright:
            yield Shot(first, "bright", seed)
        elif footage and chance.random() < recipe.footage_share:
            yield _footage_shot(chance, recipe, footage, first, seed, seconds)
        else:
            yield Shot(first, chance.choice(sorted(KINDS)), seed, gain=chance.uniform(0.5, 1.1))
        first += max(1, round(seconds * fps))


def _footage_shot(
    chance: random.Random, recipe: Recipe, footage: Sequence[Footage], first: int, seed: int, seconds: float
) -> Shot:
    # A shot is never longer than its frames at the slowest rate that footage has: 60 % more are asked for.
    places = [(file, start) for file in footage for start in file.usable(recipe.split, recipe.excluded, seconds * 1.6)]
    photos = [place for place in places if place[0].is_photo]
    if photos and (len(photos) == len(places) or chance.random() < recipe.photo_share):
        return _photo_shot(chance, chance.choice(photos)[0], first, seed)
    places = [place for place in places if not place[0].is_photo]
    if not places:
        return Shot(first, chance.choice(sorted(KINDS)), seed, gain=chance.uniform(0.5, 1.1))
    file, start = chance.choice(places)
    shot = Shot(first, "footage", seed, file=file.path, start=start, zoom=round(chance.uniform(1.0, 1.5), 3))
    return replace(
        shot,
        mirrored=chance.random() < 0.5,
        gain=round(chance.uniform(0.6, 1.5), 3) if chance.random() < 0.5 else 1.0,
        still=chance.random() < 0.1,
    )


def _photo_shot(chance: random.Random, photo: Footage, first: int, seed: int) -> Shot:
    return Shot(
        first,
        "photo",
        seed,
        file=photo.path,
        zoom=round(chance.uniform(1.0, 3.0), 3),
        mirrored=chance.random() < 0.5,
        gain=round(chance.uniform(0.6, 1.4), 3) if chance.random() < 0.5 else 1.0,
    )
