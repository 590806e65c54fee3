"""``tool run FILE [ARGS…]``: runs a script."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from xpyja.runtime.app.options import runtime_option

if TYPE_CHECKING:
    from xpyja.runtime.app.tool import Tool
    from xpyja.runtime.engine.runtime import Held, Runtime
    from xpyja.runtime.plan import CommandEntry

STDIN = "<stdin>"


def make(tool: Tool, entry: CommandEntry) -> click.Command:
    """Makes the command."""

    def run(file: str, args: tuple[str, ...]) -> None:
        text = sys.stdin.read() if file == "-" else ""
        path = STDIN if file == "-" else _locate(tool, file)

        def start(runtime: Runtime) -> Held | None:
            runtime.set_global("scriptArgs", [path, *args])
            if file == "-":
                tool.sources[os.path.join(os.getcwd(), STDIN)] = text
                return runtime.run_source(text, STDIN)
            return runtime.run_file(path)

        tool.run_program(entry.runtime, start, op="run")

    return click.Command(
        entry.name,
        callback=run,
        params=[
            runtime_option(tool),
            click.Argument(["file"], metavar="FILE"),
            click.Argument(["args"], nargs=-1, type=click.UNPROCESSED, metavar="[ARGS]..."),
        ],
        context_settings={"allow_interspersed_args": False},
        short_help="Run a script.",
        help="Run a script and wait until nothing is pending. FILE - reads standard input; SOURCE:FILE is a file embedded in "
        "the tool. What follows FILE belongs to the script: scriptArgs holds FILE and ARGS.\n\n"
        f"Example: {tool.plan.name} run report.js --since 2026-01-01",
    )


def _locate(tool: Tool, file: str) -> str:
    source, colon, path = file.partition(":")
    if colon and tool.files.has_script(source) and not os.path.exists(file):
        return tool.files.script(source, path)
    return file
