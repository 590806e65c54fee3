"""New projects, made from templates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from xpyja.build.errors import BuildError
from xpyja.build.render import render_template

_NAME = re.compile(r"[a-z][a-z0-9-]*")

# Where each file comes from. A template's name ends in .j2 (see pyproject.toml), so a plain ".gitignore" cannot be one.
_FILES = {"spec.yaml": "spec.yaml.j2", "main.js": "main.js.j2", ".gitignore": "gitignore.j2"}


@dataclass(frozen=True, slots=True)
class Project:
    """A project that was started.

    Attributes:
        name: The tool's name.
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
    if name is None:
        name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
    if not _NAME.fullmatch(name):
        raise BuildError(
            "init",
            f'"{name}" cannot be the name of a tool',
            hint="give one of lower-case letters, digits and dashes, a letter first: xpyja init --name my-tool",
        )
    existing = next((target for target in _FILES if (folder / target).exists()), None)
    if existing is not None:
        raise BuildError("init", f"{folder / existing} exists already", hint="choose another folder")
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for target, template in _FILES.items():
            path = folder / target
            # "x" rather than "w": a file that has appeared since the check above is not overwritten either.
            with path.open("x", encoding="utf-8") as stream:
                stream.write(render_template(template, name=name))
            written.append(path)
    except OSError as error:
        raise BuildError("init", f"cannot write to {folder}: {error.strerror or error}") from error
    return Project(name, tuple(written))
