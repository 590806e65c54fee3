"""TOML config files. The parser tells no positions; lines are those of headers and of keys that begin a line."""

from __future__ import annotations

import re
import sys
from typing import Any

from xpyja.runtime.app.config.files import Malformed, Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # embedded in tools whose config file is TOML

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEY = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*\[\s*({_KEY})\s*\]")
_PAIR = re.compile(rf"\s*({_KEY})\s*=")
_PARTS = re.compile(_PART)
_AT = re.compile(r" \(at line (\d+), column \d+\)$")


def parse_toml(text: str) -> tuple[Any, dict[Path, int]]:
    """Parses a TOML document. Dates and times become text.

    Returns:
        The document, and the line of each key that could be found.

    Raises:
        Malformed: It is not TOML.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        at = _AT.search(message)
        line = int(at[1]) if at else text.count("\n") + 1 if "end of document" in message else 0
        reason = _AT.sub("", message).removesuffix(" (at end of document)")
        raise Malformed(line, f"is not TOML: {reason[:1].lower()}{reason[1:]}") from None
    except (ValueError, RecursionError):
        raise Malformed(0, "is not TOML: a value is out of range or nested too deeply") from None
    return _plain(document), _lines(text)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float)) else str(value)


def _lines(text: str) -> dict[Path, int]:
    lines: dict[Path, int] = {}
    table: Path = ()
    quotes = ""  # of the multi-line text that we are in
    for number, line in enumerate(text.splitlines(), start=1):
        if quotes:
            quotes = "" if quotes in line else quotes
            continue
        header = _HEADER.match(line)
        pair = None if header else _PAIR.match(line)
        if header:
            table = _path(header[1])
            lines.setdefault(table, number)
        elif pair:
            path = (*table, *_path(pair[1]))
            for end in range(1, len(path) + 1):
                lines.setdefault(path[:end], number)
            rest = line[pair.end() :].lstrip()
            if rest[:3] in ('"""', "'''") and rest[:3] not in rest[3:]:
                quotes = rest[:3]
    return lines


def _path(key: str) -> Path:
    return tuple(part[1:-1] if part[0] in "\"'" else part for part in _PARTS.findall(key))
