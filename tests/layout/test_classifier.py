"""The box classifier: equal to scikit-learn's, exact when a label is left out, and never told the labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.naive_bayes import GaussianNB

from caption_boundaries.layout.classifier import (
    SMOOTHING,
    BoxClassifier,
    fit_classifier,
    leave_one_out,
)
from caption_boundaries.layout.features import FEATURE_NAMES, box_features
from caption_boundaries.layout.lines import line_table
from support.scenes import Scene

COUNT = len(FEATURE_NAMES)


def sample(seed: int, size: int = 60, labelled: int = 30) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    inside = random.random(size) < 0.5
    inside[:4] = [True, False, True, False]
    features = random.normal(size=(size, COUNT)) * random.uniform(0.1, 5, COUNT) + inside[:, None] * 0.8
    features[:, 3] = features[:, 3] > 0  # some features are yes or no
    return features, np.arange(size) < labelled, inside


class TestFit:
    @pytest.mark.parametrize("seed", range(5))
    def test_the_odds_are_those_of_scikit_learn(self, seed: int) -> None:
        features, labelled, inside = sample(seed)
        model = fit_classifier(features, labelled, inside)
        assert model is not None
        scaled = (features - features.mean(axis=0)) / features.std(axis=0)
        reference = GaussianNB(var_smoothing=SMOOTHING).fit(scaled[labelled], inside[labelled])
        scores = reference.predict_joint_log_proba(scaled)
        np.testing.assert_allclose(model.log_odds(features) * model.temperature, scores[:, 1] - scores[:, 0], atol=1e-8)

    @pytest.mark.parametrize("said", [True, False])
    def test_labels_of_one_kind_fit_no_model(self, said: bool) -> None:
        features, labelled, inside = sample(0)
        inside[:] = said
        assert fit_classifier(features, labelled, inside) is None

    def test_no_labels_fit_no_model(self) -> None:
        assert fit_classifier(np.zeros((0, COUNT)), np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)) is None

    def test_a_feature_that_never_varies_decides_nothing(self) -> None:
        features, labelled, inside = sample(1)
        features[:, 0] = 7.0
        model = fit_classifier(features, labelled, inside)
        assert model is not None
        other = features.copy()
        other[:, 0] = 7.5
        np.testing.assert_allclose(model.log_odds(other), model.log_odds(features))

    def test_probabilities_follow_the_odds(self) -> None:
        features, labelled, inside = sample(2)
        model = fit_classifier(features, labelled, inside)
        assert model is not None
        probabilities = model.probabilities(features)
        assert ((probabilities > 0.5) == (model.log_odds(features) > 0)).all()
        assert np.mean((probabilities > 0.5)[~labelled] == inside[~labelled]) > 0.8


class TestLeaveOneOut:
    @given(st.integers(0, 10_000), st.integers(5, 25))
    @settings(max_examples=15, deadline=None)
    def test_it_equals_fitting_without_each_label(self, seed: int, count: int) -> None:
        features, labelled, inside = sample(seed, size=40, labelled=count)
        model = fit_classifier(features, labelled, inside)
        assert model is not None
        odds = leave_one_out(model, features, labelled, inside)
        scaled = (features - model.center) / model.scale
        for line in range(count):
            others = np.arange(count) != line
            rest = inside[:count][others]
            if inside[:count].sum() - inside[line] == 0 or rest.all():
                assert np.isnan(odds[line])
                continue
            reference = GaussianNB(var_smoothing=SMOOTHING).fit(scaled[:count][others], rest)
            scores = reference.predict_joint_log_proba(scaled[line : line + 1])[0]
            assert odds[line] * model.temperature == pytest.approx(scores[1] - scores[0], abs=1e-6)

    def test_the_only_label_of_its_kind_cannot_be_judged(self) -> None:
        features, labelled, inside = sample(3)
        inside[:] = False
        inside[0] = True
        model = fit_classifier(features, labelled, inside)
        assert model is not None
        odds = leave_one_out(model, features, labelled, inside)
        assert np.isnan(odds[0])
        assert np.isfinite(odds[1:]).all()

    def test_a_wrong_label_is_the_most_doubtful(self) -> None:
        features, labelled, inside = sample(4)
        features += inside[:, None] * 1.5
        said = inside.copy()
        said[7] = not said[7]
        model = fit_classifier(features, labelled, said)
        assert model is not None
        odds = leave_one_out(model, features, labelled, said)
        assert np.argmin(np.where(said[labelled], odds, -odds)) == 7


class TestStorage:
    def test_a_model_survives_its_json(self) -> None:
        features, labelled, inside = sample(5)
        model = fit_classifier(features, labelled, inside)
        assert model is not None
        copy = BoxClassifier.from_json(model.to_json())
        np.testing.assert_array_equal(copy.log_odds(features), model.log_odds(features))
        assert copy.version == model.version

    def test_the_version_changes_with_the_labels(self) -> None:
        features, labelled, inside = sample(6)
        first = fit_classifier(features, labelled, inside)
        inside[5] = not inside[5]
        second = fit_classifier(features, labelled, inside)
        assert first is not None
        assert second is not None
        assert first.version != second.version

    def test_a_model_of_other_features_is_refused(self) -> None:
        features, labelled, inside = sample(7)
        model = fit_classifier(features, labelled, inside)
        assert model is not None
        with pytest.raises(ValueError, match="other features"):
            BoxClassifier.from_json(model.to_json().replace("center_x", "something"))


class TestFeatures:
    def test_there_is_a_finite_row_for_every_box(self) -> None:
        scene = Scene(frames=30)
        scene.captions(scene.speech(10))
        scene.logo("LOGO")
        scene.scene_text(20)
        table = line_table(scene.lines, scene.width, scene.height, 10.0)
        features = box_features(table)
        assert features.shape == (len(table), COUNT)
        assert np.isfinite(features).all()

    def test_no_boxes_have_no_rows(self) -> None:
        assert box_features(line_table({0: []}, 640, 360, 10.0)).shape == (0, COUNT)

    @pytest.mark.parametrize(
        ("name", "logo", "caption"),
        [("text_share", 1.0, 1 / 30), ("place_share", 1.0, None), ("digits", 1.0, 0.0), ("wide_script", 0.0, 1.0)],
    )
    def test_a_feature_says_what_its_name_says(self, name: str, logo: float, caption: float | None) -> None:
        scene = Scene(frames=30)
        scene.captions(scene.speech(10, wide=True))
        scene.logo("24")
        table = line_table(scene.lines, scene.width, scene.height, 10.0)
        column = box_features(table)[:, FEATURE_NAMES.index(name)]
        is_logo = np.array([text == "24" for text in table.texts])
        assert column[is_logo] == pytest.approx(logo)
        if caption is not None:
            assert column[~is_logo] == pytest.approx(caption)

    def test_few_labels_teach_the_rest_of_a_video(self) -> None:
        scene = Scene(frames=200)
        scene.captions(scene.speech(60), every=3, y=0.9)
        scene.captions(scene.speech(60), every=3, first=2, y=0.8, anchor="left", x=0.05)
        scene.logo("LOGO")
        scene.scene_text(60)
        table = line_table(scene.lines, scene.width, scene.height, 10.0)
        caption = (np.abs(table.center_y - 0.9) < 0.01) & (np.abs(table.center_x / table.aspect - 0.5) < 0.02)
        labelled = np.zeros(len(table), dtype=bool)
        labelled[np.random.default_rng(0).choice(len(table), 40, replace=False)] = True
        features = box_features(table)
        model = fit_classifier(features, labelled, caption)
        assert model is not None
        assert np.mean((model.probabilities(features) > 0.5) == caption) > 0.97
