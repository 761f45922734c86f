#!/usr/bin/env python3
"""Make the boundary model that the package carries, from scratch: videos, data set, training, export, figures.

python scripts/make-model.py [--small] [--work FOLDER] [--footage FOLDER ...] [--exclude FILE:FROM-TO ...] [--install]

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


@dataclass(frozen=True)
class Size:
    """How much is made and trained."""

    train: tuple[tuple[str, int, int], ...]
    """Seed, number and length in seconds of the videos to train on; short ones show more styles for the same work."""
    test: tuple[str, int, int]
    """The same, of the videos to measure on."""
    folds: int
    training: tuple[str, ...]
    """Options of the training."""


FULL = Size(
    (("1", 400, 12), ("3", 350, 12)),
    ("6", 24, 20),
    16,
    (
        *("--steps", "7200", "--batch", "32", "--micro-batch", "32", "--samples", "1500", "--rate", "0.003"),
        *("--look", "600", "--patience", "100", "--precision", "bfloat16", "--workers", "1"),
    ),
)
SMALL = Size(
    (("1", 8, 12),),
    ("2", 2, 12),
    4,
    ("--architecture", "siamese-tiny", "--steps", "120", "--batch", "16", "--micro-batch", "16", "--look", "40"),
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
    footage = [word for path in options.footage for word in ("--footage", str(path))]
    excluded = [word for span in options.exclude for word in ("--exclude", span)]
    train, test, model = work / "train", work / "test", SHIPPED if options.install else work / "model"
    made = [(train / videos[0], "train", videos) for videos in size.train] + [(test, "test", size.test)]
    for folder, split, (seed, videos, seconds) in made:
        folder.mkdir(parents=True, exist_ok=True)
        count = ["--videos", str(videos), "--seconds", str(seconds), "--jobs", str(options.jobs)]
        yield ["dataset", "synthesize", str(folder), *count, "--seed", seed, "--split", split, *footage, *excluded]
    roots = [str(folder) for folder, split, _ in made if split == "train"]
    yield ["dataset", "build", "boundaries", *roots, "--folds", str(size.folds), "--data", str(work)]
    run_dir = work / "runs" / "boundaries"
    training = ["--dataset", "boundaries", "--data", str(work), "--run", str(run_dir), "--export", str(model)]
    yield ["train", *training, *size.training]
    compared = ["--detector", "combined", "--detector", "model", "--detector", "strokes", "--model", str(model)]
    yield ["evaluate", str(test), *compared, "--plot", str(work / "evaluation.png"), "--no-captions"]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="a small model in minutes, to see that all works")
    parser.add_argument("--work", type=Path, default=Path("model-work"), help="where everything is made")
    parser.add_argument("--footage", type=Path, action="append", default=[], help="videos without captions")
    parser.add_argument("--exclude", action="append", default=[], help="seconds of the footage that are not to be used")
    parser.add_argument("--jobs", type=int, default=2, help="videos made side by side")
    parser.add_argument("--install", action="store_true", help="put the model into the package")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
