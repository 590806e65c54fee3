"""What layers above the spec call the fields of a module instance: flags and environment variables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from xpyja.build.describe import ConfigField, Descriptions
from xpyja.build.errors import Problem
from xpyja.build.quoting import quoted
from xpyja.build.spec.document import Path as SpecPath
from xpyja.build.spec.language import normalise_alias
from xpyja.build.spec.loader import LoadedSpec
from xpyja.build.spec.model import ModuleRef, Spec
from xpyja.runtime.plan import Field

LIMITS = "limits"
"""The section of config files and variables that is no module."""


def env_prefix(spec: Spec) -> str:
    """The prefix of the tool's environment variables: as given, else made from its name; "" for none."""
    given = spec.app.env_prefix
    return spec.name.upper().replace("-", "_") if given is None else given


def plan_fields(
    loaded: LoadedSpec, fields: tuple[ConfigField, ...], ref: ModuleRef, path: SpecPath
) -> tuple[Field, ...]:
    """Makes the plan's fields of a module instance.

    Args:
        loaded: The spec.
        fields: What the module describes.
        ref: The instance.
        path: Where its entry is.
    """
    alias = normalise_alias(ref.alias or ref.module)
    prefix = env_prefix(loaded.spec)
    return tuple(
        Field(
            key=field.key,
            type=field.type,
            required=field.required,
            default=field.default,
            choices=field.choices,
            help=field.help,
            flag=_flag(alias, field),
            grant=field.grant,
            secret=field.secret,
            widen=field.widen,
            line=loaded.position((*path, "config", field.key))[0] if field.key in (ref.config or {}) else 0,
            variable=_variable(prefix, alias, field),
        )
        for field in fields
    )


def _slug(alias: str) -> str:
    """An alias as part of a flag: ``fs:data`` becomes ``fs-data``."""
    return re.sub(r"[^a-z0-9]+", "-", alias.lower()).strip("-")


def _flag(alias: str, field: ConfigField) -> str:
    return f"{_slug(alias)}-{field.flag}" if field.flag else ""


def _variable(prefix: str, alias: str, field: ConfigField) -> str:
    key = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", field.key)
    return f"{prefix}_{_slug(alias).replace('-', '_')}_{key}".upper() if prefix else ""


class _Owner(NamedTuple):
    """What a flag or variable belongs to. The same in two profiles is no conflict."""

    alias: str
    module: str
    key: str


def name_problems(loaded: LoadedSpec, descriptions: Descriptions) -> Iterator[Problem]:
    """Finds module instances that want the same flag or environment variable."""
    prefix = env_prefix(loaded.spec)
    taken: dict[str, tuple[_Owner, int]] = {}
    for name, runtime in loaded.spec.runtimes.items():
        for index, ref in enumerate(runtime.modules):
            path: SpecPath = ("runtimes", name, "modules", index)
            provider = descriptions.provider(ref.provider)
            module = provider.module(ref.module) if provider else None
            fields = module.fields if module and module.fields else ()
            alias = normalise_alias(ref.alias or ref.module)
            if not fields:
                continue
            if _slug(alias) in ("", LIMITS):
                reason = "is what config files call the limits" if _slug(alias) else "makes no name for flags"
                yield loaded.problem((*path, "as"), f"{quoted(alias)} {reason}", "choose another name with as")
                continue
            yield from _conflicts(
                loaded, path, prefix, _Owner(alias, f"{ref.provider}.{ref.module}", ""), fields, taken
            )


def _conflicts(
    loaded: LoadedSpec,
    path: SpecPath,
    prefix: str,
    instance: _Owner,
    fields: tuple[ConfigField, ...],
    taken: dict[str, tuple[_Owner, int]],
) -> Iterator[Problem]:
    line = loaded.position(path)[0]
    for field in fields:
        owner = instance._replace(key=field.key)
        flag, variable = _flag(owner.alias, field), _variable(prefix, owner.alias, field)
        names = [f"the flag --{flag}"] if flag else []
        if flag and field.type == "bool":
            names.append(f"the flag --no-{flag}")
        if variable:
            names.append(f"the variable {variable}")
        for name in names:
            other, other_line = taken.setdefault(name, (owner, line))
            if other == owner:
                continue
            yield loaded.problem(
                path,
                f"{name} would be {_shown(owner)} and {_shown(other)} of line {other_line}",
                "give one of them another name with as",
            )
            return  # the other names clash for the same reason


def _shown(owner: _Owner) -> str:
    return f'{owner.key} of "{owner.alias}" ({owner.module})'
