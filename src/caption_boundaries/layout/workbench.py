"""The layout while a person labels boxes: what labels do not change is worked out once, the rest in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from caption_boundaries.layout.analysis import OVERLAYS, examples
from caption_boundaries.layout.classifier import BoxClassifier, feature_scale, fit_classifier, leave_one_out
from caption_boundaries.layout.features import box_features
from caption_boundaries.layout.lines import Bools, Floats, LineTable
from caption_boundaries.layout.regions import Area, crop_areas, find_blocks
from caption_boundaries.layout.selection import Selection, select_lines
from caption_boundaries.types import Box


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is thought of every box under the present labels."""

    log_odds: Floats
    """Of being part of a caption, shape (n,); above 0: rather yes. Labels themselves are not in it."""
    model: BoxClassifier | None
    """None: the rules judged, since no model can be fitted yet."""
    doubts: dict[int, float]
    """Labelled boxes that would be labelled otherwise by a model fitted without them, with the odds for that."""


@dataclass(frozen=True)
class Workbench:
    """The boxes of a video with everything that does not depend on labels."""

    table: LineTable
    features: Floats
    scale: tuple[Floats, Floats]
    rules: Selection
    """What the rules say without any label."""

    @classmethod
    def of(cls, table: LineTable) -> Workbench:
        """Return the workbench for the lines of all sampled frames."""
        nothing = np.zeros(len(table), dtype=bool)
        rules = select_lines(table, nothing, nothing)
        features = box_features(table, rules)
        return cls(table, features, feature_scale(features) if len(table) else (features, features), rules)

    def judge(self, labelled: Bools, inside: Bools) -> Judgement:
        """Return what is thought of every box; both shapes (n,), ``inside`` is read where ``labelled``."""
        if not labelled.any():
            return Judgement(self.rules.log_odds(), None, {})
        model = fit_classifier(self.features, labelled, inside, self.scale, self.rules.inside)
        if model is None:
            return Judgement(self.rules.log_odds(), None, {})
        odds = leave_one_out(model, self.features, labelled, inside, self.rules.inside)
        truth = inside[labelled]
        against = np.where(truth, -odds, odds)
        doubts = {
            int(line): float(against[i])
            for i, line in enumerate(np.flatnonzero(labelled))
            if np.isfinite(against[i]) and against[i] > 0
        }
        return Judgement(model.log_odds(self.features), model, doubts)

    def areas(self, labelled: Bools, inside: Bools) -> list[Area]:
        """Return what to crop when the boxes ``inside`` are the captions, top to bottom."""
        blocks = find_blocks(self.table, inside, labelled & inside)
        return crop_areas(self.table, blocks, ~inside & self._overlays())

    def examples(self, area: Area) -> list[tuple[int, Box]]:
        """Return lines of an area spread over the video, each with the index of its frame."""
        return examples(self.table, area.block)

    def _overlays(self) -> Bools:
        return np.array([reason in OVERLAYS for reason in self.rules.reasons], dtype=bool)
