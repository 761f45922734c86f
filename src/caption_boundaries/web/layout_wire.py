"""What the layout tool sends and gets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from caption_boundaries.types import Box, Region
from caption_boundaries.web.models import ActionBody, Wire

Fraction = Annotated[float, Field(ge=0, le=1)]
BoxNumbers = Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=200_000)]
"""Numbers of boxes, as the state counts them."""


class WireRegion(Wire):
    """A part of the frame, as fractions, origin top-left."""

    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction
    line_height: float = 0.0
    """Usual height of a line, as a fraction of the frame's height; 0: not known."""
    line_count: int = 1
    anchor: Literal["left", "center", "right"] = "center"
    polarity: Literal["light", "dark"] = "light"

    @property
    def box(self) -> Box:
        """The rectangle alone."""
        return Box(self.left, self.top, self.right, self.bottom)

    @classmethod
    def of(cls, region: Region) -> WireRegion:
        """Return a region as it goes over the wire."""
        box = region.box
        return cls(
            left=box.left,
            top=box.top,
            right=box.right,
            bottom=box.bottom,
            line_height=region.line_height,
            line_count=region.line_count,
            anchor=region.anchor,
            polarity=region.polarity,
        )


class DraftRegion(Wire):
    """A rectangle that a person has drawn; edges that they locked stay where they are."""

    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction
    locked: list[Literal["left", "top", "right", "bottom"]] = Field(default=[], max_length=4)

    @property
    def box(self) -> Box:
        """The rectangle alone."""
        return Box(self.left, self.top, self.right, self.bottom)


class CropState(Wire):
    """What is stored of the crop."""

    regions: list[WireRegion]
    approved: bool
    version: int
    """Counts up whenever another crop is approved."""
    draft: list[DraftRegion]
    """What a person has drawn since; empty: nothing."""


class Boxes(Wire):
    """All boxes by column, each packed (`packing.py`)."""

    count: int
    frame: str
    """int32: position of the frame in the list of frames."""
    edges: str
    """float32, four for each box: left, top, right, bottom as fractions of the frame."""
    confidence: str
    """uint16: what the engine says, 0 to 65535."""
    texts: list[str]


class Assessment(Wire):
    """What is thought of every box under the present labels."""

    odds: str
    """float32: log odds of being part of a caption."""
    source: Literal["model", "rules"]
    doubts: list[tuple[int, float]]
    """Boxes whose label looks wrong, with the odds for that."""
    labels_in: int
    labels_out: int
    agreed: int
    """How many of the latest labels, without a break, were what had been predicted."""


class LayoutState(Wire):
    """Everything that the layout tool shows, pictures and assessment aside."""

    revision: int
    stamp: str
    pictures: str
    """Version of the pictures, for their addresses."""
    width: int
    height: int
    rate_hz: float
    frames: list[int]
    """Indices of all sampled frames."""
    failures: dict[int, str]
    """Frames on which the engine failed."""
    boxes: Boxes
    labels: str
    """int8: 0 none, 1 out, 2 in, 3 out by the model, 4 in by the model."""
    strays: int
    """Labels on boxes that the present text boxes do not have."""
    crop: CropState
    can_undo: bool
    can_redo: bool
    read_only: str
    """Why nothing can be changed; empty: it can."""


class LabelBody(ActionBody):
    """Boxes that get another label."""

    kind: Literal["label", "rectangle", "same", "accept", "accept-sure", "flip", "clear-all"] = "label"
    """How it was done, for the history."""
    put_in: BoxNumbers = Field(default=[])
    put_out: BoxNumbers = Field(default=[])
    clear: BoxNumbers = Field(default=[])
    by_model: bool = False
    """True: the model's word was accepted without a look at each; such labels teach it nothing."""


class DraftBody(ActionBody):
    """Another rectangle to crop; none: back to what follows from the boxes."""

    regions: list[DraftRegion] = Field(max_length=8)


class ApproveBody(ActionBody):
    """The rectangles that are approved, top to bottom."""

    regions: list[DraftRegion] = Field(max_length=8)


class LayoutAnswer(Wire):
    """What an action did."""

    revision: int
    kind: str
    """Of the action that was done or undone."""
    boxes: list[int]
    """Boxes that have another label now."""
    labels: list[int]
    """Their labels, coded as in the state."""
    crop: CropState
    assessment: Assessment
    focus: int | None
    """Frame index at which to look at it."""
    can_undo: bool
    can_redo: bool


class SuggestedCrop(Wire):
    """The crop that follows from the labels and what is thought of the other boxes."""

    revision: int
    regions: list[WireRegion]
