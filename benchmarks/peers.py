"""Figures of other programs on these and like clips.

They were measured elsewhere, on two cores of an AMD EPYC with the same metrics, and are no part of a run: compare
ratios and shares with them, never seconds.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Peer:
    """What another program reached."""

    name: str
    clips: str
    both_ends_exact: float | None
    """Share of captions with both ends within one source picture."""
    character_error: float | None
    real_time_factor: float | None


PEERS = (
    Peer("videocr-PaddleOCR", "7 real clips, 42 captions", 40 / 42, 0.0018, 0.49),
    Peer("VideoSubFinder + RapidVideOCR", "7 real clips, 42 captions", 30 / 42, 0.081, None),
    Peer("VideoSubFinder + RapidVideOCR, tuned", "burned in, 60 s 720p", 19 / 20, 0.003, 0.28),
    Peer("VideoSubFinder alone, no text", "burned in, 60 s 720p", 19 / 20, None, 0.22),
    Peer("videocr-PaddleOCR, best settings", "burned in, 60 s 720p", 19 / 20, 0.001, 0.80),
)
"""Best figures of each."""
