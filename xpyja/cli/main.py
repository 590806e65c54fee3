"""The ``xpyja`` command.

Each command is one function in its own file (parse, call `xpyja.build`, print) and is registered below. A command
imports the heavy parts of the build half inside its function, so that ``xpyja --help`` stays quick.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, NoReturn

import typer
from typer.exceptions import Abort, TyperException

from xpyja import __version__
from xpyja.cli import output
from xpyja.cli.build import build
from xpyja.cli.check import check
from xpyja.cli.doctor import doctor
from xpyja.cli.generate import generate
from xpyja.cli.init import init
from xpyja.cli.modules import modules
from xpyja.cli.schema import schema
from xpyja.runtime.errors import EXIT_INTERRUPTED, UnsupportedPlatformError

app = typer.Typer(
    name="xpyja",
    help="Turns a YAML spec into one executable file that runs JavaScript, with Python behind require().",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(init)
app.command()(build)
app.command()(check)
app.command()(generate)
app.command()(modules)
app.command()(schema)
app.command()(doctor)


@dataclass(slots=True)
class Session:
    """What the options before the command set.

    Attributes:
        debug: Whether errors come with a traceback.
    """

    debug: bool = False


def _show_version(wanted: bool) -> None:
    if wanted:
        output.data(f"xpyja {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback with every error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    context.ensure_object(Session).debug = debug
    if context.invoked_subcommand is None:
        output.data(context.get_help())


def run(arguments: Sequence[str]) -> int:
    """Runs a command line.

    Args:
        arguments: The words after ``xpyja``.

    Returns:
        The exit code. Whatever goes wrong has been shown on stderr.
    """
    session = Session()
    try:
        if sys.platform == "win32":
            raise UnsupportedPlatformError("xpyja runs on Linux and macOS; Windows is not supported")
        result = app(list(arguments), prog_name="xpyja", standalone_mode=False, obj=session)
    except TyperException as failure:
        command = getattr(getattr(failure, "ctx", None), "command_path", "xpyja")
        output.error(failure.format_message(), f"see {command} --help")
        return failure.exit_code
    except (KeyboardInterrupt, Abort):
        return EXIT_INTERRUPTED
    except Exception as failure:  # noqa: BLE001 - the outermost place; anything else would be a traceback
        return output.report(failure, debug=session.debug)
    return result if isinstance(result, int) else 0


def main() -> NoReturn:
    """Runs the command line of this process and exits."""
    sys.exit(run(sys.argv[1:]))
