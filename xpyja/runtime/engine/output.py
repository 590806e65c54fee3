"""Where ``console`` writes."""

from __future__ import annotations

import os
import sys
from typing import TextIO


class StandardOutput:
    """The process's own stdout and stderr."""

    def _stream(self, fd: int) -> TextIO:
        return sys.stdout if fd == 1 else sys.stderr

    def write(self, fd: int, text: str) -> None:
        """See `Output`. Characters that the stream's encoding lacks are written as escapes."""
        stream = self._stream(fd)
        try:
            stream.write(text)
        except UnicodeEncodeError:
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()

    def is_terminal(self, fd: int) -> bool:
        """See `Output`."""
        try:
            return self._stream(fd).isatty()
        except ValueError:  # closed
            return False

    def colors(self, fd: int) -> bool:
        """See `Output`: ``FORCE_COLOR`` beats ``NO_COLOR`` beats what the terminal can do."""
        return wants_colors(self.is_terminal(fd))

    def columns(self, fd: int) -> int:
        """See `Output`."""
        try:
            return os.get_terminal_size(fd).columns
        except OSError:
            return 80


def wants_colors(terminal: bool) -> bool:
    """Decides about colours from the environment, as node and most tools do."""
    forced = os.environ.get("FORCE_COLOR")
    if forced is not None:
        return forced not in ("0", "false")
    if os.environ.get("NO_COLOR"):
        return False
    return terminal and os.environ.get("TERM") != "dumb"
