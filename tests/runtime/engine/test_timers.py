"""Timers in the order and with the rules of Node; the same scripts run under Node itself where there is one."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from xpyja.runtime.errors import JsError

if TYPE_CHECKING:
    from tests.runtime.engine.conftest import Recorder
    from xpyja.runtime.engine.runtime import Runtime

    RuntimeMaker = Callable[..., Runtime]

HANG = 30.0

SCRIPTS = {
    "phases": """
        setTimeout(() => log('timeout'), 0);
        setTimeout(() => setImmediate(() => log('immediate after timeout')), 0);
        Promise.resolve().then(() => log('then'));
        queueMicrotask(() => log('microtask'));
        (async () => { log('sync part'); await null; log('after await') })();
        log('main');""",
    "microtasks between timers": """
        for (const name of ['a', 'b', 'c']) setTimeout(() => { log(name); Promise.resolve().then(() => log(name + ' then')) }, 1);""",
    "microtasks between immediates": """
        for (const name of ['a', 'b']) setImmediate(() => { log(name); queueMicrotask(() => log(name + ' then')) });""",
    "order within one delay": "for (let i = 0; i < 5; i++) setTimeout(log, 3, 'timer', i)",
    "delays that are none": """
        setTimeout(() => log('one'), 1);
        for (const delay of [0, -5, NaN, undefined, null, 'x', 1e12, '', false, {}, []]) setTimeout(() => log(String(delay)), delay);
        setTimeout(() => log('missing'));""",
    "fractions": "setTimeout(() => log('1.9'), 1.9); setTimeout(() => log('1'), 1); setTimeout(() => log('1.2'), 1.2)",
    # One after the other: which of a timer of 1 ms and an immediate is first, Node leaves to the clock.
    "arguments": """
        const show = (...all) => log(JSON.stringify(all));
        setImmediate((...all) => { show(...all); setTimeout(show, 1, 1, 'b', [3]); }, { d: 4 });""",
    "clearing": """
        const a = setTimeout(() => log('never'), 5); clearTimeout(a); clearTimeout(a);
        const b = setInterval(() => log('never'), 5); clearInterval(b);
        const c = setImmediate(() => log('never')); clearImmediate(c);
        clearTimeout(undefined); clearTimeout(null); clearTimeout(123456); clearTimeout('x'); clearTimeout({});
        log('cleared');""",
    "clearing with the other function and by number": """
        const a = setTimeout(() => log('never'), 5); clearInterval(a);
        const b = setTimeout(() => log('never'), 5); clearTimeout(+b);
        log('cleared');""",
    "one clears another that is due": """
        const a = setTimeout(() => { log('a'); clearTimeout(b) }, 1);
        const b = setTimeout(() => log('never'), 1);
        setTimeout(() => log('c'), 1);""",
    "an immediate clears another": """
        setImmediate(() => { log('a'); clearImmediate(b) }); const b = setImmediate(() => log('never')); setImmediate(() => log('c'))""",
    "immediates queue immediates": "setImmediate(() => { log('a'); setImmediate(() => log('c')) }); setImmediate(() => log('b'))",
    "intervals": "let n = 0; const i = setInterval((x) => { log(x + n); if (++n === 3) clearInterval(i) }, 1, 'tick ')",
    "an interval of promises": """
        let n = 0; const i = setInterval(async () => { await null; log('tick'); if (++n === 2) clearInterval(i) }, 1)""",
    "nesting": "setTimeout(() => { log(1); setTimeout(() => { log(2); setTimeout(() => log(3), 0) }, 0) }, 0)",
    "refresh": """
        const t = setTimeout(() => { log('refreshed') }, 30); setTimeout(() => t.refresh(), 1); setTimeout(() => log('before'), 20)""",
    "refresh after it ran": """
        let n = 0; const t = setTimeout(() => { log('run ' + ++n); if (n < 2) t.refresh() }, 1)""",
    "refresh after it was cleared": "const t = setTimeout(() => log('never'), 1); clearTimeout(t); t.refresh(); log('end')",
    "ref and unref": """
        const t = setTimeout(() => log('never'), 100000); log(t.hasRef()); log(t.unref() === t); log(t.hasRef());
        log(t.ref() === t); log(t.hasRef()); t.unref()""",
    "close": "const t = setTimeout(() => log('never'), 1); log(t.close() === t)",
    "this of the callback": "const t = setTimeout(function () { log(this === t) }, 1)",
    "primitive": "const t = setTimeout(() => log('ran'), 1); log(typeof +t, typeof `${t}`, t[Symbol.toPrimitive]() === +t)",
    "strings as callbacks": """
        for (const f of [setTimeout, setInterval, setImmediate]) {
          for (const callback of ['log(1)', undefined, null, {}]) { try { f(callback); log('accepted') } catch (e) { log(e.name, e.code) } }
        }""",
    "symbols as delays": "try { setTimeout(() => {}, Symbol()) } catch (e) { log(e.name) }",
    "bigints as delays": "try { setTimeout(() => {}, 1n) } catch (e) { log(e.name) }",
    "the functions": """
        for (const f of [setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate, queueMicrotask]) {
          log(f.name, typeof f);
        }""",
    "microtask callbacks are checked": "try { queueMicrotask(5) } catch (e) { log(e.name) }",
    "a cleared timer inside its own callback": "const t = setTimeout(() => { clearTimeout(t); log('ran') }, 1)",
    "an interval cleared and started in its callback": """
        let n = 0; let i = setInterval(function f() { clearInterval(i); log('run'); if (++n < 3) i = setInterval(f, 1) }, 1)""",
    "promises settle before the next phase": """
        setImmediate(() => log('immediate'));
        (async () => { for (let i = 0; i < 3; i++) { await null; log('await ' + i) } })();""",
    "dispose": "{ const t = setTimeout(() => log('never'), 1); t[Symbol.dispose](); } log('disposed')",
}

NODE = shutil.which("node")


def ours(runtime: Runtime, output: Recorder, source: str) -> str:
    """What the script prints here."""
    runtime.eval("var log = (...values) => console.log(...values); null")
    runtime.run(lambda: runtime.hold(f"{{ {source} }}; undefined"), op="run", seconds=HANG)
    return output.text


@pytest.mark.skipif(NODE is None, reason="no node to compare with")
@pytest.mark.parametrize("source", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_script_prints_what_it_prints_under_node(runtime: Runtime, output: Recorder, source: str) -> None:
    assert NODE is not None
    theirs = subprocess.run(
        [NODE, "-e", f"const log = console.log; {{ {source} }}"],
        capture_output=True,
        text=True,
        timeout=HANG,
        check=True,
    )
    assert ours(runtime, output, source) == theirs.stdout


def test_a_timer_that_throws_does_not_stop_the_others(
    runtime: Runtime, output: Recorder, uncaught: list[BaseException]
) -> None:
    runtime.eval(
        "setTimeout(() => null.x, 1); setTimeout(() => console.log('second'), 1);"
        " var n = 0; var i = setInterval(() => { if (++n === 3) clearInterval(i); throw n }, 1); null"
    )
    assert runtime.wait_idle(HANG)
    assert output.text == "second\n"
    assert sorted(str(error) for error in uncaught) == ["1", "2", "3", "TypeError: cannot read property 'x' of null"]


def test_many_timers_started_and_cleared_leave_nothing(runtime: Runtime) -> None:
    runtime.eval("for (let i = 0; i < 20000; i++) clearTimeout(setTimeout(() => {}, 1e6)); null")
    assert runtime.wait_idle(HANG)
    assert len(runtime.owner.timers._heap) < 200


def test_timers_cannot_be_run_by_scripts_of_others(runtime: Runtime) -> None:
    with pytest.raises(JsError):
        runtime.eval("Object.getPrototypeOf(setTimeout(() => {}, 1)).ref.call({})")
    assert runtime.wait_idle(HANG)


def test_timers_end_with_the_runtime(make_runtime: RuntimeMaker, output: Recorder) -> None:
    runtime = make_runtime()
    runtime.eval("setInterval(() => console.log('tick'), 1); null")
    runtime.close()
    written = len(output.texts)
    assert not runtime.owner._thread.is_alive()
    assert len(output.texts) == written
