"""The table of file formats: how cues become a file's text and how they are read back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from caption_boundaries.errors import InputError, UsageError
from caption_boundaries.export.cues import Cue
from caption_boundaries.export.records import read_csv, read_json, read_jsonl, write_csv, write_json, write_jsonl
from caption_boundaries.export.subrip import read_subrip, write_subrip
from caption_boundaries.export.substation import read_substation, write_substation
from caption_boundaries.export.ttml import read_ttml, write_ttml
from caption_boundaries.export.webvtt import read_webvtt, write_webvtt


@dataclass(frozen=True, slots=True)
class Format:
    """A file format for cues."""

    extension: str
    """Suffix of its files, with the dot."""
    media_type: str
    write: Callable[[Iterable[Cue]], str]
    """Cues in any order to the whole text of a file."""
    read: Callable[[str], list[Cue]]
    """Text of a file to cues, in the order of the file; raises `InputError`."""

    def encode(self, cues: Iterable[Cue]) -> bytes:
        """Return the file's bytes: UTF-8 without a byte order mark."""
        return self.write(cues).encode()

    def decode(self, data: bytes) -> list[Cue]:
        """Return the cues of a file's bytes.

        Raises:
            InputError: The bytes are no text, or no text of this format.
        """
        return self.read(_text_of(data))


FORMATS = MappingProxyType(
    {
        "srt": Format(".srt", "application/x-subrip", write_subrip, read_subrip),
        "vtt": Format(".vtt", "text/vtt", write_webvtt, read_webvtt),
        "ass": Format(".ass", "text/x-ssa", write_substation, read_substation),
        "ttml": Format(".ttml", "application/ttml+xml", write_ttml, read_ttml),
        "csv": Format(".csv", "text/csv", write_csv, read_csv),
        "json": Format(".json", "application/json", write_json, read_json),
        "jsonl": Format(".jsonl", "application/jsonl", write_jsonl, read_jsonl),
    }
)
"""All formats by name."""


def format_named(name: str) -> Format:
    """Return the format called ``name``.

    Raises:
        UsageError: There is none; the message lists those that there are.
    """
    try:
        return FORMATS[name.lower()]
    except KeyError:
        raise UsageError(f"There is no format {name!r}.", hint=f"Choose one of {', '.join(FORMATS)}.") from None


def format_of(path: Path) -> Format:
    """Return the format that the suffix of ``path`` stands for.

    Raises:
        UsageError: The suffix stands for none; the message lists those that do.
    """
    for known in FORMATS.values():
        if known.extension == path.suffix.lower():
            return known
    suffixes = ", ".join(known.extension for known in FORMATS.values())
    raise UsageError(f"The suffix {path.suffix!r} of {path.name} names no format.", hint=f"Use one of {suffixes}.")


def _text_of(data: bytes) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with a byte order mark."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError("The file is not encoded in UTF-8.", hint="Save it again as UTF-8.") from error
