"""Storing files: sealed, taken into DVC all at once, and compared with what was sealed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from caption_boundaries.atomic import discard, write_file
from caption_boundaries.database.paths import side_files
from caption_boundaries.database.schema import BY_SCHEMA
from caption_boundaries.errors import DatabaseBusyError, DatabaseCorruptError
from caption_boundaries.versioning.dvc_store import DvcStore
from caption_boundaries.versioning.files import BY_FILENAME, in_groups, quiet_folders, seal_file
from caption_boundaries.versioning.pointers import NoPlainPointerError, Pointer, pointer_path, read_pointer
from caption_boundaries.versioning.workplace import Workplace

_HAND_EDITED = frozenset(spec.filename for spec in BY_SCHEMA.values() if spec.hand_edited)


def store_files(place: Workplace, paths: Sequence[Path], *, timeout: float = 5.0) -> list[Path]:
    """Seal files, take them into DVC, and return those whose pointers are new or other than before.

    A file that somebody writes meanwhile is refused: what is stored is what was sealed, byte for byte.

    Raises:
        DatabaseBusyError: Somebody writes one of them.
        DatabaseCorruptError: One of them, or the cache, is damaged.
        DvcError: DVC refused.
    """
    stored: list[Path] = []
    for group in in_groups(paths):
        for path in group:
            seal_file(path, timeout=timeout)
        with quiet_folders(dict.fromkeys(path.parent for path in group), timeout=timeout):
            stored += _store_quiet(place.store, group)
    return stored


def repair_pointers(place: Workplace, paths: Iterable[Path]) -> None:
    """Put the committed pointers of files back where a kill has left half of one; without one, remove it."""
    committed = place.git.tree("HEAD")
    names = {path: place.name_of(pointer_path(path)) for path in paths}
    texts = place.git.blobs(committed[name] for name in names.values() if name in committed)
    for path, name in names.items():
        if name in committed:
            write_file(pointer_path(path), texts[committed[name]])
        else:
            discard(pointer_path(path))


def _store_quiet(store: DvcStore, paths: Sequence[Path]) -> list[Path]:
    wanted = {path: store.hash(path) for path in paths}
    changed = [path for path, md5 in wanted.items() if _stored_md5(path) != md5]
    _remove_damaged(store, {wanted[path] for path in changed})
    # A file that people edit stays a file of its own: a link would lead into the cache.
    linked = [path for path in changed if store.links and path.name not in _HAND_EDITED]
    store.add(linked, relink=True)
    store.add([path for path in changed if path not in set(linked)], relink=False)
    for path in changed:
        _verify(store, path, wanted[path])
    return changed


def _stored_md5(path: Path) -> str | None:
    try:
        pointer = read_pointer(path)
    except NoPlainPointerError:
        return None
    return pointer.md5 if pointer else None


def _remove_damaged(store: DvcStore, names: Iterable[str]) -> None:
    """Remove contents from the cache that are not what their name says: DVC would take them as they are."""
    for md5 in names:
        if (place := store.object_path(md5)).is_file():
            try:
                store.check(Pointer(md5, 0))
            except DatabaseCorruptError:
                discard(place)


def _verify(store: DvcStore, path: Path, md5: str) -> None:
    pointer = read_pointer(path)
    if pointer is None or pointer.md5 != md5 or (path.name in BY_FILENAME and side_files(path)):
        raise DatabaseBusyError(
            f"{path} was changed while it was being stored.", hint="Close the other tool, then run the command again."
        )
    store.check(pointer)
