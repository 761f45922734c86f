"""What the commands print, for people and for machines."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from caption_boundaries import __version__
from caption_boundaries.cli.main import INTERRUPTED, run
from caption_boundaries.cli.output import program
from caption_boundaries.database.multi_db import VideoDatabase
from support.clips import Clip
from support.folders import contents, file_hashes


@pytest.fixture
def root(finished: Path, tmp_path: Path) -> Path:
    """A data root with one finished video."""
    folder = tmp_path / "films" / "ab" / "abcd0000-0000-4000-8000-000000000001"
    folder.parent.mkdir(parents=True)
    finished.rename(folder)
    return tmp_path / "films"


def video_of(root: Path) -> Path:
    (folder,) = (root / "ab").iterdir()
    return folder


def printed(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert run([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def test_extract_tells_machines_everything(clip: Clip, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, "extract", clip.path, "--data", tmp_path / "data", "-o", tmp_path / "a.vtt", "--json")
    told = json.loads(out)
    assert [caption["text"] for caption in told["captions"]] == [caption.text for caption in clip.captions]
    assert [step["step"] for step in told["steps"]] == ["ingest", "ocr", "layout", "crop", "captions", "export"]
    assert told["files"] == [str(tmp_path / "a.vtt")]
    assert (tmp_path / "a.vtt").read_text().startswith("WEBVTT")
    assert Path(told["folder"]).name == told["video_id"]


def test_extract_again_goes_on_with_the_same_folder(clip: Clip, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    first = json.loads(printed(capsys, "extract", clip.path, "--data", tmp_path / "data", "--json"))
    again = printed(capsys, "extract", clip.path, "--data", tmp_path / "data", "--verbose")
    assert first["video_id"] in again
    assert "is known" in again


def test_list_shows_each_video_on_a_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, "list", root)
    assert "abcd0000" in out
    assert "rabbit.mp4" in out
    assert out.count("✓") == 6  # five steps and the legend


@pytest.mark.parametrize(("columns", "folded"), [(None, False), ("40", True)], ids=["a pipe", "as wide as is asked"])
def test_tables_are_folded_only_where_there_is_a_width(
    columns: str | None,
    root: Path,
    folded: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    name = "a-name-that-is-longer-than-any-screen-has-room-for-in-a-table-of-many-columns.mp4"
    with VideoDatabase(video_of(root), writes={"video"}) as connection:
        connection.execute("UPDATE video.video_metadata SET original_filename = ?", (name,))
    assert (name in printed(capsys, "list", root)) != folded


def test_list_as_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (entry,) = json.loads(printed(capsys, "list", "--data", root, "--json"))
    assert entry["name"] == "rabbit.mp4"
    assert {step["state"] for step in entry["steps"].values()} == {"done"}


def test_list_names_what_cannot_be_read(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (video_of(root) / "video.db").write_text("garbage")
    (entry,) = json.loads(printed(capsys, "list", root, "--json"))
    assert "not a SQLite database" in entry["steps"]["ingest"]["detail"]


def test_status_tells_sizes_and_why_a_step_is_stale(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with VideoDatabase(video_of(root), writes={"layout"}) as connection:
        connection.execute("UPDATE layout.video_layout_config SET crop_bounds_version = 7")
    out = printed(capsys, "status", "abcd", "--data", root)
    assert "↻ stale" in out
    assert "the layout has changed" in out
    assert "captions.db" in out


def test_run_does_what_is_stale_and_no_more(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (report,) = json.loads(printed(capsys, "run", root, "--json"))
    assert [step["step"] for step in report["steps"] if step["ran"]] == ["export"]
    assert report["error"] is None


@pytest.mark.parametrize("step", ["ocr", "layout", "crop", "captions"])
def test_each_step_is_a_command(step: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(video_of(root))
    out = printed(capsys, step, "rabbit.mp4", "--data", root, "--force")
    assert "done" in out
    assert contents(video_of(root)) == before


def test_ingest_samples_a_folder_again(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "full frames" in printed(capsys, "ingest", video_of(root), "--force", "--data", root)


def test_export_writes_several_formats(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed(capsys, "export", root, "--format", "vtt", "--format", "json")
    assert {path.suffix for path in video_of(root).glob("rabbit.*")} == {".mp4", ".srt", ".vtt", ".json"}


def test_one_output_for_several_videos_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(video_of(root), root / "cd" / "cdef0000-0000-4000-8000-000000000002")
    assert run(["export", str(root), "-o", str(root / "all.srt")]) == 2
    assert "2 videos" in capsys.readouterr().err


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_one_bad_video_is_told_and_the_rest_is_done(jobs: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = root / "aa" / "aaaa0000-0000-4000-8000-000000000000"
    shutil.copytree(video_of(root), bad)
    (bad / "layout.db").write_text("garbage")
    code = run(["run", str(root), "--keep-going", "--json", "--jobs", jobs])
    told = capsys.readouterr()
    assert code == (5 if jobs == "1" else 9)
    assert "layout.db" in told.err
    report = json.loads(told.out)
    results = report if jobs == "1" else report["results"]
    assert [bool(entry["error"]) for entry in sorted(results, key=lambda entry: entry["error"] is None)] == [
        True,
        False,
    ]


def test_without_keep_going_the_first_failure_ends_the_run(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = root / "aa" / "aaaa0000-0000-4000-8000-000000000000"
    shutil.copytree(video_of(root), bad)
    (bad / "layout.db").write_text("garbage")
    assert run(["run", str(root), "--json"]) == 5
    assert len(json.loads(capsys.readouterr().out)) == 1


def test_doctor_finds_nothing_wrong_with_a_sound_root(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = file_hashes(root)
    out = printed(capsys, "doctor", root, "--verbose")
    assert "0 problems" in out
    assert "engine rapidocr" in out
    assert file_hashes(root) == before


def test_doctor_names_a_damaged_database(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = bytearray((video_of(root) / "captions.db").read_bytes())
    data[4096:8192] = bytes(4096)
    (video_of(root) / "captions.db").write_bytes(data)
    assert run(["doctor", str(root), "--json"]) == 4
    findings = json.loads(capsys.readouterr().out)
    assert [Path(finding["what"]).name for finding in findings if finding["level"] == "problem"] == ["captions.db"]


def test_doctor_upgrades_only_what_is_old(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = file_hashes(root)
    assert "schema is current" in printed(capsys, "doctor", root, "--upgrade", "--verbose")
    assert file_hashes(root) == before


def test_quiet_prints_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "run", root, "--quiet") == ""
    assert capsys.readouterr().err == ""


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert __version__ in printed(capsys, "--version")


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert "extract" in printed(capsys)


def test_what_is_unforeseen_is_told_in_one_sentence(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr("caption_boundaries.cli.inspection.load_videos", broken)
    assert run(["list", str(root)]) == 1
    told = capsys.readouterr().err
    assert "Something unforeseen went wrong (ZeroDivisionError)" in told
    assert "Traceback" not in told
    log = Path(told.split("The details are in ")[1].strip().rstrip("."))
    assert "a fault of ours" in log.read_text()
    log.unlink()


# A process that ends by the signal itself has, for a shell, the same exit code.
@pytest.mark.parametrize(
    ("number", "codes"),
    [(signal.SIGINT, {INTERRUPTED, -signal.SIGINT}), (signal.SIGTERM, {128 + signal.SIGTERM})],
)
def test_a_signal_leaves_nothing_half_done(number: signal.Signals, codes: set[int], root: Path) -> None:
    before = contents(video_of(root))
    code, told = 0, ""
    for _ in range(5):  # on a busy machine the run may be through before the signal comes
        code, told = signalled(root, number)
        if code:
            break
    assert code in codes, told
    assert "Traceback" not in told
    assert contents(video_of(root)) == before
    assert list(video_of(root).glob(".partial*")) == []


def signalled(root: Path, number: signal.Signals) -> tuple[int, str]:
    """Run all steps, send a signal as soon as one is at work, and return how that ended."""
    command = [sys.executable, "-m", "caption_boundaries", "run", str(root), "--force", "--quiet"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    wait_for_a_step(video_of(root), process)
    process.send_signal(number)
    _, told = process.communicate()
    return process.returncode, told


def wait_for_a_step(folder: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a step is building its database."""
    while not list(folder.glob(".partial*")):
        assert process.poll() is None, "it ended before a step began"
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("called", "shown"),
    [("/somewhere/caption_boundaries/__main__.py", "python -m caption_boundaries"), ("gone", "caption-boundaries")],
)
def test_the_next_command_is_named_as_this_one_was_called(
    called: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [called])
    assert program() == shown


def test_a_program_outside_the_path_is_named_by_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "bin" / "caption-boundaries"
    script.parent.mkdir()
    script.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(script)])
    monkeypatch.setenv("PATH", "/usr/bin")
    assert program() == os.path.join("bin", "caption-boundaries")
    monkeypatch.setenv("PATH", str(script.parent))
    assert program() == "caption-boundaries"
