"""The schema page of the documentation, made from the catalogue and from the comments of the SQL scripts."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from caption_boundaries.database.row_hash import quoted
from caption_boundaries.database.schema import DATABASES, DatabaseSpec
from caption_boundaries.database.upgrading import apply_migrations

BEGIN = "<!-- schema:begin -->"
END = "<!-- schema:end -->"

_TABLE = re.compile(r"^(?:CREATE|ALTER) TABLE (\w+)")
_COLUMN = re.compile(r"^(?: {4}|ALTER TABLE \w+ ADD COLUMN )(\w+)\b.*?(?:-- (.*))?$")
_ONE_OF = re.compile(r"CHECK \((\w+) IN \(([^)]*)\)\)")
_BETWEEN = re.compile(r"CHECK \((\w+) BETWEEN (\S+) AND ([^\s)]+)\)")


@dataclass(frozen=True)
class _Comments:
    """What the scripts of one database say in their comments."""

    purpose: str
    tables: dict[str, str]
    columns: dict[tuple[str, str], str]


def schema_markdown(databases: tuple[DatabaseSpec, ...] = DATABASES) -> str:
    """Return the description of every database, table and column in Markdown."""
    return "\n".join([*_overview(databases), *(line for spec in databases for line in _database(spec))]) + "\n"


def with_schema(page: str) -> str:
    """Return ``page`` with the current description between its markers.

    Raises:
        ValueError: The page lacks the markers.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no place for the schema: it needs {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{schema_markdown()}\n{END}{after}"


def _overview(databases: tuple[DatabaseSpec, ...]) -> Iterator[str]:
    yield "| file | schema | tables | written by | versioned | journal |"
    yield "|---|---|---|---|---|---|"
    for spec in databases:
        tables = ", ".join(f"`{table}`" for table in spec.tables)
        versioned = "yes" if spec.versioned else "no"
        yield (
            f"| `{spec.filename}` | `{spec.schema}` | {tables} | {spec.written_by} | {versioned} "
            f"| {spec.journal_mode} |"
        )


def _database(spec: DatabaseSpec) -> Iterator[str]:
    comments = _read_comments(spec)
    yield from ("", f"### `{spec.filename}`", "", comments.purpose, "")
    yield (
        f"Application id `{spec.application_id:#x}`, schema version {spec.version}, pages of {spec.page_size} bytes. "
        f"Made by `{spec.made_by}`."
    )
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        apply_migrations(connection, spec)
        for table in spec.tables:
            yield from _table(connection, table, comments)


def _table(connection: sqlite3.Connection, table: str, comments: _Comments) -> Iterator[str]:
    yield from ("", f"#### `{table}`", "")
    if table in comments.tables:
        yield from (comments.tables[table], "")
    allowed = _allowed_values(connection, table)
    yield "| column | type | rule | meaning |"
    yield "|---|---|---|---|"
    rows = connection.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
    for _, name, kind, required, default, key in rows:
        parts = [comments.columns.get((table, name), ""), allowed.get(name, "")]
        meaning = "; ".join(part for part in parts if part).replace("|", "\\|")
        shown = "key" if key else f"default `{default}`" if default is not None else "required" if required else ""
        yield f"| `{name}` | {kind} | {shown} | {meaning} |"
    yield from _indexes(connection, table)


def _indexes(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    indexes = []
    for _, name, unique, origin, _ in connection.execute(f"PRAGMA index_list({quoted(table)})").fetchall():
        columns = ", ".join(row[2] for row in connection.execute(f"PRAGMA index_info({quoted(name)})"))
        indexes.append(f"{'unique ' if unique else ''}({columns})" + (f" as `{name}`" if origin == "c" else ""))
    if indexes:
        yield from ("", f"Indexes: {', '.join(sorted(indexes))}.")


def _allowed_values(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    one_of = {name: f"one of {_listed(values)}" for name, values in _ONE_OF.findall(sql) if "'" in values}
    return one_of | {name: f"{low} to {high}" for name, low, high in _BETWEEN.findall(sql)}


def _listed(values: str) -> str:
    return ", ".join(f"`{value.strip()[1:-1]}`" for value in values.split(","))


def _read_comments(spec: DatabaseSpec) -> _Comments:
    """Read what stands before the tables, and behind the columns."""
    purpose = _first_comment(spec.migrations[0])
    tables: dict[str, str] = {}
    columns: dict[tuple[str, str], str] = {}
    for script in spec.migrations:
        table, above = "", ""
        for line in script.partition("\n\n")[2].splitlines():
            if found := _TABLE.match(line):
                table = found[1]
                tables.update({table: above} if above else {})
            if (found := _COLUMN.match(line)) and found[2]:
                columns[table, found[1]] = found[2]
            above = f"{above} {line[3:]}".strip() if line.startswith("-- ") else ""
    return _Comments(purpose, tables, columns)


def _first_comment(script: str) -> str:
    lines = script.partition("\n\n")[0].splitlines()
    return " ".join(line.removeprefix("-- ") for line in lines)
