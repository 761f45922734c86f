"""A detector tried on a whole video whose truth is known: its pairs, and the captions that come of them."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.captions.decoding import change_frames, most_likely
from caption_boundaries.captions.detector import BoundaryDetector
from caption_boundaries.captions.stored import StoredPictures
from caption_boundaries.captions.strokes import indices_between
from caption_boundaries.config import Settings
from caption_boundaries.database.captions import CaptionReader
from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import all_databases
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.errors import UsageError
from caption_boundaries.evaluation.boundaries import BoundaryScore, owners_of, score_pairs
from caption_boundaries.evaluation.matching import count_boundary_matches
from caption_boundaries.evaluation.metrics import PairCount, Score, score
from caption_boundaries.evaluation.truth import TimedText, Truth
from caption_boundaries.pipeline import BY_NAME, run_step
from caption_boundaries.types import FrameRange

COPIED = ("video", "layout", "cropping")
"""What the captions step reads."""
CUT_TOLERANCE = 0.1
"""Seconds within which a cut is refined to the exact source frame."""


@dataclass(frozen=True)
class PairTrial:
    """What a detector says of the pairs of a video."""

    score: BoundaryScore | None
    """Of the classes; None for a detector that cannot tell captions from other strokes."""
    cuts: PairCount
    """True boundaries, source frames at which it would have the captions step look, and how many of both meet within
    `CUT_TOLERANCE`."""
    seconds: float
    """Wall time, the reading of the pictures included."""


@dataclass(frozen=True)
class CaptionTrial:
    """What the captions step makes of a video with a detector."""

    score: Score
    captions: tuple[TimedText, ...]
    seconds: float
    """Wall time of the step."""


def truth_in(folder: Path) -> Truth:
    """Return the captions of a video that a person has confirmed, as its truth; there may be gaps alone.

    Raises:
        UsageError: Nobody has confirmed anything.
    """
    with VideoDatabase(folder, readonly=True, requires={"video", "captions"}) as connection:
        rows = CaptionReader(connection).captions()
        metadata = VideoDbReader(connection).metadata()
    rate = metadata.index_framerate_hz if metadata is not None else 10.0
    fps = (metadata.fps if metadata is not None else None) or 24.0
    seen = [
        row for row in rows if row.boundary_state == "confirmed" or (row.boundary_state, row.run_id) == ("gap", None)
    ]
    if not seen:
        raise UsageError(f"No caption of {folder.name} is confirmed.", hint="Give the truth with --truth.")
    captions = []
    for row in rows:
        if row.boundary_state == "confirmed" and row.text:
            start, end = row.frames.seconds(rate)
            exact = row.start_seconds, row.end_seconds
            captions.append(TimedText(exact[0] or start, end if exact[1] is None else exact[1], row.text))
    return Truth(tuple(sorted(captions)), 1 / fps)


def try_pairs(folder: Path, truth: Truth, detector: BoundaryDetector) -> PairTrial:
    """Return what a detector says of the pairs of a video; nothing is written.

    Raises:
        UsageError: The video has no crops.
    """
    with VideoDatabase(folder, readonly=True, requires=set(COPIED)) as connection:
        layout = LayoutReader(connection).config()
        if layout is None or CropReader(connection).run() is None:
            raise UsageError("There are no pictures of the caption region.", hint="Run the crop step first.")
        pictures = StoredPictures(connection, layout)
        began = time.perf_counter()
        detection = detector.detect(pictures)
        seconds = time.perf_counter() - began
        owners = owners_of(_ranges(truth, pictures.rate_hz), pictures.indices)
        shown = pictures.strokes.shown_at(pictures.indices, pictures.rate_hz)
        end = pictures.strokes.moment(pictures.strokes.frame_count)
        cuts = [pictures.strokes.moment(int(frame)) for frame in change_frames(detection, shown)]
    if detection.caption is None:
        return PairTrial(None, _cuts(truth, cuts, end), seconds)
    found = [(stretch.first, stretch.last) for stretch in most_likely(detection.probabilities) if stretch.shows_caption]
    return PairTrial(score_pairs(owners, found, detection.probabilities), _cuts(truth, cuts, end), seconds)


def _cuts(truth: Truth, cuts: Sequence[float], end: float) -> PairCount:
    """Count the moments within a video, up to its ``end``, at which something changes, in truth and to the detector."""
    ends = {moment for caption in truth.captions for moment in (caption.start, caption.end)}
    moments = sorted(moment for moment in ends if 0 < moment < end - truth.frame_seconds / 2)
    return PairCount(len(moments), len(cuts), count_boundary_matches(moments, cuts, CUT_TOLERANCE))


def try_captions(folder: Path, truth: Truth, settings: Settings) -> CaptionTrial:
    """Return what the captions step makes of a video; it works on a copy.

    Raises:
        CaptionBoundariesError: The step failed.
    """
    with tempfile.TemporaryDirectory(prefix="caption-boundaries-") as scratch:
        copy = Path(scratch) / folder.name
        copy.mkdir()
        databases = all_databases(folder)
        for schema in COPIED:
            source = databases[schema]
            shutil.copyfile(source, copy / source.name)
        create_databases(copy)  # those that are missing
        outcome = run_step(BY_NAME["captions"], copy, settings)
        with VideoDatabase(copy, readonly=True) as connection:
            rows = CaptionReader(connection).captions()
    captions = tuple(
        TimedText(row.start_seconds or 0.0, row.end_seconds or 0.0, row.text)
        for row in rows
        if row.boundary_state != "gap" and row.text
    )
    return CaptionTrial(score(truth.captions, captions, frame_seconds=truth.frame_seconds), captions, outcome.seconds)


def _ranges(truth: Truth, rate_hz: float) -> Sequence[FrameRange]:
    """Return the frame indices that show each true caption; those that none shows are left out."""
    ranges = (indices_between(caption.start, caption.end, rate_hz) for caption in truth.captions)
    return [frames for frames in ranges if frames is not None]
