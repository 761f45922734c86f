"""Searching the texts of captions, and what replacing would make of them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. It is plain text: a pattern could keep the program busy for ever."""

    find: str
    match_case: bool = False
    whole_words: bool = False

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where it stands in ``text``: first character and the one after the last."""
        return [match.span() for match in self._pattern().finditer(text)]

    def replaced(self, text: str, replacement: str) -> str:
        """Return ``text`` with ``replacement`` wherever it stands."""
        return self._pattern().sub(lambda match: replacement, text)

    def _pattern(self) -> re.Pattern[str]:
        escaped = re.escape(self.find)
        if self.whole_words:
            escaped = rf"(?<!\w){escaped}(?!\w)"
        return re.compile(escaped, 0 if self.match_case else re.IGNORECASE)
