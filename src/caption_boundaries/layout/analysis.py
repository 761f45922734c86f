"""The whole layout analysis: text lines and labels in; regions, a verdict on every box and the reasons out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from caption_boundaries.layout.classifier import BoxClassifier, fit_classifier, leave_one_out
from caption_boundaries.layout.diagnostics import Json, crop_diagnostics, row_diagnostics, verdict_diagnostics
from caption_boundaries.layout.features import box_features
from caption_boundaries.layout.labels import HumanLabel, match_labels, same_as, with_labelled_boxes
from caption_boundaries.layout.lines import Bools, Floats, LineTable, line_table
from caption_boundaries.layout.regions import Area, Block, crop_areas, find_blocks
from caption_boundaries.layout.selection import Selection, select_lines
from caption_boundaries.types import Box, Polarity, Region, TextLine

PolarityOf = Callable[[Sequence[tuple[int, Box]]], tuple[Polarity, float]]
"""Says from boxes, each a frame index and a part of that frame, how their text stands out, and how clearly."""

OVERLAYS = frozenset({"logo", "ticker", "labelled"})
"""Reasons for which a box is kept out of the spare room around captions."""
POLARITY_BOXES = 24
"""Boxes that are looked at to learn whether the text is light or dark."""


@dataclass(frozen=True, slots=True)
class BoxVerdict:
    """What the analysis says of one box."""

    frame_index: int
    box_index: int
    inside: bool
    """True: part of a caption."""
    probability: float
    """That it is part of a caption, 0 to 1; 0 or 1 where a person has said so."""
    reason: str
    """Why not: logo, ticker, page, unreadable, labelled, elsewhere or not aligned; empty inside."""


@dataclass(frozen=True, slots=True)
class LayoutAnalysis:
    """Where the captions of a video are."""

    regions: tuple[Region, ...]
    """Top to bottom, none overlapping the next; empty when the video has no captions."""
    confidence: float
    """How sure this is, 0 to 1."""
    verdicts: tuple[BoxVerdict, ...]
    """One per line of the OCR, in order of frame and box."""
    classifier: BoxClassifier | None
    """The model that judged the unlabelled boxes; None: the rules did."""
    usual: dict[str, float]
    """Measures of the main region in pixels: vertical_position, box_height and the like."""
    diagnostics: dict[str, Json]
    """What the decision rests on, and what is cut."""


@dataclass(frozen=True, slots=True)
class _Judgement:
    """Which lines are the caption, whoever decided."""

    selection: Selection
    probability: Floats
    clarity: float
    """How clear the decision was, 0 to 1."""
    classifier: BoxClassifier | None
    doubts: list[int]
    """Labelled lines that a model fitted without them would label otherwise."""


def analyse_layout(
    lines: Mapping[int, Sequence[TextLine]],
    frame_width: int,
    frame_height: int,
    *,
    rate_hz: float,
    polarity_of: PolarityOf,
    labels: Sequence[HumanLabel] = (),
    within: Box | None = None,
) -> LayoutAnalysis:
    """Find the caption's boxes and the regions to crop.

    Args:
        lines: The lines of every sampled frame by frame index; frames without text have an empty list.
        frame_width: In pixels.
        frame_height: In pixels.
        rate_hz: Frame indices per second.
        polarity_of: Looks at boxes of the pictures.
        labels: A person's labels; they override everything.
        within: Part of the frame that a person selected; boxes whose centre lies outside are no captions.
    """
    table = line_table(with_labelled_boxes(lines, labels), frame_width, frame_height, rate_hz)
    labelled, inside = match_labels(table, labels)
    judgement = _judge(table, labelled, inside, _outside_of(within, table) & ~labelled)
    selection = judgement.selection
    blocks = find_blocks(table, selection.inside, labelled | _in_rows(selection, len(table)))
    overlays = np.array([reason in OVERLAYS for reason in selection.reasons], dtype=bool)
    areas = crop_areas(table, blocks, overlays)
    polarities = [polarity_of(examples(table, area.block)) for area in areas]
    regions = tuple(_region(area, polarity) for area, (polarity, _) in zip(areas, polarities, strict=True))
    coverage, crop = crop_diagnostics(table, selection.inside, regions)
    return LayoutAnalysis(
        regions=regions,
        confidence=round(_confidence(judgement, blocks, coverage), 4),
        verdicts=_verdicts(table, judgement, lines),
        classifier=judgement.classifier,
        usual=_usual(table, blocks, frame_height) if blocks else {},
        diagnostics={
            "decided_by": "classifier" if judgement.classifier else "labels" if labelled.any() else "rules",
            "labels": {"in": int(inside.sum()), "out": int((labelled & ~inside).sum()), "seen": len(labels)},
            "doubtful_labels": [_name(table, line) for line in judgement.doubts],
            "polarity_clarity": [round(clarity, 4) for _, clarity in polarities],
            "distinct_texts": sum(block.distinct for block in blocks),
            **verdict_diagnostics(table, selection.inside, selection.reasons),
            **crop,
            **row_diagnostics(selection.rows, selection.rejected),
        },
    )


def _judge(table: LineTable, labelled: Bools, inside: Bools, beyond: Bools) -> _Judgement:
    """Decide on every line: labels first, then the model if it can be fitted, else the rules."""
    unwanted = same_as(table, labelled & ~inside, labelled)
    said = inside[labelled]
    if not said.any() or said.all():
        return _by_rules(table, labelled, inside, unwanted | beyond)
    nothing = np.zeros(len(table), dtype=bool)
    guesses = select_lines(table, nothing, nothing)
    features = box_features(table, guesses)
    classifier = fit_classifier(features, labelled, inside, guesses=guesses.inside)
    if classifier is None:
        return _by_rules(table, labelled, inside, unwanted | beyond)
    probability = np.where(labelled, inside.astype(float), classifier.probabilities(features))
    probability[beyond] = 0.0
    chosen = probability >= 0.5
    rules = select_lines(table, np.zeros_like(chosen), unwanted | beyond)
    reasons = tuple("" if ok else reason or "elsewhere" for ok, reason in zip(chosen, rules.reasons, strict=True))
    odds = leave_one_out(classifier, features, labelled, inside, guesses.inside)
    truth = inside[labelled]
    wrong = np.flatnonzero(np.isfinite(odds) & ((odds > 0) != truth))
    doubts = [int(line) for line in np.flatnonzero(labelled)[wrong]]
    clarity = 1.0 - len(wrong) / len(truth)
    return _Judgement(Selection(chosen, reasons, (), ()), probability, clarity, classifier, doubts)


def _by_rules(table: LineTable, labelled: Bools, inside: Bools, unwanted: Bools) -> _Judgement:
    selection = select_lines(table, labelled & inside, unwanted)
    best = max((row.score for row in selection.rows), default=0.0)
    rival = max((row.score for row in selection.rejected), default=0.0)
    if selection.rows:
        clarity = best**0.5 * (1.0 - 0.5 * min(1.0, rival / best) ** 2) if best else 0.0
    else:
        clarity = 1.0 - rival
    probability = np.where(selection.inside, 0.5 + clarity / 2, 0.5 - clarity / 2)
    probability[labelled] = inside[labelled]
    return _Judgement(selection, probability, 1.0 if (labelled & inside).any() else clarity, None, [])


def _outside_of(within: Box | None, table: LineTable) -> Bools:
    if within is None:
        return np.zeros(len(table), dtype=bool)
    x, y = table.center_x / table.aspect, table.center_y
    return ~((within.left <= x) & (x <= within.right) & (within.top <= y) & (y <= within.bottom))


def _in_rows(selection: Selection, count: int) -> Bools:
    chosen = np.zeros(count, dtype=bool)
    for row in selection.rows:
        chosen[row.lines] = True
    return chosen & selection.inside


def examples(table: LineTable, block: Block) -> list[tuple[int, Box]]:
    """Return lines of a block spread over the video."""
    picked = np.unique(np.linspace(0, len(block.lines) - 1, min(len(block.lines), POLARITY_BOXES)).astype(int))
    return [(int(table.frame_indices[table.frame[line]]), table.box(int(line))) for line in block.lines[picked]]


def _region(area: Area, polarity: Polarity) -> Region:
    box = Box(*(round(edge, 6) for edge in (area.box.left, area.box.top, area.box.right, area.box.bottom)))
    return Region(box, round(area.block.height, 6), area.block.line_count, area.block.anchor, polarity)


def _confidence(judgement: _Judgement, blocks: Sequence[Block], coverage: float) -> float:
    """Return how sure the analysis is: how much was seen, how clear it was, and how much of it is in the crop."""
    if not blocks:
        return judgement.clarity
    evidence = 1.0 - 0.6 ** sum(block.distinct for block in blocks)
    return evidence * judgement.clarity * coverage


def _verdicts(
    table: LineTable, judgement: _Judgement, lines: Mapping[int, Sequence[TextLine]]
) -> tuple[BoxVerdict, ...]:
    verdicts = []
    for line in range(len(table)):
        frame_index, box_index = _name(table, line)
        if box_index < len(lines.get(frame_index, ())):
            inside, reason = bool(judgement.selection.inside[line]), judgement.selection.reasons[line]
            probability = round(float(judgement.probability[line]), 6)
            verdicts.append(BoxVerdict(frame_index, box_index, inside, probability, reason))
    return tuple(verdicts)


def _name(table: LineTable, line: int) -> tuple[int, int]:
    """Return the frame index and the box index of a line."""
    return int(table.frame_indices[table.frame[line]]), int(table.box_index[line])


def _usual(table: LineTable, blocks: Sequence[Block], frame_height: int) -> dict[str, float]:
    """Return what is usual in the region that says the most, in pixels of the frame."""
    main = max(blocks, key=lambda block: len(block.lines))
    centre, height = table.center_y[main.lines], table.height[main.lines]
    measures: dict[str, float | np.floating[Any]] = {
        "vertical_position": np.median(centre),
        "vertical_std": np.std(centre),
        "box_height": np.median(height),
        "box_height_std": np.std(height),
        "anchor_position": main.anchor_x,
    }
    return {name: round(float(value) * frame_height, 3) for name, value in measures.items()}
