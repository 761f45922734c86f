"""Synthetic videos as video folders, with databases fit for training: what a person would confirm is in them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from caption_boundaries.atomic import write_file
from caption_boundaries.captions.intervals import uncovered
from caption_boundaries.captions.strokes import indices_between
from caption_boundaries.config import IngestSettings, Settings
from caption_boundaries.crop.step import STEP as CROP
from caption_boundaries.data.known_layout import known_layout, shown_lines
from caption_boundaries.data.overlays import overlay_lines
from caption_boundaries.data.plain import to_json
from caption_boundaries.data.recipe import Recipe, Script
from caption_boundaries.data.scripts import write_script
from caption_boundaries.data.synthesis import render_script, write_truth
from caption_boundaries.database.captions import Caption, CaptionWriter
from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.full_ocr import OcrReader, OcrRun, OcrWriter
from caption_boundaries.database.layout import BoxLabel, LayoutWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.replacing import replacing_database
from caption_boundaries.database.video import VideoDbReader, VideoDbWriter, VideoMetadata
from caption_boundaries.ingest.staging import staged_folder
from caption_boundaries.ingest.step import STEP as INGEST
from caption_boundaries.library import is_video_folder
from caption_boundaries.media.identity import video_hash
from caption_boundaries.pipeline import run_step
from caption_boundaries.types import FrameRange, TextLine

NAMESPACE = uuid.UUID("6f1f3f64-2a38-4b39-9f6e-6d1c3c1b7a11")
"""Of the ids of synthetic videos."""
SETTINGS = Settings(ingest=IngestSettings(min_samples=6))
"""Few full frames: nothing has to be found on them."""
ENGINE = "synthetic"
"""Written as the engine that read the lines."""


@dataclass(frozen=True, slots=True)
class Made:
    """A synthetic video and its folder."""

    folder: Path
    seed: int
    created: bool
    """False: it was there already."""


def folder_of(recipe: Recipe, seed: int, root: Path) -> Path:
    """Return where the video of a recipe and a seed lies."""
    video_id = str(uuid.uuid5(NAMESPACE, f"{seed} {recipe.identity}"))
    return root / video_id[:2] / video_id


def make_folder(recipe: Recipe, seed: int, root: Path) -> Made:
    """Make a video, its truth and its databases; the folder appears whole or not at all, one that is there is kept.

    Raises:
        InputError: There is no font, or no footage that may be used.
        VideoFileError: Footage is missing or cannot be read.
        StorageError: The disk refused.
    """
    final = folder_of(recipe, seed, root)
    if is_video_folder(final):
        return Made(final, seed, created=False)
    script = write_script(recipe, seed)
    with staged_folder(root, final) as folder:
        _fill(folder, final.name, script)
    return Made(final, seed, created=True)


def _fill(folder: Path, video_id: str, script: Script) -> None:
    name = f"synthetic-{script.split}-{script.seed}"
    video = folder / f"{name}.mp4"
    render_script(script, video)
    write_truth(script, folder / f"{name}.json", video=video.name)
    write_file(folder / f"{name}.script.json", to_json(script).encode())
    create_databases(folder)
    metadata = VideoMetadata(
        video_id=video_id,
        video_hash=video_hash(video),
        storage_path=video.name,
        original_filename=video.name,
        file_size_bytes=video.stat().st_size,
        upload_method="copy",
    )
    with VideoDatabase(folder, writes={"video"}, attach={"video"}) as connection:
        VideoDbWriter(connection).save_metadata(metadata)
    run_step(INGEST, folder, SETTINGS)
    _write_lines(folder, script)
    _write_layout(folder, script)
    run_step(CROP, folder, SETTINGS)
    _write_captions(folder, script)


def _write_lines(folder: Path, script: Script) -> None:
    """Write every line of the full frames as if an engine without fault had read them."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with replacing_database(folder, "fullOCR", reads={"video"}) as connection:
        video, writer = VideoDbReader(connection), OcrWriter(connection)
        moments = _moments(video)
        for index, frame in moments.items():
            writer.add_frame(index, [line for line, _ in _lines(script, frame)], frame / float(script.fps))
        writer.save_run(OcrRun(ENGINE, "1", "{}", video.frames_hash(), len(moments), 0, now, now))


def _moments(video: VideoDbReader) -> dict[int, int]:
    """Return the source frame that each full frame shows, by frame index."""
    metadata = video.metadata()
    assert metadata is not None
    fps = metadata.fps or 1.0
    return {
        frame.frame_index: round((frame.time.pts - (metadata.start_pts or 0)) * float(frame.time.time_base) * fps)
        for frame in video.frames()
        if frame.time is not None
    }


def _lines(script: Script, frame: int) -> list[tuple[TextLine, str]]:
    """Return the lines of a source frame in reading order, and whether each is in or out of the caption."""
    found = [(line.seen(script.width, script.height), "in") for line in shown_lines(script, frame)]
    size = (script.width, script.height)
    found += [(line, "out") for line in overlay_lines(script.overlays, frame, float(script.fps), size)]
    inside = [(line, label) for line, label in found if line.box.width > 0 and line.box.height > 0]
    return sorted(inside, key=lambda item: (item[0].box.top, item[0].box.left))


def _write_layout(folder: Path, script: Script) -> None:
    with VideoDatabase(folder, writes={"layout"}, requires={"video", "fullOCR"}) as connection:
        writer = LayoutWriter(connection)
        writer.save_config(replace(known_layout(script), ocr_run_hash=OcrReader(connection).ocr_hash()))
        for index, frame in _moments(VideoDbReader(connection)).items():
            writer.save_box_labels(_labels(script, index, frame))


def _labels(script: Script, index: int, frame: int) -> list[BoxLabel]:
    labels = []
    for number, (line, label) in enumerate(_lines(script, frame)):
        box = line.box.to_pixels(script.width, script.height)
        sides = (box.left, box.top, box.right, box.bottom)
        labels.append(BoxLabel(index, number, line.text, *sides, label, "user", crop_bounds_version=1))
    return labels


def _write_captions(folder: Path, script: Script) -> None:
    with VideoDatabase(folder, writes={"captions"}, requires={"cropping"}) as connection:
        indices = CropReader(connection).frame_indices()
        rate_hz = SETTINGS.ingest.index_framerate_hz
        writer = CaptionWriter(connection)
        for row in confirmed_rows(script, FrameRange(indices[0], indices[-1]), rate_hz):
            writer.add(row)


def confirmed_rows(script: Script, total: FrameRange, rate_hz: float) -> list[Caption]:
    """Return the captions of a script as a person would confirm them, and a gap wherever nothing is shown.

    An index shows the last source frame that is not later than its tick. A caption that no index shows has no row.

    Args:
        script: What the video shows.
        total: All frame indices of the video.
        rate_hz: Frame indices per second.
    """
    rows = [row for row in _caption_rows(script, rate_hz) if row.frames.overlaps(total)]
    gaps = [Caption(gap.start, gap.end, "gap") for gap in uncovered([row.frames for row in rows], total)]
    return sorted([*rows, *gaps], key=lambda row: row.frames)


def _caption_rows(script: Script, rate_hz: float) -> Sequence[Caption]:
    rows = []
    for caption in script.captions:
        start, end = float(caption.first / script.fps), float((caption.last + 1) / script.fps)
        shown = indices_between(start, end, rate_hz)
        if shown is not None:
            rows.append(
                Caption(
                    shown.start,
                    shown.end,
                    "confirmed",
                    text=caption.text,
                    text_status="confirmed",
                    median_ocr_status="complete",
                    start_seconds=start,
                    end_seconds=end,
                )
            )
    return rows
