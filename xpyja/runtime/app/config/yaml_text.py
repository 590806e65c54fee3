"""YAML config files, read as YAML 1.2, with the lines of their keys. The only file that imports the YAML parser."""

from __future__ import annotations

import re
from typing import Any

import yaml

from xpyja.runtime.app.config.files import Malformed, Path

MAX_VALUES = 100_000
_TAG = "tag:yaml.org,2002:"
_PLAIN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = ("", "~", "null", "Null", "NULL")
_INTEGER = re.compile(r"[-+]?[0-9]{1,30}|0x[0-9a-fA-F]{1,25}|0o[0-7]{1,30}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_QUOTES = re.compile(r"(undefined alias|undefined tag handle|duplicate tag handle) .*")
"""What PyYAML's messages quote at length, and what could be a secret without quotes."""


def parse_yaml(text: str) -> tuple[Any, dict[Path, int]]:
    """Parses a YAML document.

    Returns:
        The document, and the line of each key and item.

    Raises:
        Malformed: It is not one YAML document of JSON values.
    """
    try:
        loader = yaml.BaseLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None, {}
        conversion = _Conversion()
        return conversion.convert(node, ()), conversion.lines
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise Malformed(line, "is not YAML: a character is not allowed") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Malformed(mark.line + 1 if mark else 0, f"is not YAML: {_problem(error)}") from None
    except RecursionError:
        raise Malformed(0, "is nested too deeply") from None
    except (ValueError, OverflowError, IndexError):  # the scanner, on escapes that are out of range
        raise Malformed(0, "is not YAML") from None


def _problem(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "it cannot be parsed"
    if "\\t" in problem:
        return "a tab is used for indentation"
    return _QUOTES.sub(r"\1", problem)


class _Conversion:
    """Turns nodes into values, noting lines."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self._count = 0

    def convert(self, node: yaml.Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        self._count += 1
        if self._count > MAX_VALUES:
            raise Malformed(line, f"has more than {MAX_VALUES} values")
        self.lines.setdefault(path, line)
        if isinstance(node, yaml.ScalarNode):
            if node.tag != _TAG + "str":
                raise Malformed(line, "a tag has no meaning here", "remove it")
            return _plain_value(node.value, line) if node.style is None else node.value
        if node.tag not in (_TAG + "seq", _TAG + "map"):
            raise Malformed(line, "a tag has no meaning here", "remove it")
        if isinstance(node, yaml.SequenceNode):
            return [self.convert(item, (*path, index)) for index, item in enumerate(node.value)]
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise Malformed(line, "a key must be text")
            key = key_node.value
            here = (*path, key)
            if key in result:
                raise Malformed(line, f'the key "{key}" is given twice, first in line {self.lines[here]}')
            self.lines[here] = line
            result[key] = self.convert(value_node, here)
        return result


def _plain_value(text: str, line: int) -> Any:
    """The value of a scalar without quotes."""
    if text in _NULLS:
        return None
    if text in _PLAIN:
        return _PLAIN[text]
    if _INTEGER.fullmatch(text):
        return int(text, {"0x": 16, "0o": 8}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise Malformed(line, "a number is out of range")
        return number
    return text
