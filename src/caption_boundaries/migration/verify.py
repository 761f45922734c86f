"""Is a folder whole, and does it still hold what was migrated? Reads only, and leaves nothing behind."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

from caption_boundaries.database.folders import find_video_folders
from caption_boundaries.database.header import read_header
from caption_boundaries.database.old_form import find_old_database
from caption_boundaries.database.row_hash import quoted
from caption_boundaries.database.schema import DATABASES
from caption_boundaries.database.stand_in import attach_stand_in
from caption_boundaries.database.table_shapes import read_tables
from caption_boundaries.errors import CaptionBoundariesError
from caption_boundaries.migration.copying import kept_copies
from caption_boundaries.migration.file_checks import check_files, check_structure
from caption_boundaries.migration.findings import Finding, Level, Report
from caption_boundaries.migration.holding import attached_schemas, connect_databases
from caption_boundaries.migration.manifest import MANIFEST_FILENAME, read_manifest
from caption_boundaries.migration.pictures import SAMPLE, damaged_pictures
from caption_boundaries.migration.rollback import copy_problem
from caption_boundaries.migration.row_checks import (
    Reference,
    ValueCheck,
    check_counts,
    check_values,
    find_reference,
)
from caption_boundaries.migration.sense_checks import check_identity, check_pictures, check_rules
from caption_boundaries.migration.source import SOURCE, connect_source
from caption_boundaries.migration.source import check_structure as check_old_structure
from caption_boundaries.migration.swapping import WORK_FOLDER


def verify_row_counts(video_dir: Path | str) -> bool:
    """Tell whether every table of a migrated folder still has its rows, or a reason why not.

    A folder that is still in the old form, or cannot be read, has not.
    """
    report = verify_folder(Path(video_dir), "structure")
    return report.form == "new" and report.row_counts


def verify_data_integrity(video_dir: Path | str) -> bool:
    """Tell whether every value of a migrated folder is what it was, or was changed by somebody who left word of it.

    A folder that is still in the old form, or cannot be read, is not.
    """
    report = verify_folder(Path(video_dir), "content")
    return report.form == "new" and report.data_integrity


def verify_all_videos(data_dir: Path | str, *, level: Level = "content") -> dict[str, Report]:
    """Verify every video at or below ``data_dir``.

    Returns:
        The reports by folder, relative to ``data_dir``; a report is true where it has no problem.
    """
    root = Path(data_dir)
    return {os.fspath(folder.relative_to(root)): verify_folder(folder, level) for folder in find_video_folders(root)}


def verify_folder(folder: Path, level: Level = "content", *, deep: bool = False) -> Report:
    """Look a folder over, and tell all that is found.

    Args:
        folder: Folder of a video.
        level: How deep to look.
        deep: At level ``content``, decode every picture and compare also the copies of the old file.
    """
    try:
        old = find_old_database(folder)
    except CaptionBoundariesError as error:
        return _failed(folder, level, error)
    if old is not None:
        return Report(folder, level, "old", tuple(_check_old(old, level, deep=deep)), row_counts=True)
    findings = [*_interrupted(folder), *check_files(folder)]
    if level == "header":
        sound = not any(finding.weight == "problem" for finding in findings)
        return Report(folder, level, "new", tuple(findings), row_counts=sound, data_integrity=sound)
    return _look_inside(folder, level, findings, deep=deep)


def _look_inside(folder: Path, level: Level, findings: list[Finding], *, deep: bool) -> Report:
    broken = {finding.file for finding in findings if finding.weight == "problem"}
    with ThreadPoolExecutor(max_workers=1) as side, closing(connect_databases(folder, without=broken)) as connection:
        pages = side.submit(_check_pages, folder, broken)  # while the rows are read
        reference, counts = _find_reference(folder)
        values = ValueCheck((), {})
        if level == "content" and reference is not None:
            values = check_values(connection, reference)
        findings += pages.result()
        if reference is None and not counts:
            findings.append(Finding("note", MANIFEST_FILENAME, "is not there: nothing to compare with"))
        tables = _count_rows(connection)
        if reference is not None:
            counts += _as_far_as_readable(folder, findings, check_counts(connection, reference))
        if level == "content":
            findings += _check_content(folder, connection, reference, values, findings, deep=deep)
    complete = not broken and not any(finding.weight == "problem" for finding in counts)
    whole = complete and not any(finding.weight == "problem" for finding in findings)
    every = tuple(dict.fromkeys((*findings, *counts)))
    return Report(folder, level, "new", every, row_counts=complete, data_integrity=whole, tables=tables)


def _check_pages(folder: Path, broken: set[str]) -> list[Finding]:
    paths = ((folder / spec.filename, spec) for spec in DATABASES if spec.filename not in broken)
    return [finding for path, spec in paths if path.is_file() for finding in check_structure(path, spec)]


def _find_reference(folder: Path) -> tuple[Reference | None, list[Finding]]:
    """Return what was migrated, and why that cannot be told where something is wrong with it."""
    try:
        return find_reference(folder), []
    except (sqlite3.Error, CaptionBoundariesError) as error:
        return None, [Finding("problem", MANIFEST_FILENAME, f"cannot stand for what was migrated: {error}")]


def _check_content(
    folder: Path,
    connection: sqlite3.Connection,
    reference: Reference | None,
    values: ValueCheck,
    before: Sequence[Finding],
    *,
    deep: bool,
) -> list[Finding]:
    present = frozenset(attached_schemas(connection))
    found = list(values.findings)
    for spec in DATABASES:
        if spec.schema not in present:
            attach_stand_in(connection, spec)
    checks = [
        check_identity(folder, connection, present, reference),
        check_rules(connection, present, values.unchanged),
        check_pictures(connection, present, deep=deep),
        _check_copies(folder) if deep else iter(()),
    ]
    for check in checks:
        found += _as_far_as_readable(folder, [*before, *found], check)
    return found


def _as_far_as_readable(folder: Path, before: Sequence[Finding], check: Iterator[Finding]) -> list[Finding]:
    """Return what a check finds; that a page cannot be read is told only where nothing else has told it."""
    found: list[Finding] = []
    try:
        for finding in check:
            found.append(finding)
    except sqlite3.Error as error:
        if not any(finding.weight == "problem" for finding in before):
            found.append(Finding("problem", folder.name, f"cannot be read ({error})"))
    return found


def _check_copies(folder: Path) -> Iterator[Finding]:
    manifest = read_manifest(folder)
    for path in kept_copies(folder) if manifest is not None else ():
        assert manifest is not None
        problem = copy_problem(path, manifest)
        if problem is not None:
            yield Finding("problem", path.name, problem)


def _check_old(old: Path, level: Level, *, deep: bool) -> Iterator[Finding]:
    yield from _interrupted(old.parent)
    yield Finding("note", old.name, "is of the old form: not migrated yet")
    if level == "header":
        return
    header = read_header(old)
    wal = header is not None and header.wal
    try:
        check_old_structure(old, wal=wal)
        if level == "content":
            with closing(connect_source(old, wal=wal)) as connection:
                for table in {"full_frames", "cropped_frames"} & read_tables(connection, SOURCE).keys():
                    sample = None if deep else SAMPLE
                    for key, problem in damaged_pictures(connection, f"{SOURCE}.{quoted(table)}", sample=sample):
                        yield Finding("problem", old.name, f"its picture {problem}", table, key)
    except (sqlite3.Error, CaptionBoundariesError) as error:
        yield Finding("problem", old.name, str(error))


def _interrupted(folder: Path) -> Iterator[Finding]:
    if (folder / WORK_FOLDER).is_dir():
        yield Finding("problem", WORK_FOLDER, "a migration or rollback was interrupted; run the same command again")


def _count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    counts = {}
    for schema in sorted(attached_schemas(connection) - {"main", "temp"}):
        for table in sorted(read_tables(connection, schema)):
            sql = f"SELECT count(*) FROM {schema}.{quoted(table)}"
            with suppress(sqlite3.Error):  # the check of the structure tells that it cannot be read
                counts[f"{schema}.{table}"] = connection.execute(sql).fetchone()[0]
    return counts


def _failed(folder: Path, level: Level, error: CaptionBoundariesError) -> Report:
    finding = Finding("problem", folder.name, error.message)
    return Report(folder, level, "new", (finding,), row_counts=False, data_integrity=False)
