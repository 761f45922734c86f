"""Joining two versions of a row that come from the same one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from caption_boundaries.database.row_hash import VOLATILE_COLUMNS
from caption_boundaries.database.row_sets import Row

Value = str | int | float | bytes | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two people's words that cannot both stand; ours was kept, or nobody's, and the row waits for a person."""

    table: str
    key: str
    """Which row, for people."""
    what: str
    """What they disagree on."""
    ours: str
    theirs: str

    def __str__(self) -> str:
        return f"{self.key}: {self.what}: ours {self.ours}, theirs {self.theirs}"


def content(row: Row) -> Row:
    """Return a row without the columns that only say when it was written."""
    return {name: value for name, value in row.items() if name not in VOLATILE_COLUMNS}


def same(one: Row | None, other: Row | None, *, but: Sequence[str] = ()) -> bool:
    """Tell whether two rows say the same; ``but`` names columns that do not count."""
    if one is None or other is None:
        return one is other
    return {n: v for n, v in content(one).items() if n not in but} == {
        n: v for n, v in content(other).items() if n not in but
    }


def join_row(
    base: Row, ours: Row, theirs: Row, groups: Mapping[str, tuple[Sequence[str], Sequence[str]]]
) -> tuple[Row, list[str]]:
    """Join two versions of a row group by group.

    Args:
        base: What both began with.
        ours: One version.
        theirs: The other.
        groups: By name, the columns that say what is meant, and those that go with them. What is in no group follows
            whoever changed it; ours where both did.

    Returns:
        The row, and the groups in which both changed what is meant, differently: there, it says what ours says.
    """
    joined, conflicts = dict(ours), []
    grouped = {name for columns in groups.values() for side in columns for name in side}
    for name in ours.keys() - grouped:
        joined[name] = _newer(ours[name], theirs[name]) if name in VOLATILE_COLUMNS else _pick(name, base, ours, theirs)
    for group, (meant, besides) in groups.items():
        columns = [*meant, *besides]
        we, they = (any(side[name] != base[name] for name in columns) for side in (ours, theirs))
        if they and not we:
            joined |= {name: theirs[name] for name in columns}
        elif they and any(ours[name] != theirs[name] for name in meant):
            we_mean, they_mean = (any(side[name] != base[name] for name in meant) for side in (ours, theirs))
            if they_mean and not we_mean:
                joined |= {name: theirs[name] for name in columns}
            elif they_mean:
                conflicts.append(group)
    return joined, conflicts


def _pick(name: str, base: Row, ours: Row, theirs: Row) -> Value:
    return theirs[name] if ours[name] == base[name] else ours[name]


def _newer(one: Value, other: Value) -> Value:
    return max((value for value in (one, other) if value is not None), key=str, default=None)
