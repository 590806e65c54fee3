"""What once crashed a process, or could: one function per cause.

`test_crashes` runs each in a process of its own, as ``python crash_causes.py NAME``. A cause that is survived prints
``survived`` and its name; its own assertions say what else must hold afterwards.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from xpyja.runtime.api.values import Handle
from xpyja.runtime.engine.builder import RuntimeBuilder
from xpyja.runtime.engine.owner import RuntimeOwner
from xpyja.runtime.engine.runtime import Runtime
from xpyja.runtime.engine.vm import Vm
from xpyja.runtime.errors import (
    CallCanceled,
    EngineError,
    JsError,
    OwnerClosed,
    ScheduleRejected,
    VmClosed,
    WrongThread,
    XpyjaError,
)
from xpyja.runtime.plan import Limits

MB = 1024 * 1024
ROUNDS = 1.0  # seconds of a race

CAUSES: dict[str, Callable[[], None]] = {}


def cause(function: Callable[[], None]) -> Callable[[], None]:
    """Enters a function in `CAUSES`."""
    CAUSES[function.__name__] = function
    return function


def new_runtime(memory: int | None = None, stack: int = 1 * MB, **globals_: object) -> Runtime:
    """A runtime whose uncaught errors are dropped."""
    limits = Limits(memory=memory, stack=stack)
    runtime = RuntimeBuilder(limits=limits, output=Silent(), on_uncaught=lambda error: None).build().new_runtime()
    for name, value in globals_.items():
        runtime.set_global(name, value)
    return runtime


def attempt(runtime: Runtime, source: str, timeout: float = 20.0) -> object:
    """Evaluates, and hands an error of the script back like a value; a hang fails."""
    try:
        return runtime.eval(source, timeout=timeout)
    except CallCanceled:
        raise
    except XpyjaError as error:
        return error


def still_works(runtime: Runtime) -> None:
    """Checks that a runtime calls in both directions."""
    runtime.set_global("stillWorks", lambda text, number: {"text": text, "number": number})
    assert runtime.eval("{ const r = stillWorks('é\\0', 2 ** 40); r.text + r.number }") == "é\x001099511627776"
    assert runtime.eval("Promise.resolve(7)").result(10) == 7


class Silent:
    """An output that nobody sees."""

    def write(self, fd: int, text: str) -> None:
        """Drops the text."""

    def is_terminal(self, fd: int) -> bool:
        """Never."""
        return False

    def colors(self, fd: int) -> bool:
        """Never."""
        return False

    def columns(self, fd: int) -> int:
        """The usual."""
        return 80


class Node:
    """Something that can stand in a reference cycle."""

    value: object = None
    me: object = None


# -- values that are dropped while JavaScript runs ------------------------------------------------------------------


def _allocating(runtime: Runtime) -> Callable[[], Any]:
    function: Callable[[], Any] = runtime.eval(
        "(() => { let a = []; for (let i = 0; i < 3000; i++) a.push({ i, s: 'k' + i }); return a.length; })"
    )
    return function


def allocate_lists() -> None:
    """Makes the collector of the calling thread run."""
    _ = [[] for _ in range(2000)]


def _race(other: Callable[[], None], owner: Callable[[], None]) -> None:
    stop = threading.Event()

    def repeat() -> None:
        while not stop.is_set():
            other()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        until = time.monotonic() + ROUNDS
        while time.monotonic() < until:
            owner()
    finally:
        stop.set()
        thread.join()


@cause
def functions_dropped_on_another_thread() -> None:
    runtime = new_runtime()
    work, make = _allocating(runtime), runtime.eval("(() => ({ f() {}, p: Promise.resolve(), e: new Error('x') }))")
    kept: list[object] = []

    def drop() -> None:
        if kept:
            kept.pop()

    def round_() -> None:
        kept.extend(make() for _ in range(20))
        work()

    _race(drop, round_)
    still_works(runtime)
    runtime.close()


@cause
def cycles_collected_by_another_threads_collector() -> None:
    runtime = new_runtime()
    work, make = _allocating(runtime), runtime.eval("(() => ({ f() {}, g: [() => 1], e: new Error('x') }))")

    def round_() -> None:
        for _ in range(20):
            node = Node()
            node.value, node.me = make(), node
        work()

    _race(allocate_lists, round_)
    still_works(runtime)
    runtime.close()


@cause
def tracebacks_dropped_on_another_thread() -> None:
    missing: dict[str, object] = {}
    runtime = new_runtime(host=lambda: missing["key"])
    kept: list[BaseException] = []

    def drop() -> None:
        if kept:
            kept.pop()
        gc.collect()

    def round_() -> None:
        for source in ("null.x", "host()", "throw { a: [() => 1] }", "throw new Error('x', { cause: new Error('y') })"):
            try:
                runtime.eval(source)
            except JsError as error:
                kept.append(error)

    _race(drop, round_)
    still_works(runtime)
    runtime.close()


@cause
def host_objects_released_by_the_engines_collector() -> None:
    class Target:
        pass

    runtime = new_runtime()
    runtime.set_global("fresh", lambda: [Handle(Target(), members={"f": lambda: 1}), lambda: 2, Target.__init__])
    _race(allocate_lists, lambda: runtime.eval("for (let i = 0; i < 200; i++) fresh(); null"))
    still_works(runtime)
    runtime.close()


@cause
def many_runtimes_made_and_closed_while_others_run() -> None:
    running = new_runtime()
    work = _allocating(running)

    def other() -> None:
        with new_runtime() as runtime:
            attempt(runtime, "let a = []; for (let i = 0; i < 500; i++) a.push(() => i); a")
        gc.collect()

    _race(other, lambda: work() and None)
    running.close()


# -- scripts whose code runs at the worst moment --------------------------------------------------------------------

HOSTILE_THROWS = {
    "string_conversion": "throw { toString() { host(); return 'x'; }, valueOf() { host(); }, [Symbol.toPrimitive]() { host(); } }",
    "stack_getter": "const e = new Error('x'); Object.defineProperty(e, 'stack', { get() { host(); return 's'; } }); throw e",
    "every_getter": """
        const e = new Error('x');
        for (const key of ['name', 'message', 'stack', 'code', 'cause', 'errors', 'constructor', Symbol.toStringTag]) {
          Object.defineProperty(e, key, { get() { host(); throw e; } });
        }
        throw e""",
    "proxy": """throw new Proxy(new Error('x'), new Proxy({}, { get(_, trap) { host(); return () => { host(); throw trap; }; } }))""",
    "prepared_stack": "Error.prepareStackTrace = (e, frames) => { host(); throw e; }; null.x",
    "prepared_stack_syntax": "Error.prepareStackTrace = () => { host(); return host; }; eval('(')",
    "inspect": "throw { [Symbol.for('nodejs.util.inspect.custom')]() { host(); throw this; }, get [Symbol.toStringTag]() { host(); return 'x'; } }",
    "revoked_proxy": "const { proxy, revoke } = Proxy.revocable(function () {}, {}); revoke(); throw proxy",
    "error_in_job": "Promise.resolve().then(() => { throw { toString() { host(); throw 1; } }; }); 1",
    "error_in_microtask": "queueMicrotask(() => { throw { toString() { host(); throw 1; }, get stack() { host(); } }; }); 1",
    "name_of_class": "class E extends Error { get name() { host(); throw this; } static get name() { host(); } } throw new E()",
}


def _hostile(source: str) -> None:
    calls: list[int] = []
    runtime = new_runtime(host=lambda: calls.append(1))
    for text in (source, f"(function () {{ {source} }}).call()", f"new Promise(() => {{ {source} }})"):
        value = attempt(runtime, text if text is not source else f"{{ {source} }}")
        if hasattr(value, "result"):
            try:
                value.result(0.3)
            except (XpyjaError, TimeoutError):
                pass
    runtime.eval("delete Error.prepareStackTrace; 1")
    still_works(runtime)
    runtime.close()


def _enter_hostile(name: str, source: str) -> None:
    CAUSES[f"hostile_{name}"] = lambda: _hostile(source)


for _name, _source in HOSTILE_THROWS.items():
    _enter_hostile(_name, _source)


HOSTILE_JSON = "({ toJSON() { return host(); }, get a() { return host(); } })"


@cause
def hostile_json() -> None:
    calls: list[int] = []
    runtime = new_runtime(host=lambda *_: calls.append(1))
    held = runtime.call(lambda: runtime.hold(HOSTILE_JSON))
    runtime.call(lambda: runtime.to_json(held))
    runtime.call(lambda: runtime.display(held))
    runtime.eval(f"host({HOSTILE_JSON})")
    assert len(calls) == 3
    still_works(runtime)
    runtime.close()


@cause
def hostile_code_while_values_cross() -> None:
    runtime = new_runtime(host=lambda *values: values[0] if values else None)
    attempt(
        runtime,
        """
        Error.prepareStackTrace = () => { host(new Uint8Array(3)); return 'q'; };
        const nested = () => ({ a: new Uint8Array([1, 2]), get b() { host({ x: new Uint8Array([9]) }); return null.x; } });
        for (let i = 0; i < 200; i++) {
          try { host(nested()); } catch {}
          try { host([new Uint8Array(1), new Proxy([], { get(t, k) { host([new Uint8Array(5)]); return t[k]; } })]); } catch {}
          try { host(Symbol()); } catch {}
          const detached = new ArrayBuffer(8); const view = new Uint8Array(detached); detached.transfer();
          try { host([view, detached]); } catch {}
        }
        delete Error.prepareStackTrace;
        1""",
    )
    still_works(runtime)
    runtime.close()


@cause
def interrupt_with_replaced_error_prototypes() -> None:
    runtime = new_runtime(host=lambda *_: None)
    attempt(
        runtime,
        """
        Error.prototype.toString = function () { host(); for (;;); };
        Object.defineProperty(Error.prototype, 'message', { get() { host(); for (;;); } });
        Object.defineProperty(Error.prototype, 'name', { get() { host(); throw 1; } });
        Object.defineProperty(Object.getPrototypeOf(InternalError.prototype), 'constructor', { get() { host(); } });
        InternalError.prototype.toString = Error.prototype.toString;
        Object.defineProperty(InternalError.prototype, 'stack', { get() { host(); for (;;); } });
        Error.prepareStackTrace = () => { host(); for (;;); };
        Object.setPrototypeOf(InternalError.prototype, new Proxy({}, { get() { host(); throw 1; } }));
        1""",
    )
    for source in ("for (;;);", "for (;;) { try { for (;;); } catch {} }", "null.x", "(function f() { f(); })()"):
        try:
            runtime.eval(source, timeout=0.1)
        except XpyjaError:
            pass
    still_works(runtime)
    runtime.close()


@cause
def promise_subclasses_with_hostile_resolvers() -> None:
    runtime = new_runtime(host=lambda *_: None)
    for source in (
        """
        class P extends Promise {
          constructor(executor) {
            super((resolve, reject) => executor(
              () => { host(); throw { toString() { host(); throw 1; } }; },
              () => { host(); throw { get stack() { host(); throw 2; } }; }));
          }
        }
        new P((resolve) => resolve(1)).then(() => 1)""",
        "class Q extends Promise { static get [Symbol.species]() { host(); throw { toString() { host(); } }; } } Q.resolve(1)",
        """
        class R extends Promise { static get [Symbol.species]() {
          return function (executor) { executor((v) => { host(v); throw v; }, (v) => { host(v); throw v; }); };
        } }
        R.resolve({ toString() { host(); throw 1; } })""",
        "const t = Promise.resolve(1); t.constructor = { get [Symbol.species]() { host(); throw 5; } }; t",
        "const f = Object.freeze(Promise.resolve(1)); f",
        "({ then(resolve) { host(); resolve(this); } })",
        "Promise.resolve({ get then() { host(); throw { toString() { host(); throw 1; } }; } })",
    ):
        value = attempt(runtime, f"{{ {source} }}")
        if hasattr(value, "result"):
            for _ in range(2):
                try:
                    value.result(0.2)
                except (XpyjaError, TimeoutError):
                    pass
        held = runtime.call(lambda source=source: runtime.hold(f"{{ {source} }}"))  # type: ignore[misc]
        try:
            runtime.run(lambda held=held: held, op="run", on_value=lambda _: None, seconds=0.5)  # type: ignore[misc]
        except XpyjaError:
            pass
    still_works(runtime)
    runtime.close()


@cause
def finalizers_and_microtasks_that_throw_hostile_objects() -> None:
    runtime = new_runtime(host=lambda *_: None)
    runtime.eval(
        """
        var hostile = () => ({ toString() { host(); throw 1; }, get stack() { host(); throw 2; }, get name() { host(); } });
        var registry = new FinalizationRegistry(() => { host(); throw hostile(); });
        for (let i = 0; i < 500; i++) { registry.register({ i }, i); queueMicrotask(() => { host(); throw hostile(); }); }
        registry.register(globalThis.kept = {}, 'until the end');
        Promise.reject(hostile());
        1"""
    )
    runtime.call(runtime._bridge.vm.collect)
    still_works(runtime)
    runtime.close()


@cause
def setters_cannot_capture_the_bridges_internals() -> None:
    runtime = new_runtime(host=lambda *values: list(values), handle=Handle(Node(), members={"f": lambda: 1}))
    runtime.eval(
        """
        var seen = [];
        const trap = (object, key) => Object.defineProperty(object, key, {
          __proto__: null, configurable: true, enumerable: false,
          get() { return undefined; }, set(value) { seen.push([String(key), value]); } });
        for (const key of ['__xpyja_host', 'value', 'host', 'slot', 'up', 'key', 'thrown', 'resolve', 'reject', 'get', 'set',
                           'done', 'next', 'a', 'builtin', 'bridge', 'exports', 'path', 'kind', 'loaded', 'enumerable']) {
          trap(Object.prototype, key); trap(globalThis, key);
        }
        for (let i = 0; i < 20; i++) { trap(Array.prototype, i); trap(Object.prototype, i); }
        trap(Function.prototype, 'host'); trap(Promise.prototype, 'value'); trap(Map.prototype, 'value');
        globalThis.all = () => [seen.length, typeof __xpyja_host, seen.map(([key]) => key).join()];
        1"""
    )
    for source in (
        "host(1, 'a', [1, 2], { a: 1, b: [new Uint8Array(2), new Map([[1, { value: 2 }]])] }).length",
        "try { host(Symbol()); } catch {}",
        "try { null.x; } catch {}",
        "Promise.resolve({ value: 1 }).then(host)",
        "setTimeout(host, 0, 1); setImmediate(host, 2); queueMicrotask(host); 1",
        "host(handle, handle.f, handle.f())",
        "console.log({ a: [1, new Proxy({}, {})] }, new Error('x'), Promise.resolve(1)); structuredClone(new Map([[1, [2]]])); 1",
        "new URL('http://a/b?c=d').searchParams.get('c'); new TextEncoder().encode('é'); new AbortController().abort(); 1",
        "try { require('./nothing'); } catch {}",
        "throw { a: 1 }",
    ):
        attempt(runtime, source)
    runtime.deferred().resolve([1, {"value": 2}])
    assert runtime.wait_idle(10)
    taken = runtime.eval("all()")
    functions = runtime.eval(
        "seen.filter(([, value]) => typeof value === 'function' || (value !== null && typeof value === 'object'"
        " && Object.getPrototypeOf(value) === null)).map(([key]) => key).join()"
    )
    assert taken[1] == "undefined", taken
    assert functions == "", functions
    runtime.close()


@cause
def host_function_is_unreachable() -> None:
    runtime = new_runtime(host=lambda *_: 1)
    found = runtime.eval(
        """
        const reachable = new Set(), queue = [globalThis];
        while (queue.length) {
          const object = queue.pop();
          if (object === null || (typeof object !== 'object' && typeof object !== 'function') || reachable.has(object)) continue;
          reachable.add(object);
          queue.push(Object.getPrototypeOf(object));
          for (const key of Reflect.ownKeys(object)) {
            const property = Reflect.getOwnPropertyDescriptor(object, key);
            queue.push(property.value, property.get, property.set);
            if (property.get) try { queue.push(object[key]); } catch {}
          }
        }
        const own = [...reachable].filter((f) => typeof f === 'function').map((f) => f.name);
        [reachable.size > 300, '__xpyja_host' in globalThis, own.filter((name) => /^dispatch$|__xpyja|^enter$/.test(name)).join()]"""
    )
    assert found == [True, False, ""], found
    runtime.close()


@cause
def host_exceptions_that_cannot_be_described() -> None:
    class Bad(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

        @property
        def __cause__(self) -> BaseException | None:  # type: ignore[override]
            raise RuntimeError("no cause")

    def bad() -> None:
        raise Bad()

    def exits() -> None:
        raise SystemExit(3)

    def interrupts() -> None:
        raise KeyboardInterrupt

    def generator_exits() -> None:
        raise GeneratorExit

    def no_memory() -> None:
        raise MemoryError

    runtime = new_runtime(
        bad=bad, exits=exits, interrupts=interrupts, generatorExits=generator_exits, noMemory=no_memory
    )
    for name in ("bad", "exits", "interrupts", "generatorExits", "noMemory"):
        assert runtime.eval(f"try {{ {name}(); 0 }} catch (e) {{ typeof e.message }}") == "string", name
        assert isinstance(attempt(runtime, f"{name}()"), JsError), name
    still_works(runtime)
    runtime.close()


@cause
def results_that_cannot_be_described() -> None:
    class Evil:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

        def __repr__(self) -> str:
            raise RuntimeError("repr")

    class EvilDict(dict[str, object]):
        def items(self) -> Any:
            raise RuntimeError("items")

    class NoName:
        __name__ = 5

        def __call__(self) -> int:
            return 5

    runtime = new_runtime(evil=Evil, evilDict=lambda: EvilDict(a=Evil()), noName=NoName)
    assert isinstance(attempt(runtime, "evil()"), JsError)
    assert isinstance(attempt(runtime, "evilDict()"), JsError)
    assert runtime.eval("noName()()") == 5
    still_works(runtime)
    runtime.close()


# -- recursion ------------------------------------------------------------------------------------------------------


@cause
def recursion_through_host_calls_at_many_stack_sizes() -> None:
    for kilobytes in (64, 128, 256, 512, 1024, 2048, 4096, 16384):
        runtime = new_runtime(stack=kilobytes * 1024)
        runtime.set_global("host", lambda f: f())
        for source in (
            "(function f() { return host(f) })()",
            "(function f() { return f() + 1 })()",
            "(function f() { try { return host(f) } finally { try { f() } catch {} } })",
            "(function down(n) { if (n > 0) return down(n - 1) + 1; return host(() => down(20)); })(20)",
            "const g = () => { [2, 1].sort(() => host(g)) }; g()",
            "(function f() { return host({ get a() { return f() } }) })()",
        ):
            attempt(runtime, f"{{ {source} }}")
        still_works(runtime)
        runtime.close()


@cause
def recursion_of_everything_native() -> None:
    runtime = new_runtime(stack=512 * 1024, host=lambda value: value)
    for source in (
        "JSON.parse('['.repeat(1e6) + ']'.repeat(1e6))",
        "eval('('.repeat(1e6))",
        "eval('['.repeat(3e5) + ']'.repeat(3e5))",
        "new RegExp('('.repeat(2e5) + ')'.repeat(2e5))",
        "let p = {}; for (let i = 0; i < 2e5; i++) p = new Proxy(p, {}); p.x",
        "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; String(a)",
        "let b = {}; for (let i = 0; i < 2e5; i++) b = { b }; JSON.stringify(b)",
        "let c = {}; for (let i = 0; i < 2e5; i++) c = { c }; host(c)",
        "let d = []; for (let i = 0; i < 2e5; i++) d = [d]; d",
        "let e = new Error('x'); for (let i = 0; i < 1e5; i++) e = new Error('x', { cause: e }); throw e",
        "let m = new Map(); for (let i = 0; i < 1e5; i++) m = new Map([[m, m]]); host(m)",
        "const o = { get a() { return this.a } }; o.a",
        "let f = () => 1; for (let i = 0; i < 5e3; i++) f = f.bind(null); f()",
        "let g = {}; for (let i = 0; i < 1e5; i++) g = { g }; g = null; 1",
        "let s = 'a'; for (let i = 0; i < 3e5; i++) s = 'b' + s; host(s).length",
        "eval('let ' + '['.repeat(1e5) + 'x' + ']'.repeat(1e5) + '=1')",
        "function* gen(n) { yield* gen(n + 1) } gen(0).next()",
        "let C = class {}; for (let i = 0; i < 2e4; i++) C = class extends C {}; new C()",
        "let q = Promise.resolve(); for (let i = 0; i < 1e5; i++) q = Promise.all([q]); 1",
        "let x = {}; for (let i = 0; i < 1e5; i++) x = Object.create(x); throw x",
        "let y = {}; for (let i = 0; i < 1e5; i++) y = { y }; throw y",
        "let z = {}; for (let i = 0; i < 1e5; i++) z = [z]; structuredClone(z)",
    ):
        attempt(runtime, f"{{ {source} }}")
    for source in (
        "(" * 200_000,
        "[" * 200_000,
        "a=>" * 100_000,
        "{" * 200_000,
        "`${" * 50_000,
        "!" * 500_000,
        "a?b:" * 100_000,
    ):
        assert isinstance(attempt(runtime, source), JsError)
    still_works(runtime)
    runtime.close()


@cause
def python_recursion_ends_just_before_a_host_call() -> None:
    runtime = new_runtime(host=lambda value: value)
    function = runtime.eval(
        "(x => { Promise.reject(1).catch(() => {}); try { return host(x) } catch (e) { return 'caught ' + e } })"
    )

    script = "Promise.reject(1).catch(() => {}); try { host(1) } catch (e) { 'caught ' + e }"

    def down(depth: int, use: Callable[[], object]) -> object:
        return down(depth - 1, use) if depth > 0 else use()

    def outcome(depth: int, use: Callable[[], object]) -> str:
        try:
            down(depth, use)
        except RecursionError:
            return "RecursionError"
        except Exception as error:
            return type(error).__name__
        return "ok"

    limit = sys.getrecursionlimit()
    for use in (lambda: function({"a": 1.5}), lambda: runtime.eval(script)):
        seen = {
            runtime.call(lambda depth=depth, use=use: outcome(depth, use))  # type: ignore[misc]
            for depth in range(limit - 250, limit + 5)
        }
        assert "SystemError" not in seen, seen
        assert seen <= {"ok", "RecursionError", "JsError", "JsStackError", "ArgumentError"}, seen
    still_works(runtime)
    runtime.close()


@cause
def absurd_stack_limits() -> None:
    for size in (-1, 0, 1, 1000, 8192, 16 * 1024, 40_000, 100_001, 300_003):
        try:
            runtime = new_runtime(stack=size)
        except EngineError:
            continue
        attempt(runtime, "(function f() { return f() + 1 })()")
        still_works(runtime)
        runtime.close()


# -- memory ---------------------------------------------------------------------------------------------------------

OUT_OF_MEMORY = (
    "let a = []; for (;;) a.push(new Array(1000))",
    "let s = 'x'; for (;;) s += s",
    "let s = []; for (let i = 0;; i++) s.push('é' + i)",
    "for (let n = 0; n < 20; n++) { try { let a = []; for (;;) a.push({ a, n }) } catch (e) { } } 1",
    "let m = new Map(); for (let i = 0;; i++) m.set({}, i)",
    "(async () => { let a = []; for (;;) { await null; a.push(new Uint8Array(50000)) } })()",
    "let a = []; for (;;) a.push(Promise.reject(new Error('x')))",
    "let a = []; for (;;) a.push(() => host(a.length))",
    "const e = () => new Error('x'.repeat(50000), { cause: e }); let a = []; for (;;) a.push(e())",
    "host('é'.repeat(1e6)); host(['x'.repeat(1e6)]); let a = []; for (;;) a.push(host('é'.repeat(1e5)))",
    "let a = []; for (;;) a.push(host(new Uint8Array(1e5)))",
    "host(new Uint8Array(3e6))",
    "host(new Array(1e6).fill(1))",
    "new Array(2e6).fill('abc').join()",
    "'\\u1234'.repeat(3e6)",
    "class F extends Array { constructor() { super(); for (;;) this.push(new F()) } } new F()",
    "eval('[' + '1,'.repeat(1e6) + ']')",
    "JSON.parse('[' + '{\"a\":1},'.repeat(1e5) + '1]')",
    "/(x+x+)+y/.test('x'.repeat(24)); let r = []; for (;;) r.push(/a(b)c/.exec('abc'))",
    "console.log('x'.repeat(2e6)); let a = []; for (;;) a.push(structuredClone({ a: [1, 2, 3] }))",
    "let a = []; for (;;) { a.push(big()); }",
    "for (;;) setTimeout(() => {}, 1e6)",
    "const r = new FinalizationRegistry(() => {}); let a = []; for (;;) { const o = {}; a.push(o); r.register(o, o.x) }",
    "Error.prepareStackTrace = (e, f) => f; let a = []; for (;;) a.push(new Error('x').stack)",
    "Error.prepareStackTrace = (e, f) => { host(1); return 'x'.repeat(1e5) }; let a = []; for (;;) { a.push(new Error('x').stack) }",
    "throw { get a() { let a = []; for (;;) a.push(new Array(1000)) } }",
    "(1n << 40000000n).toString(16)",
)


def _exhaust(megabytes: int, sources: tuple[str, ...]) -> None:
    def big() -> object:
        return {"rows": [["é" * 50, 1.5, None, {"x": "y"}]] * 200, "bytes": b"x" * 100_000}

    for source in sources:
        runtime = new_runtime(memory=megabytes * MB, stack=256 * 1024, host=lambda *values: values[0], big=big)
        try:
            runtime.eval(f"{{ {source} }}", timeout=10)
        except XpyjaError:
            pass
        for again in ("delete Error.prepareStackTrace; 1", "null.x", "1"):
            try:
                runtime.eval(again, timeout=10)
            except XpyjaError:
                pass  # memory may still be full; what counts is that it is an error
        assert not runtime.closed, source
        runtime.close()


@cause
def memory_runs_out_at_4_megabytes() -> None:
    _exhaust(4, OUT_OF_MEMORY)


@cause
def memory_runs_out_at_6_megabytes() -> None:
    _exhaust(6, OUT_OF_MEMORY[::2])


@cause
def memory_runs_out_at_12_megabytes() -> None:
    _exhaust(12, OUT_OF_MEMORY[1::3])


@cause
def memory_runs_out_at_24_megabytes() -> None:
    _exhaust(24, OUT_OF_MEMORY[::4])


def leave_memory(runtime: Runtime, free: int) -> None:
    """Sets a hard limit that leaves `free` bytes, without the soft limit that would stop scripts before."""
    runtime.eval("globalThis.filler = new Uint8Array(4 * 2 ** 20); 1")
    runtime.call(lambda: runtime._bridge.vm.limit_memory(runtime.heap_size + free))


@cause
def memory_is_gone_whenever_the_bridge_needs_some() -> None:
    """Leaves a little memory, in small steps, and does everything there is to do."""
    for free in (*range(0, 20_000, 1_000), *range(20_000, 200_000, 12_000)):
        runtime = new_runtime(host=lambda *values: [values, b"x" * 2000, "é" * 2000, {"f": len}])
        leave_memory(runtime, free)
        for source in (
            "host('é'.repeat(500), new Uint8Array(500), {}, () => 1, new Error('x'))",
            "throw new Error('x', { cause: new Error('y') })",
            "throw { a: { b: 'é'.repeat(300) } }",
            "Promise.reject(new Error('x'.repeat(100)))",
            "setTimeout(() => null.x); 'é'.repeat(2000)",
            "require('./nothing')",
            "new Uint8Array(2000)",
            "console.log({ a: [1, 'é'] })",
        ):
            attempt(runtime, source)
        runtime.call(lambda: None)
        runtime.close()


# -- floods, interrupts ---------------------------------------------------------------------------------------------


@cause
def rejected_promise_flood() -> None:
    runtime = new_runtime()
    runtime.eval("for (let i = 0; i < 20000; i++) Promise.reject(new Error('lost ' + i)); 1")
    runtime.eval(
        "for (let i = 0; i < 20000; i++) { const p = Promise.reject(i); Promise.resolve().then(() => p.catch(() => {})) } 1"
    )
    try:
        runtime.eval("for (;;) Promise.reject({ toString() { throw 1 } })", timeout=0.3)
    except XpyjaError:
        pass
    runtime.close()


@cause
def interrupts_at_any_moment() -> None:
    runtime = new_runtime(host=lambda f=None: f() if callable(f) else None)
    stop = threading.Event()

    def interrupt() -> None:
        while not stop.is_set():
            runtime.interrupt()

    thread = threading.Thread(target=interrupt)
    thread.start()
    until = time.monotonic() + ROUNDS
    sources = (
        "for (let i = 0; i < 1e5; i++) host();",
        "try { for (let i = 0; i < 1e4; i++) host(() => host(() => 1)) } catch { for (let i = 0; i < 1e5; i++); }",
        "(async () => { for (let i = 0; i < 1e4; i++) await null })()",
        "for (let i = 0; i < 1e4; i++) { try { null.x } catch (e) { e.stack } }",
        "[3, 1, 2].sort(() => { for (let i = 0; i < 1e5; i++); return 0 })",
        # The timer ends by itself: it may fire when nobody interrupts any more.
        "setTimeout(() => { for (let i = 0; i < 1e5; i++) host() }); JSON.stringify({ toJSON() { for (;;) host() } })",
        "require('./nothing')",
    )
    number = 0
    while time.monotonic() < until:
        number += 1
        try:
            runtime.eval(sources[number % len(sources)], timeout=5)
        except XpyjaError:
            pass
    stop.set()
    thread.join()
    try:
        still_works(runtime)
    except (OwnerClosed, VmClosed):
        pass  # jobs that would not end cost the runtime; that is a promise, not a crash
    runtime.close()


@cause
def interrupts_swallowed_in_nested_loops() -> None:
    def call(function: Callable[[], object]) -> object:
        try:
            return function()
        except Exception:
            return "swallowed"

    runtime = new_runtime(call=call)
    source = "call(() => { try { call(() => { try { for (;;) {} } catch {} for (;;) {} }) } catch {} for (;;) {} }); for (;;) {}"
    for _ in range(5):
        try:
            runtime.eval(source, timeout=0.1)
        except CallCanceled:
            pass
        else:
            raise AssertionError("not interrupted")
    still_works(runtime)
    runtime.close()


@cause
def closed_while_other_threads_interrupt_and_look_at_the_heap() -> None:
    until = time.monotonic() + ROUNDS
    while time.monotonic() < until:
        runtime = new_runtime(memory=32 * MB)
        stop = threading.Event()

        def disturb(runtime: Runtime = runtime, stop: threading.Event = stop) -> None:
            while not stop.is_set():
                runtime.interrupt()
                runtime._bridge.vm.interrupt()
                assert runtime.heap_size >= 0

        threads = [threading.Thread(target=disturb) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            runtime.eval("for (let i = 0; i < 1000; i++) [i]; 1")
        except XpyjaError:
            pass
        runtime.close()
        stop.set()
        for thread in threads:
            thread.join()


# -- teardown -------------------------------------------------------------------------------------------------------


@cause
def closed_with_everything_still_referenced() -> None:
    kept: list[object] = []
    for _ in range(30):
        runtime = new_runtime()
        runtime.set_global("keep", kept.append)
        runtime.eval(
            """
            var cyclic = { f: () => cyclic, p: new Promise(() => {}), m: new Map() }; cyclic.m.set(cyclic, cyclic.f);
            keep([cyclic.f, cyclic.p, new Error('x'), keep]); globalThis.me = globalThis; 1"""
        )
        node = Node()
        node.value, node.me = (runtime, kept[-1]), node
        kept.append(node)
        runtime.close()
    for item in kept:
        if isinstance(item, list):
            try:
                item[0]()
            except OwnerClosed:
                continue
            raise AssertionError("called a function of a closed runtime")
    kept.clear()
    gc.collect()


@cause
def closed_inside_a_host_call() -> None:
    for source in (
        "close(); for (;;);",
        "close(); 1",
        "setTimeout(() => { close(); for (;;); }); 1",
        "Promise.resolve().then(close)",
    ):
        runtime = new_runtime()
        runtime.set_global("close", runtime.close)
        attempt_closing(runtime, source)
        runtime.owner._thread.join(10)
        assert not runtime.owner._thread.is_alive()


def attempt_closing(runtime: Runtime, source: str) -> None:
    """Evaluates a source that closes its own runtime."""
    try:
        runtime.eval(source)
    except XpyjaError:
        pass


@cause
def host_work_goes_on_after_the_close() -> None:
    entered, leave = threading.Event(), threading.Event()

    def blocks(function: Callable[[], object]) -> object:
        entered.set()
        leave.wait(30)
        return function()

    runtime = new_runtime(blocks=blocks)
    future = runtime.owner.submit(lambda: runtime.eval("blocks(() => 1)"))
    entered.wait(30)
    try:
        runtime.close(0.05)
    except XpyjaError:
        pass
    leave.set()
    try:
        future.result(30)
    except XpyjaError:
        pass
    runtime.owner._thread.join(10)
    assert not runtime.owner._thread.is_alive()


@cause
def runtimes_dropped_without_close() -> None:
    for _ in range(30):
        runtime = new_runtime(host=lambda: 1)
        runtime.eval("var f = () => host(); setInterval(f, 1); f()")
        del runtime
        gc.collect()


@cause
def vm_of_a_thread_that_has_ended() -> None:
    vms: list[Vm] = []

    def live() -> None:
        vm = Vm(lambda *_: None, stack=256 * 1024)
        vms.append(vm)

    for _ in range(20):
        thread = threading.Thread(target=live)
        thread.start()
        thread.join()
    for vm in vms:
        try:
            vm.enter(0)
        except (WrongThread, KeyError):
            continue
    vms.clear()
    gc.collect()


@cause
def vm_on_the_main_thread_or_a_foreign_one() -> None:
    try:
        Vm(lambda *_: None, stack=256 * 1024)
    except WrongThread:
        pass
    else:
        raise AssertionError("a VM on the main thread")
    runtime = new_runtime()
    for function in (
        lambda: runtime._bridge.vm.enter(0),
        lambda: runtime._bridge.vm.run_script("1", "x"),
        lambda: runtime._bridge.vm.compile_function("1", "x", ""),
        runtime._bridge.vm.collect,
        runtime._bridge.vm.close,
        lambda: runtime._bridge.vm.limit_memory(8 * MB),
        lambda: runtime.hold("1"),
    ):
        try:
            function()
        except WrongThread:
            continue
        raise AssertionError("another thread touched the VM")
    runtime.close()


@cause
def foreign_thread_with_the_number_of_a_dead_owner() -> None:
    owner = RuntimeOwner("first")
    number = owner.call(threading.get_ident)
    owner.shutdown()
    ran: list[int] = []

    def impostor() -> None:
        if threading.get_ident() == number:
            try:
                owner.call(lambda: ran.append(1))
            except OwnerClosed:
                ran.append(0)

    for _ in range(50):
        thread = threading.Thread(target=impostor)
        thread.start()
        thread.join()
    assert 1 not in ran, "a closed owner ran something on a stranger's thread"


@cause
def interpreter_exits_with_runtimes_busy() -> None:
    for source in (
        "let a = []; for (;;) { a.push({ x: [1, 2, 3] }); if (a.length > 1000) a = [] }",
        "for (;;) host(1, 'a')",
        "setInterval(() => host(() => 1), 0)",
        "Promise.reject(1); (async () => { for (;;) { await null; host() } })()",
    ):
        runtime = new_runtime(host=lambda *values: len(values))
        runtime.owner.submit(lambda runtime=runtime, source=source: runtime.eval(source))  # type: ignore[misc]
    time.sleep(0.1)  # no condition to wait for: any moment of the loops is as good


@cause
def interpreter_exits_inside_a_host_call() -> None:
    entered = threading.Event()

    def blocks() -> None:
        entered.set()
        threading.Event().wait()

    runtime = new_runtime(blocks=blocks)
    runtime.owner.submit(lambda: runtime.eval("blocks()"))
    entered.wait(30)


@cause
def forked_while_running() -> None:
    runtime = new_runtime()
    started = threading.Event()
    runtime.set_global("started", started.set)
    runtime.owner.submit(
        lambda: runtime.eval("started(); let a = []; for (;;) { a.push({ x: [1] }); if (a.length > 1000) a = [] }")
    )
    started.wait(30)
    sys.stdout.flush()
    for _ in range(5):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                runtime.eval("1")
            except ScheduleRejected:
                fresh = new_runtime()
                still_works(fresh)
                try:
                    fresh.eval("for (;;);", timeout=0.1)
                except CallCanceled:
                    code = 0
                runtime.close()
                fresh.close()
            del runtime
            gc.collect()
            sys.exit(code)
        _, status = os.waitpid(child, 0)
        assert status == 0, status
    runtime.close()


@cause
def bytecode_and_modules_under_memory_pressure() -> None:
    runtime = new_runtime()
    leave_memory(runtime, 2_000)
    for source in (
        "console",
        "URL",
        "TextDecoder",
        "AbortController",
        "structuredClone",
        "require('fs')",
        "new URL('a:b')",
    ):
        attempt(runtime, source)
    runtime.call(lambda: runtime._bridge.vm.limit_memory(64 * MB))
    assert runtime.eval("typeof new URL('http://a/').href") == "string"
    runtime.close()


@cause
def sources_with_odd_bytes() -> None:
    runtime = new_runtime()
    for source in (
        "\0",
        "'\0'",
        "'\ud800'",
        "/*\udfff*/1",
        "\ufeff1",
        "'\U0001f600'",
        "x" * 1_000_000,
        "//" + "é" * 100_000,
        "",
    ):
        attempt(runtime, source)
    for name in ("a\0b", "\ud800", "", "x" * 10_000, "a\nb", "(xpyja:bridge:1:1)"):
        try:
            runtime.eval("null.x", filename=name)
        except JsError:
            continue
        raise AssertionError("no error")
    still_works(runtime)
    runtime.close()


@cause
def errors_that_contain_themselves() -> None:
    runtime = new_runtime()
    for source in (
        "const e = new AggregateError([], 'x'); e.errors = Array(16).fill(e); throw e",
        "const e = new Error('x'); e.cause = e; throw e",
        "const a = new AggregateError([]), b = new AggregateError([a, a]); a.errors.push(b, b, b, b); a.cause = b; throw a",
        "const e = new Error('x'); e.errors = new Proxy([], { get(t, k) { return k === 'length' ? 1e9 : e } }); throw e",
    ):
        assert isinstance(attempt(runtime, f"{{ {source} }}", timeout=5), JsError), source
    still_works(runtime)
    runtime.close()


@cause
def revoked_and_exotic_objects_are_printed() -> None:
    runtime = new_runtime()
    for source in (
        "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); console.log(proxy); proxy",
        "const { proxy, revoke } = Proxy.revocable([], {}); revoke(); host(proxy)",
        "console.log(new Proxy(new Proxy({}, {}), {}))",
        "console.log(globalThis)",
        "console.log(Object.create({ get [Symbol.toStringTag]() { throw 1 } }))",
        "globalThis",
    ):
        attempt(runtime, f"{{ {source} }}")
    still_works(runtime)
    runtime.close()


if __name__ == "__main__":
    CAUSES[sys.argv[1]]()
    print(f"survived {sys.argv[1]}", flush=True)  # noqa: T201 - the parent reads it
