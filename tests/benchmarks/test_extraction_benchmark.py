"""The extraction benchmark: which clips it takes, and what it makes of results."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from caption_boundaries.evaluation.metrics import score
from caption_boundaries.evaluation.truth import TimedText, Truth
from clips import BURNED_IN, Clip, find_clips, group_of
from extraction import main, table
from extraction_figures import clip_figures, differences, groups, headline_figures
from extraction_run import ExtractionFailedError, Result, extract, measure, step_seconds
from measuring import DecodingCost, ProcessCost
from support.data import REPOSITORY, shared_data

EXAMPLES = REPOSITORY / "examples"
TRUTH = (TimedText(1.0, 2.0, "one"), TimedText(2.0, 3.0, "two"), TimedText(5.0, 6.0, "three"))


def result(name: str, group: str, predicted: tuple[TimedText, ...], *walls: float) -> Result:
    clip = Clip(Path(f"{name}.mp4"), Truth(TRUTH, 0.04), group)
    return Result(
        clip=clip,
        score=score(TRUTH, predicted, frame_seconds=0.04),
        predicted=predicted,
        runs=tuple(ProcessCost(0, wall, 2 * wall, 100 * wall, "", "") for wall in walls),
        decoding=(DecodingCost(0.5, 1.0, 250, 10.0),),
        steps={"crop": 1.0},
    )


GOOD = result("good", "a", TRUTH, 1.0, 3.0, 2.0)
BAD = result("bad", "a", (TimedText(1.08, 2.0, "on"), TimedText(8.0, 9.0, "four")), 4.0)
OTHER = result("other", "b", TRUTH, 1.0)


def test_times_are_medians_and_memory_is_the_highest() -> None:
    assert (GOOD.wall, GOOD.cpu, GOOD.memory) == (2.0, 4.0, 300.0)


def test_figures_of_a_clip() -> None:
    figures = clip_figures(GOOD)
    assert figures["real_time_factor"] == pytest.approx(0.2)
    assert figures["wall_over_decode_only"] == pytest.approx(4.0)
    assert figures["boundary_f1_0.05s"] == 1.0
    assert figures["step_seconds"] == {"crop": 1.0}
    json.dumps(figures)


def test_figures_of_a_group_are_those_of_its_clips_together() -> None:
    summed = groups([GOOD, BAD, OTHER])
    assert list(summed) == ["a", "b"]
    assert (summed["a"]["captions"], summed["a"]["missed"], summed["a"]["invented"]) == (6, 2, 1)
    assert summed["a"]["real_time_factor"] == pytest.approx(6 / 20)
    assert summed["b"]["both_ends_within_one_frame"] == 3


def test_every_difference_has_a_line() -> None:
    assert list(differences(GOOD)) == []
    assert list(differences(BAD)) == [
        "1.000 s: start +2, end +0 pictures: 'one'",
        "1.000 s: read 'on' for 'one'",
        "2.000-3.000 s: missed 'two'",
        "5.000-6.000 s: missed 'three'",
        "8.000-9.000 s: invented 'four'",
    ]


def test_the_table_has_every_clip_and_every_group(tmp_path: Path) -> None:
    with (tmp_path / "table.txt").open("w+") as file:
        Console(file=file, width=200).print(table([GOOD, BAD, OTHER]))
        file.seek(0)
        text = file.read()
    rows = [line.split("│")[1].strip() for line in text.splitlines() if line.startswith("│")]
    assert rows == ["good", "bad", "a", "other", "b"]


def test_headline_figures_compare_with_decoding() -> None:
    ratios = {figure.name: figure.ratio for figure in headline_figures([GOOD])}
    assert ratios["good: wall time"] == pytest.approx(4.0)


@pytest.mark.parametrize("output", ["", "no json", "{}", '{"steps": [1]}'])
def test_steps_may_be_unknown(output: str) -> None:
    assert step_seconds(output) == {}


def test_steps_are_read_from_the_command_line() -> None:
    assert step_seconds('{"steps": [{"step": "crop", "seconds": 1.5}]}') == {"crop": 1.5}


def test_the_plot_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is missing: install the extra `plots`")
    from extraction_plot import save_plot

    path = save_plot([GOOD, BAD, OTHER], tmp_path / "new" / "plot.png")
    assert path.read_bytes().startswith(b"\x89PNG")


# Clips ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("development/bbb60_en_720p.mp4", BURNED_IN),
        ("development/talk.mp4", "real, development"),
        ("evaluation/talk.mp4", "real, evaluation"),
        ("mine/talk.mp4", "mine"),
    ],
)
def test_groups(path: str, group: str) -> None:
    assert group_of(Path(path)) == group


def test_the_shared_clips_are_found() -> None:
    clips = find_clips([shared_data()])
    assert [clip.group for clip in clips] == [BURNED_IN] * 2 + ["real, development"] * 3 + ["real, evaluation"] * 2
    assert all(clip.truth.captions for clip in clips)


def test_clips_are_found_by_parts_of_their_names(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / f"{name}.mp4").touch()
    (tmp_path / "one.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\na\n")
    (tmp_path / "two.json").write_text('{"fps": 25, "captions": []}')
    assert [clip.name for clip in find_clips([tmp_path, tmp_path / "missing"])] == ["one", "two"]
    assert [clip.name for clip in find_clips([tmp_path], ["ne"])] == ["one"]


# Whole runs -----------------------------------------------------------------------------------------------------------


def test_a_clip_that_fails_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    broken = replace(find_clips([EXAMPLES])[0], video=tmp_path / "text.mp4")
    with pytest.raises(ExtractionFailedError, match="decoded"):
        measure(broken, 1)


def test_a_command_line_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(ExtractionFailedError, match="exit code"):
        extract(tmp_path / "none.mp4")


def test_no_clips_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["extraction.py", "--data", str(tmp_path), "--results", str(tmp_path)])
    assert main() == 2
    assert "--data" in capsys.readouterr().out


@pytest.mark.slow
def test_the_benchmark_measures_a_real_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data, results = tmp_path / "data", tmp_path / "results"
    data.mkdir()
    for name in ("big_buck_bunny_en.mp4", "big_buck_bunny_en.json"):
        shutil.copy(EXAMPLES / name, data)
    monkeypatch.setattr("sys.argv", ["extraction.py", "--data", str(data), "--results", str(results), "--json"])
    assert main() == 0
    printed = json.loads(capsys.readouterr().out)
    (clip,) = printed["clips"]
    assert clip["captions"] == 10
    assert clip["recall"] == 1.0
    assert clip["wall_over_decode_only"] > 1
    stored = json.loads((results / "extraction.json").read_text())
    assert stored["clips"] == printed["clips"]
    assert (results / "extraction.png").stat().st_size > 0
