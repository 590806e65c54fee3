"""The tool's commands in profiles with ``isolation: process``: the same to a user as without, and stronger."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from xpyja.runtime.plan import (
    BuildInfo,
    CommandEntry,
    Limits,
    ModuleInstance,
    ModuleOffer,
    Profile,
    ProviderEntry,
    RuntimePlan,
    to_json,
)

ROOT = Path(__file__).resolve().parents[3]
ORIGINS = ROOT / "tests" / "runtime" / "engine"
MIB = 2**20
NATIVE_LOOP = "'a'.repeat(3e7).indexOf('a'.repeat(1e6) + 'b')"

MAIN = """\
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # the tests may run where Ctrl-C is ignored
from xpyja.runtime.api.provider import Lazy
from xpyja.runtime.app.main import run
from xpyja.runtime.plan import from_json
folder = sys.argv.pop(1)
plan = from_json(open(folder + "/plan.json", encoding="utf-8").read())
sys.exit(run(folder, {provider.id: Lazy(provider.origin).resolve for provider in plan.providers}))
"""


def provider(name: str) -> ProviderEntry:
    return ProviderEntry(name, f"xpyja_providers.{name}.provider:PROVIDER", "1", 1)


def module(name: str, config: dict[str, Any] | None = None) -> ModuleInstance:
    provider_id, _, module_name = name.partition(".")
    return ModuleInstance(provider_id, module_name, module_name, config or {}, "", 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tool's package folder; each profile exists twice, in the process and in a process of its own."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "in.txt").write_text("inside")
    (tmp_path / "out.txt").write_text("outside")
    modules = (
        module("core.path"),
        module("fixture.fixture", {"greeting": "hi"}),
        module("host.fs", {"allow": ["read"], "roots": [str(tmp_path / "data")]}),
        module("bad.bad"),
    )
    profiles = []
    for isolation in ("none", "process"):
        profiles += [
            Profile(f"full-{isolation}", modules, Limits(memory=64 * MIB, time=20.0), isolation, 5),
            Profile(f"short-{isolation}", modules, Limits(memory=256 * MIB, time=0.3), isolation, 6),
            Profile(f"two-{isolation}", modules, Limits(memory=256 * MIB, time=2.0), isolation, 6),
            Profile(f"small-{isolation}", (), Limits(memory=16 * MIB), isolation, 7),
        ]
    bad = ProviderEntry("bad", "isolated_origin:PROVIDER", "1", 1)
    plan = RuntimePlan(
        name="notes",
        version="1",
        description="",
        env_prefix="",
        default_runtime="full-none",
        providers=(provider("core"), provider("fixture"), provider("host"), bad),
        runtimes=tuple(profiles),
        sources=(),
        commands=(CommandEntry("eval", "eval", ""), CommandEntry("run", "run", "")),
        offers=(ModuleOffer("core", "events", "", True),),
        build=BuildInfo("0", "spec.yaml", "", ">=3.10", (), ()),
    )
    tool = tmp_path / "tool"
    tool.mkdir()
    (tool / "plan.json").write_text(to_json(plan))
    (tmp_path / "main.js").write_text(
        "console.log(scriptArgs.slice(1), require('./lib').name);\n"
        "console.error('to stderr');\n"
        "setTimeout(() => { console.log('late'); undefinedFunction(); }, 20);\n"
    )
    (tmp_path / "lib.js").write_text("exports.name = __filename.split('/').pop();\n")
    (tmp_path / "module.mjs").write_text("import {name} from './lib.js';\nconsole.log(await name);\n")
    return tool


def command(folder: Path, profile: str, arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-c", MAIN, str(folder), "--runtime", profile, *arguments]


def environment(**more: str) -> dict[str, str]:
    path = [str(ROOT), str(ROOT / "providers"), str(ORIGINS), *filter(None, sys.path)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path), **more}


def run(folder: Path, profile: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    options.setdefault("env", environment())
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.run(
        command(folder, profile, arguments),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
        timeout=60,
        cwd=folder.parent,
        **options,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("eval", "1 + 1"),
        ("eval", "[1, {a: 'x', m: new Map([[1, new Set([2])]])}, -0, 10n, undefined, () => 1]"),
        ("eval", "--json", "({a: [1, undefined, {toJSON() { return 'j'; }}]})"),
        ("eval", "--json", "undefined"),
        ("eval", "Promise.resolve(new Date(0))"),
        ("eval", "new Promise(() => {})"),
        ("eval", "Promise.reject(new TypeError('no'))"),
        ("eval", "setTimeout(() => { throw new Error('late') }, 10); 1"),
        ("eval", "nope.x"),
        ("eval", "a = a +"),
        ("eval", "throw {a: 1}"),
        ("eval", "throw new Error('outer', {cause: new Error('inner')})"),
        ("eval", "Promise.any([Promise.reject(new Error('a')), Promise.reject(new TypeError('b'))])"),
        ("eval", "(function f() { f() })()"),
        ("eval", "require('fixture').fail('on purpose')"),
        ("eval", "require('fixture').failHost()"),
        ("eval", "require('fixture').config()"),
        ("eval", "require('./nothing')"),
        ("eval", "require('path').join('a', '..', 'b')"),
        ("eval", "require('fs').readFileSync('data/in.txt', 'utf8')"),
        ("eval", "require('fs').readFileSync('out.txt', 'utf8')"),
        ("eval", "require('fs').writeFileSync('data/new.txt', '')"),
        ("run", "main.js", "a", "--b"),
        ("run", "module.mjs"),
        ("run", "-", "x"),
        ("run", "nothing.js"),
        ("eval", "-"),
        ("eval", "console.log('é 😀 \\ud800')"),
    ],
)
@pytest.mark.parametrize("more", [{}, {"FORCE_COLOR": "1", "PYTHONIOENCODING": "latin-1"}], ids=["plain", "colours"])
def test_a_user_sees_no_difference(folder: Path, arguments: tuple[str, ...], more: dict[str, str]) -> None:
    script = "console.log(typeof scriptArgs); nope()"
    ours, theirs = (
        run(folder, f"full-{isolation}", *arguments, input=script, env=environment(**more))
        for isolation in ("none", "process")
    )
    assert (theirs.stdout, theirs.stderr, theirs.returncode) == (ours.stdout, ours.stderr, ours.returncode)


def test_a_denied_module_names_its_own_profile(folder: Path) -> None:
    done = run(folder, "full-process", "eval", "require('events')")
    assert done.returncode == 1
    assert 'module "events" is not in runtime profile "full-process"' in done.stderr
    assert 'add "- core.events" under runtimes.full-process.modules (spec.yaml, line 5)' in done.stderr


def test_output_of_both_streams_keeps_its_order(folder: Path) -> None:
    script = "for (let i = 0; i < 50; i++) (i % 2 ? console.error : console.log)(i); 'end'"
    done = run(folder, "full-process", "eval", script, stderr=subprocess.STDOUT)
    assert done.stdout.split() == [*map(str, range(50)), "end"]


@pytest.mark.parametrize(("profile", "seconds"), [("short", 0.3), ("two", 2.0)])
@pytest.mark.parametrize(
    "script", ["for (;;) {}", NATIVE_LOOP, "require('bad').hold(20)", "new Promise(r => setTimeout(r, 9e3))"]
)
def test_the_time_limit_ends_everything(folder: Path, profile: str, seconds: float, script: str) -> None:
    before = time.monotonic()
    done = run(folder, f"{profile}-process", "eval", script)
    assert seconds < time.monotonic() - before < seconds + 5
    assert done.returncode == 124
    assert done.stderr.startswith(f"error: time limit of {seconds:g} s reached\n")


@pytest.mark.parametrize("profile", ["small", "full"])
@pytest.mark.parametrize(
    "script",
    ["const a = []; for (;;) a.push(new Array(1e4).fill(1.5))", "'x'.repeat(2 ** 29)", "new Uint8Array(2 ** 30)"],
)
def test_the_memory_limit_is_an_error_of_the_script(folder: Path, profile: str, script: str) -> None:
    done = run(folder, f"{profile}-process", "eval", script)
    assert done.returncode == 1
    assert "memory" in done.stderr or "string length" in done.stderr or "array buffer" in done.stderr
    assert "killed" not in done.stderr


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (f"require('bad').signal({int(signal.SIGSEGV)})", "was killed by SIGSEGV during run"),
        (f"require('bad').signal({int(signal.SIGKILL)})", "was killed by SIGKILL during run"),
        ("require('bad').exit(3)", "exited with code 3 during run"),
        (
            "const {write, sleep} = require('bad'); write(new Uint8Array(5).fill(255)); sleep(9)",
            "was ended during run: it sent a message of",
        ),
    ],
)
def test_a_crash_is_an_error_of_the_tool(folder: Path, script: str, message: str) -> None:
    done = run(folder, "full-process", "eval", f"console.log('before'); {script}")
    assert (done.returncode, done.stdout) == (1, "before\n")
    assert f'error: the process of the isolated runtime "full-process" {message}' in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("script", ["for (;;) {}", NATIVE_LOOP, "setInterval(() => {}, 10)", "require('bad').hold(20)"])
def test_ctrl_c_ends_it(folder: Path, script: str) -> None:
    code = f"console.log('ready'); {script}"
    with subprocess.Popen(
        command(folder, "full-process", ["eval", code]),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        start_new_session=True,
    ) as tool:
        assert tool.stdout is not None
        assert tool.stdout.readline() == "ready\n"
        before = time.monotonic()
        os.killpg(tool.pid, signal.SIGINT)  # as a terminal does: to the whole foreground group
        _, stderr = tool.communicate(timeout=20)
        assert tool.returncode == 130
        assert time.monotonic() - before < 5
        assert stderr.strip() == ""


def test_a_reader_that_goes_away_early_is_no_error(folder: Path) -> None:
    with subprocess.Popen(
        command(folder, "full-process", ["eval", "for (let i = 0; i < 1e5; i++) console.log('line', i)"]),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as tool:
        assert tool.stdout is not None
        assert tool.stderr is not None
        assert tool.stdout.readline() == "line 0\n"
        tool.stdout.close()
        assert tool.stderr.read() == ""
        assert tool.wait(20) == 141


def test_scripts_get_no_standard_input(folder: Path) -> None:
    done = run(folder, "full-process", "eval", "require('bad').stdin()", input="secret")
    assert (done.stdout, done.returncode) == ("\n", 0)


def test_a_command_that_cannot_be_isolated_refuses(folder: Path) -> None:
    from xpyja.runtime.app.tool import Tool
    from xpyja.runtime.errors import CompositionError
    from xpyja.runtime.plan import from_json
    from xpyja.runtime.registry import ProviderRegistry

    tool = Tool(from_json((folder / "plan.json").read_text()), str(folder), ProviderRegistry())
    tool.choose_runtime("full-process")
    with pytest.raises(CompositionError, match="cannot run in a process of its own"):
        tool.new_runtime()


def test_a_tool_without_isolation_does_not_load_it(folder: Path) -> None:
    program = (
        MAIN.replace("sys.exit(run(", "code = (run(") + "print([m for m in sys.modules if 'process' in m], code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder), "eval", "1"],
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
    )
    assert done.stdout.split("\n")[1] == "[] 0"
