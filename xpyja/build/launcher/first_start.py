"""The first start of a tool on a machine, on another Python, or after its unpacked copy was damaged.

This file is ``xpyja_first_start.py`` in the archive. Files are written one by one, each under a temporary name that is
then renamed, and the stamp comes last. So there is one path for all cases: whatever is missing or differs is written,
whatever is right stays, and a start that was killed leaves a copy without a stamp, which the next start completes.
Running tools never see a half-written file. No ``fsync`` is needed: the file systems in use write a file's data
before the length that the stamp check compares.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import fcntl
import importlib.util
import marshal
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from typing import Protocol

PREFIX = "site-packages/"
LOCK = "lock"


class Start(Protocol):
    """What this module needs from the archive's ``__main__``."""

    NAME: str
    DIGEST: str
    TARGET: str

    def is_private(self, *folders: str) -> bool:
        """See `xpyja.build.launcher.start`."""

    def is_whole(self, copy: str) -> bool:
        """See `xpyja.build.launcher.start`."""

    def stamp_name(self) -> str:
        """See `xpyja.build.launcher.start`."""


def this_target() -> str:
    """Names the platform that this Python runs on, such as ``linux-x86_64``."""
    system = sys.platform
    if system == "win32":
        return "windows"
    machine = os.uname().machine
    if system.startswith("linux"):
        try:
            glibc = os.confstr("CS_GNU_LIBC_VERSION")
        except (OSError, ValueError):
            glibc = None
        system = "linux" if glibc else "musl"
        machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    elif system == "darwin":
        system = "macos"
    return f"{system}-{machine}" + ("" if sys.maxsize > 2**32 else "-32bit")


class Unusable(Exception):
    """A folder cannot hold the copy; the text says why."""


def prepare(archive: str, start: Start, cache: str, copy: str) -> str:
    """Makes sure that there is a whole copy of the archive.

    Args:
        archive: The tool's file.
        start: The archive's ``__main__``.
        cache: Folder of xpyja's cache, or "" if there is none.
        copy: Where the copy belongs inside the cache.

    Returns:
        The folder of the copy: `copy`, or a temporary one that is removed at exit if the cache cannot be used. "" if
        there is no usable place; stderr then says why.
    """
    here = this_target()
    if here != start.TARGET:
        _say(f"error: {start.NAME} is built for {start.TARGET}; {sys.executable or 'this Python'} is for {here}")
        return ""
    reasons = []
    try:
        try:
            return _in_cache(archive, start, cache, copy)
        except (Unusable, OSError) as failure:
            reasons.append(_explain(failure, cache))
        for base in _temporary_folders():
            try:
                return _in_temporary_folder(archive, start, base, reasons[0])
            except (Unusable, OSError) as failure:
                reasons.append(_explain(failure, base))
    except (zipfile.BadZipFile, EOFError) as failure:
        _say(f"error: {archive} is damaged ({failure})", "build or download it again")
        return ""
    _say(
        f"error: {start.NAME} cannot unpack itself: {'; '.join(dict.fromkeys(reasons))}",
        "set XPYJA_CACHE to a folder of your own that has room, is writable and allows execution",
    )
    return ""


def _in_cache(archive: str, start: Start, cache: str, copy: str) -> str:
    if not cache:
        raise Unusable("there is no home folder for a cache")
    _make_private_folder(cache)
    for folder in (cache, os.path.dirname(copy), copy):
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        if not start.is_private(folder):
            raise Unusable(f"{folder} belongs to somebody else, or others can write to it")
    _refuse_noexec(copy)
    with _locked(copy + ".lock"):
        # Somebody may have done it while this process waited for the lock.
        if not start.is_whole(copy):
            if sys.stderr.isatty():
                version = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
                _say(f"{start.NAME}: unpacking into {copy} (first start with {version}, or a damaged copy)")
            _fill(archive, start, copy)
    return copy


def _in_temporary_folder(archive: str, start: Start, base: str, reason: str) -> str:
    prefix = f"xpyja-{start.NAME}-"
    _remove_abandoned(base, prefix)
    folder = tempfile.mkdtemp(prefix=prefix, dir=base)
    atexit.register(_remove, folder, os.getpid())
    _refuse_noexec(folder)
    # Held until this process ends, however it ends: it tells the folder from an abandoned one.
    fcntl.flock(os.open(os.path.join(folder, LOCK), os.O_RDWR | os.O_CREAT, 0o600), fcntl.LOCK_EX)
    _fill(archive, start, folder)
    if sys.stderr.isatty():
        _say(
            f"{start.NAME}: started from a temporary copy, which is slow: {reason}",
            "set XPYJA_CACHE to a folder of your own",
        )
    return folder


def _remove_abandoned(base: str, prefix: str) -> None:
    """Removes the copies of starts that were killed: nobody holds their locks any more."""
    for name in os.listdir(base):
        if not name.startswith(prefix):
            continue
        with contextlib.suppress(OSError):
            descriptor = os.open(os.path.join(base, name, LOCK), os.O_RDWR | os.O_NOFOLLOW)
            try:
                if os.fstat(descriptor).st_uid == os.geteuid():
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(os.path.join(base, name), ignore_errors=True)
            finally:
                os.close(descriptor)


def _make_private_folder(cache: str) -> None:
    """Makes the cache folder, except that root never makes one inside somebody's home (as under ``sudo``)."""
    parent = cache
    while not os.path.exists(parent):
        parent = os.path.dirname(parent)
    if os.geteuid() == 0 and os.stat(parent).st_uid != 0 and parent != cache:
        raise Unusable(f"{parent} belongs to somebody else")
    os.makedirs(os.path.dirname(cache), exist_ok=True)


def _refuse_noexec(folder: str) -> None:
    # Linux only; elsewhere the loader's own message has to do.
    if os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0):
        raise Unusable(f"{folder} is on a file system that forbids execution (noexec)")


def _temporary_folders() -> list[str]:
    chosen = [os.environ.get("TMPDIR", ""), "/tmp", "/var/tmp", "/dev/shm"]  # noqa: S108 - mkdtemp makes a private one in it
    return [folder for folder in dict.fromkeys(chosen) if os.path.isabs(folder) and os.path.isdir(folder)]


@contextlib.contextmanager
def _locked(path: str) -> Iterator[None]:
    """Holds a lock, which the system drops when the process ends, however it ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # A file system without locks is no reason to fail: two writers write the same bytes under different names.
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _fill(archive: str, start: Start, copy: str) -> None:
    """Writes whatever the copy lacks, compiles it for this Python, stamps it."""
    sizes: dict[str, int] = {}
    made: set[str] = set()

    def put(name: str, content: bytes, mode: int) -> None:
        path = os.path.join(copy, name)
        folder = os.path.dirname(path)
        if folder not in made:
            os.makedirs(folder, exist_ok=True)
            made.add(folder)
        sizes[name] = len(content)
        if _read(path) != content:
            _write(path, content, mode)

    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            if entry.filename.startswith(PREFIX):
                content = opened.read(entry)
                put(entry.filename, content, entry.external_attr >> 16 & 0o777)
                if entry.filename.endswith(".py"):
                    compiled = _compiled(os.path.join(copy, entry.filename), content)
                    if compiled is not None:
                        put(importlib.util.cache_from_source(entry.filename), compiled, 0o644)
    _sweep(copy)
    lines = [start.DIGEST, *(f"{size} {name}" for name, size in sizes.items()), "end", ""]
    _write(os.path.join(copy, start.stamp_name()), "\n".join(lines).encode(), 0o644)


def _compiled(path: str, source: bytes) -> bytes | None:
    """Compiles a source file; None if it is not meant for this Python, as happens in packages that support several."""
    try:
        code = compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    # An "unchecked hash" file (flag 1): no time stamp of the source has to survive unpacking.
    return b"".join((importlib.util.MAGIC_NUMBER, b"\1\0\0\0", importlib.util.source_hash(source), marshal.dumps(code)))


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError:
        return None


def _write(path: str, content: bytes, mode: int) -> None:
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as stream:
            stream.write(content)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _sweep(copy: str) -> None:
    """Removes what killed starts left half-written."""
    for folder, _, names in os.walk(copy):
        for name in names:
            if name.endswith(".tmp"):
                with contextlib.suppress(OSError):
                    os.unlink(os.path.join(folder, name))


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # not in a forked child
        shutil.rmtree(folder, ignore_errors=True)


def _explain(failure: Exception, folder: str) -> str:
    if isinstance(failure, OSError):
        full = failure.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        return f"{folder}: {'no room: ' if full else ''}{failure.strerror or failure}"
    return str(failure)


def _say(text: str, hint: str = "") -> None:
    sys.stderr.write(text + "\n" + (f"  hint: {hint}\n" if hint else ""))
