from __future__ import annotations

from pathlib import Path

import pytest

from caption_boundaries.media.completeness import Completeness, check_completeness

WHOLE = Completeness()


def box(kind: bytes, size: int, announced: int | None = None) -> bytes:
    return (announced or size).to_bytes(4, "big") + kind + bytes(size - 8)


def big_box(kind: bytes, size: int) -> bytes:
    return (1).to_bytes(4, "big") + kind + size.to_bytes(8, "big") + bytes(size - 16)


def open_box(kind: bytes, size: int) -> bytes:
    return bytes(4) + kind + bytes(size - 8)


def matroska(body: int, size_field: bytes) -> bytes:
    return b"\x1a\x45\xdf\xa3\x84abcd" + b"\x18\x53\x80\x67" + size_field + bytes(body)


FTYP, MOOV = box(b"ftyp", 16), box(b"moov", 100)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(FTYP + MOOV + box(b"mdat", 50), WHOLE, id="mp4"),
        pytest.param(FTYP + box(b"mdat", 50) + MOOV, WHOLE, id="mp4-index-last"),
        pytest.param(FTYP + MOOV + big_box(b"mdat", 50), WHOLE, id="mp4-64-bit"),
        pytest.param(FTYP + MOOV + open_box(b"mdat", 50), WHOLE, id="mp4-to-the-end"),
        pytest.param(FTYP + MOOV + box(b"mdat", 50, 80), Completeness(30), id="mp4-cut"),
        pytest.param(FTYP + box(b"mdat", 50, 80), Completeness(30, index_missing=True), id="mp4-cut-before-index"),
        pytest.param(FTYP + MOOV + bytes(20), WHOLE, id="mp4-open-end"),
        pytest.param(FTYP + MOOV + box(b"mdat", 20, 3), WHOLE, id="mp4-nonsense-after-index"),
        pytest.param(matroska(20, b"\x94"), WHOLE, id="matroska"),
        pytest.param(matroska(20, b"\x01\x00\x00\x00\x00\x00\x00\x1e"), Completeness(10), id="matroska-cut"),
        pytest.param(matroska(20, b"\x01" + b"\xff" * 7), WHOLE, id="matroska-live"),
        pytest.param(matroska(20, b"\x00"), WHOLE, id="matroska-damaged"),
        pytest.param(b"\x1a\x45\xdf\xa3\x00" + bytes(20), WHOLE, id="matroska-damaged-header"),
        pytest.param(b"\x1a\x45\xdf\xa3\x84abcd" + bytes(20), WHOLE, id="matroska-no-segment"),
        pytest.param(b"RIFF" + (40).to_bytes(4, "little") + b"AVI " + bytes(36), WHOLE, id="avi"),
        pytest.param(b"RIFF" + (90).to_bytes(4, "little") + b"AVI " + bytes(36), Completeness(50), id="avi-cut"),
        pytest.param(b"hello", WHOLE, id="text"),
        pytest.param(b"", WHOLE, id="empty"),
    ],
)
def test_what_is_missing(tmp_path: Path, content: bytes, expected: Completeness) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert check_completeness(path) == expected
