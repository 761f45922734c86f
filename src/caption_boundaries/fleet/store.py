"""Videos in an object store: files by content, and one manifest per generation of a video.

    objects/ab/abcd…      the bytes of a file, named by their SHA-256; never changed
    videos/ID/000002.json what makes up generation 2 of a video; created last, and only if nobody else has created it
    claims/ID/000001.json who works on it

What no manifest names may be removed when it is old (see `pruning`): a publisher relies on it only while it is young.
A reader takes the highest manifest: the old set of files or the new one, never half of it. Nothing depends on
overwriting, so the store needs one promise only: creating a name that exists fails.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from caption_boundaries.atomic import discard, partial_path, replace_file, storage_errors
from caption_boundaries.errors import ConflictError, StorageError, TargetError
from caption_boundaries.fleet.claims import LEASE_SECONDS, claimed
from caption_boundaries.fleet.homes import Report
from caption_boundaries.fleet.manifest import Manifest, StoredFile, from_bytes, is_plain_name, to_bytes
from caption_boundaries.fleet.patience import DamagedTransferError, Patience
from caption_boundaries.fleet.remote import Remote, open_remote

_LOG = logging.getLogger(__name__)

YOUNG_SECONDS = 12 * 3600.0
"""How old an object may be that a publisher does not send again: half of what pruning leaves alone."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing did."""

    manifest: Manifest
    """What counts now."""
    sent: tuple[str, ...]
    """Names of the files whose bytes were transferred."""
    new: bool
    """False: the store had exactly this already."""


class VideoStore:
    """The videos at one address."""

    def __init__(self, address: str, *, patience: Patience | None = None, remote: Remote | None = None) -> None:
        """Open the store at ``address``; nothing is transferred yet.

        Raises:
            UsageError: The address cannot be used.
        """
        self.address = address.rstrip("/")
        self.remote = remote or open_remote(address)
        self.patience = patience or Patience()

    def latest(self, video_id: str) -> Manifest | None:
        """Return the manifest that counts; None where the store does not have the video.

        Raises:
            StorageError: The store cannot be read.
        """
        names = self._manifest_names(f"videos/{video_id}")
        return self._manifest(max(names)) if names else None

    def all_latest(self) -> Iterator[Manifest]:
        """Yield the manifest that counts of every video, in the order of their ids."""
        for names in self._generations().values():
            yield self._manifest(names[-1])

    def all_generations(self) -> dict[str, list[Manifest]]:
        """Return every manifest of every video, by id, the oldest first.

        Raises:
            StorageError: The store cannot be read.
        """
        return {video_id: [self._manifest(name) for name in names] for video_id, names in self._generations().items()}

    def claim(self, video_id: str, run: str, *, lease: float = LEASE_SECONDS) -> AbstractContextManager[None]:
        """Hold the claim on a video for the length of a block; see :func:`~caption_boundaries.fleet.claims.claimed`."""
        where = f"{self.address} {video_id}"
        return claimed(self.remote, f"claims/{video_id}", where, run, patience=self.patience, lease=lease)

    def fetch(self, manifest: Manifest, folder: Path, report: Report) -> None:
        """Bring every file of a manifest into ``folder``, each checked by its hash.

        Raises:
            StorageError: A transfer failed for good, or the store holds damaged bytes.
        """
        done = 0
        for name, file in manifest.files.items():
            report("fetch", done, manifest.size)
            self._fetch(file, folder / name)
            done += file.size
        report("fetch", done, manifest.size)

    def publish(
        self, manifest: Manifest, base: Manifest | None, paths: Mapping[str, Path], report: Report
    ) -> Publication:
        """Send what the store does not have, then create the next manifest.

        Args:
            manifest: Id, title and run; its generation and files are set here.
            base: What the work began from; None = the video is new.
            paths: The files that make up the video, by name.
            report: Is told of the bytes.

        Raises:
            ConflictError: Somebody else has published meanwhile; what they published stays.
            StorageError: A transfer failed for good; the old manifest counts.
        """
        files = {name: hash_file(path) for name, path in sorted(paths.items())}
        if base is not None and dict(base.files) == files:
            return Publication(base, (), new=False)
        known = {file.sha256 for file in base.files.values()} if base else set()
        fresh = {name: file for name, file in files.items() if file.sha256 not in known}
        sent, total, done = [], sum(file.size for file in fresh.values()), 0
        for name, file in fresh.items():
            report("publish", done, total)
            if self._send(paths[name], file):
                sent.append(name)
            done += file.size
        report("publish", done, total)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        generation = base.generation + 1 if base else 1
        made = self._create(replace(manifest, generation=generation, files=files, published_at=now))
        return Publication(made, tuple(sent), new=True)

    def _create(self, manifest: Manifest) -> Manifest:
        name, data = manifest_name(manifest), to_bytes(manifest)
        where = f"Publishing {self.address}/{name}"
        if self.patience.insist(lambda: self.remote.create(name, data), where):
            return manifest
        there = self._manifest(name)
        if to_bytes(there) == data:  # made by a try whose answer was lost
            return there
        if manifest.run and there.run == manifest.run and there.files.keys() == manifest.files.keys():
            return there  # by another worker of the same run, which was only thought to be dead
        raise ConflictError(
            f"{manifest.video_id} was published by somebody else meanwhile; their version stays.",
            rows=(),
            actor=there.run,
            at=there.published_at,
            revision=there.generation,
        )

    def _manifest(self, name: str) -> Manifest:
        where = f"{self.address}/{name}"
        try:
            data = self.patience.insist(lambda: self.remote.read(name), f"Reading {where}", may_be_missing=True)
        except FileNotFoundError as error:
            raise TargetError(f"{where} is gone.", hint="Somebody removed it; list the store again.") from error
        return from_bytes(data, where)

    def _generations(self) -> dict[str, list[str]]:
        """Return the names of all manifests by the ids of their videos, each in order."""
        found: dict[str, list[str]] = {}
        for name in self._manifest_names("videos"):
            video_id = name.split("/")[1]
            if is_plain_name(video_id):
                found.setdefault(video_id, []).append(name)
        return {video_id: sorted(names) for video_id, names in found.items()}

    def _manifest_names(self, folder: str) -> list[str]:
        return [name for name in self.names(folder) if name.endswith(".json")]

    def names(self, folder: str) -> list[str]:
        """Return every name below a folder of the store.

        Raises:
            StorageError: The store cannot be read.
        """
        return self.patience.insist(lambda: self.remote.names(folder), f"Listing {self.address}/{folder}")

    def size(self, name: str) -> int | None:
        """Return how many bytes a name holds; None where it is not there.

        Raises:
            StorageError: The store cannot be read.
        """
        return self.patience.insist(lambda: self.remote.size(name), f"Looking for {self.address}/{name}")

    def modified(self, name: str) -> float | None:
        """Return when a name was written, in Unix time; None where it is not there, or the store does not say.

        Raises:
            StorageError: The store cannot be read.
        """
        return self.patience.insist(lambda: self.remote.modified(name), f"Looking for {self.address}/{name}")

    def remove(self, name: str) -> None:
        """Remove a name, if it is there.

        Raises:
            StorageError: The store refused.
        """
        self.patience.insist(lambda: self.remote.delete(name), f"Removing {self.address}/{name}")

    def _fetch(self, file: StoredFile, final: Path) -> None:
        name, partial = object_name(file), partial_path(final)

        def attempt() -> None:
            self.remote.download(name, partial)
            if hash_file(partial) != file:
                raise DamagedTransferError(f"what arrived as {final.name} is not what was published")

        try:
            self.patience.insist(attempt, f"Fetching {self.address}/{name}", may_be_missing=True)
            replace_file(partial, final)
        except FileNotFoundError as error:
            raise StorageError(
                f"{self.address}/{name} is gone, and with it {final.name}.", hint="Publish the video again."
            ) from error
        finally:
            discard(partial)

    def _send(self, path: Path, file: StoredFile) -> bool:
        """Send a file unless the store has it and will keep it; True where bytes went over."""
        name = object_name(file)
        where = f"{self.address}/{name}"
        if self.size(name) == file.size and (self.modified(name) or 0.0) > time.time() - YOUNG_SECONDS:
            return False
        check = partial_path(path)

        def attempt() -> None:
            self.remote.upload(path, name)
            self.remote.download(name, check)
            if hash_file(check) != file:
                raise DamagedTransferError(f"what the store keeps of {path.name} is not what was sent")

        try:
            self.patience.insist(attempt, f"Sending {where}")
        finally:
            discard(check)
        return True


def hash_file(path: Path) -> StoredFile:
    """Return the SHA-256 and the size of a local file.

    Raises:
        StorageError: It cannot be read.
    """
    with storage_errors(path), path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return StoredFile(digest, file.tell())


def object_name(file: StoredFile) -> str:
    """Return the name under which a store keeps a file."""
    return f"objects/{file.sha256[:2]}/{file.sha256}"


def manifest_name(manifest: Manifest) -> str:
    """Return the name under which a store keeps a manifest."""
    return f"videos/{manifest.video_id}/{manifest.generation:06d}.json"
