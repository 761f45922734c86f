"""The catalogue of a video's databases: the one source for names, schemas, order and who writes what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Literal

JournalMode = Literal["DELETE", "WAL"]

_SQL = resources.files("caption_boundaries.database") / "sql"
_CREATE_TABLE = re.compile(r"^CREATE TABLE (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class DatabaseSpec:
    """One of the databases in a video's folder."""

    schema: str
    """Name under which a connection knows it."""
    filename: str
    application_id: int
    """Stands in the file's header; tells our files from others."""
    written_by: str
    """Who writes it, for people."""
    made_by: str
    """The command that makes it when it is missing."""
    versioned: bool
    """True: tracked by the version tool."""
    hand_edited: bool
    """True: holds the work of people, so it is changed in place and never made anew."""
    journal_mode: JournalMode
    page_size: int
    """Bytes. Larger pages build files of pictures faster; smaller ones version fewer bytes."""

    @cached_property
    def migrations(self) -> tuple[str, ...]:
        """SQL scripts in order; after the n-th the file has ``user_version`` n."""
        scripts = sorted(entry.name for entry in (_SQL / self.schema).iterdir() if entry.name.endswith(".sql"))
        return tuple((_SQL / self.schema / name).read_text(encoding="utf-8") for name in scripts)

    @property
    def version(self) -> int:
        """The ``user_version`` of a current file."""
        return len(self.migrations)

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """Names of its tables, in the order of the scripts."""
        return tuple(name for script in self.migrations for name in _CREATE_TABLE.findall(script))


def _spec(
    number: int,
    schema: str,
    *,
    written_by: str,
    made_by: str,
    versioned: bool = True,
    hand_edited: bool = False,
    journal_mode: JournalMode = "DELETE",
    page_size: int = 4096,
) -> DatabaseSpec:
    return DatabaseSpec(
        schema=schema,
        filename=f"{schema}.db",
        application_id=0x43420000 + number,  # "CB" and the number
        written_by=written_by,
        made_by=made_by,
        versioned=versioned,
        hand_edited=hand_edited,
        journal_mode=journal_mode,
        page_size=page_size,
    )


DATABASES: tuple[DatabaseSpec, ...] = (
    _spec(1, "video", written_by="`ingest`, once", made_by="caption-boundaries ingest", page_size=8192),
    _spec(2, "fullOCR", written_by="`ocr`; a run replaces the file", made_by="caption-boundaries ocr"),
    _spec(
        3,
        "layout",
        written_by="`layout` and the layout tool",
        made_by="caption-boundaries layout",
        hand_edited=True,
    ),
    _spec(
        4,
        "captions",
        written_by="`captions` and the caption tool",
        made_by="caption-boundaries captions",
        hand_edited=True,
    ),
    _spec(
        5,
        "cropping",
        written_by="`crop`; made again from the video file and the layout",
        made_by="caption-boundaries crop",
        versioned=False,
        page_size=8192,
    ),
    _spec(
        6,
        "state",
        written_by="every command, on this machine only",
        made_by="caption-boundaries ingest",
        versioned=False,
        hand_edited=True,
        journal_mode="WAL",
    ),
)
"""In the order in which they are attached."""

BY_SCHEMA: dict[str, DatabaseSpec] = {spec.schema: spec for spec in DATABASES}

SCHEMAS: frozenset[str] = frozenset(BY_SCHEMA)

VERSIONED: tuple[DatabaseSpec, ...] = tuple(spec for spec in DATABASES if spec.versioned)
