"""What changed, as a page that needs nothing else: the pictures are in it."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from string import Template

from caption_boundaries.database.captions import Caption
from caption_boundaries.versioning.differences import CaptionChange, LabelChange, VideoDiff
from caption_boundaries.versioning.telling import told_times
from caption_boundaries.versioning.wording import Part

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; --new: #0a7d33; --gone: #b3261e; --line: #8884; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
h2 { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: 1rem; }
li { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; padding: .5rem 0;
  border-bottom: 1px solid var(--line); }
ul { list-style: none; padding: 0; }
.kind { min-width: 6rem; font-weight: 600; }
.time { font-variant-numeric: tabular-nums; }
ins { color: var(--new); } del { color: var(--gone); }
figure { position: relative; margin: 0; flex-basis: 100%; max-width: 40rem; }
img { max-width: 100%; display: block; }
.box { position: absolute; border: 2px solid var(--gone); }
.box.in { border-color: var(--new); }
</style>
</head>
<body>
<h1>$title</h1>
$body
</body>
</html>
""")

_TAGS = {"same": "{}", "gone": "<del>{}</del>", "new": "<ins>{}</ins>"}


@dataclass(frozen=True, slots=True)
class Picture:
    """What is shown beside a change."""

    jpeg: bytes
    width: int
    """Pixels of the frame that it shows."""
    height: int


@dataclass(frozen=True)
class VideoPage:
    """One video on the page."""

    name: str
    diff: VideoDiff
    captions: dict[int, Picture]
    """By the caption's first frame index."""
    labels: dict[int, Picture]
    """Whole frames, by frame index."""


def page(title: str, videos: Iterable[VideoPage]) -> str:
    """Return the page as HTML."""
    body = "\n".join(_video(video) for video in videos) or "<p>Nothing changed.</p>"
    return _PAGE.substitute(title=escape(title), body=body)


def _video(video: VideoPage) -> str:
    lines = [_caption(change, video) for change in video.diff.captions]
    lines += [_label(change, video) for change in video.diff.labels]
    lines += [_item("layout", escape(sentence)) for sentence in video.diff.layout]
    lines += [_item(schema, "made anew") for schema in video.diff.databases]
    return f"<h2>{escape(video.name)}</h2>\n<ul>\n{chr(10).join(lines)}\n</ul>"


def _caption(change: CaptionChange, video: VideoPage) -> str:
    times = _times(change.before, change.after, video.diff.rate_hz)
    row = change.after or change.before
    assert row is not None
    picture = video.captions.get(row.start_frame_index)
    shown = _figure(picture, f"caption at {times}") if picture else ""
    return _item(
        ", ".join(change.kinds), f'<span class="time">{times}</span> <span>{_words(change.words)}</span>{shown}'
    )


def _label(change: LabelChange, video: VideoPage) -> str:
    row = change.after or change.before
    assert row is not None
    words = f"frame {row.frame_index}: {escape(row.box_text)}: "
    words += " → ".join(side.label if side else "none" for side in (change.before, change.after))
    picture = video.labels.get(row.frame_index)
    if picture is None:
        return _item(change.kind, words)
    left, top = 100 * row.box_left / picture.width, 100 * row.box_top / picture.height
    width = 100 * (row.box_right - row.box_left) / picture.width
    height = 100 * (row.box_bottom - row.box_top) / picture.height
    place = f"left:{left:.2f}%;top:{top:.2f}%;width:{width:.2f}%;height:{height:.2f}%"
    word = change.after.label if change.after else "none"
    return _item(change.kind, words + _figure(picture, words, f'<span class="box {word}" style="{place}"></span>'))


def _item(kind: str, content: str) -> str:
    return f'<li><span class="kind">{escape(kind)}</span> {content}</li>'


def _figure(picture: Picture, alt: str, overlay: str = "") -> str:
    data = base64.b64encode(picture.jpeg).decode()
    return f'<figure><img alt="{escape(alt)}" src="data:image/jpeg;base64,{data}">{overlay}</figure>'


def _words(parts: Iterable[Part]) -> str:
    return "".join(_TAGS[part.kind].format(escape(part.text)) for part in parts)


def _times(before: Caption | None, after: Caption | None, rate_hz: float) -> str:
    return escape(told_times(before, after, rate_hz))
