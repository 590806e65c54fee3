"""What ``xpyja doctor`` finds on this machine, and on machines where something is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from xpyja.build.doctor import CHECKS


def doctor(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "xpyja", "doctor", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}, timeout=100
    )


def test_this_machine_is_in_order() -> None:
    done = doctor("--json")
    document = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert document["ok"] is True
    assert [check["id"] for check in document["checks"]] == [check.id for check in CHECKS]
    found = {check["id"]: check["found"] for check in document["checks"]}
    assert found["python"].startswith("CPython 3.")
    assert found["uv"].startswith("uv ")
    assert "quickjs-ng==" in found["engine"]
    assert os.environ["XPYJA_CACHE"] in found["cache"]


def test_a_cache_that_others_can_write_to_is_found(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    done = doctor(XPYJA_CACHE=str(cache))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    at = lines.index(f"FAIL  cache: {cache} belongs to somebody else, or others can write to it")
    assert lines[at + 1] == "      builds keep layers there, and tools are unpacked there"
    assert lines[at + 2].startswith("      to do: ")


def test_an_engine_that_cannot_be_had_is_found_and_stops_no_other_check(tmp_path: Path) -> None:
    done = doctor(
        "--json",
        XPYJA_CACHE=str(tmp_path / "cache"),
        UV_CACHE_DIR=str(tmp_path / "uv"),
        UV_OFFLINE="1",
        UV_NO_INDEX="1",
    )
    assert done.returncode == 1
    state = {check["id"]: check["ok"] for check in json.loads(done.stdout)["checks"]}
    assert [name for name, ok in state.items() if not ok] == ["engine"]
    assert state["data"]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_check_says_why_and_what_to_do(check: object) -> None:
    for name in ("id", "title", "why", "fix"):
        text = getattr(check, name)
        assert text
        assert not text.endswith(".")
