"""Files as tools and recorders leave them: in fragments, cut anywhere, put together, edited."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from caption_boundaries.media.video_file import SourceFrame, VideoFile
from support.clips import Clip, write_clip

FRAGMENTS = {"movflags": "frag_keyframe+empty_moov"}
SMALL_FRAGMENTS = {"movflags": "frag_every_frame+empty_moov+default_base_moof"}


def remux(source: Path, target: Path, *, options: dict[str, str] | None = None, shift: int = 0, drop: int = 0) -> None:
    """Copy the packets of a video without ``drop`` first ones, each ``shift`` units later."""
    with av.open(str(source)) as reader, av.open(str(target), "w", options=options or {}) as writer:
        stream = writer.add_stream_from_template(reader.streams.video[0])
        for number, packet in enumerate(reader.demux(video=0)):
            if packet.dts is not None and packet.pts is not None and number >= drop:
                packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                writer.mux(packet)


def fingerprint(frame: SourceFrame) -> tuple[int, str]:
    return frame.time.pts, hashlib.sha256(frame.luma().tobytes()).hexdigest()


def read(path: Path) -> tuple[list[float], VideoFile]:
    """Return when every picture is shown, after checking that seeking agrees and that the duration is right."""
    video = VideoFile(path)
    frames = [(f.seconds, f.duration_seconds, fingerprint(f)) for f in video.frames()]
    end = frames[-1][0] + frames[-1][1]
    assert video.info.duration_seconds == pytest.approx(end, abs=0.002)
    moments = [n * end / 19 for n in range(19)]
    shown = [[f for seconds, _, f in frames if seconds <= moment + 1e-6][-1] for moment in moments]
    assert [fingerprint(f) for f in video.frames_at(moments)] == shown
    assert float(video.info.fps) == pytest.approx(24)
    return [seconds for seconds, _, _ in frames], video


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    path = tmp_path_factory.mktemp("clip") / "a.mp4"
    return write_clip(path, duration=5.0, options={"g": "24", "bf": "3"})


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("fragments.mp4", FRAGMENTS),
        ("small-fragments.mp4", SMALL_FRAGMENTS),
        ("live.mkv", {"live": "1"}),
        ("recording.ts", {}),
        ("a.mov", {}),
    ],
)
def test_whole_files(clip: Clip, tmp_path: Path, name: str, options: dict[str, str]) -> None:
    remux(clip.path, tmp_path / name, options=options)
    seconds, video = read(tmp_path / name)
    assert seconds == pytest.approx(clip.frame_seconds, abs=0.0011)
    assert not video.truncated


def test_an_edit_that_begins_within_a_group_of_pictures(clip: Clip, tmp_path: Path) -> None:
    path = tmp_path / "edited.mp4"
    remux(clip.path, path, shift=-12288 * 3 // 2, options={"avoid_negative_ts": "disabled"})
    seconds, video = read(path)
    assert len(seconds) == 84
    whole = [frame.luma() for frame in VideoFile(clip.path).frames()]
    assert np.array_equal(next(video.frames()).luma(), whole[36])


@pytest.mark.parametrize("name", ["cut.mp4", "cut.mkv", "cut.ts"])
def test_a_beginning_that_is_missing(clip: Clip, tmp_path: Path, name: str) -> None:
    """The first picture is the first that can be decoded."""
    remux(clip.path, tmp_path / name, drop=30)
    seconds, _ = read(tmp_path / name)
    assert len(seconds) == 72
    assert seconds[0] == 0


@pytest.mark.parametrize("suffix", [".ts", ".h264"])
def test_recordings_put_together(tmp_path: Path, suffix: str) -> None:
    """The second part starts its clock anew and has another size, to which nothing else changes."""
    parts = [
        write_clip(tmp_path / f"{n}{suffix}", duration=1.0, size=size) for n, size in enumerate([(320, 180), (160, 90)])
    ]
    path = tmp_path / f"both{suffix}"
    path.write_bytes(b"".join(part.path.read_bytes() for part in parts))
    seconds, video = read(path)
    assert seconds == pytest.approx([n / 24 for n in range(48)], abs=0.001)
    last = list(video.frames())[-1]
    assert last.luma().shape == last.rgb().shape[:2] == (180, 320)


@pytest.mark.parametrize("take", [SourceFrame.luma, SourceFrame.rgb])
def test_interlaced(tmp_path: Path, take: Callable[[SourceFrame], np.ndarray]) -> None:
    clip = write_clip(tmp_path / "a.mp4", duration=2.0, options={"x264-params": "interlaced=1", "g": "12"})
    seconds, video = read(clip.path)
    assert seconds == pytest.approx(clip.frame_seconds)
    assert take(next(video.frames())).shape[:2] == (180, 320)
