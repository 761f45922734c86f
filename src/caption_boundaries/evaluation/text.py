"""How far a text is from the true one, in characters."""

from __future__ import annotations

import unicodedata

from rapidfuzz.distance import Levenshtein


def plain_form(text: str) -> str:
    """Return the text as the plain error counts it: NFKC, without punctuation, spaces and case."""
    kept = (character for character in unicodedata.normalize("NFKC", text) if not _is_left_out(character))
    return "".join(kept).casefold()


def strict_form(text: str) -> str:
    """Return the text as the strict error counts it: NFKC, a line break counting as a space."""
    return unicodedata.normalize("NFKC", text.replace("\n", " ")).strip()


def edits(one: str, other: str) -> int:
    """Return how many characters must be inserted, deleted or replaced to make one text the other."""
    return Levenshtein.distance(one, other)


def _is_left_out(character: str) -> bool:
    return unicodedata.category(character)[0] in "PZC"
