"""The server is killed in the middle of a burst of actions: every acknowledged one is there, and none is half there."""

from __future__ import annotations

import http.client
import json
import random
import shutil
import threading
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import pytest

from caption_boundaries.database.actions import ActionLog, ActionRequest
from caption_boundaries.database.captions import Caption, CaptionReader
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.library import find_video_folders
from support.caption_data import captions_of, make_caption_video
from support.caption_random import random_change
from support.live_server import PATIENCE, LiveServer, start_server
from support.web_data import made_lines, make_video

FRAMES = 12
GONE = (OSError, http.client.HTTPException)
"""What a client meets when the server is killed while it asks."""


class Client:
    """What a page sends, without the page."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.headers = {"content-type": "application/json"}
        key = server.link.partition("#key=")[2]
        with self._ask("/session", {"key": key}) as answer:
            self.headers["cookie"] = answer.headers["set-cookie"].partition(";")[0]
            self.headers["x-token"] = json.load(answer)["token"]

    def _ask(self, path: str, body: Any) -> Any:
        request = urllib.request.Request(self.server.origin + path, json.dumps(body).encode(), self.headers)
        return urllib.request.urlopen(request, timeout=PATIENCE)

    def post(self, path: str, body: Any) -> Any:
        with self._ask(path, body) as answer:
            return json.load(answer)


def burst(client: Client, path: str, acknowledged: list[str], seed: int) -> None:
    """Send labels of whole frames, one action after the other, until the server is gone."""
    rng = random.Random(seed)
    first = [sum(len(made_lines(i * 100)) for i in range(frame)) for frame in range(FRAMES + 1)]
    session = str(uuid.uuid4())
    while True:
        frame = rng.randrange(FRAMES)
        boxes = list(range(first[frame], first[frame + 1]))
        body = {"uuid": str(uuid.uuid4()), "actor": "ana", "session": session, rng.choice(["put_in", "put_out"]): boxes}
        try:
            client.post(path, body)
        except GONE:
            return
        acknowledged.append(body["uuid"])


def kill_amid(server: LiveServer, sender: threading.Thread, acknowledged: list[str], seed: int) -> None:
    """Start a burst of actions and kill the server at any moment after the first ones were acknowledged."""
    sender.start()
    while len(acknowledged) < 3:
        assert sender.is_alive(), "the server took no actions"
        time.sleep(0.005)
    time.sleep(random.Random(seed).uniform(0, 0.15))
    server.kill()
    sender.join()


@pytest.mark.parametrize("seed", range(5))
def test_every_acknowledged_action_is_there_and_none_is_half_there(tmp_path: Path, seed: int):
    folder = make_video(tmp_path, frames=FRAMES)
    server = start_server(tmp_path)
    client = Client(server)
    acknowledged: list[str] = []
    sender = threading.Thread(
        target=burst, args=(client, f"/api/v1/videos/{folder.name}/layout/labels", acknowledged, seed)
    )
    kill_amid(server, sender, acknowledged, seed)

    with VideoDatabase(folder, writes={"layout"}, attach={"layout"}) as connection:
        log = ActionLog(connection, "layout")
        entries = log.since(0)
        labels = {(row.frame_index, row.box_index): row.label for row in LayoutReader(connection).box_labels()}
        stored = [entry.uuid for entry in entries]
        assert set(acknowledged) <= set(stored)
        assert len(stored) <= len(acknowledged) + 1, "at most the one under way besides"
        replayed: dict[tuple[int, int], str] = {}
        for entry in entries:
            for change in entry.changes:
                for row in change.rows:
                    values = change.values(row.after)
                    assert values is not None
                    replayed[int(str(row.key[1])), int(str(row.key[2]))] = str(values["label"])
        assert labels == replayed, "the labels are what the log says"
        for frame in {index for index, _ in labels}:
            found = [label for (index, _), label in labels.items() if index == frame]
            assert len(found) == len(made_lines(frame)), "a frame was labelled as a whole"
            assert len(set(found)) == 1
        undone = log.undo(ActionRequest(str(uuid.uuid4()), "ana", str(uuid.uuid4())))
        assert undone.undoes == entries[-1].seq


def caption_burst(client: Client, path: str, rows: list[Caption], acknowledged: list[str], seed: int) -> None:
    """Send edits of captions that change several rows each, until the server is gone."""
    rng = random.Random(seed)
    session = str(uuid.uuid4())
    while True:
        body = {"uuid": str(uuid.uuid4()), "actor": "ana", "session": session, "change": random_change(rng, rows, 200)}
        try:
            answer = client.post(path, body)
        except urllib.error.HTTPError:
            continue  # refused, as what makes no sense is
        except GONE:
            return
        if answer["kind"]:
            acknowledged.append(body["uuid"])


@pytest.fixture(scope="module")
def caption_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root that every burst copies."""
    root = tmp_path_factory.mktemp("burst") / "data"
    make_caption_video(root, masks=False)
    return root


@pytest.mark.parametrize("seed", range(4))
def test_every_acknowledged_edit_of_captions_is_there_and_none_is_half_there(
    caption_video: Path, tmp_path: Path, seed: int
):
    root = tmp_path / "data"
    shutil.copytree(caption_video, root)
    (folder,) = find_video_folders(root)
    before = captions_of(folder)
    server = start_server(root)
    acknowledged: list[str] = []
    sender = threading.Thread(
        target=caption_burst,
        args=(Client(server), f"/api/v1/videos/{folder.name}/captions/actions", before, acknowledged, seed),
    )
    kill_amid(server, sender, acknowledged, seed)

    with VideoDatabase(folder, writes={"captions"}, attach={"captions"}) as connection:
        log = ActionLog(connection, "captions")
        entries = log.since(0)
        stored = [entry.uuid for entry in entries]
        assert set(acknowledged) <= set(stored)
        assert len(stored) <= len(acknowledged) + 1, "at most the one under way besides"
        rows = CaptionReader(connection).captions()
        covered = [index for row in rows for index in range(row.start_frame_index, row.end_frame_index + 1)]
        assert covered == list(range(200)), "no edit was half applied"
        while log.can_undo("ana"):
            log.undo(ActionRequest(str(uuid.uuid4()), "ana", str(uuid.uuid4())))
        assert CaptionReader(connection).captions() == before, "the rows are what the log says"
