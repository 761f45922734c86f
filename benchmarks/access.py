"""Measure the access layer: opening, queries, random reads of pictures, queries over several databases.

    python benchmarks/access.py [--videos N] [--pictures N] [--rounds N] [--drop-caches]

All stores hold the same pictures and take turns in every round; figures are medians over the rounds. Nothing of what
is warm waits for a disk, so its processor time is what counts, and a busy machine hardly matters. Cold reads are wall
time and follow a request to the system to forget each file (`posix_fadvise`, which it may
ignore); with ``--drop-caches``, which needs root, it forgets everything. Results go to `results/access.json`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, closing
from functools import lru_cache, partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

import access_stores as stores
from access_stores import Corpus, Read, make_corpus
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import all_databases, sqlite_uri
from caption_boundaries.database.pool import ReaderPool
from caption_boundaries.database.schema import SCHEMAS
from machine import describe
from report import RESULTS, Figure, write_report

STORES: Mapping[str, Callable[[Corpus], AbstractContextManager[Read]]] = {
    "plain files, open()": stores.plain_files,
    "plain files, bare calls": partial(stores.plain_files, bare=True),
    "LMDB": stores.in_lmdb,
    "one file per video, defaults": partial(stores.monolith, tuned=False),
    "one file per video, tuned": stores.monolith,
    "split, connection kept": stores.kept,
    "split, pool asked each time": stores.pooled,
    "split, pool and CropReader": stores.through_reader,
    "split, not mapped": partial(stores.pooled, mapped=False),
    "split, six files opened": stores.fresh,
}
SLOW = frozenset({"split, six files opened"})
COLD = ("plain files, open()", "LMDB", "one file per video, tuned", "split, pool asked each time", "split, not mapped")
QUERY = "SELECT count(*) FROM captions.captions"
ACROSS = """
    SELECT count(*), sum(f.width) FROM captions.captions AS c
    JOIN cropping.cropped_frames AS f ON f.frame_index BETWEEN c.start_frame_index AND c.end_frame_index
"""
Seconds = dict[str, float]


def main() -> int:
    """Measure, print and store."""
    options = _options()
    console, machine = Console(), describe()
    with tempfile.TemporaryDirectory(prefix="caption-boundaries-access-", dir=options.folder) as name:
        corpus = make_corpus(Path(name), options.videos, options.pictures)
        forget = drop_caches if options.drop_caches else partial(advise_unneeded, corpus)
        how = "caches dropped" if options.drop_caches else "files advised unneeded"
        results = {
            "open and query": rounds(options.rounds, lambda: queries(corpus)),
            "read, warm": rounds(options.rounds, lambda: reads(corpus, tuple(STORES), 1000)),
            "read, warm, two processes": rounds(options.rounds, lambda: two_processes(corpus)),
            f"read, cold ({how})": rounds(options.rounds, lambda: reads(corpus, COLD, 60, forget)),
            "query over two databases": rounds(options.rounds, lambda: across(corpus)),
            "results kept": rounds(options.rounds, lambda: kept_results(corpus)),
        }
    for title, seconds in results.items():
        console.print(table(title, seconds))
    figures = list(headline(results))
    for figure in figures:
        console.print(f"{figure.name}: {figure.ratio or figure.value:.3g} (aim {figure.aim})", highlight=False)
    details = {"microseconds": {title: {k: v * 1e6 for k, v in s.items()} for title, s in results.items()}}
    sizes = {"videos": options.videos, "pictures": options.pictures}
    path = write_report("access", figures, machine=machine, details=details | sizes, folder=options.results)
    console.print(f"Stored {path}", highlight=False)
    return 0


def rounds(count: int, measure: Callable[[], Seconds]) -> Seconds:
    """Return the median of every figure over ``count`` rounds; the first round only warms up."""
    measure()
    found = [measure() for _ in range(count)]
    return {name: statistics.median(one[name] for one in found) for name in found[0]}


def timed(action: Callable[[], object], times: int) -> float:
    """Return the processor seconds of one call."""
    started = time.thread_time()
    for _ in range(times):
        action()
    return (time.thread_time() - started) / times


def queries(corpus: Corpus) -> Seconds:
    """Return the seconds of a small query on the captions through connections opened in several ways."""
    folder = corpus.split(0)

    def door() -> None:
        with VideoDatabase(folder, readonly=True) as conn:
            conn.execute(QUERY).fetchone()

    def lazy() -> None:
        with ReaderPool() as pool:
            pool.connection(folder, {"captions"}).execute(QUERY).fetchone()

    with ReaderPool() as pool:
        return {
            "fresh door, six databases": timed(door, 60),
            "fresh connection, six databases, nothing checked": timed(lambda: attach_all(folder), 100),
            "fresh, only what is asked for": timed(lazy, 60),
            "pooled": timed(lambda: pool.connection(folder, {"captions"}).execute(QUERY).fetchone(), 2000),
            "pooled, all six asked for": timed(lambda: pool.connection(folder, SCHEMAS).execute(QUERY).fetchone(), 500),
        }


def attach_all(folder: Path) -> None:
    """Open six files and query, with nothing checked: the least that it can take."""
    with closing(sqlite3.connect(":memory:", uri=True)) as conn:
        for schema, path in all_databases(folder).items():
            conn.execute("ATTACH ? AS ?", (sqlite_uri(path, mode="ro"), schema))
        conn.execute(QUERY).fetchone()


def reads(corpus: Corpus, names: tuple[str, ...], count: int, forget: Callable[[], None] | None = None) -> Seconds:
    """Return the seconds of reading a random picture from each store; ``forget`` is called before each, if given.

    They are processor seconds, or, after ``forget``, wall seconds.
    """
    chance, found = random.Random(count), Seconds()
    with ExitStack() as opened:
        for name in names:
            read = opened.enter_context(STORES[name](corpus))
            wanted = [
                (chance.randrange(corpus.videos), chance.randrange(corpus.pictures))
                for _ in range(count // 10 if name in SLOW else count)
            ]
            if forget is None:
                for video in range(corpus.videos):  # every picture once, so that all stores are equally warm
                    for index in range(0 if name not in SLOW else corpus.pictures - 1, corpus.pictures):
                        read(video, index)
            else:
                forget()
            clock = time.thread_time if forget is None else time.perf_counter
            started = clock()
            for video, index in wanted:
                read(video, index)
            found[name] = (clock() - started) / len(wanted)
    return found


def two_processes(corpus: Corpus) -> Seconds:
    """Return what two processes that read at the same time take for a picture, the slower one of each store."""
    names = ("plain files, open()", "LMDB", "one file per video, tuned", "split, pool asked each time")
    with multiprocessing.get_context("spawn").Pool(2) as workers:
        both = workers.starmap(reads, [(corpus, names, 1000)] * 2, chunksize=1)
    return {name: max(found[name] for found in both) for name in names}


def across(corpus: Corpus) -> Seconds:
    """Return the seconds of a join of captions and crops: over two attached files, and inside one file."""
    plain = ACROSS.replace("captions.captions", "captions").replace("cropping.cropped_frames", "cropped_frames")
    with ReaderPool() as pool, closing(stores.tuned_connection(corpus.monolith(0))) as one:
        conn = pool.connection(corpus.split(0), {"captions", "cropping"})
        assert conn.execute(ACROSS).fetchone() == one.execute(plain).fetchone()
        return {
            "one file per video": timed(lambda: one.execute(plain).fetchone(), 50),
            "split, pooled": timed(lambda: conn.execute(ACROSS).fetchone(), 50),
        }


def kept_results(corpus: Corpus) -> Seconds:
    """Return what keeping a tenth of all pictures in memory does for random reads, and for reads that come twice."""
    total = corpus.videos * corpus.pictures
    chance = random.Random(7)
    uniform = [(chance.randrange(corpus.videos), chance.randrange(corpus.pictures)) for _ in range(2000)]
    twice = [place for place in uniform for _ in range(2)]
    with stores.pooled(corpus) as read:
        cached = lru_cache(maxsize=total // 10)(read)
        return {
            "random, pool only": each(read, uniform),
            "random, a tenth kept": each(cached, uniform),
            "each twice in a row, pool only": each(read, twice),
            "each twice in a row, a tenth kept": each(cached, twice),
        }


def each(read: Read, wanted: list[tuple[int, int]]) -> float:
    """Return the processor seconds of one read."""
    started = time.thread_time()
    for video, index in wanted:
        read(video, index)
    return (time.thread_time() - started) / len(wanted)


def advise_unneeded(corpus: Corpus) -> None:
    """Tell the system that no file of the corpus is needed in its cache."""
    for path in corpus.files():
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def drop_caches() -> None:
    """Empty the system's file cache; needs root."""
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text("3")


def headline(results: Mapping[str, Seconds]) -> list[Figure]:
    """Return the numbers that count."""
    opened, warm = results["open and query"], {k: v * 1e6 for k, v in results["read, warm"].items()}
    queried = {name: seconds * 1e6 for name, seconds in opened.items()}
    pool, kept = warm["split, pool asked each time"], warm["split, connection kept"]
    plain, tuned = warm["plain files, open()"], warm["one file per video, tuned"]
    joined = {name: seconds * 1e6 for name, seconds in results["query over two databases"].items()}
    six = "fresh connection, six databases, nothing checked"
    return [
        Figure("pooled read, connection kept", kept, "µs", tuned, "one file per video, tuned", "<= 1.05"),
        Figure("pooled read, pool asked each time", pool, "µs", plain, "plain file", "<= 1.0"),
        Figure("pooled read, connection kept, beside files", kept, "µs", plain, "plain file", "<= 1.0"),
        Figure("fresh six-file connection and query", queried[six], "µs", queried["pooled"], "pooled", ">= 20"),
        Figure("query over two databases", joined["split, pooled"], "µs", joined["one file per video"], "one file", ""),
    ]


def table(title: str, seconds: Seconds) -> Table:
    """Return figures for people, the first being what the others are compared to."""
    shown, first = Table(title=title, title_justify="left"), next(iter(seconds.values()))
    for column in ("", "µs", "ratio"):
        shown.add_column(column, justify="right" if column else "left")
    for name, value in seconds.items():
        shown.add_row(name, f"{value * 1e6:.1f}", f"{value / first:.2f}")
    return shown


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=10)
    parser.add_argument("--pictures", type=int, default=300, help="of each video")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--drop-caches", action="store_true", help="empty the system's file cache for cold reads")
    parser.add_argument(
        "--folder", type=Path, default=None, help="on which disk to measure (default: the temporary one)"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to store (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
