"""What a user of a built tool sees: commands, errors, exit codes. The tool is `tests/e2e/probe`."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROBE = Path(__file__).parent / "probe" / "spec.yaml"
ToolBuilder = Callable[[Path], Path]


class Probe:
    """The built tool, started in a folder of its own."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self.folder = folder

    def __call__(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        options.setdefault("cwd", self.folder)
        options.setdefault("stdin", None if "input" in options else subprocess.DEVNULL)
        command = [sys.executable, str(self.path), *arguments]
        if "input" in options:
            del options["stdin"]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)

    def ok(self, *arguments: str, **options: Any) -> str:
        done = self(*arguments, **options)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    def fails(self, code: int, *arguments: str, **options: Any) -> str:
        done = self(*arguments, **options)
        assert (done.returncode, done.stdout) == (code, ""), done
        assert "Traceback" not in done.stderr
        return done.stderr

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def probe(built_tool: ToolBuilder, tmp_path: Path) -> Probe:
    return Probe(built_tool(PROBE), tmp_path)


# -- eval ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("1 + 1", "2"),
        ("'text'", "text"),
        ("undefined", "undefined"),
        ("({a: [1, {b: new Map([['k', -0]])}]})", "{ a: [ 1, { b: [Map] } ] }"),
        ("2n ** 64n", "18446744073709551616n"),
        ("Promise.resolve(7)", "7"),
        ("const x = await Promise.resolve(20); x + 1", "21"),
        ("(await import('path')).basename('/a/b.js')", "b.js"),
        ("Symbol('s')", "Symbol(s)"),
        ("new WeakMap()", "WeakMap { <items unknown> }"),
        ("const o = {}; o.o = o; o", "<ref *1> { o: [Circular *1] }"),
        ("'\\u0000\\ud800'.length", "2"),
    ],
)
def test_eval_prints_the_value_as_console_log_would(probe: Probe, source: str, printed: str) -> None:
    assert probe.ok("eval", source) == printed + "\n"


def test_eval_prints_json_for_programs(probe: Probe) -> None:
    assert probe.ok("eval", "--json", "[1, {a: undefined, b: new Date(0)}]") == '[1,{"b":"1970-01-01T00:00:00.000Z"}]\n'
    assert probe.ok("eval", "--json", "undefined") == "null\n"


def test_eval_reads_standard_input(probe: Probe) -> None:
    assert probe.ok("eval", "-", input="[1, 2,\n3].length") == "3\n"


def test_eval_goes_on_until_nothing_is_pending(probe: Probe) -> None:
    assert probe.ok("eval", "setTimeout(() => console.log('later'), 20); 'now'") == "now\nlater\n"


def test_output_and_errors_go_to_their_streams(probe: Probe) -> None:
    done = probe("eval", "console.error('to stderr'); console.log('to stdout'); 1")
    assert (done.stdout, done.stderr) == ("to stdout\n1\n", "to stderr\n")


def test_lone_surrogates_are_printed_as_escapes(probe: Probe) -> None:
    assert probe.ok("eval", "'\\ud800'", env={**os.environ, "PYTHONIOENCODING": "utf-8"}) == "\\ud800\n"


@pytest.mark.parametrize(
    ("source", "headline"),
    [
        ("throw new TypeError('wrong')", "TypeError: wrong"),
        ("throw new Error('plain')", "plain"),
        ("throw {a: 1}", "uncaught value: { a: 1 }"),
        ("throw 'text'", "uncaught value: 'text'"),
        ("throw undefined", "uncaught value: undefined"),
        ("let let", "SyntaxError: 'let' is not a valid lexical identifier"),
        ("Promise.reject(new RangeError('r'))", "RangeError: r"),
        ("Promise.reject(1); 2", "uncaught value: 1 (unhandled promise rejection)"),
        ("setTimeout(() => { throw new Error('late') }, 5); 2", "late"),
        ("queueMicrotask(() => { throw new Error('micro') }); 2", "micro"),
        ("new Promise(() => {})", "the promise never settles: nothing is left that could settle it"),
        ("(function f() { f() })()", "RangeError: Maximum call stack size exceeded"),
    ],
)
def test_a_failed_script_ends_with_1_and_says_why(probe: Probe, source: str, headline: str) -> None:
    done = probe("eval", source)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == f"error: {headline}"


# -- run -----------------------------------------------------------------------------------------------------------


def test_run_gives_a_script_its_arguments(probe: Probe) -> None:
    probe.write("show.js", "#!/usr/bin/env probe\nconsole.log(scriptArgs, require.main === module, __filename)")
    output = probe.ok("run", "show.js", "a", "--since", "2026-01-01", "-x", "--help")
    assert output == (
        f"[ 'show.js', 'a', '--since', '2026-01-01', '-x', '--help' ] true {probe.folder.resolve()}/show.js\n"
    )


def test_run_reads_standard_input(probe: Probe) -> None:
    probe.write("near.js", "module.exports = 'near'")
    assert probe.ok("run", "-", input="console.log(require('./near'))") == "near\n"


def test_run_finds_files_that_the_tool_carries(probe: Probe) -> None:
    assert probe.ok("run", "scripts:hello.js", "x") == "HELLO [ 'x' ]\n"
    assert probe.ok("eval", "require('lib/shout').shout('a')") == "A\n"
    assert 'did you mean "hello.js"' in probe.fails(2, "run", "scripts:helo.js")


def test_run_of_a_missing_file_says_what_was_tried(probe: Probe) -> None:
    probe.write("report.js", "")
    message = probe.fails(1, "run", "reprot.js")
    assert message.startswith("error: there is no script 'reprot.js'\n\ntried:\n  reprot.js\n")
    assert message.endswith('hint: did you mean "report.js"?\n')


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("main.mjs", {}),
        ("main.js", {"package.json": '{"type": "module"}'}),
        ("main.js", {}),
    ],
)
def test_run_of_an_es_module(probe: Probe, name: str, files: dict[str, str]) -> None:
    probe.write("dep.mjs", "export const dep = await Promise.resolve('dep')")
    probe.write("old.cjs", "module.exports = { old: 1 }")
    probe.write(
        name,
        "import { dep } from './dep.mjs'\nimport { old } from './old.cjs'\nimport { sep } from 'node:path'\n"
        "console.log(dep, old, sep, import.meta.filename.endsWith('main.' + import.meta.url.split('.').pop()))",
    )
    for other, text in files.items():
        probe.write(other, text)
    assert probe.ok("run", name) == "dep 1 / true\n"


# -- errors with places ----------------------------------------------------------------------------------------------


def test_a_bug_three_files_deep_shows_each_frame_an_excerpt_and_a_caret(probe: Probe) -> None:
    probe.write("main.js", "const a = require('./lib/a')\na.start()\n")
    probe.write("lib/a.js", "const b = require('./b')\nexports.start = () => b.go({})\n")
    probe.write("lib/b.js", "exports.go = function go(o) {\n\tconst x = 1\n\treturn o.missing.name\n}\n")
    assert probe.fails(1, "run", "main.js") == (
        "error: TypeError: cannot read property 'name' of undefined\n"
        "\n"
        "  lib/b.js:3:9\n"
        "    1 | exports.go = function go(o) {\n"
        "    2 | \tconst x = 1\n"
        "  > 3 | \treturn o.missing.name\n"
        "      | \t       ^\n"
        "\n"
        "    at go (lib/b.js:3:9)\n"
        "    at lib/a.js:2:25\n"
        "    at main.js:2:3\n"
    )


def test_a_python_exception_shows_both_languages_in_call_order(probe: Probe) -> None:
    probe.write(
        "main.js", "const { fail } = require('fixture')\nfunction inner() {\n  fail('broken inside')\n}\ninner()\n"
    )
    lines = probe.fails(1, "run", "main.js").splitlines()
    assert lines[0] == "error: ValueError: broken inside"
    trace = [line.strip() for line in lines if line.startswith("    at ")]
    assert [line.split(":")[0].removeprefix("at ") for line in trace] == [
        "_fail_inside (xpyja_providers/fixture/fixture.py",
        "_fail (xpyja_providers/fixture/fixture.py",
        "inner (main.js",
        "main.js",
    ]
    assert [line.endswith("[python]") for line in trace] == [True, True, False, False]
    assert "  > 3 |   fail('broken inside')" in lines


def test_causes_are_shown_one_after_the_other(probe: Probe) -> None:
    message = probe.fails(1, "eval", "throw new Error('outer', {cause: new TypeError('inner')})")
    assert message.startswith("error: outer\n")
    assert "\n\ncaused by: TypeError: inner\n" in message


def test_a_syntax_error_in_a_module_names_its_place(probe: Probe) -> None:
    probe.write("main.js", "require('./broken')")
    probe.write("broken.js", "let a = 1\nlet let = 2\n")
    message = probe.fails(1, "run", "main.js")
    assert "error: SyntaxError: 'let' is not a valid lexical identifier\n\n  broken.js:2:5\n" in message
    assert "at main.js:1:1" in message


@pytest.mark.parametrize("specifier", ["fs", "node:fs", "FS", " fs "])
def test_a_module_outside_of_the_profile_is_denied_even_with_a_file_of_that_name(probe: Probe, specifier: str) -> None:
    probe.write("fs.js", "module.exports = 'the wrong fs'")
    probe.write("node_modules/fs.js", "module.exports = 'the wrong fs'")
    message = probe.fails(1, "--runtime", "bare", "eval", f"require({specifier!r})")
    assert message.startswith('error: module "fs" is not in runtime profile "bare"\n')
    hint = message.splitlines()[-1]
    assert hint == (
        'hint: add "- host.fs" under runtimes.bare.modules (spec.yaml, line 21), then build the tool again; '
        "or use --runtime main, which has it"
    )
    code = probe.ok("--runtime", "bare", "eval", f"try {{ require({specifier!r}) }} catch (e) {{ e.code }}")
    assert code == "ERR_MODULE_DENIED\n"


def test_colours_are_for_terminals_and_can_be_forced_or_refused(probe: Probe) -> None:
    assert "\x1b[" not in probe("eval", "throw new Error('x')").stderr
    forced = {**os.environ, "FORCE_COLOR": "1"}
    assert probe.ok("eval", "[1]", env=forced) == "[ \x1b[33m1\x1b[39m ]\n"
    assert "\x1b[" in _on_a_terminal(probe, {})
    assert "\x1b[" not in _on_a_terminal(probe, {"NO_COLOR": "1"})
    assert "\x1b[" not in _on_a_terminal(probe, {"TERM": "dumb"})


def _on_a_terminal(probe: Probe, setting: dict[str, str]) -> str:
    leader, follower = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    environment.update({"TERM": "xterm", **setting})
    command = [sys.executable, str(probe.path), "eval", "({a: 1})"]
    with subprocess.Popen(
        command, stdout=follower, stderr=follower, stdin=subprocess.DEVNULL, env=environment
    ) as child:
        os.close(follower)
        seen = b""
        while True:
            try:
                chunk = os.read(leader, 4096)
            except OSError:  # Linux says so when the other side is closed
                break
            if not chunk:
                break
            seen += chunk
        child.wait()
    os.close(leader)
    return seen.decode()


# -- stopping ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "while (true) {}",
        "for (;;) { try { while (true) {} } catch {} }",
        "const { echo } = require('path'); for (;;) { try { require('./nothing') } catch {} }",
        "async function f() { for (;;) await null }; f()",
        "/(x+x+)+y/.test('x'.repeat(40))",
        "setInterval(() => {}, 1); 1",
    ],
)
def test_the_time_limit_ends_a_script_with_124(probe: Probe, source: str) -> None:
    done = probe("--runtime", "short", "eval", source)
    assert done.returncode == 124
    assert done.stderr.startswith("error: time limit of 0.5 s reached\n")


def test_the_time_limit_says_where_the_script_was(probe: Probe) -> None:
    probe.write("spin.js", "function spin() {\n  while (true) {}\n}\nspin()\n")
    message = probe.fails(124, "run", "--runtime", "short", "spin.js")
    assert "    at spin (spin.js:1:1)\n    at spin.js:4:1\n" in message


def test_a_native_loop_that_cannot_be_interrupted_does_not_outlive_the_limit_for_long(probe: Probe) -> None:
    message = probe.fails(124, "--runtime", "short", "eval", "'a'.repeat(5e6).indexOf('a'.repeat(2e6) + 'b')")
    assert message.startswith("error: time limit of 0.5 s reached\n")


def test_the_memory_limit_ends_a_script_with_1(probe: Probe) -> None:
    keep = "const all = []; for (;;) { try { all.push(new Array(1000).fill(7)) } catch {} }"
    message = probe.fails(1, "--runtime", "short", "eval", keep)
    assert message.startswith("error: InternalError: memory limit of 16777216 bytes reached\n")


@pytest.mark.parametrize("source", ["while (true) {}", "await new Promise(r => setTimeout(r, 60000))"])
def test_ctrl_c_ends_a_script_with_130(probe: Probe, source: str) -> None:
    command = [sys.executable, str(probe.path), "eval", f"console.log('started'); {source}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "started\n"
            child.send_signal(signal.SIGINT)
            _, errors = child.communicate(timeout=20)
        finally:
            child.kill()  # nothing that hangs stays behind
    assert (child.returncode, errors) == (130, "")


# -- usage -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evl", "1"], "No such command 'evl'. Did you mean 'eval'?"),
        (["eval"], "Missing argument 'SRC'."),
        (["run"], "Missing argument 'FILE'."),
        (["eval", "--jsn", "1"], "No such option '--jsn'. Did you mean '--json'?"),
        (["--runtime", "mian", "eval", "1"], 'unknown runtime profile "mian"'),
        (["eval", "--runtime", "mian", "1"], 'unknown runtime profile "mian"'),
        (["eval", "1", "2"], "Got unexpected extra argument (2)"),
    ],
)
def test_wrong_usage_ends_with_2_and_names_it(probe: Probe, arguments: list[str], message: str) -> None:
    errors = probe.fails(2, *arguments)
    assert errors.splitlines()[0] == f"error: {message}"
    assert "\nhint: " in errors


def test_runtime_is_accepted_before_and_after_the_command(probe: Probe) -> None:
    name = "require('module')"
    for arguments in (["--runtime", "bare", "eval", name], ["eval", "--runtime", "bare", name]):
        assert "no provider of this tool has" in probe.fails(1, *arguments)
    assert "require" in probe.fails(1, "--runtime", "main", "eval", "--runtime", "bare", "require('path')")


def test_help_and_version_go_to_standard_output(probe: Probe) -> None:
    assert probe.ok("--version") == "probe 2.1.0\n"
    assert probe.ok("--help").startswith("Usage: probe [OPTIONS] COMMAND [ARGS]...\n\n  A tool for tests\n")
    for command in ("eval", "run", "modules", "runtimes", ["self", "info"]):
        words = [command] if isinstance(command, str) else command
        assert "Example: probe " in probe.ok(*words, "--help")


def test_commands_are_listed_in_the_order_of_the_spec(probe: Probe) -> None:
    listed = probe.ok("--help").partition("Commands:\n")[2]
    names = [line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2] != " "]
    assert names[:6] == ["eval", "run", "modules", "runtimes", "config", "self"]


def test_no_command_shows_help_on_stderr(probe: Probe) -> None:
    assert probe.fails(2).startswith("Usage: probe")


# -- what the tool says of itself ----------------------------------------------------------------------------------


def test_modules_lists_what_scripts_can_require(probe: Probe) -> None:
    listed = json.loads(probe.ok("modules", "--json"))
    assert listed["runtime"] == "main"
    assert [module["alias"] for module in listed["modules"]] == ["path", "timer", "fs", "fs:read", "fixture"]
    assert probe.ok("modules").splitlines()[0].split() == ["REQUIRE", "MODULE", "ABOUT"]
    assert probe("modules", "--runtime", "bare").stderr == 'runtime profile "bare" has no modules\n'


def test_runtimes_lists_profiles_and_limits(probe: Probe) -> None:
    listed = json.loads(probe.ok("runtimes", "--json"))
    assert [(entry["name"], entry["default"]) for entry in listed] == [
        ("main", True),
        ("bare", False),
        ("short", False),
    ]
    assert listed[2]["limits"] == {"memory": 16 * 2**20, "stack": 4 * 2**20, "time": 0.5}
    assert "time 0.5 s" in probe.ok("runtimes")


def test_self_info_describes_the_tool(probe: Probe) -> None:
    info = json.loads(probe.ok("self", "info", "--json"))
    assert (info["name"], info["version"], info["engine"]["name"]) == ("probe", "2.1.0", "quickjs-ng")
    assert [provider["id"] for provider in info["providers"]] == ["core", "host", "fixture"]
    assert info["sources"][0] == {"id": "scripts", "kind": "script", "files": ["hello.js", "lib/shout.js"]}
    assert any(entry.startswith("quickjs-ng==") for entry in info["embedded"])
    assert probe.ok("self", "info").startswith("probe 2.1.0: A tool for tests\n")


# -- modules with grants -----------------------------------------------------------------------------------------------


def test_two_aliases_of_one_module_have_their_own_grants(probe: Probe) -> None:
    probe.ok("eval", "require('fs').writeFileSync('note.txt', 'x'); 1")
    assert probe.ok("eval", "require('fs:read').readFileSync('note.txt', 'utf8')") == "x\n"
    message = probe.fails(1, "eval", "require('fs:read').writeFileSync('note.txt', 'y')")
    assert "allow" in message
    assert (probe.folder / "note.txt").read_text() == "x"


def test_a_file_outside_of_the_roots_is_out_of_reach(probe: Probe) -> None:
    os.symlink("/etc/hostname", probe.folder / "link")
    for path in ("../secret", "/etc/hostname", "link"):
        message = probe.fails(1, "eval", f"require('fs').readFileSync('{path}')")
        assert "outside of the folders that can be reached" in message


def test_embedded_assets_are_read_only(probe: Probe) -> None:
    assert probe.ok("eval", "require('fs').readFileSync('/web/index.html', 'utf8').trim()") == "<h1>hi</h1>\n"
    probe.fails(1, "eval", "require('fs').writeFileSync('/web/index.html', 'x')")


# -- start ---------------------------------------------------------------------------------------------------------------

HEAVY = {
    "asyncio", "concurrent.futures", "dataclasses", "email", "http", "importlib.metadata", "logging", "multiprocessing",
    "pathlib", "pydantic", "rich", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "traceback", "typer", "urllib",
    "yaml", "zipfile",
}  # fmt: skip


def test_eval_imports_nothing_heavy(probe: Probe) -> None:
    command = [sys.executable, "-I", "-S", "-X", "importtime", str(probe.path), "eval", "1+1"]
    subprocess.run(command, capture_output=True, check=True, cwd=probe.folder)  # the first start unpacks
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=probe.folder)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert imported & HEAVY == set()
    ours = {name for name in imported if name.startswith(("xpyja", "providers"))}
    assert not [name for name in ours if name.startswith(("xpyja_providers", "xpyja.runtime.describe"))]
    assert "xpyja.runtime.engine.esmodules" not in ours
    assert "xpyja.runtime.engine.watchdog" not in ours


def test_help_does_not_load_the_engine(probe: Probe) -> None:
    command = [sys.executable, "-X", "importtime", str(probe.path), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=probe.folder)
    assert "_quickjs" not in done.stderr


def test_a_damaged_plan_is_told_apart_from_a_bug(probe: Probe, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "plan.json").write_text('{"schema": "xpyja-plan/v1"}')
    code = f"import sys; from xpyja.runtime.app.main import run; sys.exit(run({str(folder)!r}, {{}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: the runtime plan is damaged")
