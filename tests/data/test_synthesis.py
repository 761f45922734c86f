"""The video shows what the truth says, and the same seed gives the same bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from caption_boundaries.data.fonts import fonts_for
from caption_boundaries.data.footage import find_footage
from caption_boundaries.data.pictures import Canvas
from caption_boundaries.data.recipe import Recipe, Script, ScriptedCaption
from caption_boundaries.data.rendering import place_lines
from caption_boundaries.data.scripts import write_script
from caption_boundaries.data.splits import split_of_photo
from caption_boundaries.data.synthesis import pictures_of, render_script, write_truth
from caption_boundaries.errors import InputError, VideoFileError
from caption_boundaries.evaluation.truth import read_truth
from support.synthetic import SMALL

CLEAR = replace(SMALL, seconds=3, crf=(1, 1), flicker_share=0, overlay_share=0, empty_share=0)


def script_with(*captions: ScriptedCaption, seed: int = 3, frames: int = 60) -> Script:
    script = write_script(CLEAR, seed)
    return replace(script, captions=captions, frames=frames, shots=script.shots[:1])


def ink(script: Script) -> NDArray[np.float64]:
    """Return for every frame how much of its luma the captions change."""
    bare = replace(script, captions=())
    pairs = zip(pictures_of(script), pictures_of(bare), strict=True)
    return np.array([np.abs(one.luma.astype(int) - other.luma).mean() for one, other in pairs])


def decoded(path: Path) -> list[NDArray[np.uint8]]:
    """Return the luma of every frame of a file."""
    with av.open(str(path)) as file:
        return [Canvas(f.to_ndarray(), f.width, f.height).luma.copy() for f in file.decode(video=0)]


@pytest.mark.parametrize("fade", [0, 2, 4, 6, 8])
def test_half_of_a_caption_is_there_exactly_on_the_frames_that_the_truth_names(fade: int) -> None:
    caption = ScriptedCaption(20, 40, ("Good morning!",), fade_in=fade, fade_out=fade)
    amount = ink(script_with(caption))
    assert list(np.flatnonzero(amount >= amount.max() / 2)) == list(range(20, 41))
    assert list(np.flatnonzero(amount)) == list(caption.drawn)


def test_captions_without_a_pause_change_from_one_frame_to_the_next() -> None:
    one, other = ScriptedCaption(10, 29, ("Yes.",)), ScriptedCaption(30, 50, ("Yes!",))
    both, first, second = (script_with(*captions) for captions in ((one, other), (one,), (other,)))
    luma = [picture.luma.copy() for picture in pictures_of(both)]
    expected = [picture.luma.copy() for picture in pictures_of(first)][:30]
    expected += [picture.luma.copy() for picture in pictures_of(second)][30:]
    assert all(np.array_equal(a, b) for a, b in zip(luma, expected, strict=True))
    assert not np.array_equal(luma[29], luma[30])


def test_the_file_shows_the_captions_on_exactly_those_frames(tmp_path: Path) -> None:
    captions = (ScriptedCaption(8, 19, ("First line",)), ScriptedCaption(20, 33, ("Another one",)))
    script = script_with(*captions)
    render_script(script, tmp_path / "with.mp4")
    render_script(replace(script, captions=()), tmp_path / "without.mp4")
    pairs = zip(decoded(tmp_path / "with.mp4"), decoded(tmp_path / "without.mp4"), strict=True)
    changed = [int(np.abs(a.astype(int) - b).max()) > 60 for a, b in pairs]
    assert changed == [8 <= frame <= 33 for frame in range(script.frames)]


def test_the_truth_is_what_evaluation_reads(tmp_path: Path) -> None:
    script = script_with(ScriptedCaption(12, 23, ("One", "two")))
    write_truth(script, tmp_path / "a.json", video="a.mp4")
    truth = read_truth(tmp_path / "a.json")
    (caption,) = truth.captions
    fps = float(script.fps)
    assert (caption.start, caption.end, caption.text) == (12 / fps, 24 / fps, "One\ntwo")
    assert (truth.video, truth.frames) == ("a.mp4", 60)


@pytest.mark.parametrize("seed", range(4))
def test_the_same_seed_gives_the_same_bytes(seed: int, tmp_path: Path) -> None:
    recipe = replace(SMALL, seconds=2.5)
    for name in ("one.mp4", "two.mp4"):
        render_script(write_script(recipe, seed), tmp_path / name)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


def test_the_letters_lie_where_the_lines_are_said_to_be() -> None:
    for seed in range(8):
        script = script_with(ScriptedCaption(0, 5, ("Wagner", "Jury")), seed=seed, frames=2)
        style = replace(script.style, box_color=None, shadow=0, fill=(255, 255, 255), outline=(0, 0, 0))
        script = replace(script, style=style)
        picture, bare = next(pictures_of(script)), next(pictures_of(replace(script, captions=())))
        rows, columns = np.nonzero(np.abs(picture.luma.astype(int) - bare.luma) > 8)
        boxes = [line.box for line in place_lines(("Wagner", "Jury"), style)]
        reach = style.outline_width + 2
        assert min(box.top for box in boxes) - reach <= rows.min()
        assert rows.max() <= max(box.bottom for box in boxes) + reach
        assert min(box.left for box in boxes) - reach <= columns.min()
        assert columns.max() <= max(box.right for box in boxes) + reach


def test_footage_is_shown(footage: Path) -> None:
    recipe = replace(CLEAR, footage=(str(footage / "meadow.mp4"),), footage_share=1.0)
    script = write_script(recipe, 3)
    assert script.shots[0].kind == "footage"
    lumas = [picture.luma.copy() for picture in pictures_of(replace(script, captions=()))]
    assert len(lumas) == script.frames
    assert not np.array_equal(lumas[0], lumas[5]), "it moves"
    still = replace(script, captions=(), shots=(replace(script.shots[0], still=True),))
    first, *rest = (picture.luma.copy() for picture in pictures_of(still))
    assert all(np.array_equal(first, other) for other in rest)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_photo_is_shown(mirrored: bool, photos: Path) -> None:
    script = write_script(replace(CLEAR, footage=find_footage([photos]), footage_share=1.0), 3)
    shot = replace(script.shots[0], mirrored=mirrored, gain=1.0, zoom=1.0, seed=1)
    assert shot.kind == "photo"
    lumas = [picture.luma.copy() for picture in pictures_of(replace(script, captions=(), shots=(shot,)))]
    assert len(lumas) == script.frames
    columns = np.diff(lumas[0].mean(axis=0))
    assert (columns <= 0.5).all() if mirrored else (columns >= -0.5).all(), "it is darker at the left"
    assert any(not np.array_equal(lumas[0], other) for other in lumas), "the frame moves over it"


def test_a_photo_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken-0.jpg"
    broken.write_bytes(b"no picture")
    script = write_script(
        replace(CLEAR, split=split_of_photo(broken.name), footage=(str(broken),), footage_share=1.0), 3
    )
    with pytest.raises(InputError, match=r"broken-0\.jpg cannot be read"):
        list(pictures_of(script))


def test_footage_that_ends_early_keeps_its_last_picture(footage: Path) -> None:
    script = write_script(replace(CLEAR, footage=(str(footage / "meadow.mp4"),), footage_share=1.0), 3)
    late = replace(script, shots=(replace(script.shots[0], start=59.0, still=False),), captions=())
    assert len(list(pictures_of(late))) == script.frames
    gone = replace(script, shots=(replace(script.shots[0], start=90.0),))
    with pytest.raises(VideoFileError, match="no picture at"):
        list(pictures_of(gone))


def test_captions_go_from_footage_that_stands_still(footage: Path) -> None:
    """The picture that stays is the one of the footage, not the one that captions were drawn on."""
    script = write_script(replace(CLEAR, footage=(str(footage / "meadow.mp4"),), footage_share=1.0), 3)
    shots = (replace(script.shots[0], still=True),)
    one, other = ScriptedCaption(0, 9, ("Hello there",)), ScriptedCaption(20, 29, ("Bye",))
    shown = ink(replace(script, captions=(one, other), shots=shots, frames=40)) > 0
    assert np.flatnonzero(shown).tolist() == [*range(10), *range(20, 30)]


def test_nothing_is_left_of_a_video_that_could_not_be_made(footage: Path, tmp_path: Path) -> None:
    script = write_script(replace(CLEAR, footage=(str(footage / "meadow.mp4"),), footage_share=1.0), 3)
    broken = replace(script, shots=(replace(script.shots[0], start=90.0),))
    with pytest.raises(VideoFileError):
        render_script(broken, tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("script", ["latin", "chinese", "cyrillic"])
def test_every_script_is_drawn_with_letters_of_its_own(script: str, tmp_path: Path) -> None:
    if not fonts_for("train", script):
        pytest.skip(f"no font for {script} is installed (fonts-wqy-microhei)")
    made = write_script(Recipe(seconds=4, scripts=((script, 1),), empty_share=0), 3)
    assert script in made.tags
    (face,) = made.style.faces
    letters = {letter for caption in made.captions for letter in caption.text if letter.isalpha()}
    missing = bytes(face.font.at(20).getmask("\U0010fffe"))
    assert letters
    assert not {letter for letter in letters if bytes(face.font.at(20).getmask(letter)) == missing}
