"""Migrated folders, and what verification finds in them."""

from __future__ import annotations

from pathlib import Path

from caption_boundaries.migration.findings import Finding, Level
from caption_boundaries.migration.migrate import migrate_folder
from caption_boundaries.migration.synthetic import OldFolder
from caption_boundaries.migration.verify import verify_folder
from support.old_folders import old_folder

WANTED = OldFolder(full_frames=4, cropped_frames=60, picture_bytes=20_000)


def problems(folder: Path, level: Level = "content", *, deep: bool = False) -> list[Finding]:
    return list(verify_folder(folder, level, deep=deep).problems)


def migrated(parent: Path) -> Path:
    """Make a migrated folder that still has its old file and a backup of it."""
    made = old_folder(parent, WANTED)
    migrate_folder(made)
    return made
