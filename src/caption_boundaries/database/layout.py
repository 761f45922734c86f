"""`layout.db`: which boxes are the caption, and where to crop."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from caption_boundaries.database.rows import columns_of, save_singleton, select_rows
from caption_boundaries.types import Box, Region


@dataclass(frozen=True, slots=True)
class LayoutConfig:
    """Where the captions are; the fields are the columns of ``video_layout_config``."""

    frame_width: int
    """Pixels."""
    frame_height: int
    """Pixels."""
    crop_left: int = 0
    """Pixels; the box around every region."""
    crop_top: int = 0
    crop_right: int = 0
    """Exclusive."""
    crop_bottom: int = 0
    """Exclusive."""
    selection_left: int | None = None
    """Pixels; what a person selected."""
    selection_top: int | None = None
    selection_right: int | None = None
    selection_bottom: int | None = None
    vertical_position: float | None = None
    """Pixels; usual centre of a caption line."""
    vertical_std: float | None = None
    box_height: float | None = None
    """Pixels; usual height of a line."""
    box_height_std: float | None = None
    anchor_type: str | None = None
    anchor_position: float | None = None
    """Pixels."""
    crop_bounds_version: int = 1
    """Counts up whenever the crop changes."""
    analysis_model_version: str | None = None
    layout_approved: int = 0
    """1: a person has approved it."""
    has_captions: int | None = None
    """0: looked, and found none."""
    confidence: float | None = None
    """0 to 1."""
    regions: str | None = None
    """JSON; see `regions_to_json`."""
    diagnostics: str | None = None
    """JSON."""
    ocr_run_hash: str | None = None
    """Content hash of the OCR lines that the analysis read."""


@dataclass(frozen=True, slots=True)
class BoxLabel:
    """A person's or a model's word on one box; the fields are the columns of ``full_frame_box_labels``."""

    frame_index: int
    box_index: int
    box_text: str
    box_left: int
    """Pixels, origin top-left; copied, so that a label outlives an OCR run."""
    box_top: int
    box_right: int
    box_bottom: int
    label: str
    """in or out."""
    label_source: str
    """user or model."""
    annotation_source: str = "full_frame"
    predicted_label: str | None = None
    predicted_confidence: float | None = None
    model_version: str | None = None
    crop_bounds_version: int | None = None


@dataclass(frozen=True, slots=True)
class StoredModel:
    """The box classifier; the fields are the columns of ``box_classification_model``."""

    model_version: str | None
    trained_at: str | None
    n_training_samples: int | None
    prior_in: float | None
    prior_out: float | None
    parameters: str | None
    """JSON."""


class LayoutReader:
    """Reads `layout.db`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def config(self) -> LayoutConfig | None:
        """Return where the captions are, or None before the first analysis."""
        return next(select_rows(self._connection, LayoutConfig, "layout.video_layout_config"), None)

    def box_labels(self) -> list[BoxLabel]:
        """Return every label by frame and box."""
        order = "annotation_source, frame_index, box_index"
        return list(select_rows(self._connection, BoxLabel, "layout.full_frame_box_labels", order=order))

    def latest_agreements(self, limit: int) -> list[bool]:
        """Return for a person's latest labels, newest first, whether they are what had been predicted."""
        rows = self._connection.execute(
            "SELECT label IS predicted_label FROM layout.full_frame_box_labels WHERE label_source = 'user' "
            "ORDER BY labeled_at DESC, id DESC LIMIT ?",
            (limit,),
        )
        return [bool(row[0]) for row in rows]

    def model(self) -> StoredModel | None:
        """Return the stored classifier, or None."""
        return next(select_rows(self._connection, StoredModel, "layout.box_classification_model"), None)


class LayoutWriter(LayoutReader):
    """Reads and writes `layout.db`."""

    def save_config(self, config: LayoutConfig) -> bool:
        """Write the configuration; returns False where it already said the same."""
        return save_singleton(
            self._connection, "layout.video_layout_config", config, also_set="updated_at = datetime('now')"
        )

    def save_box_labels(self, labels: Iterable[BoxLabel]) -> int:
        """Write labels; a box that has one already gets the new one.

        Returns:
            How many were new or other than before; 0 leaves the file byte-identical.
        """
        # No ON CONFLICT here: even where it changes nothing, it moves the counter of AUTOINCREMENT.
        return sum(self._update_label(label) or self._insert_label(label) for label in labels)

    def delete_box_labels(self, boxes: Iterable[tuple[int, int]], *, annotation_source: str = "full_frame") -> None:
        """Take back the labels of boxes given as (frame_index, box_index)."""
        self._connection.executemany(
            "DELETE FROM layout.full_frame_box_labels "
            "WHERE annotation_source = ? AND frame_index = ? AND box_index = ?",
            ((annotation_source, frame_index, box_index) for frame_index, box_index in boxes),
        )

    def save_model(self, model: StoredModel) -> bool:
        """Write the classifier; returns False where it already said the same."""
        return save_singleton(
            self._connection, "layout.box_classification_model", model, also_set="updated_at = datetime('now')"
        )

    def _update_label(self, label: BoxLabel) -> bool:
        assignments = ", ".join(f"{column} = :{column}" for column in _LABEL_VALUES)
        differs = " OR ".join(f"{column} IS NOT :{column}" for column in _LABEL_VALUES)
        cursor = self._connection.execute(
            f"UPDATE layout.full_frame_box_labels SET {assignments}, labeled_at = datetime('now') "
            f"WHERE {_LABEL_IS_OF_BOX} AND ({differs})",
            asdict(label),
        )
        return cursor.rowcount > 0

    def _insert_label(self, label: BoxLabel) -> bool:
        columns = columns_of(BoxLabel)
        cursor = self._connection.execute(
            f"INSERT INTO layout.full_frame_box_labels ({', '.join(columns)}) "
            f"SELECT {', '.join(f':{column}' for column in columns)} "
            f"WHERE NOT EXISTS (SELECT 1 FROM layout.full_frame_box_labels WHERE {_LABEL_IS_OF_BOX})",
            asdict(label),
        )
        return cursor.rowcount > 0


_LABEL_KEY = ("annotation_source", "frame_index", "box_index")
_LABEL_IS_OF_BOX = " AND ".join(f"{column} = :{column}" for column in _LABEL_KEY)
_LABEL_VALUES = tuple(column for column in columns_of(BoxLabel) if column not in _LABEL_KEY)


def anchor_spread(config: LayoutConfig) -> float | None:
    """Return how far caption lines usually are from the anchor, in line heights; None where nobody has measured it."""
    rows = json.loads(config.diagnostics or "{}").get("rows", [])
    return max((float(row["anchor_spread"]) for row in rows), default=None)


def regions_to_json(regions: Sequence[Region]) -> str:
    """Return regions, top to bottom, as they are stored."""
    return json.dumps([asdict(region) for region in regions], sort_keys=True)


def regions_from_json(text: str | None) -> tuple[Region, ...]:
    """Return stored regions; none where nothing is stored."""
    return tuple(Region(**{**item, "box": Box(**item["box"])}) for item in json.loads(text or "[]"))
