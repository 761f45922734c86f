"""Texts compared as a reader of blurred pictures would: letters that look alike are alike."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

REMEMBERED = 4096
"""Texts whose folded form is remembered: each is compared with many others."""
_ALIKE = str.maketrans({**dict.fromkeys("iI1|", "l"), "0": "o"})
_SPECKS = re.compile(r"""[\s'"`´’‘“”.。,、·•:;]+""")


@lru_cache(maxsize=REMEMBERED)
def folded(text: str) -> str:
    """Return ``text`` without what engines confuse.

    That is spaces, quotes, dots and commas, accents of Latin letters, case, and whether a bar is an i, an l or a 1.
    """
    letters = "".join(_without_accent(letter) for letter in unicodedata.normalize("NFKC", text))
    return _SPECKS.sub("", letters).translate(_ALIKE).lower()


def _without_accent(letter: str) -> str:
    parts = unicodedata.normalize("NFD", letter)
    return parts[0] if len(parts) > 1 and "a" <= parts[0].lower() <= "z" else letter


def similarity(one: str, other: str) -> float:
    """Return how alike two folded texts are, 0 to 1."""
    return float(Levenshtein.normalized_similarity(one, other))


def letter_edges(text: str) -> list[float]:
    """Return where each letter of a line begins, and where the last ends, as shares of the line's width."""
    widths = [_letter_width(letter) for letter in text]
    total = sum(widths) or 1.0
    edges = [0.0]
    for width in widths:
        edges.append(edges[-1] + width / total)
    return edges


def _letter_width(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    return 0.3 if letter in "il.,'!|:;I1 " else 0.55


def differing_spans(one: str, other: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return the stretches (start, stop) of two texts that differ in more than letters that look alike."""
    return [
        ((code.src_start, code.src_end), (code.dest_start, code.dest_end))
        for code in Levenshtein.opcodes(one, other)
        if code.tag != "equal"
        and folded(one[code.src_start : code.src_end]) != folded(other[code.dest_start : code.dest_end])
    ]
