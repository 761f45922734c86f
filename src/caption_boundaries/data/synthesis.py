"""Synthetic videos: captions burned into footage and drawn backgrounds, with exact truth.

    script = write_script(Recipe(split="train"), seed=1)
    render_script(script, Path("one.mp4"))      # the same script gives the same bytes
    write_truth(script, Path("one.json"))

What a fade means for the truth is told in `recipe`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import av

from caption_boundaries.atomic import discard, partial_path, replace_file, storage_errors, write_file
from caption_boundaries.data.backgrounds import drawn_pictures
from caption_boundaries.data.footage import footage_pictures
from caption_boundaries.data.overlays import OverlayLayers
from caption_boundaries.data.pictures import Canvas, Sprite
from caption_boundaries.data.recipe import Script
from caption_boundaries.data.rendering import render_caption
from caption_boundaries.step import Progress, silent

PROGRESS_FRAMES = 48
"""Progress is told once in so many frames."""


def render_script(script: Script, path: Path, *, progress: Progress = silent) -> None:
    """Write the video of a script; it appears whole or not at all.

    Raises:
        VideoFileError: Footage is missing or cannot be read.
        StorageError: The disk refused.
    """
    partial = partial_path(path)
    try:
        with storage_errors(path):
            _encode(script, partial, progress)
        replace_file(partial, path)
    finally:
        discard(partial)


def write_truth(script: Script, path: Path, *, video: str = "") -> None:
    """Write when each caption is shown and what it says, as `evaluation.truth` reads it."""
    document = {
        "video": video,
        "frames": script.frames,
        "fps": float(script.fps),
        "captions": [
            {"first_frame": caption.first, "last_frame": caption.last, "text": caption.text}
            for caption in script.captions
        ],
        "tags": script.tags,
        "seed": script.seed,
        "split": script.split,
    }
    write_file(path, json.dumps(document, ensure_ascii=False, indent=1).encode())


def pictures_of(script: Script) -> Iterator[Canvas]:
    """Yield every frame of a script before it is compressed."""
    size = (script.width, script.height)
    layers = OverlayLayers(script.overlays, size, float(script.fps))
    captions = _CaptionSprites(script)
    for frame, canvas in enumerate(_backgrounds(script)):
        layers.lay(canvas, frame)
        captions.lay(canvas, frame)
        yield canvas


def _backgrounds(script: Script) -> Iterator[Canvas]:
    ends = [shot.first for shot in script.shots[1:]] + [script.frames]
    for shot, end in zip(script.shots, ends, strict=True):
        make = footage_pictures if shot.kind == "footage" else drawn_pictures
        yield from make(shot, end - shot.first, script.width, script.height)


class _CaptionSprites:
    """The captions of a script as sprites, each kept while it is drawn."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._next = 0
        self._drawn: dict[int, Sprite] = {}

    def lay(self, canvas: Canvas, frame: int) -> None:
        """Draw what there is of captions on a frame; frames come in order."""
        captions = self._script.captions
        while self._next < len(captions) and captions[self._next].drawn.start <= frame:
            size = (self._script.width, self._script.height)
            self._drawn[self._next] = render_caption(captions[self._next].lines, self._script.style, size)
            self._next += 1
        for number in [number for number in self._drawn if captions[number].drawn.stop <= frame]:
            del self._drawn[number]
        for number, sprite in self._drawn.items():
            sprite.lay(canvas, captions[number].opacity(frame))


def _encode(script: Script, path: Path, progress: Progress) -> None:
    with closing(av.open(str(path), "w", format="mp4")) as container:
        stream = container.add_stream(
            "libx264", rate=script.fps, options={"crf": str(script.crf), "preset": script.preset}
        )
        stream.width, stream.height, stream.pix_fmt = script.width, script.height, "yuv420p"
        stream.codec_context.thread_count = 1  # another number gives other bytes
        for number, canvas in enumerate(pictures_of(script)):
            frame = av.VideoFrame.from_ndarray(canvas.data, format="yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
            if number % PROGRESS_FRAMES == 0:
                progress(number, script.frames, "frames")
        container.mux(stream.encode())
    progress(script.frames, script.frames, "frames")
