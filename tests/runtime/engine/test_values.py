"""What crosses between Python and JavaScript, both ways, and what is refused."""

from __future__ import annotations

import array
import asyncio
import enum
import json
import math
import random
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xpyja.runtime.api.values import UNDEFINED, Handle, JsBigInt, JsMap
from xpyja.runtime.errors import JsError, MarshalError

if TYPE_CHECKING:
    from xpyja.runtime.engine.runtime import Runtime

MAX_SAFE = 2**53 - 1
UTC = timezone.utc


class Crossing:
    """One runtime, and the ways for a value through it."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.received: list[Any] = []
        self.to_give: Any = None
        runtime.set_global("take", lambda *values: self.received.append(values[0] if values else None))
        runtime.set_global("give", lambda: self.to_give)
        self.identity = runtime.eval("(x => x)")
        self.same = runtime.eval(SAME)

    def there_and_back(self, value: object) -> Any:
        """As argument and result of a JavaScript function; checks the other roads on the way."""
        self.to_give = value
        self.received.clear()
        back = self.identity(value)
        self.runtime.eval("take(give()); null")
        (other,) = self.received
        if other is not None or back is not UNDEFINED:  # as an argument undefined is None
            assert same(other, back), (other, back)
        return back

    def from_source(self, source: str) -> Any:
        """The value of a JavaScript expression."""
        return self.runtime.eval(f"({source})")

    def arrives_as(self, value: object, source: str) -> bool:
        """Whether JavaScript sees exactly what an expression makes."""
        self.to_give = value
        return bool(self.runtime.eval(f"same(give(), ({source}))"))


SAME = """
(globalThis.same = function same(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Date) return a.getTime() === b.getTime();
  if (ArrayBuffer.isView(a)) return a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
  if (a instanceof Map) return same([...a], [...b]);
  if (a instanceof Set) return a.size === b.size && [...a].every((member) => b.has(member)); // Python's have no order
  const keys = Reflect.ownKeys(a);
  return keys.length === Reflect.ownKeys(b).length && keys.every((k) => Object.hasOwn(b, k) && same(a[k], b[k]));
})
"""


def same(a: Any, b: Any) -> bool:
    """Whether two values are equal down to their types."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, memoryview):
        return bool(a.format == b.format and a.tobytes() == b.tobytes())
    return bool(a == b)


@pytest.fixture
def crossing(runtime: Runtime) -> Crossing:
    return Crossing(runtime)


# -- what the binding alone gets wrong (engine.md, 2.1) --------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (2**40, "2 ** 40"),
        (2**31, "2 ** 31"),
        (-(2**31) - 1, "-(2 ** 31) - 1"),
        (2**31 - 1, "2 ** 31 - 1"),
        (-(2**31), "-(2 ** 31)"),
        (True, "true"),
        ("a\0b", "'a\\0b'"),
        ("\0", "'\\0'"),
        ("\ud800", "'\\ud800'"),
        ("x\udfffy", "'x\\udfffy'"),
        (2**70, "2n ** 70n"),
        (-(2**70), "-(2n ** 70n)"),
        (JsBigInt(5), "5n"),
        (b"\0\xff", "new Uint8Array([0, 255])"),
        ([1, [2]], "[1, [2]]"),
        ({"a": {"b": None}}, "{ a: { b: null } }"),
        ("x" * 100_000, "'x'.repeat(100000)"),
        ("é" * 10_000, "'é'.repeat(10000)"),
    ],
)
def test_results_of_host_functions_arrive_whole(crossing: Crossing, value: object, source: str) -> None:
    assert crossing.arrives_as(value, source)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("'a\\0b'", "a\0b"),
        ("'\\ud800'", "\ud800"),
        ("'a'.repeat(5000) + 'b'.repeat(5000)", "a" * 5000 + "b" * 5000),
        ("'é'.repeat(5000) + '\\u1234'.repeat(5000)", "é" * 5000 + "\u1234" * 5000),
        ("5n", JsBigInt(5)),
        ("-5n", JsBigInt(-5)),
        ("2n ** 100n", JsBigInt(2**100)),
        ("2 ** 40", 2**40),
        ("0.5 + 0.5", 1),
        ("-0", -0.0),
    ],
)
def test_arguments_of_host_functions_arrive_whole(crossing: Crossing, source: str, value: object) -> None:
    for call in (f"take({source})", f"take([{source}])", f"take({source}, 1)", f"take({source}, {source})"):
        crossing.runtime.set_global("take", lambda *values: crossing.received.append(values))
        crossing.runtime.eval(f"{call}; null")
        first = crossing.received.pop()[0]
        assert same(first[0] if isinstance(first, list) else first, value), call


def test_a_rope_arrives_from_everywhere(crossing: Crossing) -> None:
    rope = "'a'.repeat(5000) + 'b'.repeat(5000)"
    expected = "a" * 5000 + "b" * 5000
    runtime = crossing.runtime
    assert runtime.eval(rope) == expected
    assert runtime.eval(f"(() => {rope})")() == expected
    assert runtime.eval(f"Promise.resolve({rope})").result(10) == expected
    assert runtime.eval(f"Promise.resolve([{rope}])").result(10) == [expected]
    with pytest.raises(JsError) as caught:
        runtime.eval(f"throw new Error({rope})")
    assert caught.value.text == expected
    with pytest.raises(JsError) as caught:
        runtime.eval(f"Promise.reject(new Error({rope}))").result(10)
    assert caught.value.text == expected


def test_an_argument_that_cannot_cross_is_an_error_that_scripts_catch(crossing: Crossing) -> None:
    for source in ("Symbol('s')", "new WeakMap()", "[Symbol.iterator]", "/x/"):
        text = crossing.runtime.eval(f"try {{ take({source}) }} catch (error) {{ error.name + ' ' + error.code }}")
        assert text == "TypeError ERR_MARSHAL", source
    assert crossing.received == []
    assert crossing.runtime.eval("1 + 1") == 2


def test_a_host_function_that_raises_is_an_error_that_scripts_catch(runtime: Runtime) -> None:
    def fails() -> None:
        raise ValueError("no good")

    runtime.set_global("fails", fails)
    assert runtime.eval("try { fails() } catch (error) { String(error) }") == "ValueError: no good"
    assert runtime.eval("1 + 1") == 2


def test_a_thrown_object_is_shown_and_not_converted(runtime: Runtime) -> None:
    with pytest.raises(JsError) as caught:
        runtime.eval("throw { a: 1, toString() { return 'lie' } }")
    assert caught.value.name == ""
    assert caught.value.text.startswith("{ a: 1,")


# -- the table in marshal.py -----------------------------------------------------------------------------------------


class Color(str, enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Point(NamedTuple):
    x: int
    y: int


ROUND_TRIPS: list[tuple[str, object, str, object]] = [
    ("None", None, "null", None),
    ("undefined", UNDEFINED, "undefined", UNDEFINED),
    ("true", True, "true", True),
    ("int", 5, "5", 5),
    ("int enum", Level.HIGH, "3", 3),
    ("largest safe int", MAX_SAFE, "Number.MAX_SAFE_INTEGER", MAX_SAFE),
    ("smallest safe int", -MAX_SAFE, "Number.MIN_SAFE_INTEGER", -MAX_SAFE),
    ("int beyond", MAX_SAFE + 1, "2n ** 53n", JsBigInt(MAX_SAFE + 1)),
    ("negative int beyond", -MAX_SAFE - 1, "-(2n ** 53n)", JsBigInt(-MAX_SAFE - 1)),
    ("bigint", JsBigInt(0), "0n", JsBigInt(0)),
    ("float", 1.5, "1.5", 1.5),
    ("float without fraction", 2.0, "2", 2),
    ("large float", 2.0**60, "2 ** 60", 2.0**60),
    ("larger float", 1e300, "1e300", 1e300),
    ("tiny float", 5e-324, "5e-324", 5e-324),
    ("NaN", math.nan, "NaN", math.nan),
    ("infinity", math.inf, "Infinity", math.inf),
    ("minus infinity", -math.inf, "-Infinity", -math.inf),
    ("minus zero", -0.0, "-0", -0.0),
    ("str", "grüße 😀", "'grüße 😀'", "grüße 😀"),
    ("empty str", "", "''", ""),
    ("str enum", Color.RED, "'red'", "red"),
    ("two surrogates in a row", "\ud83d\ude00", "'😀'", "😀"),
    ("bytes", b"\x00\xff", "new Uint8Array([0, 255])", b"\x00\xff"),
    ("no bytes", b"", "new Uint8Array(0)", b""),
    ("bytearray", bytearray(b"ab"), "new Uint8Array([97, 98])", b"ab"),
    ("array", array.array("h", [-1, 2]), "new Int16Array([-1, 2])", memoryview(array.array("h", [-1, 2]))),
    ("memoryview", memoryview(array.array("d", [0.5])), "new Float64Array([0.5])", memoryview(array.array("d", [0.5]))),
    (
        "datetime",
        datetime(2026, 1, 2, 3, 4, 5, 6000, UTC),
        "new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6))",
        datetime(2026, 1, 2, 3, 4, 5, 6000, UTC),
    ),
    (
        "datetime elsewhere",
        datetime(1969, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        "new Date(Date.UTC(1969, 0, 1))",
        datetime(1969, 1, 1, tzinfo=UTC),
    ),
    ("list", [1, "a", None], "[1, 'a', null]", [1, "a", None]),
    ("tuple", (1, (2,)), "[1, [2]]", [1, [2]]),
    ("named tuple", Point(1, 2), "[1, 2]", [1, 2]),
    ("dict", {"b": 1, "a": UNDEFINED}, "{ b: 1, a: undefined }", {"b": 1, "a": UNDEFINED}),
    ("dict subclasses", OrderedDict(a=defaultdict(int, b=1)), "{ a: { b: 1 } }", {"a": {"b": 1}}),
    ("keys like indexes come first", {"b": 1, "2": 2, "1": 3}, "{ 1: 3, 2: 2, b: 1 }", {"1": 3, "2": 2, "b": 1}),
    ("key __proto__", {"__proto__": {"x": 1}}, "{ ['__proto__']: { x: 1 } }", {"__proto__": {"x": 1}}),
    ("the tag's own key", {"\x01": ["u"]}, "{ '\\x01': ['u'] }", {"\x01": ["u"]}),
    ("the tag's key among others", {"\x01": 1, "": 2}, "{ '\\x01': 1, '': 2 }", {"\x01": 1, "": 2}),
    (
        "the tag's key, deep",
        [{"\x01": {"\x01": b""}}],
        "[{ '\\x01': { '\\x01': new Uint8Array(0) } }]",
        [{"\x01": {"\x01": b""}}],
    ),
    (
        "map",
        JsMap({1: "a", "1": [None], None: 2}),
        "new Map([[1, 'a'], ['1', [null]], [null, 2]])",
        JsMap({1: "a", "1": [None], None: 2}),
    ),
    ("empty map", JsMap(), "new Map()", JsMap()),
    ("set", {1}, "new Set([1])", {1}),
    ("frozenset", frozenset(["a"]), "new Set(['a'])", {"a"}),
]


@pytest.mark.parametrize(
    ("value", "source", "back"), [row[1:] for row in ROUND_TRIPS], ids=[row[0] for row in ROUND_TRIPS]
)
def test_round_trip(crossing: Crossing, value: object, source: str, back: object) -> None:
    assert crossing.arrives_as(value, source)
    assert same(crossing.there_and_back(value), back)
    assert same(crossing.from_source(source), back)
    assert same(crossing.from_source(f"[{source}]"), [back])


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("b", "Int8Array"),
        ("h", "Int16Array"),
        ("H", "Uint16Array"),
        ("i", "Int32Array"),
        ("I", "Uint32Array"),
        ("q", "BigInt64Array"),
        ("Q", "BigUint64Array"),
        ("f", "Float32Array"),
        ("d", "Float64Array"),
    ],
)
def test_typed_arrays(crossing: Crossing, code: str, name: str) -> None:
    value = array.array(code, [1, 2, 3])
    crossing.to_give = value
    assert crossing.runtime.eval("give().constructor.name") == name
    back = crossing.there_and_back(value)
    assert isinstance(back, memoryview)
    assert (back.format, back.tolist()) == (code, [1, 2, 3])
    assert crossing.there_and_back(array.array(code)).nbytes == 0
    part = crossing.from_source(
        f"new {name}([1, 2, 3]).subarray(1, 2)".replace("[1, 2, 3]", "[1n, 2n, 3n]" if "Big" in name else "[1, 2, 3]")
    )
    assert part.tolist() == [2]


@pytest.mark.parametrize(
    "source",
    [
        "new Uint8Array([1, 2, 3]).buffer",
        "new DataView(new Uint8Array([0, 1, 2, 3]).buffer, 1)",
        "new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4)",
        "new Uint8Array(new Uint8Array([1, 2, 3]).buffer)",
    ],
)
def test_buffers_are_bytes(crossing: Crossing, source: str) -> None:
    assert crossing.from_source(source) == b"\1\2\3"
    assert crossing.from_source(f"[{source}, {source}]") == [b"\1\2\3"] * 2


def test_a_shared_buffer_is_bytes(crossing: Crossing) -> None:
    assert (
        crossing.from_source("(() => { const b = new SharedArrayBuffer(2); new Uint8Array(b)[1] = 7; return b })()")
        == b"\0\7"
    )


def test_values_that_wrap_primitives_are_primitives(crossing: Crossing) -> None:
    assert crossing.from_source("[new Number(1.5), new String('a'), new Boolean(false), Object(5n)]") == [
        1.5,
        "a",
        False,
        5,
    ]


def test_holes_are_undefined(crossing: Crossing) -> None:
    assert crossing.from_source("[, 1, ,]") == [UNDEFINED, 1, UNDEFINED]


def test_objects_of_classes_are_their_enumerable_properties(crossing: Crossing) -> None:
    assert crossing.from_source("new (class A { x = 1; #y = 2; get z() { return 3 } })()") == {"x": 1}
    assert crossing.from_source("Object.assign(Object.create({ inherited: 1 }), { [Symbol()]: 2, a: 3 })") == {"a": 3}
    assert crossing.from_source("new Proxy({ a: 1 }, {})") == {"a": 1}
    assert crossing.from_source("new Proxy([1], {})") == [1]


def test_a_handle_is_the_object_it_wraps(crossing: Crossing) -> None:
    target = object()
    crossing.to_give = Handle(target)
    assert crossing.from_source("give()") is target
    assert crossing.from_source("[{ a: give() }]")[0]["a"] is target


def test_a_function_is_itself(crossing: Crossing) -> None:
    def host(value: object) -> object:
        return value

    assert crossing.identity(host) is host
    function = crossing.from_source("(function named(a) { return a + 1 })")
    assert function(1) == 2
    assert function.__name__ == "named"
    assert crossing.runtime.eval("(f => g => f === g)")(function)(function) is True


def test_a_promise_is_itself(crossing: Crossing) -> None:
    promise = crossing.from_source("globalThis.p = Promise.resolve([1])")
    assert crossing.runtime.eval("(q => q === p)")(promise) is True
    assert promise.result(10) == [1]
    assert promise.result(10) == [1]


def test_futures_and_awaitables_are_promises(crossing: Crossing) -> None:
    async def later() -> list[int]:
        await asyncio.sleep(0)
        return [1]

    async def fails() -> None:
        raise KeyError("k")

    future: Future[str] = Future()
    crossing.to_give = [future, later(), fails()]
    promise = crossing.from_source("Promise.allSettled(give()).then((all) => all.map((r) => r.value ?? r.reason.name))")
    future.set_result("done")
    assert promise.result(10) == ["done", [1], "KeyError"]


def test_an_exception_is_an_error_and_comes_back_as_its_cause(crossing: Crossing) -> None:
    problem = KeyError("k")
    crossing.to_give = [problem]
    assert crossing.from_source("give()[0] instanceof Error && give()[0].name") == "KeyError"
    (error,) = crossing.from_source("give()")
    assert isinstance(error, JsError)
    assert error.__cause__ is problem


def test_an_error_of_javascript_is_itself(crossing: Crossing) -> None:
    error = crossing.from_source("globalThis.e = new RangeError('r')")
    assert isinstance(error, JsError)
    assert (error.name, error.text) == ("RangeError", "r")
    assert crossing.runtime.eval("(f => f === e)")(error) is True
    assert crossing.runtime.eval("(([f]) => f === e)")([error]) is True


def test_none_stands_for_undefined_arguments(runtime: Runtime) -> None:
    received: list[object] = []
    runtime.set_global("take", lambda *values: received.append(values))
    runtime.eval("take(); take(undefined); take(null); take(1, undefined); take(undefined, 1); take([undefined]); null")
    assert received == [(), (), (None,), (1,), (None, 1), ([UNDEFINED],)]


# -- code that runs while values cross ---------------------------------------------------------------------------------


def test_a_getter_that_calls_python_does_not_disturb_the_buffers(crossing: Crossing) -> None:
    crossing.to_give = b"given"
    crossing.runtime.eval(
        "take({ a: new Uint8Array([1, 2]), get b() { take({ x: new Uint8Array([9]) }); return give() },"
        " c: new Uint8Array([3]) }); null"
    )
    assert crossing.received == [{"x": b"\x09"}, {"a": b"\1\2", "b": b"given", "c": b"\3"}]


def test_a_getter_that_calls_python_does_not_disturb_the_tags(crossing: Crossing) -> None:
    crossing.runtime.eval("take([new Date(0), { get b() { take('x'); take({}); return 1 } }]); null")
    assert crossing.received == ["x", {}, [datetime(1970, 1, 1, tzinfo=UTC), {"b": 1}]]


def test_a_mapping_that_calls_javascript_does_not_disturb_the_buffers(crossing: Crossing) -> None:
    length = crossing.runtime.eval("(bytes => bytes.length)")

    class Calling(dict[str, object]):
        def items(self) -> Any:
            return [("n", length(b"12345")), ("data", b"678")]

    assert crossing.identity([b"1", Calling(), b"2"]) == [b"1", {"n": 5, "data": b"678"}, b"2"]


def test_printing_a_proxy_does_not_disturb_the_buffers(crossing: Crossing) -> None:
    crossing.runtime.eval(
        "const e = new Error('x'); e.cause = new Proxy({}, {}); take([new Uint8Array([1]), e, new Uint8Array([2])]); null"
    )
    ((first, error, last),) = crossing.received
    assert (first, last) == (b"\1", b"\2")
    assert error.cause.text


# -- refusals, and the place they name -----------------------------------------------------------------------------------


def _cycle() -> list[Any]:
    cycle: list[Any] = [{"a": []}]
    cycle[0]["a"].append(cycle)
    return cycle


def _nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "path", "reason"),
    [
        (_cycle(), "$[0].a[0]", "cycle"),
        ({"a": JsMap({1: _cycle()})}, "$.a.(entry)[0].a[0]", "cycle"),
        (_nested(257), "$", "256 levels"),
        ([datetime(2026, 1, 1)], "$[0]", "time zone"),
        ({"a": [1, {"b": object()}]}, "$.a[1].b", "Python object"),
        ({"a": {1: 2}}, "$.a", "key of type int"),
        ([{None: 1}], "$[0]", "key of type NoneType"),
        ([{"a": {b"k": 1}}], "$[0].a", "key of type bytes"),
        ([1j], "$[0]", "complex"),
        ([range(3)], "$[0]", "range"),
        ([memoryview(bytes(8)).cast("B", (2, 4))], "$[0]", "2 dimensions"),
        ([datetime(2026, 1, 1).date()], "$[0]", "date"),
    ],
)
def test_python_values_that_cannot_cross(crossing: Crossing, value: Any, path: str, reason: str) -> None:
    crossing.to_give = value
    assert (
        crossing.runtime.eval("try { give() } catch (error) { error.name + ' ' + error.code }")
        == "TypeError ERR_MARSHAL"
    )
    with pytest.raises(JsError) as caught:
        crossing.runtime.eval("give()")
    problem = caught.value.__cause__
    assert isinstance(problem, MarshalError)
    assert problem.path == path
    assert reason in problem.reason


def test_an_argument_is_named_by_its_place_in_the_call(crossing: Crossing) -> None:
    with pytest.raises(MarshalError) as caught:
        crossing.identity(1, {"a": object()})
    assert caught.value.path == "$[1].a"
    with pytest.raises(MarshalError) as caught:
        crossing.runtime.eval("take(1, { a: Symbol() })")
    assert caught.value.path == "$[1].a"


def test_256_levels_cross_both_ways(crossing: Crossing) -> None:
    # The argument list of a call is itself a level.
    crossing.to_give = _nested(256)
    assert crossing.runtime.eval("let d = 0; for (let v = give(); v !== undefined; v = v[0]) d++; d") == 256
    value = crossing.from_source("'['.repeat(256) && JSON.parse('['.repeat(256) + ']'.repeat(256))")
    depth = 0
    while value:
        (value,), depth = value, depth + 1
    assert depth == 255


@pytest.mark.parametrize(
    ("source", "path", "reason"),
    [
        ("(() => { const c = { a: [] }; c.a.push(c); return c })()", "$", "cycle"),
        ("(() => { const m = new Map(); m.set(1, m); return [m] })()", "$", "cycle"),
        ("JSON.parse('['.repeat(257) + ']'.repeat(257))", "$", "256 levels"),
        ("{ a: [1, Symbol('s')] }", "$.a[1]", "Symbol"),
        ("[{ when: new Date(NaN) }]", "$[0].when", "invalid Date"),
        ("{ w: new WeakMap() }", "$.w", "WeakMap"),
        ("{ w: [new WeakSet()] }", "$.w[0]", "WeakSet"),
        ("[/x/]", "$[0]", "RegExp"),
        ("{ 'odd (at )': [Symbol()] }", "$.odd (at )[0]", "Symbol"),
        ("new Map([[1, Symbol()]])", "$.value", "Symbol"),
        ("new Map([[Symbol(), 1]])", "$.key", "Symbol"),
        ("new Set([Symbol()])", "$.member", "Symbol"),
        ("new Map([[1, 'a'], [true, 'b']])", "$", "equal in Python"),
        ("[new Map([[1, 'a'], [1n, 'b']])]", "$", "equal in Python"),
        ("new Set([0, false])", "$", "equal in Python"),
        ("new Map([[[1], 2]])", "$", "list as a key"),
        ("new Set([{}])", "$", "dict as a key"),
        ("[new Date(8.64e15)]", "$", "years 1 to 9999"),
    ],
)
def test_javascript_values_that_cannot_cross(crossing: Crossing, source: str, path: str, reason: str) -> None:
    with pytest.raises(MarshalError) as caught:
        crossing.from_source(source)
    assert reason in caught.value.reason
    if reason == "cycle":
        assert caught.value.path.startswith(path)
    else:
        assert caught.value.path == path
    assert crossing.runtime.eval("1 + 1") == 2


def test_a_detached_buffer_is_an_error(crossing: Crossing) -> None:
    for source in (
        "(() => { const b = new ArrayBuffer(4); b.transfer(); return b })()",
        "(() => { const b = new ArrayBuffer(4), v = new DataView(b); b.transfer(); return v })()",
        "(() => { const b = new ArrayBuffer(4), v = new Uint8Array(b); b.transfer(); return v })()",
    ):
        with pytest.raises(JsError):
            crossing.from_source(source)


def test_a_promise_of_something_that_cannot_cross_is_rejected(crossing: Crossing) -> None:
    with pytest.raises(MarshalError):
        crossing.from_source("Promise.resolve([Symbol()])").result(10)


# -- generated values --------------------------------------------------------------------------------------------------

# Two surrogates in a row become a character: that is one row of the table, not something to generate.
TEXTS = st.text(st.characters(exclude_categories=())).map(
    lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
)
KEYS = st.one_of(
    TEXTS,
    st.sampled_from(["__proto__", "", "\x01", "0", "1", "-1", "01", "4294967295", "constructor", "toString", "length"]),
)
INTS = st.one_of(st.integers(-MAX_SAFE, MAX_SAFE), st.integers(-(2**31) - 2, 2**31 + 2))
BIG_INTS = st.integers(-(2**4000), 2**4000).map(JsBigInt)
FLOATS = st.floats().filter(lambda x: not (x == x and abs(x) != math.inf and x.is_integer()))
DATES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(
    lambda d: d.replace(microsecond=d.microsecond // 1000 * 1000, tzinfo=UTC)
)
ATOMS = st.one_of(
    st.none(),
    st.just(UNDEFINED),
    st.booleans(),
    INTS,
    BIG_INTS,
    FLOATS,
    TEXTS,
    st.binary(max_size=20),
    DATES,
    st.lists(st.integers(-(2**31), 2**31 - 1), max_size=4).map(lambda items: memoryview(array.array("i", items))),
)
MAP_KEYS = st.one_of(TEXTS, st.integers(2, MAX_SAFE), st.none())


def _index_keys_first(value: dict[str, Any]) -> dict[str, Any]:
    """In the order that a JavaScript object has."""

    def is_index(key: str) -> bool:
        return key.isascii() and key.isdigit() and str(int(key)) == key and int(key) < 2**32 - 1

    indexes = sorted((key for key in value if is_index(key)), key=int)
    return {key: value[key] for key in [*indexes, *(key for key in value if not is_index(key))]}


VALUES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(KEYS, inner, max_size=5).map(_index_keys_first),
        st.dictionaries(MAP_KEYS, inner, max_size=4).map(JsMap),
        st.sets(MAP_KEYS, max_size=4),
    ),
    max_leaves=30,
)


def literal(value: Any) -> str:
    """An expression that makes the value in JavaScript without the bridge."""
    if value is None or value is UNDEFINED:
        return "null" if value is None else "undefined"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, JsBigInt):
        return f"({int(value):#x}n)" if value >= 0 else f"(-{abs(int(value)):#x}n)"
    if isinstance(value, int):
        return f"({value})"
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else f"({repr(value).replace('inf', 'Infinity')})"
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, bytes):
        return f"new Uint8Array({list(value)})"
    if isinstance(value, memoryview):
        return f"new Int32Array({value.tolist()})"
    if isinstance(value, datetime):
        return f"new Date({(value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)})"
    if isinstance(value, JsMap):
        return "new Map([" + ",".join(f"[{literal(k)},{literal(v)}]" for k, v in value.items()) + "])"
    if isinstance(value, dict):
        return "({" + ",".join(f"[{literal(k)}]:{literal(v)}" for k, v in value.items()) + "})"
    if isinstance(value, set):
        return "new Set([" + ",".join(map(literal, value)) + "])"
    return "[" + ",".join(map(literal, value)) + "]"


@pytest.fixture(scope="module")
def shared() -> Any:
    from xpyja.runtime.engine.builder import RuntimeBuilder

    with RuntimeBuilder().build().new_runtime() as runtime:
        yield Crossing(runtime)


GENERATED = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)


@GENERATED
@given(value=VALUES)
def test_python_to_javascript_and_back(shared: Crossing, value: Any) -> None:
    assert same(shared.there_and_back(value), value)


@GENERATED
@given(value=VALUES)
def test_javascript_sees_what_python_means(shared: Crossing, value: Any) -> None:
    assert shared.arrives_as(value, literal(value))


@GENERATED
@given(value=VALUES)
def test_javascript_to_python_and_back(shared: Crossing, value: Any) -> None:
    source = literal(value)
    assert same(shared.from_source(source), value)
    assert (
        shared.runtime.eval(f"(() => {{ const v = {source}; return (identity) => same(identity(v), v) }})()")(
            lambda v=UNDEFINED: v
        )
        is True
    )


@GENERATED
@given(text=TEXTS.filter(bool), times=st.integers(0, 9000))
def test_long_texts_in_pieces(shared: Crossing, text: str, times: int) -> None:
    piece = json.dumps(text)
    source = f"(() => {{ let s = ''; for (let i = 0; i < {times}; i++) s += {piece}; return s }})()"
    expected = (text * times).encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    assert shared.from_source(source) == expected
    assert shared.identity([text * times]) == [expected]


def test_a_hundred_thousand_random_values_come_back_unchanged(shared: Crossing) -> None:
    source = random.Random(20261120)
    make = _random_maker(source)
    differences = 0
    for _ in range(100):
        batch = [make(3) for _ in range(1000)]
        back = shared.identity(batch)
        differences += sum(not same(a, b) for a, b in zip(batch, back, strict=True))
    assert differences == 0


def _random_maker(source: random.Random) -> Callable[[int], Any]:
    alphabet = ["a", "\0", "é", "😀", "\x01", "\ud800a", "\u2028", '"', "\\", "\x7f", "__proto__", "ÿ", "日"]

    def text() -> str:
        return "".join(source.choices(alphabet, k=source.randrange(6)))

    def atom() -> Any:
        kind = source.randrange(12)
        if kind == 0:
            return None
        if kind == 1:
            return UNDEFINED
        if kind == 2:
            return source.random() < 0.5
        if kind in (3, 4):
            return source.randrange(-(2 ** source.randrange(1, 53)), 2 ** source.randrange(1, 53))
        if kind == 5:
            return JsBigInt(source.randrange(-(2**200), 2**200))
        if kind in (6, 7):
            number = source.choice([source.random(), source.gauss(0, 1e10), math.nan, math.inf, -0.0, 5e-324])
            return number if number == 0 or not (math.isfinite(number) and number.is_integer()) else 0.5
        if kind == 8:
            return source.randbytes(source.randrange(5))
        if kind == 9:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=source.randrange(-(10**13), 10**14))
        return text()

    def make(depth: int) -> Any:
        kind = source.randrange(10)
        if depth == 0 or kind < 5:
            return atom()
        size = source.randrange(4)
        if kind < 7:
            return [make(depth - 1) for _ in range(size)]
        if kind == 7:
            return JsMap((text(), make(depth - 1)) for _ in range(size))
        if kind == 8:
            return {text() for _ in range(size)}
        return _index_keys_first({text(): make(depth - 1) for _ in range(size)})

    return make
