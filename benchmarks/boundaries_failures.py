"""Show what goes wrong: every boundary that the model misses or sees without cause, as a row of four pictures.

    python benchmarks/boundaries_failures.py --synthetic ROOT [--model FOLDER] [--picture FILE.png] [--limit 24]

The pictures of a row are neighbours; the boundary lies, or is said to lie, between the middle ones.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from boundaries_groups import groups_of_script
from caption_boundaries.captions.decoding import most_likely
from caption_boundaries.captions.learned import ModelDetector
from caption_boundaries.captions.stored import StoredPictures
from caption_boundaries.captions.strokes import indices_between
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.evaluation.boundaries import NOBODY, labels_of, owners_of
from caption_boundaries.evaluation.pairs import CHANGES, Labels
from caption_boundaries.inference.predictor import BoundaryPredictor
from caption_boundaries.library import load_videos
from caption_boundaries.media.jpeg import decode_jpeg_gray
from caption_boundaries.training.trials import truth_in
from caption_boundaries.types import BOUNDARY_CLASSES

WIDTH, GAP, TITLE = 240, 4, 14
"""Pixels of a picture's width, between pictures, and of the line above them."""


@dataclass(frozen=True)
class Failure:
    """A boundary that was missed, or seen without cause."""

    video: str
    pair: int
    what: str
    tags: tuple[str, ...]
    pictures: tuple[NDArray[np.uint8], ...]


def main() -> int:
    """Find, list and draw; returns the exit code."""
    options = _options()
    detector = ModelDetector(BoundaryPredictor.load(options.model))
    failures = [failure for video in load_videos(options.synthetic) for failure in failures_in(video.folder, detector)]
    table = Table("video", "pair", "what", "tags")
    for failure in failures:
        table.add_row(failure.video, str(failure.pair), failure.what, ", ".join(failure.tags))
    Console(width=140).print(table)
    if options.picture is not None and failures:
        cv2.imwrite(str(options.picture), sheet(failures[:: -(-len(failures) // options.limit)]))
    return 0


def failures_in(folder: Path, detector: ModelDetector) -> Iterator[Failure]:
    """Yield the boundaries of a video that the model misses by more than one index, or sees without cause."""
    truth = truth_in(folder)
    with VideoDatabase(folder, readonly=True) as connection:
        layout = LayoutReader(connection).config()
        assert layout is not None
        pictures = StoredPictures(connection, layout)
        ranges = [indices_between(caption.start, caption.end, pictures.rate_hz) for caption in truth.captions]
        true = labels_of(owners_of([frames for frames in ranges if frames is not None], pictures.indices))
        found = _found(detector, pictures)
        for pair, what in differences(true, found):
            window = np.clip(np.arange(pair - 1, pair + 3), 0, len(pictures.indices) - 1)
            jpegs = pictures.jpegs(sorted({int(index) for index in pictures.indices[window]}))
            crops = tuple(decode_jpeg_gray(jpeg) for jpeg in jpegs)
            yield Failure(folder.name[:8], pair, what, tuple(groups_of_script(folder)), crops)


def _found(detector: ModelDetector, pictures: StoredPictures) -> Labels:
    owners = np.full(len(pictures.indices), NOBODY, dtype=np.int64)
    for number, stretch in enumerate(most_likely(detector.detect(pictures).probabilities)):
        if stretch.shows_caption:
            owners[stretch.first : stretch.last + 1] = number
    return labels_of(owners)


def differences(true: Labels, found: Labels) -> list[tuple[int, str]]:
    """Return the pairs at which a boundary is missed, or seen without cause, by more than one index, and which."""
    ours, theirs = (np.flatnonzero(np.isin(labels, CHANGES)) for labels in (true, found))
    missed = [(int(pair), f"missed: {BOUNDARY_CLASSES[true[pair]]}") for pair in _alone(ours, theirs)]
    invented = [(int(pair), f"invented: {BOUNDARY_CLASSES[found[pair]]}") for pair in _alone(theirs, ours)]
    return sorted(missed + invented)


def _alone(some: NDArray[np.int64], others: NDArray[np.int64]) -> list[int]:
    return [int(pair) for pair in some if not np.any(np.abs(others - pair) <= 1)]


def sheet(failures: Sequence[Failure]) -> NDArray[np.uint8]:
    """Return one picture with a row for every failure."""
    rows = [_row(failure) for failure in failures]
    width = max(row.shape[1] for row in rows)
    return np.concatenate([np.pad(row, ((0, GAP), (0, width - row.shape[1])), constant_values=255) for row in rows])


def _row(failure: Failure) -> NDArray[np.uint8]:
    sized = [
        cv2.resize(crop, (WIDTH, max(8, round(crop.shape[0] * WIDTH / crop.shape[1]))), interpolation=cv2.INTER_AREA)
        for crop in failure.pictures
    ]
    row = np.concatenate([np.pad(crop, ((0, 0), (0, GAP)), constant_values=255) for crop in sized], axis=1)
    title = np.full((TITLE, row.shape[1]), 255, dtype=np.uint8)
    words = f"{failure.what}  ({', '.join(failure.tags)})"
    cv2.putText(title, words, (2, TITLE - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.38, 0, 1, cv2.LINE_AA)
    return np.concatenate([title, row]).astype(np.uint8)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--synthetic", type=Path, required=True, help="data root of synthetic videos")
    parser.add_argument("--model", type=Path, help="another model than the package's")
    parser.add_argument("--picture", type=Path, help="where to draw them")
    parser.add_argument("--limit", type=int, default=24, help="rows of the picture, evenly chosen")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
