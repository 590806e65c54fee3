"""``xpyja build``, ``generate`` and ``init``, as a user runs them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from xpyja.cli.main import run

SPEC = """\
schema: xpyja/v1
name: small
version: 0.1.0
runtimes:
  main: {}
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, which is also the working directory."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "spec.yaml").write_text(SPEC)
    monkeypatch.chdir(folder)
    return folder


def test_build_prints_the_path_on_stdout_and_the_rest_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "--no-prove"]) == 0
    out, err = capsys.readouterr()
    assert out == "dist/small.pyz\n"
    assert err.startswith("ok: ")
    assert " MB in " in err
    assert "not started" in err


def test_build_writes_where_it_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["build", "spec.yaml", "-o", str(tmp_path / "there"), "--no-prove"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'there'}\n"
    assert (tmp_path / "there").is_file()
    assert not Path("dist").exists()


def test_build_as_json_is_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "--json", "--no-prove"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["size"] == Path(result["path"]).stat().st_size
    assert len(result["digest"]) == 64
    assert list(result["seconds"]) == ["plan", "fetch", "stage", "pack"]


def test_a_dry_run_shows_the_plan_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("small 0.1.0 for ")
    assert "  artifact  zipapp: dist/small.pyz\n" in out
    assert "  runtime   main (default): no modules\n" in out
    assert not Path("dist").exists()


def test_a_dry_run_as_json_is_the_same_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    seen = set()
    for _ in range(2):
        assert run(["build", "--dry-run", "--json"]) == 0
        seen.add(capsys.readouterr().out)
    (text,) = seen
    assert json.loads(text)["runtime"]["name"] == "small"


def test_a_broken_spec_is_not_built(capsys: pytest.CaptureFixture[str]) -> None:
    Path("spec.yaml").write_text(SPEC.replace("runtimes", "runtime"))
    assert run(["build"]) == 2
    assert "spec.yaml:4:1" in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "-o", "/dev/null/x", "--no-prove"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: cannot write /dev/null/x: ")
    assert "Traceback" not in err


def test_a_terminal_sees_the_steps_and_then_only_the_result() -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "xpyja", "build", "--no-prove"]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=theirs, check=True, env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"}
    )
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert done.stdout == b"dist/small.pyz\n"
    assert "packing …" in shown
    assert shown.split("\r\x1b[K")[-1].startswith("ok: ")


def test_generate_writes_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate"]) == 0
    assert capsys.readouterr().out == "build/small\n"
    assert Path("build/small/__main__.py").is_file()
    assert Path("build/small/site-packages/xpyja_tool/plan.json").is_file()


def test_init_starts_a_project_that_passes_the_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "fresh", "--name", "notes"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == ["fresh/spec.yaml", "fresh/main.js", "fresh/.gitignore"]
    assert err.splitlines() == ["", "Next:", "  cd fresh", "  xpyja build", "  ./dist/notes.pyz run main.js"]
    assert run(["check", "fresh/spec.yaml"]) == 0


def test_init_here_needs_no_cd(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert run(["init"]) == 0
    assert "cd" not in capsys.readouterr().err
    assert "name: here\n" in Path("spec.yaml").read_text()


def test_init_overwrites_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init"]) == 1
    assert "spec.yaml exists already" in capsys.readouterr().err
    assert Path("spec.yaml").read_text() == SPEC
