"""Errors of both languages: names, causes, and one trace through all the language changes."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from xpyja.runtime.api.values import HostError
from xpyja.runtime.errors import CallCanceled, JsError, JsStackError, MarshalError

if TYPE_CHECKING:
    from pathlib import Path

    from xpyja.runtime.engine.runtime import Runtime

    RuntimeMaker = Callable[..., Runtime]

FILE = os.path.basename(__file__)


def fails(runtime: Runtime, source: str, filename: str = "script.js") -> JsError:
    with pytest.raises(JsError) as caught:
        runtime.eval(source, filename=filename)
    return caught.value


def frames(error: JsError) -> list[tuple[str, str, str]]:
    return [(frame.language, os.path.basename(frame.file), frame.function.rpartition(".")[2]) for frame in error.frames]


# -- from JavaScript -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["Error", "TypeError", "RangeError", "SyntaxError", "ReferenceError", "EvalError", "URIError"]
)
def test_name_and_message(runtime: Runtime, name: str) -> None:
    error = fails(runtime, f"throw new {name}('what')")
    assert (error.name, error.text, str(error)) == (name, "what", f"{name}: what")
    assert error.__cause__ is None


def test_names_of_subclasses_and_codes(runtime: Runtime) -> None:
    assert fails(runtime, "class A extends Error { name = 'A' } throw new A('x')").name == "A"
    assert fails(runtime, "throw Object.assign(new Error('x'), { code: 'ECODE' })").code == "ECODE"
    assert fails(runtime, "throw Object.assign(new Error('x'), { code: 5 })").code is None
    assert fails(runtime, "throw new DOMException('d', 'AbortError')").name == "AbortError"
    assert fails(runtime, "throw new Error()").text == ""


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("1", "1"),
        ("'text'", "'text'"),
        ("null", "null"),
        ("undefined", "undefined"),
        ("{ a: 1 }", "{ a: 1 }"),
        ("[1, [2]]", "[ 1, [ 2 ] ]"),
        ("Symbol('s')", "Symbol(s)"),
        ("10n", "10n"),
        ("() => 1", "[Function (anonymous)]"),
        ("Promise.reject", "[Function: reject]"),
    ],
)
def test_what_is_thrown_may_be_no_error(runtime: Runtime, source: str, text: str) -> None:
    error = fails(runtime, f"throw ({source})")
    assert (error.name, error.text, error.frames) == ("", text, ())


def test_causes_and_members(runtime: Runtime) -> None:
    error = fails(
        runtime,
        "throw new AggregateError([new TypeError('a'), 'plain'], 'all',"
        " { cause: new RangeError('c', { cause: new URIError('deep', { cause: 5 }) }) })",
    )
    assert (error.name, error.text) == ("AggregateError", "all")
    assert [str(member) for member in error.errors] == ["TypeError: a", "'plain'"]
    assert error.cause is not None
    assert error.cause.cause is not None
    assert error.cause.cause.cause is not None
    assert [str(error.cause), str(error.cause.cause), str(error.cause.cause.cause)] == [
        "RangeError: c",
        "URIError: deep",
        "5",
    ]


def test_errors_that_contain_themselves_are_described_once(runtime: Runtime) -> None:
    error = fails(runtime, "const e = new Error('x'); e.cause = e; throw e")
    assert error.cause is None
    error = fails(runtime, "{ const e = new AggregateError([], 'x'); e.errors = Array(16).fill(e); throw e }")
    assert error.errors == ()
    error = fails(runtime, "{ const a = new Error('a'); a.cause = new Error('b', { cause: a }); throw a }")
    assert error.cause is not None
    assert error.cause.cause is None


def test_large_trees_of_errors_are_cut(runtime: Runtime) -> None:
    error = fails(
        runtime,
        "const t = (n) => new AggregateError(n ? Array.from({ length: 16 }, () => t(n - 1)) : [], 'n' + n); throw t(3)",
    )

    def count(one: JsError) -> int:
        return 1 + sum(map(count, one.errors))

    assert 16 <= count(error) <= 40


@pytest.mark.parametrize(
    "source",
    [
        "throw new Proxy(new Error('x'), { get() { throw 1 } })",
        "throw { get message() { throw 1 }, toString() { throw 2 } }",
        "{ const e = new Error('x'); Object.defineProperty(e, 'message', { get() { throw e } }); throw e }",
        "{ const e = new Error('x'); Object.defineProperty(e, 'name', { value: Symbol() }); throw e }",
        "{ const e = new Error('x'); e.stack = { toString() { throw 1 } }; throw e }",
        "{ const e = new Error('x'); Object.defineProperty(e, 'code', { get() { throw 1 } }); throw e }",
        "{ const e = new Error('x'); Object.setPrototypeOf(e, null); throw e }",
        "{ const e = new Error('x'); Object.setPrototypeOf(e, new Proxy({}, { get() { throw 1 } })); throw e }",
        "{ const e = new Error('x'); e.cause = new Proxy({}, { getPrototypeOf() { throw 1 } }); throw e }",
        "{ const e = new AggregateError([]); Object.defineProperty(e, 'errors', { get() { throw 1 } }); throw e }",
        "{ const e = new AggregateError([]); e.errors = { length: 5 }; throw e }",
    ],
)
def test_hostile_errors_are_errors_all_the_same(runtime: Runtime, source: str) -> None:
    assert isinstance(fails(runtime, source), JsError)
    assert runtime.eval("1 + 1") == 2


def test_an_error_that_python_passes_on_is_the_same_object_again(runtime: Runtime) -> None:
    def passes(function: Callable[[], object]) -> object:
        return function()

    def wraps(function: Callable[[], object]) -> object:
        try:
            return function()
        except JsError as error:
            raise LookupError("wrapped") from error

    runtime.set_global("passes", passes)
    runtime.set_global("wraps", wraps)
    assert (
        runtime.eval(
            "const thrown = [new Error('x'), 5, null, undefined, { a: 1 }]; thrown.map((t) => {"
            " try { passes(() => { throw t }) } catch (e) { return e === t } })"
        )
        == [True] * 5
    )
    assert runtime.eval("try { wraps(() => { throw new Error('x') }) } catch (e) { [e.name, e.message] }") == [
        "LookupError",
        "wrapped",
    ]


# -- from Python -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "shape"),
    [
        (ValueError("v"), ["Error", "ValueError", "v", None]),
        (TypeError("t"), ["TypeError", "TypeError", "t", None]),
        (RecursionError("r"), ["RangeError", "RangeError", "r", None]),
        (
            FileNotFoundError(2, "No such file", "a.txt"),
            ["Error", "Error", "[Errno 2] No such file: 'a.txt'", "ENOENT"],
        ),
        (HostError("h", name="RangeError", code="EH"), ["RangeError", "RangeError", "h", "EH"]),
        (HostError("h", name="CustomError"), ["Error", "CustomError", "h", None]),
        (HostError("h", name="__proto__"), ["Error", "__proto__", "h", None]),
        (MarshalError("$.a", "bad"), ["TypeError", "TypeError", "bad (at $.a)", "ERR_MARSHAL"]),
        (KeyError("k"), ["Error", "KeyError", "'k'", None]),
        (ValueError("\ud800 é\0"), ["Error", "ValueError", "\ud800 é\0", None]),
    ],
)
def test_a_python_exception_is_a_javascript_error(runtime: Runtime, problem: Exception, shape: list[object]) -> None:
    def host() -> None:
        raise problem

    runtime.set_global("host", host)
    seen = runtime.eval(
        "try { host() } catch (e) { [Object.getPrototypeOf(e).name, e.name, e.message, e.code ?? null] }"
    )
    assert seen == shape
    assert fails(runtime, "host()").__cause__ is problem
    outer = fails(runtime, "try { host() } catch (e) { throw new Error('outer', { cause: e }) }")
    assert outer.cause is not None
    assert outer.cause.__cause__ is problem


def test_an_exception_whose_text_cannot_be_made(runtime: Runtime) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    def host() -> None:
        raise Mute

    runtime.set_global("host", host)
    error = fails(runtime, "host()")
    assert (error.name, error.text) == ("Mute", "a Mute whose text cannot be made")
    assert isinstance(error.__cause__, Mute)


def test_properties_of_a_host_error(runtime: Runtime) -> None:
    def host() -> None:
        raise HostError(
            "m", code="EX", properties={"errno": -2, "list": [1], "bad": object(), "nan": float("nan"), "__proto__": 1}
        )

    runtime.set_global("host", host)
    assert runtime.eval(
        "try { host() } catch (e) { [e.code, e.errno, e.list, 'bad' in e, 'nan' in e, e instanceof Error] }"
    ) == [
        "EX",
        -2,
        [1],
        False,
        False,
        True,
    ]


def test_a_hint_survives_the_way_through_javascript(runtime: Runtime) -> None:
    def host() -> None:
        raise HostError("m", hint="do this")

    runtime.set_global("host", host)
    assert fails(runtime, "host()").hint == "do this"


# -- traces ------------------------------------------------------------------------------------------------------------


def test_a_trace_has_functions_lines_and_columns(runtime: Runtime) -> None:
    error = fails(runtime, "function f() {\n  throw new Error('x');\n}\nconst g = () => f();\n[1].map(g);")
    assert [(frame.function, frame.file, frame.line, frame.column, frame.language) for frame in error.frames] == [
        ("f", "script.js", 2, 13, "js"),
        ("g", "script.js", 4, 17, "js"),
        ("", "script.js", 5, 9, "js"),
    ]


def test_lines_of_a_module_are_those_of_its_file(make_runtime: RuntimeMaker, tmp_path: Path) -> None:
    (tmp_path / "m.js").write_text("null.x\n")
    with pytest.raises(JsError) as caught:
        make_runtime(folder=str(tmp_path)).require("./m")
    frame = caught.value.frames[0]
    assert (os.path.basename(frame.file), frame.line) == ("m.js", 1)


def test_a_trace_through_three_language_changes(runtime: Runtime) -> None:
    def inner(value: object) -> None:
        deepest(value)

    def deepest(value: object) -> None:
        raise LookupError(f"no {value}")

    def outer(function: Callable[[object], object]) -> object:
        return function("thing")

    runtime.set_global("inner", inner)
    runtime.set_global("outer", outer)
    error = fails(
        runtime, "function callback(x) {\n  inner(x);\n}\nfunction start() {\n  outer(callback);\n}\nstart();"
    )
    assert frames(error) == [
        ("python", FILE, "deepest"),
        ("python", FILE, "inner"),
        ("js", "script.js", "callback"),
        ("python", FILE, "outer"),
        ("js", "script.js", "start"),
        ("js", "script.js", ""),
    ]
    assert [frame.line for frame in error.frames if frame.language == "js"] == [2, 5, 7]
    assert isinstance(error.__cause__, LookupError)


def test_a_javascript_error_through_two_python_functions(runtime: Runtime) -> None:
    def first(function: Callable[[], object]) -> object:
        return function()

    def second(function: Callable[[], object]) -> object:
        return function()

    runtime.set_global("first", first)
    runtime.set_global("second", second)
    error = fails(runtime, "function bad() { null.x }\nfirst(function one() { second(function two() { bad() }) })")
    assert frames(error) == [
        ("js", "script.js", "bad"),
        ("js", "script.js", "two"),
        ("python", FILE, "second"),
        ("js", "script.js", "one"),
        ("python", FILE, "first"),
        ("js", "script.js", ""),
    ]


def test_frames_of_the_engine_itself_are_not_shown(runtime: Runtime) -> None:
    runtime.set_global("host", lambda: 1 // 0)
    for source in ("host()", "require('./missing')", "setTimeout(5)", "new URL('bad')", "structuredClone(() => 1)"):
        error = fails(runtime, source)
        assert all(not frame.file.startswith("xpyja:") for frame in error.frames), source
        assert error.frames[-1].file == "script.js"
    assert "xpyja:" not in runtime.eval("try { host() } catch (e) { e.stack }")


def test_scripts_see_a_stack_as_in_node(runtime: Runtime) -> None:
    stack = runtime.eval("function f() { return new TypeError('x').stack }\nf()", filename="s.js")
    assert stack.splitlines()[:2] == ["TypeError: x", "    at f (s.js:1:27)"]


def test_endless_recursion_is_a_stack_error(runtime: Runtime) -> None:
    with pytest.raises(JsStackError):
        runtime.eval("(function f() { f() })()")
    runtime.set_global("call", lambda function: function())
    with pytest.raises(JsStackError):
        runtime.eval("(function f() { call(f) })()")
    assert runtime.eval("try { (function f() { call(f) })() } catch (e) { e.name }") == "RangeError"


def test_an_interrupt_is_no_javascript_error(runtime: Runtime) -> None:
    with pytest.raises(CallCanceled):
        runtime.eval(
            "try { for (;;); } catch (e) { globalThis.caught = e } finally { globalThis.ended = 1 }", timeout=0.1
        )
    assert runtime.eval("[typeof caught, typeof ended]") == ["undefined", "undefined"]
