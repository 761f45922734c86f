"""What a viewer would see is what is read, whatever the file is made of."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from caption_boundaries.media.geometry import cut
from caption_boundaries.media.video_file import SourceFrame, VideoFile
from caption_boundaries.types import PixelBox
from support.clips import Clip, write_clip

CAPTIONS = [(0.25, 0.75, "Hello there")]

# name: file name, arguments of the clip, codec, most that luma may differ on average
KINDS: dict[str, tuple[str, dict[str, Any], str, float]] = {
    "h264": ("a.mp4", {}, "h264", 2),
    "h264-no-b-frames": ("a.mp4", {"options": {"bf": "0"}}, "h264", 2),
    "h264-short-open-gops": ("a.mp4", {"options": {"g": "6", "bf": "3", "x264-params": "open-gop=1"}}, "h264", 2),
    "h264-intra-refresh": ("a.mkv", {"options": {"g": "8", "x264-params": "intra-refresh=1"}}, "h264", 2),
    "h264-10-bit": ("a.mkv", {"pix_fmt": "yuv420p10le"}, "h264", 2),
    "h264-4:2:2": ("a.mp4", {"pix_fmt": "yuv422p"}, "h264", 2),
    "h264-4:4:4": ("a.mp4", {"pix_fmt": "yuv444p"}, "h264", 2),
    "h264-full-range": ("a.mp4", {"pix_fmt": "yuvj420p", "full_range": True}, "h264", 2),
    "h264-marked-limited": ("a.mp4", {"full_range": False}, "h264", 2),
    "h264-flv": ("a.flv", {}, "h264", 2),
    "h264-transport-stream": ("a.ts", {"audio": True}, "h264", 2),
    "h264-avi": ("a.avi", {"options": {"bf": "3"}}, "h264", 2),
    "h264-raw": ("a.h264", {}, "h264", 2),
    "hevc": ("a.mp4", {"codec": "libx265"}, "hevc", 3),
    "hevc-10-bit-open-gop": (
        "a.mkv",
        {
            "codec": "libx265",
            "pix_fmt": "yuv420p10le",
            "options": {"x265-params": "keyint=8:open-gop=1:bframes=3:log-level=none:pools=none"},
        },
        "hevc",
        3,
    ),
    "vp9": ("a.webm", {"codec": "libvpx-vp9"}, "vp9", 3),
    "vp9-with-sound": ("a.webm", {"codec": "libvpx-vp9", "audio": True}, "vp9", 3),
    "av1": ("a.mp4", {"codec": "libsvtav1"}, "av1", 4),
    "mpeg4-avi": ("a.avi", {"codec": "mpeg4", "options": {"bf": "2"}}, "mpeg4", 4),
    "mpeg4-mp4": ("a.mp4", {"codec": "mpeg4", "options": {"bf": "2", "g": "8"}}, "mpeg4", 4),
    "mpeg2-program-stream": ("a.mpg", {"codec": "mpeg2video", "fps": 25}, "mpeg2video", 4),
    "mjpeg": ("a.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}, "mjpeg", 4),
    "prores": ("a.mov", {"codec": "prores_ks", "pix_fmt": "yuv422p10le"}, "prores", 2),
    "gray": ("a.mkv", {"codec": "ffv1", "pix_fmt": "gray", "full_range": True}, "ffv1", 2),
    "rgb": ("a.mkv", {"codec": "ffv1", "pix_fmt": "bgr0"}, "ffv1", 2),
    "palette-gif": ("a.gif", {"codec": "gif", "pix_fmt": "rgb8", "fps": 10}, "gif", 20),
    "windows-media": ("a.wmv", {"codec": "msmpeg4", "container": "asf"}, "msmpeg4v3", 4),
    "theora-container": ("a.ogv", {"codec": "libvpx", "container": "ogg"}, "vp8", 4),
    "starts-late": ("a.mp4", {"start_offset": 3.3, "audio": True}, "h264", 2),
    "starts-late-ts": ("a.ts", {"start_offset": 100.25}, "h264", 2),
    "starts-late-mkv": ("a.mkv", {"start_offset": 3.3}, "h264", 2),
    "cover": ("a.mp4", {"cover": True, "audio": True}, "h264", 2),
    "several-streams": ("a.mp4", {"other_video": (64, 48)}, "h264", 2),
    "29.97": ("a.mkv", {"fps": Fraction(30000, 1001)}, "h264", 2),
    "turned-90": ("a.mp4", {"rotation": 90, "size": (180, 320)}, "h264", 2),
    "turned-180": ("a.mp4", {"rotation": 180}, "h264", 2),
    "turned-270": ("a.mp4", {"rotation": 270, "size": (180, 320)}, "h264", 2),
    "turned-rgb": ("a.mov", {"rotation": 90, "size": (180, 320), "codec": "png", "pix_fmt": "rgb24"}, "png", 2),
    "wide-pixels": ("a.mp4", {"sar": Fraction(4, 3)}, "h264", 4),
    "high-pixels": ("a.mkv", {"sar": Fraction(8, 9)}, "h264", 4),
    "wide-pixels-turned": ("a.mp4", {"sar": Fraction(4, 3), "rotation": 90, "size": (192, 320)}, "h264", 4),
    "wide-pixels-10-bit": (
        "a.mkv",
        {"sar": Fraction(4, 3), "codec": "libx265", "pix_fmt": "yuv420p10le"},
        "hevc",
        4,
    ),
    "sixteen-pixels": ("a.mp4", {"size": (16, 16)}, "h264", 4),
    "variable-rate": ("a.mp4", {"times": [0, 0.04, 0.05, 0.3, 0.31, 0.9, 0.95, 1.0]}, "h264", 2),
    "variable-rate-mkv": ("a.mkv", {"times": [0, 0.04, 0.05, 0.3, 0.31, 0.9, 0.95, 1.0]}, "h264", 2),
    "one-frame": ("a.mp4", {"duration": 0.01}, "h264", 2),
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def clip(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Clip:
    name, arguments, _, _ = KINDS[kind]
    path = tmp_path_factory.mktemp("clip") / name
    return write_clip(path, captions=CAPTIONS, **{"duration": 1.25, **arguments})


def luma_of(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def difference(a: np.ndarray, b: np.ndarray) -> float:
    assert a.shape == b.shape
    return float(np.abs(a.astype(int) - b).mean())


def fingerprint(frame: SourceFrame) -> tuple[float, int, str]:
    return frame.seconds, frame.time.pts, hashlib.sha256(frame.luma().tobytes()).hexdigest()


def test_info(kind: str, clip: Clip) -> None:
    with VideoFile(clip.path) as video:
        info = video.info
    assert (info.width, info.height) == clip.size
    assert info.codec == KINDS[kind][2]
    assert info.rotation == KINDS[kind][1].get("rotation", 0)
    assert info.pixel_aspect_ratio == KINDS[kind][1].get("sar", 1)
    assert info.file_size_bytes == clip.path.stat().st_size
    if "variable" not in kind:
        assert float(info.fps) == pytest.approx(1 / clip.frame_duration, rel=1e-6)
        assert info.duration_seconds == pytest.approx(clip.frame_seconds[-1] + clip.frame_duration, abs=0.0021)
    assert not info.truncated


def test_all_pictures_with_their_times(kind: str, clip: Clip) -> None:
    with VideoFile(clip.path) as video:
        frames = [(f.number, f.seconds, f.time) for f in video.frames()]
        first = video.info.start_pts
        assert video.problems == ()
    assert [number for number, _, _ in frames] == list(range(clip.frame_count))
    assert [seconds for _, seconds, _ in frames] == pytest.approx(clip.frame_seconds, abs=0.0011)
    assert all(earlier < later for (_, earlier, _), (_, later, _) in pairwise(frames))
    assert all(seconds == float((t.pts - first) * t.time_base) for _, seconds, t in frames)


def test_pictures_are_what_was_drawn(kind: str, clip: Clip) -> None:
    tolerance = KINDS[kind][3]
    with VideoFile(clip.path) as video:
        for frame in video.frames():
            if frame.number not in {0, 1, clip.frame_count // 2, clip.frame_count - 1}:
                continue
            drawn = clip.picture(frame.number)
            assert difference(frame.luma(), luma_of(drawn)) < tolerance
            if kind != "gray":
                assert difference(frame.rgb(), drawn) < tolerance + 6  # chroma has half the resolution


def test_a_part_is_the_part_of_the_whole(clip: Clip) -> None:
    width, height = clip.size
    boxes = [
        PixelBox(0, height * 3 // 4, width, height),
        PixelBox(3, 5, width - 7, height - 1),
        PixelBox(width // 2, 0, width // 2 + 1, 1),
    ]
    with VideoFile(clip.path) as video:
        frame = next(video.frames())
        luma, rgb = frame.luma(), frame.rgb()
        for box in boxes:
            part = frame.luma(box)
            assert np.array_equal(part, cut(luma, box))
            assert part.flags.c_contiguous
            assert part.dtype == np.uint8
            colours = frame.rgb(box)
            assert colours.flags.c_contiguous
            assert np.abs(colours.astype(int) - cut(rgb, box)).max() <= 3


def test_seeking_gives_the_pictures_of_the_pass(clip: Clip) -> None:
    with VideoFile(clip.path) as video:
        frames = [(f.duration_seconds, fingerprint(f)) for f in video.frames()]
        end = frames[-1][1][0] + frames[-1][0]
        moments = [n * end / 17 for n in range(17)]
        moments = sorted([*moments, *(seconds for _, (seconds, _, _) in frames[::5]), *moments[3:5]])
        expected = [[f for _, f in frames if f[0] <= moment + 1e-6][-1] for moment in moments]
        assert [fingerprint(f) for f in video.frames_at(moments)] == expected


def test_nothing_comes_after_the_end(clip: Clip) -> None:
    with VideoFile(clip.path) as video:
        assert len(list(video.frames_at([0.0, video.info.duration_seconds + 0.5, 1e6]))) == 1


@pytest.mark.parametrize("moments", [[-0.1], [1.0, 0.5]])
def test_moments_must_rise(tmp_path: Path, moments: list[float]) -> None:
    clip = write_clip(tmp_path / "a.mp4", size=(32, 32), duration=0.5)
    with VideoFile(clip.path) as video, pytest.raises(ValueError, match="must not fall"):
        list(video.frames_at(moments))


@pytest.mark.parametrize(
    "moments",
    [
        pytest.param([0.5, 1.0, 1.99, 5.0, 8.9, 8.99, 9.0, 9.03, 15.0, 20.0], id="one after the other"),
        pytest.param([0.5, 8.99, 15.0, 20.0], id="side by side"),
    ],
)
def test_seeking_past_a_long_still_picture(tmp_path: Path, moments: list[float]) -> None:
    """Pictures that hold for long begin far before the moment that is looked for."""
    times = [n / 24 for n in range(48)] + [9.0, 9.04, 20.0]
    clip = write_clip(tmp_path / "a.mp4", times=times, size=(64, 64), options={"g": "250", "bf": "3"})
    with VideoFile(clip.path) as video:
        frames = [fingerprint(f) for f in video.frames()]
        expected = [[f for f in frames if f[0] <= moment + 1e-6][-1] for moment in moments]
        assert [fingerprint(f) for f in video.frames_at(moments)] == expected


def test_a_search_side_by_side_may_end_early(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", times=[float(n) for n in range(40)], size=(64, 64), options={"g": "5"})
    with VideoFile(clip.path) as video:
        found = video.frames_at([0.0, 10.0, 20.0, 30.0])
        assert next(found).seconds == 0.0
        found.close()
        assert [f.seconds for f in video.frames_at([0.0, 10.0, 20.0, 30.0, 60.0, 70.0])] == [0.0, 10.0, 20.0, 30.0]
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("seek")] == []


def test_times_rise_where_the_container_is_too_coarse(tmp_path: Path) -> None:
    """Matroska counts milliseconds: pictures 0.4 ms apart share a stamp."""
    clip = write_clip(tmp_path / "a.mkv", times=[0, 0.0004, 0.0008, 0.0012, 0.002], size=(64, 64))
    with VideoFile(clip.path) as video:
        seconds = [frame.seconds for frame in video.frames()]
        assert len(seconds) == 5
        assert all(earlier < later for earlier, later in pairwise(seconds))
        assert [f.seconds for f in video.frames_at([0.0, 0.002, 0.004])] == [0.0, 0.002, 0.004]


def test_the_larger_stream_is_read(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mkv", other_video=(640, 480), size=(320, 180), duration=0.5)
    with VideoFile(clip.path) as video:
        assert (video.info.width, video.info.height) == (640, 480)


def test_passes_do_not_disturb_each_other(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", size=(64, 64), duration=1.0)
    with VideoFile(clip.path) as video:
        alone = [fingerprint(f) for f in video.frames()]
        together = [
            (fingerprint(a), fingerprint(b)) for a, b in zip(video.frames(), video.frames_at([0.0] * 24), strict=True)
        ]
    assert [a for a, _ in together] == alone
    assert {b for _, b in together} == {alone[0]}


def test_pixels_outlive_the_file(tmp_path: Path) -> None:
    """What was read stays as it was while the decoder goes on."""
    clip = write_clip(tmp_path / "a.mp4", size=(64, 64), duration=2.0, pix_fmt="yuvj420p", full_range=True)
    with VideoFile(clip.path) as video:
        kept = [frame.luma() for frame in video.frames()]
        again = [frame.luma().copy() for frame in video.frames()]
    assert all(np.array_equal(a, b) for a, b in zip(kept, again, strict=True))


@pytest.mark.parametrize("read", [SourceFrame.luma, SourceFrame.rgb])
def test_boxes_outside_are_refused(tmp_path: Path, read: Callable[[SourceFrame, PixelBox], np.ndarray]) -> None:
    clip = write_clip(tmp_path / "a.mp4", size=(64, 64), duration=0.1)
    with VideoFile(clip.path) as video, pytest.raises(ValueError, match="no area inside"):
        read(next(video.frames()), PixelBox(0, 0, 65, 10))


def test_eight_k(tmp_path: Path) -> None:
    ramp = np.broadcast_to(np.linspace(20, 230, 7680).astype(np.uint8)[None, :, None], (4320, 7680, 3))
    with av.open(str(tmp_path / "a.mp4"), "w") as file:
        stream = file.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        stream.width, stream.height = 7680, 4320
        file.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(ramp), format="rgb24")))
        file.mux(stream.encode(None))
    strip = PixelBox(0, 4000, 7680, 4320)
    with VideoFile(tmp_path / "a.mp4") as video:
        assert (video.info.width, video.info.height) == (7680, 4320)
        frame = next(video.frames_at([0.01]))
        assert difference(frame.luma(strip), luma_of(cut(ramp, strip))) < 2
        assert difference(frame.rgb(strip), cut(ramp, strip)) < 2
