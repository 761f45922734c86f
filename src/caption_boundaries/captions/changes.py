"""Where strokes come or go at once: the moments at which a caption may have changed.

A stroke goes where it stood still for a while and then stays away; it comes where it stays after having been away.
Strokes of a moving background seldom stand still for that long. Those that do come and go all the time, so every small
cell of the picture is compared with what is usual in it around that moment. Cuts of the scene come out as changes,
too: what stands in the picture before and after is for the reader to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from caption_boundaries.captions.strokes import StrokeMasks

STANDS_SECONDS = 0.25
"""A stroke counts when it has stood still, or will, for so long."""
AWAY_SECONDS = 0.08
"""A stroke is away when it is not seen for so long: shorter is flicker."""
USUAL_SECONDS = 0.3
"""What is usual in a cell is learnt from so much time on either side."""
CELL = 1.0
"""Side of a cell in line heights."""
TIMES_USUAL = 6.0
"""A cell's change counts as far as it exceeds the median by this many median deviations."""
TINY = 0.005
"""Changes of a cell below this area, in squared line heights, are noise: a full stop is larger."""
MIN_STRENGTH, MIN_STRENGTH_IN_UNREST = 0.02, 0.05
"""The least change of the whole picture, in squared line heights, that is worth a look: where all else is still, as
when a full stop becomes an exclamation mark, and where much moves."""
UNREST_SECONDS = 1.0
TIMES_UNREST = 4.0
"""In between, a change must exceed this many times the mean over so much time on either side."""
UNREST_CAP = 0.2
"""A single strong change is no unrest: none counts for more than this."""
OWN_STRENGTH = 0.2
OWN_SHARE = 0.5
"""What cells change that change most in this frame must be so much, and such a share of all that changes."""
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
        return self.stands + self.usual + 2 * self.away


def find_changes(strokes: StrokeMasks) -> list[Change]:
    """Return the moments at which strokes came or went, in order."""
    windows = _Windows(
        strokes.frames_in(STANDS_SECONDS, at_least=3),
        strokes.frames_in(AWAY_SECONDS, at_least=2),
        strokes.frames_in(USUAL_SECONDS, at_least=3),
    )
    frames: list[int] = []
    strength: list[NDArray[np.float32]] = []
    for found, block_strength in _blocks(strokes, windows):
        frames += found
        strength.append(block_strength)
    if not strength:
        return []
    total = np.concatenate(strength)
    needed = _needed(total, strokes.frames_in(UNREST_SECONDS, at_least=5))
    return [change for change in _changes(frames, total) if change.strength >= needed[change.frame]]


def _needed(strength: NDArray[np.float32], reach: int) -> NDArray[np.float64]:
    """Return how strong a change must be at every frame."""
    capped = np.pad(np.minimum(strength, UNREST_CAP), reach, mode="symmetric")
    unrest = np.convolve(capped, np.full(2 * reach + 1, 1 / (2 * reach + 1)), mode="valid")
    return np.clip(TIMES_UNREST * unrest, MIN_STRENGTH, MIN_STRENGTH_IN_UNREST)


def _blocks(strokes: StrokeMasks, windows: _Windows) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
    """Yield, block by block, the frames that are worth a look, and how much changed before every frame."""
    count = strokes.frame_count
    for start in range(0, count, BLOCK_FRAMES):
        stop = min(start + BLOCK_FRAMES, count)
        low, high = max(0, start - windows.margin), min(count, stop + windows.margin)
        rows = np.packbits(strokes.masks(low, high), axis=2)
        sides = _gone_and_come(rows, strokes.line_height, windows)
        gone, come = (_beyond_usual(cells, strokes.line_height, windows.usual) for cells in sides)
        found = {low + frame for series in (gone, come, gone + come) for frame in _peaks(series, windows.away)}
        strength = gone.sum(axis=1) + come.sum(axis=1)
        yield [frame for frame in found if max(1, start) <= frame < stop], strength[start - low : stop - low]


def _changes(frames: Iterable[int], strength: NDArray[np.float32]) -> list[Change]:
    """Return the changes at ``frames``; of neighbours the strongest, of equals the first."""
    kept: list[int] = []
    for frame in sorted(frames):
        if not kept or frame - kept[-1] > 1:
            kept.append(frame)
        elif strength[frame] > strength[kept[-1]]:
            kept[-1] = frame
    return [Change(frame, float(strength[max(0, frame - 1) : frame + 2].max())) for frame in kept]


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
    """Return how much of each cell changed, as far as it exceeds what is usual there.

    The result has shape (frames, cells) and is in squared line heights.
    """
    padded = np.pad(cells.astype(np.float32), ((usual, usual), (0, 0)), mode="symmetric")
    # Every other frame of the surroundings says enough.
    around = sliding_window_view(padded, 2 * usual + 1, axis=0)[..., ::2]
    middle = np.median(around, axis=2)
    deviation = np.median(np.abs(around - middle[..., None]), axis=2)
    beyond = (cells - middle - TIMES_USUAL * deviation) / line_height**2 - TINY
    return np.asarray(np.clip(beyond, 0, None), dtype=np.float32)


def _peaks(cells: NDArray[np.float32], reach: int) -> list[int]:
    """Return the frames that are worth a look because of what changed, shape (frames, cells).

    Either the whole picture changed more than in any other frame within ``reach``, or cells did that change most then,
    while others, with something moving in them, change more at other times.
    """
    total = cells.sum(axis=1)
    at_their_most = np.where(cells >= _highest_near(cells, reach), cells, 0).sum(axis=1)
    own = (at_their_most >= OWN_STRENGTH) & (at_their_most >= OWN_SHARE * total)
    highest = (total >= MIN_STRENGTH) & (total >= _highest_near(total, reach))
    found: list[int] = np.flatnonzero(own | highest).tolist()
    return found


def _highest_near(values: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """Return the highest of ``values`` within ``reach`` rows of each row."""
    padding = ((reach, reach), *[(0, 0)] * (values.ndim - 1))
    around = sliding_window_view(np.pad(values, padding), 2 * reach + 1, axis=0)
    return np.asarray(around.max(axis=-1), dtype=np.float32)
