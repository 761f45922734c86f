"""The catalogue of databases, and where their files lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from caption_boundaries.database.paths import (
    all_databases,
    check_databases_exist,
    database_path,
    get_video_databases,
    side_files,
    sqlite_uri,
)
from caption_boundaries.database.schema import BY_SCHEMA, DATABASES, SCHEMAS, VERSIONED, DatabaseSpec
from support.databases import new_folder, rows

EACH = pytest.mark.parametrize("spec", DATABASES, ids=lambda spec: spec.schema)


def test_six_databases_in_a_fixed_order() -> None:
    assert [spec.schema for spec in DATABASES] == ["video", "fullOCR", "layout", "captions", "cropping", "state"]
    assert [spec.filename for spec in DATABASES] == [f"{spec.schema}.db" for spec in DATABASES]
    assert set(BY_SCHEMA) == SCHEMAS == {spec.schema for spec in DATABASES}


def test_every_database_has_an_application_id_of_its_own() -> None:
    assert len({spec.application_id for spec in DATABASES}) == len(DATABASES)
    assert all(0 < spec.application_id < 2**31 for spec in DATABASES)


def test_no_name_of_a_schema_or_file_differs_from_another_by_case_only() -> None:
    assert len({spec.schema.lower() for spec in DATABASES}) == len(DATABASES)


def test_what_is_versioned_is_never_in_write_ahead_mode() -> None:
    assert {spec.schema for spec in VERSIONED} == {"video", "fullOCR", "layout", "captions"}
    assert {spec.journal_mode for spec in VERSIONED} == {"DELETE"}
    assert {spec.schema for spec in DATABASES if spec.journal_mode == "WAL"} == {"state"}


@EACH
def test_a_new_file_is_what_the_catalogue_says(spec: DatabaseSpec, tmp_path: Path) -> None:
    path = database_path(new_folder(tmp_path / "video"), spec.schema)
    for pragma, value in (
        ("application_id", spec.application_id),
        ("user_version", spec.version),
        ("journal_mode", spec.journal_mode.lower()),
        ("page_size", spec.page_size),
        ("encoding", "UTF-8"),
        ("integrity_check", "ok"),
    ):
        assert rows(path, f"PRAGMA {pragma}") == [(value,)], pragma


@EACH
def test_the_tables_that_are_named_are_the_tables_that_are_made(spec: DatabaseSpec, tmp_path: Path) -> None:
    path = database_path(new_folder(tmp_path / "video"), spec.schema)
    made = rows(
        path, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rootpage"
    )
    assert [name for (name,) in made] == list(spec.tables)


@EACH
def test_every_table_of_a_versioned_database_is_ordered_by_an_integer_key(spec: DatabaseSpec, tmp_path: Path) -> None:
    """Sealing needs it: rows of other tables lie in the order in which they were written."""
    path = database_path(new_folder(tmp_path / "video"), spec.schema)
    for table in spec.tables if spec.versioned else ():
        keys = [row for row in rows(path, f"PRAGMA table_info({table})") if row[5]]
        assert [row[2] for row in keys] == ["INTEGER"], table


@pytest.mark.parametrize("kind", [Path, str])
def test_get_video_databases_names_the_four_versioned_files(kind: type, tmp_path: Path) -> None:
    assert list(get_video_databases(kind(tmp_path)).items()) == [
        ("video", tmp_path / "video.db"),
        ("fullOCR", tmp_path / "fullOCR.db"),
        ("layout", tmp_path / "layout.db"),
        ("captions", tmp_path / "captions.db"),
    ]
    assert list(tmp_path.iterdir()) == [], "asking makes nothing"


@pytest.mark.parametrize("kind", [Path, str])
def test_check_databases_exist_looks_at_every_file(kind: type, tmp_path: Path) -> None:
    assert check_databases_exist(kind(tmp_path)) == dict.fromkeys(all_databases(tmp_path), False)
    (tmp_path / "layout.db").touch()
    (tmp_path / "video.db").mkdir()
    (tmp_path / "captions.db").symlink_to("nowhere")
    assert check_databases_exist(kind(tmp_path)) == dict.fromkeys(all_databases(tmp_path), False) | {"layout": True}
    assert check_databases_exist(kind(tmp_path / "nothing")) == dict.fromkeys(all_databases(tmp_path), False)


def test_side_files_are_what_sqlite_leaves_beside_a_database(tmp_path: Path) -> None:
    path = tmp_path / "layout.db"
    assert side_files(path) == []
    for name in ("layout.db-wal", "layout.db-journal", "layout.db-mj1234ABCD", "captions.db-wal", "layout.db.bak"):
        (tmp_path / name).touch()
    assert {file.name for file in side_files(path)} == {"layout.db-wal", "layout.db-journal", "layout.db-mj1234ABCD"}
    assert side_files(tmp_path / "nothing" / "layout.db") == []


def test_side_files_of_a_link_lie_beside_the_file_it_leads_to(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "abcdef").touch()
    (cache / "abcdef-journal").touch()
    (tmp_path / "layout.db").symlink_to(cache / "abcdef")
    assert side_files(tmp_path / "layout.db") == [cache / "abcdef-journal"]


def test_a_uri_is_whole_with_and_without_parameters() -> None:
    assert sqlite_uri(Path("/a b/c#d?.db")) == "file:///a%20b/c%23d%3F.db"
    assert sqlite_uri(Path("/x.db"), mode="ro", immutable=1) == "file:///x.db?mode=ro&immutable=1"
