"""The program and the spec in docs/isolation.md work, and the numbers there are those of the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from xpyja.build.check import check_spec
from xpyja.build.describe import describe_bundled
from xpyja.build.spec.loader import load_spec
from xpyja.runtime.engine import process, process_child

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "isolation.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    [found] = re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    return str(found)


def test_the_program_runs(tmp_path: Path) -> None:
    package = tmp_path / "my_program"
    package.mkdir()
    (package / "scripting.py").write_text(
        "from xpyja.runtime.engine.builder import RuntimeBuilder\n\n\n"
        "def new_factory(arguments):\n"
        "    assert arguments == {'tenant': 7}\n"
        "    return RuntimeBuilder().build()\n"
    )
    (tmp_path / "main.py").write_text(block("python"))
    done = subprocess.run(
        [sys.executable, str(tmp_path / "main.py")], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "5\n")


def test_the_spec_is_valid(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(f"schema: xpyja/v1\nname: notes\nproviders: [{{id: core}}]\n{block('yaml')}")
    check_spec(load_spec(spec), describe_bundled())


def test_the_numbers_are_those_of_the_code() -> None:
    flat = " ".join(TEXT.split())
    assert f"{process.HEADROOM // 2**20} MiB for Python and libraries" in flat
    assert f"{process.MAX_ANSWER // 2**20} MiB for an answer" in flat
    assert f"{process_child.MAX_FILES} open files" in flat
    assert f"did not stop within {process.GRACE_SECONDS:g} s" in flat
    assert f"killed {process.LAST_WORDS_SECONDS:g} s after the time limit" in flat
    assert process_child.MEMORY_FACTOR == 4
    assert "four times the memory limit" in flat
