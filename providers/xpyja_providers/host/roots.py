"""The guard of ``fs``: finds the file that a path means without ever leaving the folders a script was given.

The kernel is never handed a path of a script. A path is walked one name at a time, each name looked up in the folder
that is open at that point (``dir_fd``) and never through a symbolic link (``O_NOFOLLOW``). The text of a link is read
and walked like the rest of the path. So there is no moment between a check and the use of what was checked: a folder
that becomes a link meanwhile makes the walk fail, and what the walk hands out, an open folder and one name in it, means
the same thing however the tree around it changes.

Outside of all roots a path is only text: nothing there is looked at, so nothing can be learned about it.
"""

from __future__ import annotations

import os
from errno import EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EROFS
from threading import Lock
from types import TracebackType

MAX_LINKS = 40
MAX_PATH = 4096

# To look names up in a folder it need not be readable. O_PATH is Linux's word for that, O_SEARCH that of macOS.
_WALK = getattr(os, "O_PATH", getattr(os, "O_SEARCH", os.O_RDONLY))
_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Outside(Exception):
    """A path leads to where no root is."""


class Root:
    """A folder that scripts can reach.

    Args:
        path: Its absolute path on this machine.
        mount: Where scripts see it; None for a folder that they see where it is.
    """

    def __init__(self, path: str, mount: str | None = None) -> None:
        self.path = path
        self.read_only = mount is not None
        self.text = path if mount is None else mount
        self._real: str | None = None
        self._lock = Lock()
        self._fd = -1

    def open(self, *, make: bool = False) -> int:
        """Opens the folder; the caller closes the descriptor.

        The folder itself is looked up once, so that later changes to the path before it have no effect, and again only
        after it was deleted, and then only where it was.

        Args:
            make: Whether to create the folder if it is missing.

        Raises:
            OSError: It is missing, or not a folder.
        """
        with self._lock:
            if self._fd < 0 or os.fstat(self._fd).st_nlink == 0:
                self._release()
                if make and not self.read_only:
                    os.makedirs(self.path, exist_ok=True)
                real = os.path.realpath(self.path)
                if self._real not in (None, real):
                    raise OSError(ENOENT, os.strerror(ENOENT))
                self._fd = os.open(real, _WALK | _FOLDER)
                self._real = real
                if not self.read_only:
                    self.text = _trim(real)
            return os.dup(self._fd)

    def close(self) -> None:
        """Closes the folder. Descriptors that `open` returned are not affected."""
        with self._lock:
            self._release()

    def _release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Place:
    """Where a walk has come to: an open folder and a name in it. A context manager that closes the folder.

    Attributes:
        fd: The folder, or -1 while the walk is outside of all roots.
        name: The name in it; ``.`` for the folder itself.
        text: The folder's path as scripts see it, without a slash at the end.
    """

    __slots__ = ("fd", "name", "root", "text")

    def __init__(self) -> None:
        self.fd = -1
        self.name = "."
        self.text = ""
        self.root: Root | None = None

    @property
    def path(self) -> str:
        """The whole path as scripts see it, free of links, ``.`` and ``..``."""
        return (self.text if self.name == "." else f"{self.text}/{self.name}") or "/"

    def require_writable(self) -> None:
        """Checks that this is not in a mount.

        Raises:
            OSError: It is.
        """
        if self.root is not None and self.root.read_only:
            raise OSError(EROFS, os.strerror(EROFS))

    def __enter__(self) -> Place:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the folder."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def _enter(self, root: Root | None, text: str, *, make: bool = False) -> None:
        """Goes to a root, or, where there is none, to a text outside."""
        self.close()
        self.root = root
        self.text = text
        if root is not None:
            self.fd = root.open(make=make)
            self.text = root.text

    def _descend(self, name: str) -> str | None:
        """Goes into a folder, or returns the text of the link that is there instead."""
        try:
            inner = os.open(name, _WALK | _FOLDER, dir_fd=self.fd)
        except OSError as error:
            if error.errno not in (ENOTDIR, ELOOP):
                raise
            target = self.link(name)
            if target is None:
                raise OSError(ENOTDIR, os.strerror(ENOTDIR)) from None
            return target
        self.close()
        self.fd = inner
        self.text = f"{self.text}/{name}"
        return None

    def link(self, name: str) -> str | None:
        """Reads the text of the link `name` in the folder; None if there is no link of that name."""
        try:
            return os.readlink(name, dir_fd=self.fd)
        except OSError as error:
            if error.errno in (EINVAL, ENOENT):
                return None
            raise


class Roots:
    """The folders that scripts can reach, and the way to the files in them.

    Nothing is opened before the first walk. Any thread may walk.

    Args:
        folders: The roots, relative to `base`. One inside another is part of that one: it is reached through it, by
            the same rules.
        mounts: Absolute path at which scripts see a folder → the folder. What lies below a mount point is hidden by it.
        base: Working directory.
    """

    def __init__(self, folders: tuple[str, ...], mounts: dict[str, str], base: str) -> None:
        paths = sorted({os.path.normpath(os.path.join(base, folder)) for folder in folders})
        # A script that may write could have made an inner root a link to anywhere; opening it would follow that.
        self._roots = [Root(path) for path in paths if not any(_is_below(path, other) for other in paths)]
        self._mounts = {_trim(point): Root(folder, _trim(point)) for point, folder in mounts.items()}
        self._entrances: dict[str, Root] = {}
        self._lock = Lock()

    def close(self) -> None:
        """Closes all roots."""
        for root in (*self._roots, *self._mounts.values()):
            root.close()

    def walk(self, path: str, *, follow: bool = True, make_root: bool = False) -> Place:
        """Finds the place that a path means.

        The last name need not exist. A slash at the end asks for a folder, as everywhere in POSIX.

        Args:
            path: A path of a script, relative to the process's working directory.
            follow: Whether a link as the last name is followed.
            make_root: Whether a missing root is created.

        Returns:
            The place, whose name was no link when the walk looked, if `follow`. What is done with it must not follow a
            link either: it may be one by now.

        Raises:
            Outside: It leads out of the roots.
            OSError: A folder on the way is missing, is not a folder or cannot be searched, or there are too many links.
        """
        if not path:
            raise OSError(ENOENT, os.strerror(ENOENT))
        if "\0" in path:
            raise OSError(EINVAL, os.strerror(EINVAL))
        if len(os.fsencode(path)) > MAX_PATH:
            raise OSError(ENAMETOOLONG, os.strerror(ENAMETOOLONG))
        self._open_roots()
        place = Place()
        try:
            self._walk(place, path if path.startswith("/") else f"{os.getcwd()}/{path}", follow, make_root)
        except BaseException:
            place.close()
            raise
        return place

    def _walk(self, place: Place, path: str, follow: bool, make_root: bool) -> None:
        pending = _names(path)
        links = 0
        self._go_to(place, "", make_root)
        while pending:
            name = pending.pop()
            target: str | None = None
            if name == ".":
                continue
            if name == "..":
                # Not the folder's own "..": it may have been moved since, and would lead to another parent.
                target = place.text.rpartition("/")[0] + "/"
            elif place.root is None or f"{place.text}/{name}" in self._mounts:
                self._go_to(place, f"{place.text}/{name}", make_root)
                continue
            else:
                if not pending:
                    target = place.link(name) if follow else None
                    if target is None:
                        place.name = name
                        return
                else:
                    target = place._descend(name)
                    if target is None:
                        continue
                links += 1
                if links > MAX_LINKS:
                    raise OSError(ELOOP, os.strerror(ELOOP))
            if target.startswith("/"):
                self._go_to(place, "", make_root)
            pending += _names(target)
        if place.root is None:
            raise Outside(path)

    def _go_to(self, place: Place, text: str, make_root: bool) -> None:
        root = self._mounts.get(text) or self._entrances.get(text)
        place._enter(root, text, make=make_root)
        if root is not None and not root.read_only:
            self._entrances.setdefault(root.text, root)  # it may have been missing so far

    def _open_roots(self) -> None:
        """Learns the true paths of the roots, which links and scripts may use as well."""
        with self._lock:
            if self._entrances:
                return
            entrances = {}
            for root in self._roots:
                entrances[_trim(root.path)] = root
                try:
                    os.close(root.open())
                except OSError:
                    continue  # Whoever walks into it gets the error.
                entrances.setdefault(root.text, root)
            self._entrances = entrances


def _names(path: str) -> list[str]:
    """The names of a path, last first. One of a slash at the end is ``.``, the folder itself."""
    names = [name for name in path.split("/") if name]
    if path.endswith("/"):
        names.append(".")
    names.reverse()
    return names


def _trim(path: str) -> str:
    return "" if path == "/" else path


def _is_below(path: str, other: str) -> bool:
    """Whether one configured path is inside another. Not the guard: that is the walk."""
    return path != other and path.startswith(other.rstrip("/") + "/")
