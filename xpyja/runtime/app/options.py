"""Options that several commands have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from xpyja.runtime.app.tool import Tool


def runtime_option(tool: Tool) -> click.Option:
    """``--runtime NAME``, accepted before and after the command."""

    def choose(_: click.Context, __: click.Parameter, value: str | None) -> None:
        tool.choose_runtime(value)

    return click.Option(
        ["--runtime"],
        metavar="NAME",
        callback=choose,
        expose_value=False,
        help=f"Runtime profile to use: {', '.join(profile.name for profile in tool.plan.runtimes)}.",
    )
