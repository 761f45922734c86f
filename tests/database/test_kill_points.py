"""A kill at any moment leaves the old or the new file, complete; running again gives what an undisturbed run gives."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from caption_boundaries.database.captions import Caption, CaptionWriter
from caption_boundaries.database.creation import create_databases
from caption_boundaries.database.full_ocr import OcrWriter
from caption_boundaries.database.layout import LayoutWriter
from caption_boundaries.database.multi_db import VideoDatabase
from caption_boundaries.database.paths import all_databases
from caption_boundaries.database.replacing import remove_partials, replacing_database
from caption_boundaries.database.row_hash import content_hash
from caption_boundaries.database.schema import DATABASES
from caption_boundaries.database.sealing import seal
from support.databases import LABEL, LINE, MANY_LABELS, filled_folder, memory_folder, names, raw

CHANGING = (
    "pwrite64,write,ftruncate,fsync,fdatasync,rename,renameat,link,linkat,unlink,unlinkat,chmod,fchmod,chown,fchown"
)
"""System calls that change what is on the disk."""


EVERY_POINT = bool(os.environ.get("EVERY_KILL_POINT"))
"""Set EVERY_KILL_POINT=1 to leave none out; that takes minutes."""


@pytest.fixture
def memory() -> Iterator[Path]:
    with memory_folder() as folder:
        yield folder


def _seal(folder: Path) -> None:
    seal(folder / "layout.db")


def _replace(folder: Path) -> None:
    with replacing_database(folder, "fullOCR", reads={"video"}) as conn:
        for index in range(0, 3000, 100):
            OcrWriter(conn).add_frame(index, [LINE] * 3, None)


def _create(folder: Path) -> None:
    create_databases(folder)


def _write_shared(folder: Path) -> None:
    with VideoDatabase(folder, writes={"layout"}) as conn:
        LayoutWriter(conn).delete_box_labels([(LABEL.frame_index, LABEL.box_index)])


def _write_captions(folder: Path) -> None:
    with VideoDatabase(folder, writes={"captions"}) as conn:
        if len(CaptionWriter(conn).captions()) == 1:
            for index in range(400):
                CaptionWriter(conn).add(Caption(index, index, text="x" * 100))


@dataclass(frozen=True)
class Scenario:
    work: Callable[[Path], None]
    prepare: Callable[[Path], object] = lambda folder: None


SCENARIOS = {
    "sealing": Scenario(
        _seal,
        lambda folder: raw(
            folder / "layout.db",
            MANY_LABELS.replace("2000", "300"),
            "DELETE FROM full_frame_box_labels WHERE frame_index % 7 = 0",
            "INSERT INTO action_log (uuid, actor, session, at, kind, forward, inverse) VALUES (1, 1, 1, 1, 1, 1, 1)",
        ),
    ),
    "replacing": Scenario(_replace),
    "creating": Scenario(_create, lambda folder: [path.unlink() for path in all_databases(folder).values()]),
    "writing a shared file": Scenario(
        _write_shared, lambda folder: os.link(folder / "layout.db", folder.parent / f"{folder.name}-cache")
    ),
    "writing": Scenario(_write_captions),
}


def contents(folder: Path) -> dict[str, list[str]]:
    """Return the content of every database that there is, brought in order as the next command would."""
    found = {}
    for spec in DATABASES:
        if (folder / spec.filename).exists():
            with VideoDatabase(folder, writes=(), attach={spec.schema}, requires={spec.schema}) as conn:
                assert conn.execute(f"PRAGMA {spec.schema}.integrity_check").fetchall() == [("ok",)]
                found[spec.schema] = [content_hash(conn, spec.schema, table) for table in spec.tables]
    return found


class Case:
    """One scenario with its undisturbed run, and the judgement of a disturbed one."""

    def __init__(self, root: Path, scenario: Scenario) -> None:
        self.root, self.scenario = root, scenario
        self.template = filled_folder(root / "template")
        scenario.prepare(self.template)
        self.before = contents(self.template)
        undisturbed = self.fresh("undisturbed")
        scenario.work(undisturbed)
        self.after, self.listing = contents(undisturbed), names(undisturbed)

    def fresh(self, name: str) -> Path:
        """Return a new copy of the folder, links and all."""
        folder = Path(shutil.copytree(self.template, self.root / name))
        if self.scenario.work is _write_shared:
            cache = self.root / f"{name}-cache"
            cache.unlink(missing_ok=True)
            os.link(folder / "layout.db", cache)
        return folder

    def judge(self, folder: Path) -> None:
        """Look at what a killed run has left, run again, and compare with an undisturbed run."""
        for schema, found in contents(folder).items():
            assert found in (self.before.get(schema), self.after[schema]), f"{schema} is neither old nor new"
        self.scenario.work(folder)
        remove_partials(folder)
        assert contents(folder) == self.after
        assert names(folder) == self.listing
        if self.scenario.work is _write_shared:
            cache = self.root / f"{folder.name}-cache"
            assert cache.read_bytes() == (self.template / "layout.db").read_bytes()


def start_stopped(work: Callable[[Path], None], folder: Path) -> int:
    """Start ``work`` in a child that waits for SIGCONT."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.kill(os.getpid(), signal.SIGSTOP)
            work(folder)
            code = 0
        finally:
            os._exit(code)
    os.waitpid(child, os.WUNTRACED)
    return child


def end_of(child: int) -> int:
    """Wait for the child; 0, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


# --- at every system call --------------------------------------------------------------------------------------------


def under_strace(case: Case, folder: Path, inject: str | None, log: Path) -> int:
    """Run the scenario with one call replaced by a kill; every changing call is written to ``log``."""
    child = start_stopped(case.scenario.work, folder)
    command = ["strace", "-y", "-p", str(child), "-o", str(log), "-e", f"trace={CHANGING}"]
    if inject:
        command += ["-e", f"inject={inject}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        attached = tracer.stderr.readline()
        os.kill(child, signal.SIGCONT)
        code = end_of(child)
        tracer.communicate()
    if "attached" not in attached:
        pytest.skip(f"strace cannot follow processes here: {attached.strip()}")
    return code


def kill_points(log: Path) -> Iterator[tuple[str, int]]:
    """Yield every call of the log as (name, how many of that name there were so far)."""
    seen: Counter[str] = Counter()
    for line in log.read_text().splitlines():
        if found := re.match(r"(\w+)\(", line):
            seen[found[1]] += 1
            yield found[1], seen[found[1]]


def spread(points: list[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Yield every change of a name, and of the other calls the first, the last and some between."""
    total = Counter(call for call, _ in points)
    for call, count in points:
        some = {1, total[call], *range(0, total[call], max(1, total[call] // 3))}
        if call in ("rename", "link") or count in some:
            yield call, count


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: no kills at system calls")
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_kill_at_any_system_call(name: str, memory: Path) -> None:
    case = Case(memory, SCENARIOS[name])
    log = memory / "log"
    assert under_strace(case, case.fresh("whole"), None, log) == 0
    points = list(kill_points(log))
    assert len(points) > 5
    for call, count in points if EVERY_POINT else spread(points):
        folder = case.fresh("killed")
        assert under_strace(case, folder, f"{call}:signal=KILL:when={count}", log) == -9
        case.judge(folder)
        shutil.rmtree(folder)


# --- at every call that Python sees, where nothing can be traced -----------------------------------------------------

EVENTS = {
    "open",
    "os.rename",
    "os.link",
    "os.remove",
    "os.chmod",
    "os.chown",
    "sqlite3.connect",
    "sqlite3.connect/handle",
}


def killed_at_event(work: Callable[[Path], None], number: int) -> Callable[[Path], None]:
    """Return ``work`` that kills itself at its ``number``-th call."""

    def run(folder: Path) -> None:
        left = number

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            if event in EVENTS:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        work(folder)

    return run


@pytest.mark.parametrize("name", SCENARIOS if shutil.which("strace") is None or EVERY_POINT else ["replacing"])
def test_a_kill_between_any_two_calls(name: str, memory: Path) -> None:
    case = Case(memory, SCENARIOS[name])
    for number in range(1, 1000):
        folder = case.fresh("killed")
        child = start_stopped(killed_at_event(case.scenario.work, number), folder)
        os.kill(child, signal.SIGCONT)
        if (code := end_of(child)) == 0:
            break
        assert code == -9
        case.judge(folder)
        shutil.rmtree(folder)
    assert number > 5
