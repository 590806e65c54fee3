"""Sizes and durations as people write them: ``64MiB``, ``30s``. The same in a spec, a config file and a flag."""

from __future__ import annotations

import re

SIZE_HINT = "write bytes or a number with B, KiB, MiB or GiB, such as 64MiB"
DURATION_HINT = "write a number with ms, s, m or h, such as 30s"

_SIZE_UNITS = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_DURATION_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_MEASURE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)")
_LONGEST = 40


def parse_size(value: object) -> int:
    """Turns a size, such as ``64MiB`` or ``4096``, into bytes.

    Raises:
        ValueError: It is not a size.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise ValueError
        return value
    number, unit = _measure(value)
    if (unit or "B") not in _SIZE_UNITS:
        raise ValueError
    return int(number * _SIZE_UNITS[unit or "B"])


def parse_duration(value: object) -> float:
    """Turns a duration, such as ``30s`` or ``500ms``, into seconds.

    Raises:
        ValueError: It is not a duration; a bare number is none, since it could mean seconds or milliseconds.
    """
    number, unit = _measure(value)
    if unit not in _DURATION_UNITS:
        raise ValueError
    return number * _DURATION_UNITS[unit]


def show_size(size: int) -> str:
    """Writes a size with the largest unit that divides it; `parse_size` reads it back."""
    for unit in ("GiB", "MiB", "KiB"):
        if size and size % _SIZE_UNITS[unit] == 0:
            return f"{size // _SIZE_UNITS[unit]}{unit}"
    return f"{size}B"


def show_duration(seconds: float) -> str:
    """Writes a duration with the largest unit that divides it; `parse_duration` reads it back."""
    if 0 < seconds < 1:
        return f"{seconds * 1000:.12g}ms"
    unit = next(unit for unit in ("h", "m", "s") if unit == "s" or (seconds and seconds % _DURATION_UNITS[unit] == 0))
    return f"{seconds / _DURATION_UNITS[unit]:.15g}{unit}"


def _measure(value: object) -> tuple[float, str]:
    found = _MEASURE.fullmatch(value) if isinstance(value, str) and len(value) <= _LONGEST else None
    if found is None:
        raise ValueError
    return float(found[1]), found[2]
