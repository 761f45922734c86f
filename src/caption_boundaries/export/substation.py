r"""Advanced SubStation Alpha (.ass), through pysubs2.

Times are hundredths of a second. ``\N`` is a line break and ``{…}`` an override: braces of a text are written ``\{``
and a backslash is followed by an invisible word joiner, as libass recommends.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

import pysubs2
from pysubs2.formats.substation import SubstationFormat

from caption_boundaries.errors import InputError
from caption_boundaries.export.cues import Cue
from caption_boundaries.export.text import GUARD, tidy_text, unguard
from caption_boundaries.export.timing import on_grid

_BACKSLASH = re.compile(r"\\")
_TOKEN = re.compile(r"\\([NnhH{}])|\{[^}]*\}")
_MEANINGS = {"N": "\n", "n": "\n", "h": " ", "H": " ", "{": "{", "}": "}"}
_NOTICE = "Made by caption-boundaries"


class _LongSubstation(SubstationFormat):
    """The writer of pysubs2 without its limit of ten hours."""

    @staticmethod
    def ms_to_timestamp(requested_ms: int) -> str:
        """Return ``H:MM:SS.cc``."""
        seconds, milliseconds = divmod(requested_ms, 1000)
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{milliseconds // 10:02d}"


def write_substation(cues: Iterable[Cue]) -> str:
    """Return the cues as an ASS script with one style."""
    script = pysubs2.SSAFile()
    script.events = [
        pysubs2.SSAEvent(start=round(cue.start * 1000), end=round(cue.end * 1000), text=_escape(cue.text))
        for cue in on_grid(cues, 100)
    ]
    out = io.StringIO()
    _LongSubstation.to_file(script, out, "ass", header_notice=_NOTICE)
    return out.getvalue()


def read_substation(text: str) -> list[Cue]:
    """Return the cues of an ASS script; overrides, comments and drawings are dropped.

    Raises:
        InputError: It is no ASS script, or a time in it cannot be read.
    """
    if "[events]" not in text.lower():
        raise InputError("This is no ASS script: it has no [Events] section.")
    try:
        script = pysubs2.SSAFile.from_string(text.replace("\r\n", "\n"), format_="ass")
    except (pysubs2.Pysubs2Error, ValueError, IndexError, TypeError) as error:
        raise InputError(f"This ASS script cannot be read: {error}.") from error
    cues = [Cue(event.start / 1000, event.end / 1000, _unescape(event.text)) for event in script.get_text_events()]
    for cue in cues:
        if cue.end < cue.start:
            raise InputError(f"The cue at {cue.start:.2f} s ends before it starts.")
    return cues


def _escape(text: str) -> str:
    guarded = _BACKSLASH.sub(lambda _: "\\" + GUARD, text)
    return guarded.replace("{", r"\{").replace("}", r"\}").replace("\n", r"\N")


def _unescape(text: str) -> str:
    plain = _TOKEN.sub(lambda match: _MEANINGS[match[1]] if match[1] else "", text)
    return tidy_text(unguard(plain))
