"""What is no readable video is refused with one clear sentence; what is half there is read as far as it goes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from caption_boundaries.errors import VideoFileError
from caption_boundaries.media.info import probe
from caption_boundaries.media.video_file import VideoFile
from support.clips import write_audio, write_clip
from support.rights import as_nobody


def folder(path: Path) -> None:
    path.mkdir()


def empty(path: Path) -> None:
    path.touch()


def text(path: Path) -> None:
    path.write_text("Dear diary,\n" * 500)


def noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(3).integers(0, 256, 60_000, np.uint8).tobytes())


def zeros(path: Path) -> None:
    path.write_bytes(bytes(60_000))


def pipe(path: Path) -> None:
    os.mkfifo(path)


def no_index(path: Path) -> None:
    write_clip(path, size=(64, 64), duration=1.0)
    path.write_bytes(path.read_bytes()[:-1500])


def sound(path: Path) -> None:
    write_audio(path)


def sound_and_cover(path: Path) -> None:
    write_audio(path, cover=True)


def header_only(path: Path) -> None:
    """A file with its index in front, cut before the first picture."""
    write_clip(path, size=(64, 64), duration=1.0)
    move_index_to_the_front(path)
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + 4])


def no_pictures(path: Path) -> None:
    """A whole file whose packets are all noise."""
    write_clip(path, size=(64, 64), duration=1.0)
    content = bytearray(path.read_bytes())
    start, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    content[start:end] = np.random.default_rng(1).integers(0, 256, end - start, np.uint8).tobytes()
    path.write_bytes(content)


def picture(path: Path) -> None:
    Image.new("RGB", (64, 64)).save(path, format="PNG")


def subtitles(path: Path) -> None:
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")


def list_of_files(path: Path) -> None:
    other = write_clip(path.with_name("other.ts"), size=(64, 64), duration=1.0)
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{other.path}\n#EXT-X-ENDLIST\n")


def another_list_of_files(path: Path) -> None:
    write_clip(path.with_name("other.mp4"), size=(64, 64), duration=1.0)
    path.write_text("ffconcat version 1.0\nfile other.mp4\n")


def move_index_to_the_front(path: Path) -> None:
    moved = path.with_name("moved.mp4")
    with av.open(str(path)) as source, av.open(str(moved), "w", options={"movflags": "faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    moved.replace(path)


@pytest.mark.parametrize(
    ("name", "make", "sentence"),
    [
        pytest.param("gone.mp4", lambda path: None, "There is no file .*gone.mp4", id="missing"),
        pytest.param("a.mp4", folder, "is a folder, not a video file", id="folder"),
        pytest.param("a.mp4", empty, "is empty", id="empty"),
        pytest.param("a.mp4", text, "is no video file, or is damaged", id="text"),
        pytest.param("a.txt", text, "is no video file", id="text-that-a-player-would-show"),
        pytest.param("a.mp4", noise, "is no video file, or is damaged", id="noise"),
        pytest.param("a.mp4", zeros, "is no video file, or is damaged", id="zeros"),
        pytest.param("a.mp4", pipe, "is no regular file", id="pipe"),
        pytest.param("a.mp4", no_index, "is cut off: the index at its end is missing", id="cut-before-index"),
        pytest.param("a.m4a", sound, "holds sound but no video", id="audio-only"),
        pytest.param("a.mp4", sound_and_cover, "holds sound but no video", id="audio-with-cover"),
        pytest.param("a.mp4", header_only, "is cut off before its first picture", id="cut-before-first-picture"),
        pytest.param("a.mp4", no_pictures, "holds no picture that can be decoded", id="zero-frames"),
        pytest.param("a.png", picture, "is no video file", id="picture"),
        pytest.param("a.mp4", picture, "is no video file", id="picture-called-mp4"),
        pytest.param("a.mp4", subtitles, "holds no video", id="subtitles"),
        pytest.param("a.mp4", list_of_files, "is no video file", id="playlist"),
        pytest.param("a.m3u8", list_of_files, "is no video file", id="playlist-by-name"),
        pytest.param("a.mp4", another_list_of_files, "is no video file", id="list-of-files"),
    ],
)
def test_what_is_no_video_is_refused(tmp_path: Path, name: str, make: Callable[[Path], None], sentence: str) -> None:
    path = tmp_path / name
    make(path)
    with pytest.raises(VideoFileError, match=sentence) as caught:
        VideoFile(path)
    assert caught.value.hint
    assert str(path) in caught.value.message
    assert len(re.findall(r"[.] ?", caught.value.message.replace(str(path), ""))) == 1  # one sentence


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", size=(64, 64), duration=0.5)
    clip.path.chmod(0)
    with as_nobody(), pytest.raises(VideoFileError, match="may not be read"):
        VideoFile(clip.path)


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(VideoFileError, match="cannot be read: File name too long"):
        VideoFile(tmp_path / ("a" * 300))


@pytest.mark.parametrize(
    "name",
    ["a:b.mp4", "http:a.mp4", "%03d.mp4", "%41 #?'\".mp4", "-i.mp4", "new\nline.mp4", "视频.mp4", "a.mp4 ", "a"],
)
def test_names_are_only_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    clip = write_clip(tmp_path / "a.mp4", size=(64, 64), duration=0.5)
    clip.path.rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert VideoFile(tmp_path / name).info.width == 64
    assert VideoFile(Path(name)).info.width == 64


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", size=(64, 64), duration=0.5)
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.mp4"))
    clip.path.rename(path)
    assert VideoFile(path).info.width == 64


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_a_file_that_was_cut_off_is_read_as_far_as_it_is_there(tmp_path: Path, suffix: str) -> None:
    options = {"g": "12", "bf": "2"}
    codec = "mpeg4" if suffix == ".avi" else "libx264"
    path = write_clip(tmp_path / f"a{suffix}", duration=4.0, codec=codec, options=options).path
    if suffix == ".mp4":
        move_index_to_the_front(path)
    whole = [frame.luma() for frame in VideoFile(path).frames()]
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    with VideoFile(path) as video:
        assert video.truncated
        frames = [(frame.seconds + frame.duration_seconds, frame.luma()) for frame in video.frames()]
        assert 24 < len(frames) < 80
        end = frames[-1][0]
        # The pictures next to the cut may lack those that they rest on.
        assert all(np.array_equal(a, b) for (_, a), b in zip(frames[:-6], whole, strict=False))
        assert abs(video.info.duration_seconds - end) < 0.2
        assert [f.seconds for f in video.frames_at([0.0, 0.5, 3.9])] == pytest.approx([0.0, 0.5])
        assert re.search(rf"{path.name} is cut off: (of the .* announces, )?[12]\.\d s are there", video.problems[0])


def test_noise_in_the_middle_is_passed_over(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", duration=4.0, options={"g": "12", "bf": "0"}).path
    with av.open(str(path)) as source:
        packets = [packet for packet in source.demux(video=0) if packet.size]
    content = bytearray(path.read_bytes())
    start = content.index(bytes(packets[30])[:64])
    content[start : start + packets[30].size] = bytes(packets[30].size)
    path.write_bytes(content)
    with VideoFile(path) as video:
        frames = list(video.frames())
        assert 90 <= len(frames) <= 96
        assert frames[-1].seconds == pytest.approx(95 / 24, abs=0.001)
        assert video.problems == ("a.mkv is damaged: 1 of its packets could not be decoded.",)


def test_a_whole_file_has_no_problems(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", size=(64, 64), duration=0.5)
    with VideoFile(clip.path) as video:
        list(video.frames())
        assert not video.truncated
        assert video.problems == ()


def test_a_stated_rate_that_cannot_be(tmp_path: Path) -> None:
    """A file whose pictures all have the same decoding time states no rate that could be used."""
    clip = write_clip(tmp_path / "a.mkv", times=[0, 0.0004, 0.0008, 0.0012], size=(64, 64))
    assert 0 < probe(clip.path).fps <= 1000
