"""Working ahead in other threads, with results in order and bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def in_order(futures: Iterable[Future[T]], *, waiting: int) -> Iterator[T]:
    """Yield the results of futures in their order; what has not begun when the caller leaves is cancelled.

    Args:
        futures: Submits each one only when it is asked for, in the caller's thread.
        waiting: How many may wait or be under way while the caller looks at a result; bounds the memory.
    """
    pending: deque[Future[T]] = deque()
    try:
        for future in futures:
            pending.append(future)
            if len(pending) > waiting:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()
