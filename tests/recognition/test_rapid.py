from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from caption_boundaries.errors import RecognitionError
from caption_boundaries.recognition import rapid
from caption_boundaries.recognition.rapid import DETECTION_MODEL, READING_MODEL, RapidEngine, RapidSettings
from recognition.drawing import caption_picture, row_picture


@pytest.fixture(scope="module")
def engine() -> RapidEngine:
    return RapidEngine()


def texts(engine: RapidEngine, picture: np.ndarray) -> list[str]:
    return [line.text for line in engine.read(picture)]


@pytest.mark.parametrize(
    "text",
    [
        "I will still fill all the hills.",
        "Wait... what was that?",
        "A cat sat on a mat.",
        "Tomorrow at 6:30, don't be late!",
        'She said: "No - never again."',
        "OK.",
    ],
)
def test_narrow_letters_marks_and_spaces_are_kept(engine: RapidEngine, text: str) -> None:
    assert texts(engine, caption_picture([text])) == [text]


@pytest.mark.parametrize(
    ("size", "height"),
    [((1920, 200), 60), ((1280, 110), 44), ((640, 60), 26), ((512, 60), 20), ((402, 27), 22), ((1280, 720), 40)],
    ids=str,
)
def test_strips_and_frames_of_every_size_are_read(engine: RapidEngine, size: tuple[int, int], height: int) -> None:
    assert texts(engine, caption_picture(["Where is everybody?"], size=size, height=height)) == ["Where is everybody?"]


def test_two_lines_are_two_lines_even_when_they_are_short(engine: RapidEngine) -> None:
    assert texts(engine, caption_picture(["- No.", "- Yes, I am."])) == ["- No.", "- Yes, I am."]


def test_fragments_of_a_row_are_one_line_and_strangers_are_not(engine: RapidEngine) -> None:
    picture = row_picture([(40, "Good morning,"), (370, "everybody")])
    assert texts(engine, picture) == ["Good morning, everybody"]
    assert texts(engine, row_picture([(20, "Channel"), (700, "12:45")])) == ["Channel", "12:45"]


def test_text_that_stands_on_its_side_is_read(engine: RapidEngine) -> None:
    picture = np.rot90(caption_picture(["Blender Foundation"], size=(480, 90)), k=-1)
    assert texts(engine, np.ascontiguousarray(picture)) == ["Blender Foundation"]


def test_doubtful_lines_are_left_out() -> None:
    sure = RapidEngine(RapidSettings(min_confidence=1.1))
    assert sure.read(caption_picture(["Good morning"])) == []
    assert sure.read_line(caption_picture(["Good morning"], size=(330, 60))) is None


def test_settings_name_every_value(engine: RapidEngine) -> None:
    settings = engine.settings()
    assert settings["detection.side_limit"] == 960
    assert settings["stretch"] == 1.3
    assert "PP-OCRv6" in engine.version


def test_the_pipeline_of_the_package_is_never_imported() -> None:
    code = (
        "import sys; from caption_boundaries.recognition.registry import create_engine; import numpy as np;"
        "create_engine('rapidocr').read(np.zeros((40, 90, 3), np.uint8)); print('rapidocr' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("False", "")


def test_missing_models_are_named(tmp_path: Path) -> None:
    (tmp_path / DETECTION_MODEL).touch()
    with pytest.raises(RecognitionError, match=READING_MODEL):
        rapid.checked_folder(tmp_path)


def test_a_missing_package_says_how_to_install_it() -> None:
    with pytest.raises(RecognitionError, match="pip install no-such-package"):
        rapid.model_folder("no-such-package")


def test_a_damaged_model_is_an_error_and_no_silence(tmp_path: Path) -> None:
    (tmp_path / DETECTION_MODEL).write_bytes(b"no model")
    (tmp_path / READING_MODEL).write_bytes(b"no model")
    with pytest.raises(RecognitionError, match="cannot be loaded"):
        RapidEngine(models=tmp_path).read(np.zeros((40, 90, 3), np.uint8))


def test_a_model_that_fails_is_an_error_and_no_silence(tmp_path: Path, engine: RapidEngine) -> None:
    (tmp_path / DETECTION_MODEL).symlink_to(rapid.model_folder() / READING_MODEL)
    (tmp_path / READING_MODEL).symlink_to(rapid.model_folder() / READING_MODEL)
    with pytest.raises(RecognitionError, match="failed on a picture"):
        RapidEngine(models=tmp_path).read(np.zeros((400, 900, 3), np.uint8))
