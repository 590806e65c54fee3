"""``xpyja build``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xpyja.cli import output
from xpyja.cli.progress import Progress

if TYPE_CHECKING:
    from xpyja.build.pipeline import BuildResult
    from xpyja.build.plan import BuildPlan


def build(
    spec: Annotated[Path | None, typer.Argument(help="The spec; xpyja.yaml or spec.yaml unless given.")] = None,
    to: Annotated[Path | None, typer.Option("--output", "-o", help="Write the tool here.", show_default=False)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be built, and stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    proving: Annotated[bool, typer.Option("--prove/--no-prove", help="Start the finished tool once.")] = True,
) -> None:
    """Build a tool from a spec."""
    from xpyja.build import pipeline

    with Progress() as progress:
        if dry_run:
            progress("plan")
            plan = pipeline.make_plan(spec)
        else:
            result = pipeline.build(spec, to, proving=proving, progress=progress)
    if dry_run:
        if as_json:
            output.data_json(pipeline.plan_document(plan))
        else:
            _show_plan(plan, to)
    elif as_json:
        output.data_json(
            {
                "path": str(result.path),
                "size": result.size,
                "digest": result.digest,
                "proved": result.proved,
                "packages": [str(path) for path in result.packages],
                "seconds": {step.name: round(step.seconds, 3) for step in result.steps},
            }
        )
    else:
        _show_result(result)


def _show_result(result: BuildResult) -> None:
    seconds = sum(step.seconds for step in result.steps)
    for package in result.packages:
        output.data(str(_near(package)))
    if result.path in result.packages:
        output.success(f"use it with: from {result.path.name} import new_bundle")
        return
    output.data(str(_near(result.path)))
    proved = "" if result.proved else ", not started"
    output.success(f"{result.size / 1e6:.1f} MB in {seconds:.1f} s, {result.digest[:12]}{proved}")


def _show_plan(plan: BuildPlan, to: Path | None) -> None:
    tool = plan.runtime
    output.data(f"{tool.name} {tool.version} for {', '.join(tool.build.targets)}, Python {tool.build.requires_python}")
    for artifact in plan.artifacts:
        output.data(f"  artifact  {artifact.type}: {_near(to or artifact.output)}")
    for provider in tool.providers:
        output.data(f"  provider  {provider.id} {provider.version} ({provider.origin})")
    for profile in tool.runtimes:
        mark = " (default)" if profile.name == tool.default_runtime else ""
        modules = ", ".join(module.alias for module in profile.modules) or "no modules"
        output.data(f"  runtime   {profile.name}{mark}: {modules}")
    for source in tool.sources:
        files = f"{len(source.files)} files" if source.embedded else f"read from {source.root}"
        output.data(f"  source    {source.id}: {source.kind}, {files}")
    output.data(f"  commands  {', '.join(command.name for command in tool.commands)}")
    if plan.requirements:
        output.data(f"  packages  {', '.join(plan.requirements)}")


def _near(path: Path) -> Path:
    """Shortens a path inside the working directory."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
