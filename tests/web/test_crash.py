"""The server is killed in the middle of a burst of actions: every acknowledged one is there, and none is half there."""

from __future__ import annotations

import json
import random
import threading
import time
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import pytest

from caption_boundaries.database.actions import ActionLog, ActionRequest
from caption_boundaries.database.layout import LayoutReader
from caption_boundaries.database.multi_db import VideoDatabase
from support.live_server import LiveServer, start_server
from support.web_data import made_lines, make_video

FRAMES = 12


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
        return urllib.request.urlopen(request, timeout=10)

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
        except OSError:
            return
        acknowledged.append(body["uuid"])


@pytest.mark.parametrize("seed", range(5))
def test_every_acknowledged_action_is_there_and_none_is_half_there(tmp_path: Path, seed: int):
    folder = make_video(tmp_path, frames=FRAMES)
    server = start_server(tmp_path)
    client = Client(server)
    acknowledged: list[str] = []
    sender = threading.Thread(
        target=burst, args=(client, f"/api/v1/videos/{folder.name}/layout/labels", acknowledged, seed)
    )
    sender.start()
    while len(acknowledged) < 3:
        time.sleep(0.005)
    time.sleep(random.Random(seed).uniform(0, 0.15))
    server.kill()
    sender.join()

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
