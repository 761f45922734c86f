"""Which frame indices become full frames."""

from __future__ import annotations

from caption_boundaries.config import IngestSettings
from caption_boundaries.media.indexing import first_index_from


def sample_indices(duration_seconds: float, settings: IngestSettings) -> range:
    """Return the indices of the full frames of a video: evenly spaced, from index 0, at least that one.

    They lie ``sample_every_seconds`` apart. In a short video they lie closer, so that there are ``min_samples`` of
    them, as far as there are that many indices.
    """
    rate = settings.index_framerate_hz
    seconds = min(settings.sample_every_seconds, duration_seconds / settings.min_samples)
    step = max(1, int(seconds * rate + 1e-6))
    return range(0, max(1, first_index_from(duration_seconds, rate)), step)
