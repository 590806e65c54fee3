"""The program in docs/embedding.md runs, and prints what the page says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from xpyja.runtime import engine

PAGE = Path(__file__).resolve().parents[2] / "docs" / "embedding.md"


def test_the_program_prints_what_the_page_says() -> None:
    program, output = re.findall(r"```(?:python)?\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in program.splitlines() if line.strip()]) < 40
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", output)


def test_every_public_name_of_the_engine_exists() -> None:
    for name in engine.__all__:
        assert getattr(engine, name) is not None
