"""``tool eval SRC``: evaluates JavaScript and prints the value."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from xpyja.runtime.app.options import config_options, runtime_option
from xpyja.runtime.engine.program import Program

if TYPE_CHECKING:
    from xpyja.runtime.app.tool import Tool
    from xpyja.runtime.plan import CommandEntry

NAME = "<eval>"


def make(tool: Tool, entry: CommandEntry) -> click.Command:
    """Makes the command."""

    def evaluate(source: str, as_json: bool) -> None:
        text = sys.stdin.read() if source == "-" else source
        tool.sources[NAME] = text
        tool.run(entry.runtime, Program("eval", NAME, text, show="json" if as_json else "display"), op="eval")

    return click.Command(
        entry.name,
        callback=evaluate,
        params=[
            click.Argument(["source"], metavar="SRC"),
            click.Option(["--json", "as_json"], is_flag=True, help="Print the value as JSON."),
            runtime_option(tool),
            *config_options(tool),
        ],
        short_help="Evaluate JavaScript and print the value.",
        help="Evaluate JavaScript and print the value as console.log would. A promise is awaited. SRC - reads standard "
        f"input.\n\nExample: {tool.plan.name} eval '[1, 2, 3].map(n => n * 2)'",
    )
