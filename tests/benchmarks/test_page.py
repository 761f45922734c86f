"""The page of all figures is made from what is stored, whatever is stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from machine import describe
from page import MAX_ROWS, figure_rows, number, write_page
from report import Figure, write_report
from run_all import BENCHMARKS, HERE, chosen


@pytest.mark.parametrize(
    ("value", "shown"),
    [(3, "3"), (12345.0, "12,345"), (0.123456, "0.1235"), (1234.5678, "1,235"), (0, "0"), (1e-6, "1e-06")],
)
def test_numbers_have_four_digits_that_count(value: float, shown: str) -> None:
    assert number(value) == shown


def test_the_page_shows_figures_ratios_aims_and_the_machine(tmp_path: Path) -> None:
    results, docs = tmp_path / "results", tmp_path / "docs"
    docs.mkdir()
    figures = [Figure("read | warm", 5.0, "µs", 10.0, "plain file", "<= 1.0"), Figure("videos", 3, "")]
    write_report("access", figures, machine=describe(), folder=results)
    write_report("another", [Figure("x", 1.5, "s")], machine={"cpu": "A"}, folder=results)
    (results / "access.png").write_bytes(b"png")
    page = write_page(results, docs).read_text(encoding="utf-8")
    assert "## Access to the databases" in page
    assert "## Another" in page
    assert page.index("Access") < page.index("Another")
    assert r"| read \| warm | 5 µs | 10 µs (plain file) | 0.5 | ≤ 1.0 |" in page
    assert "| videos | 3 |  |  |  |" in page
    assert "images/benchmarks/access.png" in page
    assert (docs / "images" / "benchmarks" / "access.png").read_bytes() == b"png"


def test_long_lists_are_cut_and_say_so() -> None:
    rows = list(figure_rows([{"name": str(i), "value": i} for i in range(MAX_ROWS + 5)]))
    assert (len(rows), rows[-1]) == (MAX_ROWS + 4, "5 further figures are in the file.")


def test_every_stored_report_has_a_page(tmp_path: Path) -> None:
    stored = [json.loads(path.read_text(encoding="utf-8")) for path in (HERE / "results").glob("*.json")]
    page = write_page(HERE / "results", tmp_path).read_text(encoding="utf-8")
    assert page.count("\n## ") == sum(bool(report.get("figures")) for report in stored)


def test_benchmarks_can_be_chosen() -> None:
    assert [one.name for one in chosen(["access"])] == ["access"]
    assert {one.name for one in chosen([])} <= {one.name for one in BENCHMARKS}
