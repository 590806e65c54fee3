"""The build plan: everything the later steps need, decided before any of them runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xpyja.runtime.plan import RuntimePlan


@dataclass(frozen=True, slots=True)
class ProviderFiles:
    """A provider to copy into the tool.

    Attributes:
        id: Its id.
        origin: ``package.module:ATTRIBUTE``.
        folder: The package folder to copy, such as ``…/providers/xpyja_providers/core``.
        package: Where it goes, as a dotted name, such as ``xpyja_providers.core``.
    """

    id: str
    origin: str
    folder: Path
    package: str


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
        requirements: Requirements of the spec and the chosen modules, sorted, the runtime half's own not included.
        files: Files of all embedded sources, sorted by source and path.
        artifacts: What to produce.
    """

    runtime: RuntimePlan
    spec_text: str
    providers: tuple[ProviderFiles, ...]
    requirements: tuple[str, ...]
    files: tuple[SourceFile, ...]
    artifacts: tuple[Artifact, ...]
