"""Prove: starts a freshly built tool once, before the build is called done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from xpyja.build.errors import BuildError
from xpyja.runtime.plan import RuntimePlan

_SECONDS = 60.0


def prove(tool: Path, plan: RuntimePlan) -> None:
    """Starts a tool in an empty folder, with an empty environment and an empty cache.

    It has to describe itself, and to evaluate ``1+1`` in each runtime profile if it has an ``eval`` command.

    Args:
        tool: The built file.
        plan: Its runtime plan.

    Raises:
        BuildError: It does not start, or says something else than it should.
    """
    with tempfile.TemporaryDirectory(prefix="xpyja-prove-") as temporary:
        described = _run(tool, Path(temporary), "self", "info", "--json")
        try:
            name = json.loads(described)["name"]
        except (ValueError, TypeError, KeyError):
            name = None
        if name != plan.name:
            raise BuildError(
                "prove", f"{tool.name} self info --json does not describe {plan.name}: {_shown(described)}"
            )
        evaluate = next((command.name for command in plan.commands if command.type == "eval"), None)
        if evaluate is None:
            return
        for profile in plan.runtimes:
            answer = _run(tool, Path(temporary), "--runtime", profile.name, evaluate, "1+1")
            if answer.strip() != "2":
                raise BuildError("prove", f'runtime profile "{profile.name}": 1+1 gave {_shown(answer)}')


def _run(tool: Path, folder: Path, *arguments: str) -> str:
    shown = " ".join((tool.name, *arguments))
    work = folder / "work"
    work.mkdir(exist_ok=True)
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "XPYJA_CACHE": str(folder / "cache"),
        "HOME": str(work),  # config files of this machine prove nothing
        "XDG_CONFIG_DIRS": str(work),
    }
    try:
        done = subprocess.run(
            [sys.executable, str(tool), *arguments],
            capture_output=True,
            check=False,
            cwd=work,
            encoding="utf-8",
            env=environment,
            errors="backslashreplace",
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise BuildError("prove", f"{shown} did not end within {_SECONDS:g} s") from error
    if done.returncode != 0:
        raise BuildError(
            "prove",
            f"{shown} ended with exit code {done.returncode}: {_shown(done.stderr or done.stdout)}",
            hint=f"the file was kept; try {tool} {' '.join(arguments)}",
        )
    return done.stdout


def _shown(text: str) -> str:
    lines = text.strip().splitlines()[-20:]
    return "\n".join(lines) if lines else "nothing"
