"""WebVTT (.vtt), as web browsers play it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from caption_boundaries.errors import InputError
from caption_boundaries.export.cues import Cue
from caption_boundaries.export.text import tidy_text
from caption_boundaries.export.timing import clock, on_grid

_TAG = re.compile(r"<[^<>]*>")
_TIME = r"(?:(\d{2,}):)?(\d{2}):(\d{2}\.\d{3})"
_TIMES = re.compile(rf"\s*{_TIME}\s+-->\s+{_TIME}(?:\s.*)?$")


def write_webvtt(cues: Iterable[Cue]) -> str:
    """Return the cues as a WebVTT document; each cue's identifier is its number."""
    blocks = (
        f"\n{number}\n{clock(cue.start)} --> {clock(cue.end)}\n{html.escape(cue.text, quote=False)}\n"
        for number, cue in enumerate(on_grid(cues, 1000), start=1)
    )
    return "WEBVTT\n" + "".join(blocks)


def read_webvtt(text: str) -> list[Cue]:
    """Return the cues of a WebVTT document; tags, notes and styles are dropped.

    Raises:
        InputError: It does not begin as WebVTT must, or a line of times cannot be read.
    """
    lines = text.splitlines()
    if not lines or not re.match(r"WEBVTT(\s|$)", lines[0]):
        raise InputError("This is no WebVTT file: its first line is not WEBVTT.")
    cues = []
    for number, line in enumerate(lines[1:], start=1):
        # A note may hold anything but an arrow, and text has its > escaped: an arrow always means times.
        if "-->" in line:
            cues.append(_cue(lines, number))
    return cues


def _cue(lines: list[str], number: int) -> Cue:
    times = _TIMES.match(lines[number])
    if times is None:
        raise InputError(f"Line {number + 1}: times must be written like 00:00:01.000 --> 00:00:02.000.")
    start, end = _seconds(*times.group(1, 2, 3)), _seconds(*times.group(4, 5, 6))
    if end < start:
        raise InputError(f"Line {number + 1}: the cue ends before it starts.")
    after = lines[number + 1 :]
    body = after[: next((at for at, line in enumerate(after) if not line.strip()), len(after))]
    return Cue(start=start, end=end, text=tidy_text(html.unescape(_TAG.sub("", "\n".join(body)))))


def _seconds(hours: str | None, minutes: str, seconds: str) -> float:
    return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)
