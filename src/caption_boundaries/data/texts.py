"""Made-up lines of text: words at random in the look of a language, each line on one side of the split."""

from __future__ import annotations

import random
from dataclasses import dataclass

from caption_boundaries.data.splits import Split, split_of_text
from caption_boundaries.data.vocabulary import CHINESE_CHARACTERS, CHINESE_WORDS, CYRILLIC, LATIN, NAMES

ENDS = {"latin": ".....!??…,", "cyrillic": ".....!??…,", "chinese": "        。，！？…"}
"""How lines end, by script; a space: without a mark."""
SHORT_SHARE = 0.12
"""One word alone, as people answer."""


@dataclass
class TextWriter:
    """Writes lines in one language, none of which the other side of the split ever has."""

    script: str
    """latin, cyrillic or chinese."""
    split: Split
    random: random.Random
    longest: int = 40
    """Characters of one line at most."""

    def __post_init__(self) -> None:
        languages = {"latin": LATIN, "cyrillic": CYRILLIC, "chinese": {"chinese": CHINESE_WORDS}}[self.script]
        self._words = languages[self.random.choice(sorted(languages))].split()
        self._shouts = self.script != "chinese" and self.random.random() < 0.1

    def line(self) -> str:
        """Return a line of its own."""
        write = self._chinese if self.script == "chinese" else self._alphabetic
        while split_of_text(line := write()) != self.split:
            pass
        return line

    def lines(self, count: int) -> tuple[str, ...]:
        """Return lines of one caption; two people in turn each have a dash before theirs."""
        found = [self.line() for _ in range(count)]
        if count == 2 and self.script != "chinese" and self.random.random() < 0.25:
            found = [f"- {line}" for line in found]
        return tuple(found)

    def near(self, line: str) -> str:
        """Return a line that differs from ``line`` in one letter or in how it ends."""
        for _ in range(100):
            found = self._changed(line)
            if found != line and split_of_text(found) == self.split:
                return found
        return self.line()  # there is nothing to change in it

    def _alphabetic(self) -> str:
        count = 1 if self.random.random() < SHORT_SHARE else self.random.randint(2, 9)
        text = " ".join(self.random.choices(self._words, k=count))
        while len(text) > self.longest - 4 and " " in text:
            text = text.rpartition(" ")[0]
        text = text[:1].upper() + text[1:]
        if self.random.random() < 0.06:
            text = f"{self.random.choice(NAMES[:4])}: {text}"
        text += self.random.choice(ENDS[self.script])
        return text.upper() if self._shouts else text

    def _chinese(self) -> str:
        count = 1 if self.random.random() < SHORT_SHARE else self.random.randint(2, 7)
        parts = [
            self.random.choice(self._words if self.random.random() < 0.5 else CHINESE_CHARACTERS) for _ in range(count)
        ]
        if self.random.random() < 0.08:
            parts.insert(self.random.randint(0, len(parts)), str(self.random.randint(1, 2030)))
        return ("".join(parts)[: self.longest - 1] + self.random.choice(ENDS["chinese"])).strip()

    def _changed(self, line: str) -> str:
        if line[-1:] in ".。!！?？" and self.random.random() < 0.4:
            ends = "。！？" if self.script == "chinese" else ".!?"
            return line[:-1] + self.random.choice(ends)
        places = [place for place, character in enumerate(line) if character.isalpha()]
        if not places:
            return line
        place = self.random.choice(places)
        letters = CHINESE_CHARACTERS if self.script == "chinese" else "".join(w for w in self._words if w.isalpha())
        letter = self.random.choice(letters)
        return line[:place] + (letter.upper() if line[place].isupper() else letter) + line[place + 1 :]
