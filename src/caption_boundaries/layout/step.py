"""The layout step: text boxes and labels in, crop regions out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from caption_boundaries.database.full_ocr import OcrReader
from caption_boundaries.database.layout import (
    BoxLabel,
    LayoutConfig,
    LayoutWriter,
    StoredModel,
    regions_from_json,
    regions_to_json,
)
from caption_boundaries.database.video import VideoDbReader, VideoMetadata
from caption_boundaries.errors import RecognitionError, UsageError
from caption_boundaries.layout.analysis import LayoutAnalysis, analyse_layout
from caption_boundaries.layout.classifier import BoxClassifier
from caption_boundaries.layout.labels import HumanLabel
from caption_boundaries.layout.polarity import estimate_polarity
from caption_boundaries.media.jpeg import decode_jpeg_gray
from caption_boundaries.step import Step, StepContext, StepResult
from caption_boundaries.types import Box, GrayImage, PixelBox, Polarity, Region

RULES_VERSION = "rules-1"
"""Written as the model's version where no model was fitted; counts up when the rules change."""
UNREAD_FRAMES = 3
"""Text that could not be read is told of when so many sampled frames show it, and more than show captions."""
UNREAD = (
    "The engine sees text that it cannot read, perhaps in a script that it does not know: "
    "try another one, such as --engine tesseract --language rus."
)
OCR_HINT = "Look at the failures of the ocr step and run it again."
MARGIN = 0.15
"""How much of what surrounds a line is shown to the polarity estimate, in line heights."""


def run(ctx: StepContext) -> StepResult:
    """Work out the layout and save it; an approved layout and a person's labels are never touched."""
    writer = LayoutWriter(ctx.conn)
    old = writer.config()
    if old is not None and old.layout_approved:
        return _keep(old)
    width, height, rate_hz = _frame_size(VideoDbReader(ctx.conn).metadata())
    ocr = OcrReader(ctx.conn)
    lines = ocr.lines()
    if not lines:
        raise RecognitionError("No full frame has been read, so nothing is known of the layout.", hint=OCR_HINT)
    analysis = analyse_layout(
        lines,
        width,
        height,
        rate_hz=rate_hz,
        polarity_of=StoredPictures(ctx.conn).polarity_of,
        labels=human_labels(writer.box_labels(), width, height),
        within=_selected(old, width, height),
    )
    config = layout_config(analysis, old, width, height, ocr.ocr_hash())
    writer.save_config(config)
    if analysis.classifier is not None:
        writer.save_model(stored_model(analysis.classifier))
    return _result(analysis, config, failures=len(ocr.failures()))


def _frame_size(metadata: VideoMetadata | None) -> tuple[int, int, float]:
    if metadata is None or not metadata.width or not metadata.height:
        raise UsageError("The video's frame size is not known.", hint="Run the ingest step first.")
    return metadata.width, metadata.height, metadata.index_framerate_hz


def human_labels(labels: Sequence[BoxLabel], width: int, height: int) -> list[HumanLabel]:
    """Return what people said of boxes of full frames, as values of the analysis."""
    return [
        HumanLabel(
            label.frame_index,
            Box.from_pixels(PixelBox(label.box_left, label.box_top, label.box_right, label.box_bottom), width, height),
            label.box_text,
            label.label == "in",
        )
        for label in labels
        if label.label_source == "user" and label.annotation_source == "full_frame"
    ]


def _selected(config: LayoutConfig | None, width: int, height: int) -> Box | None:
    """Return the part of the frame that a person selected, if one did."""
    if config is None or config.selection_left is None or config.selection_top is None:
        return None
    if config.selection_right is None or config.selection_bottom is None:
        return None
    edges = (config.selection_left, config.selection_top, config.selection_right, config.selection_bottom)
    return Box.from_pixels(PixelBox(*edges), width, height)


def layout_config(
    analysis: LayoutAnalysis, old: LayoutConfig | None, width: int, height: int, ocr_hash: str
) -> LayoutConfig:
    """Return the configuration to save; its version counts up only where what is cropped has changed."""
    regions = regions_to_json(analysis.regions)
    base = old or LayoutConfig(width, height)
    changed = old is not None and regions_from_json(old.regions) != analysis.regions
    crop = _bounds(analysis.regions, width, height)
    return replace(
        base,
        frame_width=width,
        frame_height=height,
        crop_left=crop.left,
        crop_top=crop.top,
        crop_right=crop.right,
        crop_bottom=crop.bottom,
        vertical_position=analysis.usual.get("vertical_position"),
        vertical_std=analysis.usual.get("vertical_std"),
        box_height=analysis.usual.get("box_height"),
        box_height_std=analysis.usual.get("box_height_std"),
        anchor_type=analysis.regions[0].anchor if analysis.regions else None,
        anchor_position=analysis.usual.get("anchor_position"),
        crop_bounds_version=base.crop_bounds_version + changed,
        analysis_model_version=analysis.classifier.version if analysis.classifier else RULES_VERSION,
        has_captions=int(bool(analysis.regions)),
        confidence=analysis.confidence,
        regions=regions,
        diagnostics=json.dumps(analysis.diagnostics, ensure_ascii=False, sort_keys=True),
        ocr_run_hash=ocr_hash,
    )


def _bounds(regions: Sequence[Region], width: int, height: int) -> PixelBox:
    """Return the pixels around every region; nothing where there is none."""
    if not regions:
        return PixelBox(0, 0, 0, 0)
    box = regions[0].box
    for region in regions[1:]:
        box = box.union(region.box)
    return box.to_pixels(width, height)


def stored_model(classifier: BoxClassifier) -> StoredModel:
    """Return a model as it is saved."""
    out, inside = classifier.priors
    return StoredModel(
        model_version=classifier.version,
        trained_at=None,
        n_training_samples=sum(classifier.counts),
        prior_in=inside,
        prior_out=out,
        parameters=classifier.to_json(),
    )


class StoredPictures:
    """The stored full frames, of which the last one looked at is kept."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._video = VideoDbReader(connection)
        self._latest: tuple[int, GrayImage | None] = (-1, None)

    def polarity_of(self, boxes: Sequence[tuple[int, Box]]) -> tuple[Polarity, float]:
        """Return how the text in ``boxes`` (frame index, part of the frame) stands out, and how clearly."""
        pictures = []
        for frame_index, box in sorted(boxes, key=lambda item: item[0]):
            frame = self._gray(frame_index)
            if frame is not None:
                part = _widened(box).to_pixels(frame.shape[1], frame.shape[0])
                pictures.append(frame[part.top : part.bottom, part.left : part.right])
        return estimate_polarity(pictures)

    def _gray(self, frame_index: int) -> GrayImage | None:
        if self._latest[0] != frame_index:
            stored = self._video.frame(frame_index)
            self._latest = (frame_index, decode_jpeg_gray(stored.image_data) if stored else None)
        return self._latest[1]


def _widened(box: Box) -> Box:
    # Half as much to the sides: a line is at least as wide as it is tall, and frames are seldom square.
    margin = MARGIN * box.height
    return Box(
        max(0.0, box.left - margin / 2),
        max(0.0, box.top - margin),
        min(1.0, box.right + margin / 2),
        min(1.0, box.bottom + margin),
    )


def _keep(config: LayoutConfig) -> StepResult:
    count = len(regions_from_json(config.regions))
    return StepResult(
        f"{_count(count, 'region')}, approved",
        {"regions": count},
        ("A person has approved this layout, so it stays as it is; take the approval back to have it analysed anew.",),
    )


def _result(analysis: LayoutAnalysis, config: LayoutConfig, *, failures: int) -> StepResult:
    frames = int(str(analysis.diagnostics["frames"]))
    cut = int(str(analysis.diagnostics["cut_count"]))
    warnings = []
    if not analysis.regions:
        warnings.append(f"No captions were found in {frames} sampled frames.")
    elif analysis.confidence < 0.5:
        warnings.append(f"The caption region is uncertain (confidence {analysis.confidence:.2f}): please look at it.")
    unread = int(str(analysis.diagnostics["frames_unread"]))
    if unread >= UNREAD_FRAMES and unread > int(str(analysis.diagnostics["frames_with_captions"])):
        warnings.append(UNREAD)
    if cut:
        warnings.append(f"The crop cuts {_count(cut, 'caption box', 'caption boxes')}.")
    if failures:
        warnings.append(
            f"{_count(failures, 'frame')} could not be read and {'is' if failures == 1 else 'are'} left out."
        )
    lines = "+".join(str(region.line_count) for region in analysis.regions)
    summary = f"{_count(len(analysis.regions), 'region')} ({lines} lines), confidence {analysis.confidence:.2f}"
    counts = {
        "regions": len(analysis.regions),
        "confidence": analysis.confidence,
        "coverage": float(str(analysis.diagnostics["coverage"])),
        "crop_bounds_version": config.crop_bounds_version,
    }
    return StepResult(summary if analysis.regions else "no captions found", counts, tuple(warnings))


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


STEP = Step(
    name="layout",
    reads=frozenset({"video", "fullOCR"}),
    writes="layout",
    replaces=False,
    run=run,
    help="Find which text boxes are the caption, and which parts of the frame to crop.",
)
