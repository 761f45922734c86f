"""From stretches with their readings to captions: neighbours that show the same are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from caption_boundaries.captions.belief import NO_HINTS, Hints
from caption_boundaries.captions.comparison import THERE, Look, same_caption, same_letters
from caption_boundaries.captions.decoding import Segment
from caption_boundaries.captions.reading import Reading, in_box, ink, presence
from caption_boundaries.captions.strokes import Mask, PackedMask, Share, StrokeMasks
from caption_boundaries.captions.text import folded, similarity

NEAR_SECONDS = 2.0
"""Two stretches are compared by what is seen so close to where they meet."""
BRIEF_SECONDS = 0.25
"""The engine may err where it has so little to read."""
SURELY_THERE = 0.85
"""Where it found nothing for longer, the more of a text's strokes must be there."""
LONG_ENOUGH = 8
"""A reading of so many source frames is as good as one of more."""
STANDS_OUT = 0.6
"""Text stands out of a picture when its strokes exceed what is beside them by this share of what they did."""
COMMON_SHARE = 0.5
"""Strokes that two stretches share are the text's when they are this share of the fewest that one has."""
HARDLY = 0.25
"""A stretch with so much less strokes than its neighbour hardly has any."""
SURELY_READ = 0.92
"""What is read with this confidence on both sides of a cut of the scene, and reads the same, is the same."""
MORE_LETTERS = 3
"""Text that joins a caption has so many letters at least; fewer may be a caption that differs in one."""
MISREAD = 0.5
"""Readings of one caption are alike to this degree, however busy the scene behind it is."""
VOTE_FRAMES = 24
"""A reading's vote grows with its length up to here."""


@dataclass(slots=True)
class Group:
    """Neighbouring stretches that show the same: one caption, or nothing."""

    first: int
    """Its first source frame."""
    stop: int
    """The source frame after its last."""
    reading: Reading
    """The best of its readings; that of a stretch without text has no lines."""
    readings: list[tuple[Reading, int]] = field(default_factory=list)
    """All that were read, each with the number of its source frames."""
    weight: float = 0.0
    """How good the best reading is."""
    packed_ink: PackedMask | None = None
    """The strokes of its text; None without text."""
    least_ink: int = 0
    """The fewest strokes, in pixels, that one of its stretches with text has."""
    ground: float = 0.0
    """How much of the rest of its lines' boxes is stroke, too, 0 to 1."""

    @property
    def ink(self) -> Mask | None:
        """The strokes of its text; None without text."""
        return None if self.packed_ink is None else self.packed_ink.unpacked()

    @property
    def has_text(self) -> bool:
        """Whether anything was read."""
        return bool(self.reading.lines)

    def text(self) -> tuple[str, float]:
        """Return the text that most readings agree on, and how much of the evidence speaks for it, 0 to 1."""
        votes: dict[str, float] = {}
        best: dict[str, float] = {}
        for reading, frames in self.readings:
            if reading.lines:
                vote = reading.confidence**4 * min(frames, VOTE_FRAMES)
                votes[reading.text] = votes.get(reading.text, 0.0) + vote
                best[reading.text] = max(best.get(reading.text, 0.0), reading.confidence)
        text = max(votes, key=lambda key: votes[key])
        agreement = votes[text] / sum(votes.values()) if sum(votes.values()) else 0.0
        return text, best[text] * (0.5 + 0.5 * agreement)


def join(
    strokes: StrokeMasks, segments: Sequence[Segment], readings: Sequence[Reading], hints: Hints = NO_HINTS
) -> list[Group]:
    """Return the captions, and the stretches without text between them, in order.

    Args:
        strokes: The stroke masks.
        segments: The stretches of the video, joining without a gap.
        readings: What was read in each.
        hints: What a detector knows of the source frames at which they begin.
    """
    groups: list[Group] = []
    for segment, reading in zip(segments, readings, strict=True):
        groups.append(_group(strokes, segment, reading))
        _join_last(strokes, groups, hints)
    return groups


def _group(strokes: StrokeMasks, segment: Segment, reading: Reading) -> Group:
    group = Group(segment.first, segment.stop, reading)
    if reading.lines:
        group.readings = [(reading, len(segment))]
        group.weight = reading.confidence * min(1.0, len(segment) / LONG_ENOUGH)
        share = strokes.share(segment.first, segment.stop)
        own = ink(share, reading)
        group.packed_ink = PackedMask.of(own)
        group.least_ink = int(np.count_nonzero(own))
        group.ground = presence(_beside(own, reading), share)
    return group


def _join_last(strokes: StrokeMasks, groups: list[Group], hints: Hints) -> None:
    """Join the last group with those before it, as long as they show the same."""
    while len(groups) > 1:
        before, after = groups[-2:]
        if after.first in hints.parted and not _goes_on(strokes, before, after):
            return
        if after.first in hints.coming and _one_is_a_pause(strokes, before, after):
            return
        if not _same_by(hints, strokes, before, after) and not _same(strokes, before, after):
            return
        groups[-2:] = [_joined(before, after)]


def _one_is_a_pause(strokes: StrokeMasks, before: Group, after: Group) -> bool:
    """Tell whether one has text and the other has none for longer than a moment."""
    empty = after if before.has_text else before
    return before.has_text != after.has_text and not _is_brief(strokes, empty)


def _same_by(hints: Hints, strokes: StrokeMasks, before: Group, after: Group) -> bool:
    """Tell whether two groups with text are one by what is known of where they meet, though they read differently."""
    if not before.has_text or not after.has_text:
        return False
    place = after.first
    if place in hints.united or _is_remnant(strokes, before, after):
        return True
    if place in hints.lasting and _either_is_brief(strokes, before, after):
        return True
    return place in hints.likely_united and (_may_be_misread(before, after) or _has_joined(strokes, before, after))


def _may_be_misread(before: Group, after: Group) -> bool:
    """Tell whether two texts that were not both read for sure are alike."""
    alike = similarity(_words(before.reading), _words(after.reading))
    return alike >= MISREAD and min(before.reading.confidence, after.reading.confidence) < SURELY_READ


def _has_joined(strokes: StrokeMasks, before: Group, after: Group) -> bool:
    """Tell whether all of the one is still there beside more text in the other, as when a plate stands in its line."""
    if abs(len(_words(before.reading)) - len(_words(after.reading))) < MORE_LETTERS:
        return False
    one, other = _looks(strokes, before, after)
    return max(presence(one.ink, other.share), presence(other.ink, one.share)) >= THERE


def _either_is_brief(strokes: StrokeMasks, before: Group, after: Group) -> bool:
    return _is_brief(strokes, before) or _is_brief(strokes, after)


def _goes_on(strokes: StrokeMasks, before: Group, after: Group) -> bool:
    """Tell whether both surely read the same and look the same, too: then only the scene has changed."""
    words, sure = _words(after.reading), min(before.reading.confidence, after.reading.confidence) >= SURELY_READ
    return sure and bool(words) and words == _words(before.reading) and same_letters(*_looks(strokes, before, after))


def _is_remnant(strokes: StrokeMasks, before: Group, after: Group) -> bool:
    """Tell whether one is brief and reads as a part of the other, as a caption does while it comes or goes."""
    brief, other = sorted((before, after), key=lambda group: group.stop - group.first)
    words = _words(brief.reading)
    return bool(words) and words in _words(other.reading) and _is_brief(strokes, brief)


def _same(strokes: StrokeMasks, before: Group, after: Group) -> bool:
    if not before.has_text and not after.has_text:
        return False
    both = before.has_text and after.has_text
    if both and _words(after.reading) in {_words(reading) for reading, _ in before.readings}:
        return True  # before any strokes are loaded: it is the usual case
    one, other = _looks(strokes, before, after)
    if not both:
        # One of them was read as empty, or could not be read: then the other's text is still there, or it is not.
        text, empty, share = (before, after, other.share) if before.has_text else (after, before, one.share)
        return _shows(text, share, at_least=THERE if _is_brief(strokes, empty) else SURELY_THERE)
    return same_caption(one, other)


def _looks(strokes: StrokeMasks, before: Group, after: Group) -> tuple[Look, Look]:
    """Return what two neighbours look like near where they meet; no strokes are the text's where there is none."""
    near = strokes.frames_in(NEAR_SECONDS, at_least=2)
    shares = (
        strokes.share(max(before.first, before.stop - near), before.stop),
        strokes.share(after.first, min(after.stop, after.first + near)),
    )
    looks = []
    for group, share in zip((before, after), shares, strict=True):
        own = group.ink
        nothing = np.zeros(share.shape, dtype=np.bool_)
        looks.append(Look(group.reading, nothing if own is None else own, share, brief=_is_brief(strokes, group)))
    return looks[0], looks[1]


def _is_brief(strokes: StrokeMasks, group: Group) -> bool:
    return group.stop - group.first < strokes.frames_in(BRIEF_SECONDS, at_least=3)


def _words(reading: Reading) -> str:
    return "".join(folded(line.text) for line in reading.lines)


def _shows(group: Group, share: Share, *, at_least: float) -> bool:
    """Tell whether so much of a group's text stands out of frames of which the share of strokes is given."""
    own = group.ink
    if own is None or not own.any():
        return False
    there, beside = presence(own, share), presence(_beside(own, group.reading), share)
    return there >= at_least and there - beside >= STANDS_OUT * (1 - group.ground)


def _beside(own: Mask, reading: Reading) -> Mask:
    """Return the pixels of the lines' boxes that are not the text's own strokes."""
    boxes = np.zeros_like(own)
    for line in reading.lines:
        boxes[in_box(line, boxes.shape)] = True
    return boxes & ~own


def _joined(before: Group, after: Group) -> Group:
    best = max((before, after), key=lambda group: (group.has_text, group.weight))
    own, least = _common_ink(before, after)
    packed = None if own is None else PackedMask.of(own)
    readings = [*before.readings, *after.readings]
    return Group(before.first, after.stop, best.reading, readings, best.weight, packed, least, best.ground)


def _common_ink(before: Group, after: Group) -> tuple[Mask | None, int]:
    """Return the strokes that both show, which rids them of the background's, and the fewest that one stretch has.

    Where one has hardly any, as when half of its frames show no text, or where they hardly agree, one is taken alone.
    """
    ink_before, ink_after = before.ink, after.ink
    if ink_before is None or ink_after is None:
        only = after if ink_before is None else before
        return only.ink, only.least_ink
    fewer, more = sorted((before, after), key=lambda group: group.least_ink)
    if fewer.least_ink < HARDLY * more.least_ink:
        return more.ink, more.least_ink
    both = ink_before & ink_after
    if np.count_nonzero(both) < COMMON_SHARE * fewer.least_ink:
        better = before if before.weight >= after.weight else after
        return better.ink, better.least_ink
    return both, fewer.least_ink
