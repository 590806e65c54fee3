"""``tool modules`` and ``tool runtimes``: what scripts can load, and where."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from xpyja.runtime.app.options import json_option, runtime_option
from xpyja.runtime.app.table import table

if TYPE_CHECKING:
    from xpyja.runtime.app.tool import Tool
    from xpyja.runtime.plan import Limits


def make_modules(tool: Tool) -> click.Command:
    """Makes ``modules``."""

    def modules(as_json: bool) -> None:
        profile = tool.plan.profile(tool.runtime_name or tool.plan.default_runtime)
        rows = [(m.alias, f"{m.provider}.{m.module}", m.doc) for m in profile.modules]
        if as_json:
            keys = ("alias", "module", "doc")
            click.echo(
                json.dumps(
                    {"runtime": profile.name, "modules": [dict(zip(keys, row, strict=True)) for row in rows]}, indent=2
                )
            )
        elif rows:
            click.echo(table(("REQUIRE", "MODULE", "ABOUT"), rows))
        else:
            click.echo(f'runtime profile "{profile.name}" has no modules', err=True)

    return click.Command(
        "modules",
        callback=modules,
        params=[json_option(), runtime_option(tool)],
        short_help="List the modules that scripts can require.",
        help=f"List the modules that scripts can require.\n\nExample: {tool.plan.name} modules --json",
    )


def make_runtimes(tool: Tool) -> click.Command:
    """Makes ``runtimes``."""

    def runtimes(as_json: bool) -> None:
        plan = tool.plan
        if as_json:
            document = [
                {
                    "name": profile.name,
                    "default": profile.name == plan.default_runtime,
                    "modules": [module.alias for module in profile.modules],
                    "limits": profile.limits._asdict(),
                    "isolation": profile.isolation,
                }
                for profile in plan.runtimes
            ]
            click.echo(json.dumps(document, indent=2))
            return
        rows = [
            (
                profile.name + (" (default)" if profile.name == plan.default_runtime else ""),
                ", ".join(module.alias for module in profile.modules) or "-",
                describe_limits(profile.limits),
            )
            for profile in plan.runtimes
        ]
        click.echo(table(("RUNTIME", "MODULES", "LIMITS"), rows))

    return click.Command(
        "runtimes",
        callback=runtimes,
        params=[json_option()],
        short_help="List the runtime profiles.",
        help=f"List the runtime profiles: their modules and limits.\n\nExample: {tool.plan.name} runtimes",
    )


def describe_limits(limits: Limits) -> str:
    """Limits in words a person reads."""
    parts = []
    if limits.memory is not None:
        parts.append(f"memory {limits.memory / 2**20:g} MiB")
    parts.append(f"stack {limits.stack / 2**10:g} KiB")
    if limits.time is not None:
        parts.append(f"time {limits.time:g} s")
    return ", ".join(parts)
