"""Memory, stack and nesting: what scripts can catch, and what they cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from xpyja.runtime.engine import vm as vm_module
from xpyja.runtime.errors import CallCanceled, EngineError, JsError, JsMemoryError, JsStackError, XpyjaError

if TYPE_CHECKING:
    from xpyja.runtime.engine.runtime import Runtime

    RuntimeMaker = Callable[..., Runtime]

MB = 1024 * 1024
HANG = 30.0


def hard_limit(make_runtime: RuntimeMaker, free: int) -> Runtime:
    """A runtime with a hard memory limit alone, so much above what it uses."""
    runtime = make_runtime()
    runtime.eval("globalThis.filler = new Uint8Array(4 * 2 ** 20); null")
    runtime.call(lambda: runtime._bridge.vm.limit_memory(runtime.heap_size + free))
    return runtime


def test_the_hard_memory_limit_is_an_error_that_scripts_catch(make_runtime: RuntimeMaker) -> None:
    runtime = hard_limit(make_runtime, 2 * MB)
    source = "let n = 0; for (let k = 0; k < 20; k++) { try { let a = []; for (;;) a.push(new Array(1000)) } catch (e) { n++ } } n"
    assert runtime.eval(source) == 20
    with pytest.raises(JsMemoryError):
        runtime.eval("{ let a = []; for (;;) a.push(new Array(1000)) }")
    assert runtime.eval("1 + 1") == 2


def test_the_soft_memory_limit_is_not(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime(memory=32 * MB)
    with pytest.raises(CallCanceled) as caught:
        runtime.eval("for (;;) { try { let a = []; for (;;) a.push([1, 2, 3]) } catch {} }", timeout=HANG)
    assert isinstance(caught.value.__cause__, JsMemoryError)
    assert "33554432" in str(caught.value.__cause__)


def test_a_runtime_is_usable_after_the_soft_limit(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime(memory=16 * MB)
    for _ in range(5):
        with pytest.raises(XpyjaError):
            runtime.eval("(() => { let a = []; for (;;) a.push({ a }) })()", timeout=HANG)
        assert runtime.eval("1 + 1", timeout=HANG) == 2


def test_garbage_of_an_earlier_call_does_not_stop_a_later_one(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime(memory=16 * MB)
    for _ in range(30):
        try:
            runtime.eval("try { let a = []; for (;;) a.push({ a }) } catch {} 1", timeout=HANG)
        except CallCanceled:
            pass
        assert (
            runtime.eval("let n = 0; for (let i = 0; i < 3e5; i++) n++; n".replace("let n", "var n"), timeout=HANG)
            == 300_000
        )


def test_the_memory_limit_of_a_run_is_reported_as_such(make_runtime: RuntimeMaker) -> None:
    for source in (
        "globalThis.a = []; for (;;) { try { a.push([1, 2, 3]) } catch {} }",
        "globalThis.a = []; setTimeout(() => { for (;;) { try { a.push([1, 2, 3]) } catch {} } }); 1",
    ):
        runtime = make_runtime(memory=8 * MB)
        with pytest.raises((JsMemoryError, CallCanceled)) as caught:
            runtime.run(lambda source=source, runtime=runtime: runtime.hold(source), op="run", seconds=HANG)  # type: ignore[misc]
        assert isinstance(caught.value, JsMemoryError) or isinstance(caught.value.__cause__, JsMemoryError)


@pytest.mark.parametrize("free", [0, 300, 1000, 3000, 10_000, 30_000, 100_000])
def test_values_are_whole_or_an_error_when_memory_is_short(make_runtime: RuntimeMaker, free: int) -> None:
    runtime = hard_limit(make_runtime, free)
    received: list[tuple[object, ...]] = []

    def host(*values: object) -> object:
        received.append(values)
        return ["é" * 3000, b"x" * 3000, {"a": [1] * 500}]

    host_source = "host('é'.repeat(2000), new Uint8Array(2000), { a: 'é'.repeat(2000) })"
    try:
        runtime.set_global("host", host)
        runtime.set_global("data", [b"12345" * 1000])
    except XpyjaError:
        return
    for _ in range(3):
        try:
            assert runtime.eval(host_source) == ["é" * 3000, b"x" * 3000, {"a": [1] * 500}]
        except XpyjaError:
            pass
        try:
            runtime.eval("host('é'.repeat(4000)); null")
        except XpyjaError:
            pass
        try:
            assert runtime.eval("data") == [b"12345" * 1000]
        except XpyjaError:
            pass
        try:
            assert runtime.eval("'é'.repeat(6000)") == "é" * 6000
        except XpyjaError:
            pass
    assert all(values in (("é" * 2000, b"\0" * 2000, {"a": "é" * 2000}), ("é" * 4000,)) for values in received), [
        len(values) for values in received
    ]


def test_one_runtime_without_memory_does_not_spoil_others(
    make_runtime: RuntimeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vm_module, "_bytecode", dict(vm_module._bytecode))
    for name in ("url", "host", "idna", "urlparser", "searchparams", "percent", "encoding"):
        vm_module._bytecode.pop(name, None)
    poor = hard_limit(make_runtime, 500)
    for source in ("new URL('http://a/')", "URL", "TextEncoder"):
        try:
            poor.eval(source)
        except XpyjaError:
            pass
    assert make_runtime().eval("new URL('http://a/b').pathname") == "/b"
    poor.call(lambda: poor._bridge.vm.limit_memory(64 * MB))
    assert poor.eval("new URL('http://a/b').pathname") == "/b"


def test_an_engine_file_that_failed_to_load_loads_again(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime()
    operations = runtime._bridge.operations
    original = operations["builtin"]
    failed: list[str] = []

    def fails_once(name: str) -> object:
        if name == "percent" and not failed:
            failed.append(name)
            raise MemoryError
        return original(name)

    operations["builtin"] = fails_once
    with pytest.raises(JsError):
        runtime.eval("new URL('http://a/b')")
    assert failed
    assert runtime.eval("new URL('http://a/b?c=d').searchParams.get('c')") == "d"


def test_a_source_larger_than_the_memory_limit_is_refused(make_runtime: RuntimeMaker) -> None:
    with pytest.raises(JsMemoryError):
        make_runtime(memory=4 * MB).eval("//" + "x" * 5 * MB)


def test_limits_below_the_engines_minimum_are_refused(make_runtime: RuntimeMaker) -> None:
    for options in (
        {"memory": 4 * MB - 1},
        {"memory": 0},
        {"stack": 0},
        {"stack": -1},
        {"stack": vm_module.MIN_STACK - 1},
    ):
        with pytest.raises(EngineError, match="minimum"):
            make_runtime(**options)
    runtime = make_runtime(memory=4 * MB, stack=vm_module.MIN_STACK)
    assert runtime.eval("console.log([new URL('http://a/')]); structuredClone(new Map([[1, 2]])).size") == 1


@pytest.mark.parametrize("kilobytes", [64, 256, 1024, 8192])
def test_the_stack_limit_is_an_error_that_scripts_catch(make_runtime: RuntimeMaker, kilobytes: int) -> None:
    runtime = make_runtime(stack=kilobytes * 1024)
    depth = runtime.eval("let d = 0; function f() { d++; f() } try { f() } catch (e) { [d, e.name] }")
    assert depth[1] == "RangeError"
    assert depth[0] > kilobytes / 2
    with pytest.raises(JsStackError):
        runtime.eval("f()")


def test_an_odd_stack_size_is_fine(make_runtime: RuntimeMaker) -> None:
    assert make_runtime(stack=100_001).eval("1") == 1


def test_nesting_is_bounded_and_the_bound_can_be_caught(runtime: Runtime) -> None:
    depth = 0

    def call(function: Callable[[], object]) -> object:
        nonlocal depth
        depth += 1
        return function()

    runtime.set_global("call", call)
    with pytest.raises(JsError) as caught:
        runtime.eval("(function f() { return call(f) })()")
    assert depth == vm_module.MAX_NESTING
    assert caught.value.name == "RangeError"
    assert "nested" in str(caught.value)
    assert runtime.eval("call(() => call(() => 5))") == 5


def test_the_heap_size_is_known(runtime: Runtime) -> None:
    before = runtime.heap_size
    runtime.eval("globalThis.big = new Uint8Array(2 ** 20); null")
    assert runtime.heap_size >= before + 2**20
    runtime.eval("globalThis.big = null; null")
    assert runtime.heap_size < before + 2**20
