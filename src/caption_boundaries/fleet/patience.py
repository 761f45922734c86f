"""Trying a transfer again, with longer and longer pauses, until it works or is clearly failed."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from caption_boundaries.errors import CaptionBoundariesError, StorageError
from caption_boundaries.fleet.remote import PERMANENT

_LOG = logging.getLogger(__name__)
T = TypeVar("T")


class DamagedTransferError(Exception):
    """What arrived is not what was sent."""


class TransferFailedError(StorageError):
    """A transfer failed every time; it may work later."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often, and after which pauses, something is tried again."""

    attempts: int = 6
    first_pause_seconds: float = 0.5
    """Doubled after every failure, up to the longest; a random part keeps a fleet from marching in step."""
    longest_pause_seconds: float = 30.0

    def insist(self, action: Callable[[], T], what: str, *, may_be_missing: bool = False) -> T:
        """Return what ``action`` returns, trying again after errors that may pass.

        Args:
            action: Does the same however often it is called.
            what: Names it in the message, such as ``"Sending s3://films/objects/ab…"``.
            may_be_missing: Let ``FileNotFoundError`` through: the caller knows what it means.

        Raises:
            StorageError: It failed for good.
            TransferFailedError: It failed every time.
            FileNotFoundError: What is asked for does not exist, and the caller wants to know.
        """
        for attempt in range(1, self.attempts + 1):
            try:
                return action()
            except CaptionBoundariesError:
                raise
            except PERMANENT as error:
                if may_be_missing and isinstance(error, FileNotFoundError):
                    raise
                raise StorageError(f"{what} is refused: {error}.", hint="Check the rights and the address.") from error
            except Exception as error:  # every store library has a tree of errors of its own
                if attempt == self.attempts:
                    raise TransferFailedError(
                        f"{what} failed {attempt} times: {_told(error)}.",
                        hint="Nothing was half published; run it again.",
                    ) from error
                _LOG.info("%s failed (%s), attempt %d", what, _told(error), attempt)
                time.sleep(self._pause(attempt))
        raise ValueError("attempts must be at least 1")

    def _pause(self, attempt: int) -> float:
        longest = min(self.longest_pause_seconds, self.first_pause_seconds * 2.0 ** (attempt - 1))
        return longest * random.uniform(0.5, 1.0)


def _told(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
