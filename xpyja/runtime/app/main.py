"""The generated tool: from the plan in its package to an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable

import click

from xpyja.runtime.app.tool import Tool, leave
from xpyja.runtime.errors import EXIT_BUG, EXIT_INTERRUPTED, EXIT_USAGE, XpyjaError
from xpyja.runtime.plan import PLAN_FILE, CommandEntry, RuntimePlan, from_json
from xpyja.runtime.registry import ProviderLoader, ProviderRegistry


def run(folder: str, providers: dict[str, ProviderLoader]) -> int:
    """Runs a tool with the arguments of the process. Main thread.

    Args:
        folder: The tool's package folder, which holds the plan and the embedded files.
        providers: For each provider id, a function that imports the provider.

    Returns:
        The exit code.
    """
    debug = "--debug" in sys.argv[1:]
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
        if debug:
            _traceback()
        if tool is None:
            sys.stderr.write(f"error: {error.message}\n")
        else:
            tool.show(error)
        return error.exit_code
    except BrokenPipeError:
        leave(0)
    except Exception as error:  # noqa: BLE001 - the last line of defence
        return _bug(error, debug)


def _usage_error(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else ""
    hint = f"\nhint: {command} --help shows what is possible\n" if command else ""
    sys.stderr.write(f"error: {error.format_message()}\n{hint}")
    return EXIT_USAGE


def _bug(error: Exception, debug: bool) -> int:
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


class _OrderedGroup(click.Group):
    """Lists commands in the order of the spec, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """See click."""
        return list(self.commands)


def _group(tool: Tool) -> click.Group:
    from xpyja.runtime.app.options import runtime_option

    plan = tool.plan

    def remember(debug: bool) -> None:
        tool.debug = debug

    group = _OrderedGroup(
        plan.name,
        callback=remember,
        params=[
            runtime_option(tool),
            click.Option(["--debug"], is_flag=True, help="Show Python tracebacks and what modules log."),
        ],
        help=plan.description or None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        epilog=f"{plan.name} COMMAND --help shows the options of a command.",
    )
    group = click.version_option(plan.version, prog_name=plan.name, message="%(prog)s %(version)s")(group)
    for name, make in _commands(tool):
        group.add_command(make(), name)
    return group


def _commands(tool: Tool) -> list[tuple[str, Callable[[], click.Command]]]:
    from xpyja.runtime.app.commands import eval as eval_command
    from xpyja.runtime.app.commands import modules, run, self_

    makers: dict[str, Callable[[Tool, CommandEntry], click.Command]] = {"eval": eval_command.make, "run": run.make}
    commands: list[tuple[str, Callable[[], click.Command]]] = [
        (entry.name, lambda entry=entry: makers[entry.type](tool, entry))  # type: ignore[misc]
        for entry in tool.plan.commands
    ]
    commands.append(("modules", lambda: modules.make_modules(tool)))
    commands.append(("runtimes", lambda: modules.make_runtimes(tool)))
    commands.append(("self", lambda: self_.make(tool)))
    return commands


__all__ = ["RuntimePlan", "run"]
