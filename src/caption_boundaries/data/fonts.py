"""The fonts of this machine that can write captions, and which scripts each can write."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from PIL import ImageFont

from caption_boundaries.data.splits import Split, split_of_family
from caption_boundaries.errors import InputError

SCRIPTS = {"latin": "AgßéčłőşñÅřžÇ", "cyrillic": "ЖфщЇєы", "chinese": "的国语说这爱谢"}
"""Letters that a font must have to write a script."""

FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
UNUSUAL = re.compile(
    r"thin|hairline|light|symbol|resort|math|emoji|kufi|nastaliq|condensed.*(oblique|italic)", re.IGNORECASE
)
"""Cuts that captions are never set in."""
_VARIANTS = re.compile(r"\b(condensed|narrow|mono|black|heavy|medium|semibold|extrabold|extra bold|display)\b", re.I)


@dataclass(frozen=True, slots=True, order=True)
class Font:
    """One cut of a font family."""

    family: str
    """The family that all its cuts share."""
    style: str
    """Such as ``Bold``."""
    path: str
    index: int
    """Number of the face in a collection; 0 for plain files."""
    scripts: tuple[str, ...]
    """What it can write, names of `SCRIPTS`."""

    def at(self, pixels: int) -> ImageFont.FreeTypeFont:
        """Return it at a size in pixels."""
        return _loaded(self.path, self.index, pixels)


def fonts_for(split: Split, script: str) -> tuple[Font, ...]:
    """Return the fonts of a split that are used for a script, in a fixed order; none where this machine has none.

    Chinese fonts are used for Chinese only: their Latin letters are an addition.
    """
    fitting = [font for font in find_fonts() if script in font.scripts and split_of_family(font.family) == split]
    return tuple(font for font in fitting if script == "chinese" or "chinese" not in font.scripts)


def scripts_for(split: Split) -> tuple[str, ...]:
    """Return the scripts that a split can be written in on this machine.

    Raises:
        InputError: There is no font at all.
    """
    found = tuple(script for script in SCRIPTS if fonts_for(split, script))
    if "latin" not in found:
        raise InputError(
            f"This machine has no font for the {split} split.",
            hint="Install some: apt install fonts-dejavu-core fonts-liberation fonts-noto-core fonts-noto-cjk.",
        )
    return found


@cache
def find_fonts() -> tuple[Font, ...]:
    """Return every font of this machine that can write one of the scripts as captions are written."""
    return tuple(sorted(font for path in _font_files() for font in _faces(path) if font.scripts))


def _font_files() -> Iterator[Path]:
    """Yield font files, each name once: fonts that come twice are the same font."""
    seen: set[str] = set()
    for folder in (*(Path(name).expanduser() for name in FOLDERS), *_bundled()):
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in {".ttf", ".otf", ".ttc"} and path.name not in seen:
                seen.add(path.name)
                yield path


def _bundled() -> Sequence[Path]:
    """Return the folder of the fonts that come with matplotlib, if it is installed."""
    spec = importlib.util.find_spec("matplotlib")
    return [Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"] if spec and spec.origin else []


def _faces(path: Path) -> Iterator[Font]:
    """Yield the faces of a file; of a collection for several regions only the one for Simplified Chinese."""
    if UNUSUAL.search(path.stem):
        return
    names = []
    for index in range(10 if path.suffix.lower() == ".ttc" else 1):
        try:
            names.append(ImageFont.truetype(str(path), 20, index=index).getname())
        except OSError:
            break
    chosen = [i for i, (family, _) in enumerate(names) if family and re.search(r"\b(SC|CN)\b", family)] or [0]
    if names and not UNUSUAL.search(" ".join(part or "" for part in names[chosen[0]])):
        family, style = names[chosen[0]]
        yield Font(_root(family or path.stem), style or "", str(path), chosen[0], _scripts(path, chosen[0]))


def _root(family: str) -> str:
    """Return the family without words for a cut: Noto Sans Condensed and Noto Sans are one family."""
    return " ".join(_VARIANTS.sub("", family).split())


def _scripts(path: Path, index: int) -> tuple[str, ...]:
    font = ImageFont.truetype(str(path), 20, index=index)
    missing = bytes(font.getmask("\U0010fffe"))
    found = tuple(name for name, letters in SCRIPTS.items() if all(bytes(font.getmask(c)) != missing for c in letters))
    # A font of another script that has Latin letters too writes them like the family that it belongs to.
    return found if len(found) > 1 or "chinese" in found else ()


@lru_cache(maxsize=64)
def _loaded(path: str, index: int, pixels: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, pixels, index=index)
