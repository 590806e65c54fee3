"""Stage: the folder that becomes the archive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import xpyja
from xpyja.build.errors import BuildError
from xpyja.build.layer import Layer
from xpyja.build.plan import BuildPlan, ProviderFiles
from xpyja.runtime.plan import PROVIDERS_FOLDER, SOURCES_FOLDER

TOOL_PACKAGE = "xpyja_tool"
"""The package inside a tool that holds what is particular to it."""

_JUNK = {"__pycache__", ".DS_Store", ".git", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


@dataclass(frozen=True, slots=True)
class Stage:
    """A staged tree.

    Attributes:
        folder: Where it is.
        owners: Whose each file is, by its path inside the folder, sorted.
    """

    folder: Path
    owners: Mapping[str, str]


def stage(
    plan: BuildPlan, layer: Layer, bytecode: Mapping[str, bytes], rendered: Mapping[str, bytes], folder: Path
) -> Stage:
    """Copies everything that a tool consists of into one folder.

    Modes are set, not inherited: 644 for files, 755 for those that are executable where they come from.

    Args:
        plan: The build plan.
        layer: The installed distributions.
        bytecode: Compiled engine files, by their path inside the stage.
        rendered: Files of the tool's own package, by their path inside it.
        folder: An empty or missing folder.

    Raises:
        BuildError: Two parts bring the same file, a file cannot be read, or its name cannot be packed.
    """
    tree = _Tree(folder)
    for file in layer.files:
        tree.copy(file.name, layer.folder / file.name, file.owner)
    package = Path(xpyja.__file__).parent
    tree.copy("xpyja/__init__.py", package / "__init__.py", "xpyja")
    for relative in _walk(package / "runtime"):
        tree.copy(f"xpyja/runtime/{relative}", package / "runtime" / relative, "xpyja")
    for name, content in bytecode.items():
        tree.write(name, content, "xpyja")
    # A layer has brought those of distributions already.
    _copy_providers(tree, [provider for provider in plan.providers if provider.kind != "distribution"])
    _copy_own(tree, plan, rendered, f"{TOOL_PACKAGE}/")
    return Stage(folder, dict(sorted(tree.owners.items())))


def stage_package(plan: BuildPlan, rendered: Mapping[str, bytes], folder: Path) -> Stage:
    """Copies what an importable package consists of into one folder.

    The runtime half, the bundled providers and distributions are no part of it: the program that imports the package
    has them installed. Providers from folders of the user are.

    Args:
        plan: The build plan.
        rendered: Files that are written for this package, by their path inside it.
        folder: An empty or missing folder.

    Raises:
        BuildError: A file cannot be read, or its name cannot be packed.
    """
    tree = _Tree(folder)
    _copy_providers(tree, [provider for provider in plan.providers if provider.kind == "path"], f"{PROVIDERS_FOLDER}/")
    _copy_own(tree, plan, rendered, "")
    return Stage(folder, dict(sorted(tree.owners.items())))


class _Tree:
    """A folder that is filled, and whose each file is."""

    def __init__(self, folder: Path) -> None:
        self.owners: dict[str, str] = {}
        self._folder = folder

    def write(self, name: str, content: bytes, owner: str, *, executable: bool = False) -> None:
        _claim(self.owners, name, owner)
        destination = self._folder / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.write_bytes(content)
        destination.chmod(0o755 if executable else 0o644)

    def copy(self, name: str, source: Path, owner: str) -> None:
        try:
            self.write(name, source.read_bytes(), owner, executable=bool(source.stat().st_mode & 0o100))
        except OSError as error:
            raise BuildError("stage", f"cannot copy {source}: {error.strerror or error}") from error


def _copy_providers(tree: _Tree, providers: list[ProviderFiles], prefix: str = "") -> None:
    copied = set()
    for provider in providers:
        if provider.folder in copied:
            continue  # two providers in one package
        copied.add(provider.folder)
        owner = f'provider "{provider.id}"'
        parts = provider.package.split(".")
        if provider.folder.is_file():
            tree.copy(f"{prefix}{'/'.join(parts)}.py", provider.folder, owner)
        for depth, parent in enumerate(reversed(provider.folder.parents[: len(parts) - 1]), start=1):
            name = prefix + "/".join((*parts[:depth], "__init__.py"))
            # Providers of one package, as the bundled ones are, share its __init__.py.
            if (parent / "__init__.py").is_file() and name not in tree.owners:
                tree.copy(name, parent / "__init__.py", "/".join(parts[:depth]))
        for relative in _walk(provider.folder):
            tree.copy(prefix + "/".join((*parts, relative)), provider.folder / relative, owner)


def _copy_own(tree: _Tree, plan: BuildPlan, rendered: Mapping[str, bytes], prefix: str) -> None:
    for source in plan.files:
        name = f"{prefix}{SOURCES_FOLDER}/{source.source}/{source.relative}"
        tree.copy(name, source.path, f'source "{source.source}"')
    for name, content in rendered.items():
        tree.write(f"{prefix}{name}", content, "the tool itself")


def _claim(owners: dict[str, str], name: str, owner: str) -> None:
    if name in owners:
        raise BuildError("stage", f"{name} comes from both {owners[name]} and {owner}", hint="remove one of them")
    # shiv's builder would leave compiled Python files out without a word.
    if not name.isprintable() or name.endswith(".pyc"):
        raise BuildError("stage", f"{name!r} of {owner} has a name that cannot be packed", hint="rename the file")
    owners[name] = owner


def _walk(folder: Path) -> Iterator[str]:
    """Yields the files of a folder, what caches and editors leave behind excepted."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if _JUNK.isdisjoint(relative.parts) and not path.name.endswith((".pyc", "~", ".swp")) and path.is_file():
            yield relative.as_posix()
