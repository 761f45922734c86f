"""A wheel that is built from the source distribution serves every file of the pages, in an environment of its own."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from caption_boundaries.web.assets import load_assets
from support.web_data import make_video

REPOSITORY = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")

ASK = """
import hashlib, json, sys
import caption_boundaries
from pathlib import Path
from starlette.testclient import TestClient
from caption_boundaries.web.app import create_app, create_context
from caption_boundaries.web.settings import WebSettings

data, paths = Path(sys.argv[1]), json.loads(sys.argv[2])
context = create_context(WebSettings(data=data))
client = TestClient(create_app(context), base_url="http://127.0.0.1:8765")
opened = client.post("/session", json={"key": context.sessions.new_key()})
assert opened.status_code == 200, opened.text
found = {}
for path in paths:
    answer = client.get(path)
    found[path] = hashlib.sha256(answer.content).hexdigest() if answer.status_code == 200 else answer.status_code
print(json.dumps({"where": caption_boundaries.__file__, "found": found}))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has the wheel; what it needs is taken from this one."""
    if not UV.exists():
        pytest.skip("there is no uv beside this interpreter (scripts/install.sh puts it there)")
    root = tmp_path_factory.mktemp("wheel")
    environment = {**os.environ, "VIRTUAL_ENV": str(root / "env")}
    for command in (
        ["build", "--quiet", "--out-dir", root / "dist", REPOSITORY],
        ["venv", "--quiet", "--python", sys.executable, root / "env"],
    ):
        subprocess.run([UV, *command], check=True, env=environment)
    (wheel,) = (root / "dist").glob("*.whl")
    subprocess.run([UV, "pip", "install", "--quiet", "--no-deps", wheel], check=True, env=environment)
    (site,) = (root / "env").glob("lib/python*/site-packages")
    (site / "others.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return root / "env" / "bin" / "python"


def test_every_file_of_the_pages_is_served(python: Path, tmp_path: Path):
    folder = make_video(tmp_path / "data", frames=1)
    assets = load_assets()
    pages = ["/", "/login", *(f"/videos/{folder.name}/{tool}" for tool in ("layout", "captions"))]
    addresses = {f"/static/{path}": path for path in assets.paths()}
    asked = json.dumps([*addresses, *pages])
    command = [python, "-c", ASK, tmp_path / "data", asked]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-4000:]
    answer = json.loads(done.stdout)
    assert str(python.parents[1]) in answer["where"], "the installed package answers, not this repository's"
    expected = {}
    for address, path in addresses.items():
        asset = assets.get(path)
        assert asset is not None
        expected[address] = hashlib.sha256(asset.content).hexdigest()
    assert {address: answer["found"][address] for address in addresses} == expected
    assert all(isinstance(answer["found"][page], str) for page in pages), answer["found"]
