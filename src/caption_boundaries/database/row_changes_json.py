"""Changes as JSON text, column by column: a column that says the same in all rows is written once."""

from __future__ import annotations

import base64
import json
from itertools import repeat
from typing import Any

from caption_boundaries.database.row_changes import (
    Changes,
    RowImage,
    TableChange,
    Value,
    join_images,
    key_getter,
    reverse,
)


def to_json(changes: Changes) -> tuple[str, str]:
    """Return the changes as two texts: what leads from before to after, and what leads back."""
    return _side_to_json(changes), _side_to_json(reverse(changes))


def from_json(schema: str, forward: str, inverse: str) -> Changes:
    """Return the changes of which `to_json` made ``forward`` and ``inverse``."""
    return tuple(
        join_images(after["table"], tuple(after["columns"]), _images(schema, before), _images(schema, after))
        for after, before in zip(_parse(forward), _parse(inverse), strict=True)
    )


def _side_to_json(changes: Changes) -> str:
    sides = [_side(change) for change in changes]
    return json.dumps(sides, ensure_ascii=False, separators=(",", ":"), default=_encode_blob)


def _side(change: TableChange) -> dict[str, Any]:
    """Return the rows after the change: the values of those that are there, the keys of those that are gone."""
    images = [row.after for row in change.rows if row.after is not None]
    return {
        "table": change.table,
        "columns": change.columns,
        "count": len(images),
        "values": [_once_if_same(values) for values in zip(*images, strict=True)],
        "gone": [row.key for row in change.rows if row.after is None],
    }


def _once_if_same(values: tuple[Value, ...]) -> Value | tuple[Value, ...]:
    return values[0] if values.count(values[0]) == len(values) else values


def _images(schema: str, side: dict[str, Any]) -> dict[RowImage, RowImage | None]:
    """Return the row images of one side by key."""
    values, count = side["values"], side["count"]
    columns = [column if isinstance(column, list) else repeat(column, count) for column in values]
    images: list[RowImage] = list(zip(*columns, strict=True))
    keys = map(key_getter(schema, side["table"], side["columns"]), images)
    return dict(zip(keys, images, strict=True))


def _encode_blob(value: object) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"blob": base64.b64encode(value).decode()}
    raise TypeError(f"SQLite has no values of type {type(value).__name__}")


def _parse(text: str) -> list[dict[str, Any]]:
    parsed: list[dict[str, Any]] = json.loads(text, object_hook=_decode_blob)
    return parsed


def _decode_blob(item: dict[str, Any]) -> Any:
    return base64.b64decode(item["blob"]) if item.keys() == {"blob"} else item
