from __future__ import annotations

import numpy as np
import pytest

from caption_boundaries.media.pixels import expand_range, luma_bits, to_eight_bits


@pytest.mark.parametrize("shape", [(1, 256), (256, 1), (16, 16)])
def test_limited_range_becomes_full_range(shape: tuple[int, int]) -> None:
    every = np.arange(256, dtype=np.uint8).reshape(shape)
    expected = np.clip(np.round((np.arange(256) - 16) * (255 / 219)), 0, 255).reshape(shape)
    assert np.array_equal(expand_range(every), expected)
    assert np.array_equal(expand_range(every[::2]), expected[::2])


@pytest.mark.parametrize(
    ("pixel_format", "bits"),
    [
        ("yuv420p", 8),
        ("yuvj444p", 8),
        ("nv12", 8),
        ("gray", 8),
        ("gray10le", 10),
        ("yuv422p10le", 10),
        ("yuv420p12le", 12),
        ("yuv444p16le", 16),
        ("p010le", 16),
        ("p416le", 16),
    ],
)
def test_bits_of_luma(pixel_format: str, bits: int) -> None:
    assert luma_bits(pixel_format) == bits


def test_more_bits_become_eight() -> None:
    samples = np.array([[0, 64, 511, 1023]], np.uint16)
    assert to_eight_bits(samples, 10).tolist() == [[0, 16, 127, 255]]
