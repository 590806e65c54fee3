"""YAML text to plain values that remember where each key and value was written.

Scalars follow YAML 1.2, as editors do: only ``true`` and ``false`` are booleans; ``on``, ``yes`` and dates
stay text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from xpyja.build.errors import Problem
from xpyja.build.quoting import quoted

MAX_DEPTH = 50
MAX_VALUES = 20_000
"""More values than any spec has; what stops aliases that refer to aliases that refer to aliases."""

_LONGEST_REPEATED = 40

Path = tuple["str | int", ...]
"""Where in a document a value is: keys and list indexes from the top."""

Value = "str | int | float | bool | None | list[Value] | dict[str, Value]"

_TAG = "tag:yaml.org,2002:"
_MERGE = _TAG + "merge"
_KINDS = {yaml.ScalarNode: "text", yaml.SequenceNode: "a list", yaml.MappingNode: "a mapping"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key or value was written.

    Attributes:
        line: Line, counted from 1.
        column: Column, counted from 1.
        text: The text of a scalar as written, without quotes; "" for lists and mappings.
    """

    line: int
    column: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document.

    Attributes:
        file: The file's path as the user gave it.
        value: The document as JSON values; what has a problem is left out.
        keys: Place of each key, by the path of its value.
        values: Place of each value, by its path.
        problems: What is wrong with it as YAML.
    """

    file: str
    value: object
    keys: Mapping[Path, Place] = field(repr=False)
    values: Mapping[Path, Place] = field(repr=False)
    problems: tuple[Problem, ...]

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Finds the place to point at for a value.

        That is the value when it begins on the line of its key, else its key. What is not in the document is looked
        for at its nearest ancestor.

        Args:
            path: Where it is.
            key: Whether the key itself is meant.
        """
        for end in range(len(path), -1, -1):
            own = self.keys.get(path[:end])
            value = self.values.get(path[:end])
            if own and (key or value is None or value.line != own.line):
                return own
            if value:
                return value
        return Place(1, 1)

    def written(self, path: Path) -> str:
        """How a scalar was written, to repeat it in a hint; "" for other values and for what a hint cannot repeat."""
        place = self.values.get(path)
        return place.text if place and place.text.isprintable() and len(place.text) <= _LONGEST_REPEATED else ""

    def problem(self, path: Path, message: str, hint: str | None = None, *, key: bool = False) -> Problem:
        """Makes a problem that points at a value, or at its key."""
        place = self.place(path, key=key)
        return Problem(self.file, place.line, place.column, show_path(path), message, hint)


def show_path(path: Path) -> str:
    """Spells a path: ``runtimes.main.modules[1].config.allow``."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", part):
            shown += f".{part}" if shown else part
        else:
            shown += f"[{quoted(part)}]"
    return shown


def parse_document(text: str, file: str) -> Document:
    """Parses one YAML document.

    Args:
        text: The text, without a byte order mark.
        file: The file's path for problems.

    Returns:
        The document. A syntax error makes one problem and the value None.
    """
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_node() if loader.check_node() else None
        rest = None if loader.check_event(yaml.StreamEndEvent) else _next_mark(loader)
    except yaml.reader.ReaderError as error:
        return _broken(file, _reader_problem(text, file, error))
    except yaml.MarkedYAMLError as error:
        return _broken(file, _syntax_problem(file, error))
    except (ValueError, OverflowError, IndexError):  # PyYAML's scanner on escapes and numbers that are out of range
        mark = loader.get_mark() if loader else None
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return _broken(file, Problem(file, line, column, "", "this is not valid YAML"))
    if node is None:
        return _broken(file, Problem(file, 1, 1, "", "the file is empty", "xpyja init writes a spec to start from"))
    conversion = _Conversion(file)
    if rest is not None:
        conversion.problem(rest, (), "a second document begins here", "a spec is one document: remove what follows")
    try:
        value = conversion.convert(node, ())
    except _TooManyValues as error:
        return _broken(
            file,
            Problem(file, error.line, error.column, "", f"aliases make more than {MAX_VALUES} values of this document"),
        )
    return Document(file, value, conversion.keys, conversion.values, tuple(conversion.problems))


def _broken(file: str, problem: Problem) -> Document:
    return Document(file, None, {}, {}, (problem,))


def _reader_problem(text: str, file: str, error: yaml.reader.ReaderError) -> Problem:
    before = text[: error.position]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    code = error.character if isinstance(error.character, int) else ord(error.character)
    return Problem(
        file,
        line,
        column,
        "",
        f"the character U+{code:04X} is not allowed in YAML",
        "remove it, or write it as an escape in double quotes",
    )


def _syntax_problem(file: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    if "unexpected end of stream" in (error.problem or ""):
        mark = error.context_mark  # where the quotes begin says more than where the file ends
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    message, hint = _explain(error.problem or error.context or "")
    if error.context_mark and mark and error.context_mark.line != mark.line and hint is None:
        hint = f"it belongs to what begins in line {error.context_mark.line + 1}"
    return Problem(file, line, column, "", message, hint)


_BACKSLASH = "use single quotes to write a backslash as it is"

_EXPLANATIONS: tuple[tuple[str, str, str | None], ...] = (
    (r"found character '\\t'", "a tab is used for indentation", "YAML wants spaces"),
    (r"found character '([^']+)' that cannot start", "a value cannot begin with {0}", "put it in quotes"),
    (
        "mapping values are not allowed",
        'a ":" is not expected here',
        "check the indentation, or put the text in quotes",
    ),
    ("could not find expected ':'", 'a ":" is missing', "a key is written as key: value"),
    ("found undefined alias '?(.+?)'?$", "there is no anchor &{0} above", None),
    ("second occurrence", "this anchor is defined a second time", None),
    ("expected <block end>, but found '<scalar>'", "this text is not expected here", "check the quotes before it"),
    (
        "expected <block end>, but found '(.+)'",
        "the indentation does not fit",
        "keys of one mapping, and items of one list, begin in the same column",
    ),
    ("expected ',' or '([]}])'", 'a "," or "{0}" is missing', None),
    ("found unexpected end of stream", "the quotes that begin here are not closed", None),
    ("expected escape sequence of ([0-9]+) hex", "an escape of {0} digits is not complete", _BACKSLASH),
    ("found unknown escape character '(.+)'", "the escape \\{0} is not known", _BACKSLASH),
    ("nested too deep", f"values are nested more than {MAX_DEPTH} deep", None),
    ("sequence entries are not allowed", 'a "-" is not expected here', "begin the list on its own line"),
)


def _explain(problem: str) -> tuple[str, str | None]:
    """Says in plain words what PyYAML found."""
    for pattern, message, hint in _EXPLANATIONS:
        found = re.search(pattern, problem)
        if found:
            return message.format(*found.groups()), hint
    return f"this is not valid YAML: {problem}" if problem else "this is not valid YAML", None


class _Loader(yaml.SafeLoader):
    """PyYAML's composer with YAML 1.2 scalars and a limit of nesting."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own way

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise yaml.composer.ComposerError(None, None, "nested too deep", _next_mark(self))
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


def _next_mark(loader: _Loader) -> yaml.Mark:
    """Where the next event begins."""
    event = loader.peek_event()  # type: ignore[no-untyped-call]  # types-PyYAML leaves its type out
    mark: yaml.Mark = event.start_mark
    return mark


def _add_resolver(kind: str, pattern: str, first: list[str]) -> None:
    _Loader.add_implicit_resolver(_TAG + kind, re.compile(rf"^(?:{pattern})$"), first)


_add_resolver("bool", "true|True|TRUE|false|False|FALSE", list("tTfF"))
_add_resolver("null", "~|null|Null|NULL|", ["~", "n", "N", ""])
_add_resolver("int", "[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+", list("-+0123456789"))
_add_resolver(
    "float",
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
    list("-+.0123456789"),
)
_add_resolver("merge", "<<", ["<"])


class _TooManyValues(Exception):
    def __init__(self, line: int, column: int) -> None:
        super().__init__()
        self.line = line
        self.column = column


class _Conversion:
    """Turns nodes into values, noting places and problems."""

    def __init__(self, file: str) -> None:
        self.keys: dict[Path, Place] = {}
        self.values: dict[Path, Place] = {}
        self.problems: list[Problem] = []
        self._file = file
        self._count = 0
        self._open: set[int] = set()

    def problem(self, mark: yaml.Mark, path: Path, message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(self._file, mark.line + 1, mark.column + 1, show_path(path), message, hint))

    def convert(self, node: yaml.Node, path: Path) -> object:
        self._count += 1
        if self._count > MAX_VALUES:
            raise _TooManyValues(node.start_mark.line + 1, node.start_mark.column + 1)
        self.values[path] = _place(node)
        if id(node) in self._open:
            self.problem(node.start_mark, path, "the anchored value contains itself")
            return None
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.ScalarNode):
                return self._scalar(node, path)
            kind = "seq" if isinstance(node, yaml.SequenceNode) else "map"
            if node.tag != _TAG + kind:
                self._unknown_tag(node, path)
                return None
            if isinstance(node, yaml.SequenceNode):
                return [self.convert(item, (*path, index)) for index, item in enumerate(node.value)]
            return self._mapping(node, path)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.Node, path: Path) -> dict[str, object]:
        result: dict[str, object] = {}
        # What is merged in comes first, so that the mapping's own keys replace it, values and places alike.
        for key_node, value_node in reversed(node.value):
            if key_node.tag == _MERGE:
                for merged in self._merged(value_node, path):
                    result.update(merged)
        own: dict[str, yaml.Node] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                continue
            key = self._key(key_node, path)
            if key is None:
                continue
            if key in own:
                first = own[key].start_mark.line + 1
                self.problem(key_node.start_mark, (*path, key), f"this key is given twice, first in line {first}")
                continue
            own[key] = key_node
            here = (*path, key)
            self.keys[here] = _place(key_node)
            result[key] = self.convert(value_node, here)
        return result

    def _merged(self, node: yaml.Node, path: Path) -> Iterator[dict[str, object]]:
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for part in reversed(parts):
            value = self.convert(part, path) if isinstance(part, yaml.MappingNode) else None
            if isinstance(value, dict):
                yield value
            elif not isinstance(part, yaml.MappingNode):
                self.problem(part.start_mark, path, "only mappings can be merged with <<")

    def _key(self, node: yaml.Node, path: Path) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self.problem(node.start_mark, path, f"a key must be text, not {_KINDS[type(node)]}")
            return None
        value = self._scalar(node, path)
        if isinstance(value, str):
            return value
        if value is not None or node.tag == _TAG + "null":
            self.problem(
                node.start_mark,
                path,
                f"the key {quoted(node.value or 'null')} is not text",
                f'write "{node.value}" in quotes' if node.value else None,
            )
        return None

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> str | int | float | bool | None:
        try:
            value = _scalar_value(node.tag.removeprefix(_TAG), node.value)
        except KeyError:
            self._unknown_tag(node, path)
            return None
        except ValueError:
            self.problem(node.start_mark, path, f"{quoted(node.value)} is out of range")
            return None
        if isinstance(value, str) and any(
            character == "\0" or "\ud800" <= character <= "\udfff" for character in value
        ):
            self.problem(
                node.start_mark, path, "the text contains a character that no text may contain", "remove the escape"
            )
            return None
        return value

    def _unknown_tag(self, node: yaml.Node, path: Path) -> None:
        tag = node.tag.replace(_TAG, "!!")
        self.problem(node.start_mark, path, f"the YAML tag {quoted(tag)} has no meaning in a spec", "remove it")


def _scalar_value(kind: str, text: str) -> str | int | float | bool | None:
    if kind in ("str", "merge"):
        return text
    if kind == "null":
        return None
    if kind == "bool":
        return {"true": True, "false": False}[text.lower()]
    if kind == "int":
        if len(text) > 30:
            raise ValueError
        return int(text, {"0x": 16, "0o": 8}.get(text[:2], 10))
    if kind == "float":
        number = float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        if not math.isfinite(number):
            raise ValueError
        return number
    raise KeyError(kind)


def _place(node: yaml.Node) -> Place:
    return Place(
        node.start_mark.line + 1, node.start_mark.column + 1, node.value if isinstance(node, yaml.ScalarNode) else ""
    )
