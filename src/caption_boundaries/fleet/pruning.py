"""Removing what nobody needs any more from a store: superseded generations, and files that no generation names.

Others read and publish at the same time, on other machines, and nobody is asked to wait. So only what is old is
removed: a reader may still be fetching a generation that was superseded a moment ago, and a publisher may be about to
name an object that it has just sent. What a publisher finds in the store it relies on only while it is young; else it
sends it again, which makes it young.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, pairwise

from caption_boundaries.fleet.homes import Report
from caption_boundaries.fleet.manifest import Manifest
from caption_boundaries.fleet.store import YOUNG_SECONDS, VideoStore, manifest_name, object_name

GRACE_SECONDS = 2 * YOUNG_SECONDS
"""How long what nobody needs any more is left alone: longer than any fetch or publication takes."""


@dataclass(frozen=True, slots=True)
class PruningPlan:
    """What can go from a store."""

    generations: tuple[Manifest, ...]
    """Superseded ones."""
    objects: tuple[tuple[str, int], ...]
    """Names and bytes of files that no other generation names."""
    kept: int
    """Generations that stay."""
    before: float
    """Unix time; what was written later stays, whatever the plan says."""

    @property
    def size(self) -> int:
        """Bytes that it frees."""
        return sum(size for _, size in self.objects)


def plan_pruning(store: VideoStore, *, keep: int = 1, grace: float = GRACE_SECONDS) -> PruningPlan:
    """Return what can go; nothing is removed.

    Args:
        store: The store.
        keep: How many generations of each video stay at least; at least 1.
        grace: Seconds for which a superseded generation and an unnamed file stay. Less than `GRACE_SECONDS` is safe
            only while nobody else uses the store.

    Raises:
        StorageError: The store cannot be read.
    """
    before = time.time() - grace
    names = store.names("objects")  # before the manifests, so that what is published meanwhile is not among them
    generations = store.all_generations().values()
    going = [manifest for manifests in generations for manifest in superseded(manifests, keep, before)]
    gone = {manifest_name(manifest) for manifest in going}
    staying = [m for manifests in generations for m in manifests if manifest_name(m) not in gone]
    named = {object_name(file) for manifest in staying for file in manifest.files.values()}
    unnamed = (name for name in names if name not in named)
    objects = tuple((name, store.size(name) or 0) for name in unnamed if _is_older(store, name, before))
    return PruningPlan(tuple(going), objects, len(staying), before)


def prune(store: VideoStore, plan: PruningPlan, report: Report) -> int:
    """Remove what a plan names, and return how many bytes that were; what was sent again meanwhile stays.

    A kill at any moment leaves files that no generation names, never a generation without its files.

    Raises:
        StorageError: The store refused; run it again.
    """
    for manifest in plan.generations:
        store.remove(manifest_name(manifest))
    done = freed = 0
    for name, size in plan.objects:
        report("prune", done, plan.size)
        if _is_older(store, name, plan.before):  # somebody may have sent it again, to name it
            store.remove(name)
            freed += size
        done += size
    report("prune", done, plan.size)
    return freed


def superseded(manifests: Sequence[Manifest], keep: int, before: float) -> list[Manifest]:
    """Return which generations of a video can go. Pure.

    Args:
        manifests: All of them, the oldest first.
        keep: How many stay at least.
        before: Unix time before which the next one must have been published.
    """
    older = islice(pairwise(manifests), max(0, len(manifests) - keep))
    return [manifest for manifest, following in older if _was_published(following, before)]


def _was_published(manifest: Manifest, before: float) -> bool:
    with suppress(ValueError):
        published = datetime.fromisoformat(manifest.published_at)
        return (published if published.tzinfo else published.replace(tzinfo=UTC)).timestamp() <= before
    return False  # who knows when


def _is_older(store: VideoStore, name: str, before: float) -> bool:
    written = store.modified(name)
    return written is not None and written <= before
