"""The provider of docs/providers.md: its files are written, every command is run, every public name is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from xpyja.runtime import api

if TYPE_CHECKING:
    from tests.contracts.conftest import SessionFinder, SessionRunner

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "providers.md").read_text(encoding="utf-8")
FILES = {
    match[1]: match[0]
    for match in re.finditer(r"(?<=\n)(?:#|//|<!--) ([\w./]+\.\w+)(?: -->)?\n(?:.*\n)*?(?=```\n)", PAGE)
}


def test_everything_on_the_page_works(tmp_path: Path, sessions_of: SessionFinder, run_session: SessionRunner) -> None:
    assert len(FILES) == 11
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    sessions = sessions_of(PAGE)
    assert len(sessions) >= 6
    for session in sessions:
        run_session(session, tmp_path)


def test_every_public_name_is_shown_in_code() -> None:
    code = "".join(text for name, text in FILES.items() if name.endswith(".py"))
    assert [name for name in api.__all__ if not re.search(rf"\b{name}\b", code)] == []
