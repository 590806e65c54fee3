"""Every example does what its README shows."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.contracts.conftest import SessionFinder, SessionRunner

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_the_readme_is_true(
    example: Path, tmp_path: Path, sessions_of: SessionFinder, run_session: SessionRunner
) -> None:
    folder = tmp_path / example.name
    shutil.copytree(example, folder, ignore=shutil.ignore_patterns("dist", "build", "__pycache__"))
    sessions = sessions_of((example / "README.md").read_text(encoding="utf-8"))
    assert sessions[0].command == "xpyja build"
    assert any(session.shown for session in sessions)
    for session in sessions:
        run_session(session, folder)


def test_examples_are_numbered_without_gaps() -> None:
    assert [path.name[:3] for path in EXAMPLES] == [f"{number:02}-" for number in range(1, len(EXAMPLES) + 1)]
