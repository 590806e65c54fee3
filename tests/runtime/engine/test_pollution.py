"""Scripts that replace or poison the language's built-ins: what the bridge delivers stays the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from xpyja.runtime.api.values import Handle, HostError, JsBigInt, JsMap
from xpyja.runtime.errors import JsError, MarshalError

if TYPE_CHECKING:
    from xpyja.runtime.engine.runtime import Runtime

    RuntimeMaker = Callable[..., Runtime]

VALUE: dict[str, Any] = {
    "list": [1, 1.5, "é\0\ud800", None, True, JsBigInt(2**70)],
    "bytes": b"\0\1\2",
    "map": JsMap({1: "a", "b": [1]}),
    "set": {"x"},
    "date": datetime(2026, 1, 1, tzinfo=timezone.utc),
    "nested": {"__proto__": {"a": 1}, "": {"\x01": 1}},
}

POISONS = {
    "nothing": "",
    "JSON": "JSON.parse = JSON.stringify = () => { throw 'JSON' }; globalThis.JSON = null",
    "array methods": """
        for (const key of Reflect.ownKeys(Array.prototype)) {
          if (typeof Array.prototype[key] === 'function') Array.prototype[key] = () => { throw 'array ' + String(key) };
        }""",
    "iterators": """
        for (const object of [Array.prototype, Map.prototype, Set.prototype, String.prototype]) {
          object[Symbol.iterator] = () => { throw 'iterator' };
        }
        const next = Object.getPrototypeOf([].entries()); next.next = () => { throw 'next' }""",
    "maps and sets": """
        for (const C of [Map, Set, WeakMap, WeakSet]) for (const key of Reflect.ownKeys(C.prototype)) {
          const d = Reflect.getOwnPropertyDescriptor(C.prototype, key);
          if (typeof d.value === 'function') C.prototype[key] = () => { throw 'map ' + String(key) };
          else if (d.get) Object.defineProperty(C.prototype, key, { get() { throw 'getter' } });
        }""",
    "strings": """
        for (const key of Reflect.ownKeys(String.prototype)) {
          if (typeof String.prototype[key] === 'function') String.prototype[key] = () => { throw 'string ' + String(key) };
        }""",
    "constructors": """
        for (const name of ['Map', 'Set', 'WeakMap', 'Promise', 'Date', 'Uint8Array', 'BigInt', 'Error', 'TypeError', 'Array',
            'Object', 'Function', 'Reflect', 'Symbol', 'String', 'Number', 'FinalizationRegistry', 'ArrayBuffer', 'Proxy']) {
          globalThis[name] = function () { throw name };
        }""",
    "promises": """
        Promise.prototype.then = Promise.prototype.catch = Promise.prototype.finally = () => { throw 'then' };
        Promise.resolve = Promise.reject = Promise.all = () => { throw 'promise' };""",
    "promise species": """
        Object.defineProperty(Promise, Symbol.species, { get() { throw 'species' } });
        Promise.prototype.constructor = { get [Symbol.species]() { throw 'species' } };""",
    "functions": """
        Function.prototype.call = Function.prototype.apply = Function.prototype.bind = () => { throw 'call' };""",
    "objects": """
        for (const object of [Object, Reflect]) for (const key of Reflect.ownKeys(object)) {
          if (typeof object[key] === 'function' && key !== 'defineProperty' && key !== 'ownKeys') object[key] = () => { throw 'object ' + key };
        }
        Object.defineProperty = () => { throw 'defineProperty' };""",
    "toJSON": """
        for (const C of [Object, Array, String, Number, Boolean, BigInt, Date, Map]) {
          Object.defineProperty(C.prototype, 'toJSON', { value() { throw 'toJSON' } });
        }""",
    "setters": """
        for (const key of ['0', '1', '2', 'a', 'list', 'value', 'resolve', 'reject', 'thrown', 'code', 'message', 'cause', 'kind', 'path']) {
          const d = { __proto__: null, configurable: true, get() { return 'poison' }, set() { throw 'setter' } };
          for (const C of [Object, Array, Function, Promise, Map]) Object.defineProperty(C.prototype, key, d);
        }""",
    "inherited values": """
        Object.prototype.get = Object.prototype.set = Object.prototype.value = Object.prototype.writable = 1;
        Object.prototype.enumerable = Object.prototype.configurable = false; Object.prototype.ref = 1; Object.prototype.id = 1;""",
    "errors": """
        Error.prototype.toString = () => { throw 'toString' };
        for (const C of [Error, TypeError, RangeError]) Object.defineProperty(C.prototype, 'name', { get() { throw 'name' } });
        Object.defineProperty(Error.prototype, 'stack', { get() { throw 'stack' } });
        Error.captureStackTrace = Error.isError = () => { throw 'capture' };
        Error.prepareStackTrace = () => { throw 'prepare' };""",
    "numbers": """
        Number.isInteger = Number.isFinite = () => { throw 'number' }; Number.MAX_SAFE_INTEGER;
        BigInt.prototype.toString = Number.prototype.toString = () => { throw 'toString' };
        Object.prototype.toString = Object.prototype.valueOf = () => { throw 'valueOf' };""",
    "typed arrays": """
        const T = Object.getPrototypeOf(Uint8Array.prototype);
        for (const key of Reflect.ownKeys(T)) if (key !== 'constructor') {
          Object.defineProperty(T, key, { get() { throw 'typed ' + String(key) } });
        }""",
    "prototypes gone": """
        Object.setPrototypeOf(Array.prototype, null); Object.setPrototypeOf(Function.prototype, null);
        Object.setPrototypeOf(Map.prototype, null); Object.setPrototypeOf(Promise, null);""",
    "globals gone": """
        for (const key of Reflect.ownKeys(globalThis)) {
          if (!['give', 'take', 'fails', 'handle', 'require', 'setTimeout', 'undefined'].includes(key)) {
            try { delete globalThis[key] } catch {}
          }
        }""",
}


@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS.keys())
def test_what_the_bridge_delivers_stays_the_same(make_runtime: RuntimeMaker, tmp_path: Path, poison: str) -> None:
    (tmp_path / "data.json").write_text('{"a": [1]}')
    (tmp_path / "code.js").write_text("exports.twice = function (x) { return x + x }; exports.name = __filename")
    (tmp_path / "other.js").write_text("module.exports = require('./code').twice")
    target = object()
    received: list[object] = []

    def fails() -> None:
        raise HostError("no good", name="RangeError", code="ENOGOOD", properties={"errno": -3})

    runtime = make_runtime(folder=str(tmp_path))
    runtime.set_global("give", lambda: VALUE)
    runtime.set_global("take", lambda *values: received.append(values))
    runtime.set_global("fails", fails)
    runtime.set_global("handle", Handle(target, members={"size": 3}))
    identity = runtime.eval("(x => x)")
    later = runtime.eval("((resolve) => { const p = new Promise((r) => { resolve = r }); return [p, resolve] })()")
    runtime.eval(f"{{ {poison} }}; undefined")

    assert identity(VALUE) == VALUE
    assert runtime.eval("give()") == VALUE
    runtime.eval("take(give(), 1, 'é', [handle])")
    assert received == [(VALUE, 1, "é", [target])]
    assert runtime.eval("[handle, handle.size]") == [target, 3]

    function = runtime.eval("(function named(a, b) { return [b, a] })")
    assert function(1, {"x": 2}) == [{"x": 2}, 1]
    assert function.__name__ == "named"

    with pytest.raises(JsError) as caught:
        runtime.eval("fails()")
    assert isinstance(caught.value.__cause__, HostError)
    assert runtime.eval("try { fails() } catch (e) { [e.code, e.errno, e.message] }") == ["ENOGOOD", -3, "no good"]
    with pytest.raises(JsError) as caught:
        runtime.eval("null.x")
    assert "null" in caught.value.text
    with pytest.raises(JsError):
        runtime.eval("throw { a: 1 }")
    with pytest.raises((MarshalError, JsError)):
        runtime.eval("take(/x/)")

    promise, resolve = later
    resolve([1, "é"])
    assert promise.result(10) == [1, "é"]
    deferred = runtime.deferred()
    runtime.set_global("promise", deferred)
    deferred.resolve(VALUE)
    assert runtime.eval("promise").result(10) == VALUE
    runtime.eval("setTimeout(take, 0, 'timer'); undefined")
    assert runtime.wait_idle(10)
    assert received[1:] == [("timer",)]

    assert runtime.require("./data.json") == {"a": [1]}
    assert runtime.eval("require('./other')('ab')") == "abab"
    assert runtime.eval("require('./code').name") == str(tmp_path / "code.js")
