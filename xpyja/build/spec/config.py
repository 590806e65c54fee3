"""A module's ``config`` checked against the fields that the module describes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xpyja.build.describe import ConfigField
from xpyja.build.errors import Problem
from xpyja.build.quoting import quoted
from xpyja.build.spec.document import Path
from xpyja.build.spec.loader import LoadedSpec
from xpyja.build.spec.messages import describe_value, not_a_choice
from xpyja.runtime.api.measures import DURATION_HINT, SIZE_HINT, parse_duration, parse_size
from xpyja.runtime.errors import suggest

_ELSEWHERE = "give it to the tool when it runs: in the environment, or in a config file of the user"

_INVALID = object()


def convert_config(
    fields: tuple[ConfigField, ...], given: dict[str, Any], loaded: LoadedSpec, path: Path
) -> tuple[dict[str, Any], list[Problem]]:
    """Checks a configuration and turns it into the JSON values that the tool gets.

    Sizes become bytes, durations seconds; paths stay as written. Keys that are not given are not filled in.

    Args:
        fields: What the module takes.
        given: The ``config`` of the spec.
        loaded: The spec, for positions.
        path: Where the ``config`` is.

    Returns:
        The values by key, and what is wrong.
    """
    conversion = _Conversion(loaded)
    by_key = {field.key: field for field in fields}
    values: dict[str, Any] = {}
    for key, value in given.items():
        field = by_key.get(key)
        if field is None:
            conversion.problem((*path, key), "unknown key", suggest(key, tuple(by_key)), key=True)
            continue
        if field.secret:
            conversion.problem(
                (*path, key), "a secret does not belong in a spec, which the tool contains", _ELSEWHERE, key=True
            )
            continue
        converted = conversion.field(field, value, (*path, key))
        if converted is not _INVALID:
            values[key] = converted
    for field in fields:
        if field.required and not field.secret and field.key not in given:
            conversion.problem((*path, field.key), "is required", field.help or None)
    return values, conversion.problems


class _Conversion:
    def __init__(self, loaded: LoadedSpec) -> None:
        self.problems: list[Problem] = []
        self._loaded = loaded

    def problem(self, path: Path, message: str, hint: str | None = None, *, key: bool = False) -> object:
        self.problems.append(self._loaded.problem(path, message, hint, key=key))
        return _INVALID

    def field(self, field: ConfigField, value: object, path: Path) -> object:
        if value is None:
            if field.default is None and not field.required:
                return None
            return self.problem(path, "is empty", "give it a value or remove the key")
        if not field.type.endswith("[]"):
            return self._scalar(field, field.type, value, path)
        if not isinstance(value, list):
            text = self._written(path)
            return self.problem(
                path, f"must be a list, not {describe_value(value, text)}", f"write [{text}]" if text else None
            )
        items = [self._scalar(field, field.type[:-2], item, (*path, index)) for index, item in enumerate(value)]
        return _INVALID if _INVALID in items else items

    def _scalar(self, field: ConfigField, kind: str, value: object, path: Path) -> object:
        if kind in _MEASURES:
            parse, wanted, hint = _MEASURES[kind]
            try:
                return parse(value)
            except ValueError:
                given = quoted(value) if isinstance(value, str) else describe_value(value, self._written(path))
                return self.problem(path, f"{given} is not a {wanted}", hint)
        types, wanted = _TYPES[kind]
        if not isinstance(value, types) or (isinstance(value, bool) and kind != "bool"):
            text = self._written(path)
            quotes = f'put it in quotes: "{text}"' if kind in ("string", "path") and text else None
            return self.problem(path, f"must be {wanted}, not {describe_value(value, text)}", quotes)
        if field.choices and value not in field.choices:
            return self.problem(path, *not_a_choice(value, field.choices, describe_value(value)))
        return value

    def _written(self, path: Path) -> str:
        return self._loaded.document.written(path)


_MEASURES: dict[str, tuple[Callable[[object], float], str, str]] = {
    "size": (parse_size, "size", SIZE_HINT),
    "duration": (parse_duration, "duration", DURATION_HINT),
}

_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "text"),
    "path": ((str,), "a path"),
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "bool": ((bool,), "true or false"),
    "map": ((dict,), "a mapping of keys"),
}
