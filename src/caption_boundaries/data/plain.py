"""Frozen dataclasses as JSON and back."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from caption_boundaries.errors import InputError

T = TypeVar("T")


def to_json(value: Any) -> str:
    """Return a dataclass as JSON: the same value always gives the same text."""
    return json.dumps(asdict(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_json(kind: type[T], text: str | bytes) -> T:
    """Return the dataclass that `to_json` wrote.

    Raises:
        InputError: The text is no JSON, or says something else.
    """
    try:
        found: T = _build(kind, json.loads(text))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"This is no {kind.__name__}: {error}.") from error
    return found


def _build(kind: Any, value: Any) -> Any:
    if is_dataclass(kind):
        return _dataclass(kind, value)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        kinds = arguments[:1] * len(value) if arguments[1:] == (...,) else arguments
        return tuple(_build(one, item) for one, item in zip(kinds, value, strict=True))
    if origin in (Union, types.UnionType):
        known = [one for one in arguments if one is not type(None)]
        return None if value is None else _build(known[0], value)
    return float(value) if kind is float else value


def _dataclass(kind: Any, value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError(f"{kind.__name__} is an object, not {value!r}")
    unknown = set(value) - {one.name for one in fields(kind)}
    if unknown:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    hints = get_type_hints(kind)
    return kind(**{name: _build(hints[name], item) for name, item in value.items()})
