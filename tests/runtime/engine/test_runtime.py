"""Evaluating, running whole programs, and what ends a run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from xpyja.runtime.api.values import UNDEFINED
from xpyja.runtime.errors import (
    CallCanceled,
    JsError,
    MarshalError,
    OwnerClosed,
    TimeLimitExceeded,
    UnhandledRejection,
)

if TYPE_CHECKING:
    from tests.runtime.engine.conftest import Recorder
    from xpyja.runtime.engine.runtime import Held, Runtime

    RuntimeMaker = Callable[..., Runtime]

HANG = 30.0


def run(runtime: Runtime, source: str, *, seconds: float | None = None) -> list[str]:
    """Runs a script as a program; returns its value as it would be printed."""
    values: list[str] = []

    def show(value: Held) -> None:
        values.append(runtime.display(value))

    runtime.run(lambda: runtime.hold(source), op="run", on_value=show, seconds=seconds)
    return values


# -- eval ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("", UNDEFINED),
        ("1 + 1", 2),
        ("let a = 1", UNDEFINED),
        ("if (true) 5; else 6", 5),
        ("{ a: 1 }", 1),
        ("({ a: 1 })", {"a": 1}),
        ("'use strict'; this === globalThis", True),
        ("// comment", UNDEFINED),
        ("#!shebang\n3", 3),
    ],
)
def test_eval_returns_the_completion_value(runtime: Runtime, source: str, value: object) -> None:
    assert runtime.eval(source) == value


def test_eval_runs_in_the_global_scope(runtime: Runtime) -> None:
    runtime.eval("var a = 1; let b = 2; function c() { return a + b }")
    assert runtime.eval("c()") == 3


def test_eval_waits_for_the_jobs_it_leaves(runtime: Runtime) -> None:
    runtime.eval("Promise.resolve().then(() => { globalThis.done = true }); null")
    assert runtime.eval("done") is True


def test_eval_of_a_promise_returns_the_promise(runtime: Runtime) -> None:
    assert runtime.eval("Promise.resolve(1)").result(HANG) == 1


def test_a_syntax_error_has_its_place(runtime: Runtime) -> None:
    with pytest.raises(JsError) as caught:
        runtime.eval("1;\n  let = ;", filename="script.js")
    assert caught.value.name == "SyntaxError"
    assert (caught.value.frames[0].file, caught.value.frames[0].line) == ("script.js", 2)


def test_jobs_of_an_eval_that_threw_run_too(runtime: Runtime) -> None:
    with pytest.raises(JsError):
        runtime.eval("Promise.resolve().then(() => { globalThis.done = true }); null.x")
    assert runtime.eval("done") is True


def test_asyncio_goes_on_while_a_runtime_works(runtime: Runtime) -> None:
    async def main() -> tuple[Any, Any, list[int]]:
        ticks: list[int] = []

        async def tick() -> None:
            for number in range(3):
                ticks.append(number)
                await asyncio.sleep(0)

        promise = runtime.eval("new Promise((resolve) => setTimeout(resolve, 1, 'timer'))")
        called, waited, _ = await asyncio.gather(runtime.acall(lambda: runtime.eval("6 * 7")), promise, tick())
        return called, waited, ticks

    assert asyncio.run(main()) == (42, "timer", [0, 1, 2])


def test_waiting_in_asyncio_can_be_cancelled(runtime: Runtime) -> None:
    async def main() -> None:
        deferred = runtime.deferred()
        runtime.set_global("promise", deferred)
        task = asyncio.ensure_future(_wait(runtime.eval("promise")))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        deferred.resolve(1)

    asyncio.run(main())
    assert runtime.wait_idle(HANG)


async def _wait(promise: Any) -> Any:
    return await promise


# -- run -------------------------------------------------------------------------------------------------------------


def test_a_run_ends_when_nothing_is_pending(runtime: Runtime, output: Recorder) -> None:
    run(
        runtime,
        "setTimeout(() => { console.log('a'); setImmediate(() => console.log('b')) }, 1); queueMicrotask(() => console.log('c'))",
    )
    assert output.text == "c\na\nb\n"


def test_the_value_of_a_run_is_that_of_its_promise(runtime: Runtime) -> None:
    assert run(runtime, "1 + 1") == ["2"]
    assert run(runtime, "({ a: [1] })") == ["{ a: [ 1 ] }"]
    assert run(runtime, "Promise.resolve({ a: 1 })") == ["{ a: 1 }"]
    assert run(runtime, "new Promise((resolve) => setTimeout(resolve, 1, 'x'))") == ["x"]
    assert run(runtime, "(async () => { await null; return Symbol('s') })()") == ["Symbol(s)"]


def test_an_unreferenced_timer_does_not_hold_a_run(runtime: Runtime) -> None:
    assert run(runtime, "setInterval(() => {}, 1e6).unref(); 'ended'") == ["ended"]


@pytest.mark.parametrize(
    ("source", "name", "text"),
    [
        ("null.x", "TypeError", "cannot read property 'x' of null"),
        ("setTimeout(() => null.x); 1", "TypeError", "cannot read property 'x' of null"),
        ("setTimeout(() => { setTimeout(() => { throw new RangeError('late') }, 1) }, 1); 1", "RangeError", "late"),
        ("setImmediate(() => { throw 5 }); 1", "", "5"),
        ("queueMicrotask(() => { throw new EvalError('micro') }); 1", "EvalError", "micro"),
        ("Promise.reject(new URIError('promise'))", "URIError", "promise"),
    ],
)
def test_an_error_that_nobody_handles_ends_the_run(runtime: Runtime, source: str, name: str, text: str) -> None:
    with pytest.raises(JsError) as caught:
        run(runtime, source)
    assert (caught.value.name, caught.value.text) == (name, text)


@pytest.mark.parametrize(
    "source",
    [
        "Promise.reject(new Error('lost')); 1",
        "(async () => { throw new Error('lost') })(); 1",
        "setTimeout(() => { Promise.reject(new Error('lost')) }); 1",
        "Promise.resolve().then(() => { throw new Error('lost') }); 1",
        "Promise.all([Promise.reject(new Error('lost')), 1]); 1",
    ],
)
def test_an_unhandled_rejection_ends_the_run(runtime: Runtime, source: str) -> None:
    with pytest.raises(UnhandledRejection) as caught:
        run(runtime, source)
    assert caught.value.text == "lost"


def test_a_rejection_handled_in_the_same_turn_is_handled(runtime: Runtime) -> None:
    assert run(
        runtime, "const p = Promise.reject(1); Promise.resolve().then(() => {}).then(() => p.catch(() => {})); 'ok'"
    ) == ["ok"]


def test_the_first_of_several_errors_counts(runtime: Runtime) -> None:
    with pytest.raises(JsError) as caught:
        run(
            runtime,
            "setTimeout(() => { throw new Error('first') }); setTimeout(() => { throw new Error('second') }); 1",
        )
    assert caught.value.text == "first"


def test_a_promise_that_cannot_settle_is_an_error(runtime: Runtime) -> None:
    with pytest.raises(JsError, match="never settles"):
        run(runtime, "new Promise(() => {})")


def test_a_promise_that_a_host_may_settle_is_waited_for(runtime: Runtime) -> None:
    deferred = runtime.deferred()
    runtime.set_global("promise", deferred)
    threading.Thread(target=lambda: deferred.resolve("settled")).start()
    assert run(runtime, "promise") == ["settled"]


def test_a_flood_of_rejections_is_cut_short(runtime: Runtime, uncaught: list[BaseException]) -> None:
    runtime.eval("for (let i = 0; i < 1000; i++) Promise.reject(i); null")
    assert len(uncaught) == 101
    assert [str(error) for error in uncaught[:2]] == ["0", "1"]
    assert "900 more" in str(uncaught[-1])


@pytest.mark.parametrize(
    "source",
    [
        "for (;;);",
        "setTimeout(() => { for (;;); }); 1",
        "setInterval(() => {}, 1); 1",
        "new Promise((r) => setTimeout(r, 1e6))",
        "(async () => { for (;;) await null })()",
    ],
)
def test_the_time_limit_ends_a_run(runtime: Runtime, source: str) -> None:
    with pytest.raises(TimeLimitExceeded) as caught:
        run(runtime, source, seconds=0.1)
    assert caught.value.seconds == 0.1
    assert caught.value.exit_code == 124


def test_a_runtimes_own_time_limit_is_that_of_its_runs_and_calls(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime(time=0.2)
    with pytest.raises(TimeLimitExceeded):
        run(runtime, "for (;;);")
    with pytest.raises(CallCanceled):
        runtime.eval("for (;;);")
    assert runtime.eval("1") == 1


def test_host_calls_count_for_the_time_limit(runtime: Runtime) -> None:
    entered = threading.Event()
    leave = threading.Event()

    def blocks() -> None:
        entered.set()
        leave.wait(HANG)

    runtime.set_global("blocks", blocks)
    with pytest.raises(TimeLimitExceeded):
        run(runtime, "blocks()", seconds=0.05)
    leave.set()
    assert runtime.eval("1", timeout=HANG) == 1


def test_an_error_outside_of_a_run_goes_to_the_hook(runtime: Runtime, uncaught: list[BaseException]) -> None:
    runtime.eval("setTimeout(() => null.x); null")
    assert runtime.wait_idle(HANG)
    (error,) = uncaught
    assert isinstance(error, JsError)


def test_without_a_hook_uncaught_errors_are_written(make_runtime: RuntimeMaker, output: Recorder) -> None:
    runtime = make_runtime(on_uncaught=None)
    runtime.eval("setTimeout(() => null.x); null")
    assert runtime.wait_idle(HANG)
    assert output.texts == [(2, "uncaught: TypeError: cannot read property 'x' of null\n")]


# -- display, json, globals --------------------------------------------------------------------------------------------


def test_values_are_displayed_and_written_as_json(runtime: Runtime) -> None:
    def shown(source: str) -> tuple[str, str | None]:
        held = runtime.call(lambda: runtime.hold(source))
        return runtime.call(lambda: (runtime.display(held), runtime.to_json(held)))

    assert shown("'text'") == ("text", '"text"')
    assert shown("({ a: new Map([[1, 2]]) })") == ("{ a: Map(1) { 1 => 2 } }", '{"a":{}}')
    assert shown("undefined") == ("undefined", None)
    assert shown("() => 1") == ("[Function (anonymous)]", None)
    with pytest.raises(JsError):
        shown("(() => { const c = {}; c.c = c; return c })()")


def test_a_global_is_set_whatever_scripts_made_of_it(runtime: Runtime) -> None:
    runtime.eval(
        "Object.defineProperty(globalThis, 'x', { get() { return 'lie' }, set() {}, configurable: true }); null"
    )
    runtime.set_global("x", [1])
    assert runtime.eval("x") == [1]
    with pytest.raises(MarshalError):
        runtime.set_global("y", object())


def test_javascript_functions_may_be_called_from_any_thread(runtime: Runtime) -> None:
    function = runtime.eval("((a, b) => a + b)")
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(function(1, 2))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [3] * 5


def test_arguments_too_many_are_no_error_in_python(runtime: Runtime) -> None:
    runtime.set_global("one", lambda a: a)
    runtime.set_global("none", lambda: "none")
    assert runtime.eval("[one(1, 2, 3), none(1), [5, 6].map(one)]") == [1, "none", [5, 6]]
    with pytest.raises(JsError, match="missing 1 required"):
        runtime.eval("one()")


def test_a_closed_runtime_refuses_everything(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime()
    function = runtime.eval("() => 1")
    runtime.close()
    runtime.close()
    assert runtime.closed
    assert runtime.heap_size == 0
    for use in (lambda: runtime.eval("1"), function, lambda: runtime.set_global("a", 1), lambda: runtime.require("x")):
        with pytest.raises(OwnerClosed):
            use()


def test_a_runtime_closes_itself_at_the_end_of_a_with_block(make_runtime: RuntimeMaker) -> None:
    with make_runtime() as runtime:
        assert runtime.eval("1") == 1
    assert runtime.closed
    other = make_runtime()
    with pytest.raises(JsError), other:
        other.eval("null.x")
    assert other.closed


def test_runtimes_share_nothing(make_runtime: RuntimeMaker) -> None:
    first, second = make_runtime(), make_runtime()
    first.eval("globalThis.x = 1; Object.prototype.polluted = 1; null")
    assert second.eval("[typeof x, ({}).polluted]") == ["undefined", UNDEFINED]
    second.set_global("f", first.eval("(a => [a, globalThis.x])"))
    assert second.eval("f({ b: 2 })") == [
        {
            "b": 2,
        },
        1,
    ]
