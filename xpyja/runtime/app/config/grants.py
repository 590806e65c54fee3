"""Grants narrow only: whether a value stays within what the spec grants."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xpyja.runtime.plan import Field

_NUMBERS = ("int", "float", "size", "duration")


def within(field: Field, granted: Any, value: Any) -> bool:  # JSON values
    """Whether a value gives no more power than the granted one.

    A list stays within when each of its items does, a path when it leads into a granted folder, a boolean and a number
    when they do not rise. None is no limit for a number; for everything else nothing is within it, nor it within
    anything.

    Args:
        field: The field, a grant.
        granted: What the spec gives, else the code default.
        value: What a layer above makes of it.
    """
    if value == granted:
        return True
    if field.type in _NUMBERS:
        return granted is None or (value is not None and bool(value <= granted))
    if value is None or granted is None:
        return False  # whether None gives all or nothing, only the module knows
    if field.type.endswith("[]"):
        if field.type == "path[]":
            return all(any(_inside(path, root) for root in granted) for path in value)
        return all(item in granted for item in value)
    if field.type == "path":
        return _inside(value, granted)
    if field.type == "bool":
        return not value
    if field.type == "map":
        return _sub_map(granted, value)
    return False  # another text is another power


def _inside(path: str, root: str) -> bool:
    """Whether a path leads to a folder or to something in it, links and ``..`` followed to their end."""
    real_path, real_root = os.path.realpath(path), os.path.realpath(root)
    return os.path.commonpath((real_path, real_root)) == real_root


def _sub_map(granted: dict[str, Any], value: dict[str, Any]) -> bool:
    for key, item in value.items():
        if key not in granted:
            return False
        allowed = granted[key]
        nested = isinstance(item, dict) and isinstance(allowed, dict)
        if not (_sub_map(allowed, item) if nested else item == allowed):
            return False
    return True
