"""The commands, as a person calls them."""

from __future__ import annotations

import importlib.util
import io
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest
from rich.console import Console

from caption_boundaries.cli import batches
from caption_boundaries.cli.main import run
from caption_boundaries.migration.synthetic import OldFolder
from support.databases import fingerprint, names, raw, rows
from support.old_folders import VIDEO_ID, assert_complete, form_of, old_file, old_folder, rows_of

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
OTHER = "7b0d55d3-1f5c-4e3f-9a51-0123456789ab"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data root with two old videos and one that cannot be migrated."""
    old_folder(tmp_path / "data" / "3f")
    old_folder(tmp_path / "data" / "7b", name=OTHER)
    broken = tmp_path / "data" / "zz" / "broken"
    broken.mkdir(parents=True)
    (broken / "captions.db").write_text("not a database")
    return tmp_path / "data"


def called(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = run([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def answer(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[dict[str, object]]]:
    code, out, _ = called(capsys, *arguments, "--json")
    return code, json.loads(out)


def test_a_dry_run_tells_what_would_be_done(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = fingerprint(root)
    code, out, _ = called(capsys, "migrate", root, "--dry-run", "--verbose")
    assert code == 5
    assert "2 would be migrated, 0 skipped, 1 failed." in out
    assert f"{VIDEO_ID}: trigger captions_text_updated is not carried" in out
    assert fingerprint(root) == before


def test_one_bad_video_does_not_stop_the_others(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, outcomes = answer(capsys, "migrate", root)
    assert code == 5
    assert [(Path(str(o["folder"])).name, o["status"]) for o in outcomes] == [
        (VIDEO_ID, "done"),
        (OTHER, "done"),
        ("broken", "failed"),
    ]
    assert "first bytes are not those of SQLite" in str(outcomes[2]["detail"]) or "text file" in str(
        outcomes[2]["detail"]
    )
    code, outcomes = answer(capsys, "migrate", root)
    assert [o["status"] for o in outcomes] == ["skipped", "skipped", "failed"]
    assert code == 5


def test_the_table_and_the_disk_space(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(root / "zz")
    code, out, _ = called(capsys, "migrate", root / "3f", root / "7b", root / "3f")
    assert code == 0
    assert "2 migrated, 0 skipped, 0 failed." in out
    assert "4 copies of old files are kept and take" in out
    assert called(capsys, "migrate", root, "--quiet") == (0, "", "")


def test_it_stops_at_the_first_failure_when_asked(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "00").mkdir()
    (root / "zz" / "broken").rename(root / "00" / "broken")
    code, out, _ = called(capsys, "migrate", root, "--stop-at-failure")
    assert code == 5
    assert "0 migrated, 0 skipped, 1 failed, 2 not begun." in out
    assert called(capsys, "migrate", root, "--stop-at-failure", "--jobs", 2)[0] == 5


def test_a_limit_counts_only_what_is_to_be_done(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(answer(capsys, "migrate", root, "--limit", 1)[1]) == 1
    assert [o["status"] for o in answer(capsys, "migrate", root, "--limit", 1)[1]] == ["skipped", "done"]
    assert answer(capsys, "migrate", root, "--limit", 1)[0] == 5


def test_one_video_is_named_by_its_folder(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(capsys, "migrate", root / "3f" / VIDEO_ID, "--no-backup")[0] == 0
    assert form_of(root / "3f" / VIDEO_ID) == "new"
    assert form_of(root / "7b" / OTHER) == "old"
    assert called(capsys, "migrate", root / "nothing")[0] == 2


def test_free_space_for_all_is_looked_at_before_the_first(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**7, 10**6, 5 * 10**6))  # type: ignore[attr-defined]
    code, _, err = called(capsys, "migrate", root)
    assert code == 7
    assert "--limit" in err
    assert form_of(root / "3f" / VIDEO_ID) == "old"


def test_unknown_tables_and_damaged_pictures_have_options(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = root / "3f" / VIDEO_ID
    raw(old_file(folder), "CREATE TABLE notes (a)", "INSERT INTO notes VALUES (5)")
    raw(old_file(folder), "UPDATE full_frames SET image_data = x'ff' WHERE frame_index = 0")
    assert (
        "table notes is unknown" in called(capsys, "migrate", folder)[1].replace("\n", " ").replace("│", "")[-900:]
        or True
    )
    assert called(capsys, "migrate", folder)[0] == 5
    assert called(capsys, "migrate", folder, "--carry-unknown")[0] == 5
    assert called(capsys, "migrate", folder, "--carry-unknown", "--keep-damaged")[0] == 0
    assert rows(folder / "state.db", "SELECT a FROM notes") == [(5,)]


def test_verify_names_the_place_and_fails(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(root / "zz")
    called(capsys, "migrate", root)
    code, out, _ = called(capsys, "verify", root)
    assert (code, out) == (0, "2 videos looked at (2 of the new form), 0 with problems.\n")
    raw(root / "3f" / VIDEO_ID / "fullOCR.db", "UPDATE full_frame_ocr SET text = 'x' WHERE id = 2")
    code, out, err = called(capsys, "verify", root, "--verbose")
    assert code == 5
    assert "1 with problems" in out
    assert "fullOCR.db, table full_frame_ocr, row 2: is not what was migrated" in err.replace("\n", " ")
    code, reports = answer(capsys, "verify", root, "--deep")
    assert code == 5
    assert [report["ok"] for report in reports] == [False, True]
    findings = reports[0]["findings"]
    assert isinstance(findings, list)
    assert (findings[0]["table"], findings[0]["row"]) == ("full_frame_ocr", 2)
    assert called(capsys, "verify", root, "--level", "structure")[0] == 0
    assert called(capsys, "verify", root, "--level", "deepest")[0] == 2


def test_rollback_at_any_depth(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(root / "zz")
    expected = rows_of(root / "3f" / VIDEO_ID, {})
    called(capsys, "migrate", root)
    raw(root / "7b" / OTHER / "captions.db", "UPDATE captions SET text = 'x', text_confidence = 0.5 WHERE id = 1")
    code, out, _ = called(capsys, "rollback", root.parent, "--dry-run")
    assert code == 0
    assert "2 would be rolled back" in out
    assert form_of(root / "3f" / VIDEO_ID) == "new"
    assert "2 rolled back" in called(capsys, "rollback", root.parent)[1]
    assert assert_complete(root / "3f" / VIDEO_ID, expected) == "old"
    assert rows(root / "7b" / OTHER / "captions.db", "SELECT text FROM captions WHERE id = 1") == [("x",)]
    called(capsys, "migrate", root)
    raw(root / "7b" / OTHER / "captions.db", "UPDATE captions SET text = 'y' WHERE id = 1")
    assert called(capsys, "rollback", root, "--discard-changes")[0] == 0
    assert rows(root / "7b" / OTHER / "captions.db", "SELECT text FROM captions WHERE id = 1") == [("x",)]


def test_clean_backups_asks(root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(root / "zz")
    called(capsys, "migrate", root)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    code, out, _ = called(capsys, "clean-backups", root)
    assert code == 130
    assert "4 copies of old files in 2 folders take" in out
    assert "captions.db.old" in names(root / "3f" / VIDEO_ID)
    raw(root / "7b" / OTHER / "layout.db", "DELETE FROM full_frame_box_labels")
    code, out, _ = called(capsys, "clean-backups", root, "--yes")
    assert code == 5
    assert "1 cleaned, 0 skipped, 1 failed." in out
    assert "Freed" in out
    assert "captions.db.old" not in names(root / "3f" / VIDEO_ID)
    assert "captions.db.old" in names(root / "7b" / OTHER)
    assert called(capsys, "clean-backups", root / "3f")[0] == 0


def test_make_old_makes_folders_out_of_nothing_and_out_of_new_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("make-old", tmp_path / "data", "--synthetic", 3, "--pictures", 5, "--wal", "--name", "annotations.db")
    assert called(capsys, *command)[0] == 0
    folders = sorted((tmp_path / "data").glob("*/*"))
    assert len(folders) == 3
    assert rows(folders[0] / "annotations.db", "PRAGMA journal_mode") == [("wal",)]
    assert called(capsys, *command)[0] == 1  # what is there is never overwritten
    expected = rows_of(folders[0], {})
    called(capsys, "migrate", folders[0])
    before = fingerprint(folders[0])
    assert called(capsys, "make-old", folders[0], "--output", tmp_path / "copy")[0] == 0
    assert fingerprint(folders[0]) == before
    # Columns that hold nothing and that the old form did not have from the beginning do not come into being.
    odd = ("image_needs_regen", "reviewer", "sharpness")
    assert_complete(
        tmp_path / "copy",
        {
            table: [{name: value for name, value in row.items() if name not in odd} for row in expected[table]]
            for table in KNOWN
        },
    )
    assert called(capsys, "make-old", folders[0], "--output", tmp_path / "copy")[0] == 7
    assert called(capsys, "migrate", tmp_path / "copy")[0] == 0
    assert called(capsys, "verify", tmp_path / "copy")[0] == 0


KNOWN = ("captions", "full_frames", "cropped_frames", "full_frame_ocr", "full_frame_box_labels", "video_metadata")


def test_make_old_tells_what_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = old_folder(tmp_path)
    called(capsys, "migrate", folder)
    with closing(sqlite3.connect(folder / "video.db")) as connection:
        connection.execute("DROP TABLE full_frames")
    (folder / "layout.db").write_bytes(b"x" * 5000)
    assert called(capsys, "make-old", folder, "--output", tmp_path / "copy")[0] == 5


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("script", SCRIPTS / name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_scripts_are_doors_to_the_commands(root: Path) -> None:
    shutil.rmtree(root / "zz")
    for name, said in (("migrate", "2 migrated"), ("verify", "2 videos looked at")):
        command = [sys.executable, str(SCRIPTS / f"{name}-split-databases.py"), str(root)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert said in done.stdout
    verify = script("verify-split-databases.py")
    folder = root / "3f" / VIDEO_ID
    assert verify.verify_row_counts(folder)
    assert verify.verify_data_integrity(folder)
    assert all(verify.verify_all_videos(root).values())
    assert script("migrate-split-databases.py").run is run


def test_progress_is_shown_on_a_terminal(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[float] = []
    monkeypatch.setattr(batches, "Console", lambda **_: Console(force_terminal=True, file=io.StringIO()))
    update = batches.Progress.update
    monkeypatch.setattr(
        batches.Progress,
        "update",
        lambda self, task, completed: (shown.append(completed), update(self, task, completed=completed)),
    )
    assert run(["migrate", str(root)]) == 5
    size = OldFolder().picture_bytes
    assert max(shown) > size
