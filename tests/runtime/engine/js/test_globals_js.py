"""The globals written in JavaScript behave as those of Node.js.

The cases and what Node prints for them are in expected.json, written by
make_expected.mjs.
"""

import json
import threading
from pathlib import Path
from typing import Any

import _quickjs
import pytest

import xpyja.runtime.engine

SOURCES = Path(xpyja.runtime.engine.__path__[0]) / "js"
EXPECTED = json.loads(Path(__file__).with_name("expected.json").read_text(encoding="utf-8"))
THREAD_STACK = 16 << 20
ENGINE_STACK = 4 << 20

# Stands in for the runtime: loads the files on first use, records proxies to
# recognize them, and looks into promises by running the pending jobs.
BOOT = """
(function (sources, internals) {
  const modules = {};
  const evaluate = eval;
  function require(name) {
    if (modules[name] === undefined) {
      modules[name] = {};
      // No template literals: the engine makes them with String.prototype.concat.
      const load = evaluate('(function (exports, require, internal) {' + sources[name] + '\\n})');
      load(modules[name], require, internal);
    }
    return modules[name];
  }
  const proxies = new WeakMap();
  const { get, has, set } = WeakMap.prototype;
  const { apply } = Reflect;
  const NativeProxy = Proxy;
  globalThis.Proxy = function Proxy(target, handler) {
    const proxy = new NativeProxy(target, handler);
    apply(set, proxies, [proxy, [target, handler]]);
    return proxy;
  };
  const { then } = Promise.prototype;
  const timers = new Map();
  const handles = new WeakMap();
  let sink;
  globalThis.printed = function (run) {
    sink = '';
    run(require('console').createConsole());
    const text = sink;
    sink = undefined;
    return text;
  };
  globalThis.makeHandle = (kind) => { const handle = {}; handles.set(handle, kind); return handle; };
  const internal = Object.freeze({
    __proto__: null,
    write(fd, text) { if (sink === undefined) internals.write(fd, text); else sink += fd + ':' + text; },
    now: internals.now,
    isTTY: () => false,
    colors: () => false,
    columns: () => 80,
    isProxy: (value) => apply(has, proxies, [value]),
    proxyDetails: (value) => apply(get, proxies, [value]),
    isHandle: (value) => apply(get, handles, [value]),
    promiseState(promise) {
      let state = ['pending', undefined];
      apply(then, promise, [
        (value) => { state = ['fulfilled', value]; },
        (reason) => { state = ['rejected', reason]; },
      ]);
      internals.drain();
      return state;
    },
    setTimeout(run) { timers.set(timers.size + 1, run); return timers.size; },
    clearTimeout(id) { timers.delete(id); },
  });
  require('primordials');
  globalThis.runTimers = () => { for (const [id, run] of timers) { timers.delete(id); run(); } };
  globalThis.isLoaded = (name) => modules[name] !== undefined;
  const lazy = (name, file, make) => Object.defineProperty(globalThis, name, {
    configurable: true,
    get() { return make === undefined ? require(file)[name] : make(require(file)); },
  });
  lazy('inspect', 'inspect');
  lazy('format', 'inspect');
  lazy('structuredClone', 'clone');
  for (const name of ['TextEncoder', 'TextDecoder']) lazy(name, 'encoding');
  for (const name of ['URL', 'URLSearchParams']) lazy(name, 'url');
  for (const name of ['Event', 'EventTarget', 'AbortController', 'AbortSignal']) lazy(name, 'abort');
  let console;
  lazy('console', 'console', ({ createConsole }) => (console ??= createConsole()));
  globalThis.attempt = function (run) {
    try { return run(); } catch (error) { return `${error.name}: ${error.message}`; }
  };
  globalThis.normalized = function (value) {
    const text = typeof value === 'string' ? value : `${JSON.stringify(value)}`;
    return text.replace(/(\\n *(at|\\.\\.\\. \\d+ lines matching) [^\\n]*)+/g, '\\n    at <frames>');
  };
})
"""


def run_js(source: str) -> str:
    """Run a script and return the text it gives, after what it printed."""
    printed: list[str] = []
    outcome: list[Any] = []

    def run() -> None:
        context = _quickjs.Context()
        context.set_max_stack_size(ENGINE_STACK)

        def drain() -> None:
            while context.execute_pending_job():
                pass

        clock = iter(range(10**9))
        context.add_callable("write", lambda fd, text: printed.append(f"{fd}:{text}"))
        context.add_callable("drain", drain)
        context.add_callable("now", lambda: next(clock) * 1.5)
        sources = json.dumps({path.stem: path.read_text("utf-8") for path in SOURCES.glob("*.js")})
        context.set("sources", sources)
        context.eval(f"({BOOT})(JSON.parse(sources), {{ write, drain, now }})")
        context.eval("delete globalThis.write; delete globalThis.drain; delete globalThis.now;")
        try:
            result = context.eval(source)
            drain()
            outcome.append(result if isinstance(result, str) else "")
        except BaseException as error:
            outcome.append(error)

    previous = threading.stack_size(THREAD_STACK)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(previous)
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return "".join(printed) + outcome[0]


def outputs_of(codes: list[str]) -> list[str]:
    """The texts of several expressions, run in one context."""
    source = """
        JSON.stringify(%s.map((code) => {
          try { return normalized((0, eval)(`(${code})`)); }
          catch (error) { return `${error}\\n${error.stack}`; }
        }))
    """
    outputs: list[str] = json.loads(run_js(source % json.dumps(codes)))
    return outputs


@pytest.mark.parametrize("group", EXPECTED)
def test_same_as_node(group: str) -> None:
    cases = EXPECTED[group]
    outputs = outputs_of([case["code"] for case in cases])
    wrong = [
        f"{case['code']}\n  node: {case['expected']}\n  here: {output}"
        for case, output in zip(cases, outputs, strict=True)
        if output != case["expected"]
    ]
    assert not wrong, f"{len(wrong)} of {len(cases)} differ\n" + "\n".join(wrong)


# What a script may do before it prints; the files are loaded after it.
TAMPERING = """
    const prototypes = [
      Array.prototype, String.prototype, Map.prototype, Set.prototype, RegExp.prototype,
      Date.prototype, Number.prototype, Symbol.prototype, Error.prototype, Promise.prototype,
      Function.prototype, Object.getPrototypeOf(Uint8Array.prototype), BigInt.prototype,
    ];
    const holders = [Object, Array, JSON, Math, Number, Symbol, String, Error];
    const { ownKeys, defineProperty } = Reflect;
    for (let i = 0; i < prototypes.length; i++) {
      const keys = ownKeys(prototypes[i]);
      for (let k = 0; k < keys.length; k++) {
        if (keys[k] === 'constructor' || keys[k] === 'length') continue;
        defineProperty(prototypes[i], keys[k], {
          get() { throw new Error('tampered'); }, configurable: true,
        });
      }
    }
    for (let i = 0; i < holders.length; i++) {
      const keys = ownKeys(holders[i]);
      for (let k = 0; k < keys.length; k++) {
        if (keys[k] !== 'prototype') try { holders[i][keys[k]] = null; } catch {}
      }
    }
    Object.prototype.foo = 1;
    Object.prototype.get = Object.prototype.value = Object.prototype.depth = 'polluted';
    Object.prototype.toString = null;
    globalThis.Map = globalThis.Set = globalThis.Object = globalThis.Array = null;
"""

INSPECTED = """
    console.log({ a: [1, 'two', { b: /x/g }], d: date, e: error });
    console.log(map, set, [1, 2, 3, 4, 5, 6, 7, 8], bytes, 10n, symbol, 'a\\nb', -0);
    console.log('%s %d %i %j %o', 'x', 1, 2, { a: 1 }, [3]);
    console.log(promise, class A {}, function f() {}, new String('s'), "it's");
    console.table([{ a: 1 }, { b: 'x' }]);
    console.group('g'); console.warn({ a: 'x'.constructor }); console.groupEnd();
    console.count(); console.time(); console.timeEnd(); console.assert(false, [1]);
"""

VALUES = """
    const date = new Date(0), map = new Map([['k', { v: 1 }]]), set = new Set([1]);
    const error = Object.defineProperty(new RangeError('m'), 'stack', { value: 'RangeError: m' });
    const bytes = new Uint8Array(3), symbol = Symbol('s'), promise = Promise.resolve([1]);
"""


def test_tampering_changes_no_output() -> None:
    plain = run_js(VALUES + INSPECTED)
    # The names that the tampering takes away are the only difference.
    tampered = run_js(VALUES + TAMPERING + INSPECTED.replace("'x'.constructor", "String"))
    assert "RangeError: m" in plain
    assert tampered == plain


# Every way for an object to have its code run by somebody who looks at it.
WATCHED = """
    const runs = [];
    const watch = (name) => () => { runs.push(name); throw new Error(name); };
    const traps = {};
    for (const name of Object.getOwnPropertyNames(Reflect)) traps[name] = watch(`trap ${name}`);
    const proxy = new Proxy({ a: 1 }, traps);
    const object = {
      toString: watch('toString'), valueOf: watch('valueOf'), toJSON: watch('toJSON'),
      [Symbol.toPrimitive]: watch('toPrimitive'),
    };
    const names = ['a', 'constructor', Symbol.toStringTag, Symbol.iterator, 'size', 'name', 'message', 'stack'];
    for (const key of names) {
      Object.defineProperty(object, key, { get: watch(`get ${String(key)}`), enumerable: true });
    }
    class Tagged { get [Symbol.toStringTag]() { return watch('tag')(); } }
    class Instance {
      static get name() { return watch('class name')(); }
      static [Symbol.hasInstance]() { watch('hasInstance')(); }
    }
    class Failure extends Error {
      get name() { return watch('name')(); }
      get message() { return watch('message')(); }
      get stack() { return watch('stack')(); }
      get cause() { return watch('cause')(); }
    }
    class Pattern extends RegExp {
      get source() { return watch('source')(); }
      get flags() { return watch('flags')(); }
    }
    class When extends Date {
      getTime() { return watch('getTime')(); }
      toISOString() { return watch('toISOString')(); }
    }
    class Table extends Map {
      get size() { return watch('size')(); }
      forEach() { watch('forEach')(); }
      [Symbol.iterator]() { watch('iterator')(); }
    }
    const array = Object.defineProperty([1, 2, 3, 4, 5, 6, 7], 3, { get: watch('element'), enumerable: true });
"""


def test_inspecting_runs_no_code_of_the_script() -> None:
    output = run_js(
        WATCHED
        + """
        for (const value of [
          proxy, object, new Tagged(), new Instance(), new Failure('m'), new Pattern('x', 'g'), new When(0),
          new Table([[1, 2]]), array, Object.create(proxy), Object.create(object), { __proto__: Tagged.prototype },
          Promise.resolve([proxy]), new Map([[proxy, object]]), new Set([proxy]),
        ]) console.log(value, [value], { value });
        console.log(runs.length + ' runs: ' + runs.join());
        """
    )
    assert output.endswith("1:0 runs: \n")
    assert "1:{ a: 1 } [ { a: 1 } ] { value: { a: 1 } }\n" in output


def test_printing_never_throws() -> None:
    output = run_js(
        """
        const bad = {
          toString() { throw new Error('no'); }, toJSON() { throw 1; }, [inspect.custom]() { throw 2; },
        };
        console.log('%s', bad);
        console.log('%j', bad);
        console.log(bad);
        let deep = [];
        for (let i = 0; i < 100000; i++) deep = [deep];
        console.dir(deep, { depth: null });
        console.log('done');
        """
    )
    assert output.endswith("1:done\n")
    assert "Inspection failed" in output
    assert "Inspection interrupted" in output


def test_internal_frames_are_dropped() -> None:
    output = run_js(
        """
        const error = new Error('m');
        error.stack = [
          'Error: m', '    at f (main.js:1:2)', '    at log (xpyja:js/console.js:3:4)', '    at xpyja:boot.js:1:1', '',
        ].join('\\n');
        inspect(error)
        """
    )
    assert output == "Error: m\n    at f (main.js:1:2)"


def test_engine_stack_gets_a_header() -> None:
    output = run_js("function thrower() { return new RangeError('m'); } inspect(thrower())")
    assert output.startswith("RangeError: m\n    at thrower (")


def test_handles_are_opaque() -> None:
    assert run_js("inspect([makeHandle('module os')])") == "[ [module os] ]"
    assert "DataCloneError" in run_js("attempt(() => structuredClone(makeHandle('file')))")


def test_plain_texts_do_not_load_inspect() -> None:
    output = run_js(
        """
        console.log('text', 1, true, null, undefined, -0, 2n);
        isLoaded('inspect') + ' ' + isLoaded('console')
        """
    )
    assert output == "1:text 1 true null undefined -0 2n\nfalse true"


def test_long_texts_are_printed_whole() -> None:
    output = run_js("console.log('x'.repeat(20000)); console.log('%s!', 'y'.repeat(20000)); ''")
    assert output == "1:" + "x" * 20000 + "\n1:" + "y" * 20000 + "!\n"


def test_timeout_signal() -> None:
    output = run_js(
        """
        const signal = AbortSignal.timeout(5);
        signal.onabort = (event) => console.log(event.type, signal.reason.name, signal.reason.message);
        runTimers();
        """
    )
    assert output == "1:abort TimeoutError The operation was aborted due to timeout\n"


def test_error_of_a_listener_is_uncaught() -> None:
    output = run_js(
        """
        const target = new EventTarget();
        target.addEventListener('x', () => { throw new Error('of a listener'); });
        target.addEventListener('x', () => console.log('second'));
        target.dispatchEvent(new Event('x'));
        attempt(runTimers)
        """
    )
    assert output == "1:second\nError: of a listener"


def test_timers_of_the_console() -> None:
    output = run_js(
        """
        console.time('a'); console.timeLog('a', { b: 1 }, '%s'); console.timeEnd('a');
        console.time('a'); console.time('a'); console.timeEnd('b'); console.countReset('c');
        """
    )
    assert output == (
        "1:a: 1.5ms { b: 1 } %s\n1:a: 3ms\n"
        "2:Warning: Label 'a' already exists for console.time()\n"
        "2:Warning: No such label 'b' for console.timeEnd()\n"
        "2:Warning: Count for 'c' does not exist\n"
    )


# Where Node departs from the standards.
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "(() => { try { structuredClone(1, { transfer: [{}] }); } catch (e) { return e.name; } })()",
            "DataCloneError",
        ),
        ("new URL('http://h/').searchParams.entries().next().done + ''", "true"),
        ("attempt(() => new URL('a#b', 'mailto:x'))", "TypeError: Invalid URL"),
        (
            """(() => { const t = new EventTarget();
                t.addEventListener('x', (e) => e.preventDefault(), { passive: true });
                return `${t.dispatchEvent(new Event('x', { cancelable: true }))}`; })()""",
            "true",
        ),
        (
            """(() => { const t = new EventTarget(); const log = [];
                t.addEventListener('x', (e) => {
                  log.push(e.currentTarget === t, e.eventPhase);
                  t.addEventListener('x', () => log.push('late'));
                });
                t.dispatchEvent(new Event('x'));
                return log.join(); })()""",
            "true,2",
        ),
        ("new TextDecoder('latin1').decode(new Uint8Array([0x80, 0xe9]))", "€é"),
        ("console.assert(false, { a: 1 }), ''", "2:Assertion failed: { a: 1 }\n"),
        ("inspect(new (class { get [Symbol.toStringTag]() { return 'T'; } })())", "{}"),
    ],
)
def test_follows_the_standards(code: str, expected: str) -> None:
    assert run_js(code) == expected
