"""A simulated annotator: how much a person has to do in the two tools until everything is right.

    python benchmarks/annotation_oracle.py
    python benchmarks/annotation_oracle.py --films 20 --clip examples/big_buck_bunny_en.json --data demo/data

Layout: made-up films whose boxes are known. The annotator labels one box after the other as the truth says, the
classifier is fitted again after each, and the actions are counted until 99 % of all boxes are right. The order of the
tool (the most uncertain box of all frames next) is set beside a random order and beside what an earlier tool did:
eleven frames spread over the film, the one with the least sure box first. All three use the same classifier.

Captions: keys until extents and text are as the truth says, from what the captions step has predicted.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annotation_keys import Work, keys_for
from caption_boundaries.database.captions import CaptionReader
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.evaluation.truth import read_truth
from caption_boundaries.layout.classifier import load_library
from caption_boundaries.layout.lines import Bools, Floats, LineTable, line_table
from caption_boundaries.layout.workbench import Workbench
from caption_boundaries.types import Box, TextLine, index_of_time
from machine import describe
from report import Figure, write_report

WANTED = 0.99
"""Share of boxes that are right in the end."""
FEW_FRAMES = 11
"""Frames that the earlier tool showed."""
MOST = 1000
"""Actions after which a policy is given up."""
WIDTH, HEIGHT, LINE = 1280, 720, 0.055
WORDS = ("river", "silver", "window", "garden", "letter", "morning", "shadow", "mountain", "captain", "story", "winter")
MORE_WORDS = ("signal", "harbour", "forest", "never", "always", "somebody", "nothing", "between", "thunder", "paper")


@dataclass(frozen=True)
class Film:
    """A film's boxes, and which of them are captions."""

    table: LineTable
    captions: Bools


@dataclass(frozen=True)
class Session:
    """What the annotator sees at some moment."""

    film: Film
    labelled: Bools
    odds: Floats
    """Log odds of being part of a caption."""

    def share_right(self) -> float:
        """Return the share of boxes that are labelled, or predicted rightly."""
        return float(np.mean(self.labelled | ((self.odds > 0) == self.film.captions)))


Policy = Callable[[Film, random.Random], Callable[[Session], list[int]]]
"""Starts a session of a policy; what it returns says which boxes to label next, none when it is at its end."""


def main() -> None:
    """Simulate, print and store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=6, help="how many made-up films")
    parser.add_argument("--clip", type=Path, help="truth of a clip")
    parser.add_argument("--data", type=Path, help="data root in which that clip was processed")
    parser.add_argument("--no-store", action="store_true", help="print only")
    arguments = parser.parse_args()
    load_library()
    films = [make_film(seed) for seed in range(arguments.films)]
    layout = {
        name: [actions_until_right(film, policy, seed) for seed, film in enumerate(films)] for name, policy in POLICIES
    }
    print_layout(films, layout)
    works = caption_works(arguments.clip, arguments.data)
    for work in works:
        counts = f"{work.captions} captions, {work.untouched} right at once"
        print(f"{work.name}: {work.keys_per_caption:.2f} keys per caption ({counts})")
    if not arguments.no_store:
        print(write_report("annotation_oracle", figures(layout, works), machine=describe()))


def make_film(seed: int, frames: int = 200) -> Film:
    """Return a film with captions, and with what looks like them: name plates, signs, a ticker, credits, a logo."""
    rng = random.Random(seed)
    plates_level = rng.uniform(0.78, 0.82)
    lines: dict[int, list[TextLine]] = {}
    truth: list[bool] = []
    for frame in range(frames):
        found = list(_frame_lines(rng, frame / frames, plates_level))
        lines[frame * 100] = [line for line, _ in found]
        truth += [caption for _, caption in found]
    return Film(line_table(lines, WIDTH, HEIGHT, 10.0), np.array(truth))


def _frame_lines(rng: random.Random, position: float, plates_level: float) -> Iterator[tuple[TextLine, bool]]:
    yield _line(rng, "NEWS 7", 0.9, 0.08, LINE * 0.8), False
    if rng.random() < 0.3:
        yield (
            _line(rng, _say(rng, 1, 2), rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.7), LINE * rng.uniform(0.6, 1.6)),
            False,
        )
    if rng.random() < 0.25:  # who speaks: as large as the captions, right above them
        yield _line(rng, _say(rng, 2, 3), rng.uniform(0.42, 0.58), plates_level, LINE * rng.uniform(0.9, 1.1)), False
    if position > 0.95:  # credits, where captions stand too
        for row in range(6):
            yield _line(rng, _say(rng, 1, 4), 0.5, 0.3 + row * 0.1, LINE), False
        return
    if rng.random() < 0.5:
        yield _line(rng, _say(rng, 6, 9), 0.5, 0.965, LINE * 0.7), False
    if rng.random() < 0.75:
        level = 0.14 if rng.random() < 0.08 else 0.88  # now and then on top, where something else stands below
        for row in range(2 if rng.random() < 0.25 else 1):
            yield _line(rng, _say(rng, 2, 6), 0.5, level - row * LINE * 1.15, LINE), True


def _say(rng: random.Random, least: int, most: int) -> str:
    return " ".join(rng.sample(WORDS + MORE_WORDS, rng.randint(least, most)))


def _line(rng: random.Random, text: str, centre: float, level: float, height: float) -> TextLine:
    width = 0.42 * len(text) * height * HEIGHT / WIDTH
    waver = [rng.uniform(-0.06, 0.06) * height for _ in range(2)]
    left, top = max(0.0, centre - width / 2), max(0.0, level - height / 2 + waver[0])
    return TextLine(
        Box(left, top, min(1.0, left + width), min(1.0, top + height + waver[1])), text, rng.uniform(0.85, 0.99)
    )


def uncertain_first(film: Film, rng: random.Random) -> Callable[[Session], list[int]]:
    """Label the box of all frames of which the prediction is least sure."""

    def next_boxes(session: Session) -> list[int]:
        margin = np.where(session.labelled, np.inf, np.abs(session.odds))
        return [int(np.argmin(margin))]

    return next_boxes


def at_random(film: Film, rng: random.Random) -> Callable[[Session], list[int]]:
    """Label boxes in a random order."""
    order = rng.sample(range(len(film.table)), len(film.table))
    return lambda session: [next(box for box in order if not session.labelled[box])]


def least_sure_of_few_frames(film: Film, rng: random.Random) -> Callable[[Session], list[int]]:
    """Label frame by frame, of eleven frames the one with the least sure box first."""
    frames = set(np.linspace(0, film.table.frame_count - 1, FEW_FRAMES).round().astype(int).tolist())
    reachable = np.array([int(frame) in frames for frame in film.table.frame])
    now = -1

    def next_boxes(session: Session) -> list[int]:
        nonlocal now
        left = reachable & ~session.labelled
        if not left.any():
            return []
        if not (left & (film.table.frame == now)).any():
            margin = np.where(left, np.abs(session.odds), np.inf)
            now = int(film.table.frame[int(np.argmin(margin))])
        return [int(np.flatnonzero(left & (film.table.frame == now))[0])]

    return next_boxes


POLICIES: tuple[tuple[str, Policy], ...] = (
    ("most uncertain of all frames", uncertain_first),
    ("random order", at_random),
    ("least sure first, eleven frames", least_sure_of_few_frames),
)


def actions_until_right(film: Film, policy: Policy, seed: int) -> tuple[int | None, float]:
    """Return the actions until enough boxes are right (None: never), and the share that is right in the end."""
    bench = Workbench.of(film.table)
    labelled = np.zeros(len(film.table), dtype=bool)
    next_boxes = policy(film, random.Random(seed))
    actions = 0
    while actions < MOST:
        session = Session(film, labelled.copy(), bench.judge(labelled, labelled & film.captions).log_odds)
        if session.share_right() >= WANTED:
            return actions, session.share_right()
        boxes = next_boxes(session)
        if not boxes:
            return None, session.share_right()
        actions += 1
        labelled[boxes] = True
    return None, session.share_right()


def caption_works(clip: Path | None, data: Path | None) -> list[Work]:
    """Return what there is to do for captions, real ones if there are some."""
    works = [made_up_work()]
    if clip and data:
        works.append(real_work(clip, data))
    return works


def made_up_work(count: int = 1000, seed: int = 0) -> Work:
    """Return the work on made-up captions of which some are wrong, at rates that stand here."""
    rng = random.Random(seed)
    truth, predicted = [], []
    frame = 0
    for _ in range(count):
        frame += rng.choice((0, 0, 3, 12))
        start, end, text = frame, frame + rng.randint(8, 40), _say(rng, 2, 7)
        frame = end + 1
        truth.append((start, end, text))
        if rng.random() < 0.01:
            continue  # missed
        off = [rng.choice((-2, -1, 1, 2)) if rng.random() < 0.04 else 0 for _ in range(2)]
        read = text.replace(rng.choice(text.split()), "???", 1) if rng.random() < 0.06 else text
        predicted.append((start + off[0], end + off[1], read))
    return keys_for("1,000 made-up captions: 4 % of the edges, 6 % of the texts wrong, 1 % missed", predicted, truth)


def real_work(clip: Path, data: Path) -> Work:
    """Return the work on what the captions step has predicted for a clip whose truth is known."""
    truth = read_truth(clip)
    wanted = [
        (index_of_time(caption.start, 10.0), index_of_time(caption.end - 1e-6, 10.0), caption.text)
        for caption in truth.captions
    ]
    for folder in sorted(path.parent for path in data.rglob("captions.db")):
        with VideoDatabase(folder, readonly=True, attach={"captions"}) as connection:
            rows = [row for row in CaptionReader(connection).captions() if row.boundary_state != "gap"]
        predicted = [
            (row.start_frame_index, row.end_frame_index, row.text or row.text_ocr_combined or "") for row in rows
        ]
        return keys_for(truth.video or clip.stem, predicted, wanted)
    raise SystemExit(f"There is no processed clip in {data}: run `make demo` first.")


def print_layout(films: Sequence[Film], layout: dict[str, list[tuple[int | None, float]]]) -> None:
    """Print the table of policies."""
    boxes = round(statistics.mean(len(film.table) for film in films))
    print(f"{len(films)} films of {boxes} boxes on average; actions until {WANTED:.0%} of the boxes are right")
    for name, results in layout.items():
        counts = [actions for actions, _ in results if actions is not None]
        words = f"median {statistics.median(counts):.0f}" if counts else "never"
        share = statistics.mean(share for _, share in results)
        print(
            f"  {name:52s} {words:12s} reached in {len(counts)} of {len(results)} films; {share:.1%} right at the end"
        )


def figures(layout: dict[str, list[tuple[int | None, float]]], works: Sequence[Work]) -> list[Figure]:
    """Return what is stored."""
    found = []
    rival = [actions if actions is not None else MOST for actions, _ in layout["random order"]]
    for name, results in layout.items():
        counts = [actions if actions is not None else MOST for actions, _ in results]
        reached = sum(actions is not None for actions, _ in results)
        found.append(
            Figure(
                f"layout: {name}: actions until 99 %",
                statistics.median(counts),
                "actions",
                statistics.median(rival),
                "random order",
            )
        )
        found.append(
            Figure(f"layout: {name}: films in which 99 % was reached", reached, "films", len(results), "all films")
        )
    found += [
        Figure(f"captions: {work.name}: keys per caption", round(work.keys_per_caption, 3), "keys", 1.0, "one key")
        for work in works
    ]
    return found


if __name__ == "__main__":
    main()
