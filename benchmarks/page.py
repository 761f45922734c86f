"""The page of the documentation that shows every stored figure with the machine it comes from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

INTRODUCTION = """\
# Benchmarks

Made by `make bench` from the files in `benchmarks/results/`; what each figure means stands in `benchmarks/README.md`.
A **ratio** sets a figure beside a peer or a physical limit that was measured in the same run, on the same machine:
trust the ratios, not the seconds. *Load* is how busy the machine was when a benchmark began, in waiting or running
programs; above the number of cores wall times say little.
"""
ORDER = (
    "extraction",
    "growth",
    "access",
    "frames",
    "loader",
    "boundaries",
    "annotation",
    "annotation_oracle",
    "versioning",
)
TITLES = {
    "access": "Access to the databases",
    "annotation": "Annotation tools",
    "annotation_oracle": "Work of an annotator, simulated",
    "boundaries": "Boundaries, learned and by rule",
    "extraction": "Extraction",
    "fleet": "Fleets",
    "fleet_simulation": "A million hours, simulated",
    "frames": "Frames for training",
    "growth": "Growth with length and number",
    "loader": "Loader of a training",
    "migration": "Migration",
    "profile": "Where the time of an extraction goes",
    "versioning": "Versioning",
}
MAX_ROWS = 60


def write_page(results: Path, docs: Path) -> Path:
    """Write ``benchmarks.md`` into ``docs`` with the pictures it shows, and return its path."""
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json"))]
    reports = sorted((report for report in reports if report.get("figures")), key=_place)
    parts = [INTRODUCTION]
    for report in reports:
        name = report["benchmark"]
        parts += [f"## {TITLES.get(name, name.replace('_', ' ').capitalize())}", machine_line(report["machine"])]
        parts += _pictures(name, results, docs)
        parts.append("\n".join(figure_rows(report["figures"])))
    page = docs / "benchmarks.md"
    page.write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")
    return page


def _place(report: Mapping[str, Any]) -> tuple[int, str]:
    name = report["benchmark"]
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def _pictures(name: str, results: Path, docs: Path) -> list[str]:
    """Copy the plots of a benchmark beside the page; returns the lines that show them."""
    lines = []
    for picture in sorted(results.glob(f"{name}*.png")):
        if picture.stem != name and picture.stem in TITLES:
            continue  # of another benchmark whose name begins alike
        folder = docs / "images" / "benchmarks"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture, folder / picture.name)
        lines.append(f"![{TITLES.get(name, name)}](images/benchmarks/{picture.name})")
    return lines


def machine_line(machine: Mapping[str, Any]) -> str:
    """Return what a report was measured on, in one line."""
    load = machine.get("load_before") or ["?"]
    return (
        f"{machine.get('cpu', '?')}, {machine.get('cores', '?')} cores, {machine.get('memory_gb', '?')} GB, "
        f"{machine.get('system', '?')}, Python {machine.get('python', '?')}; "
        f"{str(machine.get('measured_at', '?'))[:10]}; load {load[0]}."
    )


def figure_rows(figures: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield "| figure | value | beside | ratio | aim |"
    yield "|---|---:|---|---:|---|"
    for figure in figures[:MAX_ROWS]:
        beside = ""
        if "reference" in figure:
            beside = f"{number(figure['reference'])} {figure.get('unit', '')} ({figure.get('reference_name', '')})"
        ratio = number(figure["ratio"]) if "ratio" in figure else ""
        cells = (figure["name"], f"{number(figure['value'])} {figure.get('unit', '')}", beside, ratio, _aim(figure))
        yield "| " + " | ".join(str(cell).replace("|", "\\|").strip() for cell in cells) + " |"
    if len(figures) > MAX_ROWS:
        yield ""
        yield f"{len(figures) - MAX_ROWS} further figures are in the file."


def _aim(figure: Mapping[str, Any]) -> str:
    return str(figure.get("aim", "")).replace("<=", "≤").replace(">=", "≥")


def number(value: float) -> str:
    """Return a number as people read it: four digits that count."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
