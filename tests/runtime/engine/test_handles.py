"""Opaque handles: scripts pass them on, and can do nothing else with them."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from xpyja.runtime.api.values import UNDEFINED, Handle, require_handle
from xpyja.runtime.errors import HandleTypeError, JsError

if TYPE_CHECKING:
    from xpyja.runtime.engine.runtime import Runtime

    RuntimeMaker = Callable[..., Runtime]


class Engine:
    """Something that scripts must not look into."""

    secret = "token"


class Tools:
    """Something else."""


@pytest.fixture
def engine(runtime: Runtime) -> Engine:
    engine = Engine()
    runtime.set_global("engine", Handle(engine, members={"model": "m", "run": lambda: "ran"}))
    runtime.set_global("isEngine", lambda value: value is engine)
    return engine


def test_a_handle_comes_back_as_the_object(runtime: Runtime, engine: Engine) -> None:
    assert runtime.eval("engine") is engine
    assert runtime.eval("isEngine(engine)") is True
    assert runtime.eval("const kept = { deep: [engine] }; kept")["deep"] == [engine]
    assert runtime.eval("(x => x)")(Handle(engine)) is engine


def test_members_are_its_only_visible_properties(runtime: Runtime, engine: Engine) -> None:
    assert runtime.eval(
        "[Object.keys(engine), JSON.stringify(engine), engine.model, engine.run(), engine.secret, engine.target]"
    ) == [
        ["model", "run"],
        '{"model":"m"}',
        "m",
        "ran",
        UNDEFINED,
        UNDEFINED,
    ]
    assert runtime.eval("String(engine)") == "[object Object]"


@pytest.mark.parametrize(
    "forgery",
    [
        "{ ...engine }",
        "Object.assign({}, engine)",
        "Object.create(engine)",
        "Object.create(Object.getPrototypeOf(engine), Object.getOwnPropertyDescriptors(engine))",
        "structuredClone({ ...engine, run: null })",
        "new Proxy(engine, {})",
        "Object.setPrototypeOf({}, engine)",
        "(() => { const copy = {}; for (const k of Reflect.ownKeys(engine)) copy[k] = engine[k]; return copy })()",
        "JSON.parse(JSON.stringify(engine))",
        "({ __xpyja_handle: true })",
        "({ __xpyja_handle: 1, id: 1 })",
        "({ '\\u0001': ['h', 1] })",
        "({ '\\u0001': ['h', 2, 'Engine', null] })",
        "['\\u0001', 'h', 1]",
    ],
)
def test_a_handle_cannot_be_forged(runtime: Runtime, engine: Engine, forgery: str) -> None:
    assert runtime.eval(f"isEngine({forgery})") is False
    assert runtime.eval("isEngine(engine)") is True


def test_changing_a_handle_changes_nothing_in_python(runtime: Runtime, engine: Engine) -> None:
    runtime.eval(
        "try { engine.__xpyja_handle = 42; engine.model = 'x'; delete engine.run; Object.setPrototypeOf(engine, null);"
        " Object.freeze(engine) } catch {}; null"
    )
    assert runtime.eval("isEngine(engine)") is True
    assert runtime.eval("engine") is engine
    assert Engine.secret == "token"


def test_the_same_object_twice_is_two_handles_of_one_object(runtime: Runtime, engine: Engine) -> None:
    runtime.set_global("again", Handle(engine))
    assert runtime.eval("[isEngine(again), again === engine]") == [True, False]


def test_members_that_cannot_cross_are_named(runtime: Runtime) -> None:
    runtime.set_global("make", lambda: [Handle(Engine(), members={"bad": object()})])
    with pytest.raises(JsError, match=r"\$\[0\]\.members\.bad"):
        runtime.eval("make()")


def test_an_object_is_released_when_its_handle_is_collected(runtime: Runtime) -> None:
    engine = Engine()
    reference = weakref.ref(engine)
    runtime.set_global("engine", Handle(engine))
    del engine
    gc.collect()
    assert reference() is not None
    runtime.eval("delete globalThis.engine; null")
    runtime.call(runtime._bridge.vm.collect)
    runtime.eval("null")
    gc.collect()
    assert reference() is None


def test_a_function_is_released_when_its_wrapper_is_collected(runtime: Runtime) -> None:
    def function() -> None:
        pass

    reference = weakref.ref(function)
    runtime.set_global("f", function)
    del function
    runtime.eval("f(); delete globalThis.f; null")
    runtime.call(runtime._bridge.vm.collect)
    runtime.eval("null")
    gc.collect()
    assert reference() is None


def test_javascript_values_are_released_when_python_drops_them(runtime: Runtime) -> None:
    runtime.eval("globalThis.make = () => { const f = () => 1; globalThis.weak = new WeakRef(f); return f }; null")
    function = runtime.eval("make()")
    runtime.call(runtime._bridge.vm.collect)
    assert runtime.eval("weak.deref() !== undefined")
    del function
    runtime.eval("null")
    runtime.call(runtime._bridge.vm.collect)
    assert runtime.eval("weak.deref() === undefined")


def test_errors_are_released_when_python_drops_them(runtime: Runtime) -> None:
    for _ in range(50):
        with pytest.raises(JsError):
            runtime.eval("throw new AggregateError([new Error('a')], 'x', { cause: { c: 1 } })")
    gc.collect()
    runtime.eval("null")
    assert len(runtime._bridge.dropped) == 0


def test_everything_is_released_when_the_runtime_closes(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime()
    engine = Engine()
    reference = weakref.ref(engine)
    runtime.set_global("engine", Handle(engine, members={"size": lambda: 1}))
    del engine
    runtime.close()
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize(
    ("source", "received", "shown"),
    [
        ("null", "null", "None"),
        ("undefined", "null", "None"),
        ("'text'", "string", "'text'"),
        ("{ a: 1 }", "object", "{'a': 1}"),
        ("[1]", "array", "[1]"),
        ("5", "int", "5"),
        ("tools", "Tools", "<"),
        ("'x'.repeat(200)", "string", "…"),
        ("() => 1", "Function", "<JavaScript function"),
    ],
)
def test_require_handle_says_what_came_instead(runtime: Runtime, source: str, received: str, shown: str) -> None:
    problems: list[HandleTypeError] = []

    def use(value: object = UNDEFINED, *_: object) -> None:
        try:
            require_handle(value, Engine, "engine reference")
        except HandleTypeError as problem:
            problems.append(problem)
            raise

    runtime.set_global("use", use)
    runtime.set_global("tools", Handle(Tools()))
    with pytest.raises(JsError) as caught:
        runtime.eval(f"use({source}, 1)")
    assert (caught.value.name, caught.value.__cause__) == ("TypeError", problems[0])
    assert (problems[0].expected, problems[0].received) == ("engine reference", received)
    assert shown in str(problems[0])
    assert len(str(problems[0])) < 160


def test_require_handle_returns_the_object(runtime: Runtime, engine: Engine) -> None:
    received: list[Any] = []
    runtime.set_global("use", lambda value: received.append(require_handle(value, Engine)))
    runtime.eval("use(engine); null")
    assert received == [engine]
