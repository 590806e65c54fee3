"""New projects, made from templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from xpyja.build.errors import BuildError
from xpyja.build.render import render_template

_NAME = re.compile(r"[a-z][a-z0-9-]*")

# Where each file comes from. A template's name ends in .j2 (see pyproject.toml), so a plain ".gitignore" cannot be one.
_FILES = {"spec.yaml": "spec.yaml.j2", "main.js": "main.js.j2", ".gitignore": "gitignore.j2"}
_PROVIDER_FILES = {
    "{package}/__init__.py": "",
    "{package}/provider.py": "provider_provider.py.j2",
    "{package}/greet.py": "provider_greet.py.j2",
    "{package}/greet_config.py": "provider_greet_config.py.j2",
    "{package}/shout.py": "provider_shout.py.j2",
    "{package}/shout.js": "provider_shout.js.j2",
    "pyproject.toml": "provider_pyproject.toml.j2",
    "spec.yaml": "provider_spec.yaml.j2",
    "main.js": "provider_main.js.j2",
    "README.md": "provider_readme.md.j2",
    ".gitignore": "gitignore.j2",
}


@dataclass(frozen=True, slots=True)
class Project:
    """A project that was started.

    Attributes:
        name: The tool's name, and the provider's id if it has one.
        files: What was written.
    """

    name: str
    files: tuple[Path, ...]


def create_project(folder: Path, name: str | None = None) -> Project:
    """Writes a spec, a first script and a ``.gitignore``.

    Args:
        folder: Where; made if it is missing.
        name: The tool's name; made from the folder's name unless given.

    Raises:
        BuildError: The name is not allowed, a file of that name exists, or the folder cannot be written.
    """
    name = _name(folder, name)
    return _write(folder, name, _FILES, {"name": name})


def create_provider(folder: Path, name: str | None = None) -> Project:
    """Writes a package with a provider, a spec that uses it, and what publishing it takes.

    Args:
        folder: Where; made if it is missing.
        name: The provider's id; made from the folder's name unless given.

    Raises:
        BuildError: The name is not allowed, a file of that name exists, or the folder cannot be written.
    """
    name = _name(folder, name).removesuffix("-xpyja")
    package = f"{name.replace('-', '_')}_xpyja"
    files = {target.format(package=package): template for target, template in _PROVIDER_FILES.items()}
    return _write(folder, name, files, {"id": name, "package": package, "distribution": f"{name}-xpyja"})


def _name(folder: Path, name: str | None) -> str:
    if name is None:
        name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
    if not _NAME.fullmatch(name):
        raise BuildError(
            "init",
            f'"{name}" cannot be the name of a tool',
            hint="give one of lower-case letters, digits and dashes, a letter first: xpyja init --name my-tool",
        )
    return name


def _write(folder: Path, name: str, files: Mapping[str, str], values: Mapping[str, str]) -> Project:
    existing = next((target for target in files if (folder / target).exists()), None)
    if existing is not None:
        raise BuildError("init", f"{folder / existing} exists already", hint="choose another folder")
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for target, template in files.items():
            path = folder / target
            path.parent.mkdir(exist_ok=True)
            # "x" rather than "w": a file that has appeared since the check above is not overwritten either.
            with path.open("x", encoding="utf-8") as stream:
                stream.write(render_template(template, **values) if template else "")
            written.append(path)
    except OSError as error:
        raise BuildError("init", f"cannot write to {folder}: {error.strerror or error}") from error
    return Project(name, tuple(written))
