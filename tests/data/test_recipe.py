"""Recipes and scripts as values: JSON and back, what counts as shown, what follows from a seed."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.captions.strokes import indices_between
from caption_boundaries.data.plain import from_json, to_json
from caption_boundaries.data.recipe import Excluded, Recipe, Script, ScriptedCaption
from caption_boundaries.data.scripts import write_script
from caption_boundaries.data.styles import is_dark
from caption_boundaries.errors import InputError, UsageError

captions = st.builds(
    lambda first, length, fade_in, fade_out, flicker: ScriptedCaption(
        first, first + max(length, fade_in + fade_out), ("Hello",), 2 * fade_in, 2 * fade_out, flicker
    ),
    st.integers(0, 50),
    st.integers(0, 40),
    st.integers(0, 4),
    st.integers(0, 4),
    st.floats(0, 0.3),
)


@given(captions)
def test_a_caption_counts_as_shown_exactly_where_half_of_it_is_there(caption: ScriptedCaption) -> None:
    shown = [frame for frame in range(-20, 150) if caption.opacity(frame) >= 0.5]
    assert shown == list(range(caption.first, caption.last + 1))


@given(captions)
def test_a_caption_is_drawn_exactly_where_something_of_it_is_there(caption: ScriptedCaption) -> None:
    assert [frame for frame in range(-20, 150) if caption.opacity(frame) > 0] == list(caption.drawn)
    assert all(abs(caption.opacity(frame) - 0.5) > 0.01 for frame in caption.drawn), "a frame at exactly one half"


@pytest.mark.parametrize("seed", range(6))
def test_scripts_go_to_json_and_back(seed: int) -> None:
    script = write_script(Recipe(), seed)
    assert from_json(Script, to_json(script)) == script
    json.loads(to_json(script))


def test_recipes_go_to_json_and_back() -> None:
    recipe = Recipe(footage=("/films/a.mp4",), excluded=(Excluded(1, 2, "a.mp4"),), seconds=12)
    assert from_json(Recipe, to_json(recipe)) == recipe
    assert replace(recipe, footage=("/elsewhere/a.mp4",)).identity == recipe.identity
    assert replace(recipe, seconds=12.0, excluded=(Excluded(1.0, 2.0, "a.mp4"),)).identity == recipe.identity


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no JSON", "no Recipe"),
        ("[]", "is an object"),
        ('{"colour": 1}', "has no colour"),
        ('{"excluded": [{"begin": 1}]}', "has no begin"),
    ],
)
def test_what_is_no_recipe_is_refused(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        from_json(Recipe, text)


@pytest.mark.parametrize("wrong", [{"split": "both"}, {"seconds": 0.0}, {"version": 0}, {"haste": 0.0}])
def test_a_recipe_that_cannot_be_followed_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Recipe(**wrong)


def test_the_seed_decides_and_the_split_too() -> None:
    recipe = Recipe(seconds=10)
    assert write_script(recipe, 1) == write_script(recipe, 1)
    assert write_script(recipe, 1) != write_script(recipe, 2)


def test_captions_follow_one_another_without_overlap() -> None:
    for seed in range(40):
        script = write_script(Recipe(), seed)
        ends = -1
        for caption in script.captions:
            assert ends < caption.first <= caption.last < script.frames
            ends = caption.last
        assert all(first < second.first for first, second in zip((-1,), script.shots, strict=False))


def test_captions_in_haste_follow_as_many_times_as_fast() -> None:
    usual, hasty = (
        [write_script(Recipe(haste=haste, empty_share=0.0), seed) for seed in range(30)] for haste in (1.0, 3.0)
    )
    counts = [sum(len(script.captions) for script in scripts) for scripts in (usual, hasty)]
    assert 1.8 * counts[0] < counts[1] < 3.2 * counts[0]
    for script in hasty:
        for one, other in itertools.pairwise(script.captions):
            assert one.first <= one.last < other.first


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0.0, 0.1), (0.5, 0.35, 0.7)])
def test_captions_differ_in_one_letter_as_often_as_the_recipe_says(share: float, least: float, most: float) -> None:
    scripts = [write_script(Recipe(near_share=share, scripts=(("latin", 1),)), seed) for seed in range(30)]
    pairs = [pair for script in scripts for pair in itertools.pairwise(script.captions)]
    near = [one for one, other in pairs if one.lines != other.lines and _near(one.text, other.text)]
    assert least <= len(near) / len(pairs) <= most


def test_everything_that_is_hard_does_come() -> None:
    scripts = [write_script(Recipe(), seed) for seed in range(80)]
    captions = [caption for script in scripts for caption in script.captions]
    pairs = [pair for script in scripts for pair in itertools.pairwise(script.captions)]
    adjoining = [(one, other) for one, other in pairs if other.first == one.last + 1]
    tags = {tag for script in scripts for tag in script.tags}
    assert any(one.lines != other.lines and _near(one.text, other.text) for one, other in adjoining)
    assert any(one.lines == other.lines and other.first > one.last + 1 for one, other in pairs)
    assert any(caption.last - caption.first < 5 for caption in captions)
    assert any(len(caption.lines) == 2 for caption in captions)
    assert any(shot.first in range(c.first + 1, c.last) for s in scripts for c in s.captions for shot in s.shots)
    assert {"latin", "fade", "flicker", "logo", "clock", "ticker", "plate", "texture", "stripes"} <= tags
    assert {"left", "center", "right"} == {script.style.anchor for script in scripts}
    assert any(script.style.hangs for script in scripts)
    assert any(script.style.box_color for script in scripts)
    assert any(not script.captions for script in scripts)


@pytest.mark.parametrize("rate", ["24", "25", "30000/1001", "30", "50"])
def test_every_caption_is_shown_at_a_frame_index(rate: str) -> None:
    recipe = Recipe(rates=((rate, 1),))
    captions = [
        (script, caption) for script in (write_script(recipe, n) for n in range(25)) for caption in script.captions
    ]
    assert captions
    for script, caption in captions:
        seconds = float(caption.first / script.fps), float((caption.last + 1) / script.fps)
        assert indices_between(*seconds, 10.0) is not None


def test_a_caption_comes_again_only_after_viewers_saw_it_go() -> None:
    scripts = [write_script(Recipe(), seed) for seed in range(60)]
    for script in scripts:
        for one, other in itertools.pairwise(script.captions):
            assert one.lines != other.lines or other.first - one.last - 1 >= script.fps / 5


def test_text_that_has_neither_outline_nor_box_has_a_shadow_that_is_seen() -> None:
    styles = [write_script(Recipe(), seed).style for seed in range(120)]
    bare = [style for style in styles if not style.outline_width and style.box_color is None]
    assert bare
    assert all(style.shadow >= 2 for style in bare)


def test_dark_text_has_something_bright_behind_it() -> None:
    scripts = [write_script(Recipe(), seed) for seed in range(120)]
    dark = [script for script in scripts if is_dark(script.style)]
    assert dark
    for script in dark:
        on_box = script.style.box_color is not None and script.style.box_opacity > 0.8
        assert on_box or {shot.kind for shot in script.shots} == {"bright"}


def _near(one: str, other: str) -> bool:
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1


def test_the_footage_may_lie_anywhere(footage: Path) -> None:
    recipe = Recipe(seconds=8, footage=(str(footage / "meadow.mp4"),), footage_share=1.0)
    assert {shot.kind for shot in write_script(recipe, 1).shots} <= {"footage", "bright"}
