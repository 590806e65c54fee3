"""Composition: explicit, ordered, checked before anything starts."""

from __future__ import annotations

import threading

import pytest

from xpyja.runtime.api.provider import Exports
from xpyja.runtime.engine.builder import RuntimeBuilder
from xpyja.runtime.engine.runtime import Runtime
from xpyja.runtime.errors import CompositionError, JsError, ModuleDenied
from xpyja.runtime.plan import Limits


def make_nothing(_: Runtime) -> Exports:
    return {}


def test_a_factory_makes_many_independent_runtimes() -> None:
    made: list[str] = []

    def make(runtime: Runtime) -> Exports:
        made.append(runtime.name)
        return {"name": runtime.name, "count": lambda: len(made)}

    factory = RuntimeBuilder().add_module("who", make).build()
    with factory.new_runtime() as first, factory.new_runtime("second") as second:
        assert made == []
        assert first.eval("require('who').name") == first.name
        assert second.eval("require('who') === require('who') && require('who').name") == "second"
        assert made == [first.name, "second"]
        assert first.name != second.name
    assert factory.aliases == ("who",)


def test_runtimes_may_be_made_on_many_threads_at_once() -> None:
    factory = RuntimeBuilder().add_module("m", make_nothing).build()
    results: list[int] = []

    def use() -> None:
        for _ in range(5):
            with factory.new_runtime() as runtime:
                results.append(runtime.eval("require('m'); 1 + 1"))

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [2] * 20


def test_all_clashes_are_reported_at_once() -> None:
    builder = RuntimeBuilder()
    builder.add_module("fs", make_nothing, id="one").add_module("node:FS ", make_nothing, id="two")
    builder.add_module("", make_nothing, id="three")
    builder.add_initializer("same", lambda _: None).add_initializer("same", lambda _: None)
    with pytest.raises(CompositionError) as caught:
        builder.build()
    message = str(caught.value)
    for part in ('"node:FS "', '"one"', '"two"', '"three"', "empty alias", '"same" is added twice'):
        assert part in message


def test_replacing_a_module_is_explicit() -> None:
    builder = RuntimeBuilder(replace=("node:fs",))
    builder.add_module("fs", lambda _: {"which": "first"}).add_module("fs", lambda _: {"which": "second"})
    with builder.build().new_runtime() as runtime:
        assert runtime.eval("require('fs').which") == "second"


def test_a_factory_is_not_changed_by_its_builder() -> None:
    builder = RuntimeBuilder().add_module("a", make_nothing)
    factory = builder.build()
    builder.add_module("b", make_nothing)
    assert factory.aliases == ("a",)
    assert builder.build().aliases == ("a", "b")


def test_initializers_run_in_order_on_the_owner_before_any_script() -> None:
    order: list[str] = []
    builder = RuntimeBuilder()
    for name in "bac":
        builder.add_initializer(name, lambda runtime, name=name: order.append(f"{name} {runtime.owner.on_owner()}"))  # type: ignore[misc]
    builder.add_initializer("last", lambda runtime: runtime.set_global("x", runtime.eval("6 * 7")))
    with builder.build().new_runtime() as runtime:
        assert order == ["b True", "a True", "c True"]
        assert runtime.eval("x") == 42


def test_a_failing_initializer_unwinds_what_was_started() -> None:
    closed: list[str] = []
    runtimes: list[Runtime] = []

    def first(runtime: Runtime) -> None:
        runtimes.append(runtime)
        runtime.add_closer(lambda: closed.append("first"))
        runtime.add_closer(lambda: closed.append("second"))

    def fails(_: Runtime) -> None:
        raise LookupError("no service")

    builder = RuntimeBuilder().add_initializer("first", first).add_initializer("fails", fails)
    with pytest.raises(LookupError, match="no service"):
        builder.build().new_runtime()
    assert closed == ["second", "first"]
    assert not runtimes[0].owner._thread.is_alive()


def test_a_runtime_that_cannot_start_leaves_no_thread() -> None:
    before = threading.active_count()
    for limits in (Limits(stack=1), Limits(memory=1)):
        with pytest.raises(Exception, match="minimum"):
            RuntimeBuilder(limits=limits).build().new_runtime()
    assert threading.active_count() <= before + 1  # the watchdog may have started


def test_a_module_that_fails_to_be_made_is_tried_again() -> None:
    attempts: list[int] = []

    def make(_: Runtime) -> Exports:
        attempts.append(1)
        if len(attempts) == 1:
            raise LookupError("not yet")
        return {"ok": True}

    with RuntimeBuilder().add_module("m", make).build().new_runtime() as runtime:
        with pytest.raises(JsError) as caught:
            runtime.eval("require('m')")
        assert isinstance(caught.value.__cause__, LookupError)
        assert runtime.eval("require('m')") == {"ok": True}


def test_an_unselected_module_is_denied() -> None:
    def deny(name: str) -> ModuleDenied | None:
        return (
            ModuleDenied(name, f"module '{name}' is not in the profile", hint="add it") if name == "database" else None
        )

    with RuntimeBuilder(denial=deny).build().new_runtime() as runtime, pytest.raises(JsError) as caught:
        runtime.eval("require('database')")
    assert isinstance(caught.value.__cause__, ModuleDenied)
    assert caught.value.code == "ERR_MODULE_DENIED"
    assert caught.value.hint == "add it"
