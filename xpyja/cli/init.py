"""``xpyja init``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xpyja.cli import output


def init(
    folder: Annotated[Path, typer.Argument(help="Where to start; made if it is missing.")] = Path(),
    name: Annotated[str | None, typer.Option("--name", help="The tool's name; the folder's unless given.")] = None,
    provider: Annotated[bool, typer.Option("--provider", help="Start a provider, and a tool to try it with.")] = False,
) -> None:
    """Start a project: a spec and a first script."""
    from xpyja.build.project import create_project, create_provider

    project = create_provider(folder, name) if provider else create_project(folder, name)
    for path in project.files:
        output.data(str(path))
    output.note("")
    output.note("Next:")
    if folder != Path():
        output.note(f"  cd {folder}")
    output.note("  xpyja build")
    output.note(f"  ./dist/{project.name}.pyz run main.js")
