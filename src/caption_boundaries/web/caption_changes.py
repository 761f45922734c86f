"""What a person can ask for in the caption tool: one shape for each kind of change."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from caption_boundaries.captions.editing import Policy
from caption_boundaries.export.text import tidy_text
from caption_boundaries.web.models import ActionBody, Wire

Index = Annotated[int, Field(ge=0, le=2**40)]
RowId = Annotated[int, Field(ge=1, le=2**53)]
RowIds = Annotated[list[RowId], Field(min_length=1, max_length=200_000)]
Text = Annotated[str, Field(max_length=2000), AfterValidator(tidy_text)]
"""A caption's text, in the one form in which texts are written."""
Notes = Annotated[str, Field(max_length=4000)]
TextStatus = Literal["valid_caption", "ocr_error", "partial_caption", "text_unclear", "other_issue", "confirmed"]
Flag = Literal[0, 1]
Edge = Literal["start", "end"]


class SetEdge(Wire):
    """One end moves to a frame index, or to a moment."""

    kind: Literal["set-edge"]
    id: RowId
    edge: Edge
    frame_index: Index | None = None
    """The first index that shows it, or the last."""
    seconds: Annotated[float, Field(ge=0, le=1e7)] | None = None
    """When it comes, or is gone."""
    policy: Policy = "protect"

    @model_validator(mode="after")
    def _one(self) -> SetEdge:
        if (self.frame_index is None) == (self.seconds is None):
            raise ValueError("give either frame_index or seconds")
        return self


class Nudge(Wire):
    """One end moves by frame indices, or by pictures of the video file."""

    kind: Literal["nudge"]
    id: RowId
    edge: Edge
    ticks: Annotated[int, Field(ge=-100_000, le=100_000)] = 0
    source_frames: Annotated[int, Field(ge=-100_000, le=100_000)] = 0
    policy: Policy = "protect"

    @model_validator(mode="after")
    def _one(self) -> Nudge:
        if bool(self.ticks) == bool(self.source_frames):
            raise ValueError("give either ticks or source_frames")
        return self


class SetExtents(Wire):
    """Both ends move."""

    kind: Literal["set-extents"]
    id: RowId
    start_frame_index: Index
    end_frame_index: Index
    policy: Policy = "protect"


class Shift(Wire):
    """Several captions move together."""

    kind: Literal["shift"]
    ids: RowIds
    ticks: Annotated[int, Field(ge=-10_000_000, le=10_000_000)]
    policy: Policy = "protect"


class Add(Wire):
    """A new caption, its extents settled."""

    kind: Literal["add"]
    start_frame_index: Index
    end_frame_index: Index
    text: Text | None = None
    policy: Policy = "protect"


class SplitAt(Wire):
    """One caption becomes two."""

    kind: Literal["split"]
    id: RowId
    frame_index: Index
    texts: tuple[Text | None, Text | None] | None = None


class Merge(Wire):
    """Several captions become one, for each group of them."""

    kind: Literal["merge"]
    groups: Annotated[list[Annotated[list[RowId], Field(min_length=2, max_length=1000)]], Field(min_length=1)]
    text: Text | None = None

    @model_validator(mode="after")
    def _one_text(self) -> Merge:
        if self.text is not None and len(self.groups) > 1:
            raise ValueError("a text goes with one group")
        return self


class Clear(Wire):
    """A gap is made."""

    kind: Literal["clear"]
    start_frame_index: Index
    end_frame_index: Index
    policy: Policy = "protect"


class Delete(Wire):
    """Captions become gaps."""

    kind: Literal["delete"]
    ids: RowIds


class Confirm(Wire):
    """Extents, text or both are settled, together with what was typed."""

    kind: Literal["confirm"]
    ids: RowIds
    what: Literal["extents", "text", "both"] = "both"
    text: Text | None = None
    text_status: TextStatus = "confirmed"
    notes: Notes | None = None
    start_frame_index: Index | None = None
    end_frame_index: Index | None = None
    policy: Policy = "protect"

    @model_validator(mode="after")
    def _one_row(self) -> Confirm:
        given = (self.text, self.notes, self.start_frame_index, self.end_frame_index)
        if len(self.ids) > 1 and any(value is not None for value in given):
            raise ValueError("text, notes and extents go with one id")
        return self


class SetText(Wire):
    """A text was typed; null: not annotated."""

    kind: Literal["set-text"]
    id: RowId
    text: Text | None
    text_status: TextStatus = "valid_caption"
    notes: Notes | None = None


class SetStatus(Wire):
    """States and flags as a person sets them; what is not given stays."""

    kind: Literal["set-status"]
    ids: RowIds
    boundary_state: Literal["predicted", "confirmed", "issue"] | None = None
    boundary_pending: Flag | None = None
    text_status: TextStatus | None = None
    text_pending: Flag | None = None


class SetNotes(Wire):
    """A note beside the text."""

    kind: Literal["set-notes"]
    id: RowId
    notes: Notes


class NoText(Wire):
    """There is no text to read here."""

    kind: Literal["no-text"]
    ids: RowIds


class Replace(Wire):
    """Something is replaced in the texts of several captions."""

    kind: Literal["replace"]
    ids: RowIds
    find: Annotated[str, Field(min_length=1, max_length=200)]
    replace: Annotated[str, Field(max_length=200)]
    match_case: bool = False
    whole_words: bool = False


class Read(Wire):
    """The text is read anew and stored."""

    kind: Literal["read"]
    id: RowId


class Import(Wire):
    """Parts of a file are taken over."""

    kind: Literal["import"]
    format: Annotated[str, Field(max_length=20)]
    content: Annotated[str, Field(max_length=8_000_000)]
    ticked: Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=200_000)]
    digest: Annotated[str, Field(max_length=64)] | None = None
    """Of the comparison whose numbers are ticked; refused where it would be another one now."""
    policy: Policy = "protect"


class Review(Wire):
    """All texts have been reviewed, or not yet."""

    kind: Literal["review"]
    status: Literal["pending", "complete"]


Change = Annotated[
    SetEdge
    | Nudge
    | SetExtents
    | Shift
    | Add
    | SplitAt
    | Merge
    | Clear
    | Delete
    | Confirm
    | SetText
    | SetStatus
    | SetNotes
    | NoText
    | Replace
    | Read
    | Import
    | Review,
    Field(discriminator="kind"),
]


class CaptionAction(ActionBody):
    """A change, and who makes it."""

    change: Change


class PreviewBody(Wire):
    """A change that is only looked at."""

    change: Change
