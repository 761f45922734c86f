"""Random things that people do to captions."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from caption_boundaries.database.captions import Caption

WORDS = ("yes", "no", "", "two\nlines", "字幕", None)


def random_change(rng: random.Random, rows: Sequence[Caption], count: int) -> dict[str, Any]:
    """Return a change that makes sense more often than not."""
    captions = [row for row in rows if row.boundary_state != "gap"]
    policy = {"policy": rng.choice(["protect", "push", "trim"])}
    start = rng.randrange(count)
    frames = {"start_frame_index": start, "end_frame_index": min(count - 1, start + rng.randrange(25))}
    if not captions or rng.random() < 0.15:
        return {"kind": rng.choice(["add", "clear"]), **frames, **policy}
    place = rng.randrange(len(captions))
    row, edge = captions[place], rng.choice(["start", "end"])
    own = {"id": row.id}
    two = [one.id for one in captions[place : place + 2]]
    makers: list[dict[str, Any]] = [
        {"kind": "nudge", **own, "edge": edge, "ticks": rng.choice([-7, -1, 1, 4]), **policy},
        {"kind": "nudge", **own, "edge": edge, "source_frames": rng.choice([-3, -1, 1, 2]), **policy},
        {"kind": "set-edge", **own, "edge": edge, "frame_index": rng.randrange(count), **policy},
        {"kind": "set-edge", **own, "edge": edge, "seconds": rng.randrange(count * 4) / 40, **policy},
        {"kind": "set-extents", **own, **frames, **policy},
        {
            "kind": "shift",
            "ids": [one.id for one in captions[place : place + 2]],
            "ticks": rng.choice([-4, 3]),
            **policy,
        },
        {"kind": "split", **own, "frame_index": row.start_frame_index + rng.randrange(12)},
        {"kind": "merge", "groups": [two]},
        {"kind": "delete", "ids": [row.id]},
        {"kind": "confirm", "ids": [row.id], "what": rng.choice(["extents", "text", "both"])},
        {"kind": "confirm", "ids": [row.id], "text": "typed", **frames, **policy},
        {"kind": "set-text", **own, "text": rng.choice(WORDS)},
        {"kind": "set-status", "ids": [row.id], "boundary_state": rng.choice(["predicted", "confirmed", "issue"])},
        {"kind": "set-notes", **own, "notes": rng.choice(["look", ""])},
        {"kind": "no-text", "ids": [row.id]},
        {"kind": "replace", "ids": [one.id for one in captions], "find": "e", "replace": "ee"},
    ]
    change = rng.choice(makers)
    return change if change["kind"] != "merge" or place + 1 < len(captions) else makers[0]
