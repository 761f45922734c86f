"""When a full frame is shown, in seconds from the first picture of the video."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from caption_boundaries.database.video import VideoMetadata
from caption_boundaries.types import DEFAULT_INDEX_RATE_HZ, FrameTime, time_of_index


@dataclass(frozen=True, slots=True)
class FrameClock:
    """The clock of one video."""

    start: Fraction = Fraction(0)
    """Presentation time of the first picture in seconds."""
    rate_hz: float = DEFAULT_INDEX_RATE_HZ
    """Frame indices per second."""

    @classmethod
    def of(cls, metadata: VideoMetadata | None) -> FrameClock:
        """Return the clock that a video's metadata describes."""
        if metadata is None:
            return cls()
        start = Fraction(0)
        if metadata.start_pts is not None and metadata.time_base:
            start = metadata.start_pts * Fraction(metadata.time_base)
        return cls(start, metadata.index_framerate_hz)

    def seconds(self, frame_index: int, time: FrameTime | None) -> float:
        """Return when a frame is shown; one without a true time is shown when its index begins."""
        if time is None:
            return time_of_index(frame_index, self.rate_hz)
        return float(time.pts * time.time_base - self.start)
