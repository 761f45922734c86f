"""What the caption tool sends and gets, changes aside."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field

from caption_boundaries.database.caption_table import CaptionCounts
from caption_boundaries.database.captions import Caption
from caption_boundaries.web.models import Wire


class WireCaption(Wire):
    """One row: a caption or a gap. The fields are the columns of the database."""

    id: int
    start_frame_index: int
    end_frame_index: int
    boundary_state: str
    boundary_pending: int
    text: str | None
    text_pending: int
    text_status: str | None
    text_notes: str | None
    text_ocr_combined: str | None
    median_ocr_status: str
    median_ocr_error: str | None
    image_needs_regen: int
    start_seconds: float | None
    end_seconds: float | None
    boundary_confidence: float | None
    text_confidence: float | None
    text_read_from: str | None
    run_id: int | None

    @classmethod
    def of(cls, row: Caption) -> WireCaption:
        """Return a row as it goes over the wire."""
        return cls(**asdict(row))


class Counts(Wire):
    """How many rows there are, and how far people have come."""

    captions: int
    gaps: int
    extents_done: int
    text_done: int
    pending: int
    frames_settled: int
    frames: int
    """All frame indices of the video."""

    @classmethod
    def of(cls, counts: CaptionCounts, frames: int) -> Counts:
        """Return counts as they go over the wire."""
        return cls(**asdict(counts), frames=frames)


class Crops(Wire):
    """The stored pictures of the caption region."""

    version: str
    """For their addresses."""
    width: int
    height: int
    ranges: list[tuple[int, int]]
    """Frame indices that have a picture; empty: there are none."""


class Source(Wire):
    """The video file's own pictures."""

    available: bool
    reason: str
    """Why they cannot be shown."""
    frame_count: int
    """0: their times are not known."""
    version: str


class CaptionState(Wire):
    """Everything that the caption tool shows, pictures and tracks aside."""

    revision: int
    stamp: str
    name: str
    rate_hz: float
    first_index: int
    last_index: int
    crops: Crops
    source: Source
    columns: list[str]
    rows: list[list[Any]]
    """Values of the columns, by start."""
    counts: Counts
    review: str
    notices: list[str]
    formats: list[str]
    can_undo: bool
    can_redo: bool
    read_only: str


class Focus(Wire):
    """Where to look."""

    id: int | None
    frame_index: int


class CaptionAnswer(Wire):
    """What an action did, or what others have done meanwhile."""

    revision: int
    kind: str
    """Of the action; empty: nothing changed."""
    rows: list[WireCaption]
    gone: list[int]
    others: list[int]
    """Ids among them that another window changed."""
    focus: Focus | None
    message: str
    review: str
    can_undo: bool
    can_redo: bool


class Ghost(Wire):
    """What a change would do."""

    rows: list[WireCaption]
    """New rows have ids below zero."""
    gone: list[int]
    message: str
    hurt: list[int]
    """Confirmed rows that it changes or takes away."""


class Tracks(Wire):
    """What is drawn under the timeline, by frame index, each packed (`packing.py`); empty: not known."""

    first_index: int
    likelihood: str
    """uint16: how likely something changes from the index before."""
    difference: str
    """uint16: how much of the strokes changes from the index before."""


class SourceFrame(Wire):
    """One picture of the video file."""

    number: int
    seconds: float
    index: int
    """The first frame index that shows it or a later one."""


class SourceFrames(Wire):
    """Pictures of the video file around a moment."""

    frames: list[SourceFrame]
    current: int | None
    """Number of the one that is shown then."""


class Queue(Wire):
    """Rows in the order in which to work on them."""

    revision: int
    ids: list[int]
    scores: list[float]
    """How doubtful each is, 0 to 1."""


class Candidate(Wire):
    """One text that a caption may have."""

    text: str
    source: Literal["text", "stored", "combined", "frames"]
    frames: list[int]
    """Single pictures that read so."""
    confidence: float | None
    agreement: list[float]
    """For every character the share of single pictures that have it; empty: not known."""
    marks: str
    """For every character: a agrees, d is doubtful, n is noise."""


class Candidates(Wire):
    """What a caption's text may be, best first."""

    candidates: list[Candidate]
    stale: bool
    """True: what is stored was read from other extents."""


class ReadBody(Wire):
    """How much to read."""

    frames: Annotated[int, Field(ge=0, le=9)] = 5
    """Single pictures, besides the one that is made of several."""


class SearchBody(Wire):
    """What is looked for."""

    find: Annotated[str, Field(min_length=1, max_length=200)]
    replace: Annotated[str, Field(max_length=200)] | None = None
    match_case: bool = False
    whole_words: bool = False


class Hit(Wire):
    """A caption in which it stands."""

    id: int
    start_frame_index: int
    text: str
    spans: list[tuple[int, int]]
    replaced: str | None


class Hits(Wire):
    """Where it stands."""

    revision: int
    hits: list[Hit]
    more: bool
    """True: there are more than these."""


class ImportBody(Wire):
    """A file to compare with."""

    format: Annotated[str, Field(max_length=20)] | None = None
    content: Annotated[str, Field(max_length=8_000_000)]
    name: Annotated[str, Field(max_length=300)] = ""


class Extents(Wire):
    """A row before an import."""

    start_frame_index: int
    end_frame_index: int
    text: str | None


class ImportItem(Wire):
    """One difference between a file and the captions."""

    number: int
    op: Literal["add", "change", "remove"]
    start_seconds: float | None
    end_seconds: float | None
    start_frame_index: int
    end_frame_index: int
    text: str | None
    row_id: int | None
    before: Extents | None
    moves: bool
    retexts: bool
    confirmed: bool
    """True: a person has settled what it would change."""


class ImportDiff(Wire):
    """What a file says otherwise than the captions."""

    format: str
    items: list[ImportItem]
    same: int
    cues: int
    digest: str
    """To be sent along with the numbers that are taken over."""
