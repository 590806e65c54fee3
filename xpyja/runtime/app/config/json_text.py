"""JSON config files, with the lines of their keys."""

from __future__ import annotations

import json
import re
from typing import Any

from xpyja.runtime.app.config.files import Malformed, Path

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|\n')


def parse_json(text: str) -> tuple[Any, dict[Path, int]]:
    """Parses a JSON document.

    Returns:
        The document, and the line of each key and item.

    Raises:
        Malformed: It is not JSON, or a key is given twice.
    """
    if not text.strip():
        return None, {}
    try:
        value = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise Malformed(error.lineno, f"is not JSON: {error.msg[:1].lower()}{error.msg[1:]}") from None
    except ValueError:
        raise Malformed(0, "is not JSON: a number is out of range") from None
    except RecursionError:
        raise Malformed(0, "is nested too deeply") from None
    return value, _lines(text)


def _refuse(_: str) -> None:
    raise ValueError


def _lines(text: str) -> dict[Path, int]:
    """Finds the line of each key and item of a text that is known to be JSON."""
    lines: dict[Path, int] = {}
    stack: list[str | int] = []  # the key or index that we are at, per open container
    line = 1
    expects_key = False
    for part in _TOKEN.findall(text):
        if part == "\n":
            line += 1
        elif part == "{":
            _item(lines, stack, line)
            stack.append("")
            expects_key = True
        elif part == "[":
            _item(lines, stack, line)
            stack.append(0)
            expects_key = False
        elif part in "}]":
            stack.pop()
            expects_key = False
        elif part == ",":
            top = stack[-1]
            if isinstance(top, int):
                stack[-1] = top + 1
            expects_key = isinstance(top, str)
        elif expects_key:
            stack[-1] = json.loads(part)
            if tuple(stack) in lines:
                raise Malformed(line, f"the key {part} is given twice, first in line {lines[tuple(stack)]}")
            lines[tuple(stack)] = line
            expects_key = False
        elif part != ":":
            _item(lines, stack, line)
    return lines


def _item(lines: dict[Path, int], stack: list[str | int], line: int) -> None:
    """Notes where an item of a list begins; values of keys have the line of their key."""
    if stack and isinstance(stack[-1], int):
        lines[tuple(stack)] = line
