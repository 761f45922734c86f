"""What a session changed, as people say it; rows in, changes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from caption_boundaries.database.captions import Caption
from caption_boundaries.database.layout import BoxLabel, LayoutConfig
from caption_boundaries.types import DEFAULT_INDEX_RATE_HZ
from caption_boundaries.versioning.wording import Part, marked

CaptionKind = Literal["added", "removed", "moved", "retimed", "reworded", "judged"]
LabelKind = Literal["labelled", "unlabelled", "flipped", "relabelled"]

_JUDGED = ("boundary_state", "boundary_pending", "text_pending", "text_status", "text_notes")
_SAME_SHARE = 0.5
"""A new row that covers so much of a gone one is that one, made again."""
_MOMENT = 1e-6
"""Seconds below which two times are the same."""


@dataclass(frozen=True, slots=True)
class VideoState:
    """What a version of a video says; gaps are left out."""

    captions: tuple[Caption, ...] = ()
    labels: tuple[BoxLabel, ...] = ()
    layout: LayoutConfig | None = None
    contents: Mapping[str, str] = field(default_factory=dict)
    """What each database holds: equal words mean equal rows."""
    rate_hz: float = DEFAULT_INDEX_RATE_HZ


@dataclass(frozen=True, slots=True)
class CaptionChange:
    """One caption before and after."""

    kinds: tuple[CaptionKind, ...]
    before: Caption | None
    after: Caption | None

    @property
    def words(self) -> tuple[Part, ...]:
        """Its text with what changed marked."""
        return marked(_text(self.before), _text(self.after))


@dataclass(frozen=True, slots=True)
class LabelChange:
    """One box's label before and after."""

    kind: LabelKind
    before: BoxLabel | None
    after: BoxLabel | None


@dataclass(frozen=True, slots=True)
class VideoDiff:
    """All that changed between two versions of a video."""

    captions: tuple[CaptionChange, ...]
    labels: tuple[LabelChange, ...]
    layout: tuple[str, ...]
    """Sentences on the layout, such as ``crop moved from … to …``."""
    databases: tuple[str, ...]
    """Schemas whose rows were made anew by a step."""
    rate_hz: float = DEFAULT_INDEX_RATE_HZ

    @property
    def empty(self) -> bool:
        """True: both versions say the same."""
        return not (self.captions or self.labels or self.layout or self.databases)

    @property
    def counts(self) -> dict[str, int]:
        """How many changes there are of each kind; a caption may count for several."""
        kinds = [f"captions {kind}" for change in self.captions for kind in change.kinds]
        kinds += [f"labels {change.kind}" for change in self.labels]
        kinds += ["layout"] * len(self.layout) + [f"{schema} made anew" for schema in self.databases]
        return dict(Counter(kinds))


def compare(before: VideoState, after: VideoState) -> VideoDiff:
    """Return what changed between two versions of a video."""
    made = [
        schema
        for schema in ("video", "fullOCR")
        if before.contents.get(schema) != after.contents.get(schema) and after.contents.get(schema)
    ]
    return VideoDiff(
        tuple(sorted(_caption_changes(before.captions, after.captions), key=_start)),
        tuple(_label_changes(before.labels, after.labels)),
        tuple(_layout_changes(before.layout, after.layout)),
        tuple(made),
        after.rate_hz,
    )


def _caption_changes(before: Sequence[Caption], after: Sequence[Caption]) -> Iterator[CaptionChange]:
    old, new = {row.id: row for row in before}, {row.id: row for row in after}
    pairs = [(old[key], new[key]) for key in old.keys() & new.keys()]
    gone = [row for key, row in old.items() if key not in new]
    come = [row for key, row in new.items() if key not in old]
    # A run makes its rows anew, with other ids.
    for was, now in _made_again(gone, come):
        pairs.append((was, now))
        gone.remove(was)
        come.remove(now)
    for was, now in pairs:
        kinds = tuple(_kinds(was, now))
        if kinds:
            yield CaptionChange(kinds, was, now)
    yield from (CaptionChange(("removed",), row, None) for row in gone)
    yield from (CaptionChange(("added",), None, row) for row in come)


def _made_again(gone: Sequence[Caption], come: Sequence[Caption]) -> list[tuple[Caption, Caption]]:
    """Pair rows that cover mostly the same frames, each at most once; both lists have no overlaps of their own."""
    pairs, rest = [], sorted(come, key=lambda row: row.frames)
    for was in sorted(gone, key=lambda row: row.frames):
        while rest and rest[0].end_frame_index < was.start_frame_index:
            rest.pop(0)
        shared = {i: _shared(was, now) for i, now in enumerate(rest[:8])}
        best = max(shared, key=lambda i: shared[i], default=None)
        if best is not None and shared[best] >= _SAME_SHARE:
            pairs.append((was, rest.pop(best)))
    return pairs


def _shared(one: Caption, other: Caption) -> float:
    start = max(one.start_frame_index, other.start_frame_index)
    end = min(one.end_frame_index, other.end_frame_index)
    return max(0, end - start + 1) / max(len(one.frames), len(other.frames))


def _kinds(was: Caption, now: Caption) -> Iterator[CaptionKind]:
    if was.frames != now.frames:
        yield "retimed" if was.frames.overlaps(now.frames) else "moved"
    elif _differ(was.start_seconds, now.start_seconds) or _differ(was.end_seconds, now.end_seconds):
        yield "retimed"
    if was.text != now.text:
        yield "reworded"
    if any(getattr(was, name) != getattr(now, name) for name in _JUDGED):
        yield "judged"


def _differ(one: float | None, other: float | None) -> bool:
    return (one is None) != (other is None) or (one is not None and other is not None and abs(one - other) > _MOMENT)


def _label_changes(before: Sequence[BoxLabel], after: Sequence[BoxLabel]) -> Iterator[LabelChange]:
    old, new = {_box(row): row for row in before}, {_box(row): row for row in after}
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was is None:
            yield LabelChange("labelled", None, now)
        elif now is None:
            yield LabelChange("unlabelled", was, None)
        elif was.label != now.label:
            yield LabelChange("flipped", was, now)
        elif was != now:
            yield LabelChange("relabelled", was, now)


def _layout_changes(before: LayoutConfig | None, after: LayoutConfig | None) -> Iterator[str]:
    if before == after:
        return
    if before is None or after is None:
        yield "layout found" if before is None else "layout removed"
        return
    if _crop(before) != _crop(after):
        yield f"crop moved from {_crop(before)} to {_crop(after)}"
    elif before.regions != after.regions:
        yield "regions changed"
    if before.layout_approved != after.layout_approved:
        yield "layout approved" if after.layout_approved else "layout no longer approved"
    if before.has_captions != after.has_captions:
        yield "video has captions" if after.has_captions else "video has no captions"
    if before.anchor_type != after.anchor_type:
        yield f"anchor {before.anchor_type} became {after.anchor_type}"


def _crop(config: LayoutConfig) -> str:
    return f"{config.crop_left},{config.crop_top}–{config.crop_right},{config.crop_bottom}"


def _box(row: BoxLabel) -> tuple[str, int, int]:
    return row.annotation_source, row.frame_index, row.box_index


def _start(change: CaptionChange) -> tuple[int, int]:
    row = change.after or change.before
    assert row is not None
    return row.start_frame_index, row.end_frame_index


def _text(row: Caption | None) -> str:
    return (row.text or "") if row is not None else ""
