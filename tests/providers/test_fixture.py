from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from xpyja.runtime.api import Exports, HostError
from xpyja.runtime.api.config import make_config
from xpyja_providers.fixture.fixture import new_fixture
from xpyja_providers.fixture.fixture_config import FixtureConfig


class Context(NamedTuple):
    """A module's context, as much of it as the fixture uses."""

    config: FixtureConfig
    alias: str = "fixture"


def make(**config: Any) -> Exports:
    return new_fixture(Context(make_config(FixtureConfig, config, "config")))  # type: ignore[arg-type]


def test_config_is_shown_as_it_is(run_js: Any) -> None:
    shown = "const c = module.config(); return [c.greeting, c.repeat, c.fail, c.tags, c.extra]"
    assert run_js(make(), shown) == ["hello", 1, False, [], None]
    assert run_js(make(greeting="hej", repeat=3, tags=["a"], extra={"x": [1]}), shown) == [
        "hej",
        3,
        False,
        ["a"],
        {"x": [1]},
    ]


def test_config_can_make_the_factory_fail() -> None:
    with pytest.raises(ValueError, match="told to fail"):
        make(fail=True)


def test_values_cross_and_come_back(run_js: Any) -> None:
    script = """
    const same = (value) => Object.is(module.echo(value), value);
    return [[1, 'é', null, true].every(same), module.echo({ a: [1] }), module.echo() === null, module.add(1, 2.5)];
    """
    assert run_js(make(), script) == [True, {"a": [1]}, True, 3.5]


def test_functions_are_called_back(run_js: Any) -> None:
    script = "return [module.call((a, b) => a + b, 1, 2), module.callTwice((turn) => turn * 10)]"
    assert run_js(make(), script) == [3, [10, 20]]


def test_python_failures_are_errors(run_js: Any) -> None:
    script = """
    const caught = (fn) => { try { fn(); } catch (e) { return [e instanceof Error, e.message, e.code, e.fixture]; } };
    return [() => module.fail('no luck'), () => module.failHost('ECODE', 'bad'), () => module.failHost()].map(caught);
    """
    assert run_js(make(), script) == [
        [True, "no luck", None, None],
        [True, "bad", "ECODE", True],
        [True, "failed on purpose", "EFIXTURE", True],
    ]


def test_a_failure_has_two_python_frames() -> None:
    exports: Any = make()
    with pytest.raises(ValueError, match="deep") as caught:
        exports["fail"]("deep")
    assert [entry.name for entry in caught.traceback][1:] == ["_fail", "_fail_inside"]
    with pytest.raises(HostError) as host:
        exports["failHost"]("E1")
    assert host.value.code == "E1"
