"""``tool self``: what the tool knows about itself."""

from __future__ import annotations

import json
import platform
import sys
from typing import TYPE_CHECKING, Any

import click

from xpyja.runtime.app.commands.modules import describe_limits

if TYPE_CHECKING:
    from xpyja.runtime.app.tool import Tool


def make(tool: Tool) -> click.Group:
    """Makes the group."""

    def info(as_json: bool) -> None:
        document = describe(tool)
        click.echo(json.dumps(document, indent=2) if as_json else _text(tool, document))

    group = click.Group("self", short_help="Show what is inside this tool.", help="Show what is inside this tool.")
    group.add_command(
        click.Command(
            "info",
            callback=info,
            params=[click.Option(["--json", "as_json"], is_flag=True, help="Print JSON.")],
            short_help="Versions, providers, profiles, where it is unpacked.",
            help=f"Versions, providers, profiles, where it is unpacked.\n\nExample: {tool.plan.name} self info --json",
        )
    )
    return group


def describe(tool: Tool) -> dict[str, Any]:  # JSON values
    """Everything the tool knows about itself, as JSON values."""
    from xpyja.runtime.engine.vm import engine_version

    plan = tool.plan
    return {
        "name": plan.name,
        "version": plan.version,
        "description": plan.description,
        "xpyja": plan.build.xpyja,
        "python": {
            "version": platform.python_version(),
            "executable": sys.executable,
            "requires": plan.build.requires_python,
        },
        "engine": {"name": "quickjs-ng", "version": engine_version()},
        "spec": {"file": plan.build.spec, "sha256": plan.build.spec_digest},
        "targets": list(plan.build.targets),
        "folder": tool.folder,
        "providers": [provider._asdict() for provider in plan.providers],
        "runtimes": [
            {
                "name": profile.name,
                "modules": [module.alias for module in profile.modules],
                "limits": profile.limits._asdict(),
                "isolation": profile.isolation,
            }
            for profile in plan.runtimes
        ],
        "sources": [{"id": source.id, "kind": source.kind, "files": list(source.files)} for source in plan.sources],
        "embedded": list(plan.build.embedded),
    }


def _text(tool: Tool, document: dict[str, Any]) -> str:
    plan = tool.plan
    lines = [
        f"{plan.name} {plan.version}" + (f": {plan.description}" if plan.description else ""),
        "",
        f"built by   xpyja {plan.build.xpyja} from {plan.build.spec} (sha256 {plan.build.spec_digest[:12]})",
        f"engine     quickjs-ng {document['engine']['version']}",
        f"python     {document['python']['version']} ({sys.executable})",
        f"unpacked   {tool.folder}",
        f"providers  {', '.join(f'{provider.id} {provider.version}' for provider in plan.providers) or '-'}",
    ]
    for profile in plan.runtimes:
        modules = ", ".join(module.alias for module in profile.modules) or "no modules"
        lines.append(f"runtime    {profile.name}: {modules}; {describe_limits(profile.limits)}")
    lines.extend(f"source     {source.id} ({source.kind}): {len(source.files)} files" for source in plan.sources)
    lines.append(f"embedded   {', '.join(plan.build.embedded)}")
    return "\n".join(lines)
