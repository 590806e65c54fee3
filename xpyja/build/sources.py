"""The files of a source."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xpyja.build.quoting import quoted

SKIPPED = frozenset({".git", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Listing:
    """What is in the folder of a source.

    Attributes:
        folder: The folder.
        files: Paths relative to the folder, with forward slashes, sorted.
        problems: What cannot be part of a source, and why.
    """

    folder: Path
    files: tuple[str, ...]
    problems: tuple[str, ...] = ()


def list_files(folder: Path) -> Listing:
    """Lists the files of a source.

    A link to a file inside the folder counts as that file. A link that leaves the folder would put something into the
    tool that the spec does not name, so it is a problem, as is a link to a folder.

    Args:
        folder: The source's folder, which exists.
    """
    files: list[str] = []
    problems: list[str] = []
    for path in _walk(folder, problems):
        relative = path.relative_to(folder).as_posix()
        reason = _refusal(path, folder)
        if reason:
            problems.append(f"{quoted(relative)} {reason}")
        else:
            files.append(relative)
    return Listing(folder, tuple(sorted(files)), tuple(sorted(problems)))


def _walk(folder: Path, problems: list[str]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        problems.append(
            f"{quoted(Path(error.filename).relative_to(folder).as_posix())} cannot be read: {error.strerror}"
        )

    for current, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        for name in [*(name for name in folders if Path(current, name).is_symlink()), *names]:
            if name not in SKIPPED:
                yield Path(current, name)


def _refusal(path: Path, folder: Path) -> str | None:
    """Says why a path cannot be part of a source, or nothing."""
    if not path.relative_to(folder).as_posix().isprintable():  # which a name that is not UTF-8 never is
        return "has a name that cannot be packed"
    try:
        real = path.resolve(strict=True)
        mode = real.stat().st_mode
    except (OSError, RuntimeError):  # RuntimeError: links in a circle, before Python 3.13
        return "is a link that leads nowhere"
    if path.is_symlink():
        if not real.is_relative_to(folder.resolve()):
            return "is a link that leaves the folder"
        if stat.S_ISDIR(mode):
            return "is a link to a folder"
    if not stat.S_ISREG(mode):
        return "is not a regular file"
    return None if os.access(real, os.R_OK) else "cannot be read"
