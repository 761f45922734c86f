"""The seven things that people do with a video, one after the other on the example clip.

Each is done as people do it, with the commands and the pages, and each changes the databases that are its own.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
import simplejpeg
from starlette.testclient import TestClient

from caption_boundaries.cli.main import run
from caption_boundaries.database.captions import CaptionReader
from caption_boundaries.database.cropping import CropReader
from caption_boundaries.database.full_ocr import OcrReader
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.library import find_video_folders
from caption_boundaries.web.app import create_app, create_context
from caption_boundaries.web.settings import WebSettings
from support.data import REPOSITORY
from support.folders import file_hashes
from support.web_server import Server

EXAMPLE = REPOSITORY / "examples" / "big_buck_bunny_en.mp4"
TRUTH = [caption["text"] for caption in json.loads(EXAMPLE.with_suffix(".json").read_text("utf-8"))["captions"]]
WHO = {"actor": "ana", "session": "11111111-1111-4111-8111-111111111111"}
DATABASES = ("video", "fullOCR", "layout", "captions", "cropping")
"""All but `state.db`, in which every command may note something of this machine."""


@dataclass
class Workplace:
    """A data root with one video, the pages over it, and what the databases held last."""

    root: Path
    server: Server
    before: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        (folder,) = find_video_folders(self.root)
        return folder

    def command(self, *arguments: str | Path) -> None:
        assert run([*map(str, arguments), "--data", str(self.root), "--quiet"]) == 0

    def get(self, address: str) -> Any:
        return self.server.get(f"/api/v1/videos/{self.folder.name}/{address}")

    def picture(self, kind: str, index: int) -> tuple[int, ...]:
        answer = self.server.client.get(f"/media/videos/{self.folder.name}/{kind}/{index}.jpg?v=1")
        assert answer.status_code == 200
        return tuple(simplejpeg.decode_jpeg(answer.content).shape)

    def act(self, address: str, **body: Any) -> Any:
        sent = {"uuid": str(uuid.uuid4()), "base_revision": None, **WHO, **body}
        return self.server.post(f"/api/v1/videos/{self.folder.name}/{address}", sent)

    def edit(self, kind: str, **change: Any) -> Any:
        return self.act("captions/actions", change={"kind": kind, **change})

    def changed(self) -> set[str]:
        """The databases whose bytes are others than at the last call."""
        now = file_hashes(self.folder)
        changed = {name for name in DATABASES if now.get(f"{name}.db") != self.before.get(f"{name}.db")}
        self.before = now
        return changed

    def open(self) -> Any:
        return VideoDatabase(self.folder, readonly=True)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    root = tmp_path_factory.mktemp("workflows") / "films"
    root.mkdir()
    shutil.copy(EXAMPLE, root.parent / "bunny.mp4")
    context = create_context(WebSettings(data=root))
    app = create_app(context)
    with TestClient(app, base_url="http://127.0.0.1:8765") as client:
        server = Server(app, context, client)
        server.log_in()
        yield Workplace(root, server)


@pytest.fixture(scope="module")
def loaded(workplace: Workplace) -> Workplace:
    """1. Load a video and view its frames."""
    workplace.command("ingest", workplace.root.parent / "bunny.mp4")
    assert workplace.changed() >= {"video"}
    state = workplace.server.get(f"/api/v1/videos/{workplace.folder.name}")
    assert (state["name"], state["width"], state["height"]) == ("bunny.mp4", 1280, 720)
    with workplace.open() as connection:
        indices = [row[0] for row in connection.execute("SELECT frame_index FROM video.full_frames")]
    assert len(indices) >= 20
    assert {workplace.picture("full", index) for index in indices} == {(720, 1280, 3)}
    assert workplace.changed() == set(), "looking changes nothing"
    return workplace


@pytest.fixture(scope="module")
def read(loaded: Workplace) -> Workplace:
    """2. Run the recognition and view its results."""
    loaded.command("ocr", loaded.folder)
    assert loaded.changed() == {"fullOCR"}
    texts = loaded.get("layout/state")["boxes"]["texts"]
    with loaded.open() as connection:
        stored = [line.text for lines in OcrReader(connection).lines().values() for line in lines]
    assert texts == stored
    assert "Something hit my ear." in texts
    return loaded


@pytest.fixture(scope="module")
def labelled(read: Workplace) -> Workplace:
    """3. Annotate the layout: which boxes are the caption."""
    read.command("layout", read.folder)
    assert read.changed() == {"layout"}
    texts = read.get("layout/state")["boxes"]["texts"]
    *inside, outside = range(len(texts))  # everything in this clip is a caption; a model needs both kinds
    answer = read.act("layout/labels", put_in=inside, put_out=[outside])
    assert len(answer["boxes"]) == len(texts)
    assert read.changed() == {"layout"}
    with read.open() as connection:
        labels = LayoutReader(connection).box_labels()
    assert sum(label.label == "in" for label in labels) == len(inside) > 5
    return read


@pytest.fixture(scope="module")
def trained(labelled: Workplace) -> Workplace:
    """4. Train the classification model: it refits on every label, and is saved with the approved crop."""
    regions = labelled.get("layout/crop")["regions"]
    drawn = [{side: region[side] for side in ("left", "top", "right", "bottom")} for region in regions]
    assert labelled.act("layout/approve", regions=drawn)["crop"]["approved"]
    assert labelled.changed() == {"layout"}
    with labelled.open() as connection:
        layout = LayoutReader(connection)
        model, config, labels = layout.model(), layout.config(), layout.box_labels()
    assert model is not None
    assert config is not None
    assert (model.model_version, model.n_training_samples) == (config.analysis_model_version, len(labels))
    return labelled


@pytest.fixture(scope="module")
def edited(trained: Workplace) -> Workplace:
    """5. Edit captions."""
    trained.command("crop", trained.folder)
    assert trained.changed() == {"cropping"}
    trained.command("captions", trained.folder)
    assert trained.changed() == {"captions"}
    state = trained.get("captions/state")
    rows = [dict(zip(state["columns"], row, strict=True)) for row in state["rows"]]
    captions = [row for row in rows if row["boundary_state"] != "gap"]
    assert [row["text"] for row in captions] == TRUTH
    first, second, third, *_ = captions
    before = trained.picture("source", round(first["start_seconds"] * 24))
    assert before == trained.picture("crop", first["start_frame_index"])
    trained.edit("nudge", id=first["id"], edge="end", source_frames=-1)
    trained.edit("split", id=third["id"], frame_index=third["start_frame_index"] + 10)
    trained.act("captions/undo")
    trained.edit("confirm", ids=[second["id"]], text="Yes, there he is.")
    trained.edit("confirm", ids=[row["id"] for row in captions], what="extents")
    assert trained.changed() == {"captions"}
    with trained.open() as connection:
        stored = {row.id: row for row in CaptionReader(connection).captions()}
    assert stored[first["id"]].end_seconds == pytest.approx(first["end_seconds"] - 1 / 24, abs=1e-3)
    assert stored[second["id"]].text == "Yes, there he is."
    assert stored[third["id"]].end_frame_index == third["end_frame_index"], "the split was taken back"
    return trained


@pytest.fixture(scope="module")
def cropped(edited: Workplace) -> Workplace:
    """6. Change the crop and make the crops again: what a person has said of the captions stays."""
    (region, *_) = edited.get("layout/state")["crop"]["regions"]
    drawn = {side: region[side] for side in ("left", "top", "right", "bottom")} | {"top": region["top"] - 0.02}
    edited.act("layout/approve", regions=[drawn])
    assert edited.changed() == {"layout"}
    assert "older than the layout" in edited.get("captions/state")["notices"][0]
    height = edited.picture("crop", 0)[0]
    edited.command("crop", edited.folder)
    assert edited.changed() == {"cropping"}
    assert edited.picture("crop", 0)[0] > height
    with edited.open() as connection:
        assert len(CropReader(connection).frame_indices()) == 280
    said = [row.text for row in _captions(edited)]
    edited.command("captions", edited.folder)
    assert edited.changed() == {"captions"}
    assert [row.text for row in _captions(edited)] == said
    assert edited.get("captions/state")["notices"] == []
    return edited


def _captions(workplace: Workplace) -> list[Any]:
    with workplace.open() as connection:
        return [row for row in CaptionReader(connection).captions() if row.boundary_state != "gap"]


def test_load_a_video_and_view_frames(loaded: Workplace) -> None:
    assert loaded.folder.parent.parent == loaded.root


def test_run_ocr_and_view_the_results(read: Workplace) -> None:
    assert read.get("layout/state")["failures"] == {}


def test_annotate_the_layout(labelled: Workplace) -> None:
    assert labelled.get("layout/history")["entries"][-1]["kind"] == "label"


def test_train_the_classification_model(trained: Workplace) -> None:
    assert trained.get("layout/assessment")["source"] == "model"


def test_edit_captions(edited: Workplace) -> None:
    kinds = [entry["kind"] for entry in edited.get("captions/history")["entries"]]
    assert kinds == ["confirm", "confirm", "undo", "split", "nudge"]


def test_regenerate_the_crops(cropped: Workplace) -> None:
    assert cropped.server.get(f"/api/v1/videos/{cropped.folder.name}")["passes"]["extents_done"] == len(TRUTH)


def test_export_a_training_data_set(cropped: Workplace, tmp_path: Path) -> None:
    """7. What people have confirmed becomes training data; no database changes."""
    cropped.command("dataset", "build", "bunny", cropped.folder, "--folds", "1")
    cropped.command("dataset", "export", "bunny", tmp_path / "out", "--format", "parquet")
    assert cropped.changed() == set()
    tables = [pyarrow.parquet.read_table(path) for path in sorted((tmp_path / "out").rglob("*.parquet"))]
    assert sum(len(table) for table in tables) > 100
