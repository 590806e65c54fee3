"""The generated tool: from the plan in its package to an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import click

from xpyja.runtime.app.tool import Tool, leave
from xpyja.runtime.errors import EXIT_BUG, EXIT_INTERRUPTED, EXIT_USAGE, XpyjaError
from xpyja.runtime.plan import PLAN_FILE, CommandEntry, from_json
from xpyja.runtime.registry import ProviderLoader, ProviderRegistry


def run(folder: str, providers: dict[str, ProviderLoader]) -> int:
    """Runs a tool with the arguments of the process. Main thread.

    Args:
        folder: The tool's package folder, which holds the plan and the embedded files.
        providers: For each provider id, a function that imports the provider.

    Returns:
        The exit code.
    """
    tool: Tool | None = None
    try:
        with open(os.path.join(folder, PLAN_FILE), encoding="utf-8") as file:
            plan = from_json(file.read())
        registry = ProviderRegistry()
        for provider_id, load in providers.items():
            registry.register_lazy(provider_id, load)
        tool = Tool(plan, folder, registry)
        group = _group(tool)
        gc.freeze()
        gc.enable()  # the entrypoint switched it off
        code = group.main(sys.argv[1:], prog_name=plan.name, standalone_mode=False)
        return code if isinstance(code, int) else 0  # an int is what click makes of its Exit
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stderr.write(error.format_message() + "\n")
        return EXIT_USAGE
    except click.ClickException as error:
        return _usage_error(error)
    except (KeyboardInterrupt, click.Abort):
        return EXIT_INTERRUPTED
    except XpyjaError as error:
        if tool is not None and tool.debug:
            _traceback()
        if tool is None:
            sys.stderr.write(f"error: {error.message}\n")
        else:
            tool.show(error)
        return error.exit_code
    except BrokenPipeError:
        leave(0)
    except Exception as error:  # noqa: BLE001 - the last line of defence
        return _bug(error, debug=tool is not None and tool.debug)


def _usage_error(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else ""
    hint = f"\nhint: {command} --help shows what is possible\n" if command else ""
    sys.stderr.write(f"error: {error.format_message()}\n{hint}")
    return EXIT_USAGE


def _bug(error: Exception, *, debug: bool) -> int:
    if debug:
        _traceback()
    sys.stderr.write(
        f"error: internal error: {type(error).__name__}: {error}\n\n"
        "hint: this is a bug in xpyja or in a provider; --debug before the command shows the traceback\n"
    )
    return EXIT_BUG


def _traceback() -> None:
    from traceback import print_exc

    print_exc()


class _ToolGroup(click.Group):
    """The tool's commands, in the order of the spec; each is made when it is asked for."""

    def __init__(self, makers: dict[str, Callable[[], click.Command]], **options: Any) -> None:  # click's own
        super().__init__(**options)
        self._makers = makers

    def list_commands(self, ctx: click.Context) -> list[str]:
        """See click."""
        return list(self._makers)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """See click."""
        # For an unknown name all are made: click looks for a similar one among them.
        for name in (cmd_name,) if cmd_name in self._makers else self._makers:
            if name not in self.commands:
                self.add_command(self._makers[name](), name)
        return self.commands.get(cmd_name)


def _group(tool: Tool) -> click.Group:
    from xpyja.runtime.app.options import config_option, runtime_option

    plan = tool.plan

    def remember(debug: bool) -> None:
        tool.debug = debug

    group = _ToolGroup(
        _makers(tool),
        name=plan.name,
        callback=remember,
        params=[
            runtime_option(tool),
            *([config_option(tool)] if plan.config_file is not None else []),
            click.Option(["--debug"], is_flag=True, help="Show Python tracebacks and what modules log."),
        ],
        help=plan.description or None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        epilog=f"{plan.name} COMMAND --help shows the options of a command.",
    )
    return click.version_option(plan.version, prog_name=plan.name, message="%(prog)s %(version)s")(group)


def _makers(tool: Tool) -> dict[str, Callable[[], click.Command]]:
    makers: dict[str, Callable[[], click.Command]] = {}
    for entry in tool.plan.commands:
        makers[entry.name] = partial(_spec_command, tool, entry)
    for name in ("modules", "runtimes", "config", "self"):
        makers[name] = partial(_standing_command, tool, name)
    return makers


def _spec_command(tool: Tool, entry: CommandEntry) -> click.Command:
    """Makes a command that the spec lists."""
    if entry.type == "eval":
        from xpyja.runtime.app.commands.eval import make
    else:
        from xpyja.runtime.app.commands.run import make
    return make(tool, entry)


def _standing_command(tool: Tool, name: str) -> click.Command:
    """Makes a command that every tool has."""
    if name == "self":
        from xpyja.runtime.app.commands.self_ import make

        return make(tool)
    if name == "config":
        from xpyja.runtime.app.commands.config import make

        return make(tool)
    from xpyja.runtime.app.commands.modules import make_modules, make_runtimes

    return make_modules(tool) if name == "modules" else make_runtimes(tool)
