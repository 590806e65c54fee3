"""The files that a tool carries."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from xpyja.runtime.errors import UnknownNameError
from xpyja.runtime.plan import SOURCES_FOLDER

if TYPE_CHECKING:
    from xpyja.runtime.plan import SourceEntry


class EmbeddedFiles:
    """The files of a tool's sources: an `xpyja.runtime.api.Assets`.

    Args:
        folder: The tool's package folder.
        sources: Its sources.
    """

    def __init__(self, folder: str, sources: tuple[SourceEntry, ...]) -> None:
        self._folder = folder
        self._sources = {source.id: source for source in sources}

    def folder(self, source: str) -> str:
        """See `Assets.folder`."""
        return self._find(source, "assets")

    def script(self, source: str, path: str) -> str:
        """The path of a file of a ``script`` source.

        Raises:
            UnknownNameError: There is no such source, or no such file in it.
        """
        folder = self._find(source, "script")
        entry = self._sources[source]
        if entry.files and path not in entry.files:
            raise UnknownNameError(f'file of source "{source}"', path, entry.files)
        return os.path.join(folder, path)

    def script_folders(self) -> tuple[str, ...]:
        """The folders of all ``script`` sources."""
        return tuple(self._path(source) for source in self._sources.values() if source.kind == "script")

    def has_script(self, source: str) -> bool:
        """Whether there is a ``script`` source of that id."""
        return source in self._sources and self._sources[source].kind == "script"

    def _find(self, source: str, kind: str) -> str:
        entry = self._sources.get(source)
        if entry is None or entry.kind != kind:
            known = tuple(other.id for other in self._sources.values() if other.kind == kind)
            raise UnknownNameError(f"{kind} source", source, known)
        return self._path(entry)

    def _path(self, source: SourceEntry) -> str:
        if source.embedded:
            return os.path.join(self._folder, SOURCES_FOLDER, source.root)
        return os.path.abspath(source.root)

    def places(self) -> tuple[tuple[str, str], ...]:
        """The folders of the embedded sources, each with the short name that traces use for it."""
        return tuple((self._path(source), f"{source.id}:") for source in self._sources.values() if source.embedded)
