"""Checkpoints of a training run: whole or not there, the last and the best kept.

    run/
    ├── checkpoints.json      which folder is the last and which the best; replaced as a whole
    ├── step-000400/          weights.pt, training.pt, meta.json
    └── step-000600/

A folder is made under a partial name and renamed when it is complete; only then is it pointed at. Files are bytes
here, so that nobody needs torch to look at a run.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from caption_boundaries.atomic import (
    PARTIAL_PREFIX,
    partial_path,
    storage_errors,
    sync_file,
    sync_folder,
    write_file,
)
from caption_boundaries.errors import InputError
from caption_boundaries.models.description import Calibration

POINTERS, META, WEIGHTS, TRAINING = "checkpoints.json", "meta.json", "weights.pt", "training.pt"
Which = Literal["last", "best"]


@dataclass(frozen=True, slots=True)
class Meta:
    """What a checkpoint says of itself."""

    architecture: str
    """Name of the network's architecture."""
    preprocessing: str
    """Version of the preprocessing that it was trained with."""
    step: int
    """Optimizer steps done."""
    epoch: int
    """Epochs done."""
    config: Mapping[str, Any]
    """The training's configuration."""
    data_hash: str
    """Hash of the frozen data set."""
    code_revision: str
    """Version of the program, and the commit where it is known."""
    weights_hash: str
    """SHA-256 of the file of weights."""
    calibration: Mapping[str, Any] = field(default_factory=dict)
    """Of `Calibration`; empty: not fitted."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Of the validation videos."""
    statistics: Mapping[str, float] = field(default_factory=dict)
    """Of the training's inputs, by which drift is seen."""

    def fitted(self) -> Calibration:
        """Return the calibration; one that changes nothing where none was fitted."""
        if not self.calibration:
            return Calibration()
        return Calibration(float(self.calibration["scale"]), tuple(self.calibration["offsets"]))


def save_checkpoint(run_dir: Path, meta: Meta, files: Mapping[str, bytes], *, best: bool) -> Path:
    """Save a checkpoint as the last one, and as the best one if it is; others are removed.

    Raises:
        StorageError: The disk refused; the checkpoints before are as they were.
    """
    folder = run_dir / f"step-{meta.step:06d}"
    partial = partial_path(folder)
    document = json.dumps(asdict(meta), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    with storage_errors(folder):
        run_dir.mkdir(parents=True, exist_ok=True)
        partial.mkdir()
        for name, data in {**files, META: document.encode()}.items():
            (partial / name).write_bytes(data)
            sync_file(partial / name)
        if folder.exists():  # of a run that was killed before it pointed at it
            shutil.rmtree(folder)
        partial.rename(folder)
        sync_folder(run_dir)
    pointers = {**_pointers(run_dir), "last": folder.name} | ({"best": folder.name} if best else {})
    write_file(run_dir / POINTERS, (json.dumps(pointers, indent=1) + "\n").encode())
    _remove_others(run_dir, set(pointers.values()))
    return folder


def find_checkpoint(path: Path, which: Which = "best") -> Path:
    """Return the folder of a checkpoint: ``path`` itself, or the one that a run points at.

    Raises:
        InputError: There is none.
    """
    if (path / META).is_file():
        return path
    name = _pointers(path).get(which)
    if name is None or not (path / name / META).is_file():
        raise InputError(f"There is no checkpoint in {path}.", hint="Name the folder of a training run.")
    return path / name


def has_checkpoint(run_dir: Path) -> bool:
    """Tell whether a run has a checkpoint to go on from."""
    return "last" in _pointers(run_dir)


def read_meta(folder: Path) -> Meta:
    """Return what a checkpoint says of itself.

    Raises:
        InputError: It cannot be read.
    """
    path = folder / META
    try:
        return Meta(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path} is no description of a checkpoint: {error}.") from error


def _pointers(run_dir: Path) -> dict[str, str]:
    try:
        document = json.loads((run_dir / POINTERS).read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError(f"{run_dir / POINTERS} cannot be read: {error}.") from error
    return {str(key): str(value) for key, value in document.items()}


def _remove_others(run_dir: Path, kept: set[str]) -> None:
    for folder in run_dir.iterdir():
        old = folder.name.startswith("step-") and folder.name not in kept
        if folder.is_dir() and (old or folder.name.startswith(f"{PARTIAL_PREFIX}")):
            shutil.rmtree(folder, ignore_errors=True)
