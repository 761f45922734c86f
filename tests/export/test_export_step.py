"""The export step on real databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from caption_boundaries.config import ExportSettings, Settings
from caption_boundaries.database.captions import Caption, CaptionWriter
from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.video import VideoDbWriter, VideoMetadata
from caption_boundaries.errors import StorageError, UsageError
from caption_boundaries.export.formats import FORMATS
from caption_boundaries.export.step import STEP
from caption_boundaries.step import StepContext, StepResult


@pytest.fixture
def video_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "video"
    folder.mkdir()
    create_databases(folder)
    with VideoDatabase(folder, writes={"captions"}) as conn:
        for caption in (
            Caption(0, 9, boundary_state="gap"),
            Caption(10, 19, text="one", start_seconds=1.042, end_seconds=2.0),
            Caption(20, 29, boundary_state="confirmed", text="two"),
        ):
            CaptionWriter(conn).add(caption)
    return folder


def name_the_video(folder: Path, name: str) -> None:
    with VideoDatabase(folder, writes={"video"}) as conn:
        VideoDbWriter(conn).save_metadata(VideoMetadata("id", "hash", name, name, 1, index_framerate_hz=5.0))


def export(folder: Path, settings: ExportSettings) -> StepResult:
    with VideoDatabase(folder, readonly=True, requires=STEP.reads, attach=STEP.reads) as conn:
        return STEP.run(StepContext(folder, conn, Settings(export=settings)))


def test_the_file_is_named_like_the_video(video_dir: Path) -> None:
    name_the_video(video_dir, "My film.v2.mp4")
    result = export(video_dir, ExportSettings())
    written = (video_dir / "My film.v2.srt").read_text(encoding="utf-8")
    assert written == (
        "1\n00:00:01,042 --> 00:00:02,000\none\n\n2\n00:00:04,000 --> 00:00:06,000\ntwo\n"  # 5 indices per second
    )
    assert result.counts == {"captions": 2, "files": 1}
    assert "My film.v2.srt" in result.summary


@pytest.mark.parametrize("name", ["../../evil.mp4", "/etc/evil.mp4"])
def test_a_hostile_name_stays_in_the_folder(video_dir: Path, name: str) -> None:
    name_the_video(video_dir, name)
    export(video_dir, ExportSettings())
    assert (video_dir / "evil.srt").is_file()


def test_several_formats_at_once(video_dir: Path) -> None:
    result = export(video_dir, ExportSettings(formats=("srt", "vtt", "srt", "json")))
    assert result.counts["files"] == 3
    assert {path.name for path in video_dir.glob("captions.*")} == {
        "captions.db",
        "captions.srt",
        "captions.vtt",
        "captions.json",
    }


@pytest.mark.parametrize("name", FORMATS)
def test_the_suffix_of_the_output_decides(video_dir: Path, tmp_path: Path, name: str) -> None:
    output = tmp_path / f"out{FORMATS[name].extension}"
    output.write_text("what was there before")
    export(video_dir, ExportSettings(output=output))
    assert [cue.text for cue in FORMATS[name].decode(output.read_bytes())] == ["one", "two"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [output.name, "video"]


def test_only_confirmed_captions(video_dir: Path, tmp_path: Path) -> None:
    export(video_dir, ExportSettings(output=tmp_path / "out.srt", include_predicted=False))
    assert [cue.text for cue in FORMATS["srt"].read((tmp_path / "out.srt").read_text())] == ["two"]


def test_a_video_without_captions_gives_an_empty_file_and_a_warning(tmp_path: Path) -> None:
    create_databases(tmp_path)
    result = export(tmp_path, ExportSettings())
    assert (tmp_path / "captions.srt").read_bytes() == b""
    assert result.warnings


def test_a_link_is_followed(video_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "real.srt").write_text("old")
    (tmp_path / "link.srt").symlink_to(tmp_path / "real.srt")
    export(video_dir, ExportSettings(output=tmp_path / "link.srt"))
    assert (tmp_path / "link.srt").is_symlink()
    assert "one" in (tmp_path / "real.srt").read_text()


def test_databases_are_left_alone(video_dir: Path) -> None:
    before = {path.name: path.read_bytes() for path in video_dir.glob("*.db*")}
    export(video_dir, ExportSettings())
    assert {path.name: path.read_bytes() for path in video_dir.glob("*.db*")} == before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (ExportSettings(output=Path("out.docx")), r"'\.docx'.*\.srt, \.vtt"),
        (ExportSettings(output=Path("out")), r"\.srt, \.vtt"),
        (ExportSettings(formats=("docx",)), "'docx'.*srt, vtt"),
        (ExportSettings(output=Path("no/such/folder/out.srt")), "does not exist"),
    ],
)
def test_wrong_settings_are_refused_before_anything_is_written(
    video_dir: Path, tmp_path: Path, settings: ExportSettings, message: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match=message):
        export(video_dir, settings)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_as_output_is_refused(video_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.srt").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        export(video_dir, ExportSettings(output=tmp_path / "folder.srt"))


def test_a_name_that_is_too_long_is_told(video_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="too long"):
        export(video_dir, ExportSettings(output=tmp_path / ("x" * 300 + ".srt")))


def test_what_the_step_promises() -> None:
    assert (STEP.name, STEP.reads, STEP.writes) == ("export", {"captions", "video"}, None)
