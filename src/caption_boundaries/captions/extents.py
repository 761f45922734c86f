"""The exact extents of captions whose text is known, and how far they can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from caption_boundaries.captions.belief import Belief
from caption_boundaries.captions.fading import with_edges
from caption_boundaries.captions.joining import Group
from caption_boundaries.captions.opacity import Lumas
from caption_boundaries.captions.refinement import Edge, refine_end, refine_start
from caption_boundaries.captions.strokes import StrokeMasks
from caption_boundaries.captions.text import folded

REACH_SECONDS = 0.6
"""A boundary lies within this of where strokes came or went; a fade takes that long."""
FAINT = 0.3
"""A boundary at which fewer strokes than this come or go is no boundary to speak of."""
SUPPORTED = 0.3
"""A caption that is there from the first frame on, or up to the last, is cut only if so many of its strokes say so."""
ADJOINING = 0.7
"""Contrast of a boundary between two captions so alike that too few strokes differ: something did change there."""
BLEND_SECONDS = 0.1
"""What stands this briefly between two captions, without a pause on either side, ..."""
SURE_OF_BLEND = 0.9
"""... and is read with less confidence, is both of them at once."""
FADE_SECONDS = 0.35
"""A fade from one caption into the next takes this long at most; ..."""
OF_BOTH = 0.7
"""... such a share of the strokes in it is one of theirs, ..."""
NO_CHANGE, ONE_CHANGE = 0.5, 1.2
"""Between so many expected changes of captions there is just one ..."""
NEAR_BLEND_SECONDS = 1.0
"""... within so much time on either side; ..."""
WORSE = 0.97
"""... and it is read with less confidence than either, by this factor."""
MET = 2
"""Captions that fade into each other meet within so many frames; what is read there lies so close to the fade."""
DOUBTFUL_TEXT = 0.8
"""A text read with less confidence than this, and without boundaries to speak of, is something in the scene."""


@dataclass(frozen=True, slots=True)
class TimedText:
    """One caption with its extents in source frames."""

    first: int
    """The first source frame that shows it."""
    stop: int
    """The first source frame that no longer does."""
    text: str
    text_confidence: float
    """0 to 1."""
    boundary_confidence: float
    """0 to 1, of the less certain end."""


def time_captions(
    strokes: StrokeMasks, groups: Sequence[Group], belief: Belief | None = None, lumas: Lumas | None = None
) -> list[TimedText]:
    """Return the captions among ``groups`` with exact extents, in order, none overlapping the next.

    Args:
        strokes: The stroke masks.
        groups: What was read, in order.
        belief: What a detector says of how often captions become others; None: nobody is asked.
        lumas: The pictures, to see how captions fade; None: the strokes alone have to tell.
    """
    captions = _without_blends(strokes, groups, belief, lumas)
    edges = []
    for i, group in enumerate(captions):
        before = captions[i - 1] if i else None
        after = captions[i + 1] if i + 1 < len(captions) else None
        edges.append((_start(strokes, group, before, lumas), _end(strokes, group, after, lumas)))
    timed: list[TimedText] = []
    for group, (start, end) in zip(captions, _meeting(edges), strict=True):
        caption = _timed(group, start, end)
        if caption is not None:
            _append(timed, caption)
    return timed


def _without_blends(
    strokes: StrokeMasks, groups: Sequence[Group], belief: Belief | None, lumas: Lumas | None
) -> list[Group]:
    """Return the groups with text but those in which one caption fades into the next."""
    captions: list[Group] = []
    for i, group in enumerate(groups):
        within = 0 < i < len(groups) - 1 and groups[i - 1].has_text and groups[i + 1].has_text
        if group.has_text and not (within and _is_blend(strokes, group, captions[-1], groups[i + 1], belief, lumas)):
            captions.append(group)
    return captions


def _is_blend(
    strokes: StrokeMasks,
    group: Group,
    before: Group,
    after: Group,
    belief: Belief | None,
    lumas: Lumas | None,
) -> bool:
    """Tell whether a group is the moment in which one caption fades into the next, and is read as a mixture of both.

    Between it and the caption before may lie another such moment, but no pause.
    """
    frames, confidence = group.stop - group.first, group.text()[1]
    if after.first - before.stop > strokes.frames_in(FADE_SECONDS, at_least=2):
        return False
    if frames <= strokes.frames_in(BLEND_SECONDS, at_least=2) and confidence < SURE_OF_BLEND:
        return True
    surer, both = min(before.text()[1], after.text()[1]), _is_both(group, before, after)
    reach = strokes.frames_in(NEAR_BLEND_SECONDS, at_least=4)
    first = max((before.first + before.stop) // 2, group.first - reach)
    stop = min((after.first + after.stop) // 2, group.stop + reach)
    changes = None if belief is None else belief.others(first, stop)
    if changes is not None and (both or confidence < surer) and NO_CHANGE < changes < ONE_CHANGE:
        return True
    if both and confidence < WORSE * surer:
        return True
    return (changes is None or changes < ONE_CHANGE) and _meet_within(strokes, group, before, after, lumas)


def _meet_within(strokes: StrokeMasks, group: Group, before: Group, after: Group, lumas: Lumas | None) -> bool:
    """Tell whether pictures show that its neighbours fade into each other, and the group lies within that fade."""
    if lumas is None:
        return False
    end, start = _end(strokes, before, after, lumas), _start(strokes, after, before, lumas)
    reach = max(end.fade, start.fade) // 2 + MET
    return (
        min(end.fade, start.fade) > 0
        and abs(start.frame - end.frame) <= MET
        and group.first >= end.frame - reach
        and group.stop <= start.frame + reach
    )


def _is_both(group: Group, before: Group, after: Group) -> bool:
    """Tell whether a group has hardly any strokes but those of its neighbours."""
    own, one, other = group.ink, before.ink, after.ink  # each is unpacked anew when it is asked for
    if own is None or one is None or other is None or not own.any():
        return False
    return float(with_edges(one | other)[own].mean()) >= OF_BOTH


def _meeting(edges: Sequence[tuple[Edge, Edge]]) -> list[tuple[Edge, Edge]]:
    """Return starts and ends such that a caption that fades into the next one ends where that begins.

    While both are partly there, each hides strokes of the other, and either seems to be there for a shorter time.
    """
    met = list(edges)
    for number in range(1, len(met)):
        (start, end), (next_start, next_end) = met[number - 1], met[number]
        pause, fades = next_start.frame - end.frame, (end.fade, next_start.fade)
        if min(fades) > 0 and 0 < pause <= max(fades):
            middle = (end.frame + next_start.frame + 1) // 2
            met[number - 1] = start, replace(end, frame=middle)
            met[number] = replace(next_start, frame=middle), next_end
    return met


def _start(strokes: StrokeMasks, group: Group, before: Group | None, lumas: Lumas | None) -> Edge:
    if group.ink is None:
        return Edge(group.first, 0.0)
    reach = strokes.frames_in(REACH_SECONDS, at_least=4)
    low = max(0, group.first - reach)
    if before is not None:
        low = max(low, before.stop if _same_text(before, group) else (before.first + before.stop) // 2)
    middle = (group.first + group.stop) // 2
    high = min(max(middle, group.first + 2), group.first + reach, strokes.frame_count)
    edge = refine_start(strokes, group.ink, group.first, low, high, lumas)
    if group.first == 0 and edge.support < SUPPORTED:
        return Edge(0, 1.0)
    adjoins = before is not None and before.stop == group.first
    return replace(edge, contrast=ADJOINING) if adjoins and edge.contrast == 0 else edge


def _end(strokes: StrokeMasks, group: Group, after: Group | None, lumas: Lumas | None) -> Edge:
    if group.ink is None:
        return Edge(group.stop, 0.0)
    reach = strokes.frames_in(REACH_SECONDS, at_least=4)
    high = min(strokes.frame_count, group.stop + reach)
    if after is not None:
        high = min(high, after.first if _same_text(group, after) else (after.first + after.stop) // 2)
    middle = (group.first + group.stop) // 2
    low = max(min(middle, group.stop - 2), group.stop - reach, 0)
    edge = refine_end(strokes, group.ink, group.stop, low, high, lumas)
    if group.stop == strokes.frame_count and edge.support < SUPPORTED:
        return Edge(group.stop, 1.0)
    adjoins = after is not None and group.stop == after.first
    return replace(edge, contrast=ADJOINING) if adjoins and edge.contrast == 0 else edge


def _same_text(one: Group, other: Group) -> bool:
    # The same words again after a pause: what shows the other shows this one, so it must not be looked at.
    return folded(one.reading.text) == folded(other.reading.text)


def _timed(group: Group, start: Edge, end: Edge) -> TimedText | None:
    """Return the caption, or None where nothing speaks for its being one."""
    text, confidence = group.text()
    if start.frame >= end.frame:
        return None
    if max(start.contrast, end.contrast) < FAINT and confidence < DOUBTFUL_TEXT:
        return None
    return TimedText(start.frame, end.frame, text, confidence, min(1.0, start.contrast, end.contrast))


def _append(timed: list[TimedText], caption: TimedText) -> None:
    """Add a caption; where it overlaps the one before, both end in the middle of what they share."""
    if timed and timed[-1].stop > caption.first:
        meeting = (timed[-1].stop + caption.first + 1) // 2
        timed[-1] = replace(timed[-1], stop=max(meeting, timed[-1].first + 1))
        caption = replace(caption, first=timed[-1].stop)
    if caption.first < caption.stop:
        timed.append(caption)
