"""Reading what is compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from caption_boundaries.errors import InputError, StorageError, UsageError
from caption_boundaries.evaluation.metrics import score
from caption_boundaries.evaluation.truth import TimedText, read_captions, read_truth
from caption_boundaries.export.cues import Cue
from caption_boundaries.export.formats import FORMATS
from support.data import shared_data


def test_frame_exact_truth(tmp_path: Path) -> None:
    path = tmp_path / "clip.json"
    captions = [
        {"first_frame": 50, "last_frame": 74, "text": "b"},
        {"first_frame": 25, "last_frame": 25, "text": "a"},
    ]
    path.write_text(json.dumps({"video": "clip.mp4", "fps": 25, "frames": 100, "captions": captions}))
    truth = read_truth(path)
    assert truth.captions == (TimedText(1.0, 1.04, "a"), TimedText(2.0, 3.0, "b"))
    assert (truth.frame_seconds, truth.video, truth.frames) == (0.04, "clip.mp4", 100)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_the_export_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"captions{FORMATS[name].extension}"
    path.write_bytes(FORMATS[name].encode([Cue(3, 4, "b"), Cue(1, 2.5, "a")]))
    assert read_truth(path).captions == (TimedText(1, 2.5, "a"), TimedText(3, 4, "b"))


def test_real_truth_and_its_subtitles_agree() -> None:
    folder = shared_data()
    files = sorted(folder.glob("*/*.json"))
    assert files
    for path in files:
        truth = read_truth(path)
        assert truth.captions
        subtitles = read_captions(path.with_suffix(".srt"))
        result = score(truth.captions, subtitles, frame_seconds=truth.frame_seconds)
        assert (result.captions.missed, result.captions.invented, result.plain.edits) == (0, 0, 0)
        assert result.boundaries[0.05].f1 == 1.0


BROKEN = {
    "no json": ("truth.json", "{", InputError, "no JSON"),
    "no object": ("truth.json", "[]", InputError, "no JSON object"),
    "no captions": ("truth.json", '{"fps": 25}', InputError, "no truth"),
    "no rate": ("truth.json", '{"fps": 0, "captions": [{"first_frame": 1}]}', InputError, "no truth"),
    "no frames": ("truth.json", '{"fps": 25, "captions": [{"text": "a"}]}', InputError, "no truth"),
    "another json": ("truth.json", '{"x": 1}', InputError, "captions"),
    "unknown suffix": ("truth.txt", "a", UsageError, "names no format"),
}


@pytest.mark.parametrize(("name", "text", "error", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_files_are_refused(tmp_path: Path, name: str, text: str, error: type[Exception], message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(error, match=message):
        read_truth(tmp_path / name)


@pytest.mark.parametrize("name", ["none.json", "none.srt"])
def test_missing_files_are_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(StorageError, match=name):
        read_truth(tmp_path / name)
