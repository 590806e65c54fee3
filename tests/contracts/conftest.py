"""Pages whose commands are run: what they show is what happens."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest


class Session(NamedTuple):
    """A command of a page, and the output that the page shows below it ("" when it shows none)."""

    command: str
    shown: str


SessionFinder = Callable[[str], list[Session]]
SessionRunner = Callable[[Session, Path], None]


@pytest.fixture(scope="session")
def sessions_of() -> SessionFinder:
    """Finds the commands in the blocks of a page that are marked ``console``: lines after ``$``."""

    def find(page: str) -> list[Session]:
        found = []
        for block in re.findall(r"^```console\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, shown = part.partition("\n")
                found.append(Session(command, shown))
        return found

    return find


@pytest.fixture(scope="session")
def run_session() -> SessionRunner:
    """Runs a command in a folder, with this environment's ``xpyja`` and ``python``, and compares what it prints."""

    def run(session: Session, folder: Path) -> None:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", session.command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd=folder,
            env={**os.environ, "PATH": path, "NO_COLOR": "1"},
        )
        # The last line of a build tells sizes and times.
        printed = re.sub(r"^ok: .*\n", "", done.stdout, flags=re.MULTILINE)
        assert "Traceback" not in printed
        if session.shown:
            assert printed == session.shown, session.command
        else:
            assert done.returncode == 0, f"{session.command}\n{printed}"

    return run
