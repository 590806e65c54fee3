"""The build plan: everything the later steps need, decided before any of them runs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from xpyja import __version__
from xpyja.build.describe import Descriptions, ModuleDescription
from xpyja.build.errors import SpecError
from xpyja.build.fields import env_prefix, plan_fields
from xpyja.build.lock import FORMAT_REQUIREMENTS
from xpyja.build.sources import Listing, list_files
from xpyja.build.spec.config import convert_config
from xpyja.build.spec.document import Path as SpecPath
from xpyja.build.spec.language import normalise_alias
from xpyja.build.spec.loader import LoadedSpec
from xpyja.build.spec.model import (
    EvalCommand,
    ModuleRef,
    ProviderCommand,
    ReplCommand,
    RunCommand,
    Source,
    Spec,
    VerbsCommand,
)
from xpyja.build.targets import this_target
from xpyja.runtime.plan import (
    BuildInfo,
    CommandEntry,
    ConfigFiles,
    Limits,
    ModuleInstance,
    ModuleOffer,
    Profile,
    ProviderEntry,
    RuntimePlan,
    SourceEntry,
)


@dataclass(frozen=True, slots=True)
class ProviderFiles:
    """A provider to copy into the tool.

    Attributes:
        id: Its id.
        origin: ``package.module:ATTRIBUTE``.
        folder: The package folder to copy, such as ``…/providers/xpyja_providers/core``, or the file of a package that
            is a single one.
        package: Where it goes, as a dotted name, such as ``xpyja_providers.core``.
        kind: Where it comes from, see `ProviderLocation`. The files of a distribution are those of a layer.
    """

    id: str
    origin: str
    folder: Path
    package: str
    kind: str = "bundled"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a source.

    Attributes:
        source: The source's id.
        relative: Path inside the source, with forward slashes.
        path: Where it is now.
    """

    source: str
    relative: str
    path: Path


@dataclass(frozen=True, slots=True)
class Artifact:
    """Something to produce.

    Attributes:
        type: ``zipapp``; later issues add others.
        output: Absolute path.
    """

    type: str
    output: Path


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """A compiled spec.

    Attributes:
        runtime: What goes into the tool as its runtime plan.
        spec_text: The spec, embedded so that a tool can be explained and rebuilt.
        providers: In spec order.
        requirements: Requirements of the spec, its providers and the chosen modules, sorted, the runtime half's own not
            included.
        files: Files of all embedded sources, sorted by source and path.
        artifacts: What to produce.
    """

    runtime: RuntimePlan
    spec_text: str
    providers: tuple[ProviderFiles, ...]
    requirements: tuple[str, ...]
    files: tuple[SourceFile, ...]
    artifacts: tuple[Artifact, ...]


def compile_plan(loaded: LoadedSpec, descriptions: Descriptions) -> BuildPlan:
    """Decides everything about a build.

    Reads nothing but the names of the files in sources; the same spec, descriptions and names give the same plan.

    Args:
        loaded: A spec that `xpyja.build.check.check_spec` accepts.
        descriptions: What the providers offer.

    Raises:
        SpecError: A source's folder changed since the check.
    """
    spec = loaded.spec
    chosen = [found for ref in spec.providers if (found := descriptions.provider(ref.id))]
    listings = _listings(loaded, descriptions)
    return BuildPlan(
        runtime=RuntimePlan(
            name=spec.name,
            version=spec.version,
            description=spec.description,
            env_prefix=env_prefix(spec),
            default_runtime=spec.app.default_runtime or next(iter(spec.runtimes)),
            providers=tuple(
                ProviderEntry(
                    provider.id, provider.location.origin, provider.version, loaded.position(("providers", index))[0]
                )
                for index, provider in enumerate(chosen)
            ),
            runtimes=tuple(_profile(loaded, descriptions, name) for name in spec.runtimes),
            sources=tuple(
                SourceEntry(source.id, source.kind, source.embed, source.id, listings[source.id].files)
                for source in spec.sources
            ),
            commands=tuple(_command(command) for command in spec.commands),
            offers=tuple(
                ModuleOffer(provider.id, module.name, module.doc, provider in chosen)
                for provider in descriptions.providers
                for module in provider.modules
            ),
            build=BuildInfo(
                xpyja=__version__,
                spec=loaded.path.name,
                spec_digest=hashlib.sha256(loaded.text.encode()).hexdigest(),
                requires_python=spec.python.requires,
                targets=spec.python.targets or (this_target(),),
                embedded=(),  # known when the requirements are resolved
            ),
            config_file=_config_files(spec),
        ),
        spec_text=loaded.text,
        providers=tuple(
            ProviderFiles(p.id, p.location.origin, p.location.folder, p.location.package, p.location.kind)
            for p in chosen
        ),
        requirements=_requirements(loaded, descriptions),
        files=tuple(
            SourceFile(source, relative, listings[source].folder / relative)
            for source in sorted(listings)
            for relative in listings[source].files
        ),
        artifacts=tuple(
            Artifact(artifact.type, artifact_output(loaded, artifact.output)) for artifact in spec.artifacts
        ),
    )


def artifact_output(loaded: LoadedSpec, output: str | None) -> Path:
    """The absolute path of an artifact; ``dist/NAME.pyz`` unless given."""
    path = loaded.folder / (output or f"dist/{loaded.spec.name}.pyz")
    return path.parent.resolve() / path.name


def _config_files(spec: Spec) -> ConfigFiles | None:
    given = spec.app.config_file
    return ConfigFiles(given.file_name, given.layers) if given else None


def _profile(loaded: LoadedSpec, descriptions: Descriptions, name: str) -> Profile:
    runtime = loaded.spec.runtimes[name]
    limits = runtime.limits
    path: SpecPath = ("runtimes", name, "modules")
    return Profile(
        name=name,
        modules=tuple(
            _instance(loaded, descriptions, ref, (*path, index)) for index, ref in enumerate(runtime.modules)
        ),
        limits=Limits(limits.memory, limits.stack, limits.time),
        isolation=runtime.isolation,
        line=loaded.position(path)[0],
        limit_lines={
            key: loaded.position(("runtimes", name, "limits", key))[0] for key in sorted(limits.model_fields_set)
        },
    )


def _instance(loaded: LoadedSpec, descriptions: Descriptions, ref: ModuleRef, path: SpecPath) -> ModuleInstance:
    module = _module(descriptions, ref)
    config, problems = convert_config(module.fields or (), ref.config or {}, loaded, (*path, "config"))
    assert not problems, "check_spec reports them"
    return ModuleInstance(
        provider=ref.provider,
        module=ref.module,
        alias=normalise_alias(ref.alias or ref.module),
        config=config,
        doc=module.doc,
        line=loaded.position(path)[0],
        fields=plan_fields(loaded, module.fields or (), ref, path),
    )


def _module(descriptions: Descriptions, ref: ModuleRef) -> ModuleDescription:
    provider = descriptions.provider(ref.provider)
    module = provider.module(ref.module) if provider else None
    assert module is not None, "check_spec reports unknown modules"
    return module


def _command(command: EvalCommand | RunCommand | ReplCommand | VerbsCommand | ProviderCommand) -> CommandEntry:
    name = command.name if isinstance(command, (EvalCommand, RunCommand, ReplCommand)) else None
    return CommandEntry(type=command.type, name=name or command.type, runtime=command.runtime or "")


def _requirements(loaded: LoadedSpec, descriptions: Descriptions) -> tuple[str, ...]:
    of_modules = (
        requirement
        for runtime in loaded.spec.runtimes.values()
        for ref in runtime.modules
        for requirement in _module(descriptions, ref).requirements
    )
    config_file = loaded.spec.app.config_file
    of_format = FORMAT_REQUIREMENTS.get(Path(config_file.file_name).suffix, ()) if config_file else ()
    of_providers = (ref.requirement for ref in loaded.spec.providers if ref.requirement)
    return tuple(sorted({*loaded.spec.python.requirements, *of_providers, *of_format, *of_modules}))


def _listings(loaded: LoadedSpec, descriptions: Descriptions) -> dict[str, Listing]:
    listings = {}
    for index, source in enumerate(loaded.spec.sources):
        listing = list_files(_folder(loaded, descriptions, source)) if source.embed else Listing(Path(), ())
        if listing.problems:
            where: SpecPath = ("sources", index, "from")
            raise SpecError(tuple(loaded.problem(where, problem) for problem in listing.problems))
        listings[source.id] = listing
    return listings


def _folder(loaded: LoadedSpec, descriptions: Descriptions, source: Source) -> Path:
    if source.from_.dir is not None:
        return loaded.folder / source.from_.dir
    provider = descriptions.provider(source.from_.provider or "")
    offered = provider.sources(source.kind) if provider else ()
    found = next((known for known in offered if known.id == source.from_.source), None)
    assert found is not None, "check_spec reports unknown sources"
    return found.folder
