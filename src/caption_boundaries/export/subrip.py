r"""SubRip (.srt).

SubRip has no way to escape: players take ``<...`` and ``{\...}`` for markup, ``\N`` for a line break, ``&...;`` for a
character and ``-->`` for a line of times. Where a text holds such a thing an invisible word joiner is set into it, and
taken out again when reading. Only what stands in braces without a backslash cannot be helped: some players hide it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from caption_boundaries.errors import InputError
from caption_boundaries.export.cues import Cue
from caption_boundaries.export.text import guard, tidy_text, unguard
from caption_boundaries.export.timing import clock, on_grid

_MARKUP = re.compile(r"<(?=\S)|\{(?=\\)|\\(?=[Nnh])|&(?=#?\w+;)|--(?=>)")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|\{\\[^{}]*\}")
_TIME = r"(\d+):(\d{1,2}):(\d{1,2}(?:[.,]\d{1,3})?)"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?$")
_NUMBER = re.compile(r"\s*\d+\s*$")


def write_subrip(cues: Iterable[Cue]) -> str:
    """Return the cues as SubRip text, numbered from 1."""
    blocks = (
        f"{number}\n{clock(cue.start, point=',')} --> {clock(cue.end, point=',')}\n{guard(cue.text, _MARKUP)}\n"
        for number, cue in enumerate(on_grid(cues, 1000), start=1)
    )
    return "\n".join(blocks)


def read_subrip(text: str) -> list[Cue]:
    """Return the cues of SubRip text; markup is dropped, numbering and order are as they come.

    Raises:
        InputError: There is something in the file, but no cues; or a cue ends before it starts.
    """
    lines = text.splitlines()
    timings = [(number, match) for number, line in enumerate(lines) if (match := _TIMES.match(line))]
    if not timings and text.strip():
        raise InputError("This is no SubRip file: it holds no line of times such as 00:00:01,000 --> 00:00:02,000.")
    starts_of_next = [*(number for number, _ in timings), len(lines) + 1][1:]
    return [
        _cue(match, _texts(lines[number + 1 : next_ - 1], lines[next_ - 1 : next_]), number + 1)
        for (number, match), next_ in zip(timings, starts_of_next, strict=True)
    ]


def _texts(body: list[str], before_times: list[str]) -> Iterator[str]:
    """Yield the lines of a cue: all up to the number of the next one."""
    yield from body
    yield from (line for line in before_times if not _NUMBER.match(line))


def _cue(times: re.Match[str], lines: Iterable[str], line_number: int) -> Cue:
    start, end = _seconds(*times.group(1, 2, 3)), _seconds(*times.group(4, 5, 6))
    if end < start:
        raise InputError(f"Line {line_number}: the cue ends before it starts.")
    return Cue(start=start, end=end, text=tidy_text(unguard(_TAG.sub("", "\n".join(lines)))))


def _seconds(hours: str, minutes: str, seconds: str) -> float:
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))
