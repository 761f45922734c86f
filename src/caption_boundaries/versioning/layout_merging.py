"""Joining two people's layouts of one video: labels box by box, the crop as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from caption_boundaries.database.row_sets import Row
from caption_boundaries.versioning.three_way import Conflict, join_row, same

LABELS = "full_frame_box_labels"
CONFIG = "video_layout_config"

_KEY = ("annotation_source", "frame_index", "box_index")
_MEANT = ("label", "box_left", "box_top", "box_right", "box_bottom")
_CROP = (
    *("crop_left", "crop_top", "crop_right", "crop_bottom"),
    *("selection_left", "selection_top", "selection_right", "selection_bottom"),
    *("frame_width", "frame_height", "anchor_type", "has_captions", "regions"),
)
_CROP_BESIDES = (
    *("vertical_position", "vertical_std", "box_height", "box_height_std", "anchor_position"),
    *("top_edge_std", "bottom_edge_std", "horizontal_std_slope", "horizontal_std_intercept"),
    *("crop_bounds_version", "analysis_model_version", "ocr_visualization_image"),
    *("confidence", "diagnostics", "ocr_run_hash"),
)


@dataclass(frozen=True)
class MergedLabels:
    """The labels of both."""

    rows: list[Row]
    conflicts: list[Conflict]
    new_ids: dict[int, int]
    """Ids that their rows got instead of theirs."""


def merge_labels(base: Sequence[Row], ours: Sequence[Row], theirs: Sequence[Row], *, last_id: int) -> MergedLabels:
    """Join two versions of the labels that come from the same one.

    A box on which they disagree is left without a label: it waits for a person.

    Args:
        base: What both began with.
        ours: One version.
        theirs: The other.
        last_id: The highest id that any of them ever gave.
    """
    old, mine, other = ({_box(row): row for row in rows} for rows in (base, ours, theirs))
    merged: list[Row] = []
    conflicts: list[Conflict] = []
    new_ids: dict[int, int] = {}
    taken = {row["id"] for rows in (base, ours) for row in rows}
    for key in sorted(mine.keys() | other.keys(), key=str):
        row, conflict = _joined(old.get(key), mine.get(key), other.get(key))
        conflicts += [conflict] if conflict else []
        if row is None:
            continue
        we, was, they = mine.get(key), old.get(key), other.get(key)
        if (kept := we or was) is not None:
            row = {**row, "id": kept["id"]}
        elif row["id"] in taken:
            last_id += 1
            row = {**row, "id": last_id}
        if they is not None and they["id"] != row["id"]:
            new_ids[_number(they)] = _number(row)
        taken.add(row["id"])
        merged.append(row)
    return MergedLabels(sorted(merged, key=_number), conflicts, new_ids)


def merge_config(base: Row | None, ours: Row | None, theirs: Row | None) -> tuple[Row | None, list[Conflict]]:
    """Join two versions of the layout; where both moved the crop, ours is kept and has to be approved again."""
    if ours is None or theirs is None or same(ours, theirs):
        return (ours or theirs), []
    if base is None:
        base = dict.fromkeys(ours)
    row, conflicts = join_row(base, ours, theirs, {"crop": (_CROP, _CROP_BESIDES)})
    if not conflicts:
        return row, []
    # A new version: what the others have cropped with theirs is stale, too.
    versions = [side["crop_bounds_version"] for side in (ours, theirs)]
    row |= {"layout_approved": 0, "crop_bounds_version": 1 + max(int(v) for v in versions if isinstance(v, int))}
    return row, [Conflict(CONFIG, "layout", "crop", _told_crop(ours), _told_crop(theirs))]


def merge_derived(base: Sequence[Row], ours: Sequence[Row], theirs: Sequence[Row]) -> list[Row]:
    """Join two versions of what a machine makes and makes anew: of whoever has a new one, ours where both have."""
    return list(theirs if _all_same(base, ours) else ours)


def _all_same(one: Sequence[Row], other: Sequence[Row]) -> bool:
    return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))


def _joined(was: Row | None, we: Row | None, they: Row | None) -> tuple[Row | None, Conflict | None]:
    if _same_word(we, they):
        return _by_user(we, they), None
    if _unchanged(was, we):
        return they, None
    if _unchanged(was, they):
        return we, None
    machine = [row for row in (we, they) if row is not None and row["label_source"] == "model"]
    if len(machine) == 1:  # a person's word counts for more than a model's
        return (they if machine[0] is we else we), None
    some = we or they
    assert some is not None
    key = f"box {some['box_index']!s} of frame {some['frame_index']!s}"
    return None, Conflict(LABELS, key, "label", _told(we), _told(they))


def _unchanged(was: Row | None, now: Row | None) -> bool:
    return _same_word(was, now) and (was is None or now is None or was["label_source"] == now["label_source"])


def _same_word(one: Row | None, other: Row | None) -> bool:
    if one is None or other is None:
        return one is other
    return all(one[name] == other[name] for name in _MEANT)


def _by_user(we: Row | None, they: Row | None) -> Row | None:
    if we is not None and they is not None and they["label_source"] == "user" and we["label_source"] != "user":
        return they
    return we


def _box(row: Row) -> tuple[object, ...]:
    return tuple(row[name] for name in _KEY)


def _number(row: Row) -> int:
    return int(row["id"])  # type: ignore[arg-type]


def _told(row: Row | None) -> str:
    return "none" if row is None else f"{row['label']!s} (“{row['box_text']!s}”)"


def _told_crop(row: Row) -> str:
    return f"{row['crop_left']!s},{row['crop_top']!s}–{row['crop_right']!s},{row['crop_bottom']!s}"
