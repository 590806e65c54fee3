"""Programs of profiles with ``isolation: process``. Imported when one is run, and by the process that runs it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from xpyja.runtime.api.provider import Lazy
from xpyja.runtime.app.files import EmbeddedFiles
from xpyja.runtime.app.tool import EXIT_BROKEN_PIPE, ToolOutput, leave
from xpyja.runtime.engine.process import ProcessFactory
from xpyja.runtime.errors import ProcessCrashed
from xpyja.runtime.plan import PLAN_FILE, from_json
from xpyja.runtime.registry import ProviderRegistry

if TYPE_CHECKING:
    from xpyja.runtime.app.tool import Tool
    from xpyja.runtime.engine.builder import RuntimeFactory
    from xpyja.runtime.engine.program import Program
    from xpyja.runtime.plan import Profile


def run_isolated(tool: Tool, profile: Profile, program: Program) -> None:
    """Runs a program in a process of its own, as `Tool.run_program` does in this one.

    Raises:
        XpyjaError: What ended it.
        KeyboardInterrupt: Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()  # the child writes to the same files
    factory = ProcessFactory(
        "xpyja.runtime.app.isolated:new_factory",
        {
            "folder": tool.folder,
            "profile": profile.name,
            "debug": tool.debug,
            # Settled here, so that both processes mean the same; by a pipe, since others can read arguments.
            "configs": {module.alias: module.config for module in profile.modules},
        },
        limits=profile.limits,
        site=False,  # a tool consists of what it contains
    )
    try:
        with factory.new_runtime(profile.name) as runtime:
            runtime.run(program)
    except ProcessCrashed as crash:
        if crash.code == EXIT_BROKEN_PIPE:
            leave(EXIT_BROKEN_PIPE)
        raise


def new_factory(arguments: dict[str, Any]) -> RuntimeFactory:
    """Makes in the child what the tool's plan says about a profile."""
    from xpyja.runtime.app.compose import compose

    folder = arguments["folder"]
    with open(os.path.join(folder, PLAN_FILE), encoding="utf-8") as file:
        plan = from_json(file.read())
    profile = plan.profile(arguments["profile"])
    configs = arguments["configs"]
    profile = profile._replace(
        modules=tuple(module._replace(config=configs[module.alias]) for module in profile.modules)
    )
    registry = ProviderRegistry()
    for provider in plan.providers:
        registry.register_lazy(provider.id, Lazy(provider.origin).resolve)
    return compose(
        plan,
        profile,
        registry,
        EmbeddedFiles(folder, plan.sources),
        output=ToolOutput(),
        debug=arguments["debug"],
    )
