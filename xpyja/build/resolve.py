"""Resolve: finds the providers of a spec, wherever they come from, and has them describe themselves.

Bundled providers are found by the entry points of xpyja, the others as the spec says: in a folder, in a distribution
from a package index, or by the entry point of one. Distributions are installed into layers, which are read as files;
code of third parties runs in the describing process only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier

from xpyja.build import layer
from xpyja.build.describe import (
    GROUP,
    Descriptions,
    ProviderFailure,
    ProviderLocation,
    bundled_providers,
    describe_providers,
)
from xpyja.build.errors import BuildError, Problem
from xpyja.build.layer import Layer
from xpyja.build.lock import RUNTIME_REQUIREMENTS
from xpyja.build.quoting import quoted
from xpyja.build.spec.document import Path as SpecPath
from xpyja.build.spec.loader import LoadedSpec
from xpyja.build.spec.model import ProviderRef, Spec
from xpyja.build.targets import TARGETS, this_target

ORIGIN = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)", re.ASCII)
"""``package.module:ATTRIBUTE``."""


def resolve(loaded: LoadedSpec) -> Descriptions:
    """Finds and describes the providers of a spec, and all bundled ones.

    What is wrong with a provider is in the result; `xpyja.build.check` says it with its line.

    Args:
        loaded: The spec.

    Raises:
        BuildError: Distributions cannot be installed, or the bundled providers cannot be described.
    """
    bundled = bundled_providers()
    third_party = [ref for ref in loaded.spec.providers if not is_bundled(ref, bundled)]
    replaced = {ref.id for ref in third_party}
    ours = describe_providers([location for location in bundled if location.id not in replaced])
    requirements = _base_requirements(loaded.spec)
    sound = [ref for ref in third_party if not any(form_problems(loaded, ref))]
    if not sound or requirements is None:
        return ours
    theirs = _describe(loaded, sound, requirements)
    wanted = {*requirements, *_module_requirements(loaded.spec, theirs)}
    if requirements and wanted != set(requirements) and _are_valid(wanted):
        # What the modules need may have led to other releases of the providers than those that were asked.
        theirs = _describe(loaded, sound, tuple(sorted(wanted)))
    return Descriptions((*ours.providers, *theirs.providers), (*ours.failures, *theirs.failures))


def is_bundled(ref: ProviderRef, bundled: tuple[ProviderLocation, ...]) -> bool:
    """Tells whether a provider of a spec is one of xpyja's own."""
    if ref.path or ref.requirement:
        return False
    return any(location.id == ref.id and ref.import_ in (None, location.origin) for location in bundled)


def form_problems(loaded: LoadedSpec, ref: ProviderRef) -> Iterator[Problem]:
    """Finds what is wrong with an entry under ``providers`` before anything is imported."""
    where: SpecPath = ("providers", loaded.spec.providers.index(ref))
    module = ORIGIN.fullmatch(ref.import_ or "")
    if ref.import_ is not None and module is None:
        hint = "write it like package.module:PROVIDER"
        yield loaded.problem((*where, "import"), f"{quoted(ref.import_)} is no import path", hint)
    if ref.requirement is not None and not _are_valid({ref.requirement}):
        hint = "write it like acme-xpyja==1.2"
        yield loaded.problem((*where, "requirement"), f"{quoted(ref.requirement)} is not a requirement", hint)
    if ref.path is None:
        return
    place = (*where, "path")
    folder = loaded.folder / ref.path
    if ref.requirement is not None:
        yield loaded.problem(place, "gives both a folder and a distribution", "keep path or requirement")
    elif ref.import_ is None:
        hint = "add import: package.module:PROVIDER"
        yield loaded.problem(place, "a provider in a folder needs import as well", hint)
    elif not folder.is_dir():
        yield loaded.problem(place, f"there is no folder {ref.path}", f"it is looked for in {folder.parent.resolve()}")
    elif module is not None and _package(folder, module[1]) is None:
        name = module[1].partition(".")[0]
        yield loaded.problem(
            place, f"there is no package {name} in the folder {ref.path}", f"give the folder that {name} is in"
        )


def _base_requirements(spec: Spec) -> tuple[str, ...] | None:
    """What the spec itself wants installed; None when the spec is wrong there, which the check says."""
    wanted = {*spec.python.requirements, *(ref.requirement for ref in spec.providers if ref.requirement)}
    return tuple(sorted(wanted)) if _are_valid(wanted) and set(spec.python.targets) <= set(TARGETS) else None


def _are_valid(requirements: set[str]) -> bool:
    try:
        return all(Requirement(text) for text in requirements)
    except InvalidRequirement:
        return False


def _module_requirements(spec: Spec, descriptions: Descriptions) -> set[str]:
    chosen = {(ref.provider, ref.module) for runtime in spec.runtimes.values() for ref in runtime.modules}
    return {
        requirement
        for provider in descriptions.providers
        for module in provider.modules
        if (provider.id, module.name) in chosen
        for requirement in module.requirements
    }


def _describe(loaded: LoadedSpec, refs: list[ProviderRef], requirements: tuple[str, ...]) -> Descriptions:
    """Describes third-party providers, each in a process of its own: one that ends it is known by that."""
    spec = loaded.spec
    installed = None
    if requirements:
        from xpyja.build.pack import python_range  # and with it shiv, which checking a spec needs for nothing else

        try:
            lowest, _ = python_range(spec.python.requires)
        except (BuildError, InvalidSpecifier):
            return Descriptions(())  # the check says what is wrong with the range
        target = spec.python.targets[0] if spec.python.targets else this_target()
        installed = layer.fetch((*RUNTIME_REQUIREMENTS, *requirements), target, lowest)
    paths, facts = ([installed.folder], installed.distributions) if installed else ([], ())
    result = Descriptions(())
    for ref in refs:
        location = _locate(loaded, ref, installed)
        if location is None:
            continue
        try:
            found = describe_providers([location], paths=paths, facts=facts)
        except BuildError as error:
            found = Descriptions((), (ProviderFailure(ref.id, "", error.message, "", 0),))
        result = Descriptions((*result.providers, *found.providers), (*result.failures, *found.failures))
    return result


def _locate(loaded: LoadedSpec, ref: ProviderRef, installed: Layer | None) -> ProviderLocation | None:
    origin = ref.import_ or _entry_point(ref.id, installed)
    module = ORIGIN.fullmatch(origin or "")
    if origin is None or module is None:
        return None
    package = module[1].partition(".")[0]
    if ref.path is not None:
        folder = _package(loaded.folder / ref.path, package)
        return ProviderLocation(ref.id, origin, folder, package, "path") if folder else None
    if installed is None:
        return None
    names = (f"{package}/", f"{package}.py")
    owner = next((file.owner for file in installed.files if file.name.startswith(names)), "")
    return ProviderLocation(
        id=ref.id,
        origin=origin,
        folder=_package(installed.folder, package) or installed.folder / package,
        package=package,
        kind="distribution",
        version=owner.rpartition(" ")[2],
    )


def _entry_point(provider: str, installed: Layer | None) -> str | None:
    """Finds what the entry point of a provider's id says, in the metadata of what is installed."""
    for distribution in metadata.distributions(path=[str(installed.folder)]) if installed else ():
        for point in distribution.entry_points.select(group=GROUP, name=provider):
            return point.value
    return None


def _package(root: Path, module: str) -> Path | None:
    """Finds the folder, or the file, of the package that a module is in."""
    name = module.partition(".")[0]
    if (root / name).is_dir():
        return (root / name).resolve()
    return (root / f"{name}.py").resolve() if (root / f"{name}.py").is_file() else None
