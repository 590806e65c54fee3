"""Configuration of a built tool as its users set and see it. The tool is `tests/e2e/config`."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

SPEC = Path(__file__).parent / "config" / "spec.yaml"
SECRET = "hunter2-the-secret"
ToolBuilder = Callable[[Path], Path]


class Conf:
    """The built tool, started in a project folder below a home of its own."""

    def __init__(self, path: Path, home: Path) -> None:
        self.path = path
        self.home = home
        self.folder = home / "project"
        self.folder.mkdir()
        self.environment: dict[str, str] = {}

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "CONF_"))}
        environment = {**kept, "HOME": str(self.home), "XDG_CONFIG_DIRS": str(self.home / "etc"), **self.environment}
        environment.setdefault("XDG_CONFIG_HOME", str(self.home / "own"))
        command = [sys.executable, str(self.path), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=60, cwd=self.folder, env=environment
        )

    def ok(self, *arguments: str) -> str:
        done = self(*arguments)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self.ok(*arguments))

    def refuses(self, *arguments: str) -> str:
        done = self(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), done
        assert "Traceback" not in done.stderr
        return done.stderr

    def shown(self, *flags: str) -> dict[str, dict[str, Any]]:
        """What ``config show`` says, by key."""
        return {value["key"]: value for value in self.json("config", "show", "--json", *flags)["values"]}

    def config(self, *flags: str, alias: str = "fixture") -> Any:
        """What the module was made with."""
        return self.json("eval", "--json", *flags, f"require({alias!r}).config()")

    def user_file(self, text: str) -> Path:
        return self._write(self.home / "own" / "conf" / "conf.yaml", text)

    def system_file(self, text: str) -> Path:
        return self._write(self.home / "etc" / "conf" / "conf.yaml", text)

    def project_file(self, text: str) -> Path:
        return self._write(self.folder / "conf.yaml", text)

    def _write(self, path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def conf(built_tool: ToolBuilder, tmp_path: Path) -> Conf:
    return Conf(built_tool(SPEC), tmp_path)


# -- every layer on and off, for a field of each type ----------------------------------------------------------------------


class Case(NamedTuple):
    """A field, and what each layer says about it: text in files, variables and flags, and the value each text means."""

    key: str
    default: Any
    spec: Any
    user: tuple[str, Any]
    project: tuple[str, Any]
    variable: tuple[str, Any]
    flag: tuple[tuple[str, ...], Any]


CASES = (
    Case("greeting", "hello", "from the spec", ("u", "u"), ("'p'", "p"), ("v w", "v w"), (("greeting", "f"), "f")),
    Case("repeat", 1, 10, ("-2", -2), ("0", 0), ("4", 4), (("repeat", "5"), 5)),
    Case("ratio", 1.0, 1.5, ("2", 2), ("3.5", 3.5), ("4e1", 40.0), (("ratio", "-5.5"), -5.5)),
    Case("loud", False, True, ("false", False), ("true", True), ("no", False), (("loud",), True)),
    Case("tags", [], ["spec"], ("[u, v]", ["u", "v"]), ("[]", []), ("x,y", ["x", "y"]), (("tag", "f,f", "tag", "g"), ["f,f", "g"])),
    Case("mood", "calm", "merry", ("grim", "grim"), ("calm", "calm"), ("merry", "merry"), (("mood", "grim"), "grim")),
    Case("folder", None, "./spec", ("~/u", "~/u"), ("p/..", "p/.."), ("/v", "/v"), (("folder", "f"), "f")),
    Case("pause", 0.0, 10.0, ("2s", 2.0), ("500ms", 0.5), ("1.5m", 90.0), (("pause", "1h"), 3600.0)),
    Case("most", None, 10240, ("1MiB", 2**20), ("7", 7), ("2KiB", 2048), (("most", "1GiB"), 2**30)),
    Case("token", None, None, ("u", "u"), ("p", "p"), ("v", "v"), (("token", "f"), "f")),
    Case(
        "extra",
        None,
        {"spec": {"deep": 1}, "all": "spec"},
        ("{user: {deep: 2}, all: user}", {"user": {"deep": 2}, "all": "user"}),
        ("{spec: {project: 3}, all: project}", {"spec": {"project": 3}, "all": "project"}),
        ('{"spec": {"deep": 4}, "all": "variable"}', {"spec": {"deep": 4}, "all": "variable"}),
        (("extra", "flag=5", "extra", "all=flag"), {"flag": "5", "all": "flag"}),
    ),
)  # fmt: skip

ALIASES = {"fixture": False, "fx:set": True}
"""The two instances, and whether the spec sets their fields."""


def deep(low: Any, high: Any) -> Any:
    if not isinstance(high, dict):
        return high
    merged = dict(low or {})
    for key, value in high.items():
        merged[key] = deep(merged.get(key), value)
    return merged


def document(layer: str) -> str:
    """A config file with a line for each field of both instances."""
    lines = []
    for alias in ALIASES:
        lines.append(f'"{alias}":')
        lines += [f"  {case.key}: {getattr(case, layer)[0]}" for case in CASES]
    return "\n".join(lines) + "\n"


def slug(alias: str) -> str:
    return alias.replace(":", "-")


@pytest.mark.parametrize("layers", list(itertools.product([False, True], repeat=4)), ids=str)
def test_every_layer_on_and_off(conf: Conf, layers: tuple[bool, bool, bool, bool]) -> None:
    user, project, variable, flag = layers
    user_file = conf.user_file(document("user")) if user else None
    project_file = conf.project_file(document("project")) if project else None
    flags: list[str] = []
    for alias, case in itertools.product(ALIASES, CASES):
        if variable:
            conf.environment[f"CONF_{slug(alias).replace('-', '_')}_{case.key}".upper()] = case.variable[0]
        if flag:
            words = iter(case.flag[0])
            for name in words:
                flags += [f"--{slug(alias)}-{name}", *([next(words)] if len(case.flag[0]) > 1 else [])]
    shown = conf.shown(*flags)
    made = {alias: conf.config(*flags, alias=alias) for alias in ALIASES}
    for (alias, in_spec), (number, case) in itertools.product(ALIASES.items(), enumerate(CASES)):
        value, origin = case.default, {"layer": "default", "file": None, "line": None, "name": None}
        spec_line = 21 + [c.key for c in CASES if c.key != "token"].index(case.key) if case.key != "token" else 0
        line = number + 2 + (len(CASES) + 1) * in_spec
        places: tuple[tuple[bool, Any, tuple[Any, ...]], ...] = (
            (in_spec and case.key != "token", case.spec, ("spec", "spec.yaml", spec_line, None)),
            (user, case.user[1], ("user", str(user_file), line, None)),
            (project, case.project[1], ("project", str(project_file), line, None)),
            (variable, case.variable[1], ("environment", None, None, f"CONF_{slug(alias).replace('-', '_')}_{case.key}".upper())),
            (flag, case.flag[1], ("flag", None, None, f"--{slug(alias)}-{case.flag[0][0]}")),
        )  # fmt: skip
        for on, given, place in places:
            if on:
                value = deep(value, given)
                origin = dict(zip(("layer", "file", "line", "name"), place, strict=True))
        masked = "***" if case.key == "token" and value is not None else value
        assert shown[f"{alias}.{case.key}"] == {"key": f"{alias}.{case.key}", "value": masked, **origin}
        assert made[alias][case.key] == value, (alias, case.key)


def test_a_boolean_flag_switches_off_and_unset_leaves_the_spec_alone(conf: Conf) -> None:
    assert conf.config(alias="fx:set")["loud"] is True
    assert conf.config("--no-fx-set-loud", alias="fx:set")["loud"] is False
    assert conf.config("--fx-set-repeat", "3", alias="fx:set")["loud"] is True


def test_config_names_further_files_the_last_of_which_counts_most(conf: Conf) -> None:
    conf.system_file("fixture: {greeting: system, repeat: 2, ratio: 2}\n")
    conf.user_file("fixture: {greeting: user, repeat: 3}\n")
    conf.project_file("fixture:\n  greeting: project\n")
    (conf.folder / "a.yaml").write_text("fixture: {greeting: a, repeat: 4}")
    (conf.folder / "b.json").write_text('{"fixture":\n {"greeting": "b"}}')
    shown = conf.shown("--config", "a.yaml", "--config", "b.json")
    assert [shown[f"fixture.{key}"]["value"] for key in ("greeting", "repeat", "ratio")] == ["b", 4, 2]
    place = shown["fixture.greeting"]
    assert (place["layer"], place["file"], place["line"]) == ("config", str(conf.folder / "b.json"), 2)
    assert shown["fixture.ratio"]["layer"] == "system"
    assert conf.shown("--config", "b.json")["fixture.repeat"]["value"] == 3
    before = conf.ok("--config", "a.yaml", "eval", "--config", "b.json", "require('fixture').config().greeting")
    assert before == "b\n"
    assert "(config): there is no such file" in conf.refuses("eval", "--config", "none.yaml", "1")


@pytest.mark.parametrize("command", ["eval", "run"])
def test_values_reach_the_module_of_every_command_and_isolation(conf: Conf, command: str) -> None:
    (conf.folder / "main.js").write_text("console.log(require('fixture').config().greeting)")
    conf.environment["CONF_FIXTURE_REPEAT"] = "7"
    script = "main.js" if command == "run" else "const c = require('fixture').config(); console.log(c.greeting)"
    for profile in ("main", "boxed"):
        printed = conf.ok("--runtime", profile, command, "--fixture-greeting", "given", script)
        assert printed.splitlines()[0] == "given"
    code = "require('fixture').config().repeat"
    assert conf.ok("eval", "--runtime", "boxed", code) == "7\n"


# -- what is granted -------------------------------------------------------------------------------------------------------

NARROWER = """\
"fx:set": {powers: [swim], roots: [granted/inner], unlocked: false, ceiling: 3, reach: []}
fs: {allow: [], roots: [./granted]}
limits: {time: 2s, memory: 32MiB}
"""


def test_every_layer_narrows_grants(conf: Conf) -> None:
    conf.project_file(NARROWER)
    config = conf.config(alias="fx:set")
    keys = ("powers", "roots", "unlocked", "ceiling", "reach")
    assert [config[key] for key in keys] == [["swim"], ["granted/inner"], False, 3, []]
    shown = conf.shown("--limit", "time=1s", "--no-fx-set-unlocked", "--fx-set-power", "fly")
    assert (shown["limits.time"]["value"], shown["limits.memory"]["value"]) == (1.0, 32 * 2**20)
    assert shown["fx:set.powers"]["value"] == ["fly"]
    assert conf("eval", "require('fs').readdirSync('.')").returncode == 1


WIDER = (
    ("fx:set", "powers", "[fly, dig]", "fly,dig", ("power", "dig"), "[fly, swim]"),
    ("fx:set", "roots", "[..]", "granted/../..", ("root", "granted-not"), "[./granted, ./granted too]"),
    ("fixture", "unlocked", "true", "on", ("unlocked",), "false"),
    ("fx:set", "ceiling", "11", "11", ("ceiling", "11"), "10"),
    ("fs", "allow", "[read, write]", "write", ("allow", "write"), "[read]"),
    ("fs", "roots", "[/]", "/etc", ("root", "."), "[./granted]"),
    ("limits", "time", "21s", "1h", None, "20s"),
    ("limits", "memory", "1GiB", "65MiB", None, "64MiB"),
)


@pytest.mark.parametrize(("alias", "key", "file", "variable", "flag", "granted"), WIDER)
def test_no_layer_widens_a_grant(
    conf: Conf, alias: str, key: str, file: str, variable: str, flag: tuple[str, ...] | None, granted: str
) -> None:
    def blamed(message: str, layer: str, place: str) -> bool:
        first = message.splitlines()[0]
        return first.startswith(f"error: {place} ({layer}): {alias}.{key}: ") and first.endswith(
            f"is more than the spec grants: {granted}"
        )

    text = f'"{alias}":\n  {key}: {file}\n'
    for layer, write in (("system", conf.system_file), ("user", conf.user_file), ("project", conf.project_file)):
        path = write(text)
        shown = path.relative_to(conf.folder if layer == "project" else conf.home)
        place = f"{shown}:2" if layer == "project" else f"~/{shown}:2"
        for command in (("eval", "1"), ("config", "show")):
            assert blamed(conf.refuses(*command), layer, place)
        path.unlink()
    name = f"CONF_{slug(alias).replace('-', '_')}_{key}".upper()
    conf.environment[name] = variable
    assert blamed(conf.refuses("eval", "1"), "environment", name)
    del conf.environment[name]
    arguments = (f"--{slug(alias)}-{flag[0]}", *flag[1:]) if flag else ("--limit", f"{key}={variable}")
    place = arguments[0] if flag else f"--limit {key}"
    assert blamed(conf.refuses("eval", *arguments, "1"), "flag", place)


def test_a_config_file_in_a_cloned_folder_gives_no_power(conf: Conf) -> None:
    (conf.home / "secret.txt").write_text("secret")
    (conf.folder / "granted").mkdir()
    (conf.folder / "granted" / "note.txt").write_text("note")
    os.symlink(conf.home, conf.folder / "granted" / "link")
    read = "require('fs').readFileSync('{}', 'utf8')"
    assert conf.ok("eval", read.format("granted/note.txt")) == "note\n"
    for root in ("..", "granted/link", "granted/../..", str(conf.home), "/"):
        conf.project_file(f"fs: {{roots: ['{root}']}}\n")
        assert "is more than the spec grants" in conf.refuses("eval", read.format("../secret.txt"))
    conf.project_file("fs: {mounts: {/web: web}}\n")
    assert "is more than the spec grants" in conf.refuses("eval", "1")


def test_what_may_be_widened_is_widened_by_hand_only(conf: Conf) -> None:
    assert conf.config("--fx-set-reach", "far", alias="fx:set")["reach"] == ["far"]
    conf.environment["CONF_FX_SET_REACH"] = "near,far"
    assert conf.config(alias="fx:set")["reach"] == ["near", "far"]
    conf.environment.clear()
    conf.project_file('"fx:set": {reach: [far]}\n')
    assert "(project): fx:set.reach: [far] is more than the spec grants: [near]" in conf.refuses("eval", "1")


def test_a_lower_limit_ends_the_run(conf: Conf) -> None:
    done = conf("eval", "--limit", "time=200ms", "for (;;) {}")
    assert (done.returncode, done.stderr.splitlines()[0]) == (124, "error: time limit of 0.2 s reached")
    conf.environment["CONF_LIMITS_TIME"] = "200ms"
    for profile in ("main", "boxed"):
        assert conf("--runtime", profile, "eval", "for (;;) {}").returncode == 124
    keep = "const all = []; for (;;) { try { all.push(new Array(1000).fill(7)) } catch {} }"
    conf.environment.clear()
    done = conf("eval", "--limit", "memory=8MiB", keep)
    assert (done.returncode, "memory limit of 8388608 bytes reached" in done.stderr) == (1, True)


@pytest.mark.parametrize("ending", ["json", "toml"])
def test_each_format_is_read_on_every_python(
    ending: str, tmp_path: Path, pythons: tuple[Any, ...], built_tool: ToolBuilder
) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        f"{{schema: xpyja/v1, name: conf, app: {{configFile: {{fileName: conf.{ending}}}}}, providers: [{{id: fixture}}],\n"
        "runtimes: {main: {modules: [fixture.fixture]}}}\n"
    )
    tool = built_tool(spec)
    texts = {"json": '{"fixture":\n{"greeting": "read"}}', "toml": '[fixture]\ngreeting = "read"\n'}
    (tmp_path / f"conf.{ending}").write_text(texts[ending])
    (tmp_path / "conf.yaml").write_text("fixture: {}")
    environment = {**os.environ, "HOME": str(tmp_path)}
    for python in pythons:
        code = "require('fixture').config().greeting"
        command = [str(python.path), str(tool), "eval", code]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
        assert (done.stdout, done.stderr, done.returncode) == ("read\n", "", 0), python.version
    command = [sys.executable, "-I", str(tool), "eval", "--config", "conf.yaml", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
    assert done.returncode == 2
    assert done.stderr.startswith("error: conf.yaml (config): this tool cannot read .yaml files\n")


ACME = {
    "acme/__init__.py": "from xpyja.runtime.api import Lazy, Module, Provider\n"
    "PROVIDER = Provider(id='acme', modules=(Module('m', Lazy('acme.m:new'), config=Lazy('acme.m:Config')),))\n",
    "acme/m.py": "from dataclasses import dataclass\n"
    "from xpyja.runtime.api.config import option\n"
    "@dataclass(frozen=True)\n"
    "class Config:\n"
    "    token: str = option(secret=True, flag=True)\n"
    "    max_bytes: int = option(5, type='size', flag=True)\n"
    "def new(ctx):\n"
    "    return {'token': ctx.config.token, 'max': ctx.config.max_bytes}\n",
    "spec.yaml": "schema: xpyja/v1\nname: tool\n"
    "providers:\n- {id: acme, import: 'acme:PROVIDER', path: .}\n"
    "runtimes: {main: {modules: [acme.m]}}\n",
}
"""A provider in one folder with a spec, whose module cannot be without a secret."""


def test_a_required_secret_is_asked_for_when_its_module_is_made(tmp_path: Path, built_tool: ToolBuilder) -> None:
    (tmp_path / "acme").mkdir()
    for name, text in ACME.items():
        (tmp_path / name).write_text(text)
    tool = built_tool(tmp_path / "spec.yaml")

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(tool), "eval", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})

    assert run("1").stdout == "1\n"
    done = run("require('m')")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ConfigError: m.token: is required\n")
    assert done.stderr.endswith("\nhint: set TOOL_M_TOKEN or give --m-token\n")
    assert run("require('m')", TOOL_M_TOKEN="a", TOOL_M_MAX_BYTES="2KiB").stdout == "{ token: 'a', max: 2048 }\n"
    assert run("--m-token", "b", "--m-max-bytes", "7", "require('m')").stdout == "{ token: 'b', max: 7 }\n"


# -- wrong usage -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "headline"),
    [
        (("--fixture-repeat", "x"), '--fixture-repeat (flag): fixture.repeat: must be a whole number, not the text "x"'),
        (("--fixture-mood", "angry"), '--fixture-mood (flag): fixture.mood: must be one of calm, merry, grim, not the text "angry"'),
        (("--fixture-extra", "x"), '--fixture-extra (flag): fixture.extra: must be KEY=VALUE or a JSON object, not the text "x"'),
        (("--fixture-most", "2TB"), '--fixture-most (flag): fixture.most: must be a size, not the text "2TB"'),
        (("--limit", "tme=2s"), "Invalid value for '--limit': 'tme=2s' is not one of memory=SIZE, stack=SIZE, time=DURATION"),
        (("--limit", "time=2"), '--limit time (flag): limits.time: must be a duration, not the text "2"'),
        (("--runtime", "bare", "--fixture-repeat", "2"), '--fixture-repeat (flag): fixture.repeat: "fixture" is not in runtime profile "bare"'),
        (("--fixture-greting", "x"), "No such option '--fixture-greting'. (Did you mean one of: '--fixture-ceiling', '--fixture-greeting', '--fixture-ratio'?)"),
    ],
)  # fmt: skip
def test_a_wrong_flag_is_a_usage_error(conf: Conf, arguments: tuple[str, ...], headline: str) -> None:
    message = conf.refuses("eval", *arguments, "1")
    assert message.splitlines()[0] == f"error: {headline}"


BROKEN = {
    "unknown-alias": ("fixtur: {}\n", 'conf.yaml:1 (project): fixtur: unknown key\n\nhint: did you mean "fixture"?'),
    "unknown-key": ("fixture:\n  greting: x\n", 'conf.yaml:2 (project): fixture.greting: unknown key\n\nhint: did you mean "greeting"?'),
    "no-mapping": ("fixture: hello\n", "conf.yaml:1 (project): fixture: must be a mapping of keys"),
    "list": ("- fixture\n", "conf.yaml:1 (project): must be a mapping of keys"),
    "int": ("fixture:\n  repeat: many\n", 'conf.yaml:2 (project): fixture.repeat: must be a whole number, not the text "many"'),
    "int-float": ("fixture: {repeat: 1.5}\n", "conf.yaml:1 (project): fixture.repeat: must be a whole number, not the number 1.5"),
    "bool": ("fixture: {loud: yes}\n", 'conf.yaml:1 (project): fixture.loud: must be true or false, not the text "yes"'),
    "string": ("fixture: {greeting: 7}\n", "conf.yaml:1 (project): fixture.greeting: must be text, not the number 7"),
    "item": ("fixture:\n  tags:\n  - a\n  - 7\n", "conf.yaml:4 (project): fixture.tags[1]: must be text, not the number 7"),
    "choice": ("fixture: {mood: mery}\n", 'conf.yaml:1 (project): fixture.mood: must be one of calm, merry, grim, not the text "mery"\n\nhint: did you mean "merry"?'),
    "size": ("fixture: {most: 1TB}\n", 'conf.yaml:1 (project): fixture.most: must be a size, not the text "1TB"\n\nhint: write bytes'),
    "duration": ("fixture: {pause: 3}\n", "conf.yaml:1 (project): fixture.pause: must be a duration, not the number 3"),
    "map": ("fixture: {extra: [1]}\n", "conf.yaml:1 (project): fixture.extra: must be a mapping of keys, not a list"),
    "limit": ("limits: {tme: 2s}\n", 'conf.yaml:1 (project): limits.tme: unknown key\n\nhint: did you mean "time"?'),
    "empty-value": ("fixture: {greeting: }\n", "conf.yaml:1 (project): fixture.greeting: must be text, not nothing"),
    "escapes": ('"\\e[2J": {}\n', "conf.yaml:1 (project): \\u001b[2J: unknown key"),
    "syntax": ("fixture: {\n", "(project): is not YAML: "),
    "twice": ("fixture: {}\nfixture: {}\n", 'conf.yaml:2 (project): the key "fixture" is given twice, first in line 1'),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_config_file_is_a_clear_error(conf: Conf, case: str) -> None:
    text, message = BROKEN[case]
    conf.project_file(text)
    assert message in conf.refuses("eval", "1")


# -- secrets ---------------------------------------------------------------------------------------------------------------


def test_a_secret_is_printed_nowhere(conf: Conf) -> None:
    conf.user_file(f"fixture:\n  token: {SECRET}-1\n")
    conf.environment["CONF_FIXTURE_TOKEN"] = f"{SECRET}-2"
    flag = ("--fixture-token", f"{SECRET}-3")
    commands = (
        ("config", "show"),
        ("config", "show", "--json"),
        ("config", "explain", "fixture.token"),
        ("config", "explain", "fixture.token", "--json"),
        ("config", "show", *flag),
        ("config", "explain", "fixture.token", *flag),
        ("eval", *flag, "throw new Error('x')"),
        ("--debug", "eval", *flag, "require('fixture').fail('x')"),
        ("--debug", "eval", *flag, "require('fixture')"),
        ("--debug", "eval", *flag, "--fixture-repeat", "x", "1"),
        ("self", "info"),
        ("self", "info", "--json"),
        ("modules", "--json"),
        ("--help",),
        ("eval", "--help"),
    )
    for command in commands:
        done = conf(*command)
        assert SECRET not in done.stdout + done.stderr, command
    assert "***" in conf.ok("config", "show")
    assert conf.ok("eval", *flag, "require('fixture').config().token") == f"{SECRET}-3\n"


@pytest.mark.parametrize("value", [f"[{SECRET}]", f"{{{SECRET}: 1}}"])
def test_a_secret_of_the_wrong_type_is_not_quoted(conf: Conf, value: str) -> None:
    conf.project_file(f"fixture: {{token: {value}}}\n")
    done = conf("--debug", "eval", "1")
    assert done.returncode == 2
    assert "fixture.token: must be text, not a " in done.stderr
    assert SECRET not in done.stderr


# -- where values come from --------------------------------------------------------------------------------------------------


def test_config_show_lists_every_value(conf: Conf) -> None:
    conf.project_file("fixture:\n  greeting: hi\n")
    conf.environment["CONF_FIXTURE_REPEAT"] = "3"
    lines = conf.ok("config", "show", "--fixture-pause", "1500ms").splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines}
    assert rows["KEY"] == ["VALUE", "LAYER", "FROM"]
    assert rows["fixture.greeting"] == ["hi", "project", "conf.yaml:2"]
    assert rows["fixture.repeat"] == ["3", "environment", "CONF_FIXTURE_REPEAT"]
    assert rows["fixture.pause"] == ["1.5s", "flag", "--fixture-pause"]
    assert rows["fixture.loud"] == ["false", "default"]
    assert rows["fs.allow"] == ["[read]", "spec", "spec.yaml:36"]
    assert rows["limits.time"] == ["20s", "spec", "spec.yaml:37"]
    assert rows["limits.stack"] == ["4MiB", "default"]
    assert [row.split(".")[0] for row in rows if "." in row][-1] == "limits"
    assert [line.split()[0] for line in conf.ok("config", "show", "--runtime", "bare").splitlines()] == [
        "KEY",
        "limits.memory",
        "limits.stack",
        "limits.time",
    ]


def test_config_explain_tells_the_whole_chain(conf: Conf) -> None:
    conf.user_file('"fx:set":\n  greeting: from the user\n')
    conf.environment["CONF_FX_SET_GREETING"] = "from a variable"
    text = conf.ok("config", "explain", "fx:set.greeting", "--fx-set-greeting", "from a flag")
    lines = text.splitlines()
    assert lines[0] == "fx:set.greeting = from a flag"
    chain = [[cell for cell in line.split("  ") if cell] for line in lines[3:8]]
    assert [[cell.strip() for cell in row] for row in chain] == [
        ["default", "hello", "overridden"],
        ["spec", "spec.yaml:21", "from the spec", "overridden"],
        ["user", "~/own/conf/conf.yaml:2", "from the user", "overridden"],
        ["environment", "CONF_FX_SET_GREETING", "from a variable", "overridden"],
        ["flag", "--fx-set-greeting", "from a flag", "wins"],
    ]
    document = conf.json("config", "explain", "fx:set.greeting", "--json")
    assert [entry["layer"] for entry in document["chain"]] == ["default", "spec", "user", "environment"]
    assert [entry["outcome"] for entry in document["chain"]] == ["overridden"] * 3 + ["wins"]
    assert (document["value"], document["flag"], document["variable"]) == (
        "from a variable",
        "--fx-set-greeting",
        "CONF_FX_SET_GREETING",
    )
    message = conf.refuses("config", "explain", "fx:set.greting")
    assert message == 'error: unknown key "fx:set.greting"\n\nhint: did you mean "fx:set.greeting"?\n'


# -- start -----------------------------------------------------------------------------------------------------------------


def imported(conf: Conf, *arguments: str) -> set[str]:
    command = [sys.executable, "-I", "-S", "-X", "importtime", str(conf.path), *arguments]
    environment: Mapping[str, str] = {**os.environ, "HOME": str(conf.home), "XDG_CONFIG_DIRS": "/nowhere"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=conf.folder, env=environment)
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}


def test_parsers_are_imported_for_a_file_of_their_kind_only(conf: Conf) -> None:
    conf.ok("eval", "1")  # the first start unpacks
    assert not {name for name in imported(conf, "eval", "1") if name.startswith(("yaml", "tomllib", "xpyja_providers"))}
    conf.project_file("fixture: {}\n")
    names = imported(conf, "eval", "1")
    assert "yaml" in names
    assert not {name for name in names if name.startswith(("tomllib", "xpyja_providers", "dataclasses"))}
    assert not {name for name in imported(conf, "--help") if name.startswith(("yaml", "xpyja.runtime.app.config"))}
