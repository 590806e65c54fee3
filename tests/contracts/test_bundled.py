"""Everything that is shipped for users to run is built and run here, found by glob."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from xpyja.build import pipeline

ROOT = Path(__file__).resolve().parents[2]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
EXAMPLES = sorted((ROOT / "examples").glob("*/spec.yaml"))


def test_there_is_something_to_test() -> None:
    assert SPECS
    assert EXAMPLES


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_a_ready_made_spec_builds_and_starts(spec: Path, tmp_path: Path) -> None:
    assert pipeline.build(spec, tmp_path / "tool.pyz").proved


@pytest.mark.parametrize("spec", EXAMPLES, ids=lambda path: path.parent.name)
def test_an_example_builds_and_starts(spec: Path, tmp_path: Path) -> None:
    assert pipeline.build(spec, tmp_path / "tool.pyz").proved
    assert (spec.parent / "README.md").is_file()


def test_the_report_of_the_first_example(tmp_path: Path) -> None:
    example = tmp_path / "01-hello"
    shutil.copytree(ROOT / "examples" / "01-hello", example, ignore=shutil.ignore_patterns("dist"))
    tool = pipeline.build(example / "spec.yaml", proving=False).path
    done = subprocess.run(
        [sys.executable, str(tool), "run", "report.js"], capture_output=True, text=True, check=False, cwd=example
    )
    assert done.returncode == 0, done.stderr
    size = (example / "data" / "lighthouse.txt").stat().st_size
    assert done.stdout.splitlines()[:2] == [
        f"lighthouse.txt (txt, {size} bytes)",
        "  7 lines, 127 words, 9 sentences",
    ]


def test_a_new_project_builds_and_runs(tmp_path: Path) -> None:
    def xpyja(*arguments: str) -> str:
        command = [sys.executable, "-m", "xpyja", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout

    xpyja("init", "--name", "fresh")
    xpyja("build")
    done = subprocess.run(
        [str(tmp_path / "dist" / "fresh.pyz"), "run", "main.js"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert ".js main.js" in done.stdout.splitlines()
