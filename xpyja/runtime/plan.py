"""The runtime plan: the JSON inside a tool, and the only thing the two halves share.

The build half writes it (`to_json`), the runtime half reads it (`from_json`), with the same classes. They are
NamedTuples because they are on the way to ``eval``, where defining a dataclass costs half a millisecond each.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from xpyja.runtime.errors import PlanError, UnknownNameError

SCHEMA = "xpyja-plan/v1"
PLAN_FILE = "plan.json"
SOURCES_FOLDER = "sources"
PROVIDERS_FOLDER = "providers"


MIN_MEMORY = 4 * 1024 * 1024
MIN_STACK = 64 * 1024


class Limits(NamedTuple):
    """Limits of a runtime profile.

    Attributes:
        memory: Bytes of JavaScript heap, or None for no limit.
        stack: Bytes of JavaScript stack.
        time: Seconds of wall time for one run, host calls included, or None for no limit.
    """

    memory: int | None = None
    stack: int = 4 * 1024 * 1024
    time: float | None = None


class ProviderEntry(NamedTuple):
    """A provider that the tool contains.

    Attributes:
        id: The id the spec uses.
        origin: ``module:ATTRIBUTE`` of the Provider value.
        version: Version of the distribution it came from.
        line: The line of the spec that names it.
    """

    id: str
    origin: str
    version: str
    line: int


class Field(NamedTuple):
    """A field of a module's configuration or of a section: what layers above the spec can set.

    Attributes:
        key: Its name in the spec and in config files.
        type: One of `xpyja.runtime.api.config.FIELD_TYPES` or ``TYPE[]``.
        required: Whether it has no default.
        default: Its default as a JSON value, or None when required.
        choices: The values allowed, or () for any.
        help: One line.
        flag: Its flag without the leading dashes, alias included, such as ``fs-data-roots``; "" for none.
        grant: Whether it gives power to scripts, so that no layer above the spec may widen it.
        secret: Whether its value is shown to nobody.
        widen: Whether a flag or the environment may widen it all the same.
        line: The line of the spec that sets it, or 0 when the spec does not.
        variable: Its environment variable, or "" for none.
    """

    key: str
    type: str
    required: bool = False
    default: Any = None  # a JSON value
    choices: tuple[str, ...] = ()
    help: str = ""
    flag: str = ""
    grant: bool = False
    secret: bool = False
    widen: bool = False
    line: int = 0
    variable: str = ""


class Section(NamedTuple):
    """A named group of fields.

    Attributes:
        name: Its name in config files and environment variables; for a module instance, the alias.
        title: What it is, for people, such as ``host.fs``.
        fields: Its fields in order.
        values: What the spec sets, as JSON values by key. Never mutated.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    values: dict[str, Any]  # JSON values


class ModuleInstance(NamedTuple):
    """One entry of a runtime profile.

    Attributes:
        provider: Provider id.
        module: Name of the module in its provider.
        alias: What scripts ``require``.
        config: The instance's configuration as JSON values, checked at build time. Never mutated.
        doc: One line of help.
        line: The line of the spec that names it.
        fields: The fields of its config class.
    """

    provider: str
    module: str
    alias: str
    config: dict[str, Any]  # JSON values, checked against the module's config class by the builder
    doc: str
    line: int
    fields: tuple[Field, ...] = ()


class Profile(NamedTuple):
    """A runtime profile.

    Attributes:
        name: Its name in the spec.
        modules: Its module instances in spec order.
        limits: What a run may use.
        isolation: ``none`` or ``process``.
        line: The line of the spec where its ``modules`` begin.
        limit_lines: The line of the spec that sets each limit; those it does not set are left out.
        sections: Groups of fields that belong to no module.
    """

    name: str
    modules: tuple[ModuleInstance, ...]
    limits: Limits
    isolation: str
    line: int
    limit_lines: dict[str, int] = {}  # noqa: RUF012 - never mutated
    sections: tuple[Section, ...] = ()


class SourceEntry(NamedTuple):
    """A source.

    Attributes:
        id: Its id in the spec.
        kind: ``jsverbs``, ``script``, ``help`` or ``assets``.
        embedded: Whether the files are inside the tool.
        root: Folder of the files: inside the tool's ``sources/`` when embedded, else relative to the working directory.
        files: Relative paths of the embedded files, sorted.
    """

    id: str
    kind: str
    embedded: bool
    root: str
    files: tuple[str, ...]


class CommandEntry(NamedTuple):
    """A command of the tool.

    Attributes:
        type: ``eval``, ``run``, …
        name: Its name on the command line.
        runtime: Runtime profile it uses by default, or "" for the tool's default.
    """

    type: str
    name: str
    runtime: str


class ConfigFiles(NamedTuple):
    """The configuration files that the tool reads.

    Attributes:
        file_name: Their name; the ending says whether they are YAML, TOML or JSON.
        layers: Where they are looked for, weakest first: ``system``, ``user``, ``project``.
    """

    file_name: str
    layers: tuple[str, ...]


class ModuleOffer(NamedTuple):
    """A module that some provider has, selected or not; what the error about a denied module is made from.

    Attributes:
        provider: Provider id.
        module: Name of the module.
        doc: One line of help.
        chosen: Whether the spec names the provider.
    """

    provider: str
    module: str
    doc: str
    chosen: bool


class BuildInfo(NamedTuple):
    """Where the tool came from.

    Attributes:
        xpyja: Version of xpyja that built it.
        spec: File name of the spec.
        spec_digest: SHA-256 of the spec's text.
        requires_python: PEP 440 range of the Pythons it runs under.
        targets: Platforms it was built for.
        embedded: ``name==version`` of each embedded distribution, sorted.
    """

    xpyja: str
    spec: str
    spec_digest: str
    requires_python: str
    targets: tuple[str, ...]
    embedded: tuple[str, ...]


class RuntimePlan(NamedTuple):
    """Everything the tool knows about itself.

    Attributes:
        name: File and command name.
        version: The tool's own version.
        description: One line.
        env_prefix: Prefix of environment variables, or "" for none.
        default_runtime: Name of the profile used when none is asked for.
        providers: In spec order.
        runtimes: In spec order.
        sources: In spec order.
        commands: In the order of ``--help``.
        offers: Every module of every known provider.
        build: Where it came from.
        config_file: The configuration files it reads, or None for none.
    """

    name: str
    version: str
    description: str
    env_prefix: str
    default_runtime: str
    providers: tuple[ProviderEntry, ...]
    runtimes: tuple[Profile, ...]
    sources: tuple[SourceEntry, ...]
    commands: tuple[CommandEntry, ...]
    offers: tuple[ModuleOffer, ...]
    build: BuildInfo
    config_file: ConfigFiles | None = None

    def profile(self, name: str) -> Profile:
        """Finds a runtime profile.

        Raises:
            UnknownNameError: There is none of that name.
        """
        for profile in self.runtimes:
            if profile.name == name:
                return profile
        raise UnknownNameError("runtime profile", name, tuple(profile.name for profile in self.runtimes))


def to_json(plan: RuntimePlan) -> str:
    """Writes a plan: indented, keys in field order, one trailing newline; the same plan gives the same text."""
    document = {"schema": SCHEMA, **_plain(plan)}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> RuntimePlan:
    """Reads what `to_json` wrote.

    Raises:
        PlanError: The text is not a runtime plan of this schema.
    """
    try:
        document = json.loads(text)
        if document["schema"] != SCHEMA:
            raise PlanError(f"the runtime plan has schema {document['schema']!r}, this runtime reads {SCHEMA!r}")
        return RuntimePlan(
            name=document["name"],
            version=document["version"],
            description=document["description"],
            env_prefix=document["env_prefix"],
            default_runtime=document["default_runtime"],
            providers=tuple(ProviderEntry(**entry) for entry in document["providers"]),
            runtimes=tuple(_profile(entry) for entry in document["runtimes"]),
            sources=tuple(SourceEntry(**{**entry, "files": tuple(entry["files"])}) for entry in document["sources"]),
            commands=tuple(CommandEntry(**entry) for entry in document["commands"]),
            offers=tuple(ModuleOffer(**entry) for entry in document["offers"]),
            build=_build(document["build"]),
            config_file=_config_files(document["config_file"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise PlanError(
            f"the runtime plan is damaged ({type(error).__name__}: {error})", hint="build or download the tool again"
        ) from error


def _profile(entry: dict[str, Any]) -> Profile:
    return Profile(
        name=entry["name"],
        modules=tuple(ModuleInstance(**{**module, "fields": _fields(module["fields"])}) for module in entry["modules"]),
        limits=Limits(**entry["limits"]),
        isolation=entry["isolation"],
        line=entry["line"],
        limit_lines=entry["limit_lines"],
        sections=tuple(Section(**{**section, "fields": _fields(section["fields"])}) for section in entry["sections"]),
    )


def _fields(entries: list[dict[str, Any]]) -> tuple[Field, ...]:
    return tuple(Field(**{**entry, "choices": tuple(entry["choices"])}) for entry in entries)


def _config_files(entry: dict[str, Any] | None) -> ConfigFiles | None:
    return None if entry is None else ConfigFiles(entry["file_name"], tuple(entry["layers"]))


def _build(entry: dict[str, Any]) -> BuildInfo:
    return BuildInfo(**{**entry, "targets": tuple(entry["targets"]), "embedded": tuple(entry["embedded"])})


def _plain(value: Any) -> Any:
    """Turns NamedTuples into dicts, tuples into lists, all the way down."""
    if isinstance(value, tuple):
        if hasattr(value, "_asdict"):
            return {key: _plain(item) for key, item in value._asdict().items()}
        return [_plain(item) for item in value]
    return value
