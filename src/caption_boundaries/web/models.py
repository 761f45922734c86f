"""What goes over the wire: the shapes of requests and answers that several addresses share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from caption_boundaries.database.actions import ActionRequest

Uuid = Annotated[str, Field(min_length=8, max_length=60, pattern=r"^[A-Za-z0-9-]+$")]
Name = Annotated[str, Field(min_length=1, max_length=60)]


class Wire(BaseModel):
    """Base of everything on the wire: a field that nobody knows is an error, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ActionBody(Wire):
    """What comes with everything that changes data."""

    uuid: Uuid
    """Made by the page: the same action sent again is answered, not applied again."""
    actor: Name
    session: Uuid
    """Which window."""
    base_revision: int | None = Field(default=None, ge=0)
    """The revision that the person looked at; None: apply whatever others did."""
    ms_since_shown: int | None = Field(default=None, ge=0, le=24 * 3600 * 1000)

    def request(self, kind: str) -> ActionRequest:
        """Return who does what, for the log."""
        return ActionRequest(self.uuid, self.actor, self.session, kind, self.base_revision, self.ms_since_shown)


class HistoryEntry(Wire):
    """One row of the action log, as the history shows it."""

    seq: int
    kind: str
    actor: str
    at: str
    undoes: int | None
    rows: int
    """How many rows it changed."""
    frame_index: int | None
    """Where to look at it."""


class History(Wire):
    """The newest actions first."""

    revision: int
    entries: list[HistoryEntry]


class PresenceBody(Wire):
    """Sent every ten seconds by each open window."""

    actor: Name
    session: Uuid
    leaving: bool = False


class Visitor(Wire):
    """Somebody else at the same place."""

    actor: str
    session: str


class Presence(Wire):
    """What an open window needs to know of others."""

    revision: int
    """Number of the last action."""
    stamp: str
    """Changes whenever what the page shows was made anew by a step."""
    others: list[Visitor]


class StepInfo(Wire):
    """One step of a video."""

    name: str
    state: Literal["missing", "stale", "done"]
    detail: str


class JobInfo(Wire):
    """Steps that run in the background."""

    state: Literal["waiting", "running", "done", "failed", "stopped"]
    steps: list[str]
    step: str
    done: float
    total: float | None
    unit: str
    message: str
    finished: list[str]


class Problem(Wire):
    """Why a video cannot be used."""

    message: str
    hint: str


class Passes(Wire):
    """How far people have come."""

    box_labels: int
    layout_approved: bool
    captions: int
    extents_done: int
    text_done: int


class VideoSummary(Wire):
    """One row of the list."""

    id: str
    name: str
    duration_seconds: float | None
    width: int | None
    height: int | None
    thumbnail: str | None
    """Address of a picture."""
    steps: list[StepInfo]
    passes: Passes | None
    job: JobInfo | None
    problem: Problem | None
    read_only: str
    """Why nothing can be changed; empty: it can."""


class VideoEntry(Wire):
    """A video that is there; what else is known of it is asked for as it comes into view."""

    id: str
    name: str
    duration_seconds: float | None


class VideoList(Wire):
    """All videos of the data root."""

    videos: list[VideoEntry]
    data: str
    """Name of the data root's folder."""


class RunBody(Wire):
    """Which steps to run."""

    steps: list[str] = Field(max_length=10)
    """Empty: every step that is missing or stale."""


class Added(Wire):
    """A video file that was taken in."""

    id: str
    known: bool
    """True: the same file was there already."""


class SessionBody(Wire):
    """The secret of a link."""

    key: Annotated[str, Field(min_length=10, max_length=200)]


class SessionToken(Wire):
    """What the pages keep, beside the cookie."""

    token: str


class Link(Wire):
    """A link for another browser; it works once."""

    url: str
