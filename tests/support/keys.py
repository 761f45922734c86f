"""Keys as the table of keys writes them, for a browser to press."""

from __future__ import annotations

_NAMES = {"Space": " "}
_MODIFIERS = {"Ctrl": "Control"}


def presses(combination: str) -> str:
    """Return a combination of the table as Playwright writes it."""
    *modifiers, key = combination.split("+") if combination != "+" else ["+"]
    key = key.removeprefix("code:Key")
    key = _NAMES.get(key, key)
    if len(key) == 1 and key.isalpha() and "Shift" not in modifiers:
        key = key.lower()
    return "+".join([*(_MODIFIERS.get(name, name) for name in modifiers), key])
