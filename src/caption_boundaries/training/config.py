"""Every setting of a training with its default and its unit; contradictions are refused before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from caption_boundaries.errors import UsageError
from caption_boundaries.models.architectures import DEFAULT, architecture

PRECISIONS = ("auto", "bfloat16", "float32")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How a network is trained."""

    architecture: str = DEFAULT
    """Name in the table of architectures."""
    steps: int = 3000
    """Optimizer steps at most."""
    batch_size: int = 64
    """Pairs per optimizer step, over all processes."""
    micro_batch: int = 32
    """Pairs that go through the network at once; smaller needs less memory, and normalises over fewer pairs."""
    samples_per_class: int = 2000
    """Pairs of each class in an epoch at most; a class that has more gives others in each epoch."""
    learning_rate: float = 4e-3
    """Highest rate, reached after the warm-up."""
    warmup: float = 0.05
    """Share of the steps over which the rate rises; after it the rate falls along a cosine."""
    weight_decay: float = 0.02
    """Of weights of layers; biases and normalisations have none."""
    clip: float = 1.0
    """Longest gradient, as a 2-norm over all parameters."""
    augment: float = 1.0
    """Strength of the augmentation; 0 = none."""
    validate_every: int = 200
    """Steps from one look at the validation videos, and one checkpoint, to the next."""
    patience: int = 8
    """Looks without a better macro F1 after which the training ends."""
    precision: str = "auto"
    """auto: half on a GPU, single on a processor; float32; or bfloat16, which newer processors are fast at."""
    workers: int = 0
    """Processes that load pairs; 0: this one does."""
    seed: int = 0
    """Of the weights, of the order and of the augmentation."""
    start: str = ""
    """SHA-256 of the weights that it starts from; empty: from random ones."""
    doubted_by: str = ""
    """Version of the model whose doubts are trained on; empty: on all pairs."""

    def __post_init__(self) -> None:
        architecture(self.architecture)
        for name in ("steps", "batch_size", "micro_batch", "samples_per_class", "validate_every", "patience"):
            _require(getattr(self, name) >= 1, f"{name} must be at least 1.")
        _require(self.batch_size % self.micro_batch == 0, "batch_size must be a multiple of micro_batch.")
        _require(self.micro_batch >= 2, "micro_batch must be at least 2: pairs are normalised over it.")
        _require(self.learning_rate > 0, "learning_rate must be above 0.")
        _require(0 <= self.warmup < 1, "warmup must be from 0 to below 1.")
        _require(self.weight_decay >= 0 and self.augment >= 0, "weight_decay and augment must not be negative.")
        _require(self.clip > 0, "clip must be above 0.")
        _require(self.precision in PRECISIONS, f"precision must be one of {', '.join(PRECISIONS)}.")
        _require(self.workers >= 0, "workers must not be negative.")

    @property
    def micro_batches(self) -> int:
        """Micro-batches in a step."""
        return self.batch_size // self.micro_batch

    def as_dict(self) -> dict[str, Any]:
        """Return the settings by name."""
        return asdict(self)

    def same_course(self, other: Mapping[str, Any]) -> bool:
        """Tell whether a run with the settings ``other`` can be gone on with: only its length may differ."""
        free = {"steps", "patience", "workers"}
        mine, theirs = self.as_dict(), {"start": "", "doubted_by": "", **other}  # earlier versions do not name them
        return all(mine[name] == theirs.get(name) for name in mine.keys() - free)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise UsageError(message)
