"""Stage: the folder that becomes the archive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import xpyja
from xpyja.build.errors import BuildError
from xpyja.build.layer import Layer
from xpyja.build.plan import BuildPlan

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
    owners: dict[str, str] = {}

    def put(name: str, content: bytes, owner: str, *, executable: bool = False) -> None:
        _claim(owners, name, owner)
        destination = folder / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.write_bytes(content)
        destination.chmod(0o755 if executable else 0o644)

    def put_file(name: str, source: Path, owner: str) -> None:
        try:
            put(name, source.read_bytes(), owner, executable=bool(source.stat().st_mode & 0o100))
        except OSError as error:
            raise BuildError("stage", f"cannot copy {source}: {error.strerror or error}") from error

    for file in layer.files:
        put_file(file.name, layer.folder / file.name, file.owner)
    package = Path(xpyja.__file__).parent
    put_file("xpyja/__init__.py", package / "__init__.py", "xpyja")
    for relative in _walk(package / "runtime"):
        put_file(f"xpyja/runtime/{relative}", package / "runtime" / relative, "xpyja")
    for name, content in bytecode.items():
        put(name, content, "xpyja")
    for provider in plan.providers:
        owner = f'provider "{provider.id}"'
        parts = provider.package.split(".")
        for depth, parent in enumerate(reversed(provider.folder.parents[: len(parts) - 1]), start=1):
            name = "/".join((*parts[:depth], "__init__.py"))
            # Providers of one package, as the bundled ones are, share its __init__.py.
            if (parent / "__init__.py").is_file() and name not in owners:
                put_file(name, parent / "__init__.py", "/".join(parts[:depth]))
        for relative in _walk(provider.folder):
            put_file("/".join((*parts, relative)), provider.folder / relative, owner)
    for source in plan.files:
        name = f"{TOOL_PACKAGE}/sources/{source.source}/{source.relative}"
        put_file(name, source.path, f'source "{source.source}"')
    for name, content in rendered.items():
        put(f"{TOOL_PACKAGE}/{name}", content, "the tool itself")
    return Stage(folder, dict(sorted(owners.items())))


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
