"""What goes into a tool from package indexes, and how it gets here: uv, wheels only."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from xpyja.build.errors import BuildError

RUNTIME_REQUIREMENTS = ("click==8.5.1", "quickjs-ng==0.17.0.2")
"""The distributions that the runtime half needs, in the releases that it is tested with."""

FORMAT_REQUIREMENTS = {
    ".json": (),
    ".toml": ("tomli==2.0.2; python_version < '3.11'",),  # the last release without compiled wheels
    ".yaml": ("pyyaml==6.0.3",),
    ".yml": ("pyyaml==6.0.3",),
}
"""What reading a tool's config files needs, by the ending of their name."""

# What uv calls the targets; the glibc release is the oldest that a tool's compiled parts may need.
_UV_PLATFORMS = {
    "linux-x86_64": "x86_64-manylinux_2_28",
    "linux-aarch64": "aarch64-manylinux_2_28",
    "musl-x86_64": "x86_64-unknown-linux-musl",
    "musl-aarch64": "aarch64-unknown-linux-musl",
    "macos-arm64": "aarch64-apple-darwin",
}

_RIVALS = {"quickjs": "quickjs-ng"}  # distributions that overwrite each other's files


def install(requirements: tuple[str, ...], target: str, python: str, folder: Path) -> None:
    """Installs distributions, with what they depend on, into a folder.

    The interpreter that runs this plays no part: wheels are chosen for the target and for the lowest Python of the
    tool, so that they serve all of its Pythons.

    Args:
        requirements: What to install, in requirement syntax.
        target: Platform to install for, one of `xpyja.build.targets.TARGETS`.
        python: Lowest supported Python, such as ``3.10``.
        folder: An empty or missing folder.

    Raises:
        BuildError: A requirement cannot be met for this target.
    """
    for requirement in requirements:
        try:
            rival = _RIVALS.get(canonicalize_name(Requirement(requirement).name))
        except InvalidRequirement as error:
            raise BuildError("stage", f'"{requirement}" is not a requirement: {error}') from error
        if rival:
            raise BuildError(
                "stage",
                f'requirement "{requirement}" replaces files of {rival}, which every tool contains',
                hint="remove it",
            )
    command = [
        find_uv(),
        *("pip", "install", "--quiet", "--no-progress", "--color", "never"),
        *("--no-config", "--no-python-downloads", "--python", sys.executable),
        *("--python-platform", _UV_PLATFORMS[target], "--python-version", python),
        *("--only-binary", ":all:", "--link-mode", "copy", "--target", str(folder)),
        *requirements,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise _failure(requirements, target, python, done.stderr)


def find_uv() -> str:
    """Finds the uv executable that belongs to this installation.

    Raises:
        BuildError: There is none.
    """
    import uv

    try:
        return uv.find_uv_bin()
    except FileNotFoundError as error:
        raise BuildError("stage", "uv is not installed completely", hint="install xpyja again") from error


def uv_version() -> str:
    """Tells uv's version."""
    from importlib.metadata import version

    return version("uv")


def _failure(requirements: tuple[str, ...], target: str, python: str, stderr: str) -> BuildError:
    """Makes the error from what uv wrote, naming the requirements that it complains about."""
    text = " ".join(re.sub(r"[×╰─▶│├]|\bhint:", " ", stderr).split())
    blamed = [
        r for r in requirements if re.search(rf"(?<![\w.-]){re.escape(Requirement(r).name)}(?![\w-])", text, re.I)
    ]
    named = ", ".join(f'"{requirement}"' for requirement in blamed or requirements)
    return BuildError("stage", f"cannot install {named} for {target} and Python {python}", hint=text or None)
