"""Ctrl-C and full memory, as a training meets them: it ends between two steps, with a good checkpoint."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from types import FrameType

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from caption_boundaries.errors import TrainingError


@dataclass
class Interruption:
    """Whether somebody wants the training to end."""

    requested: bool = False


@contextmanager
def stopping_on_interrupt() -> Iterator[Interruption]:
    """Note a Ctrl-C instead of raising it at once; a second one is raised."""
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return

    def note(number: int, frame: FrameType | None) -> None:
        if interruption.requested:
            raise KeyboardInterrupt
        interruption.requested = True

    before = signal.signal(signal.SIGINT, note)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def memory_errors() -> Iterator[None]:
    """Turn a full memory into a sentence.

    Raises:
        TrainingError: The memory was full.
    """
    hint = "Choose a smaller micro-batch, or fewer workers, and run the command again: it goes on from the checkpoint."
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise TrainingError("The memory is full.", hint=hint) from error
    except RuntimeError as error:
        if "not enough memory" not in str(error) and "out of memory" not in str(error):
            raise
        raise TrainingError("The memory is full.", hint=hint) from error


def synchronised(network: nn.Module, *, wanted: bool) -> AbstractContextManager[None]:
    """Return a context in which gradients are exchanged between processes only if ``wanted``."""
    if isinstance(network, DistributedDataParallel) and not wanted:
        no_sync: AbstractContextManager[None] = network.no_sync()
        return no_sync
    return nullcontext()
