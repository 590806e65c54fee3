"""What the ``fs`` module does: operations on files inside `Roots`, and their failures as JavaScript errors."""

from __future__ import annotations

import os
import stat
from errno import EACCES, EBUSY, EEXIST, EILSEQ, EISDIR, ENOTDIR, ENOTSUP, errorcode
from io import FileIO
from types import TracebackType
from typing import NoReturn

from xpyja.runtime.api import UNDEFINED, HostError, Undefined
from xpyja_providers.host import text as encodings
from xpyja_providers.host.roots import Outside, Place, Roots

# A pipe without a writer would make `open` wait, a link that has just appeared would lead out.
_CAREFUL = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

_WRITE_FLAGS = {
    "w": os.O_CREAT,
    "wx": os.O_CREAT | os.O_EXCL,
    "a": os.O_CREAT | os.O_APPEND,
    "ax": os.O_CREAT | os.O_APPEND | os.O_EXCL,
    "r+": 0,
}

COPY_EXCLUSIVE = 1
COPY_CLONE_OR_FAIL = 4

_CHUNK = 1 << 20

Entry = tuple[str, str, int]


class Files:
    """The operations, each checked against what is allowed. Paths in errors are those that the script gave.

    Args:
        name: What scripts call the module, for messages.
        allow: ``read``, ``write`` or both.
        roots: The folders.
        shown_roots: How the configuration spells the folders, for messages.
    """

    def __init__(self, name: str, allow: tuple[str, ...], roots: Roots, shown_roots: tuple[str, ...]) -> None:
        self._name = name
        self._allow = allow
        self._roots = roots
        self._shown_roots = shown_roots

    # -- reading ---------------------------------------------------------------------------------------------------

    def read_file(self, path: str | bytes, encoding: str | None) -> bytes | str:
        """Reads a whole file, as text if there is an encoding."""
        with self._reading("open", path) as at, self._open(at, os.O_RDONLY) as file:
            at.syscall = "read"
            data = file.readall()
        return data if encoding is None else encodings.decode(data, encoding)

    def stat(self, path: str | bytes, follow: bool) -> dict[str, float]:
        """Describes a file, or the link itself."""
        with self._reading("stat" if follow else "lstat", path) as at, self._walk(at, follow=follow) as place:
            return describe(_status(place))

    def exists(self, path: str | bytes) -> bool:
        """Tells whether there is such a file; False for what is outside."""
        try:
            self.stat(path, True)
        except HostError as error:
            if error.code == "ERR_ACCESS_DENIED" and "read" not in self._allow:
                raise
            return False
        return True

    def access(self, path: str | bytes, mode: int) -> None:
        """Checks that the process may use a file in the given ways."""
        with self._reading("access", path) as at:
            if mode & os.W_OK:
                self._require("write", at)
            with self._walk(at) as place:
                _status(place)
                if mode & os.W_OK:
                    place.require_writable()
                if not os.access(place.name, mode, dir_fd=place.fd, follow_symlinks=False):
                    raise _os_error(EACCES)

    def readdir(self, path: str | bytes, recursive: bool) -> list[Entry]:
        """Lists a folder.

        Returns:
            For each entry the folder it is in, as a path below this one (``""`` for this one), its name and Node's
            number for its kind; sorted, folder by folder.
        """
        with self._reading("scandir", path) as at, self._walk(at) as place:
            found: list[Entry] = []
            pending = [""]
            for parent in pending:  # grows meanwhile
                fd = _open_below(place, parent)
                try:
                    entries = _scan(fd)
                finally:
                    os.close(fd)
                found += ((parent, name, kind) for name, kind in entries)
                if recursive:
                    folders = (name for name, kind in entries if kind == _KIND_FOLDER)
                    pending += (f"{parent}/{name}" if parent else name for name in folders)
            return found

    def readlink(self, path: str | bytes) -> str:
        """Returns the text of a link."""
        with self._reading("readlink", path) as at, self._walk(at, follow=False) as place:
            return os.readlink(place.name, dir_fd=place.fd)

    def realpath(self, path: str | bytes) -> str:
        """Returns the path without links, ``.`` and ``..``."""
        with self._reading("realpath", path) as at, self._walk(at) as place:
            _status(place)
            return place.path

    # -- writing ---------------------------------------------------------------------------------------------------

    def write_file(self, path: str | bytes, data: bytes | str, encoding: str, flag: str, mode: int) -> None:
        """Writes a whole file, or adds to it."""
        content = encodings.encode(data, encoding) if isinstance(data, str) else data
        with self._writing("open", path) as at, self._open(at, os.O_WRONLY | _WRITE_FLAGS[flag], mode) as file:
            at.syscall = "write"
            if flag == "w":
                file.truncate(0)
            _write(file, content)

    def truncate(self, path: str | bytes, length: int) -> None:
        """Makes a file shorter or longer."""
        with self._writing("open", path) as at, self._open(at, os.O_WRONLY) as file:
            at.syscall = "ftruncate"
            file.truncate(length)

    def mkdir(self, path: str | bytes, recursive: bool, mode: int) -> str | Undefined:
        """Makes a folder, and what is missing above it.

        Returns:
            The first folder that was made, if `recursive` and any was.
        """
        with self._writing("mkdir", path) as at:
            if not recursive:
                self._make_folder(at, at.path, mode)
                return UNDEFINED
            todo = [at.path.rstrip("/") or "/"]
            made: str | Undefined = UNDEFINED
            while todo:
                try:
                    self._make_folder(at, todo[-1], mode, make_root=True)
                    made = made or todo[-1]
                except FileNotFoundError:
                    parent = todo[-1].rpartition("/")[0].rstrip("/")
                    if not parent or made:
                        raise
                    todo.append(parent)
                    continue
                except FileExistsError:
                    with self._walk(at, todo[-1]) as place:
                        if not stat.S_ISDIR(_status(place).st_mode):
                            raise _os_error(EEXIST if len(todo) == 1 else ENOTDIR) from None
                todo.pop()
            return made

    def mkdtemp(self, prefix: str | bytes) -> str:
        """Makes a folder whose name is the prefix and six random characters."""
        start = os.fsdecode(prefix)
        with self._writing("mkdtemp", f"{start}XXXXXX") as at:
            while True:
                path = start + "".join(_LETTERS[byte % len(_LETTERS)] for byte in os.urandom(6))
                try:
                    self._make_folder(at, path, 0o700)
                except FileExistsError:
                    continue
                return path

    def rmdir(self, path: str | bytes) -> None:
        """Removes an empty folder."""
        with self._writing("rmdir", path) as at, self._walk_to_change(at, at.path.rstrip("/") or "/") as place:
            os.rmdir(place.name, dir_fd=place.fd)

    def unlink(self, path: str | bytes) -> None:
        """Removes a file or link."""
        with self._writing("unlink", path) as at, self._walk_to_change(at, at.path) as place:
            if stat.S_ISDIR(_status(place).st_mode):
                raise _os_error(EISDIR)  # macOS says EPERM
            os.unlink(place.name, dir_fd=place.fd)

    def rm(self, path: str | bytes, recursive: bool, force: bool) -> None:
        """Removes a file, or a folder with all that is in it; links are removed, not followed."""
        with self._writing("lstat", path) as at:
            try:
                with self._walk_to_change(at, at.path.rstrip("/") or "/") as place:
                    status = _status(place)
                    at.syscall = "rm"
                    if not stat.S_ISDIR(status.st_mode):
                        if at.path.endswith("/"):
                            raise _os_error(ENOTDIR)
                        os.unlink(place.name, dir_fd=place.fd)
                    elif recursive:
                        _remove_tree(place.fd, place.name)
                    else:
                        raise _is_a_folder(at.path)
            except FileNotFoundError:
                if not force:
                    raise

    def rename(self, path: str | bytes, dest: str | bytes) -> None:
        """Moves a file or folder, replacing what is there."""
        with self._writing("rename", path, dest) as at:
            source, target = at.path.rstrip("/") or "/", at.dest.rstrip("/") or "/"
            with self._walk_to_change(at, source) as old, self._walk_to_change(at, target) as new:
                if (source, target) != (at.path, at.dest) and not stat.S_ISDIR(_status(old).st_mode):
                    raise _os_error(ENOTDIR)
                os.rename(old.name, new.name, src_dir_fd=old.fd, dst_dir_fd=new.fd)

    def copy_file(self, path: str | bytes, dest: str | bytes, mode: int) -> None:
        """Copies the content and the permissions of a file, replacing what is there."""
        with self._writing("copyfile", path, dest) as at:
            self._require("read", at)
            if mode & COPY_CLONE_OR_FAIL:
                raise _os_error(ENOTSUP)
            with self._open(at, os.O_RDONLY) as source:
                permissions = stat.S_IMODE(os.fstat(source.fileno()).st_mode)
                flags = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if mode & COPY_EXCLUSIVE else 0)
                with self._open(at, flags, permissions, at.dest) as target:
                    if os.path.sameopenfile(source.fileno(), target.fileno()):
                        return
                    target.truncate(0)
                    os.fchmod(target.fileno(), permissions)
                    while chunk := source.read(_CHUNK):
                        _write(target, chunk)

    def utimes(self, path: str | bytes, atime: float, mtime: float) -> None:
        """Sets the times of a file, in seconds."""
        with self._writing("utime", path) as at, self._walk(at) as place:
            place.require_writable()
            os.utime(place.name, (atime, mtime), dir_fd=place.fd, follow_symlinks=False)

    # -- on the way ------------------------------------------------------------------------------------------------

    def _reading(self, syscall: str, path: str | bytes) -> _Operation:
        operation = _Operation(self, "read", syscall, path)
        self._require("read", operation)
        return operation

    def _writing(self, syscall: str, path: str | bytes, dest: str | bytes = "") -> _Operation:
        operation = _Operation(self, "write", syscall, path, dest)
        self._require("write", operation)
        return operation

    def _require(self, power: str, operation: _Operation) -> None:
        if power not in self._allow:
            verb = "reading" if power == "read" else "writing"
            operation.deny(f'{self._name}: {verb} is not allowed here (config.allow has no "{power}")', power)

    def outside(self, path: str) -> str:
        """The message about a path that leads outside."""
        roots = ", ".join(self._shown_roots) or "empty"
        return f"{self._name}: '{path}' is outside of the folders that can be reached (config.roots: {roots})"

    def _walk(self, at: _Operation, path: str | None = None, *, follow: bool = True) -> Place:
        path = at.path if path is None else path
        at.walking = path
        return self._roots.walk(path, follow=follow)

    def _walk_to_change(self, at: _Operation, path: str) -> Place:
        """Finds an entry of a folder that is to be removed or moved: never the target of a link, never a root."""
        place = self._walk(at, path, follow=False)
        try:
            place.require_writable()
            if place.name == ".":
                raise _os_error(EBUSY)
        except OSError:
            place.close()
            raise
        return place

    def _make_folder(self, at: _Operation, path: str, mode: int, *, make_root: bool = False) -> None:
        at.walking = path
        with self._roots.walk(path.rstrip("/") or "/", follow=False, make_root=make_root) as place:
            place.require_writable()
            os.mkdir(place.name, mode, dir_fd=place.fd)

    def _open(self, at: _Operation, flags: int, mode: int = 0, path: str | None = None) -> FileIO:
        """Opens a regular file. Nothing is truncated here: what was opened is only known once it is open."""
        writes = bool(flags & os.O_WRONLY)
        with self._walk(at, path, follow=not flags & os.O_EXCL) as place:
            if writes:
                place.require_writable()
            fd = os.open(place.name, flags | _CAREFUL, mode, dir_fd=place.fd)
        try:
            kind = os.fstat(fd).st_mode
            if stat.S_ISDIR(kind):
                at.syscall = "read" if at.syscall == "open" else at.syscall  # as Node, where opening succeeds
                raise _os_error(EISDIR)
            if not stat.S_ISREG(kind):
                raise OSError(ENOTSUP, "not a regular file")
            return FileIO(fd, "wb" if writes else "rb")
        except BaseException:
            os.close(fd)
            raise


class _Operation:
    """One call of a script: turns the failures inside its ``with`` block into JavaScript errors.

    Attributes:
        syscall: Name of the system call that Node would name; changes as the operation goes on.
        path: The path that the script gave.
        dest: The second path, or "".
        walking: The path that was walked last, the one meant when a walk leads outside.
    """

    __slots__ = ("_files", "_power", "dest", "path", "syscall", "walking")

    def __init__(self, files: Files, power: str, syscall: str, path: str | bytes, dest: str | bytes = "") -> None:
        self._files = files
        self._power = power
        self.syscall = syscall
        self.path = os.fsdecode(path)
        self.dest = os.fsdecode(dest)
        self.walking = self.path

    def __enter__(self) -> _Operation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Outside):
            self.deny(self._files.outside(self.walking), self._power)
        if isinstance(error, UnicodeEncodeError):
            error = _os_error(EILSEQ)
        if isinstance(error, OSError):
            raise self._failure(error) from None

    def deny(self, message: str, power: str) -> NoReturn:
        """Raises the error for what the configuration does not allow."""
        asked = {"permission": _PERMISSIONS[power], "resource": self.walking}
        where = {"syscall": self.syscall, "path": self.path}
        raise HostError(message, code="ERR_ACCESS_DENIED", properties=asked | where) from None

    def _failure(self, error: OSError) -> HostError:
        number = error.errno or 0
        code = "ENOTSUP" if number == ENOTSUP else errorcode.get(number, "UNKNOWN")
        message = _MESSAGES.get(code) or (error.strerror or "unknown error").lower()
        shown = f"'{self.path}'"
        properties: dict[str, object] = {"errno": -number, "syscall": self.syscall, "path": self.path}
        if self.dest:
            shown += f" -> '{self.dest}'"
            properties["dest"] = self.dest
        return HostError(f"{code}: {message}, {self.syscall} {shown}", code=code, properties=properties)


_PERMISSIONS = {"read": "FileSystemRead", "write": "FileSystemWrite"}

# Node's words, where they are not the C library's.
_MESSAGES = {
    "EBUSY": "resource busy or locked",
    "EEXIST": "file already exists",
    "EILSEQ": "illegal byte sequence",
    "EINVAL": "invalid argument",
    "EIO": "i/o error",
    "EISDIR": "illegal operation on a directory",
    "ELOOP": "too many symbolic links encountered",
    "EMFILE": "too many open files",
    "ENAMETOOLONG": "name too long",
    "ENFILE": "file table overflow",
    "ETXTBSY": "text file is busy",
    "EXDEV": "cross-device link not permitted",
}

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

_KINDS = {
    stat.S_IFREG: 1,
    stat.S_IFDIR: 2,
    stat.S_IFLNK: 3,
    stat.S_IFIFO: 4,
    stat.S_IFSOCK: 5,
    stat.S_IFCHR: 6,
    stat.S_IFBLK: 7,
}
_KIND_FOLDER = 2


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def _is_a_folder(path: str) -> HostError:
    """The error of `rm` on a folder without `recursive`, for which Node has a shape of its own."""
    message = f"Path is a directory: rm returned EISDIR (is a directory) {path}"
    properties = {"errno": EISDIR, "syscall": "rm", "path": path}
    return HostError(message, name="SystemError", code="ERR_FS_EISDIR", properties=properties)


def _status(place: Place) -> os.stat_result:
    return os.stat(place.name, dir_fd=place.fd, follow_symlinks=False)


def describe(status: os.stat_result) -> dict[str, float]:
    """What JavaScript's ``Stats`` is made of."""
    described: dict[str, float] = {
        name: _number(getattr(status, f"st_{name}", 0))
        for name in ("dev", "mode", "nlink", "uid", "gid", "rdev", "blksize", "ino", "size", "blocks")
    }
    for name in ("atime", "mtime", "ctime"):
        described[f"{name}Ms"] = getattr(status, f"st_{name}_ns") / 1e6
    # Linux keeps a birth time, but Python does not ask for it.
    described["birthtimeMs"] = getattr(status, "st_birthtime", status.st_ctime) * 1000
    return described


def _number(value: int) -> float:
    """Beyond 2^53 an int would arrive as a BigInt, which no script expects in these places."""
    return value if value < 1 << 53 else float(value)


def _open_below(place: Place, path: str) -> int:
    """Opens a folder for listing: the place itself, or one below it, through no link."""
    fd = os.open(place.name, _LIST, dir_fd=place.fd)
    for name in path.split("/") if path else ():
        outer = fd
        try:
            fd = os.open(name, _LIST, dir_fd=outer)
        finally:
            os.close(outer)
    return fd


def _scan(fd: int) -> list[tuple[str, int]]:
    """The entries of an open folder with their kinds, sorted."""
    with os.scandir(fd) as entries:
        found = [(entry.name, _kind(entry)) for entry in entries]
    return sorted(found, key=lambda entry: os.fsencode(entry[0]))


def _kind(entry: os.DirEntry[str]) -> int:
    if entry.is_symlink():
        return _KINDS[stat.S_IFLNK]
    if entry.is_dir(follow_symlinks=False):
        return _KIND_FOLDER
    if entry.is_file(follow_symlinks=False):
        return _KINDS[stat.S_IFREG]
    try:
        return _KINDS.get(stat.S_IFMT(entry.stat(follow_symlinks=False).st_mode), 0)
    except FileNotFoundError:
        return 0  # gone meanwhile


def _remove_tree(dir_fd: int, name: str) -> None:
    """Removes a folder with all that is in it, deepest first, entering no link."""
    outer = [(dir_fd, name)]  # the folders being emptied: where each is, and its name there
    fds: list[int] = []
    try:
        fds.append(os.open(name, _LIST, dir_fd=dir_fd))
        pending = [_scan(fds[-1])]
        while fds:
            if pending[-1]:
                inner, kind = pending[-1].pop()
                if kind == _KIND_FOLDER:
                    outer.append((fds[-1], inner))
                    fds.append(os.open(inner, _LIST, dir_fd=fds[-1]))
                    pending.append(_scan(fds[-1]))
                else:
                    os.unlink(inner, dir_fd=fds[-1])
            else:
                pending.pop()
                os.close(fds.pop())
                where, emptied = outer.pop()
                os.rmdir(emptied, dir_fd=where)
    finally:
        for fd in fds:
            os.close(fd)


def _write(file: FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
