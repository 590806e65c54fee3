"""What a person at a terminal sees while a build runs."""

from __future__ import annotations

import os
import sys
from types import TracebackType

_DOING = {
    "plan": "reading the spec",
    "fetch": "fetching packages",
    "package": "writing the package",
    "stage": "staging",
    "pack": "packing",
    "prove": "starting the tool once",
}


class Progress:
    """One line on stderr that names the step at hand and is gone at the end; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write("")

    def __call__(self, step: str) -> None:
        """Shows a step."""
        self._write(f"{_DOING.get(step, step)} …")

    def _write(self, text: str) -> None:
        if self._shown:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
