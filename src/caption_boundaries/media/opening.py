"""Opening a video file, or saying in one sentence why it cannot be read."""

from __future__ import annotations

import stat
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from caption_boundaries.errors import VideoFileError
from caption_boundaries.media.completeness import check_completeness

_NOT_VIDEO_FORMATS = frozenset({"tty", "hls", "concat", "dash", "sdp", "rtsp", "imf", "ico", "image2"})
"""What the library can show as video and is none: text, lists of other files, single pictures."""
_NOT_PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails
_ANOTHER = "Give another file, or convert this one to MP4."
_AGAIN = "Copy or download it again."


def check_file(path: Path) -> int:
    """Return the size in bytes of a file that may be a video.

    Raises:
        VideoFileError: It is not there, a folder, empty, no regular file, or may not be read.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise VideoFileError(f"{path} is a folder, not a video file.", hint="Give the path of one video.")
        if not stat.S_ISREG(status.st_mode):
            raise VideoFileError(f"{path} is no regular file.", hint="Give the path of one video.")
        with path.open("rb"):
            pass
    except (FileNotFoundError, NotADirectoryError) as error:
        raise VideoFileError(f"There is no file {path}.", hint="Check the path.") from error
    except PermissionError as error:
        raise VideoFileError(f"{path} may not be read.", hint="Give this user the right to read it.") from error
    except OSError as error:
        raise VideoFileError(
            f"{path} cannot be read: {error.strerror}.", hint="Check the path and the disk."
        ) from error
    if status.st_size == 0:
        raise VideoFileError(f"{path} is empty.", hint=_AGAIN)
    return status.st_size


def open_container(path: Path) -> InputContainer:
    """Open a video file; the caller closes it.

    Raises:
        VideoFileError: It cannot be read as a video file.
    """
    check_file(path)
    try:
        container = av.open(
            # An absolute path is never taken for an address or an option.
            str(path.absolute()),
            metadata_errors="replace",
            # A list of other files must not make us read them.
            options={"protocol_whitelist": "file"},
        )
    except (av.error.FFmpegError, UnicodeError, ValueError) as error:
        raise _unreadable(path) from error
    if container.format.name in _NOT_VIDEO_FORMATS or container.format.name.endswith("_pipe"):
        container.close()
        raise VideoFileError(f"{path} is no video file.", hint=_ANOTHER)
    return container


def choose_stream(container: InputContainer, path: Path) -> VideoStream:
    """Return the video stream with the largest picture; cover pictures do not count.

    Raises:
        VideoFileError: There is none, or no decoder for it.
    """
    streams = [stream for stream in container.streams.video if not stream.disposition & _NOT_PICTURES]
    if not streams:
        found = "sound but no video" if container.streams.audio else "no video"
        raise VideoFileError(f"{path} holds {found}.", hint="Give a file that holds a video.")
    decodable = [stream for stream in streams if stream.codec_context is not None and stream.codec_context.width > 0]
    if not decodable:
        raise no_pictures(path)
    return max(decodable, key=_preference)


def prepare(container: InputContainer, stream: VideoStream, threads: int) -> None:
    """Make ready to read nothing but ``stream``, decoding with ``threads`` threads."""
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    stream.codec_context.thread_count = threads
    stream.thread_type = "AUTO"


def no_pictures(path: Path) -> VideoFileError:
    """Return the error for a file whose video stream gives no picture at all."""
    if check_completeness(path).missing_bytes:
        return VideoFileError(f"{path} is cut off before its first picture.", hint=_AGAIN)
    return VideoFileError(f"{path} holds no picture that can be decoded.", hint=_ANOTHER)


def _preference(stream: VideoStream) -> tuple[int, bool, int]:
    area = stream.codec_context.width * stream.codec_context.height
    return area, bool(stream.disposition & Disposition.default), -stream.index


def _unreadable(path: Path) -> VideoFileError:
    state = check_completeness(path)
    if state.index_missing:
        return VideoFileError(f"{path} is cut off: the index at its end is missing.", hint=_AGAIN)
    if state.missing_bytes:
        return VideoFileError(f"{path} is cut off: {state.missing_bytes} bytes are missing.", hint=_AGAIN)
    return VideoFileError(f"{path} is no video file, or is damaged.", hint=_ANOTHER)
