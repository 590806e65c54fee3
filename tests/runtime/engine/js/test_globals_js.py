"""The globals written in JavaScript behave as those of Node.js.

The cases and what Node prints for them are in expected.json, written by
make_expected.mjs.
"""

import json
import re
from pathlib import Path

import pytest

from xpyja.runtime.api import Handle, JsSource
from xpyja.runtime.engine.builder import RuntimeBuilder

HERE = Path(__file__).parent
EXPECTED = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))


class Printed:
    """An output that keeps what is written, with the number of its stream before each text."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.kept: list[list[str]] = []

    def write(self, fd: int, text: str) -> None:
        self.texts.append(f"{fd}:{text}")

    def is_terminal(self, fd: int) -> bool:
        return False

    def colors(self, fd: int) -> bool:
        return False

    def columns(self, fd: int) -> int:
        return 80

    def begin(self) -> None:
        self.kept.append(self.texts)
        self.texts = []

    def end(self) -> str:
        texts, self.texts = self.texts, self.kept.pop()
        return "".join(texts)


def run_js(source: str) -> str:
    """Runs a script and returns what it printed, what went wrong unnoticed, and the text it gives."""
    output = Printed()
    uncaught: list[BaseException] = []
    natives = {"begin": output.begin, "end": output.end, "makeHandle": lambda kind: Handle(object(), kind)}
    builder = RuntimeBuilder(output=output, on_uncaught=uncaught.append)
    builder.add_module("internals", lambda _: JsSource(str(HERE / "internals.js"), natives))
    with builder.build().new_runtime() as runtime:
        runtime.eval("require('internals')")
        result = runtime.eval(source)
        assert runtime.wait_idle(30)
    return "".join(
        (*output.texts, *(f"uncaught {error}" for error in uncaught), result if isinstance(result, str) else "")
    )


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
    times = re.compile(r"[\d.]+ms")
    assert times.sub("ms", tampered) == times.sub("ms", plain)


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
        // The signal's own timer does not keep a run alive.
        const keep = setInterval(() => { if (signal.aborted) clearInterval(keep); }, 1);
        0
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
        """
    )
    assert output.startswith("1:second\nuncaught Error: of a listener")


def test_timers_of_the_console() -> None:
    output = run_js(
        """
        console.time('a'); console.timeLog('a', { b: 1 }, '%s'); console.timeEnd('a');
        console.time('a'); console.time('a'); console.timeEnd('b'); console.countReset('c');
        """
    )
    assert re.sub(r"[\d.]+ms", "N ms", output) == (
        "1:a: N ms { b: 1 } %s\n1:a: N ms\n"
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
