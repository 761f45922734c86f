"""Results come in order, work is handed out only so far ahead, and what has not begun is cancelled."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from caption_boundaries.ahead import in_order


@pytest.mark.parametrize("waiting", [0, 1, 3, 100])
def test_results_come_in_order_and_are_asked_for_so_far_ahead(waiting: int) -> None:
    handed: list[int] = []

    def futures(pool: ThreadPoolExecutor) -> Iterator[Future[int]]:
        for number in range(10):
            handed.append(number)
            yield pool.submit(lambda number=number: number)

    with ThreadPoolExecutor(4) as pool:
        for number, result in enumerate(in_order(futures(pool), waiting=waiting)):
            assert result == number
            assert len(handed) == min(10, number + waiting + 1)


def test_what_has_not_begun_is_cancelled() -> None:
    release = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        submitted = [pool.submit(int), pool.submit(release.wait), pool.submit(int), pool.submit(int)]
        results = in_order(submitted, waiting=3)
        assert next(results) == 0
        results.close()
        release.set()
    assert [future.cancelled() for future in submitted[2:]] == [True, True]


def test_an_error_comes_in_its_turn() -> None:
    with ThreadPoolExecutor(2) as pool:
        results = in_order([pool.submit(int), pool.submit(int, "x"), pool.submit(int)], waiting=2)
        assert next(results) == 0
        with pytest.raises(ValueError, match="invalid literal"):
            next(results)
