"""The manifest of a migrated folder: what was moved, with row counts and digests, so that it can be checked for ever.

It lies beside the databases as plain JSON, and says also how the old file was made, for the way back.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from caption_boundaries.atomic import storage_errors
from caption_boundaries.database.old_mapping import ColumnMap, TableMap
from caption_boundaries.database.table_shapes import Column, Table
from caption_boundaries.errors import DatabaseCorruptError, DatabaseVersionError
from caption_boundaries.migration.digests import Keys, TableDigest
from caption_boundaries.migration.plan import Extra, Facts, MigrationPlan

MANIFEST_FILENAME = "migration.json"

_FORMAT = 1


@dataclass(frozen=True)
class MovedTable:
    """One table as it was in the old file, and where it is now."""

    mapped: TableMap
    digest: TableDigest
    last_id: int | None
    """How far AUTOINCREMENT had counted; None where it does not."""


@dataclass(frozen=True)
class Manifest:
    """What a migration moved."""

    program: str
    """Version of the program that did it."""
    migrated_at: str
    """UTC, ``YYYY-MM-DD HH:MM:SS``: as SQLite writes it, so that the two can be compared."""
    video_id: str | None
    source_name: str
    """What the old file was called."""
    source_size: int
    """Bytes."""
    backup: str | None
    """Name of the copy that was made of it, or None."""
    facts: Facts
    tables: tuple[MovedTable, ...]
    extras: tuple[Extra, ...]
    notes: tuple[str, ...]

    def to_json(self) -> str:
        """Return the manifest as it is stored."""
        value = {
            "format": _FORMAT,
            **{name: getattr(self, name) for name in _PLAIN},
            "facts": asdict(self.facts),
            "tables": [_table_to_json(table) for table in self.tables],
            "extras": [asdict(extra) for extra in self.extras],
            "notes": list(self.notes),
        }
        return json.dumps({**value, "checksum": _checksum(value)})


_PLAIN = ("program", "migrated_at", "video_id", "source_name", "source_size", "backup")


def manifest_of(plan: MigrationPlan, tables: Iterable[MovedTable], **about: Any) -> Manifest:
    """Return the manifest of a plan that was carried out; ``about`` gives the plain fields."""
    return Manifest(facts=plan.facts, tables=tuple(tables), extras=plan.extras, notes=plan.notes, **about)


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest in ``folder``, or None where there is none: the folder was never migrated.

    Raises:
        StorageError: It cannot be read.
        DatabaseCorruptError: It is damaged.
        DatabaseVersionError: It was written by a newer program.
    """
    path = folder / MANIFEST_FILENAME
    if not path.is_file():
        return None
    with storage_errors(path):
        data = path.read_bytes()
    try:
        value = json.loads(data)
        if value.pop("checksum") != _checksum(value):
            raise ValueError("its checksum does not fit")
        if value["format"] != _FORMAT:
            raise DatabaseVersionError(
                f"{path} has format {value['format']}; this program knows {_FORMAT}.", hint="Update caption-boundaries."
            )
        return _from_json(value)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatabaseCorruptError(
            f"{path} is damaged ({error}).", hint="Restore it from the version history or from a backup."
        ) from error


def _checksum(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("ascii")).hexdigest()


def _from_json(value: dict[str, Any]) -> Manifest:
    return Manifest(
        **{name: value[name] for name in _PLAIN},
        facts=Facts(**value["facts"]),
        tables=tuple(_table_from_json(table) for table in value["tables"]),
        extras=tuple(Extra(**extra) for extra in value["extras"]),
        notes=tuple(value["notes"]),
    )


def _table_to_json(moved: MovedTable) -> dict[str, Any]:
    return {
        "old": asdict(moved.mapped.old),
        "schema": moved.mapped.schema,
        "table": moved.mapped.table,
        "known": moved.mapped.known,
        "columns": [asdict(column) for column in moved.mapped.columns],
        "last_id": moved.last_id,
        "rows": moved.digest.rows,
        "sha256": moved.digest.sha256,
        "row_digests": base64.b64encode(moved.digest.row_digests).decode("ascii"),
        "keys": None if moved.digest.keys is None else _runs(moved.digest.keys),
    }


def _table_from_json(value: dict[str, Any]) -> MovedTable:
    old = Table(**{**value["old"], "columns": tuple(Column(**column) for column in value["old"]["columns"])})
    columns = tuple(ColumnMap(**column) for column in value["columns"])
    mapped = TableMap(old, value["schema"], value["table"], value["known"], columns)
    digests = base64.b64decode(value["row_digests"], validate=True)
    digest = TableDigest(value["rows"], value["sha256"], digests, _keys(value["keys"]))
    return MovedTable(mapped, digest, value["last_id"])


def _runs(keys: Sequence[int]) -> list[list[int]]:
    """Return ascending numbers as runs of (first, step, how many): frame indices are nearly always a few of them."""
    runs: list[list[int]] = []
    for key in keys:
        if runs and runs[-1][2] == 1:
            runs[-1] = [runs[-1][0], key - runs[-1][0], 2]
        elif runs and key == runs[-1][0] + runs[-1][1] * runs[-1][2]:
            runs[-1][2] += 1
        else:
            runs.append([key, 0, 1])
    return runs


def _keys(runs: list[list[int]] | None) -> Keys:
    return None if runs is None else tuple(first + step * n for first, step, count in runs for n in range(count))
