"""The regions of whole videos: how many, how much room they leave, what labels change, and what always holds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caption_boundaries.layout.labels import HumanLabel
from caption_boundaries.types import Box
from support.scenes import Scene, analyse, holds, one_line, spans


class TestTwoRegions:
    def test_stacked_scripts_of_two_sizes_are_two_regions_that_touch(self) -> None:
        scene = Scene()
        for y, height, wide in ((0.88, 0.07, True), (0.945, 0.045, False)):
            scene.captions(scene.speech(40, wide=wide), y=y, height=height)
        analysis = analyse(scene)
        upper, lower = analysis.regions
        assert upper.box.bottom == lower.box.top == pytest.approx(0.92, abs=0.01)
        assert (upper.line_height, lower.line_height) == pytest.approx((0.07, 0.045), abs=0.005)
        assert (upper.box.left, upper.box.right) == (lower.box.left, lower.box.right)

    def test_top_and_bottom_at_once(self) -> None:
        scene = Scene()
        scene.captions(scene.speech(40, wide=True), y=0.08)
        scene.captions(scene.speech(40), y=0.92)
        assert spans(analyse(scene)) == [pytest.approx(row, abs=0.02) for row in [(0.03, 0.13), (0.87, 0.97)]]

    def test_captions_that_move_to_the_top_now_and_then(self) -> None:
        scene = Scene()
        scene.captions(scene.speech(30), y=0.92, every=3, first=0)
        scene.captions(scene.speech(15), y=0.08, every=3, first=2)
        analysis = analyse(scene)
        assert len(analysis.regions) == 2
        assert holds(analysis, 0.3, 0.05, 0.7, 0.11)
        assert holds(analysis, 0.3, 0.89, 0.7, 0.95)

    def test_song_texts_with_one_line_left_and_one_right_are_one_region(self) -> None:
        scene = Scene()
        scene.captions(scene.speech(30, longest=4), y=0.82, anchor="left", x=0.1)
        scene.captions(scene.speech(30, longest=4), y=0.92, anchor="right", x=0.9)
        (region,) = analyse(scene).regions
        assert region.line_count == 2
        assert holds(analyse(scene), 0.1, 0.79, 0.9, 0.95)

    def test_a_two_line_caption_in_one_script_stays_one_region(self) -> None:
        scene = Scene()
        scene.captions([f"{a}|{b}" for a, b in zip(scene.speech(30), scene.speech(30), strict=True)])
        (region,) = analyse(scene).regions
        assert region.line_count == 2


class TestRoom:
    @pytest.mark.parametrize("seed", range(5))
    @pytest.mark.parametrize("anchor", ["left", "center", "right"])
    def test_captions_that_were_not_sampled_fit_too(self, seed: int, anchor: str) -> None:
        scene = Scene(frames=24, step=25, seed=seed)
        x = {"left": 0.08, "center": 0.5, "right": 0.92}[anchor]
        texts = scene.speech(300, longest=7)
        scene.captions(texts[:8], every=3, anchor=anchor, x=x)  # type: ignore[arg-type]
        analysis = analyse(scene)
        unseen = Scene(frames=700)
        unseen.captions(texts, anchor=anchor, x=x)  # type: ignore[arg-type]
        boxes = [line.box for lines in unseen.lines.values() for line in lines]
        assert all(holds(analysis, box.left, box.top, box.right, box.bottom) for box in boxes)

    def test_a_second_line_fits_where_only_one_was_sampled(self) -> None:
        scene = Scene()
        one_line(scene)
        assert holds(analyse(scene), 0.3, 0.81, 0.7, 0.93)

    def test_a_logo_beside_the_captions_stays_outside(self) -> None:
        scene = Scene()
        scene.captions(scene.speech(40, longest=4))
        scene.logo("LOGO", left=0.86, top=0.88)
        (region,) = analyse(scene).regions
        assert 0.7 < region.box.right <= 0.87

    def test_a_logo_above_the_captions_ends_the_spare_room(self) -> None:
        scene = Scene()
        one_line(scene)
        scene.logo("WWW.EXAMPLE.ORG", left=0.4, top=0.79, height=0.04)
        (region,) = analyse(scene).regions
        assert 0.82 < region.box.top < 0.87


class TestShortClips:
    def test_one_caption_that_stands_all_through_is_found(self) -> None:
        scene = Scene(frames=12, step=5)
        for frame in range(12):
            scene.line(frame, "I told you so.", y=0.9, height=0.06)
        analysis = analyse(scene)
        assert len(analysis.regions) == 1
        assert analysis.confidence < 0.5

    def test_a_logo_that_stands_all_through_is_not(self) -> None:
        scene = Scene(frames=12, step=5)
        scene.logo("CHANNEL 7")
        assert analyse(scene).regions == ()

    def test_one_frame_is_enough_to_look(self) -> None:
        scene = Scene(frames=1)
        scene.line(0, "I told you so, my friend.", y=0.9, height=0.06)
        assert len(analyse(scene).regions) == 1


def label_of(scene: Scene, frame: int, number: int, inside: bool) -> HumanLabel:
    line = scene.lines[frame * scene.step][number]
    return HumanLabel(frame * scene.step, line.box, line.text, inside)


class TestLabels:
    def scene(self) -> Scene:
        """Captions in the middle of the picture, where rules do not look, above a row of station news."""
        scene = Scene()
        scene.captions(scene.speech(40), y=0.45, first=1)
        scene.captions(scene.speech(40), y=0.92, first=1, anchor="left", x=0.05)
        return scene

    def test_without_labels_the_rules_choose(self) -> None:
        assert spans(analyse(self.scene())) == [pytest.approx((0.8, 0.98), abs=0.02)]

    def test_one_label_in_moves_the_region(self) -> None:
        scene = self.scene()
        analysis = analyse(scene, labels=[label_of(scene, 1, 0, True)])
        assert spans(analysis) == [pytest.approx((0.4, 0.57), abs=0.02)]
        assert analysis.diagnostics["decided_by"] == "labels"
        assert analysis.classifier is None

    def test_labels_of_both_kinds_fit_a_model(self) -> None:
        scene = self.scene()
        labels = [label_of(scene, frame, number, number == 0) for frame in (1, 3, 5, 7) for number in (0, 1)]
        analysis = analyse(scene, labels=labels)
        assert spans(analysis) == [pytest.approx((0.4, 0.57), abs=0.02)]
        assert analysis.diagnostics["decided_by"] == "classifier"
        assert analysis.classifier is not None
        assert all(verdict.inside == (verdict.box_index == 0) for verdict in analysis.verdicts)
        assert {verdict.probability for verdict in analysis.verdicts if verdict.frame_index == 100} == {0.0, 1.0}

    def test_a_label_out_takes_the_same_text_in_the_same_place_with_it(self) -> None:
        scene = Scene(frames=30)
        one_line(scene)
        for frame in range(0, 30, 5):
            scene.line(frame, "Subscribe now", y=0.9, height=0.06)
        numbers = [i for i, line in enumerate(scene.lines[0]) if line.text == "Subscribe now"]
        analysis = analyse(scene, labels=[label_of(scene, 0, numbers[0], False)])
        said = {v.inside for v in analysis.verdicts if scene.lines[v.frame_index][v.box_index].text == "Subscribe now"}
        assert said == {False}

    def test_a_wrong_label_is_named(self) -> None:
        scene = self.scene()
        labels = [label_of(scene, frame, number, number == 0) for frame in range(1, 25, 2) for number in (0, 1)]
        labels[4] = label_of(scene, 5, 0, False)
        assert analyse(scene, labels=labels).diagnostics["doubtful_labels"] == [(500, 0)]

    def test_a_label_is_obeyed_against_the_model(self) -> None:
        scene = self.scene()
        labels = [label_of(scene, frame, number, number == 0) for frame in range(1, 25, 2) for number in (0, 1)]
        labels[4] = label_of(scene, 5, 0, False)
        verdicts = {(v.frame_index, v.box_index): v for v in analyse(scene, labels=labels).verdicts}
        assert (verdicts[500, 0].inside, verdicts[500, 0].probability) == (False, 0.0)
        assert verdicts[500, 0].reason == "labelled"

    def test_a_labelled_box_that_the_engine_no_longer_finds_counts(self) -> None:
        scene = Scene()
        one_line(scene)
        label = HumanLabel(700, Box(0.3, 0.1, 0.7, 0.16), "a caption at the top", True)
        analysis = analyse(scene, labels=[label])
        assert holds(analysis, 0.3, 0.1, 0.7, 0.16)
        assert len(analysis.verdicts) == sum(map(len, scene.lines.values()))

    def test_everything_out_means_no_captions(self) -> None:
        scene = Scene(frames=10)
        one_line(scene)
        labels = [label_of(scene, f // scene.step, i, False) for f, ls in scene.lines.items() for i in range(len(ls))]
        assert analyse(scene, labels=labels).regions == ()

    def test_what_a_person_selected_bounds_the_captions(self) -> None:
        analysis = analyse(self.scene(), within=Box(0.0, 0.3, 1.0, 0.6))
        assert spans(analysis) == [pytest.approx((0.4, 0.57), abs=0.02)]


class TestProperties:
    @given(
        y=st.floats(0.7, 0.93),
        height=st.floats(0.025, 0.09),
        count=st.integers(3, 40),
        size=st.sampled_from([(1280, 720), (640, 480), (1920, 800), (480, 480)]),
        wide=st.booleans(),
        seed=st.integers(0, 50),
    )
    @settings(max_examples=60, deadline=None)
    def test_no_caption_box_is_ever_cut(
        self, y: float, height: float, count: int, size: tuple[int, int], wide: bool, seed: int
    ) -> None:
        scene = Scene(width=size[0], height=size[1], seed=seed)
        scene.captions(scene.speech(count, wide=wide, longest=4), y=y, height=height)
        scene.logo("CHANNEL 7")
        analysis = analyse(scene)
        assert analysis.diagnostics["coverage"] == 1.0
        captions = [line.box for lines in scene.lines.values() for line in lines if line.text != "CHANNEL 7"]
        assert all(holds(analysis, box.left, box.top, box.right, box.bottom) for box in captions)

    @given(seed=st.integers(0, 1000))
    @settings(max_examples=20, deadline=None)
    def test_the_same_lines_give_the_same_answer(self, seed: int) -> None:
        scene = Scene(frames=40, seed=seed)
        scene.captions(scene.speech(10))
        scene.scene_text(20)
        assert analyse(scene) == analyse(scene)

    @given(factor=st.sampled_from([0.25, 0.5, 2.0, 4.0]))
    @settings(deadline=None)
    def test_the_resolution_does_not_matter(self, factor: float) -> None:
        scene = Scene(frames=60)
        one_line(scene)
        before = analyse(scene)
        scene.width, scene.height = round(scene.width * factor), round(scene.height * factor)
        assert analyse(scene).regions == before.regions
