from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from caption_boundaries.errors import DatabaseCorruptError
from caption_boundaries.media import identity
from caption_boundaries.media.identity import video_hash
from caption_boundaries.media.jpeg import decode_jpeg, decode_jpeg_gray, encode_jpeg


def smooth_picture() -> np.ndarray:
    y, x = np.mgrid[0:90, 0:161]
    return np.stack([x, y * 2, 200 - x], axis=-1).astype(np.uint8)


def test_jpeg_round_trip() -> None:
    picture = smooth_picture()
    data = encode_jpeg(picture, 90)
    assert data[:2] == b"\xff\xd8"
    assert np.abs(decode_jpeg(data).astype(int) - picture).mean() < 2
    gray = decode_jpeg_gray(data)
    assert gray.shape == (90, 161)
    assert np.abs(gray - picture @ [0.299, 0.587, 0.114]).mean() < 2


def test_quality_costs_bytes() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    assert len(encode_jpeg(noise, 30)) < len(encode_jpeg(noise, 95))


@pytest.mark.parametrize(
    "data", [b"", b"no picture", encode_jpeg(smooth_picture(), 90)[:300]], ids=["0", "text", "cut"]
)
def test_damaged_jpeg(data: bytes) -> None:
    with pytest.raises(DatabaseCorruptError, match="no readable JPEG"):
        decode_jpeg(data)


@pytest.mark.parametrize("size", [0, 1, 29, 30, 31, 1000])
def test_identity_looks_at_size_beginning_middle_and_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(identity, "PART_BYTES", 10)
    content = np.random.default_rng(size).integers(0, 256, size, np.uint8).tobytes()
    path = tmp_path / "video"
    path.write_bytes(content)
    parts = content if size <= 30 else content[:10] + content[(size - 10) // 2 :][:10] + content[-10:]
    assert video_hash(path) == hashlib.sha256(str(size).encode() + parts).hexdigest()


def test_identity_does_not_depend_on_the_name(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"the same")
    assert video_hash(tmp_path / "a") == video_hash(tmp_path / "b")
