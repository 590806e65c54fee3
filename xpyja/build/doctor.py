"""What this machine needs so that specs can be built: one row per check."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import xpyja
from xpyja.build import layer, lock
from xpyja.build.cache import cache_folder
from xpyja.build.errors import BuildError
from xpyja.build.launcher import start
from xpyja.build.resources import bundled
from xpyja.build.targets import this_target
from xpyja.runtime.errors import XpyjaError

_LOWEST = (3, 10)
_PROBE = """\
import sys
sys.path[:0] = sys.argv[1:]
from xpyja.runtime.engine import RuntimeBuilder
with RuntimeBuilder().build().new_runtime() as runtime:
    print(runtime.eval("6 * 7"))
"""


@dataclass(frozen=True, slots=True)
class Check:
    """Something that has to be in order.

    Attributes:
        id: For programs.
        title: For people.
        why: What it is needed for.
        fix: What to do when it is not in order.
        look: Looks, and says what it found; raises `XpyjaError` when that is not in order.
    """

    id: str
    title: str
    why: str
    fix: str
    look: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found.

    Attributes:
        check: The check.
        ok: Whether it is in order.
        found: What there is, or what is wrong.
    """

    check: Check
    ok: bool
    found: str


def examine() -> tuple[Finding, ...]:
    """Looks at everything; a check that fails stops no other."""
    return tuple(_examine(check) for check in CHECKS)


def _examine(check: Check) -> Finding:
    try:
        return Finding(check, True, check.look())
    except XpyjaError as error:
        return Finding(check, False, error.message)


def _python() -> str:
    found = f"{platform.python_implementation()} {platform.python_version()}"
    if sys.version_info < _LOWEST or sys.implementation.name != "cpython":
        raise BuildError("doctor", f"{found} cannot run xpyja")
    return found


def _uv() -> str:
    found = lock.find_uv()
    done = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError("doctor", f"{found} does not start: {done.stderr.strip()}")
    return done.stdout.strip()


def _cache() -> str:
    folder = cache_folder()
    if not start.is_private(str(folder)):
        raise BuildError("doctor", f"{folder} belongs to somebody else, or others can write to it")
    probe = folder / ".doctor"
    try:
        probe.touch()
        probe.unlink()
        size = sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
    except OSError as error:
        raise BuildError("doctor", f"{folder}: {error.strerror or error}") from error
    return f"{folder}, {size / 1e6:.0f} MB"


def _engine() -> str:
    installed = layer.fetch(lock.RUNTIME_REQUIREMENTS, this_target(), "3.10")
    paths = (str(installed.folder), str(Path(xpyja.__file__).parents[1]))
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _PROBE, *paths], capture_output=True, text=True, check=False, timeout=60
    )
    if done.stdout != "42\n":
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise BuildError("doctor", f"the JavaScript engine does not start: {last}")
    return ", ".join(installed.distributions)


def _data() -> str:
    counts = {}
    for kind in ("templates", "specs"):
        folder = bundled(kind)
        counts[kind] = len(list(folder.iterdir())) if folder.is_dir() else 0
    if not all(counts.values()):
        raise BuildError("doctor", "files of xpyja itself are missing")
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())


_AGAIN = "install xpyja again"

CHECKS = (
    Check("python", "Python", "xpyja and its tools run on it", "use CPython 3.10 or later", _python),
    Check("platform", "platform", "tools are built for it", "build on Linux, or on macOS on arm64", this_target),
    Check("uv", "uv", "it installs what goes into tools", _AGAIN, _uv),
    Check(
        "cache",
        "cache",
        "builds keep layers there, and tools are unpacked there",
        "make it yours (chown, chmod go-w), or set XPYJA_CACHE to a folder of your own",
        _cache,
    ),
    Check(
        "engine",
        "JavaScript engine",
        "every tool contains it",
        "make a package index reachable: see UV_INDEX_URL, UV_OFFLINE and proxy settings",
        _engine,
    ),
    Check("data", "templates and specs", "xpyja init and xpyja build are made with them", _AGAIN, _data),
)
"""All checks, those that others depend on first."""
