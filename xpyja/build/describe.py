"""What providers offer, learned from a short process of their own (`xpyja.runtime.describe`)."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import xpyja
from xpyja.build.cache import read_cached, write_cached
from xpyja.build.errors import BuildError

TIMEOUT = 60.0

GROUP = "xpyja.providers"
"""Entry point group in which distributions name their providers."""

# Isolated mode keeps the working directory and PYTHONPATH, which belong to the user's spec, out of the search path, and
# -S what is installed for this Python: a tool will not have it either. xpyja's own folder may be full of other
# packages; once xpyja is imported, its modules are found without it.
_START = """\
import json, sys
xpyja, paths = json.loads(sys.argv[1])
sys.path.append(xpyja)
from xpyja.runtime import api, describe
sys.path[-1:] = paths
describe.main(sys.argv[2:])
"""


@dataclass(frozen=True, slots=True)
class ProviderLocation:
    """Where a provider is.

    Attributes:
        id: Its id.
        origin: ``package.module:ATTRIBUTE``.
        folder: Its package folder, or the file when the package is a single one.
        package: The package's dotted name.
        kind: ``bundled``, ``path`` for a folder of the user, or ``distribution`` for one that uv has installed.
        version: Version of the distribution it comes from, or "" for a folder of the user.
    """

    id: str
    origin: str
    folder: Path
    package: str
    kind: str = "bundled"
    version: str = ""


@dataclass(frozen=True, slots=True)
class ConfigField:
    """A key of a module's configuration.

    Attributes:
        key: Its name in the spec.
        type: One of `xpyja.runtime.api.config.FIELD_TYPES` or ``TYPE[]``.
        required: Whether the spec must give it.
        default: Its default as a JSON value, or None when required.
        choices: The values allowed, or () for any.
        help: One line.
        grant: Whether it gives power to scripts.
        flag: Name of its flag without dashes and alias, or "" for none.
        secret: Whether its value is shown to nobody.
        widen: Whether a flag or the environment may give more power than the spec.
    """

    key: str
    type: str
    required: bool
    default: Any  # a JSON value
    choices: tuple[str, ...]
    help: str
    grant: bool
    flag: str
    secret: bool
    widen: bool


@dataclass(frozen=True, slots=True)
class ModuleDescription:
    """A module of a provider.

    Attributes:
        name: Its name.
        doc: One line of help.
        requirements: Distributions it needs.
        typescript: Whether it has declarations.
        fields: The keys of its configuration, or None when it takes none.
    """

    name: str
    doc: str
    requirements: tuple[str, ...]
    typescript: bool
    fields: tuple[ConfigField, ...] | None


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """Files that a provider ships.

    Attributes:
        id: Their name in the provider.
        folder: Where they are.
        doc: One line of help.
    """

    id: str
    folder: Path
    doc: str


@dataclass(frozen=True, slots=True)
class ProviderDescription:
    """A provider and what it offers.

    Attributes:
        location: Where it is.
        doc: One line of help.
        version: Version of the distribution it came from, or "".
        modules: Its modules, in its own order.
        verb_sources: Scripts that it ships.
        help_sources: Help topics that it ships.
        capabilities: Ids of its capabilities.
        command_sets: Ids of its command sets.
    """

    location: ProviderLocation
    doc: str
    version: str
    modules: tuple[ModuleDescription, ...]
    verb_sources: tuple[SourceDescription, ...] = ()
    help_sources: tuple[SourceDescription, ...] = ()
    capabilities: tuple[str, ...] = ()
    command_sets: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Its id."""
        return self.location.id

    def module(self, name: str) -> ModuleDescription | None:
        """Finds one of its modules."""
        return next((module for module in self.modules if module.name == name), None)

    def sources(self, kind: str) -> tuple[SourceDescription, ...]:
        """Lists what a source of that kind may be taken from: help topics, scripts, or for ``assets`` both."""
        if kind == "assets":
            return (*self.verb_sources, *self.help_sources)
        return self.help_sources if kind == "help" else self.verb_sources


@dataclass(frozen=True, slots=True)
class ProviderFailure:
    """A provider that could not be described.

    Attributes:
        provider: Its id.
        type: Class of the exception, or "" when the process ended without one.
        message: Its message.
        file: The file that raised it, or "".
        line: The line, or 0.
        hint: What to do, or None.
    """

    provider: str
    type: str
    message: str
    file: str
    line: int
    hint: str | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        where = f" ({place})" if place else ""
        return ": ".join(part for part in (self.type, self.message) if part) + where


@dataclass(frozen=True, slots=True)
class Descriptions:
    """All providers that a spec could use.

    Attributes:
        providers: Those that described themselves.
        failures: Those that could not.
    """

    providers: tuple[ProviderDescription, ...]
    failures: tuple[ProviderFailure, ...] = ()

    def provider(self, provider_id: str) -> ProviderDescription | None:
        """Finds a provider by id."""
        return next((provider for provider in self.providers if provider.id == provider_id), None)

    def failure(self, provider_id: str) -> ProviderFailure | None:
        """Finds the failure of a provider."""
        return next((failure for failure in self.failures if failure.provider == provider_id), None)

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of all providers, described or not."""
        return tuple(sorted({*(p.id for p in self.providers), *(f.provider for f in self.failures)}))


def bundled_providers() -> tuple[ProviderLocation, ...]:
    """Finds the bundled providers without importing them: the entry points of the installed xpyja.

    Raises:
        BuildError: The package is not installed.
    """
    found = importlib.util.find_spec("xpyja_providers")
    if found is None or not found.submodule_search_locations:
        raise BuildError("describe", "the package xpyja_providers is missing", hint="install xpyja again")
    root = Path(found.submodule_search_locations[0]).parent
    return tuple(
        ProviderLocation(
            point.name, point.value, root.joinpath(*package.split(".")), package, version=xpyja.__version__
        )
        for point in sorted(metadata.distribution("xpyja").entry_points.select(group=GROUP))
        for package in (point.module.rpartition(".")[0],)
    )


def describe_bundled() -> Descriptions:
    """Describes the bundled providers; all of them, since errors name the modules of those not chosen too."""
    return describe_providers(bundled_providers())


def describe_providers(
    locations: Sequence[ProviderLocation],
    *,
    python: str = sys.executable,
    paths: Sequence[Path] = (),
    facts: Sequence[str] = (),
) -> Descriptions:
    """Describes providers in a process of their own.

    The result is cached by the content of the providers' folders.

    Args:
        locations: The providers.
        python: The interpreter to use.
        paths: Folders for its ``sys.path``, besides those that the providers are in.
        facts: Whatever else the result depends on, such as the distributions in these folders.

    Raises:
        BuildError: The process failed as a whole. A provider that cannot be imported is no such failure; it is in
            the result.
    """
    if not locations:
        return Descriptions(())
    digest = _digest(locations, python, paths, facts)
    name = f"describe/{digest}.json"
    cached = read_cached(name)
    if cached is not None:
        try:
            return _parse(cached, locations)
        except (ValueError, KeyError, TypeError):
            pass  # damaged: made again
    text = _run(locations, python, paths)
    try:
        descriptions = _parse(text, locations)
    except (ValueError, KeyError, TypeError):
        raise BuildError("describe", f"{python} did not describe the providers: {_excerpt(text)}") from None
    if not descriptions.failures:
        write_cached(name, text)
    return descriptions


def _run(locations: Sequence[ProviderLocation], python: str, paths: Sequence[Path]) -> str:
    roots = dict.fromkeys([*(_provider_root(location) for location in locations), *map(str, paths)])
    command = [python, "-I", "-S", "-B", "-c", _START, json.dumps([_root_of(xpyja.__file__), list(roots)])]
    command += [f"{location.id}={location.origin}" for location in locations]
    names = ", ".join(location.id for location in locations)
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
            cwd=tempfile.gettempdir(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BuildError("describe", f"importing the providers {names} took longer than {TIMEOUT:g} s") from None
    except OSError as error:
        raise BuildError("describe", f"{python} cannot be started: {error.strerror or error}") from None
    if done.returncode != 0:
        reason = _excerpt(done.stderr.decode(errors="replace")) or f"exit code {done.returncode}"
        raise BuildError("describe", f"importing the providers {names} ended the process: {reason}")
    return done.stdout.decode(errors="replace")


def _root_of(file: str | None) -> str:
    return str(Path(file or ".").resolve().parent.parent)


def _provider_root(location: ProviderLocation) -> str:
    """The folder that has to be on ``sys.path`` for the provider's package to be found."""
    return str(location.folder.resolve().parents[location.package.count(".")])


def _excerpt(text: str) -> str:
    """The last line of a text, which in a traceback is the one that says what happened."""
    lines = text.strip().splitlines()
    return lines[-1][:300] if lines else ""


def _parse(text: str, locations: Sequence[ProviderLocation]) -> Descriptions:
    document = json.loads(text)
    by_id = {location.id: location for location in locations}
    return Descriptions(
        providers=tuple(
            ProviderDescription(
                by_id[entry["id"]],
                entry["doc"],
                by_id[entry["id"]].version,
                tuple(_module(module) for module in entry["modules"]),
                tuple(_source(source) for source in entry["verb_sources"]),
                tuple(_source(source) for source in entry["help_sources"]),
                tuple(entry["capabilities"]),
                tuple(entry["command_sets"]),
            )
            for entry in document["providers"]
        ),
        failures=tuple(ProviderFailure(**entry) for entry in document["errors"]),
    )


def _module(entry: dict[str, Any]) -> ModuleDescription:
    fields = entry["fields"]
    return ModuleDescription(
        name=entry["name"],
        doc=entry["doc"],
        requirements=tuple(entry["requirements"]),
        typescript=entry["typescript"],
        fields=None if fields is None else tuple(_field(field) for field in fields),
    )


def _source(entry: dict[str, Any]) -> SourceDescription:
    return SourceDescription(entry["id"], Path(entry["folder"]), entry["doc"])


def _field(entry: dict[str, Any]) -> ConfigField:
    return ConfigField(
        key=entry["key"],
        type=entry["type"],
        required=entry["required"],
        default=entry["default"],
        choices=tuple(entry["choices"]),
        help=entry["help"],
        grant=entry["grant"],
        flag=entry["flag"],
        secret=entry["secret"],
        widen=entry["widen"],
    )


def _digest(locations: Sequence[ProviderLocation], python: str, paths: Sequence[Path], facts: Sequence[str]) -> str:
    """Identifies everything that a description depends on, the half that makes it included."""
    digest = hashlib.sha256()
    for part in (xpyja.__version__, sys.version, python, *map(str, paths), *facts):
        digest.update(part.encode() + b"\0")
    runtime = Path(xpyja.__file__).parent / "runtime"
    _add_files(digest, runtime, [runtime / "describe.py", runtime / "registry.py", *sorted(runtime.glob("api/*.py"))])
    for location in locations:
        digest.update(f"{location.id}={location.origin}\0{location.folder}\0".encode())
        _add_files(digest, location.folder, _python_files(location.folder))
    return digest.hexdigest()


def _python_files(folder: Path) -> Iterator[Path]:
    found = [folder] if folder.is_file() else folder.rglob("*.py")
    return iter(sorted(path for path in found if path.is_file()))


def _add_files(digest: hashlib._Hash, folder: Path, files: Iterator[Path] | list[Path]) -> None:
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(folder)}\0{len(content)}\0".encode() + content)
