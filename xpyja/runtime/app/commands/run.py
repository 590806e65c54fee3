"""``tool run FILE [ARGS…]``: runs a script."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from xpyja.runtime.app.options import config_options, runtime_option
from xpyja.runtime.engine.program import Program

if TYPE_CHECKING:
    from xpyja.runtime.app.tool import Tool
    from xpyja.runtime.plan import CommandEntry

STDIN = "<stdin>"


def make(tool: Tool, entry: CommandEntry) -> click.Command:
    """Makes the command."""

    def run(file: str, args: tuple[str, ...]) -> None:
        if file == "-":
            program = Program("source", STDIN, sys.stdin.read(), arguments=args)
            tool.sources[os.path.join(os.getcwd(), STDIN)] = program.text
        else:
            program = Program("file", _locate(tool, file), arguments=args)
        tool.run(entry.runtime, program, op="run")

    return click.Command(
        entry.name,
        callback=run,
        params=[
            runtime_option(tool),
            *config_options(tool),
            click.Argument(["file"], metavar="FILE"),
            click.Argument(["args"], nargs=-1, type=click.UNPROCESSED, metavar="[ARGS]..."),
        ],
        context_settings={"allow_interspersed_args": False},
        short_help="Run a script.",
        help="Run a script and wait until nothing is pending. FILE - reads standard input; SOURCE:FILE is a file "
        "embedded in the tool. What follows FILE belongs to the script: scriptArgs holds FILE and ARGS.\n\n"
        f"Example: {tool.plan.name} run report.js --since 2026-01-01",
    )


def _locate(tool: Tool, file: str) -> str:
    source, colon, path = file.partition(":")
    if colon and tool.files.has_script(source) and not os.path.exists(file):
        return tool.files.script(source, path)
    return file
