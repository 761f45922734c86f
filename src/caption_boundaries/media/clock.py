"""Presentation times that always rise, whatever the file says."""

from __future__ import annotations

from fractions import Fraction

_JUMP_SECONDS = Fraction(1, 2)
"""A step back of this much or more is a break in the stream's clock, a smaller one a fault of a single stamp."""


class PictureClock:
    """Gives every picture of a stream a time stamp, in the order in which the pictures are shown.

    Sound stamps pass through unchanged. A missing one is filled in from the picture duration, a repeated or slightly
    receding one is put just behind its forerunner, and a clock that starts anew is joined to what came before.
    """

    def __init__(self, time_base: Fraction, picture_duration: Fraction) -> None:
        """Start the clock.

        Args:
            time_base: Seconds per unit of the stamps.
            picture_duration: Usual display time of a picture, in units of ``time_base``.
        """
        self._jump = _JUMP_SECONDS / time_base
        self._duration = max(picture_duration, Fraction(1))
        self._shift = 0
        self._last: int | None = None
        self._expected = Fraction(0)
        self.repaired = 0
        """How many stamps were not taken as they are."""

    def stamp(self, given: int | None) -> int:
        """Return the time stamp of the next picture, which the file stamps ``given`` (None = not at all)."""
        stamp = round(self._expected) if given is None else self._sound(given + self._shift)
        if self._last is not None and stamp <= self._last:
            stamp = self._last + 1
        self.repaired += given is None or stamp != given
        # Filled-in stamps are counted on exactly, so that their rounding never adds up.
        self._expected = (self._expected if given is None else Fraction(stamp)) + self._duration
        self._last = stamp
        return stamp

    def _sound(self, stamp: int) -> int:
        if self._last is None or stamp > self._last - self._jump:
            return stamp
        joined = max(round(self._expected), self._last + 1)
        self._shift += joined - stamp
        return joined
