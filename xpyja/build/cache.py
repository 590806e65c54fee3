"""The folder in which the builder keeps what it can make again."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from xpyja.build.errors import BuildError
from xpyja.build.launcher import start


def cache_folder() -> Path:
    """Finds xpyja's cache folder, the same as the tools use, and makes it unless it exists.

    Raises:
        BuildError: There is no place for one, or it cannot be made.
    """
    hint = "set XPYJA_CACHE to a folder of your own"
    folder = start.cache_folder()
    if not folder:
        raise BuildError("stage", "there is no home folder for a cache", hint=hint)
    try:
        # Tools do not use a cache that others can write to, so its mode is not left to the umask.
        Path(folder).mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BuildError("stage", f"cannot make the cache {folder}: {error.strerror or error}", hint=hint) from error
    return Path(folder)


def read_cached(name: str) -> str | None:
    """Reads a small cached text, or None when there is none that can be read."""
    try:
        return (cache_folder() / name).read_text("utf-8")
    except (OSError, ValueError, BuildError):
        return None


def write_cached(name: str, text: str) -> None:
    """Writes a small text to the cache, whole or not at all. A cache that cannot be written is no failure."""
    with contextlib.suppress(OSError, BuildError):
        path = cache_folder() / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
