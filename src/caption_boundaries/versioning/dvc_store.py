"""DVC, called from inside Python with all files at once: every single call costs seconds in a large repository."""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caption_boundaries.errors import CaptionBoundariesError, DatabaseCorruptError, StorageError, UsageError
from caption_boundaries.versioning.pointers import Pointer

if TYPE_CHECKING:
    from dvc.repo import Repo

_BLOCK = 1 << 20


class DvcError(CaptionBoundariesError):
    """DVC refused."""


def require_dvc() -> None:
    """Make sure that DVC is installed.

    Raises:
        UsageError: It is not; the hint names the extra.
    """
    try:
        import dvc.repo  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "Versioning needs DVC, which is not installed.", hint="Run `pip install 'caption-boundaries[dvc]'`."
        ) from error


def find_dvc_root(folder: Path) -> Path:
    """Return the top folder of the DVC repository that holds ``folder``.

    Raises:
        UsageError: There is none, or DVC is not installed.
    """
    require_dvc()
    from dvc.exceptions import NotDvcRepoError
    from dvc.repo import Repo

    try:
        return Path(Repo.find_root(str(folder)))
    except NotDvcRepoError as error:
        raise UsageError(
            f"{folder} is in no DVC repository.", hint="Run `dvc init` beside `git init` first."
        ) from error


class DvcStore:
    """An open DVC repository with its cache; use `open_store`."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo

    @property
    def links(self) -> bool:
        """True where files of the working tree may share their content with the cache by a link."""
        kinds = self._repo.cache.local.cache_types
        return bool(kinds) and kinds[0] in ("hardlink", "symlink")

    @property
    def link_kind(self) -> str:
        """The first kind of link that is asked for: reflink, hardlink, symlink or copy."""
        kinds = self._repo.cache.local.cache_types
        return str(kinds[0]) if kinds else "copy"

    def object_path(self, md5: str) -> Path:
        """Return where the cache keeps the content with this hash, whether it does or not."""
        return Path(self._repo.cache.local.oid_to_path(md5))

    def hash(self, path: Path) -> str:
        """Return the MD5 of a file; one that has not changed since the last time is not read again."""
        from dvc_data.hashfile.hash import hash_file

        _, info = hash_file(str(path), self._repo.fs, "md5", state=self._repo.state)
        assert info.value is not None
        return str(info.value)

    def remember(self, path: Path, md5: str) -> None:
        """Tell DVC the hash of a file that was just written, so that nobody has to read it again."""
        from dvc_data.hashfile.hash_info import HashInfo

        self._repo.state.save(str(path), self._repo.fs, HashInfo("md5", md5))

    def add(self, paths: Iterable[Path], *, relink: bool) -> None:
        """Take files into the cache and write their pointers, all in one operation.

        Args:
            paths: The files.
            relink: Let the files become links to the cache, where the repository is set up so.

        Raises:
            DvcError: DVC refused.
        """
        targets = [str(path) for path in paths]
        if targets:
            with dvc_errors():
                self._repo.add(targets, relink=relink)

    def store(self, path: Path) -> Pointer:
        """Take the content of a file into the cache without a pointer in the working tree."""
        md5, target = hash_of(path), None
        target = self.object_path(md5)
        if not target.exists():
            with dvc_errors():
                self._repo.cache.local.add(str(path), self._repo.fs, md5)
        return Pointer(md5, path.stat().st_size)

    def check(self, pointer: Pointer) -> None:
        """Make sure that the cache holds this content, undamaged.

        Raises:
            StorageError: It is not there.
            DatabaseCorruptError: It is another content: something wrote through a link.
        """
        path = self.object_path(pointer.md5)
        if not path.is_file():
            raise StorageError(f"The cache lacks {pointer.md5}.", hint="Get it with `caption-boundaries pull`.")
        if hash_of(path) != pointer.md5:
            raise DatabaseCorruptError(
                f"The cached content {path} is damaged: something wrote into the cache.",
                hint="Remove that file; then pull it again, or take a new snapshot.",
            )

    def push(self, pointers: Iterable[Pointer]) -> int:
        """Upload contents to their remotes, each at most once, and return how many bytes went.

        Everything is checked first: DVC itself would upload a damaged content under the name of the right one.

        Raises:
            StorageError: The cache lacks one of them.
            DatabaseCorruptError: One of them is damaged.
            DvcError: No remote, or the upload failed.
        """
        wanted = {pointer.md5: pointer for pointer in pointers}
        with dvc_errors():
            missing = self._not_on_remote(wanted)
        for pointer in missing.values():
            self.check(pointer)
        return sum(wanted[md5].size for md5 in self._transfer(missing, "push"))

    def fetch(self, pointers: Iterable[Pointer]) -> int:
        """Download contents into the cache, unless they are there, and return how many bytes came.

        Raises:
            DvcError: No remote, or one of the contents is not there.
        """
        wanted = {p.md5: p for p in pointers if not self.object_path(p.md5).is_file()}
        came = sum(wanted[md5].size for md5 in self._transfer(wanted, "pull"))
        left = [md5 for md5 in wanted if not self.object_path(md5).is_file()]
        if left:
            raise DvcError(
                f"{len(left)} versions are not on the remote, such as {left[0]}.",
                hint="Whoever took the snapshot has to run `caption-boundaries snapshot --push`.",
            )
        return came

    def _transfer(self, wanted: Mapping[str, Pointer], verb: str) -> list[str]:
        moved: list[str] = []
        with dvc_errors():
            for remote, infos in self._by_remote(wanted).items():
                result = getattr(self._repo.cloud, verb)(infos, remote=remote)
                moved += [info.value for info in result.transferred if info.value]
                if result.failed and verb == "push":
                    raise DvcError(f"{len(result.failed)} files could not be uploaded.", hint="Run it again.")
        return moved

    def _not_on_remote(self, wanted: Mapping[str, Pointer]) -> dict[str, Pointer]:
        missing: dict[str, Pointer] = {}
        for remote, infos in self._by_remote(wanted).items():
            status = self._repo.cloud.status(infos, remote=remote)
            gone = {info.value for info in (status.new | status.missing)}
            missing |= {md5: wanted[md5] for md5 in gone}
        return missing

    def _by_remote(self, wanted: Mapping[str, Pointer]) -> dict[str | None, set[Any]]:
        from dvc_data.hashfile.hash_info import HashInfo

        groups: defaultdict[str | None, set[Any]] = defaultdict(set)
        for md5, pointer in wanted.items():
            groups[pointer.remote].add(HashInfo("md5", md5))
        return dict(groups)

    def remote_id(self) -> str:
        """Return a short name that differs for every other default remote."""
        config = self._repo.config
        name = config["core"].get("remote", "")
        url = config["remote"].get(name, {}).get("url", "") if name else ""
        return hashlib.sha256(f"{name} {url}".encode()).hexdigest()[:12]


@contextmanager
def open_store(root: Path, *, progress: bool = False) -> Iterator[DvcStore]:
    """Open the DVC repository at ``root``.

    Args:
        root: Top folder of the repository.
        progress: Let DVC show bars for what takes long.
    """
    require_dvc()
    from dvc.repo import Repo

    logging.getLogger("dvc").setLevel(logging.INFO if progress else logging.CRITICAL)
    logging.getLogger("dvc_data").setLevel(logging.INFO if progress else logging.CRITICAL)
    logging.getLogger("dvc_objects").setLevel(logging.INFO if progress else logging.CRITICAL)
    with dvc_errors():
        repo = Repo(str(root))
    try:
        yield DvcStore(repo)
    finally:
        repo.close()


def hash_of(path: Path) -> str:
    """Return the MD5 of a file, read from beginning to end."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def dvc_errors() -> Iterator[None]:
    """Turn the errors of DVC in the block into ours, in one sentence."""
    from dvc.exceptions import DvcException

    try:
        yield
    except DvcException as error:
        words = " ".join(str(error).split())
        raise DvcError(f"DVC refused: {words.rstrip('.')}.", hint="`dvc doctor` and `dvc remote list` help.") from error
