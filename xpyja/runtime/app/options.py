"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from xpyja.runtime.app.tool import Tool
    from xpyja.runtime.plan import Field

_METAVARS = {"int": "N", "float": "N", "path": "PATH", "duration": "DURATION", "size": "SIZE", "map": "KEY=VALUE"}
_LIMITS = ("memory", "stack", "time")


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


def json_option() -> click.Option:
    """``--json``, passed on as ``as_json``."""
    return click.Option(["--json", "as_json"], is_flag=True, help="Print JSON.")


def config_options(tool: Tool) -> list[click.Option]:
    """The options by which a command takes configuration: ``--config``, ``--limit`` and the flags of fields.

    These are the flags of all profiles, since ``--runtime`` may choose any of them. What they are given goes to
    ``tool.flags``, where `Tool.profile` finds it.
    """
    options = [config_option(tool)] if tool.plan.config_file is not None else []
    seen = set()
    for profile in tool.plan.runtimes:
        groups = [(module.alias, module.fields) for module in profile.modules]
        groups += [(section.name, section.fields) for section in profile.sections]
        for name, fields in groups:
            for field in fields:
                if field.flag and field.flag not in seen:
                    seen.add(field.flag)
                    options.append(_field_option(tool, name, field))
    options.append(_limit_option(tool))
    return options


def config_option(tool: Tool) -> click.Option:
    """``--config FILE``, accepted before and after the command."""

    def note(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> None:
        tool.config_paths += value

    return click.Option(
        ["--config"],
        metavar="FILE",
        multiple=True,
        callback=note,
        expose_value=False,
        help="Config file to read after the others; may be repeated.",
    )


def _field_option(tool: Tool, section: str, field: Field) -> click.Option:
    def note(_: click.Context, __: click.Parameter, value: str | bool | tuple[str, ...] | None) -> None:
        if value is not None and value != ():
            tool.flags[section, field.key] = value

    kind = field.type.removesuffix("[]")
    text = field.help or f"{section}.{field.key}"
    if field.grant and not field.widen:
        text += "; no more than the spec grants"
    if field.variable:
        text += f"  [env: {field.variable}]"
    name = f"--{field.flag}"
    # The names in Python only have to differ; those that click would make need not.
    dest = f"config_{field.flag.replace('-', '_')}"
    if kind == "bool" and kind == field.type:
        return click.Option(
            [f"{name}/--no-{field.flag}", dest], default=None, callback=note, expose_value=False, help=text
        )
    metavar = f"[{'|'.join(field.choices)}]" if field.choices else _METAVARS.get(kind, "TEXT")
    multiple = kind != field.type or kind == "map"
    return click.Option([name, dest], metavar=metavar, multiple=multiple, callback=note, expose_value=False, help=text)


def _limit_option(tool: Tool) -> click.Option:
    def note(ctx: click.Context, parameter: click.Parameter, value: Sequence[str]) -> None:
        for text in value:
            limit, equals, amount = text.partition("=")
            if limit not in _LIMITS or not equals:
                raise click.BadParameter(
                    f"{text!r} is not one of memory=SIZE, stack=SIZE, time=DURATION", ctx, parameter
                )
            tool.flags["limits", limit] = amount

    return click.Option(
        ["--limit"],
        metavar="LIMIT=VALUE",
        multiple=True,
        callback=note,
        expose_value=False,
        help="Lower a limit of the run: memory=32MiB, stack=1MiB or time=2s; may be repeated.",
    )
