"""Every assumption about the engine binding and the C API behind it, each with a sentence for the day it breaks."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from importlib import metadata
from typing import Any

import _quickjs
import pytest

from xpyja.runtime.engine import capi
from xpyja.runtime.engine.capi import JSValue, Pointer

HANG = 30.0


def on_a_thread(function: Callable[[], Any]) -> Any:
    """What the function returns; engines are never used on the main thread."""
    box: list[Any] = []
    thread = threading.Thread(target=lambda: box.append(function()))
    thread.start()
    thread.join(HANG)
    assert box, "the thread died or hangs"
    return box[0]


def new_context() -> tuple[Any, int, int]:
    context = _quickjs.Context()
    return (context, *capi.object_pointers(context))


def evaluate(pointer: int, source: bytes, flags: int = 0) -> JSValue:
    options = capi.EvalOptions(1, flags, b"a.js", 1)
    value: JSValue = capi.evaluate(pointer, source, len(source), ctypes.byref(options))
    return value


def test_the_release_is_the_supported_one() -> None:
    version = metadata.version("quickjs-ng")
    assert version.startswith("0.17."), f"quickjs-ng {version} is installed; the port was written for 0.17"
    engine = capi.get_version().decode()
    assert engine in capi.SUPPORTED_ENGINES, f"the engine calls itself {engine}; check every offset before adding it"


def test_the_loaded_binding_is_the_abi3_one() -> None:
    assert _quickjs.__file__.endswith(".abi3.so"), (
        f"{_quickjs.__file__} is not quickjs-ng's: another package put it there"
    )


def test_the_first_fields_of_a_context_are_the_runtime_and_the_context() -> None:
    def look() -> bool:
        _, runtime, pointer = new_context()
        return bool(runtime) and bool(pointer) and capi.get_runtime(pointer) == runtime

    assert on_a_thread(look), "the binding's Context no longer begins with JSRuntime* and JSContext*"


def test_the_thread_state_is_where_the_binding_looks_for_it() -> None:
    def look() -> tuple[int | None, int | None, int | None, int]:
        context, _, _ = new_context()
        field = Pointer.from_address(id(context) + capi.THREAD_STATE_OFFSET)
        seen: list[int | None] = []
        context.add_callable("look", lambda: seen.append(field.value))
        before = field.value
        state: int = capi.thread_state()

        def on_rejection(*_: object) -> None:
            seen.append(field.value)

        hook = capi.RejectionTracker(on_rejection)
        capi.set_rejection_tracker(context_runtime(context), ctypes.cast(hook, Pointer), None)
        # The binding itself runs this, and stores the state that it will take back:
        context.eval("Promise.reject(1); look(); 1")
        capi.set_rejection_tracker(context_runtime(context), None, None)
        return before, seen[0], seen[1], state

    before, in_hook, in_call, state = on_a_thread(look)
    assert before is None, "the thread state of an idle Context is not NULL: the offset is wrong"
    assert in_hook == state, "while JavaScript runs, the field is not the thread state that the binding released"
    assert in_call is None, "during a host call the binding no longer clears the field"


def context_runtime(context: object) -> int:
    """``JSRuntime*`` of a Context."""
    return capi.object_pointers(context)[0]


def test_a_host_call_takes_back_the_state_that_is_stored() -> None:
    def run() -> list[int]:
        context, _, pointer = new_context()
        called: list[int] = []
        context.add_callable("host", lambda value: called.append(value))
        field = Pointer.from_address(id(context) + capi.THREAD_STATE_OFFSET)
        field.value = capi.thread_state()
        try:
            value = evaluate(pointer, b"host(1); host(2); 3")
        finally:
            field.value = None
        assert (value.tag, value.payload) == (capi.TAG_INT, 3)
        return called

    assert on_a_thread(run) == [1, 2], "a host call under the C API did not reach Python"


def test_the_heap_size_is_where_the_watchdog_reads_it() -> None:
    def look() -> tuple[int, int, int]:
        _, runtime, pointer = new_context()
        field = ctypes.c_int64.from_address(runtime + capi.HEAP_SIZE_OFFSET)
        before = field.value
        capi.free_value(pointer, evaluate(pointer, b"globalThis.a = new Uint8Array(1000000); 1"))
        after = field.value
        capi.set_memory_limit(runtime, 123_456_789)
        return before, after, ctypes.c_int64.from_address(runtime + capi.HEAP_SIZE_OFFSET + 8).value

    before, after, limit = on_a_thread(look)
    assert 10_000 < before < 10_000_000, f"the heap of a new context is {before} bytes: the offset is wrong"
    assert 1_000_000 <= after - before < 1_100_000, "a megabyte of buffer does not show in the heap size"
    assert limit == 123_456_789, "the memory limit is not behind the heap size any more"


def test_a_native_interrupt_handler_stops_a_loop_and_cannot_be_caught() -> None:
    def run() -> tuple[int, int]:
        _, runtime, pointer = new_context()
        timer = threading.Timer(0.05, lambda: capi.set_interrupt_handler(runtime, capi.ALWAYS_INTERRUPT, None))
        timer.start()
        stopped = evaluate(pointer, b"for (;;) { try { for (;;); } catch {} }")
        timer.join()
        capi.free_value(pointer, capi.get_exception(pointer))
        capi.set_interrupt_handler(runtime, None, None)
        return stopped.tag, evaluate(pointer, b"1 + 1").payload

    assert on_a_thread(run) == (capi.TAG_EXCEPTION, 2), "getpid as interrupt handler no longer stops the engine"


def test_a_small_integer_is_payload_and_tag() -> None:
    def run() -> list[tuple[int, int]]:
        _context, _, pointer = new_context()
        values = [evaluate(pointer, source) for source in (b"7", b"null", b"undefined", b"({})")]
        tags = [(value.payload if value.tag == capi.TAG_INT else 0, value.tag) for value in values]
        for value in values:
            capi.free_value(pointer, value)
        return tags

    expected = [(7, capi.TAG_INT), (0, capi.TAG_NULL), (0, capi.TAG_UNDEFINED), (0, capi.TAG_OBJECT)]
    assert on_a_thread(run) == expected, "JSValue is no longer payload and tag with these numbers"


def test_bytecode_comes_back() -> None:
    def run() -> int:
        _context, _, pointer = new_context()
        value = evaluate(pointer, b"(() => 6 * 7)()", capi.EVAL_COMPILE_ONLY)
        size = ctypes.c_size_t()
        address = capi.write_object(pointer, ctypes.byref(size), value, capi.WRITE_BYTECODE)
        code = ctypes.string_at(address, size.value)
        capi.js_free(pointer, address)
        capi.free_value(pointer, value)
        second, _, other = new_context()
        result = capi.eval_function(other, capi.read_object(other, code, len(code), capi.WRITE_BYTECODE))
        assert second
        return int(result.payload)

    assert on_a_thread(run) == 42, "bytecode of one context does not run in another"


def test_the_number_of_a_uint8array() -> None:
    def run() -> list[int]:
        _context, _, pointer = new_context()
        values = [evaluate(pointer, source) for source in (b"new Uint8Array(1)", b"new Int8Array(1)", b"({})", b"1")]
        kinds = [int(capi.typed_array_type(value)) for value in values]
        for value in values:
            capi.free_value(pointer, value)
        return kinds

    kinds = on_a_thread(run)
    assert kinds[0] == capi.UINT8_ARRAY, "the engine numbers typed arrays differently"
    assert capi.UINT8_ARRAY not in kinds[1:]


def test_a_stack_limit_of_zero_would_mean_none() -> None:
    from xpyja.runtime.engine.vm import MIN_STACK

    assert MIN_STACK > 0, "0 switches the engine's stack check off"


@pytest.mark.parametrize(
    "name",
    [
        "JS_Call",
        "JS_Eval2",
        "JS_EvalFunction",
        "JS_ExecutePendingJob",
        "JS_GetRuntime",
        "JS_GetVersion",
        "JS_FreeValue",
        "JS_DupValue",
        "JS_GetException",
        "JS_NewStringLen",
        "JS_ToCStringLen2",
        "JS_FreeCString",
        "JS_SetMemoryLimit",
        "JS_SetMaxStackSize",
        "JS_SetInterruptHandler",
        "JS_SetHostPromiseRejectionTracker",
        "JS_SetModuleLoaderFunc",
        "JS_WriteObject",
        "JS_ReadObject",
        "JS_RunGC",
        "JS_PromiseState",
        "JS_PromiseResult",
        "JS_IsProxy",
        "JS_GetProxyTarget",
        "JS_GetProxyHandler",
        "JS_GetTypedArrayType",
        "JS_GetUint8Array",
        "JS_NewArrayBufferCopy",
    ],
)
def test_a_function_is_exported(name: str) -> None:
    assert hasattr(ctypes.CDLL(_quickjs.__file__), name), f"the binding's shared object no longer exports {name}"
