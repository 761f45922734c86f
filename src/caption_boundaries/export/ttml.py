"""Timed Text Markup Language 1 (.ttml), with times on the media's clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from caption_boundaries.errors import InputError
from caption_boundaries.export.cues import Cue
from caption_boundaries.export.text import tidy_text
from caption_boundaries.export.timing import clock, on_grid

_TT = "http://www.w3.org/ns/ttml"
_PARAMETER = f"{_TT}#parameter"
_XML = "http://www.w3.org/XML/1998/namespace"
_SPACE = f"{{{_XML}}}space"
_CLOCK = re.compile(r"(\d{2,}):(\d{2}):(\d{2}(?:\.\d+)?)(?::(\d+))?")
_OFFSET = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|f|t)")


def write_ttml(cues: Iterable[Cue]) -> str:
    """Return the cues as a TTML1 document."""
    root = ET.Element(
        "tt",
        {"xmlns": _TT, "xmlns:ttp": _PARAMETER, "xml:lang": "", "xml:space": "preserve", "ttp:timeBase": "media"},
    )
    division = ET.SubElement(ET.SubElement(root, "body"), "div")
    for number, cue in enumerate(on_grid(cues, 1000), start=1):
        paragraph = ET.SubElement(
            division, "p", {"xml:id": f"c{number}", "begin": clock(cue.start), "end": clock(cue.end)}
        )
        paragraph.text, *further = cue.text.split("\n")
        for line in further:
            ET.SubElement(paragraph, "br").tail = line
    ET.indent(division, level=2)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def read_ttml(text: str) -> list[Cue]:
    """Return the cues of a TTML document; styling is dropped.

    Raises:
        InputError: It is no TTML, or a time in it cannot be read.
    """
    # Entities are declared there: without a declaration none can grow without bound or reach for other files.
    if "<!DOCTYPE" in text:
        raise InputError("A TTML file with a document type declaration is not read.")
    try:
        root = ET.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))  # noqa: S314 - see above
    except ET.ParseError as error:
        raise InputError(f"This is no TTML file: {error}.") from error
    if _name(root) != "tt":
        raise InputError(f"This is no TTML file: its root is <{_name(root)}>.")
    rates = _Rates.of(root)
    return list(_cues(root, 0.0, root.get(_SPACE, "default"), rates))


@dataclass(frozen=True)
class _Rates:
    """Units of the times that are not written in seconds."""

    frames: float
    """Frames per second."""
    ticks: float
    """Ticks per second."""

    @classmethod
    def of(cls, root: ET.Element) -> _Rates:
        given = {key.rpartition("}")[2]: value for key, value in root.attrib.items()}
        try:
            frames = float(given.get("frameRate", 30))
            numerator, denominator = map(float, given.get("frameRateMultiplier", "1 1").replace(":", " ").split())
            ticks = float(given.get("tickRate", frames if "frameRate" in given else 1))
            rates = cls(frames * numerator / denominator, ticks)
        except (ValueError, ZeroDivisionError) as error:
            raise InputError("The frame rate or tick rate of this TTML file cannot be read.") from error
        if rates.frames <= 0 or rates.ticks <= 0:
            raise InputError("The frame rate or tick rate of this TTML file is not above zero.")
        return rates

    def seconds(self, expression: str) -> float:
        """Return a time expression in seconds."""
        if match := _CLOCK.fullmatch(expression.strip()):
            hours, minutes, seconds, frames = match.groups()
            return int(hours) * 3600 + int(minutes) * 60 + float(seconds) + int(frames or 0) / self.frames
        if match := _OFFSET.fullmatch(expression.strip()):
            units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "f": 1 / self.frames, "t": 1 / self.ticks}
            return float(match[1]) * units[match[2]]
        raise InputError(f"The time {expression!r} of this TTML file cannot be read.")


def _cues(element: ET.Element, origin: float, space: str, rates: _Rates) -> Iterator[Cue]:
    """Yield the cues below ``element``; times of children count from the begin of their parent."""
    for child in element:
        begin = origin + rates.seconds(child.get("begin", "0s"))
        child_space = child.get(_SPACE, space)
        if _name(child) == "p":
            yield Cue(begin, _end(child, begin, origin, rates), tidy_text(_text(child, child_space)))
        elif _name(child) in ("body", "div"):
            yield from _cues(child, begin, child_space, rates)


def _end(paragraph: ET.Element, begin: float, origin: float, rates: _Rates) -> float:
    if "end" in paragraph.attrib:
        end = origin + rates.seconds(paragraph.attrib["end"])
    elif "dur" in paragraph.attrib:
        end = begin + rates.seconds(paragraph.attrib["dur"])
    else:
        raise InputError(f"The TTML paragraph at {begin:.3f} s has no end.")
    if end < begin:
        raise InputError(f"The TTML paragraph at {begin:.3f} s ends before it starts.")
    return end


def _text(element: ET.Element, space: str) -> str:
    parts = [_spaced(element.text, space)]
    for child in element:
        if _name(child) == "br":
            parts.append("\n")
        elif _name(child) == "span":
            parts.append(_text(child, child.get(_SPACE, space)))
        parts.append(_spaced(child.tail, space))
    return "".join(parts)


def _spaced(text: str | None, space: str) -> str:
    return (text or "") if space == "preserve" else re.sub(r"[ \t\r\n]+", " ", text or "")


def _name(element: ET.Element) -> str:
    """Return the element's name without its namespace, which differs between editions; "" for comments."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
