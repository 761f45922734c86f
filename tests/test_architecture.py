"""What no linter checks: where SQL may stand, how long a file may be, and how the steps fit together."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from caption_boundaries.database.schema import SCHEMAS
from caption_boundaries.pipeline import STEPS

SOURCE = Path(__file__).resolve().parents[1] / "src" / "caption_boundaries"
SQL_ALLOWED = ("database", "migration")
TORCH_ALLOWED = ("training", "models/network.py", "inference/torch_backend.py", "data/dataset.py")
"""Where torch may be imported: everything else runs without it."""
LAZY_TORCH_ALLOWED = ("cli/training.py",)
"""Where it may be imported inside a function, once it is known to be there."""
MAX_LINES = 400
SQL = re.compile(
    r"^\s*(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|CREATE\s+TABLE|PRAGMA\s|ATTACH\s)",
    re.IGNORECASE | re.DOTALL,
)


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def strings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_sql_stands_only_where_databases_are_read_and_written(path: Path) -> None:
    if path.relative_to(SOURCE).parts[0] in SQL_ALLOWED:
        return
    assert [text for text in strings(path) if SQL.match(text)] == []


def imports(path: Path, package: str, *, top_only: bool = False) -> bool:
    """Tell whether a module imports a package, anywhere or outside of functions and of what is only for types."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_only else list(ast.walk(tree))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return any(name.split(".")[0] == package for name in names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_training_needs_torch(path: Path) -> None:
    place = str(path.relative_to(SOURCE))
    if place.startswith(TORCH_ALLOWED):
        return
    assert not imports(path, "torch", top_only=place in LAZY_TORCH_ALLOWED)


@pytest.mark.parametrize(
    ("package", "places"),
    [
        ("wandb", {"training/tracking.py"}),
        ("distributed", {"fleet/cluster.py"}),
        ("dask", set()),
        ("fsspec", {"fleet/remote.py"}),
        ("dvc", {"versioning/dvc_store.py", "versioning/pointers.py"}),
        ("fastapi", None),
    ],
)
def test_only_one_place_knows_a_large_library(package: str, places: set[str] | None) -> None:
    found = {str(path.relative_to(SOURCE)) for path in modules() if imports(path, package)}
    assert found == places if places is not None else all(place.startswith("web/") for place in found)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_file_is_longer_than_a_person_can_hold(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_no_module_is_a_drawer() -> None:
    assert [path for path in modules() if path.stem in {"utils", "helpers", "misc", "common"}] == []


def test_steps_flow_one_way() -> None:
    written: set[str] = set()
    for step in STEPS:
        assert step.reads <= written, f"{step.name} reads what no earlier step wrote"
        assert step.writes not in written, f"{step.name} writes what another step wrote"
        if step.writes is not None:
            written.add(step.writes)
    assert written == SCHEMAS - {"state"}


def test_a_step_never_reads_what_it_writes() -> None:
    assert [step.name for step in STEPS if step.writes in step.reads] == []
