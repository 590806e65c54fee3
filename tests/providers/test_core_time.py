from __future__ import annotations

from typing import Any

import pytest

from xpyja.runtime.api import JsSource


@pytest.fixture
def timer_module() -> JsSource:
    from xpyja_providers.core import timer

    return timer.new_timer(None)  # type: ignore[arg-type]  # it needs nothing of its context


def test_sleep_waits_as_long_as_asked(timer_module: JsSource, run_js: Any) -> None:
    script = """
    const order = [];
    const start = performance.now();
    const note = (name) => (value) => order.push([name, value === undefined, performance.now() - start]);
    await Promise.all([
      module.sleep(60).then(note(60)),
      module.sleep(20).then(note(20)),
      module.sleep(5.9).then(note(5)),
    ]);
    return order;
    """
    order = run_js(timer_module, script)
    assert [name for name, _, _ in order] == [5, 20, 60]
    assert all(undefined and waited >= name - 1 for name, undefined, waited in order)


@pytest.mark.parametrize("value", ["", "NaN", "null", "'x'", "0", "-0.5"])
def test_sleep_without_a_duration_is_short(value: str, timer_module: JsSource, run_js: Any) -> None:
    script = f"const start = performance.now(); await module.sleep({value}); return performance.now() - start;"
    assert run_js(timer_module, script) < 100


def test_negative_sleep_rejects_and_does_not_throw(timer_module: JsSource, run_js: Any) -> None:
    script = """
    const promise = module.sleep(-5);
    return promise.catch((error) => [error instanceof RangeError, error.message]);
    """
    is_range_error, message = run_js(timer_module, script)
    assert is_range_error
    assert "duration must be >= 0" in message


def test_timer_functions_are_those_of_the_start(timer_module: JsSource, run_js: Any) -> None:
    script = """
    const same = module.setTimeout === globalThis.setTimeout;
    globalThis.setTimeout = () => { throw new Error('replaced') };
    await module.sleep(1);
    return [same, Object.keys(module)];
    """
    names = ["sleep", "setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate", "clearImmediate"]
    assert run_js(timer_module, script) == [True, names]


def test_time_starts_when_the_module_is_made(run_js: Any) -> None:
    from xpyja_providers.core import time

    source = time.new_time(None)  # type: ignore[arg-type]  # it needs nothing of its context
    ticks = iter([1000.0, 1000.5, 1003.0, 1004.0])
    module = JsSource(source.path, {"clock": lambda: next(ticks)})
    assert run_js(module, "return [module.now(), module.since(1), module.since()]") == [0.5, 2.0, 4.0]


def test_time_never_goes_back(run_js: Any) -> None:
    from xpyja_providers.core import time

    module = time.new_time(None)  # type: ignore[arg-type]  # it needs nothing of its context
    first, second, since = run_js(module, "const a = module.now(); return [a, module.now(), module.since(a)]")
    assert 0 <= first <= second
    assert since >= 0
