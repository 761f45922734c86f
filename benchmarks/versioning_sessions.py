"""Bytes pushed per session: one file per video, versioned with plain DVC, against split databases and our commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from versioning_folders import (
    CLI,
    DVC,
    edit,
    make_folder,
    make_repository,
    remote_bytes,
    run,
    write_crops,
    write_monolith,
    write_ocr,
)

LABELS = "UPDATE full_frame_box_labels SET label = 'out', box_text = box_text || '.' WHERE id % 15 = 0"
CAPTIONS = "UPDATE captions SET text = text || '!', boundary_state = 'confirmed' WHERE id % 15 = 0"
NOTHING = (
    "UPDATE captions SET text = text || 'x' WHERE id = 1",
    "UPDATE captions SET text = substr(text, 1, length(text) - 1) WHERE id = 1",
)


@dataclass(frozen=True)
class Size:
    """How large the measured video is."""

    frames: int = 265
    crops: int = 25_000
    boxes: int = 1_500
    captions: int = 1_500


@dataclass(frozen=True)
class SessionBytes:
    """What one session pushed."""

    name: str
    one_file: int
    split: int

    @property
    def saved(self) -> float:
        """Share of the bytes that is saved, 0 to 1."""
        return 1 - self.split / self.one_file if self.one_file else 0.0


def measure_sessions(root: Path, size: Size) -> list[SessionBytes]:
    """Run every session on both forms, with real pushes to local remotes."""
    split = make_repository(root / "split", root / "split-remote")
    video = make_folder(
        split / "data" / "video",
        frames=size.frames,
        crops=size.crops,
        boxes=size.boxes,
        captions=size.captions,
    )
    whole = make_repository(root / "whole", root / "whole-remote")
    monolith = write_monolith(video, whole / "data" / "video" / "captions.db")
    run(split, *CLI, "track", "data", "-q")
    uploads = SessionBytes("first upload", _push_whole(whole, monolith), _push_split(split))
    return [uploads, *(_session(name, whole, monolith, split, video, *edits) for name, *edits in _edits(size, video))]


Edit = Callable[[Path], None]


def _edits(size: Size, video: Path) -> list[tuple[str, Edit, Edit]]:
    def rerun_ocr(monolith: Path) -> None:
        # The run has been made on the split folder's copy; the old form takes its rows into the one file.
        statements = ("DELETE FROM full_frame_ocr", "INSERT INTO full_frame_ocr SELECT * FROM part.full_frame_ocr")
        edit_with(monolith, video / "fullOCR.db", *statements)

    def recrop(monolith: Path) -> None:
        statements = ("DELETE FROM cropped_frames", "INSERT INTO cropped_frames SELECT * FROM part.cropped_frames")
        edit_with(monolith, video / "cropping.db", *statements)

    def new_ocr(folder: Path) -> None:
        write_ocr(folder, size.boxes, seed=7)

    def new_crops(folder: Path) -> None:
        write_crops(folder, size.crops, seed=7)

    return [
        ("layout session: 100 labels", lambda path: edit(path, LABELS), lambda f: edit(f / "layout.db", LABELS)),
        (
            "caption session: 100 captions",
            lambda path: edit(path, CAPTIONS),
            lambda f: edit(f / "captions.db", CAPTIONS),
        ),
        ("OCR run anew", rerun_ocr, new_ocr),
        ("crops made anew", recrop, new_crops),
        ("session without changes", lambda path: edit(path, *NOTHING), lambda f: edit(f / "captions.db", *NOTHING)),
    ]


def edit_with(path: Path, part: Path, *statements: str) -> None:
    """Edit the one file with another database at hand."""
    import sqlite3

    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("ATTACH ? AS part", (str(part),))
    for statement in statements:
        connection.execute(statement)
    connection.close()


def _session(name: str, whole: Path, monolith: Path, split: Path, video: Path, old: Edit, new: Edit) -> SessionBytes:
    pushed = _edited(split, video, new)  # first: the one file gets the rows of its runs
    return SessionBytes(name, _edited(whole, monolith, old), pushed)


def _edited(repository: Path, target: Path, change: Edit) -> int:
    change(target)
    return _push_split(repository) if target.is_dir() else _push_whole(repository, target)


def _push_whole(repository: Path, monolith: Path) -> int:
    remote = repository.with_name(f"{repository.name}-remote")
    before = remote_bytes(remote)
    run(repository, *DVC, "add", "-q", str(monolith))
    run(repository, *DVC, "push", "-q")
    return remote_bytes(remote) - before


def _push_split(repository: Path) -> int:
    remote = repository.with_name(f"{repository.name}-remote")
    before = remote_bytes(remote)
    run(repository, *CLI, "snapshot", "data", "-q", "-m", "Session", "--push")
    return remote_bytes(remote) - before
