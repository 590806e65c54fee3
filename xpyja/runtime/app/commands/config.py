"""``tool config``: which values a run would have, and where each of them comes from."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from xpyja.runtime.app.options import config_options, json_option, runtime_option
from xpyja.runtime.app.table import table

if TYPE_CHECKING:
    from xpyja.runtime.app.config import Origin, Resolved, Value
    from xpyja.runtime.app.tool import Tool


def make(tool: Tool) -> click.Group:
    """Makes the group."""

    def show(as_json: bool) -> None:
        resolved = tool.resolved()
        _write(json.dumps(_document(resolved), indent=2) if as_json else _overview(resolved))

    def explain(key: str, as_json: bool) -> None:
        value = tool.resolved().value(key)
        _write(json.dumps(_explained(value), indent=2) if as_json else _chain(value))

    name = tool.plan.name
    group = click.Group(
        "config",
        short_help="Show the values of a run and where they come from.",
        help="Show the values that a run would have, and where each of them comes from. Give the flags of the run to "
        "see what they change.",
    )
    group.add_command(
        click.Command(
            "show",
            callback=show,
            params=[json_option(), runtime_option(tool), *config_options(tool)],
            short_help="List every value, the layer it comes from, file and line.",
            help="List every value, the layer it comes from, file and line.\n\n"
            f"Example: {name} config show --limit time=2s",
        )
    )
    group.add_command(
        click.Command(
            "explain",
            callback=explain,
            params=[
                click.Argument(["key"], metavar="KEY"),
                json_option(),
                runtime_option(tool),
                *config_options(tool),
            ],
            short_help="Show what each layer says about one key.",
            help="Show what each layer says about one key, weakest first.\n\n"
            f"Example: {name} config explain limits.time",
        )
    )
    return group


def _overview(resolved: Resolved) -> str:
    from xpyja.runtime.app.config.show import shown

    rows = [
        (value.key, shown(value.field, value.value), value.origin.layer, value.origin.place)
        for value in resolved.values
    ]
    return table(("KEY", "VALUE", "LAYER", "FROM"), rows)


def _document(resolved: Resolved) -> dict[str, Any]:  # JSON values
    from xpyja.runtime.app.config.show import masked

    return {
        "runtime": resolved.profile.name,
        "values": [
            {"key": value.key, "value": masked(value.field, value.value), **_origin(value.origin)}
            for value in resolved.values
        ],
    }


def _chain(value: Value) -> str:
    from xpyja.runtime.app.config.show import shown

    field = value.field
    lines = [f"{value.key} = {shown(field, value.value)}", ""]
    rows = [
        (setting.origin.layer, setting.origin.place, shown(field, setting.value), _outcome(value, position))
        for position, setting in enumerate(value.chain)
    ]
    lines.append(table(("LAYER", "FROM", "VALUE", ""), rows) if rows else "no layer gives it")
    lines.append("")
    lines.append(f"type      {field.type}" + (f", one of {', '.join(field.choices)}" if field.choices else ""))
    if field.help:
        lines.append(f"about     {field.help}")
    if field.grant:
        lines.append(
            "grant     layers above the spec can narrow it" + ("; flag and variable can widen it" * field.widen)
        )
    if field.flag:
        lines.append(f"flag      --{field.flag}")
    if field.variable:
        lines.append(f"variable  {field.variable}")
    return "\n".join(lines)


def _outcome(value: Value, position: int) -> str:
    if value.field.type == "map":
        return "merged"
    return "wins" if position == len(value.chain) - 1 else "overridden"


def _explained(value: Value) -> dict[str, Any]:  # JSON values
    from xpyja.runtime.app.config.show import masked

    field = value.field
    return {
        "key": value.key,
        "value": masked(field, value.value),
        **_origin(value.origin),
        "type": field.type,
        "choices": list(field.choices),
        "help": field.help,
        "grant": field.grant,
        "flag": f"--{field.flag}" if field.flag else None,
        "variable": field.variable or None,
        "chain": [
            {
                "value": masked(field, setting.value),
                **_origin(setting.origin),
                "outcome": _outcome(value, position),
            }
            for position, setting in enumerate(value.chain)
        ],
    }


def _origin(origin: Origin) -> dict[str, Any]:
    return {
        "layer": origin.layer,
        "file": origin.file or None,
        "line": origin.line or None,
        "name": origin.name or None,
    }


def _write(text: str) -> None:
    """Writes a text; what the terminal's encoding lacks is shown as escapes."""
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding))
