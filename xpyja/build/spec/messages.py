"""Pydantic's errors about a spec, said in plain words and with positions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from xpyja.build.errors import Problem
from xpyja.build.quoting import quoted
from xpyja.build.spec.document import Document, Path, show_path
from xpyja.build.spec.model import NAME_PATTERN, PATTERNS, SCHEMA, Spec
from xpyja.build.spec.walk import keys_at
from xpyja.runtime.errors import suggest

_TAGGED = ("commands", "artifacts")
"""Lists whose items are of several models, told apart by ``type``; pydantic puts the type into the location."""

_EMPTY_HINT = "give it a value or remove the key"

Said = tuple[str, "str | None"]
"""A message and a hint."""


def empty_problems(document: Document) -> Iterator[Problem]:
    """Finds keys and items without a value, which are never meant; a module's own ``config`` may have them."""
    reported = {problem.path for problem in document.problems}

    def walk(value: object, path: Path) -> Iterator[Problem]:
        if value is None and path and show_path(path) not in reported:
            yield document.problem(path, "is empty", _EMPTY_HINT)
        elif isinstance(value, dict):
            for key, item in value.items():
                if key != "config" or item is None:
                    yield from walk(item, (*path, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from walk(item, (*path, index))

    return walk(document.value, ())


def explain(error: ValidationError, document: Document) -> Iterator[Problem]:
    """Turns each of pydantic's errors into a problem.

    Args:
        error: What validating the document's value against `Spec` raised.
        document: The document.
    """
    for details in error.errors(include_url=False):
        location = tuple(details["loc"])
        path = tuple(part for part in _without_tags(location) if part != "[key]")
        key = "[key]" in location or details["type"] == "extra_forbidden"
        if details["type"].startswith("union_tag"):
            path = (*path, "type")
        if details["input"] is None and details["type"] != "missing":
            continue  # reported as empty
        if details["type"] == "too_short" and details["input"]:
            continue  # pydantic counts valid entries only, and has told what is wrong with these
        message, hint = _say(details, document, path)
        yield document.problem(path, message, hint, key=key)


def _without_tags(location: Path) -> Path:
    if len(location) > 2 and location[0] in _TAGGED:
        return (*location[:2], *location[3:])
    return location


def describe_value(value: object, text: str = "") -> str:
    """Says what a value is, for "must be …, not …".

    Args:
        value: A JSON value.
        text: How it was written.
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return text or str(value).lower()
    if isinstance(value, (int, float)):
        return f"the number {text or value}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    return "a list" if isinstance(value, (list, tuple)) else "a mapping"


def _say(details: ErrorDetails, document: Document, path: Path) -> Said:
    kind, value = details["type"], details["input"]
    given = describe_value(value, document.written(path))
    if kind == "extra_forbidden":
        return "unknown key", suggest(str(path[-1]), keys_at(Spec, details["loc"][:-1]))
    if kind in _WORDS:
        return _WORDS[kind](details, given)
    wanted = _WANTED.get(kind)
    if wanted:
        return f"must be {wanted}, not {given}", _wrong_type_hint(wanted, value, document, path)
    if kind == "spec":
        return f"{quoted(value) if isinstance(value, str) else given} {details['msg']}", details["ctx"]["hint"]
    return details["msg"], None


_WANTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "dict_type": "a mapping of keys",
    "model_type": "a mapping of keys",
    "model_attributes_type": "a mapping of keys",
    "tuple_type": "a list",
}


def _wrong_type_hint(wanted: str, value: object, document: Document, path: Path) -> str | None:
    written = document.written(path)
    if not written:
        return None
    if wanted == "text" and isinstance(value, (bool, int, float)):
        return f'put it in quotes: "{written}"'
    if (
        wanted == "true or false"
        and isinstance(value, str)
        and value.lower() in ("yes", "on", "no", "off", "y", "n", "true", "false")
    ):
        return "write true" if value.lower() in ("yes", "on", "y", "true") else "write false"
    if wanted == "a mapping of keys" and path[0] in _TAGGED and isinstance(value, str):
        return f"write {{type: {written}}}"
    if wanted == "a list" and isinstance(value, (str, int, float)):
        return f"write [{written}]"
    return None


def _missing(details: ErrorDetails, _given: str) -> Said:
    return "is required", f"add the line schema: {SCHEMA}" if details["loc"] == ("schema",) else None


def _literal(details: ErrorDetails, given: str) -> Said:
    choices = tuple(re.findall(r"'([^']*)'", details["ctx"]["expected"]))
    value = details["input"]
    if choices == (SCHEMA,):
        return f"{given} is not a format that this xpyja reads", f"write schema: {SCHEMA}"
    return not_a_choice(value, choices, given)


def _tag_invalid(details: ErrorDetails, _given: str) -> Said:
    choices = tuple(re.findall(r"'([^']*)'", details["ctx"]["expected_tags"]))
    tag = details["input"]["type"]
    return not_a_choice(tag, choices, describe_value(tag))


def not_a_choice(value: object, choices: tuple[str, ...], given: str) -> Said:
    """Says that a value is none of the allowed ones."""
    listed = ", ".join(choices)
    if not isinstance(value, str):
        return f"must be one of {listed}, not {given}", None
    near = suggest(value, choices)
    return f"{quoted(value)} is not one of {listed}", near if near and near.startswith("did") else None


def _pattern(details: ErrorDetails, _given: str) -> Said:
    pattern, value = details["ctx"]["pattern"], details["input"]
    hint = None
    if pattern == NAME_PATTERN:
        fitting = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")
        hint = f'for example "{fitting}"' if re.match(pattern, fitting) and len(fitting) <= 40 else None
    return f"{quoted(value)} {PATTERNS[pattern]}", hint


_WORDS: dict[str, Callable[[ErrorDetails, str], Said]] = {
    "missing": _missing,
    "literal_error": _literal,
    "union_tag_invalid": _tag_invalid,
    "union_tag_not_found": lambda _details, _given: ("is required", None),
    "string_pattern_mismatch": _pattern,
    "string_too_short": lambda _details, _given: ("must not be empty", None),
    "string_too_long": lambda details, _given: (f"is longer than {details['ctx']['max_length']} characters", None),
    "too_short": lambda _details, _given: ("must have at least one entry", None),
}
