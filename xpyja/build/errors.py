"""Errors of the build half. Their text is made by `xpyja.cli.output`."""

from __future__ import annotations

from dataclasses import dataclass

from xpyja.runtime.errors import EXIT_USAGE, XpyjaError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a spec.

    Attributes:
        file: The spec's path as the user gave it.
        line: Line, counted from 1.
        column: Column, counted from 1.
        path: Where in the document, such as ``runtimes.main.modules[1].config.allow``; "" for the whole of it.
        message: What is wrong, one sentence without a full stop.
        hint: What to do next, or None.
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str | None = None


class SpecError(XpyjaError):
    """A spec is invalid.

    Attributes:
        problems: All of them, in document order.
    """

    exit_code = EXIT_USAGE

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        count = len(problems)
        super().__init__(f"{problems[0].file}: {count} problem{'s' if count > 1 else ''}")
        self.problems = problems


class BuildError(XpyjaError):
    """A build step failed.

    Attributes:
        step: The step's name, such as ``stage``.
    """

    def __init__(self, step: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.step = step
