"""JSON, JSON Lines and CSV: cues with everything that is known of them, for programs and spreadsheets."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from caption_boundaries.errors import InputError
from caption_boundaries.export.cues import Cue
from caption_boundaries.export.text import tidy_text
from caption_boundaries.export.timing import on_grid
from caption_boundaries.types import FrameRange

_MICROSECONDS = 1_000_000
_MILLISECONDS = 1000
_COLUMNS = (
    "id",
    "start_seconds",
    "end_seconds",
    "start_frame_index",
    "end_frame_index",
    "text",
    "state",
    "boundary_confidence",
    "text_confidence",
)
# A spreadsheet runs a cell that begins with one of these (the wide ones too, where East Asian input is on).
_FORMULA = re.compile(r"'*[=+\-@＝＋－＠]")
_DISARMED = re.compile(r"'+[=+\-@＝＋－＠]")


def write_json(cues: Iterable[Cue]) -> str:
    """Return one JSON object whose ``captions`` are the cues."""
    captions = [_record(cue) for cue in on_grid(cues, _MICROSECONDS)]
    return json.dumps({"captions": captions}, ensure_ascii=False, indent=1) + "\n"


def read_json(text: str) -> list[Cue]:
    """Return the cues of a JSON object.

    Raises:
        InputError: It is no JSON, or no list of captions.
    """
    document = _parsed(text, "This file")
    captions = document.get("captions") if isinstance(document, dict) else None
    if not isinstance(captions, list):
        raise InputError('This JSON holds no list "captions".')
    return [_cue(record, f"Caption {number}") for number, record in enumerate(captions, start=1)]


def write_jsonl(cues: Iterable[Cue]) -> str:
    """Return one JSON object per line and cue."""
    return "".join(json.dumps(_record(cue), ensure_ascii=False) + "\n" for cue in on_grid(cues, _MICROSECONDS))


def read_jsonl(text: str) -> list[Cue]:
    """Return the cues of JSON Lines.

    Raises:
        InputError: A line is no JSON, or no caption.
    """
    numbered = [(f"Line {number}", line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    return [_cue(_parsed(line, where), where) for where, line in numbered]


def write_csv(cues: Iterable[Cue]) -> str:
    """Return the cues as comma-separated values with a header; cells that a spreadsheet would run begin with '."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for cue in on_grid(cues, _MILLISECONDS):
        record = _record(cue)
        record["start_seconds"], record["end_seconds"] = f"{cue.start:.3f}", f"{cue.end:.3f}"
        record["text"] = f"'{cue.text}" if _FORMULA.match(cue.text) else cue.text
        writer.writerow(["" if record[name] is None else record[name] for name in _COLUMNS])
    return out.getvalue()


def read_csv(text: str) -> list[Cue]:
    """Return the cues of comma-separated values with a header.

    Raises:
        InputError: A column that is needed is missing, or a cell cannot be read.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        rows = list(reader)
    except csv.Error as error:
        raise InputError(f"This CSV cannot be read: {error}.") from error
    missing = {"start_seconds", "end_seconds", "text"} - set(reader.fieldnames or ())
    if missing:
        raise InputError(f"This CSV has no column {', '.join(sorted(missing))}.")
    return [_cue(_typed(row, f"Row {number}"), f"Row {number}") for number, row in enumerate(rows, start=2)]


def _record(cue: Cue) -> dict[str, Any]:
    return {
        "id": cue.id,
        "start_seconds": cue.start,
        "end_seconds": cue.end,
        "start_frame_index": cue.frames.start if cue.frames else None,
        "end_frame_index": cue.frames.end if cue.frames else None,
        "text": cue.text,
        "state": cue.state,
        "boundary_confidence": cue.boundary_confidence,
        "text_confidence": cue.text_confidence,
    }


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InputError(f"{where} is no JSON: {error}.") from error
    except RecursionError as error:
        raise InputError(f"{where} is nested too deeply.") from error


def _typed(row: Mapping[str, str | None], where: str) -> dict[str, Any]:
    """Return a row of CSV with numbers as numbers."""
    record: dict[str, Any] = {}
    for name in _COLUMNS:
        cell = row.get(name) or ""
        if name == "text":
            record[name] = cell[1:] if _DISARMED.match(cell) else cell
        elif name == "state":
            record[name] = cell or None
        else:
            record[name] = _number(cell, whole=name.endswith(("id", "index")), where=f"{where}, {name}")
    return record


def _number(cell: str, *, whole: bool, where: str) -> float | int | None:
    if not cell.strip():
        return None
    try:
        return int(cell) if whole else float(cell)
    except ValueError as error:
        raise InputError(f"{where}: {cell!r} is no number.") from error


def _cue(record: Any, where: str) -> Cue:
    """Return the cue of a record from outside, of which nothing is taken for granted."""
    if not isinstance(record, dict):
        raise InputError(f"{where} is no object.")
    start, end = (
        _field(record, "start_seconds", (int, float), where),
        _field(record, "end_seconds", (int, float), where),
    )
    text = record.get("text")
    if start is None or end is None or not isinstance(text, str):
        raise InputError(f"{where} needs the numbers start_seconds and end_seconds and the string text.")
    if not 0 <= start <= end < float("inf"):
        raise InputError(f"{where}: times must satisfy 0 <= start_seconds <= end_seconds.")
    return Cue(
        start=float(start),
        end=float(end),
        text=tidy_text(text),
        id=_field(record, "id", (int,), where),
        frames=_frames(record, where),
        state=_field(record, "state", (str,), where),
        boundary_confidence=_confidence(record, "boundary_confidence", where),
        text_confidence=_confidence(record, "text_confidence", where),
    )


def _confidence(record: Mapping[str, Any], name: str, where: str) -> float | None:
    value: float | None = _field(record, name, (int, float), where)
    if value is not None and not 0 <= value <= 1:
        raise InputError(f"{where}: {name} must be from 0 to 1.")
    return value


def _frames(record: Mapping[str, Any], where: str) -> FrameRange | None:
    first, last = (_field(record, name, (int,), where) for name in ("start_frame_index", "end_frame_index"))
    if first is None or last is None:
        return None
    if not 0 <= first <= last:
        raise InputError(f"{where}: frame indices must satisfy 0 <= start_frame_index <= end_frame_index.")
    return FrameRange(first, last)


def _field(record: Mapping[str, Any], name: str, kinds: tuple[type, ...], where: str) -> Any:
    value = record.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, kinds)):
        raise InputError(f"{where}: {name} has the wrong type.")
    return value
