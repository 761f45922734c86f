"""What may be used for training and what is kept for tests: fonts, texts, footage and photos, each by a fixed rule.

The rules look at the thing alone (its family, its letters, its second), never at what else is there, so that the
same thing is on the same side on every machine.
"""

from __future__ import annotations

import hashlib
from typing import Literal

Split = Literal["train", "test"]
SPLITS: tuple[Split, ...] = ("train", "test")

TEST_FAMILIES = ("Liberation", "Open Sans", "WenQuanYi Zen Hei", "Noto Serif CJK", "AR PL UKai")
"""Font families that begin so are kept for tests; all others are for training."""

TEST_TEXTS = 5
"""One text of so many is kept for tests."""
TEST_PHOTOS = 5
"""One photo of so many is kept for tests."""

TRAIN_UNTIL, TEST_FROM = 0.66, 0.675
"""Shares of a footage file's length: training ends before the one, tests begin at the other.

What lies between is used by neither, so that no shot is on both sides.
"""


def split_of_family(family: str) -> Split:
    """Return the side on which a font family is."""
    return "test" if family.startswith(TEST_FAMILIES) else "train"


def split_of_text(text: str) -> Split:
    """Return the side on which a line of text is; case, spaces and punctuation make no difference."""
    return _drawn("".join(character for character in text.casefold() if character.isalnum()), TEST_TEXTS)


def split_of_photo(name: str) -> Split:
    """Return the side on which a photo is, by the name of its file."""
    return _drawn(name, TEST_PHOTOS)


def span_of_split(split: Split, seconds: float) -> tuple[float, float]:
    """Return which part of a footage file of some length, in seconds, is on a side."""
    return (0.0, TRAIN_UNTIL * seconds) if split == "train" else (TEST_FROM * seconds, seconds)


def _drawn(name: str, test_share: int) -> Split:
    """Return the test side for one name of ``test_share``, whichever machine asks."""
    return "test" if int(hashlib.sha256(name.encode()).hexdigest(), 16) % test_share == 0 else "train"
