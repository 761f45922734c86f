"""Watches the system calls of a piece of work, and ends it, or lets a call fail, at any of them.

The work runs in a child process under ptrace, with all its threads; nothing in the tested code takes part. Only calls
that change the watched folder are counted: the points at which a kill or an error can leave something different behind.
"""

from __future__ import annotations

import ctypes
import errno
import os
import pickle
import platform
import select
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_TRACEME, _SYSCALL, _SETOPTIONS, _POKEUSER, _GETREGS, _CONT = 0, 24, 0x4200, 6, 12, 7
_OPTIONS = 0x1 | 0x8 | 0x80 | 0x100000  # TRACESYSGOOD, TRACECLONE, TRACESECCOMP, EXITKILL
_ORIG_RAX, _RAX = 15 * 8, 10 * 8
_SYSCALL_STOP = signal.SIGTRAP | 0x80
_FILTER_STOP = signal.SIGTRAP | (7 << 8)
_SET_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER_MODE = 38, 22, 2
_LOAD_NUMBER, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_TO_TRACER, _ALLOW = 0x7FF00000, 0x7FFF0000
_WALL = 0x40000000
_AT_FDCWD = -100

_BY_FD = {
    1: "write",
    18: "pwrite64",
    74: "fsync",
    75: "fdatasync",
    77: "ftruncate",
    326: "copy_file_range",
    91: "fchmod",
}
_BY_PATH = {
    82: ("rename", (0, 1)),
    83: ("mkdir", (0,)),
    84: ("rmdir", (0,)),
    86: ("link", (0, 1)),
    87: ("unlink", (0,)),
    90: ("chmod", (0,)),
    92: ("chown", (0,)),
    263: ("unlink", (1,)),
    264: ("rename", (1, 3)),
    265: ("link", (1, 3)),
}
_OPEN, _OPENAT = 2, 257
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


_REGISTERS = (
    *("r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi"),
    *("orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs"),
)
"""In the order of the kernel's ``user_regs_struct``."""


class _Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in _REGISTERS]


@dataclass
class Call:
    """One system call that changed the watched folder."""

    name: str
    paths: tuple[str, ...]
    """Relative to the folder."""
    offset: int = 0
    size: int = 0
    data: bytes = b""
    flags: int = 0


@dataclass
class Trace:
    """What a piece of work did to the folder."""

    calls: list[Call] = field(default_factory=list)
    ended: str = ""
    """well, badly (an exception) or killed."""
    error: str = ""


@dataclass
class Plan:
    """What to do at which call."""

    folder: str
    stop_at: int | None
    fail_with: int
    keep_data: bool
    states: Path | None


HANGING_SECONDS = 240
"""After so long without an answer the tracer itself has lost a thread: that says nothing of what it traces."""


class TracerHangError(Exception):
    """The tracer lost a thread of the traced process; the test is to be run again."""


@cache
def unavailable() -> str:
    """Return why this machine cannot trace; empty where it can."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "system calls are traced on Linux on x86-64 only"
    try:
        trace = traced(lambda: None, Path("/nonexistent"))
    except OSError as error:
        return f"ptrace is not permitted here ({error})"
    return "" if trace.ended == "well" else f"ptrace does not work here ({trace.error})"


def traced(
    work: Callable[[], object],
    folder: Path,
    *,
    stop_at: int | None = None,
    fail_with: int = 0,
    keep_data: bool = False,
    states: Path | None = None,
) -> Trace:
    """Run ``work`` in a child process and return the calls that changed ``folder``.

    Args:
        work: What to do.
        folder: The folder to watch.
        stop_at: At which call to act, counted from 0; None: at none.
        fail_with: Error number that this call gets instead of being made; 0: the process is killed before it.
        keep_data: Keep what was written.
        states: Folder that gets a copy of the watched folder before every call, named by the call's number: what a
            kill at that call would leave behind.
    """
    receiving, sending = os.pipe()
    tracer = os.fork()  # a process of its own: it waits for every child that it has
    if tracer == 0:
        os.close(receiving)
        answer: object
        try:
            answer = _trace(work, Plan(os.path.realpath(folder), stop_at, fail_with, keep_data, states))
        except BaseException as error:
            answer = Trace(ended="badly", error=repr(error))
        with os.fdopen(sending, "wb") as pipe:
            pickle.dump(answer, pipe)
        os._exit(0)
    os.close(sending)
    with os.fdopen(receiving, "rb") as pipe:
        if not select.select([pipe], [], [], HANGING_SECONDS)[0]:
            _end(tracer)
            raise TracerHangError(f"the traced process has stood still for {HANGING_SECONDS} s")
        trace: Trace = pickle.load(pipe)
    os.waitpid(tracer, 0)
    return trace


def _end(tracer: int) -> None:
    """Kill a tracer and what it traces: the kernel kills the one with the other."""
    children = Path(f"/proc/{tracer}/task/{tracer}/children").read_text().split()
    for pid in (*map(int, children), tracer):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(tracer, 0)


def copy_with_links(folder: Path, target: Path) -> None:
    """Copy a folder; what has two names there has two names in the copy."""
    target.mkdir(parents=True)
    copied: dict[int, Path] = {}
    for path in sorted(folder.rglob("*")):
        place = target / path.relative_to(folder)
        if path.is_dir():
            place.mkdir()
        elif (inode := path.stat().st_ino) in copied:
            os.link(copied[inode], place)
        else:
            copied[inode] = place
            shutil.copyfile(path, place)


def _ptrace(request: int, pid: int, address: int = 0, data: object = 0) -> None:
    libc = _libc()
    ctypes.set_errno(0)
    if libc.ptrace(request, pid, ctypes.c_void_p(address), data) == -1 and ctypes.get_errno():
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    return libc


def _trace(work: Callable[[], object], plan: Plan) -> Trace:
    failing, reporting = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(failing)
        _run_child(work, reporting)
    os.close(reporting)
    _, status = os.waitpid(child, 0)
    assert os.WIFSTOPPED(status)
    _ptrace(_SETOPTIONS, child, 0, _OPTIONS)
    session = _Session(child, plan)
    _ptrace(_CONT, child)
    status = session.follow()
    with os.fdopen(failing, "rb") as pipe:
        session.trace.error = pipe.read().decode()
    session.trace.ended = "killed" if os.WIFSIGNALED(status) else "badly" if os.WEXITSTATUS(status) else "well"
    return session.trace


def _run_child(work: Callable[[], object], reporting: int) -> None:
    code = 1
    try:
        _ptrace(_TRACEME, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        _filter_calls()
        work()
        code = 0
    except BaseException as error:
        os.write(reporting, f"{type(error).__name__}: {error}".encode())
    finally:
        os._exit(code)


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("value", ctypes.c_uint)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction))]


def _filter_calls() -> None:
    """Let the kernel stop this process only at the calls that matter; the others cost nothing."""
    numbers = [*_BY_FD, *_BY_PATH, _OPEN, _OPENAT]
    count = len(numbers)
    lines = [(_LOAD_NUMBER, 0, 0, 0)]
    lines += [(_JUMP_IF_EQUAL, count - place, 0, number) for place, number in enumerate(numbers)]
    lines += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _TO_TRACER)]
    instructions = (_Instruction * len(lines))(*lines)
    program = _Program(len(lines), instructions)
    libc = _libc()
    if libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(_SET_SECCOMP, _FILTER_MODE, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "cannot filter system calls")


class _Session:
    """Follows a child and its threads from call to call."""

    def __init__(self, child: int, plan: Plan) -> None:
        self.trace = Trace()
        self._child = child
        self._plan = plan
        self._inside: dict[int, Call] = {}
        self._memory = Path(f"/proc/{child}/mem").open("rb", buffering=0)  # noqa: SIM115 - closed when the child ends

    def follow(self) -> int:
        """Go on until the child has ended; returns its status."""
        while True:
            thread, status = os.waitpid(-1, _WALL)
            if os.WIFEXITED(status) or os.WIFSIGNALED(status):
                self._inside.pop(thread, None)
                if thread == self._child:
                    self._memory.close()
                    return status
                continue
            try:
                self._stopped(thread, status)
            except ProcessLookupError:
                continue  # it was killed meanwhile

    def _stopped(self, thread: int, status: int) -> None:
        how, deliver, stop = _CONT, 0, os.WSTOPSIG(status)
        if status >> 8 == _FILTER_STOP:
            how = _SYSCALL if self._enter(thread) else _CONT
        elif stop == _SYSCALL_STOP:
            self._leave(thread)
        elif stop not in (signal.SIGTRAP, signal.SIGSTOP):
            deliver = stop
        _ptrace(how, thread, 0, deliver)

    def _enter(self, thread: int) -> bool:
        """Look at a call before it is made; tell whether to look at its result too."""
        registers = _Registers()
        _ptrace(_GETREGS, thread, 0, ctypes.byref(registers))
        call = self._watched(registers)
        if call is None:
            return False
        number = len(self.trace.calls)
        if self._plan.states is not None:
            copy_with_links(Path(self._plan.folder), self._plan.states / str(number))
        if number == self._plan.stop_at:
            self._plan.stop_at = None
            if not self._plan.fail_with:
                os.kill(self._child, signal.SIGKILL)
                raise ProcessLookupError
            _ptrace(_POKEUSER, thread, _ORIG_RAX, ctypes.c_void_p(2**64 - 1))
            _ptrace(_POKEUSER, thread, _RAX, ctypes.c_void_p(2**64 - self._plan.fail_with))
        self.trace.calls.append(call)
        self._inside[thread] = call
        return self._plan.keep_data

    def _leave(self, thread: int) -> None:
        call = self._inside.pop(thread)
        registers = _Registers()
        _ptrace(_GETREGS, thread, 0, ctypes.byref(registers))
        result = ctypes.c_longlong(registers.rax).value
        if result < 0:
            self.trace.calls.remove(call)
        elif call.name in ("write", "pwrite64"):
            call.data = call.data[:result]
        elif call.name == "copy_file_range":
            call.size = result

    def _watched(self, registers: _Registers) -> Call | None:
        number = ctypes.c_longlong(registers.orig_rax).value
        arguments = [registers.rdi, registers.rsi, registers.rdx, registers.r10]
        if number in _BY_FD:
            return self._by_fd(_BY_FD[number], arguments, registers)
        if number in (_OPEN, _OPENAT):
            place = 0 if number == _OPEN else 1
            flags = arguments[place + 1]
            path = self._relative(self._text(arguments[place])) if flags & _WRITING else None
            return None if path is None else Call("open", (path,), flags=flags)
        if number in _BY_PATH:
            name, places = _BY_PATH[number]
            if number == 263 and arguments[2] & 0x200:
                name = "rmdir"
            paths = [self._relative(self._text(arguments[place])) for place in places]
            return None if None in paths else Call(name, tuple(path for path in paths if path is not None))
        return None

    def _by_fd(self, name: str, arguments: list[int], registers: _Registers) -> Call | None:
        place = 2 if name == "copy_file_range" else 0
        path = self._relative(self._fd_path(arguments[place]))
        if path is None:
            return None
        call = Call(name, (path,))
        if name == "pwrite64":
            call.offset, call.size = registers.r10, registers.rdx
        elif name == "write":
            call.offset, call.size = self._position(arguments[0]), registers.rdx
        elif name == "ftruncate":
            call.size = registers.rsi
        elif name == "copy_file_range":
            source = self._relative(self._fd_path(arguments[0]))
            call.paths = (path, source or "")
            call.size = registers.r8
            call.offset = int.from_bytes(self._read(arguments[3], 8), "little") if arguments[3] else -1
        if self._plan.keep_data and name in ("write", "pwrite64"):
            call.data = self._read(registers.rsi, registers.rdx)
        return call

    def _position(self, descriptor: int) -> int:
        text = Path(f"/proc/{self._child}/fdinfo/{descriptor}").read_text()
        return int(text.split("pos:")[1].split()[0])

    def _fd_path(self, descriptor: int) -> str:
        try:
            return os.readlink(f"/proc/{self._child}/fd/{descriptor}")
        except OSError:
            return ""

    def _relative(self, path: str) -> str | None:
        if path == self._plan.folder:
            return "."
        prefix = self._plan.folder + "/"
        return path[len(prefix) :] if path.startswith(prefix) else None

    def _read(self, address: int, size: int) -> bytes:
        self._memory.seek(address)
        return self._memory.read(size)

    def _text(self, address: int) -> str:
        data = b""
        while b"\0" not in data:
            step = 256 - (address + len(data)) % 256  # never across the end of a page
            data += self._read(address + len(data), step)
        return data.split(b"\0")[0].decode("utf-8", "surrogateescape")


ENOSPC, EIO = errno.ENOSPC, errno.EIO
