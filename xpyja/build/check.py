"""What a spec must satisfy beyond its shape: names that exist, values that fit together, files that are there."""

from __future__ import annotations

import keyword
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from xpyja.build.describe import GROUP, Descriptions, ModuleDescription, ProviderDescription
from xpyja.build.errors import Problem
from xpyja.build.fields import name_problems
from xpyja.build.lock import FORMAT_REQUIREMENTS
from xpyja.build.plan import artifact_output
from xpyja.build.quoting import quoted
from xpyja.build.resolve import form_problems
from xpyja.build.sources import list_files
from xpyja.build.spec.config import convert_config
from xpyja.build.spec.document import Path as SpecPath
from xpyja.build.spec.language import built_in, normalise_alias
from xpyja.build.spec.loader import LoadedSpec, spec_error
from xpyja.build.spec.model import (
    Limits,
    ModuleRef,
    PackageArtifact,
    ProviderRef,
    Source,
    VerbsCommand,
    ZipappArtifact,
)
from xpyja.build.spec.unsupported import unsupported_problems
from xpyja.build.targets import TARGETS, WINDOWS
from xpyja.runtime.errors import suggest
from xpyja.runtime.plan import MIN_MEMORY, MIN_STACK

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

RESERVED_COMMANDS = frozenset({"completion", "config", "help", "modules", "runtimes", "self", "version"})
"""Commands that every tool has, or will have."""

MAX_MEMORY = 1024**4
MAX_STACK = 8 * 1024**2
MAX_SECONDS = 365 * 24 * 3600.0

Problems = Iterator[Problem]


def check_spec(loaded: LoadedSpec, descriptions: Descriptions) -> None:
    """Checks a spec against the providers, the files it names and this version of xpyja.

    Raises:
        SpecError: Something is wrong. It holds all problems, in document order.
    """
    problems = [
        *unsupported_problems(loaded.document),
        *_identity(loaded),
        *_python(loaded),
        *provider_problems(loaded, descriptions),
        *_runtimes(loaded, descriptions),
        *name_problems(loaded, descriptions),
        *_sources(loaded, descriptions),
        *_commands(loaded),
        *_artifacts(loaded),
    ]
    if problems:
        raise spec_error(problems)


def _identity(loaded: LoadedSpec) -> Problems:
    from packaging.version import Version

    spec = loaded.spec
    try:
        Version(spec.version)
    except ValueError:
        yield loaded.problem(
            ("version",), f"{quoted(spec.version)} is not a version", "write it like 1.2.0 or 1.2.0rc1"
        )
    default = spec.app.default_runtime
    if default is not None and default not in spec.runtimes:
        yield _unknown(loaded, ("app", "defaultRuntime"), "runtime", default, spec.runtimes)
    config_file = spec.app.config_file
    if config_file is not None:
        name, where = config_file.file_name, ("app", "configFile", "fileName")
        if Path(name).name != name or not name.isprintable():
            yield loaded.problem(where, f"{quoted(name)} is not the name of a file", "leave out the folder")
        elif Path(name).suffix not in FORMAT_REQUIREMENTS:
            hint = f"write {Path(name).stem}.yaml, .toml or .json"
            yield loaded.problem(where, f"{quoted(name)} does not say which format it has", hint)


def _python(loaded: LoadedSpec) -> Problems:
    from packaging.specifiers import SpecifierSet

    python = loaded.spec.python
    where: SpecPath = ("python", "requires")
    try:
        accepted = SpecifierSet(python.requires)
    except ValueError:
        yield loaded.problem(
            where, f"{quoted(python.requires)} is not a range of Python versions", 'write it like ">=3.10"'
        )
    else:
        too_old = next((f"3.{minor}" for minor in range(10) if _accepts(accepted, minor)), None)
        if too_old:
            hint = f'write ">=3.10,{python.requires}"' if ">" not in python.requires else 'write ">=3.10"'
            yield loaded.problem(where, f"accepts Python {too_old}, but tools need 3.10 or later", hint)
        elif not any(_accepts(accepted, minor) for minor in range(10, 40)):
            yield loaded.problem(
                where, f"{quoted(python.requires)} accepts no version of Python", 'write it like ">=3.10"'
            )
    yield from _requirements_wrong(loaded)
    for index, target in enumerate(python.targets):
        yield from _target(loaded, target, ("python", "targets", index), python.targets[:index])


def _requirements_wrong(loaded: LoadedSpec) -> Problems:
    from packaging.requirements import InvalidRequirement, Requirement

    for index, text in enumerate(loaded.spec.python.requirements):
        try:
            Requirement(text)
        except InvalidRequirement:
            yield loaded.problem(
                ("python", "requirements", index), f"{quoted(text)} is not a requirement", "write it like tabulate>=0.9"
            )


def _accepts(accepted: SpecifierSet, minor: int) -> bool:
    return any(accepted.contains(f"3.{minor}.{patch}") for patch in range(40))


def _target(loaded: LoadedSpec, target: str, path: SpecPath, before: tuple[str, ...]) -> Problems:
    if target.startswith("win"):
        yield loaded.problem(path, WINDOWS)
    elif target not in TARGETS:
        yield _unknown(loaded, path, "target", target, TARGETS)
    elif target in before:
        yield loaded.problem(path, f"{target} is given twice")


def provider_problems(loaded: LoadedSpec, descriptions: Descriptions) -> Problems:
    """Finds what is wrong with the providers of a spec."""
    seen: dict[str, int] = {}
    for index, ref in enumerate(loaded.spec.providers):
        path: SpecPath = ("providers", index)
        if ref.id in seen:
            message = f'"{ref.id}" is given twice, first as providers[{seen[ref.id]}]'
            yield loaded.problem((*path, "id"), message)
            continue
        seen[ref.id] = index
        form = list(form_problems(loaded, ref))
        yield from form
        provider, failure = descriptions.provider(ref.id), descriptions.failure(ref.id)
        given = "import" if ref.import_ else "requirement" if ref.requirement else "id"
        if failure is not None:
            hint = _MISSING_HINT if failure.type == "ModuleNotFoundError" else failure.hint
            yield loaded.problem((*path, given), f"the provider cannot be used: {failure}", hint)
        elif provider is not None:
            yield from _module_requirements(loaded, provider, (*path, given))
        elif not form and not any(_python(loaded)):
            yield _not_found(loaded, descriptions, ref, (*path, given))


_MISSING_HINT = "name what it needs in python.requirements, or import it where a module needs it, not in the provider"


def _not_found(loaded: LoadedSpec, descriptions: Descriptions, ref: ProviderRef, path: SpecPath) -> Problem:
    if ref.requirement is not None:
        message = f'{quoted(ref.requirement)} brings no entry point "{ref.id}" of the group {GROUP}'
        return loaded.problem(path, message, "add import: package.module:PROVIDER")
    if ref.import_ is not None:
        return loaded.problem(path, "does not say where the package is", "add path or requirement")
    return _unknown(loaded, path, "provider", ref.id, descriptions.ids)


def _module_requirements(loaded: LoadedSpec, provider: ProviderDescription, path: SpecPath) -> Problems:
    from packaging.requirements import InvalidRequirement, Requirement

    for module in provider.modules:
        for text in module.requirements:
            try:
                Requirement(text)
            except InvalidRequirement:
                message = f'its module "{module.name}" asks for {quoted(text)}, which is not a requirement'
                yield loaded.problem(path, message, f"change requirements of that module in {provider.location.origin}")


def _runtimes(loaded: LoadedSpec, descriptions: Descriptions) -> Problems:
    for name, runtime in loaded.spec.runtimes.items():
        path: SpecPath = ("runtimes", name)
        yield from _limits(loaded, runtime.limits, (*path, "limits"))
        aliases: dict[str, int] = {}
        for index, module in enumerate(runtime.modules):
            where = (*path, "modules", index)
            yield from _module(loaded, descriptions, module, where)
            alias = normalise_alias(module.alias or module.module)
            if not alias or alias.startswith((".", "/")) or any(character.isspace() for character in alias):
                if module.alias is not None:
                    yield loaded.problem(
                        (*where, "as"),
                        f"{quoted(module.alias)} cannot be required",
                        "write a name that is no path and has no spaces",
                    )
            elif alias in aliases:
                yield loaded.problem(
                    (*where, "as"),
                    f'"{alias}" is already the name of modules[{aliases[alias]}] of this runtime',
                    "give one of them another name with as",
                )
            else:
                aliases[alias] = index


def _limits(loaded: LoadedSpec, limits: Limits, path: SpecPath) -> Problems:
    if limits.memory is not None and not MIN_MEMORY <= limits.memory <= MAX_MEMORY:
        yield loaded.problem((*path, "memory"), "must be between 4MiB and 1024GiB")
    if not MIN_STACK <= limits.stack <= MAX_STACK:
        yield loaded.problem((*path, "stack"), "must be between 64KiB and 8MiB")
    if limits.time is not None and not 0 < limits.time <= MAX_SECONDS:
        yield loaded.problem((*path, "time"), "must be more than zero and at most 8760h")


def _module(loaded: LoadedSpec, descriptions: Descriptions, ref: ModuleRef, path: SpecPath) -> Problems:
    if not ref.provider:
        yield _without_provider(loaded, descriptions, ref, path)
        return
    listed = next((provider for provider in loaded.spec.providers if provider.id == ref.provider), None)
    provider = descriptions.provider(ref.provider)
    explanation = built_in(ref.module)
    if provider is None or listed is None:
        if explanation and provider is None and listed is None:
            yield loaded.problem((*path, "module"), explanation, "remove it from the list")
        elif listed is None and ref.provider in descriptions.ids:
            yield loaded.problem(
                (*path, "provider"),
                f'the provider "{ref.provider}" is not listed under providers',
                f"add - id: {ref.provider} there",
            )
        elif listed is None:
            yield _unknown(
                loaded,
                (*path, "provider"),
                "provider",
                ref.provider,
                [provider.id for provider in loaded.spec.providers],
            )
        return  # else the provider's own entry has a problem
    module = provider.module(ref.module)
    if module is not None:
        yield from _config(loaded, module, ref, path)
    elif explanation:
        yield loaded.problem((*path, "module"), explanation, "remove it from the list")
    else:
        names = tuple(module.name for module in provider.modules)
        message = f'the provider "{provider.id}" has no module {quoted(ref.module)}'
        yield loaded.problem((*path, "module"), message, suggest(ref.module, names))


def _without_provider(loaded: LoadedSpec, descriptions: Descriptions, ref: ModuleRef, path: SpecPath) -> Problem:
    owners = [provider.id for provider in descriptions.providers if provider.module(ref.module)]
    if owners:
        return loaded.problem(
            path, f"{quoted(ref.module)} does not say which provider it is from", f"write {owners[0]}.{ref.module}"
        )
    explanation = built_in(ref.module)
    if explanation:
        return loaded.problem(path, explanation, "remove it from the list")
    known = tuple(f"{provider.id}.{module.name}" for provider in descriptions.providers for module in provider.modules)
    by_name = {name.partition(".")[2]: name for name in known}
    near = suggest(ref.module, tuple(by_name)) or ""
    guess = near.removeprefix('did you mean "').removesuffix('"?')
    hint = f'did you mean "{by_name[guess]}"?' if guess in by_name else "write it as provider.module"
    return loaded.problem(path, f"there is no module {quoted(ref.module)}", hint)


def _config(loaded: LoadedSpec, module: ModuleDescription, ref: ModuleRef, path: SpecPath) -> Problems:
    where = (*path, "config")
    if module.fields is None:
        if ref.config is not None:
            yield loaded.problem(where, f'the module "{module.name}" takes no configuration', "remove config", key=True)
        return
    yield from convert_config(module.fields, ref.config or {}, loaded, where)[1]


def _sources(loaded: LoadedSpec, descriptions: Descriptions) -> Problems:
    seen: dict[str, int] = {}
    outputs = [artifact_output(loaded, artifact.output) for artifact in loaded.spec.artifacts]
    for index, source in enumerate(loaded.spec.sources):
        path: SpecPath = ("sources", index)
        if source.id in seen:
            yield loaded.problem((*path, "id"), f'"{source.id}" is given twice, first as sources[{seen[source.id]}]')
        seen.setdefault(source.id, index)
        from_ = source.from_
        if from_.dir is not None and (from_.provider is not None or from_.source is not None):
            yield loaded.problem(
                (*path, "from"), "gives both a folder and a provider", "keep dir, or provider and source"
            )
        elif from_.dir is not None:
            yield from _source_folder(loaded, source, from_.dir, (*path, "from", "dir"), outputs)
        elif from_.provider is None or from_.source is None:
            yield loaded.problem(
                (*path, "from"), "does not say where the files are", "give dir, or provider and source"
            )
        else:
            yield from _provider_source(loaded, descriptions, source, (*path, "from"))


def _source_folder(loaded: LoadedSpec, source: Source, given: str, path: SpecPath, outputs: list[Path]) -> Problems:
    folder = loaded.folder / given
    if not source.embed:
        return  # looked for when the tool runs
    if not os.path.lexists(folder):
        yield loaded.problem(path, f"there is no folder {given}", f"it is looked for in {folder.parent}")
        return
    if not folder.is_dir():
        yield loaded.problem(path, f"{given} is not a folder", "give the folder that holds the files")
        return
    inside = next((output for output in outputs if output.is_relative_to(folder.resolve())), None)
    if inside is not None:
        yield loaded.problem(
            path,
            f"the build writes {inside.name} into this folder, and would embed it the next time",
            "keep sources and outputs apart",
        )
        return
    yield from _files(loaded, folder, f"the folder {given}", path)


def _provider_source(loaded: LoadedSpec, descriptions: Descriptions, source: Source, path: SpecPath) -> Problems:
    wanted, name = source.from_.provider or "", source.from_.source or ""
    listed = [provider.id for provider in loaded.spec.providers]
    if wanted not in listed:
        yield _unknown(loaded, (*path, "provider"), "provider", wanted, listed)
        return
    provider = descriptions.provider(wanted)
    if provider is None:
        return  # its own entry has a problem
    known = {offered.id: offered for offered in provider.sources(source.kind)}
    if name in known:
        yield from _files(loaded, known[name].folder, f'the source "{name}" of {wanted}', (*path, "source"))
        return
    what = "" if source.kind == "assets" else f" for kind {source.kind}"
    message = f'the provider "{wanted}" has no source {quoted(name)}{what}'
    yield loaded.problem((*path, "source"), message, suggest(name, tuple(known)))


def _files(loaded: LoadedSpec, folder: Path, what: str, path: SpecPath) -> Problems:
    listing = list_files(folder)
    for problem in listing.problems:
        yield loaded.problem(path, problem)
    if not listing.files and not listing.problems:
        yield loaded.problem(path, f"{what} has no files")


def _commands(loaded: LoadedSpec) -> Problems:
    spec = loaded.spec
    source_ids = [source.id for source in spec.sources]
    names: dict[str, int] = {}
    for index, command in enumerate(spec.commands):
        path: SpecPath = ("commands", index)
        if command.runtime is not None and command.runtime not in spec.runtimes:
            yield _unknown(loaded, (*path, "runtime"), "runtime", command.runtime, spec.runtimes)
        for position, source in enumerate(getattr(command, "sources", ())):
            if source not in source_ids:
                yield _unknown(loaded, (*path, "sources", position), "source", source, source_ids)
        key = "mount" if isinstance(command, VerbsCommand) else "name"
        name = getattr(command, key, None) or command.type
        if name == "." or command.type == "provider":
            continue  # their commands are known when the verbs, or the provider, are
        if name in RESERVED_COMMANDS:
            yield loaded.problem((*path, key), f'every tool has a command "{name}" of its own', "choose another name")
        elif name in names:
            yield loaded.problem(
                (*path, key), f'commands[{names[name]}] is called "{name}" too', "give one of them another name"
            )
        names.setdefault(name, index)


def _artifacts(loaded: LoadedSpec) -> Problems:
    seen: dict[Path, int] = {}
    for index, artifact in enumerate(loaded.spec.artifacts):
        path: SpecPath = ("artifacts", index, "output")
        output = artifact_output(loaded, artifact.output)
        if output in seen:
            yield loaded.problem(
                path, f"artifacts[{seen[output]}] is written to {output.name} too", "give one of them another output"
            )
        elif output == loaded.path.resolve():
            yield loaded.problem(path, "is the spec itself", "choose another path")
        elif isinstance(artifact, ZipappArtifact) and _is_folder(output, artifact.output):
            yield loaded.problem(
                path, "is a folder", f"write {(artifact.output or '').rstrip('/')}/{loaded.spec.name}.pyz"
            )
        elif isinstance(artifact, PackageArtifact):
            yield from _package(loaded, output, path)
        seen.setdefault(output, index)


def _package(loaded: LoadedSpec, output: Path, path: SpecPath) -> Problems:
    name = output.name
    if not name.isidentifier() or keyword.iskeyword(name):
        hint = "write a name such as notes_runtime: letters, digits and underscores"
        yield loaded.problem(path, f"{quoted(name)} cannot be the name of a Python package", hint)
    elif output.exists() and not output.is_dir():
        yield loaded.problem(path, "is a file, and a package is a folder", "choose another path")


def _is_folder(output: Path, given: str | None) -> bool:
    try:
        return output.is_dir() or (given or "").endswith("/")
    except OSError:  # a name that is too long; writing it will say so
        return False


def _unknown(loaded: LoadedSpec, path: SpecPath, kind: str, name: str, known: Iterable[str]) -> Problem:
    return loaded.problem(path, f"unknown {kind} {quoted(name)}", suggest(name, tuple(known)))
