"""Pointers: the ``.dvc`` files that git keeps in place of the databases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

POINTER_SUFFIX = ".dvc"

_PLAIN = re.compile(r"outs:\n- md5: ([0-9a-f]{32})\n  size: (\d+)\n  hash: md5\n  path: (\S+)\n")
_MD5_LINE = re.compile(r"^(\s*(?:- )?md5: ).*$", re.MULTILINE)
_SIZE_LINE = re.compile(r"^(\s*(?:- )?size: ).*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which content a tracked file has."""

    md5: str
    """Hash of the content, hexadecimal; also its name in the cache and on remotes."""
    size: int
    """Bytes."""
    remote: str | None = None
    """The remote that it belongs to, where the pointer names one."""


class NoPlainPointerError(ValueError):
    """The text is no pointer, or one to something other than a single file."""


def pointer_path(path: Path) -> Path:
    """Return where the pointer of ``path`` lies."""
    return path.with_name(path.name + POINTER_SUFFIX)


def parse_pointer(text: str, filename: str) -> Pointer:
    """Return what a pointer to ``filename`` says.

    Raises:
        NoPlainPointerError: It is cut off, holds the marks of a merge, or points to something else.
    """
    plain = _PLAIN.fullmatch(text)
    if plain and plain[3] == filename:
        return Pointer(plain[1], int(plain[2]))
    return _parse_edited(text, filename)


def read_pointer(path: Path) -> Pointer | None:
    """Return what the pointer of the file at ``path`` says; None where there is no pointer.

    Raises:
        NoPlainPointerError: See `parse_pointer`.
    """
    try:
        text = pointer_path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise NoPlainPointerError(str(error)) from error
    return parse_pointer(text, path.name)


def is_cut_off(path: Path) -> bool:
    """Tell whether the pointer of ``path`` was left half written by a kill."""
    text = pointer_path(path).read_bytes()
    return not text.endswith(b"\n") or b"path:" not in text


def with_content(text: str, pointer: Pointer) -> str:
    """Return the text of a pointer with other content; what else it says stays."""
    return _SIZE_LINE.sub(rf"\g<1>{pointer.size}", _MD5_LINE.sub(rf"\g<1>{pointer.md5}", text, count=1), count=1)


def _parse_edited(text: str, filename: str) -> Pointer:
    """Read a pointer that holds more than DVC writes: descriptions, comments, a remote."""
    from dvc.utils.serialize import YAMLFileCorruptedError, parse_yaml

    try:
        content = parse_yaml(text, filename)
        (out,) = content["outs"]
        if content.get("deps") or out["path"] != filename or out.get("hash", "md5") != "md5" or "size" not in out:
            raise NoPlainPointerError(f"the pointer is not one to {filename} alone")
        return Pointer(str(out["md5"]), int(out["size"]), out.get("remote"))
    except (YAMLFileCorruptedError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise NoPlainPointerError(str(error)) from error
