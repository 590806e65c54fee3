"""Parts of the spec's format that this version of xpyja does not support yet. Supporting one means deleting its row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from xpyja.build.errors import Problem
from xpyja.build.spec.document import Document, Path
from xpyja.build.targets import TARGETS, this_target


def _foreign_targets() -> tuple[str, ...]:
    here = this_target()
    return tuple(target for target in TARGETS if target != here)


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A part of the format.

    Attributes:
        where: The key, with ``*`` for any name and ``[]`` for any item, such as ``sources[].kind``.
        what: What it would give, as the subject of a sentence in the plural.
        values: The values that are not supported, or () for any; a function when they depend on the machine.
    """

    where: str
    what: str
    values: tuple[str | bool, ...] | Callable[[], tuple[str, ...]] = ()


UNSUPPORTED = (
    Unsupported("python.targets[]", "targets other than this machine's", _foreign_targets),
    Unsupported("sources[].kind", "sources of kind {value}", ("jsverbs", "help")),
    Unsupported("sources[].embed", "sources that are not embedded", (False,)),
    Unsupported("commands[].type", "commands of type {value}", ("repl", "verbs", "provider")),
    Unsupported("artifacts[].type", "artifacts of type {value}", ("dts",)),
)


def unsupported_problems(document: Document) -> Iterator[Problem]:
    """Finds the parts of a spec that this version does not support."""
    for row in UNSUPPORTED:
        values = row.values() if callable(row.values) else row.values
        for path, value in _find(document.value, row.where.replace("[]", ".[]").split("."), ()):
            unsupported = value in values if values else value != []  # an empty list asks for nothing
            if unsupported:
                what = row.what.format(value=value)
                message = f"{what} are not supported by this version of xpyja yet"
                yield document.problem(path, message, key=not row.values)


def remark(where: str, only: str = "") -> str:
    """Says what of a key is not supported, for its documentation; "" when all of it is.

    Args:
        where: The key as in `Unsupported.where`; that of a list without the ``[]`` of its items.
        only: The one value that the key has where it is documented, or "" for any.
    """
    for row in UNSUPPORTED:
        if row.where.removesuffix("[]") != where:
            continue
        if callable(row.values):
            return f"Not supported yet: {row.what}."
        if not row.values or only:
            return "Not supported yet." if not row.values or only in row.values else ""
        return "Not supported yet: " + ", ".join(f"`{str(value).lower()}`" for value in row.values) + "."
    return ""


def _find(value: object, pattern: list[str], path: Path) -> Iterator[tuple[Path, object]]:
    if not pattern:
        yield path, value
        return
    part, rest = pattern[0], pattern[1:]
    if part == "[]" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _find(item, rest, (*path, index))
    elif isinstance(value, dict):
        for key in list(value) if part == "*" else [part] if part in value else []:
            yield from _find(value[key], rest, (*path, key))
