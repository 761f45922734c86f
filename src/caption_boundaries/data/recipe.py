"""What a synthetic video is made from: a recipe says what may come, a script what does.

    recipe + seed ──► script (`scripts.write_script`, pure) ──► video file + truth (`synthesis.render_script`)

Both are plain values that go to JSON and back.

**When a caption counts as shown.** A caption that fades is shown from the first frame on which at least half of it is
there (opacity ≥ 50 %) to the last such frame. Fades last an even number of frames, so that no frame is at exactly one
half. Flicker never takes a caption below one half.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from caption_boundaries.data.fonts import Font
from caption_boundaries.data.plain import to_json
from caption_boundaries.data.splits import SPLITS, Split
from caption_boundaries.errors import UsageError

VERSION = 2
"""Counts up when the same recipe and seed give another video."""

Color = tuple[int, int, int]
"""Red, green, blue."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """A part of the footage that is not to be used."""

    start: float
    """Seconds."""
    end: float
    """Seconds."""
    file: str = ""
    """Name of the file; empty: of every file."""

    def __post_init__(self) -> None:
        _make_float(self, "start", "end")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What may come in a synthetic video."""

    split: Split = "train"
    seconds: float = 30.0
    """Length of a video."""
    footage: tuple[str, ...] = ()
    """Video files without captions, and photos; none: only drawn backgrounds."""
    excluded: tuple[Excluded, ...] = ()
    """Parts of the footage that are not to be used."""
    footage_share: float = 0.7
    """Share of the shots that show footage, where there is any."""
    photo_share: float = 0.5
    """Share of those that show a photo, where there are both photos and videos."""
    sizes: tuple[tuple[int, int, int], ...] = (
        (640, 360, 8),
        (678, 360, 2),
        (640, 480, 2),
        (512, 288, 2),
        (854, 480, 4),
        (960, 540, 3),
        (1280, 534, 1),
        (1280, 720, 4),
    )
    """Width and height in pixels (even numbers), and how often each comes."""
    rates: tuple[tuple[str, int], ...] = (("24", 3), ("25", 3), ("30000/1001", 2), ("30", 2))
    """Source frames per second as a fraction, and how often each comes."""
    scripts: tuple[tuple[str, int], ...] = (("latin", 4), ("chinese", 4), ("cyrillic", 1), ("bilingual", 2))
    """latin, chinese, cyrillic or bilingual (Chinese above Latin), and how often each comes."""
    crf: tuple[int, int] = (18, 34)
    """From the best to the worst quality of compression, as x264 counts."""
    preset: str = "superfast"
    """Effort of the compression, as x264 calls it."""
    fade_share: float = 0.3
    """Share of the videos whose captions fade."""
    flicker_share: float = 0.12
    """Share of the videos whose captions flicker."""
    overlay_share: float = 0.5
    """Share of the videos with a logo, clock, ticker or name plates."""
    near_share: float = 0.12
    """Share of the captions that differ from the one before in one letter."""
    haste: float = 1.0
    """How many times as fast as usual captions follow one another: more to learn in as many pictures."""
    empty_share: float = 0.03
    """Share of the videos without a single caption."""
    version: int = VERSION

    def __post_init__(self) -> None:
        _make_float(self, "seconds", "haste")
        if self.split not in SPLITS:
            raise UsageError(f"There is no split {self.split!r}.", hint="The splits are train and test.")
        if self.haste <= 0:
            raise UsageError("The haste of captions must be above 0.")
        if not 1 <= self.seconds <= 3600:
            raise UsageError("A synthetic video lasts from 1 to 3600 seconds.")
        if self.version != VERSION:
            raise UsageError(f"Recipes of version {self.version} are not known; this program makes version {VERSION}.")

    @property
    def identity(self) -> str:
        """JSON that is the same wherever the footage lies."""
        return to_json(replace(self, footage=tuple(Path(name).name for name in self.footage)))


def _make_float(value: object, *names: str) -> None:
    """Make numbers floats, so that 30 and 30.0 are the same recipe in JSON too."""
    for name in names:
        object.__setattr__(value, name, float(getattr(value, name)))


@dataclass(frozen=True, slots=True)
class Typeface:
    """A font at a size."""

    font: Font
    size: int
    """Pixels."""


@dataclass(frozen=True, slots=True)
class Style:
    """How the captions of a video look. Lengths are pixels of the frame."""

    faces: tuple[Typeface, ...]
    """One, or two in bilingual captions: the first line's and the second's."""
    fill: Color
    outline: Color
    outline_width: int
    shadow: int
    """Distance of the shadow; 0 = none."""
    box_color: Color | None
    """The box behind; None = no box."""
    box_opacity: float
    """0 to 1."""
    anchor: str
    """left, center or right."""
    x: int
    """Where the anchor is."""
    y: int
    """The lower edge of the text, or the upper edge when it hangs from the top."""
    hangs: bool
    """True: a second line comes below the first; False: the first moves up to make room."""
    spacing: float
    """From line to line in font sizes."""


@dataclass(frozen=True, slots=True)
class ScriptedCaption:
    """One caption of a video."""

    first: int
    """The first frame that shows it, at least half of it."""
    last: int
    """The last one, inclusive."""
    lines: tuple[str, ...]
    fade_in: int = 0
    """Frames on which it is partly there before it is there; even; 0 = it comes at once."""
    fade_out: int = 0
    flicker: float = 0.0
    """By how much its opacity falls on every other frame at most."""

    @property
    def drawn(self) -> range:
        """Every frame on which something of it is drawn."""
        return range(self.first - self.fade_in // 2, self.last + self.fade_out // 2 + 1)

    @property
    def text(self) -> str:
        """The lines with line breaks between."""
        return "\n".join(self.lines)

    def opacity(self, frame: int) -> float:
        """Return how much of it is there on a frame, 0 to 1: at least one half exactly when it counts as shown."""
        if frame not in self.drawn:
            return 0.0
        coming = (frame - self.drawn.start + 1) / (self.fade_in + 1)
        going = (self.drawn.stop - frame) / (self.fade_out + 1)
        opacity = min(1.0, coming, going)
        return opacity if opacity < 1.0 else 1.0 - self.flicker * (frame * 7 % 5) / 4


@dataclass(frozen=True, slots=True)
class Shot:
    """What is behind the captions from one frame on."""

    first: int
    kind: str
    """footage, photo, or the name of a drawn background."""
    seed: int
    """Decides what a drawn background looks like, and which part of footage is seen."""
    file: str = ""
    """The footage or the photo."""
    start: float = 0.0
    """Seconds in the footage."""
    zoom: float = 1.0
    """How much larger than the frame it is shown, so that a part is cut out."""
    mirrored: bool = False
    gain: float = 1.0
    """Factor of the brightness."""
    still: bool = False
    """True: the first picture of the shot stands."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Something that is drawn over the picture and is no caption."""

    kind: str
    """logo, clock, ticker or plate."""
    texts: tuple[str, ...]
    face: Typeface
    x: int
    """Left edge in pixels."""
    y: int
    """Upper edge in pixels."""
    first: int
    last: int
    """Inclusive."""
    fill: Color
    box_color: Color | None = None
    opacity: float = 1.0
    speed: int = 0
    """Pixels per frame to the left; even."""


@dataclass(frozen=True, slots=True)
class Script:
    """Everything that decides what a synthetic video shows."""

    seed: int
    split: Split
    width: int
    height: int
    rate: str
    """Source frames per second as a fraction."""
    frames: int
    """How many source frames it has."""
    crf: int
    preset: str
    style: Style
    captions: tuple[ScriptedCaption, ...]
    """In order of time."""
    shots: tuple[Shot, ...]
    overlays: tuple[Overlay, ...]
    tags: tuple[str, ...] = field(default=())
    """What is special about it, such as ``fade`` or ``chinese``, to score kinds of videos apart."""

    @property
    def fps(self) -> Fraction:
        """Source frames per second."""
        return Fraction(self.rate)
