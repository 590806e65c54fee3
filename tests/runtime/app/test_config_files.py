"""Config files: where they are found, what is read from them, and what is said of broken ones."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from xpyja.runtime.app.config import ConfigFile, find_files, read_file
from xpyja.runtime.app.config.json_text import parse_json
from xpyja.runtime.app.config.yaml_text import parse_yaml
from xpyja.runtime.errors import ConfigError
from xpyja.runtime.plan import BuildInfo, ConfigFiles, RuntimePlan

PLAN = RuntimePlan(
    name="notes",
    version="1",
    description="",
    env_prefix="NOTES",
    default_runtime="main",
    providers=(),
    runtimes=(),
    sources=(),
    commands=(),
    offers=(),
    build=BuildInfo("0", "spec.yaml", "", ">=3.10", (), ()),
    config_file=ConfigFiles("notes.json", ("system", "user", "project")),
)
ANY_SYSTEM = pytest.mark.skipif(sys.platform == "darwin", reason="the user's folder has another name")


def touch(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    return str(path)


def found(
    folder: Path, environment: Mapping[str, str], *explicit: str, plan: RuntimePlan = PLAN
) -> list[tuple[str, str]]:
    return find_files(plan, explicit, environment, str(folder))


# -- finding -------------------------------------------------------------------------------------------------------------


def test_files_are_found_in_the_order_of_their_layers(tmp_path: Path) -> None:
    second = touch(tmp_path / "xdg2" / "notes" / "notes.json")
    first = touch(tmp_path / "xdg1" / "notes" / "notes.json")
    user = touch(tmp_path / "own" / "notes" / "notes.json")
    project = touch(tmp_path / "home" / "work" / "notes.json")
    folder = tmp_path / "home" / "work" / "a" / "b"
    folder.mkdir(parents=True)
    environment = {
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_DIRS": f"{tmp_path}/xdg1:relative:{tmp_path}/xdg2",
        "XDG_CONFIG_HOME": str(tmp_path / "own"),
    }
    assert found(folder, environment, "x.json", "/abs.json") == [
        ("system", second),
        ("system", first),
        ("user", user),
        ("project", project),
        ("config", str(folder / "x.json")),
        ("config", "/abs.json"),
    ]
    narrow = PLAN._replace(config_file=ConfigFiles("notes.json", ("project",)))
    assert found(folder, environment, plan=narrow) == [("project", project)]
    assert found(folder, environment, "x.json", plan=PLAN._replace(config_file=None)) == []


@ANY_SYSTEM
def test_the_users_file_is_in_dot_config_unless_xdg_says_otherwise(tmp_path: Path) -> None:
    user = touch(tmp_path / ".config" / "notes" / "notes.json")
    environment = {"HOME": str(tmp_path), "XDG_CONFIG_DIRS": "/nowhere", "XDG_CONFIG_HOME": "relative"}
    assert found(tmp_path, environment) == [("user", user)]


def test_the_search_for_a_project_ends_at_home(tmp_path: Path) -> None:
    touch(tmp_path / "notes.json")
    home = tmp_path / "home"
    inner = home / "work"
    inner.mkdir(parents=True)
    environment = {"HOME": str(home), "XDG_CONFIG_DIRS": "/nowhere", "XDG_CONFIG_HOME": "/nowhere"}
    assert found(inner, environment) == []
    own = touch(home / "notes.json")
    assert found(inner, environment) == [("project", own)]
    nearer = touch(inner / "notes.json")
    assert found(inner, environment) == [("project", nearer)]


def test_what_is_no_file_is_no_config_file(tmp_path: Path) -> None:
    (tmp_path / "notes.json").mkdir()
    os.mkfifo(tmp_path / "fifo")
    plan = PLAN._replace(config_file=ConfigFiles("fifo", ("project",)))
    environment = {"HOME": str(tmp_path), "XDG_CONFIG_DIRS": "/nowhere", "XDG_CONFIG_HOME": "/nowhere"}
    assert found(tmp_path, environment) == found(tmp_path, environment, plan=plan) == []


# -- reading -------------------------------------------------------------------------------------------------------------

SAME = {
    "x.json": """\
{
  "fs:data": {"roots": ["a",
                        "b"],
    "deep": {"er": 1}, "on": true},

  "limits": {
    "time": "2s", "x\\u0079": 1.5
  }
}
""",
    "x.yaml": """\
# a comment
"fs:data": {roots: [a, b],
  deep: {er: 1}, on: true}

limits:
  time: 2s
  xy: 1.5
""",
    "x.toml": """\
# a comment
["fs:data"]
roots = ["a", "b"]
deep.er = 1
on = true

[limits]
time = "2s"
xy = 1.5
""",
}


def read(tmp_path: Path, name: str, content: str | bytes) -> ConfigFile:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_file("user", str(path))


@pytest.mark.parametrize("name", SAME)
def test_all_formats_say_the_same(tmp_path: Path, name: str) -> None:
    expected = {"fs:data": {"roots": ["a", "b"], "deep": {"er": 1}, "on": True}, "limits": {"time": "2s", "xy": 1.5}}
    assert read(tmp_path, name, SAME[name]).values == expected


@pytest.mark.parametrize(
    ("name", "lines"), [("x.json", (2, 2, 3, 4, 6, 7)), ("x.yaml", (2, 2, 2, 3, 5, 7)), ("x.toml", (2, 3, 3, 4, 7, 9))]
)
def test_lines_of_keys_are_known(tmp_path: Path, name: str, lines: tuple[int, ...]) -> None:
    file = read(tmp_path, name, SAME[name])
    paths: list[tuple[Any, ...]] = [
        ("fs:data",),
        ("fs:data", "roots"),
        ("fs:data", "roots", 1),
        ("fs:data", "deep", "er"),
        ("limits",),
        ("limits", "xy"),
    ]
    assert tuple(file.line(path) for path in paths) == lines
    assert file.line(("limits", "xy", "deeper")) == lines[-1]
    assert file.line(("nothing",)) == 0


def test_toml_text_over_several_lines_hides_no_key(tmp_path: Path) -> None:
    file = read(tmp_path, "x.toml", '[a]\nb = """\n[c]\nd = 1\n"""\ne = """x"""\n[c]\nd = 2\nwhen = 2026-01-01\n')
    assert file.values == {"a": {"b": "[c]\nd = 1\n", "e": "x"}, "c": {"d": 2, "when": "2026-01-01"}}
    assert (file.line(("a", "e")), file.line(("c",)), file.line(("c", "d"))) == (6, 7, 8)


def test_yaml_is_read_as_yaml_1_2(tmp_path: Path) -> None:
    text = "a: yes\nb: 2026-01-01\nc: 0x10\nk: 0o17\nd: ~\ne: 1e3\nf: '1'\ng: 010\nh: &x [1]\ni: *x\nj: true\n"
    assert read(tmp_path, "x.yml", text).values == {
        "a": "yes", "b": "2026-01-01", "c": 16, "k": 15, "d": None, "e": 1000.0, "f": "1", "g": 10, "h": [1], "i": [1], "j": True,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["x.json", "x.yaml", "x.toml"])
@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf\n"])
def test_an_empty_file_says_nothing(tmp_path: Path, name: str, content: bytes) -> None:
    assert read(tmp_path, name, content).values == {}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def positions(value: Any, path: tuple[Any, ...] = ()) -> set[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {path, *(inner for key, item in items for inner in positions(item, (*path, key)))} - {()}


@given(json_values, st.sampled_from([None, 1]))
def test_every_json_document_is_read_with_the_place_of_every_part(value: Any, indent: int | None) -> None:
    parsed, lines = parse_json(json.dumps(value, indent=indent))
    assert parsed == value
    assert set(lines) >= positions(value)


@given(st.dictionaries(st.text("abc", min_size=1), st.text("xyz :#'\"\n-é") | st.integers() | st.booleans()))
def test_what_yaml_writes_is_read_back(value: dict[str, Any]) -> None:
    assert parse_yaml(yaml.safe_dump(value))[0] == (value or {})


# -- broken files --------------------------------------------------------------------------------------------------------

BROKEN: dict[str, tuple[str, str | bytes, str]] = {
    "json-syntax": ("x.json", '{"a": {\n "b": 1,,\n}}', "x.json:2 (user): is not JSON: expecting property name"),
    "json-open": ("x.json", '{"a": {', "x.json:1 (user): is not JSON: "),
    "json-extra": ("x.json", "{}\n{}", "x.json:2 (user): is not JSON: extra data"),
    "json-list": ("x.json", "[1]", "x.json:1 (user): must be a mapping of keys"),
    "json-twice": ("x.json", '{"a": {},\n "a": {}}', 'x.json:2 (user): the key "a" is given twice, first in line 1'),
    "json-nan": ("x.json", '{"a": {"b": NaN}}', "x.json (user): is not JSON: a number is out of range"),
    "json-deep": ("x.json", "[" * 100_000, "x.json (user): is nested too deeply"),
    "json-huge-number": ("x.json", '{"a": ' + "9" * 5000 + "}", "x.json (user): is not JSON: a number is out of range"),
    "yaml-tab": ("x.yaml", "a:\n\tb: 1\n", "x.yaml:2 (user): is not YAML: a tab is used for indentation"),
    "yaml-syntax": ("x.yaml", "a: b: c\n", "x.yaml:1 (user): is not YAML: mapping values are not allowed here"),
    "yaml-two": ("x.yaml", "a: {}\n---\nb: {}\n", "x.yaml:2 (user): is not YAML: but found another document"),
    "yaml-text": ("x.yaml", "just text\n", "x.yaml:1 (user): must be a mapping of keys"),
    "yaml-twice": ("x.yaml", "a: {}\nb: {}\na: {}\n", 'x.yaml:3 (user): the key "a" is given twice, first in line 1'),
    "yaml-tag": ("x.yaml", "a: {}\nb: !!python/object:os.system {}\n", "x.yaml:2 (user): a tag has no meaning here"),
    "yaml-key": ("x.yaml", "a: {}\n[x, y]: 1\n", "x.yaml:2 (user): a key must be text"),
    "yaml-bomb": (
        "x.yaml",
        "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(f"{n}: &{n} [{', '.join([f'*{m}'] * 9)}]\n" for m, n in zip("abcdef", "bcdefg", strict=True)),
        "(user): has more than 100000 values",
    ),
    "yaml-itself": ("x.yaml", "a: &a\n  b: *a\n", "x.yaml (user): is nested too deeply"),
    "yaml-alias": ("x.yaml", "a: *hunter2\n", "x.yaml:1 (user): is not YAML: found undefined alias"),
    "yaml-control": ("x.yaml", "a: 1\nb: \x07\n", "x.yaml:2 (user): is not YAML: a character is not allowed"),
    "toml-syntax": ("x.toml", "[a]\nb = hunter2\n", "x.toml:2 (user): is not TOML: invalid value"),
    "toml-open": ("x.toml", '[a]\nb = "hunter2\n', "x.toml:2 (user): is not TOML: "),
    "toml-twice": ("x.toml", "[a]\nb = 1\nb = 2\n", "x.toml:3 (user): is not TOML: cannot overwrite a value"),
    "not-utf8": ("x.json", b'{\n"a": "\xff"}', "x.json:2 (user): is not UTF-8"),
    "utf16": ("x.yaml", "a: b".encode("utf-16"), "x.yaml:1 (user): is not UTF-8"),
    "too-large": ("x.json", b" " * 1_048_577, "x.json (user): is larger than 1024 KiB"),
    "format": ("x.ini", "[a]", "x.ini (user): is of no known format"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_explained(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name, content, message = BROKEN[case]
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, name, content)
    assert message in caught.value.message
    assert caught.value.layer == "user"
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_a_file_that_is_not_there_or_a_folder_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path, reason in (("none.json", "there is no such file"), (".", "this is a folder"), ("a\0b", "cannot be read")):
        with pytest.raises(ConfigError, match=reason):
            read_file("config", str(tmp_path / path))
