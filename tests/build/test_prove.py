from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from xpyja.build.errors import BuildError
from xpyja.build.pack import Packed
from xpyja.build.prove import prove
from xpyja.runtime.plan import BuildInfo, CommandEntry, Limits, Profile, RuntimePlan

FakeBuilder = Callable[..., Packed]

GOOD = """
import json, os, sys

def main():
    arguments = sys.argv[1:]
    if arguments == ["self", "info", "--json"]:
        print(json.dumps({"name": "fake"}))
    elif arguments[0] == "--runtime" and arguments[2:] == ["eval", "1+1"]:
        print(2)
    else:
        return 2
    with open(os.environ["PATH"].split(":")[-1], "a") as log:
        print(" ".join(arguments), sorted(os.environ), os.listdir(), file=log)
    return 0
"""


def plan(*runtimes: str, commands: tuple[str, ...] = ("eval",)) -> RuntimePlan:
    return RuntimePlan(
        *("fake", "1", "", "", "main", ()),
        runtimes=tuple(Profile(name, (), Limits(), "none", 1) for name in runtimes),
        sources=(),
        commands=tuple(CommandEntry(name, name, "") for name in commands),
        offers=(),
        build=BuildInfo("0", "spec.yaml", "", ">=3.10", (), ()),
    )


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that the fake tool writes to, told by the only variable that reaches it."""
    path = tmp_path / "log"
    monkeypatch.setenv("PATH", f"/usr/bin:/bin:{path}")
    return path


def test_each_profile_is_started_in_an_empty_folder_with_an_empty_environment(
    fake_tool: FakeBuilder, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "x")
    prove(fake_tool(GOOD).path, plan("main", "safe"))
    lines = log.read_text().splitlines()
    assert [line.split(" [")[0] for line in lines] == [
        "self info --json",
        "--runtime main eval 1+1",
        "--runtime safe eval 1+1",
    ]
    for line in lines:
        names, _, files = line[line.index("[") :].rpartition(" ")
        # Where config files are looked for is the empty folder, too.
        assert set(ast.literal_eval(names)) - {"LC_CTYPE"} == {"HOME", "PATH", "XDG_CONFIG_DIRS", "XPYJA_CACHE"}
        assert files == "[]"


def test_a_tool_without_eval_only_describes_itself(fake_tool: FakeBuilder, log: Path) -> None:
    prove(fake_tool(GOOD).path, plan("main", commands=("run",)))
    assert len(log.read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ("import missing_thing", "No module named 'missing_thing'"),
        ("def main(): return 7", "ended with exit code 7: nothing"),
        ("def main(): print('{}')", "does not describe fake: {}"),
        ("def main(): print('hello')", "does not describe fake: hello"),
        ("""def main(): print('{"name": "other"}')""", "does not describe fake"),
        ("""def main(): print('{"name": "fake"}')""", 'runtime profile "main": 1+1 gave {"name": "fake"}'),
    ],
)
def test_a_tool_that_does_something_else_is_not_done(fake_tool: FakeBuilder, main: str, expected: str) -> None:
    with pytest.raises(BuildError) as caught:
        prove(fake_tool(main).path, plan("main"))
    assert caught.value.step == "prove"
    assert expected in caught.value.message


def test_the_users_cache_stays_untouched(
    fake_tool: FakeBuilder, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XPYJA_CACHE", str(tmp_path / "cache"))
    prove(fake_tool(GOOD).path, plan("main"))
    assert not (tmp_path / "cache").exists()
