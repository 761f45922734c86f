"""The architectures by name: data only, so that nobody needs torch to know them."""

from __future__ import annotations

from dataclasses import dataclass

from caption_boundaries.errors import UsageError


@dataclass(frozen=True, slots=True)
class Architecture:
    """Widths of a siamese network; see `network.BoundaryNetwork`."""

    name: str
    stem: int
    """Channels at half the input's size."""
    features: int
    """Channels of what the encoder returns for a picture, at a quarter of its size."""
    mixed: int
    """Channels of a pair, at a quarter of the size."""
    deep: tuple[int, ...]
    """Channels of a pair at an eighth of the size, a sixteenth, and so on."""
    hidden: int
    """Width of the last hidden layer."""
    depth: int = 1
    """Convolutions that follow one another at each size."""

    def has_room_for(self, other: Architecture) -> bool:
        """Tell whether what a network of ``other`` has learnt fits into this one, nowhere narrower or shallower."""
        same_sizes = len(self.deep) == len(other.deep)
        return same_sizes and all(mine >= theirs for mine, theirs in zip(self._widths(), other._widths(), strict=True))

    def _widths(self) -> tuple[int, ...]:
        return self.stem, self.features, self.mixed, *self.deep, self.hidden, self.depth


ARCHITECTURES = {
    architecture.name: architecture
    for architecture in (
        Architecture("siamese-small", stem=16, features=32, mixed=32, deep=(96, 128), hidden=96),
        Architecture("siamese-wide", stem=16, features=48, mixed=64, deep=(128, 192), hidden=128, depth=3),
        Architecture("siamese-tiny", stem=8, features=12, mixed=12, deep=(24, 32), hidden=24),
    )
}
DEFAULT = "siamese-small"


def architecture(name: str) -> Architecture:
    """Return an architecture by name.

    Raises:
        UsageError: There is none of this name.
    """
    if name not in ARCHITECTURES:
        raise UsageError(f"There is no architecture {name}.", hint=f"There are {', '.join(ARCHITECTURES)}.")
    return ARCHITECTURES[name]
