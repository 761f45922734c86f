#!/usr/bin/env python3
"""Make the boundary model that the package carries, from scratch: videos, data set, training, export, figures.

python scripts/make-model.py [--small] [--work FOLDER] [--footage FOLDER ...] [--photos FOLDER ...]
    [--exclude FILE:FROM-TO ...] [--install]

Every stage is a command that can be run by itself; each is printed before it runs. A run that was stopped goes on where
it was. Without footage the videos have drawn backgrounds only. `--small` takes minutes and shows that all works; its
model is worse. `--install` puts the model into the package.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from caption_boundaries.cli.main import run
from caption_boundaries.inference.backends import SHIPPED
from caption_boundaries.models.description import CLOSER


@dataclass(frozen=True)
class Videos:
    """Videos that are made alike."""

    seed: str
    count: int
    seconds: int
    options: tuple[str, ...] = ()
    """More of `dataset synthesize`."""


@dataclass(frozen=True)
class Training:
    """One training; each starts from what the one before it has learnt.

    The last one makes the second network, for the pairs that the first one is not sure of.
    """

    sets: tuple[Videos, ...]
    """What is new; the sets of the trainings before are used, too. Short videos show more styles for the same work."""
    folds: int
    options: tuple[str, ...]
    """Of `train`."""


@dataclass(frozen=True)
class Size:
    """How much is made and trained."""

    trainings: tuple[Training, ...]
    test: Videos
    """To measure on."""


OFTEN = ("--batch", "32", "--micro-batch", "32", "--look", "600", "--patience", "100", "--precision", "bfloat16")
FULL = Size(
    (
        Training(
            (Videos("1", 400, 12), Videos("3", 350, 12)),
            16,
            (*OFTEN, "--workers", "1", "--steps", "7200", "--samples", "1500", "--rate", "0.003"),
        ),
        Training(
            (
                Videos("5", 500, 12, ("--overlays", "0.8")),
                Videos("7", 700, 12, ("--overlays", "0.7", "--haste", "2.5", "--near", "0.25")),
            ),
            24,
            (*OFTEN, "--workers", "1", "--steps", "8400", "--samples", "3000", "--rate", "0.002"),
        ),
        Training(
            (
                Videos("9", 600, 12, ("--overlays", "0.6", "--haste", "1.8", "--near", "0.25")),
                Videos("13", 600, 12, ("--overlays", "0.6", "--haste", "2", "--near", "0.4")),
                Videos("31", 600, 12, ("--overlays", "0.7", "--haste", "2", "--near", "0.4")),
                Videos("33", 600, 12, ("--overlays", "0.5", "--haste", "1.8", "--near", "0.5")),
            ),
            24,
            (
                *(*OFTEN, "--architecture", "siamese-wide", "--workers", "1", "--threads", "2"),
                *("--steps", "14000", "--samples", "5000", "--rate", "0.002"),
            ),
        ),
    ),
    Videos("6", 72, 20),
)
TINY = ("--architecture", "siamese-tiny", "--batch", "16", "--micro-batch", "16", "--look", "40")
SMALL = Size(
    (
        Training((Videos("1", 8, 12),), 4, (*TINY, "--steps", "120")),
        Training((Videos("5", 4, 12, ("--overlays", "0.8", "--haste", "2.5")),), 4, (*TINY, "--steps", "60")),
        Training((Videos("9", 4, 12, ("--near", "0.4")),), 4, (*TINY, "--steps", "60")),
    ),
    Videos("2", 2, 12),
)


def main() -> int:
    """Run every stage; returns the exit code of the first that fails."""
    options = _options()
    for words in _stages(options):
        print(f"$ caption-boundaries {shlex.join(words)}", flush=True)
        if code := run(words):
            return code
    return 0


def _stages(options: argparse.Namespace) -> Iterator[list[str]]:
    size: Size = SMALL if options.small else FULL
    work: Path = options.work
    test, model = work / "test", SHIPPED if options.install else work / "model"
    yield from _synthesized(options, test, "test", size.test)
    roots: list[str] = []
    start: list[str] = []
    *_, first, second = range(1, len(size.trainings) + 1)
    exports = {first: ["--export", str(model)], second: ["--doubted-by", str(model), "--export", str(model / CLOSER)]}
    for number, training in enumerate(size.trainings, start=1):
        for videos in training.sets:
            folder = work / "train" / videos.seed
            yield from _synthesized(options, folder, "train", videos)
            roots.append(str(folder))
        name = f"boundaries-{number}"
        run_dir = work / "runs" / name
        yield ["dataset", "build", name, *roots, "--folds", str(training.folds), "--data", str(work)]
        words = ["train", "--dataset", name, "--data", str(work), "--run", str(run_dir), *training.options, *start]
        yield [*words, *exports.get(number, [])]
        start = ["--start-from", str(run_dir)]
    compared = ["--detector", "combined", "--detector", "model", "--detector", "strokes", "--model", str(model)]
    yield ["evaluate", str(test), *compared, "--plot", str(work / "evaluation.png"), "--no-captions"]


def _synthesized(options: argparse.Namespace, folder: Path, split: str, videos: Videos) -> Iterator[list[str]]:
    folder.mkdir(parents=True, exist_ok=True)
    # Photos are for training alone, so that the test videos stay the same whatever photos there are.
    footage = [*options.footage, *(options.photos if split == "train" and videos.options else [])]
    yield [
        *("dataset", "synthesize", str(folder), "--split", split, "--seed", videos.seed),
        *("--videos", str(videos.count), "--seconds", str(videos.seconds), "--jobs", str(options.jobs)),
        *(word for path in footage for word in ("--footage", str(path))),
        *(word for span in options.exclude for word in ("--exclude", span)),
        *videos.options,
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="a small model in minutes, to see that all works")
    parser.add_argument("--work", type=Path, default=Path("model-work"), help="where everything is made")
    parser.add_argument("--footage", type=Path, action="append", default=[], help="videos without captions")
    parser.add_argument("--photos", type=Path, action="append", default=[], help="photos, for some of the videos")
    parser.add_argument("--exclude", action="append", default=[], help="seconds of the footage that are not to be used")
    parser.add_argument("--jobs", type=int, default=2, help="videos made side by side")
    parser.add_argument("--install", action="store_true", help="put the model into the package")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
