"""``xpyja check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xpyja.cli import output


def check(
    spec: Annotated[Path | None, typer.Argument(help="The spec; xpyja.yaml or spec.yaml unless given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the problems as JSON.")] = False,
) -> None:
    """Check a spec without building it."""
    from dataclasses import asdict

    from xpyja.build.check import check_spec
    from xpyja.build.errors import SpecError
    from xpyja.build.resolve import resolve
    from xpyja.build.spec.loader import load_spec

    try:
        loaded = load_spec(spec)
        check_spec(loaded, resolve(loaded))
    except SpecError as failure:
        if not as_json:
            raise
        output.data_json({"ok": False, "problems": [asdict(found) for found in failure.problems]})
        raise typer.Exit(failure.exit_code) from failure
    if as_json:
        output.data_json({"ok": True, "problems": []})
        return
    modules = sum(len(runtime.modules) for runtime in loaded.spec.runtimes.values())
    counts = (
        (len(loaded.spec.runtimes), "runtime"),
        (modules, "module"),
        (len(loaded.spec.sources), "source"),
        (len(loaded.spec.commands), "command"),
    )
    output.success(
        f"{loaded.path}: " + ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts)
    )
