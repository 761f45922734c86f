"""The one form in which captions' texts are written, and the guards that keep them from reading as markup."""

from __future__ import annotations

import re
import unicodedata

GUARD = "\u2060"
"""Word joiner: invisible and without width. Set between two characters that a player would read as markup."""

_LINE_BREAK = re.compile("\r\n|[\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
_INVISIBLE = {GUARD, "\ufeff", "\u200b"}
_NONCHARACTERS = {"\ufffe", "\uffff"}


def tidy_text(text: str) -> str:
    r"""Return ``text`` with ``\n`` between lines, no blank lines, no outer spaces and nothing unprintable."""
    lines = (_tidy_line(line) for line in _LINE_BREAK.split(text))
    return "\n".join(line for line in lines if line)


def _tidy_line(line: str) -> str:
    return "".join(filter(_is_printable, line.replace("\t", " "))).strip()


def _is_printable(character: str) -> bool:
    if character in _INVISIBLE or character in _NONCHARACTERS:
        return False
    return unicodedata.category(character) not in ("Cc", "Cs")


def guard(text: str, markup: re.Pattern[str]) -> str:
    """Return ``text`` with a `GUARD` after the first character of everything that ``markup`` matches."""
    return markup.sub(lambda match: match[0][0] + GUARD + match[0][1:], text)


def unguard(text: str) -> str:
    """Return ``text`` without guards."""
    return text.replace(GUARD, "")
