"""The one place of the build half that turns results and errors into text.

Data goes to stdout, everything else to stderr. Colour is used on a terminal only, and never with ``NO_COLOR``.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any, TextIO

from xpyja.build.errors import Problem, SpecError
from xpyja.runtime.errors import EXIT_BUG, XpyjaError

_BOLD, _RED, _CYAN, _GREEN, _RESET = "\x1b[1m", "\x1b[31m", "\x1b[36m", "\x1b[32m", "\x1b[0m"


def data(text: str) -> None:
    """Writes a result to stdout."""
    _write(sys.stdout, text)


def data_json(value: Any) -> None:  # any JSON value
    """Writes a result to stdout as indented JSON."""
    data(json.dumps(value, indent=2, ensure_ascii=False))


def note(text: str) -> None:
    """Writes a line for the person at the terminal to stderr."""
    _write(sys.stderr, text)


def success(text: str) -> None:
    """Writes ``ok: …`` to stderr."""
    note(f"{_paint('ok', _GREEN)}: {text}")


def error(message: str, hint: str | None = None) -> None:
    """Writes ``error: …`` and, below it, the hint to stderr."""
    note(f"{_paint('error', _RED)}: {message}")
    if hint:
        note(_hint(hint))


def problem(found: Problem) -> None:
    """Writes one problem of a spec: position, path, message and, below them, the hint."""
    where = _paint(f"{found.file}:{found.line}:{found.column}", _BOLD)
    note(f"{where}: {found.path}: {found.message}" if found.path else f"{where}: {found.message}")
    if found.hint:
        note(_hint(found.hint))


def report(failure: BaseException, *, debug: bool) -> int:
    """Shows whatever ended a command.

    Args:
        failure: What was raised.
        debug: Whether to show a traceback as well.

    Returns:
        The exit code.
    """
    if debug:
        note("".join(traceback.format_exception(failure)).rstrip())
    if isinstance(failure, SpecError):
        for found in failure.problems:
            problem(found)
        return failure.exit_code
    if isinstance(failure, XpyjaError):
        error(failure.message, failure.hint)
        return failure.exit_code
    error(
        f"a bug in xpyja: {type(failure).__name__}: {_first_line(str(failure))}",
        None if debug else "run xpyja --debug COMMAND for the traceback",
    )
    return EXIT_BUG


def _hint(text: str) -> str:
    return f"  {_paint('hint', _CYAN)}: {text}"


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else ""


def _paint(text: str, colour: str) -> str:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not sys.stderr.isatty()
    return text if plain else f"{colour}{text}{_RESET}"


def _write(stream: TextIO, text: str) -> None:
    """Writes a line; characters that the stream's encoding lacks are shown as escapes instead of failing."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    stream.flush()
