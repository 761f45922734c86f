from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.config import IngestSettings
from caption_boundaries.ingest.sampling import sample_indices


@pytest.mark.parametrize(
    ("duration", "settings", "expected"),
    [
        pytest.param(2640.0, IngestSettings(), range(0, 26400, 100), id="44-minutes"),
        pytest.param(60.0, IngestSettings(), range(0, 600, 30), id="one-minute"),
        pytest.param(200.0, IngestSettings(), range(0, 2000, 100), id="just-long"),
        pytest.param(199.0, IngestSettings(), range(0, 1990, 99), id="just-short"),
        pytest.param(1.0, IngestSettings(), range(10), id="one-second"),
        pytest.param(0.04, IngestSettings(), range(1), id="one-picture"),
        pytest.param(0.0, IngestSettings(), range(1), id="nothing"),
        pytest.param(60.0, IngestSettings(min_samples=1), range(0, 600, 100), id="no-denser"),
        pytest.param(60.0, IngestSettings(index_framerate_hz=25), range(0, 1500, 75), id="other-rate"),
        pytest.param(600.0, IngestSettings(sample_every_seconds=2.5), range(0, 6000, 25), id="other-distance"),
    ],
)
def test_samples(duration: float, settings: IngestSettings, expected: range) -> None:
    assert sample_indices(duration, settings) == expected


@given(st.floats(0, 20_000), st.floats(0.5, 60), st.integers(1, 50), st.sampled_from([1.0, 10.0, 12.5, 25.0, 29.97]))
def test_every_sample_lies_in_the_video_and_there_are_enough(
    duration: float, every: float, least: int, rate: float
) -> None:
    settings = IngestSettings(index_framerate_hz=rate, sample_every_seconds=every, min_samples=least)
    indices = sample_indices(duration, settings)
    assert indices[0] == 0
    assert indices[-1] / rate < duration or len(indices) == 1
    assert indices.step <= max(1.0, every * rate + 1e-3)
    assert len(indices) >= min(least, int(duration * rate))
