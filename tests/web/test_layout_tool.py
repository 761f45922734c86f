"""The layout tool without a browser: what it answers, and what it writes."""

from __future__ import annotations

import base64
import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from caption_boundaries.database.layout import BoxLabel, LayoutReader, LayoutWriter, regions_from_json
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import all_databases
from caption_boundaries.layout.classifier import BoxClassifier
from caption_boundaries.layout.workbench import Workbench
from caption_boundaries.types import Box
from support.tool_client import OTHER, SESSION, LayoutTool
from support.web_data import made_lines, make_video
from support.web_server import Server


class Layout(LayoutTool):
    """The layout tool, and what it has written."""

    def stored(self) -> list[BoxLabel]:
        with VideoDatabase(self.folder, readonly=True, attach={"layout"}) as connection:
            return LayoutReader(connection).box_labels()

    def config(self) -> Any:
        with VideoDatabase(self.folder, readonly=True, attach={"layout"}) as connection:
            return LayoutReader(connection).config()


def unpack(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=np.dtype(kind).newbyteorder("<"))


@pytest.fixture
def layout(server: Server, video_id: str) -> Layout:
    made = Layout(server, video_id)
    made.state()
    return made


def truth(frames: int = 12) -> np.ndarray:
    return np.array([line.caption for i in range(frames) for line in made_lines(i * 100)])


def test_the_state_holds_every_frame_and_box(layout: Layout):
    state = layout.state()
    lines = [line.line for i in range(12) for line in made_lines(i * 100)]
    assert state["frames"] == [i * 100 for i in range(12)]
    assert state["boxes"]["texts"] == [line.text for line in lines]
    edges = unpack(state["boxes"]["edges"], "f4").reshape(-1, 4)
    np.testing.assert_allclose(edges, [[*vars_of(line.box)] for line in lines], atol=1e-6)
    frames = unpack(state["boxes"]["frame"], "i4")
    assert frames.tolist() == [i for i in range(12) for _ in made_lines(i * 100)]
    assert not unpack(state["labels"], "i1").any()
    assert state["crop"]["regions"][0]["left"] == pytest.approx(0.1)
    assert (state["can_undo"], state["can_redo"], state["strays"]) == (False, False, 0)


def vars_of(box: Box) -> tuple[float, ...]:
    return box.left, box.top, box.right, box.bottom


def test_a_label_is_stored_with_what_was_predicted(layout: Layout):
    caption = int(np.flatnonzero(truth())[0])
    answer = layout.send("labels", put_in=[caption], put_out=[0])
    assert dict(zip(answer["boxes"], answer["labels"], strict=True)) == {0: 1, caption: 2}
    assert answer["assessment"]["source"] == "model"
    assert (answer["assessment"]["labels_in"], answer["assessment"]["labels_out"]) == (1, 1)
    stored = {(row.frame_index, row.box_index): row for row in layout.stored()}
    logo = stored[0, 0]
    assert (logo.label, logo.label_source, logo.box_text, logo.predicted_label) == ("out", "user", "NEWS 7", "out")
    assert 0.5 <= (logo.predicted_confidence or 0) <= 1
    box = made_lines(0)[0].line.box.to_pixels(640, 360)
    assert (logo.box_left, logo.box_top, logo.box_right, logo.box_bottom) == (box.left, box.top, box.right, box.bottom)


def test_labels_teach_the_model(layout: Layout):
    said = truth()
    known = [number for number in range(len(said)) if number % 2 == 0]
    answer = layout.send(
        "labels",
        put_in=[number for number in known if said[number]],
        put_out=[number for number in known if not said[number]],
    )
    odds = unpack(answer["assessment"]["odds"], "f4")
    assert ((odds > 0) == said).mean() > 0.95


def test_a_wrong_label_is_doubted(layout: Layout):
    said = truth()
    wrong = int(np.flatnonzero(said)[3])
    inside = [int(n) for n in np.flatnonzero(said) if n != wrong]
    answer = layout.send("labels", put_in=inside, put_out=[int(n) for n in np.flatnonzero(~said)] + [wrong])
    doubts = answer["assessment"]["doubts"]
    assert wrong in [number for number, _ in doubts[:2]]
    answer = layout.send("labels", put_in=[wrong], kind="flip")
    assert wrong not in [number for number, _ in answer["assessment"]["doubts"]]


def test_clearing_takes_a_label_away(layout: Layout):
    layout.send("labels", put_out=[0, 1])
    answer = layout.send("labels", clear=[0])
    assert (answer["boxes"], answer["labels"]) == ([0], [0])
    assert len(layout.stored()) == 1


def test_what_the_model_was_believed_teaches_it_nothing(layout: Layout):
    answer = layout.send("labels", put_in=[1], put_out=[0], kind="accept-sure", by_model=True)
    assert answer["labels"] == [3, 4]
    assert answer["assessment"]["source"] == "rules"
    assert {row.label_source for row in layout.stored()} == {"model"}


def test_undo_and_redo_say_what_changed_and_where(layout: Layout):
    layout.send("labels", put_out=[0])
    last = len(truth()) - 1
    layout.send("labels", put_in=[last])
    undone = layout.send("undo")
    assert (undone["kind"], undone["boxes"], undone["labels"], undone["focus"]) == ("undo", [last], [0], 1100)
    assert (undone["can_undo"], undone["can_redo"]) == (True, True)
    redone = layout.send("redo")
    assert (redone["boxes"], redone["labels"]) == ([last], [2])
    layout.send("undo")
    layout.send("undo")
    assert layout.stored() == []
    assert layout.send("undo", 409)["error"]["message"] == "There is nothing to undo."


def test_undo_works_after_the_server_was_started_again(layout: Layout, server: Server, video_id: str):
    layout.send("labels", put_out=[0])
    layout.send("labels", put_out=[1])
    server.context.desks.__init__()  # type: ignore[misc]
    again = Layout(server, video_id, session=OTHER)
    assert again.state()["can_undo"]
    assert again.send("undo")["boxes"] == [1]


def test_the_same_request_again_is_applied_once(layout: Layout):
    same = str(uuid.uuid4())
    first = layout.send("labels", put_out=[0], uuid=same)
    again = layout.send("labels", put_out=[0], uuid=same)
    assert first["revision"] == again["revision"] == 1
    assert (first["boxes"], first["labels"]) == (again["boxes"], again["labels"]) == ([0], [1])


def test_an_old_request_that_comes_again_does_not_bring_the_past_back(layout: Layout):
    old = str(uuid.uuid4())
    layout.send("labels", put_out=[0], uuid=old)
    layout.send("labels", put_in=[0])
    again = layout.send("labels", put_out=[0], uuid=old)
    assert (again["boxes"], again["labels"], again["revision"]) == ([0], [2], 2)
    assert unpack(layout.state()["labels"], "i1")[0] == 2


def test_another_person_is_told_instead_of_overwritten(layout: Layout, server: Server, video_id: str):
    other = Layout(server, video_id, actor="ben", session=OTHER)
    other.state()
    layout.send("labels", put_in=[0])
    refused = other.send("labels", 409, put_out=[0])["error"]
    assert (refused["kind"], refused["actor"], refused["rows"]) == (
        "ConflictError",
        "ana",
        [["full_frame_box_labels", ["full_frame", 0, 0]]],
    )
    other.send("labels", put_out=[1])  # another box: no conflict
    other.send("labels", put_out=[0], base_revision=None)  # theirs, knowingly
    assert [row.label for row in layout.stored()] == ["out", "out"]


def test_the_history_tells_who_did_what_where(layout: Layout, server: Server):
    layout.send("labels", put_out=[len(truth()) - 1], kind="rectangle")
    layout.send("undo")
    history = server.get(f"{layout.root}/history")
    assert history["revision"] == 2
    shown = [(e["kind"], e["actor"], e["rows"], e["frame_index"], e["undoes"]) for e in history["entries"]]
    assert shown == [("undo", "ana", 1, 1100, 1), ("rectangle", "ana", 1, 1100, None)]


REGION = {"left": 0.05, "top": 0.75, "right": 0.95, "bottom": 0.96}


def test_a_drawn_rectangle_waits_beside_the_stored_crop(layout: Layout):
    answer = layout.send("draft", regions=[{**REGION, "locked": ["top"]}])
    assert answer["crop"]["draft"] == [{**REGION, "locked": ["top"]}]
    assert answer["crop"]["version"] == 1
    assert regions_from_json(layout.config().regions)[0].box.left == pytest.approx(0.1)
    assert layout.send("undo")["crop"]["draft"] == []


def test_approving_stores_a_version_and_the_model(layout: Layout):
    said = truth()
    layout.send(
        "labels", put_in=[int(n) for n in np.flatnonzero(said)], put_out=[int(n) for n in np.flatnonzero(~said)]
    )
    layout.send("draft", regions=[{**REGION, "locked": []}])
    answer = layout.send("approve", regions=[{**REGION, "locked": []}])
    assert (answer["crop"]["approved"], answer["crop"]["version"], answer["crop"]["draft"]) == (True, 2, [])
    config = layout.config()
    (region,) = regions_from_json(config.regions)
    assert vars_of(region.box) == (0.05, 0.75, 0.95, 0.96)
    assert (region.line_count, region.anchor, region.polarity) == (2, "center", "light")
    assert region.line_height == pytest.approx(0.055, abs=0.002)
    assert (config.crop_left, config.crop_top, config.crop_right, config.crop_bottom) == (32, 270, 608, 346)
    with VideoDatabase(layout.folder, readonly=True, attach={"layout"}) as connection:
        model = LayoutReader(connection).model()
    assert model is not None
    assert (
        BoxClassifier.from_json(model.parameters or "").version == model.model_version == config.analysis_model_version
    )
    assert model.n_training_samples == len(said)
    again = layout.send("approve", regions=[{**REGION, "locked": []}])
    assert again["crop"]["version"] == 2
    assert layout.send("withdraw")["crop"]["approved"] is False
    for _ in range(3):
        answer = layout.send("undo")
    assert (answer["crop"]["approved"], answer["crop"]["version"], len(answer["crop"]["draft"])) == (False, 1, 0)


def test_a_video_without_captions_can_be_approved_too(layout: Layout):
    answer = layout.send("approve", regions=[])
    assert (answer["crop"]["approved"], answer["crop"]["regions"]) == (True, [])
    assert layout.config().has_captions == 0


@pytest.mark.parametrize(
    ("regions", "message"),
    [
        ([{**REGION, "right": 0.05}], "too small"),
        ([{**REGION, "bottom": 0.751}], "too small"),
        ([REGION, {**REGION, "top": 0.9}], "overlap"),
        ([{**REGION, "left": -0.1}], "greater than or equal to 0"),
        ([REGION] * 9, "at most 8"),
    ],
)
def test_rectangles_that_cannot_be_are_refused(layout: Layout, regions: list[dict[str, float]], message: str):
    for what in ("draft", "approve"):
        sent = {"uuid": str(uuid.uuid4()), "base_revision": None, **layout.who, "regions": regions}
        answer = layout.server.client.post(f"{layout.root}/{what}", json=sent)
        assert answer.status_code in (400, 422)
        assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"put_in": [10_000]},
        {"put_in": [-1]},
        {"uuid": "short"},
        {"actor": ""},
        {"actor": "a" * 61},
        {"unknown": 1},
        {"put_in": "all"},
        {"kind": "undo"},
        {"base_revision": -1},
    ],
    ids=str,
)
def test_requests_that_make_no_sense_are_refused(layout: Layout, body: dict[str, Any]):
    sent = {"uuid": str(uuid.uuid4()), "base_revision": None, **layout.who, **body}
    answer = layout.server.client.post(f"{layout.root}/labels", json=sent)
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]


def test_the_suggested_crop_follows_the_labels(layout: Layout, server: Server):
    said = truth()
    layout.send(
        "labels", put_in=[int(n) for n in np.flatnonzero(said)], put_out=[int(n) for n in np.flatnonzero(~said)]
    )
    (region,) = server.get(f"{layout.root}/crop")["regions"]
    for i in range(12):
        for line in made_lines(i * 100):
            if line.caption:
                assert region["left"] <= line.line.box.left
                assert region["right"] >= line.line.box.right
                assert region["top"] <= line.line.box.top
                assert region["bottom"] >= line.line.box.bottom


def test_labels_are_saved_while_a_crop_is_worked_out(layout: Layout, server: Server, monkeypatch: pytest.MonkeyPatch):
    begun, saved = threading.Event(), threading.Event()
    areas = Workbench.areas

    def slow_areas(*parts: Any) -> Any:
        begun.set()
        assert saved.wait(60)
        return areas(*parts)

    monkeypatch.setattr(Workbench, "areas", slow_areas)
    with ThreadPoolExecutor() as pool:
        suggested = pool.submit(server.get, f"{layout.root}/crop")
        assert begun.wait(60)
        layout.send("labels", put_in=[0])
        saved.set()
        assert suggested.result()["revision"] == layout.revision - 1


def test_only_layout_db_is_written(layout: Layout):
    def contents() -> dict[str, bytes]:
        return {name: path.read_bytes() for name, path in all_databases(layout.folder).items() if name != "layout"}

    before = contents()
    layout.send("labels", put_in=[1], put_out=[0])
    layout.send("draft", regions=[{**REGION, "locked": []}])
    layout.send("approve", regions=[{**REGION, "locked": []}])
    layout.send("undo")
    layout.state()
    assert contents() == before
    assert sorted(path.name for path in layout.folder.iterdir()) == sorted(
        path.name for path in all_databases(layout.folder).values()
    )


def test_labels_outlive_another_run_of_the_engine(layout: Layout, server: Server, video_id: str):
    box = made_lines(0)[0].line.box.to_pixels(640, 360)
    place = (box.left, box.top, box.right, box.bottom)
    with VideoDatabase(layout.folder, writes={"layout"}, attach={"layout"}) as connection:
        LayoutWriter(connection).save_box_labels(
            [
                BoxLabel(0, 7, "NEWS", *place, "out", "user"),  # the same box, numbered otherwise then
                BoxLabel(100, 0, "gone", 5, 200, 60, 220, "in", "user"),  # a box that is not found any more
                BoxLabel(777, 0, "no such frame", 1, 2, 3, 4, "in", "user"),
            ]
        )
    state = layout.state()
    assert np.flatnonzero(unpack(state["labels"], "i1")).tolist() == [0]
    assert state["strays"] == 2
    first_of_second_frame = len(made_lines(0))
    layout.send("labels", put_out=[first_of_second_frame], put_in=[0])
    slots = {(row.frame_index, row.box_index): (row.box_text, row.label) for row in layout.stored()}
    assert slots == {
        (0, 7): ("NEWS 7", "in"),
        (100, 0): ("gone", "in"),
        (100, 1000): ("NEWS 7", "out"),
        (777, 0): ("no such frame", "in"),
    }
    assert layout.state()["strays"] == 2


def test_another_program_changing_the_layout_is_noticed(layout: Layout):
    with VideoDatabase(layout.folder, writes={"layout"}, attach={"layout"}) as connection:
        LayoutWriter(connection).save_box_labels([BoxLabel(0, 0, "x", 538, 18, 608, 36, "out", "user")])
    assert unpack(layout.state()["labels"], "i1")[0] == 1


def test_a_video_without_layout_says_which_step_is_missing(server: Server, data: Path):
    folder = make_video(data, frames=2, name="two.mp4", layout=False)
    (folder / "layout.db").unlink()
    answer = server.get(f"/api/v1/videos/{server.context.registry.id_of(folder)}/layout/state", 404)
    assert "layout.db is missing" in answer["error"]["message"]
    assert "caption-boundaries layout" in answer["error"]["hint"]


def test_presence_tells_of_others_and_of_new_revisions(layout: Layout, server: Server):
    path = f"{layout.root}/presence"
    first = server.post(path, {"actor": "ana", "session": SESSION})
    assert first["others"] == []
    layout.send("labels", put_out=[0])
    second = server.post(path, {"actor": "ben", "session": OTHER})
    assert second["others"] == [{"actor": "ana", "session": SESSION}]
    assert second["revision"] == 1
    assert second["stamp"] == first["stamp"]
    server.post(path, {"actor": "ana", "session": SESSION, "leaving": True})
    assert server.post(path, {"actor": "ben", "session": OTHER})["others"] == []


def test_how_long_the_predictions_were_right_is_counted(layout: Layout):
    said = truth()
    numbers = list(range(10))
    layout.send("labels", put_in=[n for n in numbers if said[n]], put_out=[n for n in numbers if not said[n]])
    answer = layout.send("labels", put_out=[int(np.flatnonzero(said)[-1])])
    agreed = answer["assessment"]["agreed"]
    stored = sorted(json.dumps([row.label, row.predicted_label]) for row in layout.stored())
    assert agreed == 0, stored
