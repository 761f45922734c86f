"""How far the single pictures of a caption agree with a text, letter by letter. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

AGREES, IS_NOISE = 0.8, 0.2
"""A letter that this share of the pictures shows agrees; one that fewer show is noise; between them is doubt."""


def agreement(text: str, readings: Sequence[str]) -> list[float]:
    """Return for every character of ``text`` which share of the readings has it in its place, 0 to 1.

    Args:
        text: The text that is looked at.
        readings: What stands in each of several pictures; those without any text say nothing.
    """
    said = [reading for reading in readings if reading]
    if not said:
        return []
    hits = [0] * len(text)
    for reading in said:
        for block in Levenshtein.opcodes(text, reading):
            if block.tag == "equal":
                for place in range(block.src_start, block.src_end):
                    hits[place] += 1
    return [count / len(said) for count in hits]


def marks(shares: Sequence[float]) -> str:
    """Return one letter for every share: a agrees, d is doubtful, n is noise."""
    return "".join("a" if share >= AGREES else "n" if share < IS_NOISE else "d" for share in shares)
