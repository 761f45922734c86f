"""The schema page is made from the catalogue, and is current."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import pytest

from caption_boundaries.database.documentation import BEGIN, END, schema_markdown, with_schema
from caption_boundaries.database.schema import BY_SCHEMA, DATABASES, DatabaseSpec
from support.data import REPOSITORY

SCRIPT = REPOSITORY / "scripts" / "update-schema-docs.py"


def test_the_page_is_current() -> None:
    checked = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_the_page_tells_of_every_database_table_and_column() -> None:
    page = schema_markdown()
    for spec in DATABASES:
        part = page.partition(f"### `{spec.filename}`")[2].partition("\n### ")[0]
        assert f"`{spec.application_id:#x}`" in part
        for table in spec.tables:
            assert f"#### `{table}`" in part
    assert "| `crop_bottom` | INTEGER | default `0` | exclusive |" in page
    assert "| `label` | TEXT | required | one of `in`, `out` |" in page
    assert "counted from the BOTTOM" in page
    assert "One row for every frame that a run looked at" in page
    assert "Indexes: (frame_index) as `idx_full_frame_ocr_frame`, unique (frame_index, box_index)." in page


@dataclass(frozen=True)
class Later(DatabaseSpec):
    @property
    def migrations(self) -> tuple[str, ...]:  # type: ignore[override]
        return (
            "-- Two lines\n-- of purpose.\n\n"
            "CREATE TABLE a (\n    b TEXT CHECK (b IN ('x|y', 'z'))  -- either | or\n);\n",
            "-- Grown later.\n\nALTER TABLE a ADD COLUMN c REAL CHECK (c BETWEEN 0 AND 1);  -- added\n",
        )


def test_columns_that_a_later_migration_adds_are_told_too() -> None:
    today = BY_SCHEMA["layout"]
    page = schema_markdown((Later(**{name: getattr(today, name) for name in today.__dataclass_fields__}),))
    assert "\nTwo lines of purpose.\n" in page
    assert "schema version 2" in page
    assert "| `b` | TEXT |  | either \\| or; one of `x\\|y`, `z` |" in page
    assert "| `c` | REAL |  | added; 0 to 1 |" in page


def test_only_what_is_between_the_markers_is_replaced() -> None:
    page = with_schema(f"# Before\n{BEGIN}\nold\n{END}\nafter {END}\n")
    assert page.startswith(f"# Before\n{BEGIN}\n")
    assert page.endswith(f"{END}\nafter {END}\n")
    assert "\nold\n" not in page
    assert with_schema(page) == page


@pytest.mark.parametrize("page", ["", BEGIN, END, f"{END}{BEGIN}"])
def test_a_page_without_a_place_for_it_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="no place for the schema"):
        with_schema(page)
