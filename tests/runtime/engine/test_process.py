"""Isolated runtimes: what crosses, what ends them, what they leave behind."""

from __future__ import annotations

import os
import resource
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from xpyja.runtime import errors
from xpyja.runtime.api import UNDEFINED, JsBigInt, JsMap
from xpyja.runtime.api.cancel import CancelToken
from xpyja.runtime.engine import process
from xpyja.runtime.engine import process_wire as wire
from xpyja.runtime.engine.builder import RuntimeBuilder
from xpyja.runtime.engine.process import ProcessFactory, ProcessRuntime
from xpyja.runtime.engine.program import Program
from xpyja.runtime.engine.runtime import Runtime
from xpyja.runtime.errors import (
    CallCanceled,
    CloseError,
    CompositionError,
    ConfigError,
    EngineError,
    JsError,
    JsMemoryError,
    JsStackError,
    MarshalError,
    ModuleDenied,
    ModuleNotFound,
    OwnerClosed,
    ProcessCrashed,
    ScheduleRejected,
    TimeLimitExceeded,
    UnknownNameError,
    XpyjaError,
)
from xpyja.runtime.plan import Limits

HERE = os.path.dirname(__file__)
NATIVE_LOOP = "'a'.repeat(3e7).indexOf('a'.repeat(1e6) + 'b')"
MIB = 2**20

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")


@pytest.fixture(autouse=True, scope="module")
def _origin() -> Iterator[None]:
    sys.path.insert(0, HERE)
    yield
    sys.path.remove(HERE)


def new_runtime(
    origin: str = "new_factory",
    arguments: object = None,
    *,
    time: float | None = 20.0,
    memory: int | None = 64 * MIB,
    **options: Any,
) -> ProcessRuntime:
    limits = Limits(memory=memory, time=time)
    return ProcessFactory(f"isolated_origin:{origin}", arguments, limits=limits, **options).new_runtime()


@pytest.fixture(scope="module")
def shared() -> Iterator[ProcessRuntime]:
    """A runtime for tests that leave it in order."""
    with new_runtime() as runtime:
        runtime.eval(
            "globalThis.echo = (value) => value; globalThis.tools = {name: 'T', who() { return this.name; }}; 0"
        )
        yield runtime


@pytest.fixture(scope="module")
def local() -> Iterator[Runtime]:
    with RuntimeBuilder().add_module("bad", lambda runtime: {}).build().new_runtime() as runtime:
        yield runtime


def children() -> set[int]:
    found = set()
    for task in os.listdir("/proc/self/task"):
        try:
            found |= set(map(int, Path(f"/proc/self/task/{task}/children").read_text().split()))
        except FileNotFoundError:
            pass  # the thread has ended
    return found


def is_gone(pid: int) -> bool:
    """Whether a process has ended, buried or not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"


def until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


# -- values ----------------------------------------------------------------------------------------------------------

atoms = st.one_of(
    st.none(),
    st.just(UNDEFINED),
    st.booleans(),
    st.integers(),
    st.integers().map(JsBigInt),
    st.floats(),
    st.text(),
    st.text(st.characters(min_codepoint=0xD7FE, max_codepoint=0xE001, categories=None)),
    st.binary(),
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(tzinfo=timezone.utc)),
)
values = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.text(), st.just("\x01"), st.just("__proto__")), inner, max_size=4),
        st.dictionaries(st.one_of(st.none(), st.text()), inner, max_size=4).map(JsMap),
        st.sets(st.text(), max_size=4),
    ),
    max_leaves=12,
)


def shown(value: object) -> str:
    """A text that is the same for values that are the same; types, NaN, -0.0 and the order of keys count."""
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(shown, value)) + "]"
    if isinstance(value, (JsMap, dict)):
        return type(value).__name__ + "{" + ",".join(f"{shown(k)}:{shown(v)}" for k, v in value.items()) + "}"
    if isinstance(value, set):
        return "set" + str(sorted(map(shown, value)))
    if isinstance(value, memoryview):
        return f"memoryview {value.format} {value.tolist()}"
    return f"{type(value).__name__} {value!r}"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(value=values)
@example(value=[float("nan"), float("inf"), float("-inf"), -0.0, -(2**70), JsBigInt(-1)])
def test_a_value_comes_back_as_it_does_from_a_runtime_inside_the_process(
    shared: ProcessRuntime, local: Runtime, value: object
) -> None:
    inside = local.call(lambda: local.eval("(value) => value")(value))
    assert shown(shared.call("echo", value)) == shown(inside)
    assert shown(shared.call("echo", value, module="bad")) == shown(None if inside is UNDEFINED else inside)


def test_buffers_keep_their_order_and_kind(shared: ProcessRuntime) -> None:
    script = "({a: new Uint8Array([1, 2]), b: [new Float64Array([1.5]), new Uint8Array([3]).buffer]})"
    found = shared.eval(script)
    assert (found["a"], found["b"][0].tolist(), found["b"][1]) == (b"\x01\x02", [1.5], b"\x03")


def test_the_arguments_of_an_origin_are_data() -> None:
    with new_runtime(arguments={"rows": [(1, b"\xff")]}) as runtime:
        assert runtime.call("arguments", module="bad") == {"rows": [[1, b"\xff"]]}
    with pytest.raises(MarshalError, match=r"a function cannot cross to another process \(at \$\.make\)"):
        new_runtime(arguments={"make": print})


@pytest.mark.parametrize(
    ("script", "what", "path"),
    [
        ("(() => 1)", "a function", "$"),
        ("({rows: [1, {get() {}}]})", "a function", "$.rows[1].get"),
        ("({later: Promise.resolve(1)})", "a promise", "$.later"),
        ("[new Error('x')]", "an error", "$[0]"),
        ("require('bad').object()", "a Python type", "$.inside[0]"),
    ],
)
def test_what_is_no_data_is_refused_with_its_place(shared: ProcessRuntime, script: str, what: str, path: str) -> None:
    if what == "a Python type":
        what = "a function"  # a class can be called
    with pytest.raises(MarshalError) as caught:
        shared.eval(script)
    assert (caught.value.reason, caught.value.path) == (f"{what} cannot cross to another process", path)
    assert caught.value.hint is not None
    assert shared.eval("1 + 1") == 2


def test_an_argument_that_is_no_data_is_refused_before_it_is_sent(shared: ProcessRuntime) -> None:
    with pytest.raises(MarshalError, match=r"a function cannot cross to another process \(at \$\[1\]\[0\]\.f\)"):
        shared.call("echo", {"f": len})
    with pytest.raises(MarshalError, match="a Python object cannot cross"):
        shared.call("echo", object())
    assert shared.call("echo", 1) == 1


# -- calls -----------------------------------------------------------------------------------------------------------


def test_functions_are_called_where_they_are(shared: ProcessRuntime, tmp_path: Path) -> None:
    assert shared.call("tools.who") == "T"
    assert shared.call("Math.max", 1, 3, 2) == 3
    assert shared.call("echo") is UNDEFINED
    shared.eval("const lexical = (a, b) => a + b; 0")
    assert shared.call("lexical", "a", "b") == "ab"
    (tmp_path / "one.js").write_text("module.exports = (n) => n + 1;")
    (tmp_path / "many.js").write_text("exports.deep = {double: (n) => 2 * n}; exports.version = [1, 2];")
    with new_runtime(arguments={"folder": str(tmp_path)}) as runtime:
        assert runtime.call("", 1, module="./one.js") == 2
        assert runtime.call("deep.double", 4, module="./many.js") == 8
        with pytest.raises(MarshalError, match=r"\$\.deep\.double"):
            runtime.require("./many.js")
        (tmp_path / "data.json").write_text('{"a": [1]}')
        assert runtime.require("./data.json") == {"a": [1]}


@pytest.mark.parametrize("path", ["", "a b", "a.", "f()", "a-b", "1a", "a\nb"])
def test_a_path_is_no_script(shared: ProcessRuntime, path: str) -> None:
    with pytest.raises(ValueError, match="is no path of a function"):
        shared.call(path)


def test_a_promise_is_waited_for(shared: ProcessRuntime) -> None:
    assert shared.eval("new Promise(resolve => setTimeout(resolve, 20, [1]))") == [1]
    assert shared.eval("(async () => { await null; return 2; })()") == 2
    with pytest.raises(JsError, match="TypeError: no"):
        shared.eval("Promise.reject(new TypeError('no'))")
    with pytest.raises(JsError, match="never settles"):
        shared.eval("new Promise(() => {})")


def test_a_rejection_that_is_waited_for_is_not_reported_as_unhandled(capfd: pytest.CaptureFixture[str]) -> None:
    with new_runtime() as runtime, pytest.raises(JsError):
        runtime.eval("Promise.reject(new Error('no'))")
    assert capfd.readouterr().err == ""


def test_submitted_calls_run_one_after_the_other(shared: ProcessRuntime) -> None:
    shared.eval(
        "globalThis.seen = []; globalThis.note = async (n) => { seen.push(n); await null; seen.push(-n); return n; }; 0"
    )
    futures = [shared.submit("note", number) for number in range(1, 6)]
    assert [future.result(10) for future in futures] == [1, 2, 3, 4, 5]
    assert shared.eval("seen") == [1, -1, 2, -2, 3, -3, 4, -4, 5, -5]


def test_the_time_limit_of_a_submitted_call_begins_with_the_call() -> None:
    with new_runtime(time=0.6) as runtime:
        futures = [runtime.submit("sleep", 0.25, module="bad") for _ in range(4)]
        assert [future.result(10) for future in futures] == [None] * 4


def test_a_future_can_be_cancelled_until_its_call_begins(shared: ProcessRuntime) -> None:
    shared.eval("globalThis.count = 0; globalThis.up = () => ++count; 0")
    first = shared.submit("sleep", 0.2, module="bad")
    second, third = shared.submit("up"), shared.submit("up")
    assert second.cancel()
    assert not first.cancel()
    assert third.result(10) == 1
    with pytest.raises(CancelledError):
        second.result(0)


def test_a_callback_of_a_future_cannot_wait_for_its_own_runtime() -> None:
    found: list[object] = []
    done = threading.Event()

    def after(future: Future[Any]) -> None:
        found.append(future.result())
        try:
            runtime.eval("1")
        except ScheduleRejected as error:
            found.append(error.message)
        runtime.submit("pid", module="bad").add_done_callback(last)

    def last(future: Future[Any]) -> None:
        found.append(future.result())
        runtime.close()
        done.set()

    with new_runtime() as runtime:
        runtime.submit("sleep", 0.3, module="bad").add_done_callback(after)
        assert done.wait(5)
        assert found[0] is None
        assert found[1] == 'a callback of the isolated runtime "isolated-1" cannot wait for another call of it'
        assert isinstance(found[2], int)
        assert runtime.closed
        assert until(lambda: is_gone(int(str(found[2]))))


def test_many_threads_share_a_runtime(shared: ProcessRuntime) -> None:
    found: list[int] = []

    def work(base: int) -> None:
        found.extend(shared.call("echo", base + n) for n in range(20))

    threads = [threading.Thread(target=work, args=(base * 100,)) for base in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(base * 100 + n for base in range(6) for n in range(20))


def test_a_whole_program_runs_to_its_last_timer(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "main.js").write_text("console.log(scriptArgs.slice(1)); setTimeout(() => console.log('late'), 30);")
    with new_runtime() as runtime:
        runtime.run(Program("file", str(tmp_path / "main.js"), arguments=("a", "b")))
        runtime.run(Program("eval", "<x>", "[1, 'b']", show="display"))
        runtime.run(Program("eval", "<x>", "({a: 1})", show="json"))
    assert capfd.readouterr().out == "[ 'a', 'b' ]\nlate\n[ 1, 'b' ]\n{\"a\":1}\n"


def test_what_modules_print_is_out_before_the_call_returns(capfd: pytest.CaptureFixture[str]) -> None:
    with new_runtime() as runtime:
        runtime.eval("require('bad').print('from Python'); console.log('from JavaScript')")
        assert sorted(capfd.readouterr().out.split("\n")) == ["", "from JavaScript", "from Python"]


# -- errors ----------------------------------------------------------------------------------------------------------


def caught(runtime: Any, script: str) -> XpyjaError:
    with pytest.raises(XpyjaError) as found:
        runtime.eval(script)
    return found.value


@pytest.mark.parametrize(
    "script",
    [
        "nope.x",
        "a = a +",
        "throw 3",
        "throw undefined",
        "throw {a: [1]}",
        "throw new RangeError('r')",
        "throw Object.assign(new Error('m'), {code: 'ECODE'})",
        "throw new Error('outer', {cause: new TypeError('inner')})",
        "throw new AggregateError([new Error('a'), new TypeError('b')], 'both')",
        "(function outer() { (function inner() { throw new Error('deep') })() })()",
        "(function f() { f() })()",
        "require('./nothing')",
        "require('process')",
        "throw '\\ud800 \\0 😀'",
    ],
)
def test_an_error_is_the_same_as_inside_the_process(shared: ProcessRuntime, local: Runtime, script: str) -> None:
    theirs, ours = caught(shared, script), caught(local, script)
    assert type(theirs) is type(ours)
    assert wire.error_to_data(theirs) == wire.error_to_data(ours)


def test_the_python_exception_behind_an_error_crosses_as_text(shared: ProcessRuntime) -> None:
    error = caught(shared, "require('bad').fail()")
    assert isinstance(error, JsError)
    assert (error.name, error.text) == ("KeyError", "'deep'")
    assert [(frame.language, frame.function) for frame in error.frames] == [("python", "_fail"), ("js", "")]
    assert (getattr(error.__cause__, "name", ""), str(error.__cause__)) == ("KeyError", "'deep'")


def test_errors_of_modules_keep_their_type(shared: ProcessRuntime) -> None:
    error = caught(shared, "require('bad').typed()")
    assert isinstance(error.__cause__, UnknownNameError)
    assert (error.__cause__.name, error.__cause__.known, error.hint) == (
        "aple",
        ("apple", "pear"),
        'did you mean "apple"?',
    )
    assert isinstance(caught(shared, "require('./no')").__cause__, ModuleNotFound)
    assert isinstance(caught(shared, "require('fs')").__cause__, ModuleDenied)


def test_deep_recursion_and_memory_are_typed(shared: ProcessRuntime) -> None:
    assert isinstance(caught(shared, "(function f() { f() })()"), JsStackError)
    assert isinstance(
        caught(shared, "(() => { const a = []; for (;;) a.push(new Array(1e4).fill(1.5)) })()"), JsMemoryError
    )
    assert shared.eval("1 + 1") == 2


def test_no_error_class_was_forgotten() -> None:
    known = {cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, XpyjaError)}
    assert known - set(wire._ATTRIBUTES) == {ProcessCrashed}  # which no child has to tell


def test_every_error_class_survives_the_crossing() -> None:
    samples: list[XpyjaError] = [
        errors.RegistrationError("p", "e", "r", hint="h"),
        errors.UnknownNameError("kind", "name", ("a", "b")),
        errors.ConfigError("a.b", "bad"),
        errors.MarshalError("$.a", "why"),
        errors.HandleTypeError("a", "b", "c"),
        errors.UnhandledRejection("Error", "x", (errors.Frame("f", "a.js", 1, 2),), code="C", ref=object()),
        errors.TimeLimitExceeded(1.5),
        errors.ModuleNotFound("a", "b", ("c", "d")),
        errors.ModuleDenied("a", "b"),
        errors.CloseTimeout("a", 1, ("b",)),
        errors.CloseError("a", (ValueError("x"), errors.PlanError("y"))),
        errors.CallCanceled("c"),
        errors.EngineError("c"),
    ]
    for error in samples:
        error.__cause__ = OSError(2, "no")
        data = wire.error_to_data(error)
        copy = wire.error_from_data(data)
        assert type(copy) is type(error)
        assert wire.error_to_data(copy) == data
        assert copy.exit_code == error.exit_code


def test_long_and_deep_errors_are_cut() -> None:
    error = JsError("Error", "x" * 10**6)
    for _ in range(50):
        error = JsError("Error", "outer", (errors.Frame("f", "a", 1, 1),) * 500, cause=error)
    copy: Any = wire.error_from_data(wire.error_to_data(error))
    depth = 0
    while copy is not None:
        assert len(copy.frames) <= wire.MAX_FRAMES
        copy, depth = copy.cause, depth + 1
    assert depth == wire.MAX_CAUSES + 1


# -- starting --------------------------------------------------------------------------------------------------------


def test_an_error_of_the_origin_keeps_its_type() -> None:
    with pytest.raises(ConfigError, match=r"some\.key: is wrong"):
        new_runtime("new_failing")
    with pytest.raises(CompositionError, match="new_surprise failed in the child process: LookupError: not there"):
        new_runtime("new_surprise")
    with pytest.raises(CompositionError, match="returned a NoneType, not a RuntimeFactory"):
        new_runtime("new_nothing")
    with pytest.raises(CompositionError, match="ModuleNotFoundError"):
        ProcessFactory("no_such_module:new").new_runtime()
    with pytest.raises(EngineError, match="cannot be started"):
        ProcessFactory("a:b", python="/no/such/python").new_runtime()
    with pytest.raises(EngineError, match="below the engine's minimum"):
        new_runtime(memory=MIB)


def test_a_start_that_crashes_or_hangs_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProcessCrashed, match="SIGSEGV during start"):
        new_runtime("new_crash")
    monkeypatch.setattr(process, "START_SECONDS", 0.5)
    with pytest.raises(ProcessCrashed, match=r"did not start within 0\.5 s"):
        new_runtime("new_slow_start")


def test_the_child_has_the_search_path_of_its_parent(shared: ProcessRuntime) -> None:
    assert shared.call("path", module="bad") == sys.path


# -- the deadline ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.3, 2.0])
@pytest.mark.parametrize("script", ["for (;;) {}", NATIVE_LOOP, "require('bad').sleep(9)", "require('bad').hold(9)"])
def test_the_deadline_holds(script: str, seconds: float) -> None:
    with new_runtime(time=seconds, memory=256 * MIB) as runtime:
        before = time.monotonic()
        with pytest.raises(TimeLimitExceeded) as caught:
            runtime.eval(script)
        assert seconds <= time.monotonic() - before < seconds + 2
        assert (caught.value.seconds, caught.value.exit_code) == (seconds, 124)
        assert [frame.line for frame in caught.value.frames] == ([1] if script.startswith("for") else [])
        assert runtime.closed
        with pytest.raises(OwnerClosed, match=f"time limit of {seconds:g} s reached") as refused:
            runtime.eval("1")
        assert refused.value.hint == "make a new runtime"


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ("new Promise(resolve => setTimeout(resolve, 9000))", []),
        ("(async () => { for (;;) await null })()", None),
        ("new Promise(() => setTimeout(() => { for (;;) {} }, 10))", [1]),
    ],
)
def test_the_deadline_holds_for_promises(script: str, lines: list[int] | None) -> None:
    with new_runtime(time=0.3) as runtime:
        before = time.monotonic()
        with pytest.raises(TimeLimitExceeded) as caught:
            runtime.eval(script)
        assert time.monotonic() - before < 3
        assert lines is None or [frame.line for frame in caught.value.frames] == lines
        assert runtime.closed


def test_a_call_may_have_a_deadline_of_its_own() -> None:
    with new_runtime(time=None) as runtime:
        assert runtime.eval("1", timeout=5) == 1
        with pytest.raises(TimeLimitExceeded, match=r"0\.2 s"):
            runtime.eval(NATIVE_LOOP, timeout=0.2)


def test_the_deadline_holds_for_programs_and_futures() -> None:
    with new_runtime(time=0.3) as runtime, pytest.raises(TimeLimitExceeded):
        runtime.run(Program("eval", "<x>", "setInterval(() => {}, 10)"))
    with new_runtime(time=0.3) as runtime:
        stuck, queued = runtime.submit("sleep", 9, module="bad"), runtime.submit("pid", module="bad")
        with pytest.raises(TimeLimitExceeded):
            stuck.result(5)
        with pytest.raises(OwnerClosed):
            queued.result(5)


def test_a_callback_of_a_future_does_not_hold_up_other_deadlines() -> None:
    with new_runtime(time=0.2) as slow, new_runtime(time=0.3) as other:
        slow.submit("sleep", 9, module="bad").add_done_callback(lambda _: time.sleep(8))
        before = time.monotonic()
        with pytest.raises(TimeLimitExceeded):
            other.eval(NATIVE_LOOP)
        assert time.monotonic() - before < 4


# -- crashes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "name", "code", "message"),
    [
        (f"require('bad').signal({signal.SIGSEGV})", "SIGSEGV", None, "was killed by SIGSEGV during eval"),
        (f"require('bad').signal({signal.SIGABRT})", "SIGABRT", None, "was killed by SIGABRT during eval"),
        (f"require('bad').signal({signal.SIGKILL})", "SIGKILL", None, "was killed by SIGKILL during eval"),
        ("require('bad').exit(3)", "", 3, "exited with code 3 during eval"),
        ("require('bad').exit(0)", "", 0, "exited with code 0 during eval"),
    ],
)
def test_a_crash_is_an_error(script: str, name: str, code: int | None, message: str) -> None:
    with new_runtime() as runtime:
        with pytest.raises(ProcessCrashed) as caught:
            runtime.eval(script)
        error = caught.value
        assert (error.signal, error.code, error.running, error.exit_code) == (name, code, "eval", 1)
        assert error.message == f'the process of the isolated runtime "isolated-1" {message}'
        assert error.hint
        with pytest.raises(OwnerClosed, match="is closed: the process"):
            runtime.call("f")


@pytest.mark.parametrize("pause", [0, 5])
def test_a_child_that_closes_its_pipe_has_crashed(pause: float) -> None:
    with new_runtime() as runtime, pytest.raises(ProcessCrashed) as caught:
        runtime.eval(f"require('bad').closePipe(); require('bad').sleep({pause})")
    assert caught.value.message.endswith(
        ("exited with code 70 during eval", "was ended during eval: it closed its connection")
    )
    assert pause == 0 or (caught.value.signal == "" and caught.value.code is None)


def test_the_processor_limit_counts_as_time_limit() -> None:
    with new_runtime() as runtime, pytest.raises(TimeLimitExceeded):
        runtime.call("signal", int(signal.SIGXCPU), module="bad")


def test_a_crash_between_calls_is_told_by_the_next() -> None:
    with new_runtime() as runtime:
        os.kill(runtime.call("pid", module="bad"), signal.SIGKILL)
        assert until(lambda: runtime.closed)
        with pytest.raises(OwnerClosed, match="SIGKILL"):
            runtime.eval("1")


def test_a_panic_in_a_host_function_is_no_crash() -> None:
    with new_runtime() as runtime:
        with pytest.raises(XpyjaError):
            runtime.eval("require('bad').leave()")
        assert runtime.eval("1") == 1


# -- nonsense --------------------------------------------------------------------------------------------------------


def frame(*parts: bytes) -> bytes:
    body = b"".join(struct.pack(">I", len(part)) + part for part in parts)
    return struct.pack(">I", len(body)) + body


@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 64,
        b"\x00\x00\x00\x00",
        frame(b"not json"),
        frame(b"[]"),
        frame(b"{}"),
        frame(b"[" * 100_000),
        frame(b'{"number":77}', b"j1"),
        frame(b'{"number":true}', b"j1"),
        frame(b'{"number":1}', b'j{"a":'),
        frame(b'{"number":1}', b"j\xff"),
        frame(b'{"number":1}', b"j" + b"[" * 100_000),
        frame(b'{"number":1}', b't{"\\u0001":["b",5]}'),
        frame(b'{"number":1}', b't{"\\u0001":["T","Float64Array",1048576]}', b"123"),
        frame(b'{"number":1}', b't{"\\u0001":["f",1,"x"]}'),
        frame(b'{"number":1}', b't{"\\u0001":[]}'),
        frame(b'{"number":1}', b't{"\\u0001":5}'),
        frame(b'{"number":1}', b't{"\\u0001":["d","x"]}'),
        frame(b'{"number":1}', b't{"\\u0001":["i",{}]}'),
        frame(b'{"number":1,"error":5}'),
        frame(b'{"number":1,"error":{"class":"SystemExit"}}'),
        frame(b'{"number":1,"error":{"class":"JsError","name":5}}'),
        frame(b'{"number":1,"error":{"class":"TimeLimitExceeded","message":"m","seconds":"x","frames":[]}}'),
        frame(b'{"number":1,"error":{"class":"JsError","name":"","text":"","errors":[],"frames":[[1,2,3,4,5]]}}'),
        frame(b'{"number":1}')[:-1] + b"\xff",
    ],
)
def test_nonsense_ends_the_process_and_nothing_else(data: bytes) -> None:
    with new_runtime() as runtime:
        with pytest.raises(ProcessCrashed, match=r"was ended during call: it sent ") as caught:
            runtime.call("write", data, module="bad")
        assert caught.value.signal == ""
        assert runtime.closed


def test_an_answer_has_a_largest_size() -> None:
    with new_runtime(max_answer=1000) as runtime:
        with pytest.raises(MarshalError, match="are too much for one message; at most 1000"):
            runtime.eval("'x'.repeat(2000)")
        assert runtime.eval("'x'.repeat(200)") == "x" * 200
        with pytest.raises(ProcessCrashed, match="a message of 1001 bytes, where 1000 are allowed"):
            runtime.call("write", struct.pack(">I", 1001), module="bad")


answers = st.sampled_from(
    [
        wire.pack_value({"number": 1}, {"a": [1, b"xy", 2**80, None, UNDEFINED, JsMap({1: "b"}), {"s"}, "é"]}),
        wire.pack(
            {
                "number": 1,
                "error": wire.error_to_data(
                    JsError(
                        "E",
                        "t",
                        (errors.Frame("f", "a.js", 1, 2),),
                        cause=JsError("C", "c"),
                        errors=(JsError("D", "d"),),
                    )
                ),
            }
        ),
    ]
)


@settings(max_examples=600, deadline=None)
@given(data=st.data(), answer=answers)
def test_changed_bytes_are_an_answer_or_a_plain_exception(data: st.DataObject, answer: bytes) -> None:
    changed = bytearray(answer)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        end = at + data.draw(st.sampled_from([0, 1, 1, 1, 3]))
        changed[at:end] = data.draw(
            st.one_of(st.binary(max_size=3), st.sampled_from([b"[", b"{", b'"', b"\x01", b"null", b"9e9"]))
        )
    ours, theirs = os.pipe()
    try:
        os.write(theirs, changed)
        os.close(theirs)
        message = wire.read(ours, 2**20)
        if message is not None and message.header.get("error") is not None:
            assert isinstance(wire.error_from_data(message.header["error"]), XpyjaError)
        elif message is not None:
            message.value()
    except Exception as error:
        if type(error).__module__ not in ("builtins", wire.__name__, errors.__name__, "json.decoder"):
            raise  # "import" of whatever the bytes name is what must never happen
    finally:
        os.close(ours)


@settings(max_examples=12, deadline=None)
@given(data=st.binary(min_size=1, max_size=40))
def test_any_bytes_on_the_pipe_are_survived(data: bytes) -> None:
    with new_runtime(time=1.0) as runtime:
        with pytest.raises((ProcessCrashed, TimeLimitExceeded)):
            runtime.call("write", data, module="bad")
        assert runtime.closed


# -- stopping --------------------------------------------------------------------------------------------------------


def test_an_interrupt_stops_what_can_be_stopped() -> None:
    with new_runtime() as runtime:
        assert not runtime.interrupt()
        for script in ("for (;;) {}", "new Promise(resolve => setTimeout(resolve, 9000))"):
            threading.Timer(0.1, runtime.interrupt).start()
            before = time.monotonic()
            with pytest.raises(CallCanceled):
                runtime.eval(script)
            assert time.monotonic() - before < 3
            assert runtime.eval("1") == 1
        threading.Timer(0.1, runtime.interrupt).start()
        with pytest.raises(CallCanceled):
            runtime.run(Program("eval", "<x>", "setInterval(() => {}, 10)"))


def test_an_interrupt_ends_what_cannot_be_stopped() -> None:
    with new_runtime(memory=256 * MIB) as runtime:
        threading.Timer(0.1, runtime.interrupt).start()
        before = time.monotonic()
        with pytest.raises(CallCanceled):
            runtime.eval(NATIVE_LOOP)
        assert time.monotonic() - before < 3
        with pytest.raises(OwnerClosed, match="closed"):
            runtime.eval("1")


def test_a_token_cancels_its_call_only() -> None:
    with new_runtime() as runtime:
        token, reason = CancelToken(), InterruptedError("enough")
        busy = runtime.submit("sleep", 0.15, module="bad")
        threading.Timer(0.05, token.cancel, (reason,)).start()
        with pytest.raises(CallCanceled) as caught:
            runtime.eval("1", token=token)  # still queued
        assert caught.value.__cause__ is reason
        assert busy.result(5) is None
        assert runtime.eval("2", token=CancelToken()) == 2


def test_closing_runs_the_closers_in_the_child(tmp_path: Path) -> None:
    with new_runtime("new_leaving_closer", str(tmp_path / "note")) as runtime:
        runtime.eval("1")
    assert (tmp_path / "note").read_text() == "closed"
    runtime.close()
    runtime = new_runtime("new_failing_closer")
    with pytest.raises(CloseError, match="ValueError: cannot close"):
        runtime.close()


def test_closing_stops_what_runs_and_fails_what_waits() -> None:
    for function, argument in (("sleep", 9), ("eval", "for (;;) {}")):
        runtime = new_runtime()
        busy = runtime.submit(function, argument, module="bad" if function == "sleep" else "")
        queued = runtime.submit("pid", module="bad")
        time.sleep(0.1)
        before = time.monotonic()
        runtime.close(0.5)
        assert time.monotonic() - before < 3
        with pytest.raises(XpyjaError):
            busy.result(1)
        with pytest.raises(OwnerClosed):
            queued.result(1)


# -- what the child has, and leaves behind ---------------------------------------------------------------------------


@linux
def test_the_child_has_no_files_of_its_parent(tmp_path: Path) -> None:
    fd = os.open(tmp_path / "secret", os.O_CREAT | os.O_RDWR)
    os.set_inheritable(fd, True)
    try:
        with new_runtime() as runtime:
            assert runtime.call("files", module="bad") in ([0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4])  # 5 lists the folder
            assert runtime.call("stdin", module="bad") == ""
            assert runtime.call("filesOfOthers", module="bad") == ["0", "1", "2", "3"]  # 3 lists the folder
    finally:
        os.close(fd)


@linux
def test_the_child_is_confined() -> None:
    with new_runtime(time=3.2, memory=16 * MIB) as runtime:
        limits, status = runtime.call("limits", module="bad"), runtime.call("status", module="bad")
        assert limits["CORE"] == [0, 0]
        assert limits["NOFILE"] == [256, 256]
        assert process.HEADROOM + 64 * MIB < limits["AS"][1] < process.HEADROOM + 128 * MIB
        assert 5 <= limits["CPU"][0] <= 6
        idle = resource.prlimit(runtime.call("pid", module="bad"), resource.RLIMIT_CPU)
        assert idle == (resource.RLIM_INFINITY, resource.RLIM_INFINITY)  # else timers between calls would use it up
        assert status["NoNewPrivs"] == "1"
        assert int(status["VmPeak"].split()[0]) < 64 * 1024  # far below the limit: that is for what modules need
    with new_runtime(time=None, memory=None) as runtime:
        limits = runtime.call("limits", module="bad")
        assert limits["AS"][0] == limits["CPU"][0] == -1


def test_many_short_calls_are_not_one_long_one() -> None:
    spin = "(() => { const end = Date.now() + 250; while (Date.now() < end); })()"
    with new_runtime(time=0.5) as runtime:
        for _ in range(12):  # three seconds of processor time; the limit of one call is one and a half
            runtime.eval(spin)


@pytest.mark.parametrize("mib", [16, 64])
def test_memory_ends_in_a_typed_error(mib: int) -> None:
    with new_runtime(memory=mib * MIB) as runtime:
        for script in (
            "(() => { const a = []; for (;;) a.push('x'.repeat(1e5) + a.length) })()",
            "(() => { const a = []; for (;;) a.push(new Uint8Array(1e5)) })()",
            f"'x'.repeat({mib * MIB})",
            f"new Uint8Array({mib * MIB})",
        ):
            with pytest.raises(XpyjaError) as caught:
                runtime.eval(script)
            assert isinstance(caught.value, (JsMemoryError, JsError))
        assert runtime.eval("new Array(1e9).length") == 10**9
        with pytest.raises(JsError, match="MemoryError") as python:
            runtime.call("grow", 10**9, module="bad")
        assert not isinstance(python.value, JsMemoryError)
        assert runtime.eval("1") == 1


@linux
def test_nothing_is_left_behind() -> None:
    files, before, threads = len(os.listdir("/proc/self/fd")), children(), set(threading.enumerate())
    for script in (
        "1",
        "for (;;) {}",
        "require('bad').exit(3)",
        "require('bad').closePipe()",
        "require('bad').write(new Uint8Array(4))",
    ):
        with new_runtime(time=0.3) as runtime:
            try:
                runtime.eval(script)
            except XpyjaError:
                pass
    with pytest.raises(CompositionError):
        new_runtime("new_nothing")
    assert until(lambda: children() <= before)
    assert until(lambda: len(os.listdir("/proc/self/fd")) == files)
    assert until(lambda: not [thread for thread in threading.enumerate() if thread not in threads])


@linux
def test_what_the_child_started_ends_with_it() -> None:
    for ending in ("1", "for (;;) {}", "require('bad').exit(3)"):
        with new_runtime(time=0.4) as runtime:
            started = runtime.call("spawn", module="bad")
            assert not is_gone(started)
            try:
                runtime.eval(ending)
            except XpyjaError:
                pass
        assert until(lambda pid=started: is_gone(pid)), ending  # type: ignore[misc]


@linux
@pytest.mark.parametrize("script", ["0", "require('bad').hold(30)", NATIVE_LOOP])
def test_the_child_dies_with_its_parent(script: str) -> None:
    program = (
        "import sys, time\n"
        f"sys.path[:] = {[HERE, *sys.path]!r}\n"
        "from xpyja.runtime.engine.process import ProcessFactory\n"
        "runtime = ProcessFactory('isolated_origin:new_factory').new_runtime()\n"
        "print(runtime.call('pid', module='bad'), flush=True)\n"
        f"runtime.eval({script!r})\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        time.sleep(0.2)
        assert not is_gone(child)
        parent.kill()
    assert until(lambda: is_gone(child))


@linux
def test_the_child_outlives_the_thread_that_made_it() -> None:
    made: list[ProcessRuntime] = []
    thread = threading.Thread(target=lambda: made.append(new_runtime()))
    thread.start()
    thread.join()
    time.sleep(0.1)
    with made[0] as runtime:
        assert runtime.eval("1") == 1


@linux
def test_twenty_at_once() -> None:
    files, before = len(os.listdir("/proc/self/fd")), children()
    found: list[object] = []

    def work(number: int) -> None:
        with new_runtime(time=20.0, memory=16 * MIB) as runtime:
            found.append(runtime.call("echo", number, module="bad"))
            if number % 4 == 0:
                with pytest.raises(ProcessCrashed):
                    runtime.call("signal", int(signal.SIGSEGV), module="bad")
            else:
                found.append(runtime.eval(f"{number} * 100"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = [*range(20), *(number * 100 for number in range(20) if number % 4)]
    assert sorted(map(str, found)) == sorted(map(str, expected))
    assert until(lambda: children() <= before)
    assert until(lambda: len(os.listdir("/proc/self/fd")) == files)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\x00\x00", "a part without a length"),
        (struct.pack(">I", 3) + b"{}", "a part that is longer than its message"),
        (b"", "cannot be read"),
        (struct.pack(">I", 4) + b"null", "without a header"),
    ],
)
def test_a_body_that_is_none_is_named(body: bytes, message: str) -> None:
    with pytest.raises(wire.ProtocolError, match=message):
        wire.parse(body)


@pytest.mark.parametrize(
    "data",
    [
        None,
        {"class": "Exception"},
        {"class": ["JsError"]},
        {"class": "XpyjaError", "message": "x" * (wire.MAX_TEXT + 1)},
        {"class": "Interrupted", "message": "m", "frames": [["f", "a.js", "1", 2, "js"]]},
        {"class": "Interrupted", "message": "m", "frames": [["f", "a.js", True, 2, "js"]]},
        {"class": "Interrupted", "message": "m", "frames": [["f", "a.js", 1, 2]]},
        {"class": "Interrupted", "message": "m", "frames": [["f", "a.js", 1, 2, "js"]] * (wire.MAX_FRAMES + 1)},
        {"class": "CloseError", "message": "m", "failures": [{"class": "PlanError"}]},
    ],
)
def test_an_error_that_is_none_is_refused(data: object) -> None:
    with pytest.raises(wire.ProtocolError):
        wire.error_from_data(data)


def test_an_error_is_not_nested_without_end() -> None:
    data: dict[str, Any] = {"class": "PlanError", "message": "m"}
    for _ in range(100):
        data = {"class": "PlanError", "message": "m", "behind": data}
    with pytest.raises(wire.ProtocolError):
        wire.error_from_data(data)
