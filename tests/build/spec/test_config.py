"""A module's configuration: from what is written to what the tool gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from xpyja.build.describe import Descriptions
from xpyja.build.plan import compile_plan

if TYPE_CHECKING:
    from tests.build.spec.conftest import ProblemFinder, SpecLoader

SPEC = """\
schema: xpyja/v1
name: notes
providers: [{id: host}]
runtimes:
  main:
    modules:
      - provider: host
        module: all
        config:
          %s: %s
"""


@pytest.mark.parametrize(
    ("key", "written", "value"),
    [
        ("text", '"12"', "12"),
        ("text", "on", "on"),
        ("text", "2026-01-31", "2026-01-31"),
        ("text", "", None),
        ("count", "12", 12),
        ("ratio", "12", 12),
        ("ratio", "0.5", 0.5),
        ("on", "true", True),
        ("root", "./data/../x", "./data/../x"),
        ("wait", "30s", 30.0),
        ("wait", "500ms", 0.5),
        ("wait", "1.5h", 5400.0),
        ("most", "4KiB", 4096),
        ("most", "4 KiB", 4096),
        ("most", "0.5MiB", 524288),
        ("most", "100", 100),
        ("most", "100B", 100),
        ("extra", "{a: [1, {b: null}]}", {"a": [1, {"b": None}]}),
        ("roots", "[]", []),
        ("roots", "[./a, b]", ["./a", "b"]),
        ("waits", "[1s, 2m]", [1.0, 120.0]),
        ("mode", "fast", "fast"),
    ],
)
def test_value_reaches_the_plan(
    load: SpecLoader, descriptions: Descriptions, key: str, written: str, value: object
) -> None:
    [module] = compile_plan(load(SPEC % (key, written)), descriptions).runtime.runtimes[0].modules
    assert module.config == {key: value}
    converted: Any = module.config[key]
    assert type(converted) is type(value)


@pytest.mark.parametrize(
    ("key", "written", "path", "message"),
    [
        ("text", "12", "text", "must be text, not the number 12"),
        ("text", "true", "text", "must be text, not true"),
        ("count", "true", "count", "must be a whole number, not true"),
        ("count", "1.5", "count", "must be a whole number, not the number 1.5"),
        ("count", "", "count", "is empty"),
        ("ratio", '"1"', "ratio", 'must be a number, not the text "1"'),
        ("on", "yes", "on", 'must be true or false, not the text "yes"'),
        ("on", "1", "on", "must be true or false, not the number 1"),
        ("root", "[a]", "root", "must be a path, not a list"),
        ("wait", "30", "wait", "the number 30 is not a duration"),
        ("wait", "30 days", "wait", '"30 days" is not a duration'),
        ("wait", "-1s", "wait", '"-1s" is not a duration'),
        ("most", "-1", "most", "the number -1 is not a size"),
        ("most", "4kb", "most", '"4kb" is not a size'),
        ("most", "true", "most", "true is not a size"),
        ("extra", "[a]", "extra", "must be a mapping of keys, not a list"),
        ("roots", "a", "roots", 'must be a list, not the text "a"'),
        ("roots", "[a, 1]", "roots[1]", "must be a path, not the number 1"),
        ("roots", "[[a]]", "roots[0]", "must be a path, not a list"),
        ("waits", "[1s, 2]", "waits[1]", "the number 2 is not a duration"),
        ("mode", "quick", "mode", '"quick" is not one of fast, safe'),
        ("mod", "fast", "mod", "unknown key"),
    ],
)
def test_wrong_value_is_named_at_its_place(
    problems_of: ProblemFinder, key: str, written: str, path: str, message: str
) -> None:
    [problem] = problems_of(SPEC % (key, written))
    assert problem.path == f"runtimes.main.modules[0].config.{path}"
    assert problem.message == message
    assert problem.line == 10
    assert (SPEC % (key, written)).splitlines()[9][problem.column - 1 :][:1].strip() != "" or written == ""


def test_required_key_is_asked_for_where_config_is_or_would_be(problems_of: ProblemFinder) -> None:
    head = "schema: xpyja/v1\nname: notes\nproviders: [{id: host}]\n"
    spec = head + "runtimes:\n  main:\n    modules:\n      - host.strict\n"
    [problem] = problems_of(spec)
    assert (problem.line, problem.path, problem.message) == (7, "runtimes.main.modules[0].config.name", "is required")
    [problem] = problems_of(
        spec.replace("- host.strict", "- provider: host\n        module: strict\n        config: {}")
    )
    assert (problem.line, problem.column) == (9, 17)
