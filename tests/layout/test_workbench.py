"""The layout while a person labels: the first labels change little, contradictions count, wrong labels are found."""

from __future__ import annotations

import numpy as np
import pytest

from caption_boundaries.layout.classifier import GUESS_WEIGHT, fit_classifier, leave_one_out
from caption_boundaries.layout.features import FEATURE_NAMES
from caption_boundaries.layout.lines import line_table
from caption_boundaries.layout.workbench import Workbench
from support.scenes import Scene


def bench_of(scene: Scene) -> Workbench:
    return Workbench.of(line_table(scene.lines, scene.width, scene.height, 10))


@pytest.fixture
def news() -> tuple[Workbench, np.ndarray]:
    """Captions, a logo and a ticker, with the truth."""
    scene = Scene(frames=60)
    scene.captions(scene.speech(25), y=0.82)
    counts = {frame: len(lines) for frame, lines in scene.lines.items()}
    scene.logo("CHANNEL 7")
    scene.ticker()
    truth = [i < counts[frame] for frame, lines in sorted(scene.lines.items()) for i in range(len(lines))]
    return bench_of(scene), np.array(truth)


def labels(bench: Workbench, numbers: list[int]) -> np.ndarray:
    labelled = np.zeros(len(bench.table), dtype=bool)
    labelled[numbers] = True
    return labelled


def test_without_labels_the_rules_judge(news: tuple[Workbench, np.ndarray]) -> None:
    bench, truth = news
    judged = bench.judge(labels(bench, []), truth)
    assert judged.model is None
    np.testing.assert_array_equal(judged.log_odds > 0, truth)


@pytest.mark.parametrize("kinds", [(True,), (False,), (True, False)])
def test_the_first_labels_do_not_turn_everything_upside_down(
    news: tuple[Workbench, np.ndarray], kinds: tuple[bool, ...]
) -> None:
    bench, truth = news
    judged = bench.judge(labels(bench, [int(np.flatnonzero(truth == kind)[0]) for kind in kinds]), truth)
    assert judged.model is not None
    assert ((judged.log_odds > 0) == truth).mean() > 0.97


def test_labels_that_contradict_the_rules_win(news: tuple[Workbench, np.ndarray]) -> None:
    bench, truth = news
    wanted = bench.table.center_y > 0.9  # this person wants the ticker
    numbers = [int(n) for kind in (wanted, truth) for n in np.flatnonzero(kind)[:4]]
    judged = bench.judge(labels(bench, numbers), wanted)
    either = wanted | truth
    assert ((judged.log_odds > 0) == wanted)[either].mean() > 0.97


def test_a_wrong_label_is_doubted_most(news: tuple[Workbench, np.ndarray]) -> None:
    bench, truth = news
    said = truth.copy()
    wrong = int(np.flatnonzero(truth)[5])
    said[wrong] = False
    doubts = bench.judge(np.ones(len(truth), dtype=bool), said).doubts
    assert max(doubts, key=lambda number: doubts[number]) == wrong
    assert len(doubts) <= 3


def test_the_areas_follow_the_boxes(news: tuple[Workbench, np.ndarray]) -> None:
    bench, truth = news
    (area,) = bench.areas(truth, truth)
    inside = np.flatnonzero(truth)
    assert area.box.top <= bench.table.top[inside].min()
    assert area.box.bottom >= bench.table.bottom[inside].max()
    assert all(0 <= frame < 6000 for frame, _ in bench.examples(area))
    assert bench.areas(truth, np.zeros_like(truth)) == []


def test_a_video_without_text_has_a_bench_too() -> None:
    bench = bench_of(Scene(frames=3))
    judged = bench.judge(labels(bench, []), np.zeros(0, dtype=bool))
    assert (len(judged.log_odds), judged.model, judged.doubts) == (0, None, {})


class TestGuesses:
    def sample(self, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        random = np.random.default_rng(seed)
        inside = random.random(80) < 0.5
        features = random.normal(size=(80, len(FEATURE_NAMES))) + inside[:, None]
        labelled = np.zeros(80, dtype=bool)
        labelled[:12] = True
        return features, labelled, inside

    @pytest.mark.parametrize("seed", range(4))
    def test_leaving_one_out_equals_fitting_without_it(self, seed: int) -> None:
        features, labelled, inside = self.sample(seed)
        guesses = inside.copy()
        guesses[np.flatnonzero(labelled)] = inside[labelled]
        model = fit_classifier(features, labelled, inside, guesses=guesses)
        assert model is not None
        odds = leave_one_out(model, features, labelled, inside, guesses)
        for place, number in enumerate(np.flatnonzero(labelled)):
            without = np.delete(np.arange(80), number)
            # The box left out is unknown to the second model, not unlabelled: it is not among its boxes at all.
            second = fit_classifier(
                features[without],
                labelled[without],
                inside[without],
                scale=(model.center, model.scale),
                guesses=guesses[without],
            )
            assert second is not None
            expected = second.log_odds(features[number : number + 1])[0] * second.temperature
            np.testing.assert_allclose(odds[place] * model.temperature, expected, rtol=0.02, atol=0.05)

    def test_guesses_count_as_a_few_labels(self) -> None:
        features, labelled, inside = self.sample()
        model = fit_classifier(features, labelled, inside, guesses=inside)
        assert model is not None
        expected = (12 - inside[:12].sum() + GUESS_WEIGHT) / (12 + 2 * GUESS_WEIGHT)
        assert model.priors[0] == pytest.approx(expected)
        assert model.counts == (12 - inside[:12].sum(), inside[:12].sum())

    def test_guesses_that_are_always_wrong_count_for_nothing(self) -> None:
        features, labelled, inside = self.sample()
        with_guesses = fit_classifier(features, labelled, inside, guesses=~inside)
        without = fit_classifier(features, labelled, inside)
        assert with_guesses is not None
        assert without is not None
        np.testing.assert_allclose(with_guesses.means, without.means)

    def test_boxes_that_are_all_alike_do_not_divide_by_nothing(self) -> None:
        features = np.ones((4, len(FEATURE_NAMES)))
        features[2:] += 1e-12
        labelled = np.array([True, True, False, False])
        inside = np.array([True, False, False, False])
        model = fit_classifier(features, labelled, inside, guesses=inside)
        assert model is not None
        assert np.isfinite(model.log_odds(features)).all()
