"""Checks of what the rows say to each other: labels without a frame, captions that overlap, files of another video."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.database.captions import CaptionReader
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.full_ocr import OcrReader
from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.database.video import VideoDbReader
from caption_boundaries.migration.findings import Finding, row_findings
from caption_boundaries.migration.pictures import SAMPLE, damaged_pictures
from caption_boundaries.migration.row_checks import Reference

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class Rule:
    """A query for the keys of rows that make no sense."""

    schema: str
    table: str
    message: str
    sql: str
    needs: frozenset[str] = frozenset()
    """Schemas without which nothing can be said."""


_FRAMES = "SELECT frame_index FROM video.full_frames"
_LAST = (
    "coalesce((SELECT max(frame_index) FROM cropping.cropped_frames), "
    "(SELECT CAST(duration_seconds * index_framerate_hz AS INTEGER) + 1 FROM video.video_metadata))"
)

RULES = (
    Rule(
        "layout",
        "full_frame_box_labels",
        "labels a frame that is not there",
        "SELECT id FROM layout.full_frame_box_labels "
        f"WHERE annotation_source = 'full_frame' AND frame_index NOT IN ({_FRAMES})",
        frozenset({"video"}),
    ),
    Rule(
        "layout",
        "full_frame_box_labels",
        "labels a cropped frame that is not there",
        "SELECT id FROM layout.full_frame_box_labels WHERE annotation_source = 'cropped_frame' "
        "AND frame_index NOT IN (SELECT frame_index FROM cropping.cropped_frames)",
        frozenset({"cropping"}),
    ),
    Rule(
        "fullOCR",
        "full_frame_ocr",
        "was read on a frame that is not there",
        f"SELECT id FROM fullOCR.full_frame_ocr WHERE frame_index NOT IN ({_FRAMES})",
        frozenset({"video"}),
    ),
    Rule(
        "captions",
        "captions",
        "starts after it ends, or before the video",
        "SELECT id FROM captions.captions WHERE start_frame_index > end_frame_index OR start_frame_index < 0 "
        "OR start_seconds >= end_seconds",
    ),
    Rule(
        "captions",
        "captions",
        "lies beyond the last frame",
        f"SELECT id FROM captions.captions WHERE end_frame_index > {_LAST}",
    ),
)


def check_rules(
    connection: sqlite3.Connection, present: frozenset[str], unchanged: Mapping[str, frozenset[int]]
) -> Iterator[Finding]:
    """Yield rows that make no sense.

    Args:
        connection: All databases under their schema names, an empty one for each that is missing.
        present: Schemas that are not missing.
        unchanged: Rows that are what they were in the old file: what they lack they lacked there.
    """
    for rule in RULES:
        if {rule.schema, *rule.needs} <= present:
            pairs = ((row[0], row[0]) for row in connection.execute(rule.sql))
            yield from _tell(rule.schema, rule.table, rule.message, pairs, unchanged)
    if "captions" in present:
        yield from _tell("captions", "captions", "overlaps a caption before it", _overlaps(connection), unchanged)


def _overlaps(connection: sqlite3.Connection) -> Iterator[tuple[int, int]]:
    """Yield pairs of captions (later, earlier) that share a frame."""
    last: tuple[int, int] | None = None
    for row_id, start, end in connection.execute(
        "SELECT id, start_frame_index, end_frame_index FROM captions.captions "
        "ORDER BY start_frame_index, end_frame_index, id"
    ):
        if last is not None and start <= last[1]:
            yield row_id, last[0]
        if last is None or end > last[1]:
            last = (row_id, end)


def _tell(
    schema: str, table: str, message: str, pairs: Iterable[tuple[int, int]], unchanged: Mapping[str, frozenset[int]]
) -> Iterator[Finding]:
    known = unchanged.get(f"{schema}.{table}", frozenset())
    file = BY_SCHEMA[schema].filename
    found = list(pairs)
    old = [key for key, other in found if key in known and other in known]
    new = [key for key, other in found if not (key in known and other in known)]
    yield from row_findings("problem", file, table, new, message)
    yield from row_findings("warning", file, table, old, f"{message}; it did so in the old file")


def check_identity(
    folder: Path, connection: sqlite3.Connection, present: frozenset[str], reference: Reference | None
) -> Iterator[Finding]:
    """Yield files that belong to another video than their folder or their neighbours."""
    if "video" not in present:
        return
    metadata = VideoDbReader(connection).metadata()
    video_id = metadata.video_id if metadata is not None else None
    expected = reference.video_id if reference is not None and reference.video_id is not None else folder.name
    if video_id is not None and video_id != expected and (reference is not None or _UUID.fullmatch(folder.name)):
        yield Finding("problem", "video.db", f"is of the video {video_id}, not of {expected}", "video_metadata")
    if "cropping" in present:
        crop = CropReader(connection).run()
        if crop is not None and metadata is not None and crop.video_hash != metadata.video_hash:
            message = "was made from another video file than the one in video.db; run `crop` again"
            yield Finding("problem", "cropping.db", message, "crop_runs")
    if "fullOCR" in present:
        ocr = OcrReader(connection).run()
        if ocr is not None and ocr.frames_hash != VideoDbReader(connection).frames_hash():
            message = "was read on other frames than those in video.db; run `ocr` again"
            yield Finding("problem", "fullOCR.db", message, "ocr_runs")
    if {"captions", "cropping"} <= present:
        run = CaptionReader(connection).run()
        if run is not None and run.crop_hash != CropReader(connection).crop_hash():
            message = "was made from other crops than those in cropping.db; run `captions` again"
            yield Finding("warning", "captions.db", message, "boundary_runs")


def check_pictures(connection: sqlite3.Connection, present: frozenset[str], *, deep: bool) -> Iterator[Finding]:
    """Yield pictures that cannot be decoded: of a sample, or of all where ``deep``."""
    for schema, table in (("video", "full_frames"), ("cropping", "cropped_frames")):
        if schema in present:
            found = damaged_pictures(connection, f"{schema}.{table}", sample=None if deep else SAMPLE)
            for key, problem in found:
                yield Finding("problem", BY_SCHEMA[schema].filename, f"its picture {problem}", table, key)
