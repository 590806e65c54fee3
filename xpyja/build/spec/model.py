"""The spec as pydantic models: shape, types, defaults and the meaning of every key.

What needs more than one key, other files or the providers is checked in `xpyja.build.check`. The field descriptions
and examples here are the source of the JSON Schema and of ``docs/reference/spec.md``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from xpyja.runtime import plan
from xpyja.runtime.api.config import camel_case
from xpyja.runtime.api.measures import DURATION_HINT, SIZE_HINT, parse_duration, parse_size

SCHEMA = "xpyja/v1"

NAME_PATTERN = r"^[a-z][a-z0-9-]*$"
ENV_PREFIX_PATTERN = r"^([A-Z][A-Z0-9_]*)?$"
LINE_PATTERN = r"^[^\r\n]*$"
SIZE_PATTERN = r"^[0-9]+(\.[0-9]+)?(B|KiB|MiB|GiB)$"
DURATION_PATTERN = r"^[0-9]+(\.[0-9]+)?(ms|s|m|h)$"

PATTERNS = {
    NAME_PATTERN: "must be lower-case letters, digits and dashes, a letter first",
    ENV_PREFIX_PATTERN: "must be upper-case letters, digits and underscores, a letter first, or empty",
    LINE_PATTERN: "must be a single line",
}
"""What each pattern asks for, in words."""

_DEFAULT_STACK = plan.Limits().stack


def _size(value: object) -> int:
    try:
        return parse_size(value)
    except ValueError:
        raise PydanticCustomError("spec", "is not a size", {"hint": SIZE_HINT}) from None


def _duration(value: object) -> float:
    try:
        return parse_duration(value)
    except ValueError:
        raise PydanticCustomError("spec", "is not a duration", {"hint": DURATION_HINT}) from None


def _long_form(value: object) -> object:
    """Spells out ``provider.module``. A text without a dot gets an empty provider, which the check explains."""
    if not isinstance(value, str):
        return value
    provider, dot, module = value.partition(".")
    return {"provider": provider, "module": module} if dot and provider else {"provider": "", "module": value}


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=64)]
Line = Annotated[str, StringConstraints(pattern=LINE_PATTERN, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(min_length=1)]
Size = Annotated[
    int,
    BeforeValidator(_size),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": SIZE_PATTERN}]}),
]
Duration = Annotated[float, BeforeValidator(_duration), WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN})]


class _Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=camel_case, allow_inf_nan=False, protected_namespaces=()
    )


class ConfigFile(_Model):
    """Configuration files that the built tool reads."""

    file_name: Text = Field(
        description="Name of the file; its ending chooses YAML, TOML or JSON.", examples=["notes.yaml"]
    )
    layers: tuple[Literal["system", "user", "project"], ...] = Field(
        default=("system", "user", "project"),
        description="Where it is looked for, the weakest first. `system`: for all users; `user`: the user's own; "
        "`project`: the working directory, else the nearest folder above it that has one.",
    )


class App(_Model):
    """The tool as a program."""

    env_prefix: Annotated[str, StringConstraints(pattern=ENV_PREFIX_PATTERN)] | None = Field(
        default=None,
        description='Prefix of the environment variables the tool reads; "" for none. Default: made from `name`.',
        examples=["NOTES"],
    )
    config_file: ConfigFile | None = Field(
        default=None, description="Configuration files the tool reads. Default: none."
    )
    default_runtime: Name | None = Field(
        default=None,
        description="Runtime profile used when a command names none. Default: the first.",
        examples=["main"],
    )


class Python(_Model):
    """Python on the machines where the tool will run."""

    requires: Text = Field(
        default=">=3.10", description="Range of Python versions the tool accepts.", examples=[">=3.11"]
    )
    requirements: tuple[Text, ...] = Field(
        default=(), description="Distributions to embed, besides those that modules ask for.", examples=[["tabulate"]]
    )
    targets: tuple[Text, ...] = Field(
        default=(), description="Platforms to build for. Default: this machine's.", examples=[["linux-x86_64"]]
    )


class ProviderRef(_Model):
    """A provider the spec may use modules of. Bundled ones need their `id` only."""

    id: Name = Field(description="Name the rest of the spec uses.", examples=["core"])
    import_: Text | None = Field(
        default=None,
        alias="import",
        description="Module and attribute of a provider of one's own. Default: the entry point named like `id`, of the "
        "group `xpyja.providers`, of a distribution that the spec requires.",
        examples=["acme_xpyja.provider:PROVIDER"],
    )
    path: Text | None = Field(
        default=None, description="Folder that its package is in, relative to the spec's folder.", examples=["./acme"]
    )
    requirement: Text | None = Field(
        default=None, description="Distribution that brings it, from the package index.", examples=["acme-xpyja==1.2"]
    )


class ModuleRef(_Model):
    """A module of a runtime profile. The text `provider.module` is short for the two keys."""

    provider: str = Field(description="Id of its provider.", examples=["host"])
    module: Text = Field(description="Its name in the provider.", examples=["fs"])
    alias: Text | None = Field(
        default=None, alias="as", description="What scripts pass to `require`. Default: its name.", examples=["fs:data"]
    )
    config: dict[str, Any] | None = Field(  # JSON values; the module's own config class decides
        None, description="Its configuration. Each module documents its own keys.", examples=[{"allow": ["read"]}]
    )


class Limits(_Model):
    """What one run may use."""

    memory: Size | None = Field(
        default=None, description="JavaScript heap, at least 4MiB. Default: no limit.", examples=["64MiB"]
    )
    stack: Size = Field(
        default=_DEFAULT_STACK,
        description=f"JavaScript stack, 64KiB to 8MiB. Default: {_DEFAULT_STACK // 1024**2}MiB.",
        examples=["512KiB"],
    )
    time: Duration | None = Field(
        default=None, description="Wall time, calls into Python included. Default: no limit.", examples=["30s"]
    )


class Runtime(_Model):
    """A runtime profile: which modules scripts get, and how much they may use."""

    modules: tuple[Annotated[ModuleRef, BeforeValidator(_long_form, json_schema_input_type=str | ModuleRef)], ...] = (
        Field(
            default=(),
            description="Its modules, or `provider.module` for short. Nothing else can be required.",
            examples=[["core.path", "core.events"]],
        )
    )
    limits: Limits = Field(
        default=Limits(), description="Limits of one run.", examples=[{"memory": "64MiB", "time": "30s"}]
    )
    isolation: Literal["none", "process"] = Field(
        default="none", description="`process` runs the scripts in a child process, for code one does not trust."
    )


class SourceFrom(_Model):
    """Where the files of a source are: `dir`, or `provider` and `source`."""

    dir: Text | None = Field(default=None, description="Folder, relative to the spec's folder.", examples=["./scripts"])
    provider: Name | None = Field(
        default=None, description="Id of the provider that ships the files.", examples=["acme"]
    )
    source: Text | None = Field(
        default=None,
        description="Id of the source in that provider: of scripts, for kind `assets` also of help topics.",
        examples=["tips"],
    )


class Source(_Model):
    """A named set of files."""

    id: Name = Field(description="Name the rest of the spec uses.", examples=["scripts"])
    kind: Literal["jsverbs", "script", "help", "assets"] = Field(
        description="`script`: files for `run` and `require`; `assets`: files that modules may read; "
        "`jsverbs`: functions that become commands; `help`: Markdown topics."
    )
    from_: SourceFrom = Field(alias="from", description="Where the files are.", examples=[{"dir": "./scripts"}])
    embed: StrictBool = Field(default=True, description="Whether the files go into the tool, or are read when it runs.")


_TYPE = "Kind of command."
_RUNTIME = "Runtime profile it uses. Default: `app.defaultRuntime`."
_NAME = "Its name on the command line. Default: its type."


class EvalCommand(_Model):
    """Evaluates a text."""

    type: Literal["eval"] = Field(description=_TYPE)
    name: Name | None = Field(default=None, description=_NAME)
    runtime: Name | None = Field(default=None, description=_RUNTIME, examples=["main"])


class RunCommand(_Model):
    """Runs a file."""

    type: Literal["run"] = Field(description=_TYPE)
    name: Name | None = Field(default=None, description=_NAME)
    runtime: Name | None = Field(default=None, description=_RUNTIME, examples=["main"])


class ReplCommand(_Model):
    """Reads, evaluates and prints in a loop."""

    type: Literal["repl"] = Field(description=_TYPE)
    name: Name | None = Field(default=None, description=_NAME)
    runtime: Name | None = Field(default=None, description=_RUNTIME, examples=["main"])


class VerbsCommand(_Model):
    """Mounts JavaScript functions as commands."""

    type: Literal["verbs"] = Field(description=_TYPE)
    runtime: Name | None = Field(default=None, description=_RUNTIME, examples=["main"])
    mount: Text = Field(default="verbs", description="Name of the group of commands; `.` for the top level.")
    sources: tuple[Name, ...] = Field(
        default=(), description="Sources of the functions. Default: all of kind `jsverbs`."
    )


class ProviderCommand(_Model):
    """Adds commands of a provider."""

    type: Literal["provider"] = Field(description=_TYPE)
    runtime: Name | None = Field(default=None, description=_RUNTIME, examples=["main"])
    provider: Name = Field(description="Id of the provider.", examples=["http"])
    set: Text = Field(description="Name of its command set.", examples=["serve"])
    sources: tuple[Name, ...] = Field(default=(), description="Sources the commands get.")
    config: dict[str, Any] | None = Field(  # JSON values; the command set's config class decides
        None, description="Configuration of the command set."
    )


Command = Annotated[
    EvalCommand | RunCommand | ReplCommand | VerbsCommand | ProviderCommand, Field(discriminator="type")
]


class ZipappArtifact(_Model):
    """One executable file."""

    type: Literal["zipapp"] = Field(description="Kind of artifact.")
    output: Text | None = Field(
        default=None,
        description="Path, relative to the spec's folder. Default: `dist/NAME.pyz`.",
        examples=["dist/notes.pyz"],
    )


class DtsArtifact(_Model):
    """TypeScript declarations of the modules."""

    type: Literal["dts"] = Field(description="Kind of artifact.")
    output: Text = Field(description="Path, relative to the spec's folder.", examples=["types/notes.d.ts"])


class PackageArtifact(_Model):
    """An importable Python package with the same runtimes, for programs that have xpyja installed."""

    type: Literal["package"] = Field(description="Kind of artifact.")
    output: Text = Field(description="Folder, relative to the spec's folder.", examples=["build/notes_runtime"])


ArtifactRef = Annotated[ZipappArtifact | DtsArtifact | PackageArtifact, Field(discriminator="type")]


class Spec(_Model):
    """A whole spec."""

    schema_: Literal["xpyja/v1"] = Field(alias="schema", description="Version of this format.")
    name: Name = Field(description="Name of the tool: of its file and of its command.", examples=["notes"])
    version: Line = Field(default="0.0.0", description="Version of the tool.", examples=["0.3.0"])
    description: Line = Field(
        default="", description="One line for `--help`.", examples=["Notes with a scripting language"]
    )
    app: App = Field(default=App(), description="How the tool presents itself.", examples=[{"envPrefix": "NOTES"}])
    python: Python = Field(
        default=Python(), description="Python where the tool will run.", examples=[{"requires": ">=3.11"}]
    )
    providers: tuple[ProviderRef, ...] = Field(default=(), description="Providers to use.", examples=[[{"id": "core"}]])
    runtimes: dict[Name, Runtime] = Field(
        min_length=1, description="Runtime profiles by name.", examples=[{"main": {"modules": ["core.path"]}}]
    )
    sources: tuple[Source, ...] = Field(
        default=(),
        description="Files the tool works with.",
        examples=[[{"id": "scripts", "kind": "script", "from": {"dir": "./scripts"}}]],
    )
    commands: tuple[Command, ...] = Field(
        default=(EvalCommand(type="eval"), RunCommand(type="run")),
        min_length=1,
        description="Commands, in the order of `--help`. Default: `eval` and `run`.",
        examples=[[{"type": "run", "runtime": "main"}]],
    )
    artifacts: tuple[ArtifactRef, ...] = Field(
        default=(ZipappArtifact(type="zipapp"),),
        min_length=1,
        description="What to build. Default: a zipapp.",
        examples=[[{"type": "zipapp", "output": "dist/notes.pyz"}]],
    )
