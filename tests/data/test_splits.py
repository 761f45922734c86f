"""What is kept for tests is never trained on: fonts, texts, footage."""

from __future__ import annotations

import dataclasses
import itertools
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.data.fonts import SCRIPTS, find_fonts, fonts_for, scripts_for
from caption_boundaries.data.footage import Footage, find_footage, look_at
from caption_boundaries.data.recipe import Excluded, Recipe, Script
from caption_boundaries.data.scripts import write_script
from caption_boundaries.data.splits import SPLITS, span_of_split, split_of_family, split_of_text
from caption_boundaries.data.texts import TextWriter
from caption_boundaries.errors import InputError

SEEDS = range(12)


def lines_of(script: Script) -> set[str]:
    return {line for caption in script.captions for line in caption.lines}


def families_of(script: Script) -> set[str]:
    return {face.font.family for face in script.style.faces} | {item.face.font.family for item in script.overlays}


def seconds_of(script: Script) -> list[tuple[str, float, float]]:
    """Return the parts of the footage that a script shows."""
    ends = [*(shot.first for shot in script.shots[1:]), script.frames]
    return [
        (shot.file, shot.start, shot.start + (end - shot.first) / 10)  # the footage has ten pictures a second
        for shot, end in zip(script.shots, ends, strict=True)
        if shot.kind == "footage"
    ]


@pytest.fixture(scope="module")
def scripts(footage: Path) -> dict[str, list[Script]]:
    if not fonts_for("test", "latin"):
        pytest.skip("no font of the test split is installed (fonts-liberation)")
    recipe = Recipe(seconds=20, footage=find_footage([footage]), footage_share=1.0, rates=(("10", 1),))
    return {split: [write_script(dataclasses.replace(recipe, split=split), seed) for seed in SEEDS] for split in SPLITS}


def test_no_line_of_the_test_split_is_ever_trained_on(scripts: dict[str, list[Script]]) -> None:
    train, test = (set().union(*map(lines_of, scripts[split])) for split in SPLITS)
    assert len(train) > 50
    assert len(test) > 50
    assert not train & test
    assert {split_of_text(line) for line in train} == {"train"}
    assert {split_of_text(line) for line in test} == {"test"}


def test_no_font_of_the_test_split_is_ever_trained_on(scripts: dict[str, list[Script]]) -> None:
    train, test = (set().union(*map(families_of, scripts[split])) for split in SPLITS)
    assert train
    assert test
    assert {split_of_family(family) for family in train} == {"train"}
    assert {split_of_family(family) for family in test} == {"test"}


def test_no_second_of_footage_is_on_both_sides(scripts: dict[str, list[Script]]) -> None:
    train, test = ([part for script in scripts[split] for part in seconds_of(script)] for split in SPLITS)
    assert train
    assert test
    for (file, start, end), (other, first, last) in itertools.product(train, test):
        assert file != other or end <= first or last <= start


def test_a_font_is_in_one_split_only() -> None:
    found = {split: {font.path for script in SCRIPTS for font in fonts_for(split, script)} for split in SPLITS}
    assert not found["train"] & found["test"]
    assert found["train"] <= {font.path for font in find_fonts()}


@pytest.mark.parametrize(
    ("family", "split"),
    [
        ("DejaVu Sans", "train"),
        ("Noto Sans CJK SC", "train"),
        ("Liberation Sans", "test"),
        ("Noto Serif CJK SC", "test"),
        ("a font that nobody knows yet", "train"),
    ],
)
def test_families_are_divided_by_name(family: str, split: str) -> None:
    assert split_of_family(family) == split


@given(st.text(), st.sampled_from(["", " ", "  !", "?"]))
def test_punctuation_never_moves_a_text_to_the_other_side(text: str, end: str) -> None:
    assert split_of_text(text) == split_of_text(text + end)


@given(st.floats(1, 100_000))
def test_the_spans_of_footage_never_touch(seconds: float) -> None:
    (first, until), (start, last) = span_of_split("train", seconds), span_of_split("test", seconds)
    assert 0 == first < until < start < last == seconds


def test_what_is_excluded_is_not_used() -> None:
    film = Footage("/films/a.mp4", 100.0, tuple(map(float, range(100))))
    everywhere, here, elsewhere = Excluded(10, 20), Excluded(30, 40, "a.mp4"), Excluded(50, 60, "b.mp4")
    starts = film.usable("train", [everywhere, here, elsewhere], 4.0)
    assert starts == [float(n) for n in range(63) if not (6 < n < 20 or 26 < n < 40)]
    assert film.usable("test", [Excluded(0, 100)], 4.0) == []


def test_no_photo_is_on_both_sides(photos: Path) -> None:
    files = find_footage([photos])
    sides = {split: {path for path in files if look_at(path).usable(split, [], 1000.0)} for split in SPLITS}
    assert sides["train"] | sides["test"] == set(files)
    assert sides["train"].isdisjoint(sides["test"])
    assert len(sides["train"]) > len(sides["test"]) > 0
    recipe = Recipe(seconds=20, footage=files, footage_share=1.0, rates=(("10", 1),))
    for split in SPLITS:
        scripts = [write_script(dataclasses.replace(recipe, split=split), seed) for seed in SEEDS]
        shown = {shot.file for script in scripts for shot in script.shots if shot.kind == "photo"}
        assert shown
        assert shown <= sides[split]


def test_photos_and_footage_come_as_often_as_the_recipe_says(footage: Path, photos: Path) -> None:
    recipe = Recipe(seconds=60, footage=find_footage([footage, photos]), footage_share=1.0, photo_share=0.5)
    kinds = [shot.kind for seed in range(20) for shot in write_script(recipe, seed).shots if shot.kind != "bright"]
    assert set(kinds) == {"photo", "footage"}
    assert 0.35 < kinds.count("photo") / len(kinds) < 0.65
    none = dataclasses.replace(recipe, photo_share=0.0)
    assert all(shot.kind != "photo" for seed in range(5) for shot in write_script(none, seed).shots)


def test_footage_is_looked_for_in_folders(footage: Path, tmp_path: Path) -> None:
    (file,) = find_footage([footage])
    assert find_footage([Path(file)]) == (file,)
    known = look_at(file)
    assert known.seconds == pytest.approx(60.0)
    assert known.starts[:3] == (0.0, 1.0, 2.0)
    with pytest.raises(InputError, match="no footage"):
        find_footage([tmp_path])


def test_training_needs_a_latin_font_only() -> None:
    assert "latin" in scripts_for("train")


@pytest.mark.parametrize("script", ["latin", "cyrillic", "chinese"])
def test_a_line_that_is_near_another_differs_from_it_and_stays_on_its_side(script: str) -> None:
    writer = TextWriter(script, "train", random.Random(1))
    for _ in range(30):
        line = writer.line()
        near = writer.near(line)
        assert near != line
        assert split_of_text(near) == "train"
        if len(near) == len(line):
            assert sum(a != b for a, b in zip(line, near, strict=True)) == 1
