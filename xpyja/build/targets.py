"""The platforms a tool can be built for."""

from __future__ import annotations

import sys

from xpyja.runtime.errors import UnsupportedPlatformError

TARGETS = ("linux-x86_64", "linux-aarch64", "musl-x86_64", "musl-aarch64", "macos-arm64")

WINDOWS = "Windows is not supported: tools run on Linux and macOS"


def this_target() -> str:
    """Names the platform of this machine, as a tool's launcher will see it.

    Raises:
        UnsupportedPlatformError: It is none of `TARGETS`.
    """
    if sys.platform == "win32":
        raise UnsupportedPlatformError(WINDOWS)
    from xpyja.build.launcher import first_start

    target = first_start.this_target()
    if target not in TARGETS:
        raise UnsupportedPlatformError(f"tools cannot be built on {target}", hint="supported: " + ", ".join(TARGETS))
    return target
