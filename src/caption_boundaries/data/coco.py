"""The text boxes of full frames in COCO's form, for those who train detectors of captions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from caption_boundaries import __version__
from caption_boundaries.data.frozen import FrozenDataset, FrozenVideo
from caption_boundaries.database.full_ocr import OcrReader
from caption_boundaries.database.layout import BoxLabel, LayoutReader
from caption_boundaries.database.pool import reader_pool
from caption_boundaries.database.video import StoredFrame, VideoDbReader
from caption_boundaries.step import Progress
from caption_boundaries.types import PixelBox

CATEGORIES = ("caption", "other_text", "unlabelled_text")
"""What a box is, in order of the ids 1, 2, 3."""
_OF_LABEL = {"in": 1, "out": 2}
SCHEMAS = frozenset({"video", "fullOCR", "layout"})


def write_coco(frozen: FrozenDataset, folder: Path, progress: Progress) -> None:
    """Write every full frame as a picture and one ``annotations.json`` with its boxes.

    A person's label counts for more than what the engine saw at the same place: boxes that have a label are written
    with it, the engine's other lines as unlabelled.
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    (folder / "images").mkdir()
    for number, video in enumerate(frozen.videos, start=1):
        connection = reader_pool().connection(frozen.folder_of(video), SCHEMAS)
        for frame, boxes in _frames(connection):
            images.append(_image(len(images) + 1, frame, video, folder))
            for box in boxes:
                annotations.append({"id": len(annotations) + 1, "image_id": len(images), **box})
        progress(number, len(frozen.videos), "videos")
    document = {
        "info": {
            "description": frozen.name,
            "version": frozen.hash,
            "contributor": f"caption-boundaries {__version__}",
        },
        "licenses": [],
        "images": images,
        "annotations": annotations,
        "categories": [
            {"id": number, "name": name, "supercategory": "text"} for number, name in enumerate(CATEGORIES, start=1)
        ],
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    (folder / "annotations.json").write_text(text, encoding="utf-8")


def _image(number: int, frame: StoredFrame, video: FrozenVideo, folder: Path) -> dict[str, Any]:
    name = f"{video.video_id}-{frame.frame_index:08d}.jpg"
    (folder / "images" / name).write_bytes(frame.image_data)
    return {
        "id": number,
        "file_name": f"images/{name}",
        "width": frame.width,
        "height": frame.height,
        "video_id": video.video_id,
        "frame_index": frame.frame_index,
        "fold": video.fold,
    }


def _frames(connection: sqlite3.Connection) -> Iterator[tuple[StoredFrame, list[dict[str, Any]]]]:
    """Yield every full frame with its boxes."""
    ocr = OcrReader(connection)
    labels: dict[int, list[BoxLabel]] = {}
    for label in LayoutReader(connection).box_labels():
        if label.annotation_source == "full_frame":
            labels.setdefault(label.frame_index, []).append(label)
    for frame in VideoDbReader(connection).frames():
        known = labels.get(frame.frame_index, [])
        boxes = [_labelled(label) for label in known]
        numbers = {label.box_index for label in known}
        for number, line in enumerate(ocr.lines_at(frame.frame_index)):
            if number not in numbers:
                pixels = line.box.to_pixels(frame.width, frame.height)
                boxes.append(_box(pixels, 3, line.text, confidence=line.confidence))
        yield frame, boxes


def _labelled(label: BoxLabel) -> dict[str, Any]:
    box = PixelBox(label.box_left, label.box_top, label.box_right, label.box_bottom)
    return _box(box, _OF_LABEL[label.label], label.box_text, source=label.label_source)


def _box(box: PixelBox, category: int, text: str, **more: Any) -> dict[str, Any]:
    return {
        "category_id": category,
        "bbox": [box.left, box.top, box.width, box.height],
        "area": box.width * box.height,
        "iscrowd": 0,
        "segmentation": [],
        "text": text,
        **more,
    }
