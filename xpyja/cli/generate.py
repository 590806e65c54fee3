"""``xpyja generate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xpyja.cli import output
from xpyja.cli.progress import Progress


def generate(
    spec: Annotated[Path | None, typer.Argument(help="The spec; xpyja.yaml or spec.yaml unless given.")] = None,
    to: Annotated[
        Path | None, typer.Option("--output", "-o", help="The folder to write; build/NAME unless given.")
    ] = None,
    package: Annotated[
        Path | None, typer.Option("--package", help="Write an importable package instead; the folder's name is its.")
    ] = None,
) -> None:
    """Write a tool as a folder, or as a package for Python programs."""
    from xpyja.build import pipeline

    if package is not None and to is not None:
        raise typer.BadParameter("give --output or --package, not both")
    with Progress() as progress:
        if package is not None:
            pipeline.generate_package(spec, package, progress=progress)
        else:
            folder = pipeline.generate(spec, to, progress=progress)
    if package is not None:
        output.data(str(package))
        output.success(f"use it with: from {package.name} import new_bundle")
    else:
        output.data(str(folder))
        output.success(f"run it with: python {folder}")
