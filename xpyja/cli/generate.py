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
) -> None:
    """Write a tool as a folder, unpacked, for looking at and for debugging."""
    from xpyja.build import pipeline

    with Progress() as progress:
        folder = pipeline.generate(spec, to, progress=progress)
    output.data(str(folder))
    output.success(f"run it with: python {folder}")
