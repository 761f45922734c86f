from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from caption_boundaries.errors import RecognitionError
from caption_boundaries.recognition import tesseract
from caption_boundaries.recognition.stroke_page import StrokeSettings, line_scale, picture_scale, stroke_page
from caption_boundaries.recognition.tesseract import (
    TesseractEngine,
    find_language,
    standard_folders,
    without_stray_spaces,
)
from recognition.drawing import caption_picture


def data_folder(folder: Path, *languages: str) -> Path:
    folder.mkdir()
    for language in languages:
        (folder / f"{language}.traineddata").touch()
    return folder


@pytest.mark.parametrize(
    ("language", "folder", "found"),
    [
        pytest.param("", "both", "chi_sim+eng", id="defaults"),
        pytest.param("", "english", "eng", id="the default that is there"),
        pytest.param("eng", "both", "eng", id="one"),
        pytest.param("rus+eng", "russian", "rus+eng", id="two, in the order asked for"),
        pytest.param("ru+en", "russian", "rus+eng", id="by their usual short names"),
    ],
)
def test_the_folder_with_all_languages_is_found(tmp_path: Path, language: str, folder: str, found: str) -> None:
    folders = {
        "both": data_folder(tmp_path / "both", "chi_sim", "eng"),
        "english": data_folder(tmp_path / "english", "eng"),
        "russian": data_folder(tmp_path / "russian", "rus", "eng"),
    }
    searched = [tmp_path / "nowhere", folders[folder]]
    assert find_language(language, searched) == (folders[folder], found)


@pytest.mark.parametrize(
    ("language", "packages"),
    [("chi_tra+eng", "tesseract-ocr-chi-tra tesseract-ocr-eng"), ("", "tesseract-ocr-chi-sim tesseract-ocr-eng")],
)
def test_missing_language_data_names_its_packages(tmp_path: Path, language: str, packages: str) -> None:
    folder = data_folder(tmp_path / "data", "rus")
    with pytest.raises(RecognitionError, match=f"apt-get install {packages}"):
        find_language(language, [folder])


def test_the_folder_of_the_environment_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSDATA_PREFIX", "/my/data")
    assert standard_folders()[0] == Path("/my/data")
    monkeypatch.delenv("TESSDATA_PREFIX")
    assert standard_folders()[0] == Path(tesseract.DATA_FOLDERS[0])


@pytest.mark.parametrize(
    ("text", "tidy"),
    [
        ("", ""),
        ("Good  morning\n", "Good morning"),
        ("早上 好 ， 小 兔子 。", "早上好，小兔子。"),
        ("需要 25 根 树枝", "需要 25 根树枝"),
    ],
)
def test_spaces_between_ideographs_go(text: str, tidy: str) -> None:
    assert without_stray_spaces(text) == tidy


def test_broken_language_data_is_an_error_and_no_silence(tmp_path: Path) -> None:
    pytest.importorskip("tesserocr", reason="the extra `tesseract` is not installed")
    engine = TesseractEngine("eng", [data_folder(tmp_path / "data", "eng")])
    with pytest.raises(RecognitionError, match="cannot load the language data eng"):
        engine.read(caption_picture(["Good morning"]))


def test_the_missing_library_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tesserocr", None)
    with pytest.raises(RecognitionError, match=r"caption-boundaries\[tesseract\]"):
        TesseractEngine()


SETTINGS = StrokeSettings()


@pytest.mark.parametrize(("width", "scale"), [(1600, 1.0), (800, 2.0), (100, 3.0), (3200, 0.5)])
def test_pictures_are_brought_to_the_working_width(width: int, scale: float) -> None:
    assert picture_scale(width, SETTINGS) == scale


@pytest.mark.parametrize(("height", "scale"), [(64, 1.0), (32, 2.0), (10, 3.0), (128, 0.5)])
def test_lines_are_brought_to_one_height(height: int, scale: float) -> None:
    assert line_scale(height, SETTINGS) == scale


def test_outlined_text_is_black_on_the_page_and_nothing_else_is() -> None:
    picture = caption_picture(["Good morning"], size=(800, 120), background=(120, 150, 120))
    picture = picture.copy()
    picture[:20, :] = 255  # a bright sky, and a bright speck without an outline
    picture[60:64, 20:60] = 255
    page = stroke_page(picture, 2.0, SETTINGS)
    rows, columns = np.nonzero(page == 0)
    assert page.shape == (280, 1640)
    assert set(np.unique(page).tolist()) == {0, 255}
    assert rows.min() > 60
    assert columns.min() > 400


def test_a_picture_without_light_strokes_is_an_empty_page() -> None:
    assert stroke_page(np.full((50, 90, 3), 200, np.uint8), 1.0, SETTINGS).min() == 255
