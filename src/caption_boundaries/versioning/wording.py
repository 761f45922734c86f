"""Which words of a text changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

# Scripts without spaces between words are compared character by character.
_TOKEN = re.compile(r"[぀-ヿ㐀-鿿가-힯豈-﫿]|[^\W぀-ヿ㐀-鿿가-힯豈-﫿]+|\s+|.", re.DOTALL)


class Part(NamedTuple):
    """A piece of text."""

    kind: Literal["same", "gone", "new"]
    text: str


def marked(before: str, after: str) -> tuple[Part, ...]:
    """Return both texts as one sequence of parts: without the new ones it is ``before``, without the gone ``after``."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    parts: list[Part] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(Part("same", "".join(old[a:b])))
            continue
        parts += [Part("gone", "".join(old[a:b]))] if b > a else []
        parts += [Part("new", "".join(new[c:d]))] if d > c else []
    return tuple(parts)


def as_text(parts: Sequence[Part]) -> str:
    """Return parts as people mark them in plain text."""
    frames = {"same": "{}", "gone": "[-{}-]", "new": "{{+{}+}}"}
    return "".join(frames[part.kind].format(part.text) for part in parts)
