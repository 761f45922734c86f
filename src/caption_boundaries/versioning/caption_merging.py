"""Joining two people's captions of one video: rows in, rows and conflicts out.

A caption is joined part by part: its start, its end, its state, its text. What two people did to different captions,
or to different parts of one, stands. Afterwards the rules of intervals hold again: no two captions overlap, and what
no caption covers is a gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from caption_boundaries.captions.intervals import subtract, uncovered
from caption_boundaries.database.captions import PREDICTED_STATES
from caption_boundaries.database.row_sets import Row
from caption_boundaries.types import FrameRange
from caption_boundaries.versioning.three_way import Conflict, join_row, same

TABLE = "captions"
_GROUPS = {
    "start": (("start_frame_index",), ("start_seconds",)),
    "end": (("end_frame_index",), ("end_seconds",)),
    "state": (("boundary_state",), ("boundary_confidence",)),
    "text": (("text", "text_status", "text_notes"), ("text_confidence",)),
}
_NO_MATTER = ("id", "run_id")
_KEPT_SHARE = 0.5
"""A prediction of which people's captions leave less than this says what they say already."""


@dataclass(frozen=True)
class MergedCaptions:
    """The captions and gaps of both."""

    rows: list[Row]
    conflicts: list[Conflict]
    new_ids: dict[int, int]
    """Ids that their rows got instead of theirs."""


@dataclass
class _Bench:
    """What is being put together."""

    old: dict[int, Row]
    ours: dict[int, Row]
    next_id: int
    taken_ids: set[int]
    placed: list[Row] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    new_ids: dict[int, int] = field(default_factory=dict)

    def fresh_id(self) -> int:
        self.next_id += 1
        return self.next_id

    def add_conflict(self, row: Row, what: str, ours: str, theirs: str) -> None:
        self.conflicts.append(Conflict(TABLE, f"caption {_told_frames(row)}", what, ours, theirs))


def merge_captions(base: Sequence[Row], ours: Sequence[Row], theirs: Sequence[Row], *, last_id: int) -> MergedCaptions:
    """Join two versions of the rows of ``captions`` that come from the same one.

    Args:
        base: What both began with.
        ours: One version; where the two cannot both stand, it is kept and waits for a person.
        theirs: The other.
        last_id: The highest id that any of them ever gave.
    """
    old, mine, other = ({_id(row): row for row in rows if not _is_gap(row)} for rows in (base, ours, theirs))
    used = {_id(row) for rows in (base, ours) for row in rows}
    bench = _Bench(old, mine, last_id, used)
    candidates = [*_joined(bench, old, mine, other), *_added(bench, old, mine, other)]
    for row in sorted(candidates, key=lambda row: (_level(bench, row), _frames(row))):
        _place(bench, row)
    gaps = _gaps(bench, ours, theirs)
    rows = sorted([*bench.placed, *gaps], key=lambda row: (_frames(row), _id(row)))
    return MergedCaptions(rows, bench.conflicts, bench.new_ids)


def _joined(bench: _Bench, old: dict[int, Row], mine: dict[int, Row], other: dict[int, Row]) -> Iterator[Row]:
    """Yield what becomes of the captions that were there before."""
    remade = {
        side: [_frames(row) for key, row in rows.items() if key not in old and _by_run(bench, row)]
        for side, rows in (("ours", mine), ("theirs", other))
    }
    for key, was in old.items():
        we, they = mine.get(key), other.get(key)
        if we is not None and they is not None:
            yield _joined_row(bench, was, we, they)
            continue
        left = we or they
        if left is None or same(left, was):
            continue  # gone, and nobody minds
        anew = remade["theirs" if we is not None else "ours"]
        if not _by_person(was) and any(_frames(left).overlaps(frames) for frames in anew):
            yield left  # the other did not remove it: a run made it anew
            continue
        bench.add_conflict(was, "removed by one, changed by the other", _told(we), _told(they))
        yield _waiting(left, boundary=True, text=True)


def _joined_row(bench: _Bench, was: Row, we: Row, they: Row) -> Row:
    row, conflicts = join_row(was, we, they, _GROUPS)
    if _start(row) > _end(row):
        row |= {name: we[name] for name in ("start_frame_index", "start_seconds", "end_frame_index", "end_seconds")}
        conflicts = [*conflicts, "start"]
    mixed = _frames(row) not in (_frames(we), _frames(they))
    if conflicts:
        bench.add_conflict(we, " and ".join(dict.fromkeys(conflicts)), _told(we), _told(they))
        row = _noted(row, they)
    extents = bool({"start", "end", "state"} & set(conflicts))
    return _waiting(row, boundary=extents or mixed, text="text" in conflicts)


def _added(bench: _Bench, old: dict[int, Row], mine: dict[int, Row], other: dict[int, Row]) -> Iterator[Row]:
    """Yield the captions that one of them has added; what both added alike counts once."""
    ours_new = [row for key, row in mine.items() if key not in old]
    yield from ours_new
    for key, row in other.items():
        if key in old:
            continue
        twin = next((mine_row for mine_row in ours_new if same(mine_row, row, but=_NO_MATTER)), None)
        if twin is not None:
            bench.new_ids[key] = _id(twin)
            continue
        if key in bench.taken_ids:
            bench.new_ids[key] = bench.fresh_id()
            row = {**row, "id": bench.new_ids[key]}
        bench.taken_ids.add(_id(row))
        yield row


def _level(bench: _Bench, row: Row) -> int:
    """Who keeps a frame that two captions want: ours, then other people's, then predictions."""
    if _by_run(bench, row):
        return 2
    mine = bench.ours.get(_id(row))
    return 0 if mine is not None and _frames(mine) == _frames(row) else 1


def _place(bench: _Bench, row: Row) -> None:
    frames = _frames(row)
    parts = subtract(frames, [_frames(other) for other in bench.placed])
    if parts == [frames]:
        bench.placed.append(row)
    elif _by_run(bench, row):
        largest = max(parts, key=len, default=None)
        if largest is not None and len(largest) >= _KEPT_SHARE * len(frames):
            bench.placed.append(_cut(row, largest))
    else:
        _place_beside(bench, row, parts)


def _place_beside(bench: _Bench, row: Row, parts: Sequence[FrameRange]) -> None:
    """Let a caption give way to those that stand already: split or trimmed, or only noted where nothing is left."""
    rivals = [other for other in bench.placed if _frames(other).overlaps(_frames(row))]
    bench.add_conflict(row, "extents overlap", " and ".join(map(_told, rivals)), _told(row))
    for i, rival in enumerate(bench.placed):
        if rival in rivals:
            bench.placed[i] = _waiting(rival if parts else _noted(rival, row), boundary=True, text=not parts)
    for number, part in enumerate(parts):
        cut = _cut(row, part)
        bench.placed.append(cut if number == 0 else {**cut, "id": bench.fresh_id()})


def _gaps(bench: _Bench, ours: Sequence[Row], theirs: Sequence[Row]) -> list[Row]:
    """Return gaps for all that no caption covers, within what both versions cover; rows of ours where they fit."""
    known = [_frames(row) for row in (*ours, *theirs)]
    if not known:
        return []
    total = FrameRange(min(frames.start for frames in known), max(frames.end for frames in known))
    never = subtract(total, known)
    wanted = uncovered([*(_frames(row) for row in bench.placed), *never], total)
    models = [row for row in (*ours, *theirs) if _is_gap(row)] or list(ours)[:1] or list(theirs)[:1]
    left = [row for row in ours if _is_gap(row)]
    rows = []
    for frames in wanted:
        row = next((row for row in left if _frames(row).overlaps(frames)), None)
        if row is not None:
            left.remove(row)
            rows.append(row if _frames(row) == frames else _cut(row, frames))
        else:
            rows.append(_new_gap(models[0], frames, bench.fresh_id()))
    return rows


def _new_gap(model: Row, frames: FrameRange, row_id: int) -> Row:
    kept = ("boundary_updated_at", "created_at", "run_id")
    zero = ("boundary_pending", "text_pending", "image_needs_regen")
    row: Row = {name: model[name] if name in kept else 0 if name in zero else None for name in model}
    told: Row = {"id": row_id, "boundary_state": "gap", "median_ocr_status": "pending"}
    return row | told | {"start_frame_index": frames.start, "end_frame_index": frames.end}


def _cut(row: Row, frames: FrameRange) -> Row:
    """Return a row with fewer frames: an end that moved has no exact time, and waits for a person."""
    cut = {**row, "start_frame_index": frames.start, "end_frame_index": frames.end}
    if frames.start != _start(row):
        cut["start_seconds"] = None
    if frames.end != _end(row):
        cut["end_seconds"] = None
    return cut if _is_gap(row) else _waiting(cut, boundary=True, text=False)


def _waiting(row: Row, *, boundary: bool, text: bool) -> Row:
    flags = {"boundary_pending": boundary, "text_pending": text}
    return row | {name: 1 for name, wanted in flags.items() if wanted}


def _noted(row: Row, theirs: Row) -> Row:
    """Return a row with the other version in its notes, so that nothing is lost."""
    notes = [str(row["text_notes"])] if row["text_notes"] else []
    return row | {"text_notes": "\n".join([*notes, f"The other version: {_told(theirs)}"])}


def _told(row: Row | None) -> str:
    if row is None:
        return "removed"
    words = [_told_frames(row), _word(row, "boundary_state"), f"“{row['text']!s}”" if row["text"] is not None else ""]
    words += [f"({row['text_status']!s})"] if row["text_status"] else []
    return " ".join(word for word in words if word)


def _told_frames(row: Row) -> str:
    return f"{_start(row)}–{_end(row)}"


def _word(row: Row, column: str) -> str:
    return str(row[column])


def _is_gap(row: Row) -> bool:
    return row["boundary_state"] == "gap"


def _by_person(row: Row) -> bool:
    return row["boundary_state"] not in PREDICTED_STATES or row["text_status"] is not None


def _by_run(bench: _Bench, row: Row) -> bool:
    """Tell whether nobody has touched a row: a run made it, or it is as it was before."""
    was = bench.old.get(_id(row))
    if was is not None:
        return not _by_person(row) and same(was, row, but=("boundary_pending", "text_pending"))
    return not _by_person(row) and row["run_id"] is not None


def _id(row: Row) -> int:
    return int(row["id"])  # type: ignore[arg-type]


def _start(row: Row) -> int:
    return int(row["start_frame_index"])  # type: ignore[arg-type]


def _end(row: Row) -> int:
    return int(row["end_frame_index"])  # type: ignore[arg-type]


def _frames(row: Row) -> FrameRange:
    return FrameRange(_start(row), _end(row))
