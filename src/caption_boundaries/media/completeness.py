"""Telling from a file's outermost structure whether its end is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_BOX_KINDS = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"uuid", b"moof"})
"""What an MP4 or QuickTime file may begin with."""
_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT = b"\x18\x53\x80\x67"


@dataclass(frozen=True, slots=True)
class Completeness:
    """What a file's structure says of its size."""

    missing_bytes: int = 0
    """Bytes that the file announces beyond its end; 0 also where the container announces nothing."""
    index_missing: bool = False
    """True: an MP4 or QuickTime file without the index (``moov``) that nothing can be read without."""


def check_completeness(path: Path) -> Completeness:
    """Return whether ``path`` ends early, for MP4, QuickTime, Matroska, WebM, AVI; other kinds count as whole."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[4:8] in _BOX_KINDS:
            return _check_boxes(file, size)
        if head[:4] == _EBML:
            return Completeness(max(0, _matroska_end(file) - size))
        if head[:4] == b"RIFF":
            return Completeness(max(0, int.from_bytes(head[4:8], "little") + 8 - size))
    return Completeness()


def _check_boxes(file: BinaryIO, size: int) -> Completeness:
    boxes = list(_boxes(file, size))
    kinds = {kind for kind, _ in boxes}
    end = max((end for _, end in boxes), default=size)
    return Completeness(max(0, end - size), index_missing=b"moov" not in kinds)


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield kind and end of every outermost box; the last may end beyond the file."""
    start = 0
    while start + 8 <= size:
        file.seek(start)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0:  # to the end of the file
            length = size - start
        if length < 8:
            return
        start += length
        yield head[4:8], start


def _matroska_end(file: BinaryIO) -> int:
    """Return where the segment ends; 0 where the file does not say."""
    file.seek(len(_EBML))
    header = _element_size(file)
    if header is None:
        return 0
    file.seek(header, os.SEEK_CUR)
    if file.read(4) != _SEGMENT:
        return 0
    length = _element_size(file)
    return 0 if length is None else file.tell() + length


def _element_size(file: BinaryIO) -> int | None:
    """Read a size whose first byte's leading zeros count its bytes; None where it is unknown or damaged."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    more = 8 - first[0].bit_length()
    value = int.from_bytes(bytes([first[0] & (0xFF >> (more + 1))]) + file.read(more), "big")
    unknown = (1 << 7 * (more + 1)) - 1
    return None if value == unknown else value
