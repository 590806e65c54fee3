"""All layers put together: every value, and where it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from xpyja.runtime.app.config.files import ConfigFile, printable, shown_path
from xpyja.runtime.app.config.grants import within
from xpyja.runtime.app.config.values import Invalid, from_document, from_flag, from_variable, merge
from xpyja.runtime.errors import ConfigError, UnknownNameError, suggest
from xpyja.runtime.plan import MIN_MEMORY, MIN_STACK, Field, Limits, Section

if TYPE_CHECKING:
    from xpyja.runtime.plan import Profile, RuntimePlan

LAYERS = ("default", "spec", "system", "user", "project", "config", "environment", "flag")
"""Low to high. ``config`` are the files that ``--config`` names."""

LIMITS = "limits"
"""Name of the section that every profile has."""

Flags = Mapping[tuple[str, str], "str | bool | Sequence[str]"]
"""What was given on the command line, by section and key; flags that were not given are left out."""


class Origin(NamedTuple):
    """Where a value came from.

    Attributes:
        layer: One of `LAYERS`, or ``none`` for a value that no layer gives.
        file: The spec's name, or the path of a config file.
        line: The line in that file, or 0 when it is not known.
        name: Name of the environment variable or flag.
    """

    layer: str
    file: str = ""
    line: int = 0
    name: str = ""

    @property
    def place(self) -> str:
        """The origin as a reader wants it: ``notes.yaml:3``, ``NOTES_FS_ROOTS``, ``--fs-roots``, or ""."""
        if not self.file:
            return self.name
        return shown_path(self.file) + (f":{self.line}" if self.line else "")


class Setting(NamedTuple):
    """What one layer says about a field.

    Attributes:
        value: The value, of a map the layer's own part of it.
        origin: Where it says so.
    """

    value: Any  # a JSON value
    origin: Origin


class Value(NamedTuple):
    """The outcome for one field.

    Attributes:
        section: Name of its section.
        field: The field.
        value: What counts.
        chain: What each layer says, low to high; empty when none says anything.
    """

    section: str
    field: Field
    value: Any  # a JSON value
    chain: tuple[Setting, ...]

    @property
    def key(self) -> str:
        """The whole key, such as ``fs:data.roots``."""
        return f"{self.section}.{self.field.key}"

    @property
    def origin(self) -> Origin:
        """Where what counts came from; for a map, the highest layer that has a part in it."""
        return self.chain[-1].origin if self.chain else Origin("none")

    @property
    def given(self) -> bool:
        """Whether any layer but the code's default gives it."""
        return bool(self.chain) and self.chain[-1].origin.layer != "default"


class Resolved:
    """The values of one profile.

    Attributes:
        profile: The profile with these values in place of the spec's. The plan's own is left as it is.
        values: Every value, in the order of the profile, the limits last.
    """

    __slots__ = ("_by_key", "profile", "values")

    def __init__(self, profile: Profile, values: tuple[Value, ...]) -> None:
        self.values = values
        self._by_key = {value.key: value for value in values}
        self.profile = profile._replace(
            modules=tuple(module._replace(config=self.section(module.alias)) for module in profile.modules),
            sections=tuple(section._replace(values=self.section(section.name)) for section in profile.sections),
            limits=Limits(**{field.key: self._by_key[f"{LIMITS}.{field.key}"].value for field in _LIMIT_FIELDS}),
        )

    def section(self, name: str) -> dict[str, Any]:
        """The values of one section, those that nobody gives left out; a new dict each time."""
        return {value.field.key: value.value for value in self.values if value.section == name and value.given}

    def value(self, key: str) -> Value:
        """Finds a value by its whole key.

        Raises:
            UnknownNameError: There is none.
        """
        found = self._by_key.get(key)
        if found is None:
            raise UnknownNameError("key", key, tuple(self._by_key))
        return found


_LIMIT_FIELDS = (
    Field("memory", "size", help="JavaScript heap", grant=True),
    Field("stack", "size", help="JavaScript stack", grant=True, default=Limits().stack),
    Field("time", "duration", help="Wall time of one run", grant=True),
)


def sections_of(plan: RuntimePlan, profile: Profile) -> tuple[Section, ...]:
    """The sections of a profile: its module instances, those that belong to no module, the limits."""
    variable = f"{plan.env_prefix}_LIMITS_" if plan.env_prefix else ""
    limits = Section(
        LIMITS,
        "Limits of one run",
        tuple(
            field._replace(
                line=profile.limit_lines.get(field.key, 0), variable=variable and variable + field.key.upper()
            )
            for field in _LIMIT_FIELDS
        ),
        {
            key: value
            for key, value in profile.limits._asdict().items()
            if key in profile.limit_lines or value != Limits._field_defaults[key]
        },
    )
    modules = (
        Section(module.alias, f"{module.provider}.{module.module}", module.fields, module.config)
        for module in profile.modules
    )
    return (*modules, *profile.sections, limits)


def resolve(
    plan: RuntimePlan, profile: Profile, flags: Flags, environment: Mapping[str, str], files: Sequence[ConfigFile]
) -> Resolved:
    """Puts the layers of one profile together.

    Args:
        plan: The tool's plan.
        profile: One of its profiles.
        flags: What the command line gives.
        environment: Environment variables.
        files: Config files, weakest first.

    Raises:
        ConfigError: A layer gives an unknown key, a value of the wrong type, or more power than the spec grants. It
            names the layer, the place and the key.
    """
    sections = sections_of(plan, profile)
    _refuse_strange_flags(plan, profile, sections, flags)
    for file in files:
        _refuse_strange_keys(plan, sections, file)
    return Resolved(
        profile,
        tuple(
            _value(plan, section, field, list(_layers(plan, section, field, flags, environment, files)))
            for section in sections
            for field in section.fields
        ),
    )


class _Layer(NamedTuple):
    """What a layer above the spec says, not yet checked."""

    origin: Origin
    read: Callable[[], Any]  # raises Invalid
    file: ConfigFile | None = None


def _layers(
    plan: RuntimePlan,
    section: Section,
    field: Field,
    flags: Flags,
    environment: Mapping[str, str],
    files: Sequence[ConfigFile],
) -> Iterator[_Layer]:
    for file in files:
        given = file.values.get(section.name) or {}
        if field.key in given:
            origin = Origin(file.layer, file.path, file.line((section.name, field.key)))
            yield _Layer(origin, partial(from_document, field, given[field.key]), file)
    if field.variable in environment:
        text = environment[field.variable]
        yield _Layer(Origin("environment", name=field.variable), partial(from_variable, field, text))
    flag = flags.get((section.name, field.key))
    if flag is not None:
        yield _Layer(Origin("flag", name=_flag_name(section.name, field)), partial(from_flag, field, flag))


def _value(plan: RuntimePlan, section: Section, field: Field, layers: list[_Layer]) -> Value:
    chain = [] if field.required else [Setting(field.default, Origin("default"))]
    if field.key in section.values:
        chain.append(Setting(section.values[field.key], Origin("spec", plan.build.spec, field.line)))
    value = granted = chain[-1].value if chain else None
    for origin, read, file in layers:
        key = f"{section.name}.{field.key}"
        try:
            given = read()
            outcome = merge(value, given)
            _check_limit(section, field, outcome)
        except Invalid as error:
            line = file.line((section.name, field.key, *error.path)) if file else 0
            raise ConfigError(
                key + "".join(f"[{index}]" for index in error.path),
                error.reason,
                hint=error.hint,
                layer=origin.layer,
                place=origin._replace(line=line).place,
            ) from None
        widens = field.widen and origin.layer in ("environment", "flag")
        if field.grant and not widens and not within(field, granted, outcome):
            raise _exceeds(plan, field, key, granted, outcome, origin)
        value = outcome
        chain.append(Setting(given, origin))
    return Value(section.name, field, value, tuple(chain))


def _check_limit(section: Section, field: Field, value: Any) -> None:
    if section.name != LIMITS or value is None:
        return
    if field.key == "time" and value <= 0:
        raise Invalid("must be more than zero")
    if field.key == "memory" and value < MIN_MEMORY:
        raise Invalid("must be at least 4MiB")
    if field.key == "stack" and value < MIN_STACK:
        raise Invalid("must be at least 64KiB")


def _exceeds(plan: RuntimePlan, field: Field, key: str, granted: Any, value: Any, origin: Origin) -> ConfigError:
    from xpyja.runtime.app.config.show import shown

    line = f", line {field.line}" if field.line else ""
    return ConfigError(
        key,
        f"{shown(field, value)} is more than the spec grants: {shown(field, granted)}",
        hint=f"a grant can be narrowed here, not widened; {plan.build.spec}{line} is what widens it",
        layer=origin.layer,
        place=origin.place,
    )


def _refuse_strange_keys(plan: RuntimePlan, sections: Sequence[Section], file: ConfigFile) -> None:
    """Refuses what no profile has. What only other profiles have is theirs."""
    by_name = {section.name: section for section in sections}
    elsewhere = {section.name for profile in plan.runtimes for section in sections_of(plan, profile)}

    def error(path: tuple[str, ...], reason: str, hint: str | None) -> ConfigError:
        place = Origin(file.layer, file.path, file.line(path)).place
        return ConfigError(printable(".".join(path)), reason, hint=hint, layer=file.layer, place=place)

    for name, given in file.values.items():
        if name not in by_name:
            if name not in elsewhere:
                raise error((name,), "unknown key", suggest(name, tuple(sorted({*by_name, *elsewhere}))))
            continue
        if given is not None and not isinstance(given, dict):
            raise error((name,), "must be a mapping of keys", None)
        known = tuple(field.key for field in by_name[name].fields)
        for key in given or ():
            if key not in known:
                raise error((name, key), "unknown key", suggest(key, known))


def _refuse_strange_flags(plan: RuntimePlan, profile: Profile, sections: Sequence[Section], flags: Flags) -> None:
    """Refuses flags of what the profile lacks; a command has the flags of all profiles."""
    here = {(section.name, field.key) for section in sections for field in section.fields}
    for name, key in flags:
        if (name, key) in here:
            continue
        has = [
            (other.name, field)
            for other in plan.runtimes
            for section in sections_of(plan, other)
            for field in section.fields
            if (section.name, field.key) == (name, key)
        ]
        raise ConfigError(
            f"{name}.{key}",
            f'"{name}" is not in runtime profile "{profile.name}"',
            hint=f"use --runtime {has[0][0]}, which has it" if has else None,
            layer="flag",
            place=_flag_name(name, has[0][1]) if has else f"{name}.{key}",
        )


def _flag_name(section: str, field: Field) -> str:
    return f"--limit {field.key}" if section == LIMITS else f"--{field.flag}"
