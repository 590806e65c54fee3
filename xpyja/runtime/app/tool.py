"""What the commands of one tool share: its plan, its providers, its way of running a program."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NoReturn

from xpyja.runtime.app.files import EmbeddedFiles
from xpyja.runtime.engine.output import StandardOutput, wants_colors
from xpyja.runtime.engine.program import Program, show, start
from xpyja.runtime.errors import (
    EXIT_INTERRUPTED,
    EXIT_TIME_LIMIT,
    CloseTimeout,
    CompositionError,
    TimeLimitExceeded,
    XpyjaError,
)

if TYPE_CHECKING:
    from xpyja.runtime.app.config import Resolved
    from xpyja.runtime.engine.runtime import Held, Runtime
    from xpyja.runtime.plan import Profile, RuntimePlan
    from xpyja.runtime.registry import ProviderRegistry

EXIT_BROKEN_PIPE = 141
CLOSE_SECONDS = 1.0
"""How long a program that was stopped may take to end before the process leaves without it."""


class ToolOutput(StandardOutput):
    """Standard output that ends the process quietly when its reader has gone."""

    def write(self, fd: int, text: str) -> None:
        """See `Output`."""
        try:
            super().write(fd, text)
        except BrokenPipeError:
            leave(EXIT_BROKEN_PIPE)


class Tool:
    """One tool, started once.

    Args:
        plan: Its runtime plan.
        folder: Its package folder.
        registry: Its providers.
    """

    def __init__(self, plan: RuntimePlan, folder: str, registry: ProviderRegistry) -> None:
        self.plan = plan
        self.folder = folder
        self.registry = registry
        self.files = EmbeddedFiles(folder, plan.sources)
        self.runtime_name = ""
        self.flags: dict[tuple[str, str], str | bool | tuple[str, ...]] = {}  # by section and key, those given
        self.config_paths: tuple[str, ...] = ()  # what --config names
        self._resolved: dict[str, Resolved] = {}
        self.debug = False
        self.sources: dict[str, str] = {}  # code that is in no file, for excerpts
        self.output = ToolOutput()

    def choose_runtime(self, name: str | None) -> None:
        """Notes the profile that ``--runtime`` names; the last one given counts.

        Raises:
            UnknownNameError: There is none of that name.
        """
        if name is not None:
            self.runtime_name = self.plan.profile(name).name

    def profile(self, command_runtime: str = "") -> Profile:
        """Finds the chosen profile, else the command's, else the tool's default, as all layers make it.

        Raises:
            ConfigError: A config file, a variable or a flag cannot be accepted.
        """
        plan = self.plan
        prefix = f"{plan.env_prefix}_"
        if not self.flags and plan.config_file is None and not (plan.env_prefix and _any_starts(os.environ, prefix)):
            return plan.profile(self.runtime_name or command_runtime or plan.default_runtime)
        return self.resolved(command_runtime).profile

    def resolved(self, command_runtime: str = "") -> Resolved:
        """Every value of the profile that `profile` finds, with its origin.

        Raises:
            ConfigError: A config file, a variable or a flag cannot be accepted.
        """
        from xpyja.runtime.app.config import find_files, read_file, resolve  # most runs have no configuration

        plan = self.plan
        name = self.runtime_name or command_runtime or plan.default_runtime
        if name not in self._resolved:
            found = find_files(plan, self.config_paths, os.environ, os.getcwd())
            files = [read_file(layer, path) for layer, path in found]
            self._resolved[name] = resolve(plan, plan.profile(name), self.flags, os.environ, files)
        return self._resolved[name]

    def new_runtime(self, command_runtime: str = "") -> Runtime:
        """Makes a runtime from the chosen profile, else the command's, else the tool's default.

        Raises:
            CompositionError: The profile asks for a process of its own; `run` gives it one.
        """
        profile = self.profile(command_runtime)
        if profile.isolation == "process":
            raise CompositionError(
                f'this command cannot run in a process of its own, as runtime profile "{profile.name}" asks for',
                hint="choose another profile with --runtime",
            )
        from xpyja.runtime.app.compose import compose  # the engine; not every command needs it

        factory = compose(self.plan, profile, self.registry, self.files, output=self.output, debug=self.debug)
        return factory.new_runtime(profile.name)

    def run(self, command_runtime: str, program: Program, *, op: str) -> None:
        """Runs a program that is data, in a process of its own if the profile asks for one; see `run_program`."""
        profile = self.profile(command_runtime)
        if profile.isolation == "process":
            from xpyja.runtime.app.isolated import run_isolated

            run_isolated(self, profile, program)
            return
        deliver = (lambda runtime, value: show(program, runtime, value)) if program.show else None
        self.run_program(command_runtime, lambda runtime: start(program, runtime), deliver, op=op)

    def run_program(
        self,
        command_runtime: str,
        start: Callable[[Runtime], Held | None],
        on_value: Callable[[Runtime, Held], None] | None = None,
        *,
        op: str,
    ) -> None:
        """Runs a program in a runtime of its own, from the first line to the last pending timer.

        Ctrl-C stops it, also inside an endless loop; a second one ends the process at once.

        Args:
            command_runtime: The command's own default profile, or "".
            start: Starts it, on the owner.
            on_value: Takes its value, on the owner.
            op: A name for errors.

        Raises:
            XpyjaError: What ended it.
            click.exceptions.Exit: Ctrl-C.
        """
        runtime = self.new_runtime(command_runtime)
        deliver = None if on_value is None else lambda value: on_value(runtime, value)
        try:
            runtime.run(lambda: start(runtime), op=op, on_value=deliver)
        except KeyboardInterrupt:
            self._stop(runtime, EXIT_INTERRUPTED, None)
            from click.exceptions import Exit

            raise Exit(EXIT_INTERRUPTED) from None  # click would print an empty line for the interrupt itself
        except TimeLimitExceeded as error:
            self._stop(runtime, EXIT_TIME_LIMIT, error)
            raise
        except XpyjaError:
            self._close(runtime)
            raise
        runtime.close()

    def _stop(self, runtime: Runtime, exit_code: int, error: XpyjaError | None) -> None:
        """Ends a program that may not want to end. What does not return in time is left behind with the process."""
        try:
            runtime.close(CLOSE_SECONDS)
        except (CloseTimeout, KeyboardInterrupt):
            if error is not None:
                self.show(error)
            leave(exit_code)
        except XpyjaError:
            pass  # a closer failed; the reason for stopping is what counts

    @staticmethod
    def _close(runtime: Runtime) -> None:
        try:
            runtime.close(CLOSE_SECONDS)
        except XpyjaError:
            pass  # the program's own error is the one to show

    def show(self, error: XpyjaError) -> None:
        """Writes an error to stderr."""
        places = (*self.files.places(), (os.path.dirname(self.folder), ""))
        from xpyja.runtime.app.report import Report

        report = Report(colors=wants_colors(sys.stderr.isatty()), sources=self.sources, places=places)
        sys.stderr.write(report.render(error))


def _any_starts(names: Iterable[str], prefix: str) -> bool:
    return any(name.startswith(prefix) for name in names)


def leave(exit_code: int) -> NoReturn:
    """Ends the process now, with whatever threads are still busy."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass  # nobody reads it any more
    os._exit(exit_code)
