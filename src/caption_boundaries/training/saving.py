"""What a training keeps so that it can go on exactly where it stopped."""

from __future__ import annotations

import hashlib
import io
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from caption_boundaries import __version__
from caption_boundaries.errors import InputError, UsageError
from caption_boundaries.models import preprocessing
from caption_boundaries.models.architectures import architecture
from caption_boundaries.models.checkpoint import TRAINING, WEIGHTS, Meta, find_checkpoint, read_meta, save_checkpoint
from caption_boundaries.models.description import DESCRIPTION, check_compatible, read_description
from caption_boundaries.models.network import BoundaryNetwork, load_weights
from caption_boundaries.training.config import TrainConfig
from caption_boundaries.types import BOUNDARY_CLASSES


@dataclass
class Progress:
    """How far a training has come."""

    step: int = 0
    """Optimizer steps done."""
    best: tuple[float, float] = (-1.0, 0.0)
    """Best macro F1 of the validation videos, and of equal ones the least loss, negative."""
    looks_since: int = 0
    """Looks at them since then."""


def save(
    run_dir: Path,
    network: BoundaryNetwork,
    optimizer: torch.optim.Optimizer,
    scaler: torch.amp.GradScaler,
    progress: Progress,
    *,
    meta: Mapping[str, Any],
    best: bool,
) -> Path:
    """Save a checkpoint; ``meta`` is what only the caller knows of `Meta`."""
    weights = _bytes(network.state_dict())
    state = {
        "optimizer": optimizer.state_dict(),
        "scaler": scaler.state_dict(),
        "progress": vars(progress),
    }
    description = Meta(
        preprocessing=preprocessing.VERSION,
        step=progress.step,
        code_revision=code_revision(),
        weights_hash=weights_hash(weights),
        **meta,
    )
    return save_checkpoint(run_dir, description, {WEIGHTS: weights, TRAINING: _bytes(state)}, best=best)


def restore(
    run_dir: Path,
    config: TrainConfig,
    data_hash: str,
    network: BoundaryNetwork,
    optimizer: torch.optim.Optimizer,
    scaler: torch.amp.GradScaler,
) -> Progress:
    """Bring everything to where the last checkpoint of a run was, and return how far that is.

    Raises:
        UsageError: It would not be the same run.
    """
    folder = check_same_run(run_dir, config, data_hash)
    load_weights(network, (folder / WEIGHTS).read_bytes())
    state = torch.load(io.BytesIO((folder / TRAINING).read_bytes()), map_location="cpu", weights_only=True)
    optimizer.load_state_dict(state["optimizer"])
    scaler.load_state_dict(state["scaler"])
    known = state["progress"]
    return Progress(known["step"], tuple(known["best"]), known["looks_since"])


def check_same_run(run_dir: Path, config: TrainConfig, data_hash: str) -> Path:
    """Return the last checkpoint of a run that is to be gone on with.

    Raises:
        UsageError: The run has other settings or another data set: it would not be the same run.
    """
    folder = find_checkpoint(run_dir, "last")
    meta = read_meta(folder)
    if meta.data_hash == data_hash and config.same_course(meta.config):
        return folder
    what = "other settings" if meta.data_hash == data_hash else "another data set"
    raise UsageError(
        f"The run in {run_dir} was begun with {what}.",
        hint="Go on with the same, or begin a new run in another folder.",
    )


def read_start(path: Path, name: str) -> bytes:
    """Return the weights that a training is to start from.

    Args:
        path: A training's folder, that of one checkpoint, or an exported model.
        name: Of the architecture of the network that is to be trained.

    Raises:
        InputError: There are none, or they were trained for another program version.
        UsageError: They are of an architecture that does not fit into this one.
    """
    exported = (path / DESCRIPTION).is_file()
    folder = path if exported else find_checkpoint(path)
    known = read_description(folder) if exported else read_meta(folder)
    check_compatible(BOUNDARY_CLASSES, known.preprocessing, folder)
    if not architecture(name).has_room_for(architecture(known.architecture)):
        raise UsageError(
            f"The model in {path} is of architecture {known.architecture}, which does not fit into {name}.",
            hint=f"Train with --architecture {known.architecture}, or start from nothing.",
        )
    if not (folder / WEIGHTS).is_file():
        raise InputError(f"{folder} has no {WEIGHTS} to start from.", hint="Name the run that it was exported from.")
    return (folder / WEIGHTS).read_bytes()


def weights_hash(weights: bytes) -> str:
    """Return the hash by which weights are known."""
    return hashlib.sha256(weights).hexdigest()


def code_revision() -> str:
    """Return the program's version and, in a checkout, the commit."""
    here = Path(__file__).resolve().parent
    try:
        found = subprocess.run(
            ["git", "-C", str(here), "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False
        )
    except OSError:
        return __version__
    commit = found.stdout.strip()
    return f"{__version__}+{commit}" if found.returncode == 0 and commit else __version__


def _bytes(state: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()
