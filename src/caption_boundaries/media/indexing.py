"""Which picture is shown at which frame index: the last one whose time is not later than ``index / rate``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

TOLERANCE_SECONDS = 1e-6
"""A picture counts as shown this much before its time, so that rounding never moves it to the next index."""


class Timed(Protocol):
    """Something that is shown from a moment on."""

    @property
    def seconds(self) -> float:
        """When it is first shown, from the first picture."""

    @property
    def duration_seconds(self) -> float:
        """For how long it is shown where nothing follows."""


Picture = TypeVar("Picture", bound=Timed)


def indices_of_pictures(pictures: Iterable[Picture], rate_hz: float) -> Iterator[tuple[Picture, range]]:
    """Yield every picture with the frame indices at which it is the one shown; many have none.

    Index ``k`` shows the last picture with ``seconds <= k / rate_hz``. The ranges join without a gap, from index 0 to
    the last tick before the last picture's display ends. A picture is yielded once the one after it is known.

    Args:
        pictures: In the order in which they are shown; the first at 0 seconds.
        rate_hz: Frame indices per second.
    """
    before: Picture | None = None
    start = 0
    for picture in pictures:
        if before is not None:
            end = max(start, first_index_from(picture.seconds, rate_hz))
            yield before, range(start, end)
            start = end
        before = picture
    if before is not None:
        # The end is no picture: a tick that falls on it, by rounding too, shows nothing.
        end = first_index_from(before.seconds + before.duration_seconds, rate_hz)
        yield before, range(start, max(start, end))


def pictures_at_indices(pictures: Iterable[Picture], rate_hz: float) -> Iterator[tuple[int, Picture]]:
    """Yield (frame index, the picture shown then) for every index from 0 to the end, in order.

    Args and conventions are those of `indices_of_pictures`.
    """
    for picture, indices in indices_of_pictures(pictures, rate_hz):
        for index in indices:
            yield index, picture


def first_index_from(seconds: float, rate_hz: float) -> int:
    """Return the first frame index whose tick is not before ``seconds``."""
    return max(0, math.ceil((seconds - TOLERANCE_SECONDS) * rate_hz))


def pictures_at(pictures: Iterable[Picture], moments: Sequence[float]) -> Iterator[Picture]:
    """Yield for each moment the picture shown then, ending at the first moment past the end of the last picture.

    Args:
        pictures: In the order in which they are shown; the first at 0 seconds.
        moments: Seconds from the first picture, not falling.
    """
    waiting = iter(moments)
    moment = next(waiting, None)
    before: Picture | None = None
    for picture in pictures:
        while before is not None and moment is not None and moment + TOLERANCE_SECONDS < picture.seconds:
            yield before
            moment = next(waiting, None)
        if moment is None:
            return
        before = picture
    while before is not None and moment is not None:
        if moment + TOLERANCE_SECONDS >= before.seconds + before.duration_seconds:
            return
        yield before
        moment = next(waiting, None)
