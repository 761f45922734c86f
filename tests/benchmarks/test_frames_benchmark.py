"""The stores that are compared hold the same pictures, and every one is measured."""

from __future__ import annotations

from argparse import Namespace
from contextlib import ExitStack
from pathlib import Path

import pytest

pytest.importorskip("lmdb", reason="lmdb is missing, which comes with the extra bench")

from frames import AIMED, measure_stores
from frames_stores import CROPS, FULL_FRAMES, Kind, open_stores, pictures

COUNT = 6


@pytest.mark.parametrize("kind", [CROPS, FULL_FRAMES], ids=lambda kind: kind.name)
def test_every_store_gives_the_same_pictures(kind: Kind, tmp_path: Path) -> None:
    wanted = pictures(kind, COUNT)
    with ExitStack() as held:
        stores = open_stores(tmp_path, kind, COUNT, held)
        for index in (3, 0, COUNT - 2):
            for name, read in stores.items():
                found = read(index)
                if name.startswith("pair"):
                    both = found.values() if isinstance(found, dict) else found
                    assert list(both) == wanted[index : index + 2], name
                else:
                    assert getattr(found, "image_data", found) == wanted[index], name


def test_figures_stand_beside_plain_files(tmp_path: Path) -> None:
    figures = measure_stores(tmp_path / "crops", CROPS, Namespace(frames=COUNT, reads=20, rounds=1))
    assert {figure.reference_name for figure in figures} == {"plain files", "pair from plain files"}
    aims = {figure.name.removeprefix("crops: ") for figure in figures if figure.aim}
    assert aims == set(AIMED)
