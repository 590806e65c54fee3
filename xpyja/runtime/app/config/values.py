"""Values of config files, variables and flags, checked against their fields."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from xpyja.runtime.api.measures import DURATION_HINT, SIZE_HINT, parse_duration, parse_size
from xpyja.runtime.errors import suggest

if TYPE_CHECKING:
    from xpyja.runtime.plan import Field

_WORDS = {
    "string": "text",
    "path": "a path",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "map": "a mapping of keys",
    "size": "a size",
    "duration": "a duration",
}
_HINTS = {"size": SIZE_HINT, "duration": DURATION_HINT}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "path": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "map": (dict,),
}
_PARSERS: dict[str, Callable[[object], float]] = {"size": parse_size, "duration": parse_duration}
_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,30}")
_LONGEST_SHOWN = 60


class Invalid(Exception):
    """A value does not fit its field.

    Args:
        reason: What is wrong, without the value when that is a secret.
        hint: What to write instead, or None.
        path: Where inside the value: the index of an item.
    """

    def __init__(self, reason: str, hint: str | None = None, path: tuple[int, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.path = path


def from_document(field: Field, value: object) -> Any:  # a JSON value
    """Checks a value of a config file. Sizes become bytes, durations seconds.

    Raises:
        Invalid: It is not of the field's type, or none of its choices.
    """
    if value is None and field.default is None and not field.required:
        return None
    if not field.type.endswith("[]"):
        return _scalar(field, field.type, value, ())
    if not isinstance(value, list):
        raise Invalid(f"must be a list, not {_shown(field, value)}")
    return [_scalar(field, field.type[:-2], item, (index,)) for index, item in enumerate(value)]


def from_variable(field: Field, text: str) -> Any:  # a JSON value
    """Checks the value of an environment variable: a list is separated by commas, or JSON; a map is JSON.

    Raises:
        Invalid: It is not of the field's type, or none of its choices.
    """
    if field.type.endswith("[]") and not text.startswith("["):
        parts = [part.strip() for part in text.split(",")] if text.strip() else []
        return _items(field, parts)
    if field.type == "map":
        return from_document(field, _json(field, text))
    return _text(field, text)


def from_flag(field: Field, given: str | bool | Sequence[str]) -> Any:  # a JSON value
    """Checks what was given to a flag; a flag of a list or map may have been given several times.

    Raises:
        Invalid: It is not of the field's type, or none of its choices.
    """
    if isinstance(given, bool):
        return given
    if isinstance(given, str):
        return _text(field, given)
    if field.type == "map":
        merged: dict[str, Any] = {}
        for text in given:
            merged = merge(merged, _entry(field, text))
        return merged
    items: list[Any] = []
    for text in given:
        items += from_variable(field, text) if text.startswith("[") else _items(field, [text])
    return items


def merge(low: Any, high: Any) -> Any:  # JSON values
    """Puts one value over another: maps merge deeply, and None in a map removes the key; all else replaces."""
    if not isinstance(high, dict):
        return high
    merged = dict(low) if isinstance(low, dict) else {}
    for key, value in high.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def _scalar(field: Field, kind: str, value: object, path: tuple[int, ...]) -> Any:
    parse = _PARSERS.get(kind)
    if parse is not None:
        try:
            return parse(value)
        except ValueError:
            raise Invalid(f"must be {_WORDS[kind]}, not {_shown(field, value)}", _HINTS[kind], path) from None
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "bool"):
        raise Invalid(f"must be {_WORDS[kind]}, not {_shown(field, value)}", None, path)
    if isinstance(value, float) and not math.isfinite(value):
        raise Invalid(f"must be a finite number, not {_shown(field, value)}", None, path)
    if isinstance(value, str) and "\0" in value:
        raise Invalid("must not contain the character U+0000", None, path)
    if field.choices and value not in field.choices:
        near = None if field.secret else suggest(str(value), field.choices)
        raise Invalid(
            f"must be one of {', '.join(field.choices)}, not {_shown(field, value)}",
            near if near and near.startswith("did") else None,
            path,
        )
    return value


def _text(field: Field, text: str) -> Any:
    """Checks a value that was given as text."""
    if field.type.endswith("[]") or field.type == "map":
        return from_document(field, _json(field, text))
    value: object = text
    if field.type == "bool":
        value = _BOOLEANS.get(text.strip().lower(), text)
    elif field.type == "int":
        value = int(text) if _INTEGER.fullmatch(text.strip()) else text
    elif field.type == "float":
        try:
            value = float(text)
        except ValueError:
            value = text
    return _scalar(field, field.type, value, ())


def _items(field: Field, texts: list[str]) -> list[Any]:
    scalar = field._replace(type=field.type[:-2])
    items = []
    for index, text in enumerate(texts):
        try:
            items.append(_text(scalar, text))
        except Invalid as error:
            raise Invalid(error.reason, error.hint, (index, *error.path)) from None
    return items


def _entry(field: Field, text: str) -> dict[str, Any]:
    """One occurrence of a map's flag: ``KEY=VALUE``, or a JSON object."""
    if text.startswith("{"):
        return dict(from_document(field, _json(field, text)))
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise Invalid(f"must be KEY=VALUE or a JSON object, not {_shown(field, text)}")
    return {key: value}


def _json(field: Field, text: str) -> Any:
    wanted = "a JSON object" if field.type == "map" else "a list: items with commas between them, or JSON"
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Invalid(f"must be {wanted}, not {_shown(field, text)}") from None


def _refuse(_: str) -> None:
    """Python's parser knows NaN and Infinity, JSON does not."""
    raise ValueError


def _shown(field: Field, value: object) -> str:
    """Says what was given; of a secret nothing but its kind."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if field.secret:
        return "what was given"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"the number {value}"
    text = json.dumps(value, ensure_ascii=not str(value).isprintable())
    return f"the text {text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + '…'}"
