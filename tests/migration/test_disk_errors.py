"""A disk that is full, fails, or may not be written: the folder stays as it was, and running again finishes the job."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from caption_boundaries.errors import StorageError
from caption_boundaries.migration.migrate import MigrateOptions, migrate_folder
from caption_boundaries.migration.rollback import rollback_folder
from caption_boundaries.migration.synthetic import OldFolder
from caption_boundaries.migration.verify import verify_folder
from support.databases import as_nobody, fingerprint, open_to_all, write_protect
from support.old_folders import assert_complete, old_file, old_folder, rows_of, rows_of_old_file
from support.tracing import EIO, ENOSPC, Call, copy_with_links, traced, unavailable

needs_tracing = pytest.mark.skipif(bool(unavailable()), reason=unavailable())

Work = Callable[[Path], object]


def migrated(folder: Path) -> Path:
    migrate_folder(folder)
    return folder


def points(calls: list[Call], *, every_write: int) -> list[int]:
    """Return the calls that are made to fail: all that name or sync something, and some of the many writes."""
    writes = [number for number, call in enumerate(calls) if call.name == "pwrite64"]
    others = [
        number
        for number, call in enumerate(calls)
        if call.name not in ("pwrite64", "unlink", "rmdir", "chmod", "chown")
    ]
    return sorted({*writes[::every_write], *others})


@needs_tracing
@pytest.mark.slow
@pytest.mark.parametrize("error", [ENOSPC, EIO], ids=["full", "io-error"])
@pytest.mark.parametrize("name", ["migrate", "rollback"])
def test_an_error_at_any_system_call_loses_nothing(
    name: str, error: int, fast: Path, record_property: Callable[[str, object], None]
) -> None:
    start, work, goal = old_folder(fast / "start"), migrate_folder, "new"
    if name == "rollback":
        start, work, goal = migrated(start), rollback_folder, "old"
    expected = rows_of(start, rows_of_old_file(start / "captions.db.old") if name == "rollback" else {})
    folder = fast / "run" / start.name
    copy_with_links(start, folder)
    calls = traced(lambda: work(folder), folder).calls
    shutil.rmtree(folder)
    failed = 0
    tried = points(calls, every_write=16)[:: 1 if error == ENOSPC else 3]
    for number in tried:
        copy_with_links(start, folder)
        trace = traced(lambda: work(folder), folder, stop_at=number, fail_with=error)
        failed += trace.ended == "badly"
        assert trace.ended == "well" or "Error" in trace.error, trace.error
        assert not trace.error.startswith(("sqlite3.", "OSError")), (trace.error, calls[number])
        assert_complete(folder, expected)
        work(folder)
        assert assert_complete(folder, expected) == goal, calls[number]
        shutil.rmtree(folder)
    record_property("told", f"{name}: {os.strerror(error)} at {len(tried)} system calls ({failed} failed); 0 lost")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a file system of a size in memory."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    mounted: list[Path] = []

    def mount(size: int) -> Path:
        place = tmp_path / f"disk{len(mounted)}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("this machine does not let root mount a file system")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("room", [1.05, 1.5, 2.0, 2.4, 3.0, 6.0])
def test_a_small_disk(room: float, small_disk: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the look at the free space before, so that the disk itself refuses.
    monkeypatch.setattr("caption_boundaries.migration.migrate.check_space", lambda *_, **__: None)
    template = old_folder(small_disk(50_000_000), OldFolder(cropped_frames=300, picture_bytes=3000))
    size = old_file(template).stat().st_size
    disk = small_disk(int(size * room) + 20_000)
    folder = Path(shutil.copytree(template, disk / template.name))
    expected = rows_of(folder, {})
    before = fingerprint(folder)
    try:
        migrate_folder(folder)
    except StorageError:
        after = fingerprint(folder)
        assert all(after[name] == mark for name, mark in before.items())
        assert not list(folder.glob(".partial*"))
        assert_complete(folder, expected)
        assert room < 3.5
    else:
        assert room > 2.0
        assert assert_complete(folder, expected) == "new"


def test_the_free_space_is_looked_at_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = old_folder(tmp_path)
    before = fingerprint(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**6, 10**6, 0))  # type: ignore[attr-defined]
    with pytest.raises(StorageError, match=r"free space.*--no-backup"):
        migrate_folder(folder)
    assert before.items() <= fingerprint(folder).items()


def test_a_read_only_folder_is_refused_and_stays_as_it_is() -> None:
    with open_to_all() as parent:
        folder = old_folder(parent)
        before = {name: mark[0] for name, mark in fingerprint(folder).items()}
        write_protect(folder)

        def refused() -> str:
            try:
                migrate_folder(folder)
            except StorageError as error:
                return str(error)
            return "migrated"

        assert "Permission is missing" in as_nobody(refused)
        assert {name: mark[0] for name, mark in fingerprint(folder).items()} == before


def test_a_write_protected_file_is_migrated_and_stays_protected() -> None:
    with open_to_all() as parent:
        folder = old_folder(parent)
        old_file(folder).chmod(0o444)
        folder.chmod(0o777)

        expected = rows_of(folder, {})
        assert as_nobody(lambda: migrate_folder(folder).status) == "done"
        assert assert_complete(folder, expected) == "new"
        assert (folder / "captions.db.old").stat().st_mode & 0o777 == 0o444
        assert (folder / "captions.db").stat().st_mode & 0o200


def test_a_read_only_folder_can_be_verified_and_read() -> None:
    with open_to_all() as parent:
        folder = old_folder(parent)
        migrate_folder(folder, MigrateOptions(backup=False))
        write_protect(folder)
        assert as_nobody(lambda: bool(verify_folder(folder, deep=True)))
