"""``events`` does what Node's does; ``oracle/write_expected.js`` asked Node."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from xpyja.runtime.api import JsSource
from xpyja.runtime.errors import JsError

HERE = os.path.dirname(__file__)

with open(os.path.join(HERE, "oracle", "events_expected.json"), encoding="utf-8") as file:
    EXPECTED = json.load(file)["results"]
with open(os.path.join(HERE, "oracle", "events_cases.js"), encoding="utf-8") as file:
    CASES = file.read()


@pytest.fixture(scope="module")
def events_module() -> JsSource:
    from xpyja_providers.core import events

    return events.new_events(None)  # type: ignore[arg-type]  # it needs nothing of its context


@pytest.fixture(scope="module")
def actual(events_module: JsSource, run_js: Any) -> dict[str, Any]:
    results: dict[str, Any] = run_js(events_module, f"{CASES}\nreturn runEventsCases(module);")
    return results


@pytest.mark.parametrize("name", EXPECTED)
def test_same_as_node(name: str, actual: dict[str, Any]) -> None:
    assert actual[name] == EXPECTED[name]


def test_too_many_listeners_are_reported_once(events_module: JsSource, run_js: Any) -> None:
    script = """
    const logged = [];
    console.error = (text) => logged.push(text);
    const e = new module();
    for (let n = 0; n < 15; n++) e.on('tick', () => {});
    e.on('few', () => {});
    return logged;
    """
    (warning,) = run_js(events_module, script)
    assert '11 "tick" listeners on EventEmitter' in warning
    assert "setMaxListeners" in warning


@pytest.mark.parametrize("limit", ["0", "Infinity"])
def test_no_limit_no_warning(limit: str, events_module: JsSource, run_js: Any) -> None:
    script = f"""
    const logged = [];
    console.error = (text) => logged.push(text);
    const e = new module().setMaxListeners({limit});
    for (let n = 0; n < 30; n++) e.on('tick', () => {{}});
    return logged;
    """
    assert run_js(events_module, script) == []


def test_a_rejecting_error_listener_is_an_unhandled_rejection(events_module: JsSource, run_js: Any) -> None:
    script = """
    const e = new module({ captureRejections: true });
    e.on('error', async () => { throw new Error('again') });
    e.emit('error', new Error('first'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    """
    with pytest.raises(JsError, match="again"):
        run_js(events_module, script)


def test_any_object_can_be_an_emitter(events_module: JsSource, run_js: Any) -> None:
    script = """
    const target = Object.assign({ kept: 1 }, module.prototype);
    const heard = [];
    target.on('x', (value) => heard.push(value));
    target.emit('x', 5);
    return [heard, target.kept];
    """
    assert run_js(events_module, script) == [[5], 1]


def test_unhandled_error_with_a_cycle_still_has_a_message(events_module: JsSource, run_js: Any) -> None:
    script = """
    const cycle = {};
    cycle.self = cycle;
    try { new module().emit('error', cycle); } catch (error) { return [error.code, error.message]; }
    """
    assert run_js(events_module, script) == ["ERR_UNHANDLED_ERROR", "Unhandled error. ([object Object])"]


def test_event_targets_work_with_once_and_on(events_module: JsSource, run_js: Any) -> None:
    script = """
    const controller = new AbortController();
    const promise = module.once(controller.signal, 'abort');
    controller.abort();
    return (await promise)[0].type;
    """
    assert run_js(events_module, script) == "abort"
