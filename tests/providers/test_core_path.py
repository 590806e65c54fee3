"""``path`` does what Node's does; ``oracle/write_expected.js`` asked Node."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from xpyja.runtime.api import JsSource

HERE = os.path.dirname(__file__)

with open(os.path.join(HERE, "oracle", "path_expected.json"), encoding="utf-8") as file:
    EXPECTED = json.load(file)
with open(os.path.join(HERE, "oracle", "path_cases.js"), encoding="utf-8") as file:
    CASES = file.read()

# Where Node slips, and what is done here instead.
SLIPS: dict[str, dict[tuple[str, ...], object]] = {
    "posix": {("parse", "/.."): {"root": "/", "dir": "/", "base": "..", "ext": "", "name": ".."}},
    "win32": {
        ("relative", "\\b", "\\b.x"): "\\b.x",  # Node: ..b.x
        ("normalize", "LPT9x"): "LPT9x",  # Node: .\\LPT9x, as if a colon followed
        ("basename", "//", "x"): "",  # Node: //
    },
}


@pytest.fixture(scope="module")
def path_module() -> JsSource:
    from xpyja_providers.core import path

    source = path.new_path(None)  # type: ignore[arg-type]  # it needs nothing of its context
    return JsSource(source.path, {"cwd": lambda: "/home/someone"})


@pytest.fixture(scope="module")
def actual(path_module: JsSource, run_js: Any) -> dict[str, Any]:
    results: dict[str, Any] = run_js(path_module, f"{CASES}\nreturn runPathCases(module);")
    return results


@pytest.mark.parametrize("platform", ["posix", "win32"])
def test_calls_give_what_node_gives(platform: str, actual: dict[str, Any]) -> None:
    calls = EXPECTED["cases"][platform]
    assert len(calls) >= {"posix": 150, "win32": 100}[platform]
    wrong = [
        (call, found, expected)
        for call, found, expected in zip(calls, actual[platform], EXPECTED[platform], strict=True)
        if found != expected and tuple(map(str, call)) not in SLIPS[platform]
    ]
    assert wrong == []


@pytest.mark.parametrize("platform", ["posix", "win32"])
def test_slips_of_node_are_not_followed(platform: str, path_module: JsSource, run_js: Any) -> None:
    calls = json.dumps(list(SLIPS[platform]))
    script = f"return {calls}.map(([name, ...args]) => module.{platform}[name](...args));"
    assert run_js(path_module, script) == list(SLIPS[platform].values())


def test_wrong_arguments_give_nodes_errors(actual: dict[str, Any]) -> None:
    assert actual["wrong"] == EXPECTED["wrong"]


def test_format_of_parse_gives_what_node_gives(actual: dict[str, Any]) -> None:
    assert actual["round"] == EXPECTED["round"]


def test_working_directory_on_a_drive(path_module: JsSource, run_js: Any) -> None:
    module = JsSource(path_module.path, {"cwd": lambda: r"C:\work\here"})
    assert run_js(module, f"{CASES}\nreturn runDriveCases(module);") == EXPECTED["drive"]


def test_separators_and_the_links_between_platforms(actual: dict[str, Any]) -> None:
    assert actual["names"] == EXPECTED["names"]


def test_separator_is_the_name_the_go_original_has(path_module: JsSource, run_js: Any) -> None:
    assert run_js(path_module, "return [module.separator, module.win32.separator]") == ["/", "\\"]


def test_resolve_uses_the_working_directory_of_the_moment(tmp_path: Any, monkeypatch: Any, run_js: Any) -> None:
    from xpyja_providers.core import path

    module = path.new_path(None)  # type: ignore[arg-type]  # it needs nothing of its context
    monkeypatch.chdir(tmp_path)
    assert run_js(module, "return module.resolve('x')") == f"{tmp_path}/x"


def test_long_runs_of_separators_take_linear_time(path_module: JsSource, run_js: Any) -> None:
    script = """
    const [slashes, long] = ['/'.repeat(999), '/'.repeat(200000) + 'a'];
    return [module, module.win32].map((path) => [
      path.normalize(long), path.dirname(long + slashes).length, path.basename(long), path.join('a', long).length,
    ]);
    """
    assert run_js(path_module, script) == [["/a", 199999, "a", 3], ["\\a", 199999, "a", 3]]
