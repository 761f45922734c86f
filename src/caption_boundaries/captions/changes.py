"""Where strokes come or go at once: the moments at which a caption may have changed.

A stroke goes where it stood still for a while and then stays away; it comes where it stays after having been away.
Strokes of a moving background seldom stand still for that long. Those that do come and go all the time, so every small
cell of the picture is compared with what is usual in it around that moment. Cuts of the scene come out as changes,
too: what stands in the picture before and after is for the reader to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from caption_boundaries.captions.strokes import StrokeMasks

STANDS_SECONDS = 0.33
"""A stroke counts when it has stood still, or will, for so long."""
AWAY_SECONDS = 0.1
"""A stroke is away when it is not seen for so long: shorter is flicker."""
USUAL_SECONDS = 0.3
"""What is usual in a cell is learnt from so much time on either side."""
CELL = 1.0
"""Side of a cell in line heights."""
TIMES_USUAL = 6.0
"""A cell's change counts as far as it exceeds the median by this many median deviations."""
TINY = 0.005
"""Changes of a cell below this area, in squared line heights, are noise: a full stop is larger."""
MIN_STRENGTH = 0.03
"""The least change of the whole picture, in squared line heights, that is worth a look."""
BLOCK_FRAMES = 512
"""Source frames that are worked on at a time."""

Counts = NDArray[np.uint16]
"""Stroke pixels per cell, shape (frames, cells)."""


@dataclass(frozen=True, slots=True)
class Change:
    """A moment at which strokes came or went."""

    frame: int
    """The first source frame after the change."""
    strength: float
    """How much came or went, in squared line heights."""


@dataclass(frozen=True, slots=True)
class _Windows:
    """The times above in source frames."""

    stands: int
    away: int
    usual: int

    @property
    def margin(self) -> int:
        """How many frames on either side a result depends on."""
        return self.stands + self.away + self.usual


def find_changes(strokes: StrokeMasks) -> list[Change]:
    """Return the moments at which strokes came or went, in order."""
    windows = _Windows(
        strokes.frames_in(STANDS_SECONDS, at_least=3),
        strokes.frames_in(AWAY_SECONDS, at_least=2),
        strokes.frames_in(USUAL_SECONDS, at_least=3),
    )
    blocks = list(_blocks(strokes, windows))
    if not blocks:
        return []
    gone, come = (np.concatenate([block[side] for block in blocks]) for side in (0, 1))
    frames = sorted(_peaks(gone, windows.away) | _peaks(come, windows.away))
    apart = [frame for i, frame in enumerate(frames) if i == 0 or frame - frames[i - 1] > 1]
    both = gone + come
    return [Change(frame, float(both[max(0, frame - 1) : frame + 2].max())) for frame in apart]


def _blocks(strokes: StrokeMasks, windows: _Windows) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Yield, block by block, how much went and came before each source frame, beyond what is usual."""
    count = strokes.frame_count
    for start in range(0, count, BLOCK_FRAMES):
        stop = min(start + BLOCK_FRAMES, count)
        low, high = max(0, start - windows.margin), min(count, stop + windows.margin)
        rows = np.packbits(strokes.masks(low, high), axis=2)
        sides = _gone_and_come(rows, strokes.line_height, windows)
        gone, come = (_beyond_usual(cells, strokes.line_height, windows.usual) for cells in sides)
        yield gone[start - low : stop - low], come[start - low : stop - low]


def _gone_and_come(rows: NDArray[np.uint8], line_height: float, windows: _Windows) -> tuple[Counts, Counts]:
    """Return how many stroke pixels of every cell went, and came, just before each frame.

    Args:
        rows: Masks with eight pixels of a row in a byte, shape (frames, height, bytes).
        line_height: In mask pixels.
        windows: In frames.
    """
    count, stands, away = len(rows), windows.stands, windows.away
    gone, come = np.zeros_like(rows), np.zeros_like(rows)
    if count >= stands + away:
        still = _over_window(rows, stands, np.bitwise_and)
        seen = _over_window(rows, away, np.bitwise_or)
        # Still over [t - stands, t) and not seen in [t, t + away); and the other way round.
        gone[stands : count - away + 1] = still[: count - away - stands + 1] & ~seen[stands:]
        come[away : count - stands + 1] = still[away:] & ~seen[: count - stands - away + 1]
    return _cells(np.bitwise_count(gone), line_height), _cells(np.bitwise_count(come), line_height)


def _over_window(rows: NDArray[np.uint8], length: int, operation: np.ufunc) -> NDArray[np.uint8]:
    """Return ``operation`` over every ``length`` consecutive frames, shape (frames - length + 1, height, bytes)."""
    starts = len(rows) - length + 1
    result: NDArray[np.uint8] = reduce(operation, (rows[i : i + starts] for i in range(length)))
    return result


def _cells(counts: NDArray[np.uint8], line_height: float) -> Counts:
    """Return counts per byte of eight pixels summed over cells, shape (frames, cells)."""
    _, height, width = counts.shape
    rows = np.arange(0, height, max(1, round(CELL * line_height)))
    columns = np.arange(0, width, max(1, round(CELL * line_height / 8)))
    summed = np.add.reduceat(np.add.reduceat(counts, rows, axis=1, dtype=np.uint16), columns, axis=2, dtype=np.uint16)
    return summed.reshape(len(counts), -1)


def _beyond_usual(cells: Counts, line_height: float, usual: int) -> NDArray[np.float32]:
    """Return per frame how much changed in all cells together, as far as it exceeds what is usual there.

    The result is in squared line heights.
    """
    padded = np.pad(cells.astype(np.float32), ((usual, usual), (0, 0)), mode="symmetric")
    # Every other frame of the surroundings says enough.
    around = sliding_window_view(padded, 2 * usual + 1, axis=0)[..., ::2]
    middle = np.median(around, axis=2)
    deviation = np.median(np.abs(around - middle[..., None]), axis=2)
    beyond = (cells - middle - TIMES_USUAL * deviation) / line_height**2 - TINY
    total: NDArray[np.float32] = np.clip(beyond, 0, None).sum(axis=1, dtype=np.float32)
    return total


def _peaks(strength: NDArray[np.float32], reach: int) -> set[int]:
    """Return where ``strength`` is worth a look and the highest within ``reach`` frames, the first of equals."""
    found = set()
    for frame in np.flatnonzero(strength >= MIN_STRENGTH).tolist():
        before = strength[max(0, frame - reach) : frame]
        after = strength[frame + 1 : frame + reach + 1]
        if frame > 0 and strength[frame] > before.max(initial=0) and strength[frame] >= after.max(initial=0):
            found.add(frame)
    return found
