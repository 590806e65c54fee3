"""The command line as a whole: exit codes, what goes where, and how failures look."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from xpyja import __version__
from xpyja.build.errors import BuildError, Problem, SpecError
from xpyja.cli import main, output
from xpyja.runtime.errors import EXIT_BUG, EXIT_INTERRUPTED, EXIT_USAGE

MINIMAL = "schema: xpyja/v1\nname: notes\nruntimes:\n  main: {}\n"
COMMANDS = sorted(command.callback.__name__ for command in main.app.registered_commands if command.callback)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "xpyja.yaml").write_text(MINIMAL)
    return tmp_path


def fail_with(monkeypatch: pytest.MonkeyPatch, failure: BaseException) -> None:
    """Makes ``xpyja schema`` end with an exception."""

    def fail(_value: object) -> None:
        raise failure

    monkeypatch.setattr(output, "data_json", fail)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out == f"xpyja {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_lists_every_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(arguments) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    for command in COMMANDS:
        assert f"\n  {command} " in printed.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_of_one_sentence(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([command, "--help"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines[0].startswith(f"Usage: xpyja {command}")
    assert lines[1].endswith(".")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chekc"], "chekc"),
        (["--colour"], "--colour"),
        (["check", "--jsn"], "--jsn"),
        (["check", "a.yaml", "b.yaml"], "b.yaml"),
    ],
)
def test_usage_error(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(arguments) == EXIT_USAGE
    printed = capsys.readouterr()
    assert printed.out == ""
    first, second = printed.err.splitlines()
    assert first.startswith("error: ")
    assert said in first
    assert second.startswith("  hint: see xpyja")


def test_check_says_what_is_in_the_spec(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["check"]) == 0
    assert capsys.readouterr() == ("", "ok: xpyja.yaml: 1 runtime, 0 modules, 0 sources, 2 commands\n")
    assert main.run(["check", str(folder / "xpyja.yaml"), "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.out == '{\n  "ok": true,\n  "problems": []\n}\n'
    assert printed.err == ""


def test_check_without_a_spec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main.run(["check"]) == EXIT_USAGE
    assert capsys.readouterr().err == (
        "xpyja.yaml:1:1: there is no such file\n  hint: xpyja init writes a spec to start from\n"
    )


def test_error_of_a_step(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fail_with(monkeypatch, BuildError("pack", "the disk is full", hint="make room"))
    assert main.run(["schema"]) == 1
    assert capsys.readouterr() == ("", "error: the disk is full\n  hint: make room\n")


def test_bug_is_one_line_unless_debugging(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fail_with(monkeypatch, ZeroDivisionError("division by zero\nand more"))
    assert main.run(["schema"]) == EXIT_BUG
    first, second = capsys.readouterr().err.splitlines()
    assert first == "error: a bug in xpyja: ZeroDivisionError: division by zero"
    assert second == "  hint: run xpyja --debug COMMAND for the traceback"
    assert main.run(["--debug", "schema"]) == EXIT_BUG
    printed = capsys.readouterr().err
    assert printed.startswith("Traceback (most recent call last):\n")
    assert printed.endswith("error: a bug in xpyja: ZeroDivisionError: division by zero\n")


def test_expected_error_has_a_traceback_when_debugging(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_with(monkeypatch, SpecError((Problem("s.yaml", 1, 2, "a", "is wrong"),)))
    assert main.run(["--debug", "schema"]) == EXIT_USAGE
    printed = capsys.readouterr().err
    assert printed.startswith("Traceback")
    assert printed.endswith("\ns.yaml:1:2: a: is wrong\n")


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, EOFError])  # Ctrl-C, and Ctrl-D at a question
def test_interrupt_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], interruption: type[BaseException]
) -> None:
    fail_with(monkeypatch, interruption())
    assert main.run(["schema"]) == EXIT_INTERRUPTED
    assert "Traceback" not in capsys.readouterr().err


def test_windows_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert main.run(["schema"]) == EXIT_USAGE
    assert capsys.readouterr() == ("", "error: xpyja runs on Linux and macOS; Windows is not supported\n")


class Terminal(io.StringIO):
    """A stderr that is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("variable", "value", "colour"),
    [("NO_COLOR", "1", False), ("TERM", "dumb", False), ("TERM", "xterm", True), ("NO_COLOR", "", True)],
)
def test_colour_is_for_terminals_that_want_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, colour: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(variable, value)
    output.error("x", "y")
    output.problem(Problem("s.yaml", 1, 2, "a", "is wrong", "fix it"))
    assert isinstance(sys.stderr, Terminal)
    assert ("\x1b[" in sys.stderr.getvalue()) == colour


def test_text_that_the_terminal_cannot_show_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(raw, encoding="ascii"))
    output.note("caf\xe9 \ud800")
    assert raw.getvalue() == b"caf\\xe9 \\ud800\n"


def test_reader_that_goes_away_is_no_traceback() -> None:
    command = [sys.executable, "-m", "xpyja", "schema"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


def test_help_does_not_import_the_build_half() -> None:
    code = (
        "import sys; from xpyja.cli import main; main.run(['--help']);"
        "sys.exit(bool({'pydantic', 'yaml', 'jinja2', 'shiv'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0
