"""The example clip is what its truth says."""

from __future__ import annotations

from itertools import pairwise

import av

from caption_boundaries.evaluation.metrics import score
from caption_boundaries.evaluation.truth import read_captions, read_truth
from support.data import REPOSITORY

EXAMPLES = REPOSITORY / "examples"
TRUTH = EXAMPLES / "big_buck_bunny_en.json"


def test_the_clip_has_the_pictures_that_its_truth_counts() -> None:
    truth = read_truth(TRUTH)
    clip = EXAMPLES / (truth.video or "")
    assert clip.stat().st_size <= 3_000_000
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        assert stream.frames == truth.frames
        assert stream.average_rate == 1 / truth.frame_seconds


def test_its_subtitles_say_the_same() -> None:
    truth = read_truth(TRUTH)
    result = score(truth.captions, read_captions(TRUTH.with_suffix(".srt")), frame_seconds=0.0)
    assert result.both_ends_exact == len(truth.captions)
    assert result.strict.edits == 0


def test_its_captions_do_not_overlap() -> None:
    captions = read_truth(TRUTH).captions
    assert all(one.end <= two.start for one, two in pairwise(captions))
