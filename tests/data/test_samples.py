"""Which pairs are samples, of which class, in which fold: the rules as tables and properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caption_boundaries.data.samples import assign_folds, capped, caption_lengths, counts_of, pairs_of, what_is_shown
from caption_boundaries.database.captions import Caption
from caption_boundaries.types import BOUNDARY_CLASSES


def said(start: int, end: int, text: str | None = "Hello", **more: object) -> Caption:
    return Caption(start, end, "confirmed", text=text, **more)  # type: ignore[arg-type]


def gap(start: int, end: int, **more: object) -> Caption:
    return Caption(start, end, "gap", **more)  # type: ignore[arg-type]


HELLO, EMPTY, UNKNOWN = "caption", "empty", "unknown"


@pytest.mark.parametrize(
    ("row", "is_"),
    [
        (said(0, 1), HELLO),
        (said(0, 1, ""), EMPTY),
        (said(0, 1, " \n"), EMPTY),
        (said(0, 1, None), UNKNOWN),
        (said(0, 1, boundary_pending=1), UNKNOWN),
        (said(0, 1, text_pending=1), UNKNOWN),
        (said(0, 1, "", text_pending=1), UNKNOWN),
        (gap(0, 1), EMPTY),
        (gap(0, 1, boundary_pending=1), UNKNOWN),
        (gap(0, 1, run_id=7), UNKNOWN),
        (Caption(0, 1, "predicted", text="Hello"), UNKNOWN),
        (Caption(0, 1, "predicted", text="Hello", text_status="confirmed"), UNKNOWN),
        (Caption(0, 1, "predicted"), UNKNOWN),
        (Caption(0, 1, "issue", text="Hello"), UNKNOWN),
        (Caption(0, 1, "issue", text=""), UNKNOWN),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.boundary_state} {value.text!r}",
)
def test_what_a_row_says(row: Caption, is_: str) -> None:
    expected = {HELLO: 1, EMPTY: 0, UNKNOWN: -1}[is_]
    assert what_is_shown([row], np.arange(2)).tolist() == [expected, expected]


@pytest.mark.parametrize(
    ("rows", "is_"),
    [
        ([said(0, 0), gap(1, 2, run_id=7), said(3, 3)], EMPTY),
        ([gap(1, 2, run_id=7), said(3, 3)], EMPTY),
        ([said(0, 0), gap(1, 2, run_id=7)], EMPTY),
        ([said(0, 0), gap(1, 2, run_id=7), Caption(3, 3, "predicted", text="?")], UNKNOWN),
        ([said(0, 0), gap(1, 2, run_id=7), said(3, 3, boundary_pending=1)], UNKNOWN),
        ([said(0, 0), gap(1, 2, run_id=7), Caption(3, 3, "issue")], UNKNOWN),
        ([gap(1, 2, run_id=7)], UNKNOWN),
        ([said(0, 0), gap(1, 2), Caption(3, 3, "predicted", text="?")], EMPTY),
    ],
)
def test_a_gap_that_a_run_left_counts_only_between_what_a_person_confirmed(rows: list[Caption], is_: str) -> None:
    assert what_is_shown(rows, np.array([1, 2])).tolist() == [{EMPTY: 0, UNKNOWN: -1}[is_]] * 2


@pytest.mark.parametrize(
    ("rows", "classes"),
    [
        ([said(0, 3)], {0: "same", 1: "same", 2: "same"}),
        ([said(0, 1, "One"), said(2, 3, "Two")], {0: "same", 1: "different", 2: "same"}),
        ([said(0, 1, "One"), said(2, 3, "one ")], {0: "same", 2: "same"}),
        ([gap(0, 1), said(2, 3)], {0: "empty_empty", 1: "empty_valid", 2: "same"}),
        ([said(0, 1), gap(2, 3)], {0: "same", 1: "valid_empty", 2: "empty_empty"}),
        ([said(0, 1), said(2, 3, "")], {0: "same", 1: "valid_empty", 2: "empty_empty"}),
        ([gap(0, 1), said(2, 3, "")], {0: "empty_empty", 1: "empty_empty", 2: "empty_empty"}),
        ([said(0, 1), said(2, 3, None)], {0: "same"}),
        ([gap(0, 1), said(2, 3, None)], {0: "empty_empty"}),
        ([said(0, 1)], {0: "same"}),
        ([said(0, 1), said(3, 3, "Two")], {0: "same"}),
        ([said(0, 2), said(2, 3, "Two")], {0: "same"}),
        ([said(2, 2)], {}),
        ([said(0, 9)], {0: "same", 1: "same", 2: "same"}),
        ([], {}),
    ],
    ids=[
        "one caption",
        "two captions",
        "two captions that say the same",
        "a caption comes",
        "a caption goes",
        "an empty text is no caption",
        "no caption in two ways",
        "NULL is unknown, not empty",
        "NULL after a gap is unknown too",
        "what no row covers is unknown",
        "only neighbours are pairs",
        "where two rows overlap nothing is known",
        "a single index has no neighbour",
        "indices without a crop do not count",
        "no rows",
    ],
)
def test_pairs_and_their_classes(rows: list[Caption], classes: dict[int, str]) -> None:
    firsts, labels = pairs_of(rows, np.arange(4))
    assert {int(i): BOUNDARY_CLASSES[label] for i, label in zip(firsts, labels, strict=True)} == classes


def test_crops_that_are_missing_make_no_pairs_across_the_hole() -> None:
    firsts, labels = pairs_of([said(0, 9)], np.array([0, 1, 4, 5, 7]))
    assert firsts.tolist() == [0, 4]
    assert counts_of(labels)["same"] == 2


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from(["a", "b", "", None]))))
def test_null_never_becomes_empty(rows: list[tuple[int, int, str | None]]) -> None:
    captions = [said(start, start + length, text) for start, length, text in sorted(rows, key=lambda row: row[0])]
    nulls = {i for row in captions if row.text is None for i in range(row.start_frame_index, row.end_frame_index + 1)}
    firsts, _ = pairs_of(captions, np.arange(20))
    assert not {int(i) for i in firsts} & nulls
    assert not {int(i) + 1 for i in firsts} & nulls


classes = st.lists(
    st.lists(st.integers(0, 4), max_size=30).map(lambda part: np.array(part, dtype=np.int64)), max_size=5
)


@given(classes, st.integers(1, 20), st.integers(0, 3))
def test_no_class_has_more_than_the_cap_and_no_other_loses_any(labels: list, cap: int, seed: int) -> None:
    kept = capped(labels, cap, seed)
    assert len(kept) == len(labels)
    before = counts_of(np.concatenate([*labels, np.zeros(0, np.int64)]).astype(np.int64))
    parts = [part[places] for part, places in zip(labels, kept, strict=True)]
    after = counts_of(np.concatenate([*parts, np.zeros(0, np.int64)]).astype(np.int64))
    assert after == {name: min(count, cap) for name, count in before.items()}
    assert all(np.array_equal(a, b) for a, b in zip(kept, capped(labels, cap, seed), strict=True))
    assert all((np.diff(part) > 0).all() for part in kept)


def test_without_a_cap_everything_stays() -> None:
    assert [part.tolist() for part in capped([np.array([1, 1, 2])], None, 0)] == [[0, 1, 2]]


sizes = st.dictionaries(st.text(max_size=5), st.integers(0, 500), max_size=20)


@given(sizes, st.integers(1, 6), st.integers(0, 3))
def test_every_group_has_one_fold(sizes: dict[str, int], folds: int, seed: int) -> None:
    fold_of = assign_folds(sizes, folds, seed)
    assert fold_of.keys() == sizes.keys()
    assert set(fold_of.values()) <= set(range(folds))
    assert fold_of == assign_folds(dict(reversed(sizes.items())), folds, seed)
    assert len(set(fold_of.values())) == min(folds, len(sizes))


@given(sizes, st.integers(1, 6))
def test_folds_are_about_equally_large(sizes: dict[str, int], folds: int) -> None:
    fold_of = assign_folds(sizes, folds, 0)
    filled = [sum(max(1, sizes[group]) for group in sizes if fold_of[group] == fold) for fold in range(folds)]
    assert max(filled) - min(filled) <= max([1, *sizes.values()])


def test_lengths_are_those_of_confirmed_captions() -> None:
    assert caption_lengths([said(0, 3), gap(4, 9), said(10, 10), said(11, 15, None), said(16, 19, "")]) == [4, 1]
