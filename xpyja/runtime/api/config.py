"""Configuration of a module: one frozen dataclass, and what its fields say about themselves.

    @dataclass(frozen=True)
    class GreetConfig:
        greeting: str = option("hello", help="The first word", flag=True)
        roots: tuple[str, ...] = option((), help="Folders it may read", grant=True, type="path[]")

The class is the only place that names a field. The builder checks the spec's ``config`` against `describe_fields`; the
tool makes the instance with `make_config`. Import this module from the module that defines the config class, not from
the provider: it needs `dataclasses`.
"""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Mapping
from typing import Any, NamedTuple

from xpyja.runtime.errors import ConfigError, suggest

FIELD_TYPES = ("string", "int", "float", "bool", "path", "duration", "size", "map")
"""The scalar field types, and ``map`` (string keys, any JSON value); ``TYPE[]`` is a list of a scalar type."""

_PYTHON_TYPES = {"str": "string", "int": "int", "float": "float", "bool": "bool"}


class FieldDescription(NamedTuple):
    """What a config field says about itself.

    Attributes:
        name: Its name in Python; the spec writes it in camelCase.
        type: One of `FIELD_TYPES` or ``TYPE[]``.
        required: Whether the spec must give it.
        default: Its default as a JSON value, or None when required.
        choices: The values allowed, or () for any.
        help: One line.
        grant: Whether it gives power, so that no layer above the spec may widen it.
        flag: Name of its flag without dashes and alias, or "" for none.
        secret: Whether its value is shown to nobody.
        widen: Whether a flag or the environment may give more than the spec does, a grant as it is.
    """

    name: str
    type: str
    required: bool
    default: Any  # a JSON value
    choices: tuple[str, ...]
    help: str
    grant: bool
    flag: str = ""
    secret: bool = False
    widen: bool = False

    @property
    def key(self) -> str:
        """The name the spec uses."""
        return camel_case(self.name)


def option(
    default: Any = dataclasses.MISSING,
    *,
    help: str = "",  # noqa: A002 - the word every reader expects here
    type: str = "",  # noqa: A002 - likewise
    choices: tuple[str, ...] = (),
    grant: bool = False,
    flag: str | bool = False,
    secret: bool = False,
    widen: bool = False,
) -> Any:  # typed as the field it stands for, as dataclasses.field is
    """Declares a config field.

    Args:
        default: Its default; without one the spec must give the field. Immutable values only (tuples for lists).
        help: One line of help.
        type: One of `FIELD_TYPES` or ``TYPE[]``; needed where the annotation says too little (paths, sizes, …).
        choices: The values allowed; for a list, the items allowed.
        grant: Whether the field gives power to scripts: what the spec grants can be narrowed when the tool runs, and
            not widened.
        flag: Whether commands have a flag for it, or the flag's name instead of one made from the field's. Commands
            put the module's alias before it: ``--greet-NAME``.
        secret: Whether its value must never be shown. A spec cannot give it.
        widen: Whether a grant may yet be widened, by a flag or the environment, never by a config file.

    Returns:
        A dataclass field.
    """
    metadata = {
        "help": help,
        "type": type,
        "choices": choices,
        "grant": grant,
        "flag": flag,
        "secret": secret,
        "widen": widen,
    }
    return dataclasses.field(default=default, metadata=metadata, repr=not secret)


def camel_case(name: str) -> str:
    """Turns a Python name into the spec's spelling: ``max_bytes`` becomes ``maxBytes``."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def describe_fields(config: type) -> tuple[FieldDescription, ...]:
    """Describes the fields of a config class.

    Raises:
        TypeError: The class is not a frozen dataclass, a field's type is none of `FIELD_TYPES`, or what a field says
            of itself makes no sense.
    """
    if not dataclasses.is_dataclass(config) or not config.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise TypeError(f"{config.__qualname__} is not a frozen dataclass")
    hints = typing.get_type_hints(config)
    return tuple(_describe(config, field, hints[field.name]) for field in dataclasses.fields(config))


def _describe(config: type, field: dataclasses.Field[Any], hint: Any) -> FieldDescription:
    given = field.metadata
    kind = given.get("type") or _type_of(hint)
    if kind.removesuffix("[]") not in FIELD_TYPES:
        raise TypeError(f"{config.__qualname__}.{field.name}: no field type for {hint!r}")
    if given.get("widen") and not given.get("grant"):
        raise TypeError(f"{config.__qualname__}.{field.name}: widen=True is for grants")
    required = field.default is dataclasses.MISSING
    default = None if required else field.default
    return FieldDescription(
        name=field.name,
        type=kind,
        required=required,
        default=list(default) if isinstance(default, tuple) else default,
        choices=tuple(given.get("choices", ())),
        help=given.get("help", ""),
        grant=bool(given.get("grant", False)),
        flag=_flag(config, field),
        secret=bool(given.get("secret", False)),
        widen=bool(given.get("widen", False)),
    )


def _flag(config: type, field: dataclasses.Field[Any]) -> str:
    flag = field.metadata.get("flag", False)
    if isinstance(flag, bool):
        return field.name.strip("_").replace("_", "-") if flag else ""
    if not re.fullmatch("[a-z][a-z0-9]*(-[a-z0-9]+)*", flag):
        raise TypeError(f"{config.__qualname__}.{field.name}: {flag!r} is no name for a flag")
    return str(flag)


def _type_of(hint: Any) -> str:
    arguments = [argument for argument in typing.get_args(hint) if argument is not type(None)]
    origin = typing.get_origin(hint)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _type_of(arguments[0]) + "[]"
    if origin in (dict, Mapping):
        return "map"
    if arguments and len(arguments) == 1:  # X | None
        return _type_of(arguments[0])
    return _PYTHON_TYPES.get(getattr(hint, "__name__", ""), "?")


def make_config(config: type, values: Mapping[str, Any], where: str) -> Any:
    """Makes an instance of a config class from a plan's JSON values.

    The builder has checked the values; this checks again what decides about power, because a plan can be edited.

    Args:
        config: The config class.
        values: JSON values by spec key.
        where: What to call the configuration in an error, such as ``runtimes.main.modules.fs.config``.

    Raises:
        ConfigError: A key is unknown, a required one is missing, or a value has the wrong type.
    """
    fields = {field.key: field for field in describe_fields(config)}
    arguments = {}
    for key, value in values.items():
        if key not in fields:
            raise ConfigError(f"{where}.{key}", "unknown key", hint=suggest(key, tuple(fields)))
        arguments[fields[key].name] = _checked(fields[key], value, f"{where}.{key}")
    for key, field in fields.items():
        if field.required and key not in values:
            raise ConfigError(f"{where}.{key}", "is required")
    return config(**arguments)


_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "path": (str,),
    "int": (int,),
    "size": (int,),
    "float": (int, float),
    "duration": (int, float),
    "bool": (bool,),
    "map": (dict,),
}


def _checked(field: FieldDescription, value: Any, where: str) -> Any:
    if field.type.endswith("[]"):
        if not isinstance(value, (list, tuple)):
            raise ConfigError(where, f"expected a list, got {type(value).__name__}")
        scalar = field._replace(type=field.type[:-2])
        return tuple(_checked(scalar, item, f"{where}[{index}]") for index, item in enumerate(value))
    if value is None and field.default is None and not field.required:
        return None
    wrong_bool = isinstance(value, bool) and field.type != "bool"
    if wrong_bool or not isinstance(value, _JSON_TYPES[field.type]):
        raise ConfigError(where, f"expected {field.type}, got {type(value).__name__}")
    if field.choices and value not in field.choices:
        shown, near = ("the secret", None) if field.secret else (repr(value), suggest(str(value), field.choices))
        raise ConfigError(where, f"{shown} is not one of {', '.join(field.choices)}", hint=near)
    return _copy(value)


def _copy(value: Any) -> Any:
    """Copies JSON values, so that no module can change a plan that other runtimes are made from."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
