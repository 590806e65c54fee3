"""Many threads, many owners, cancellations and shutdowns at random moments: nothing is lost and nothing hangs.

``XPYJA_STRESS_SECONDS`` sets the time of each test, ``XPYJA_STRESS_SEED`` the random decisions.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from xpyja.runtime.api.values import Handle
from xpyja.runtime.engine.builder import RuntimeBuilder
from xpyja.runtime.engine.runtime import Runtime
from xpyja.runtime.errors import CallCanceled, CloseTimeout, JsError, OwnerClosed, XpyjaError
from xpyja.runtime.plan import Limits

pytestmark = pytest.mark.stress

SECONDS = float(os.environ.get("XPYJA_STRESS_SECONDS", "20"))
SEED = int(os.environ.get("XPYJA_STRESS_SEED", "20261120"))
HANG = 60.0  # seconds that only a hang takes
MB = 1024 * 1024

PROGRAM = """
var midWork = 0;
function allocate(n) { const rows = []; for (let i = 0; i < n; i++) rows.push({ i, text: 'k' + i, list: [i] }); return rows.length }
function callHost(n) { let sum = 0; for (let i = 0; i < n; i++) sum += host(i, { i, s: 'é' + i }); return sum }
function nest(n) { return n ? call(() => nest(n - 1)) + 1 : 0 }
function throwing(n) { let caught = 0; for (let i = 0; i < n; i++) { try { fail(i) } catch (e) { if (e.code === 'E' + i) caught++ } } return caught }
async function awaiting(n) { let sum = 0; for (let i = 0; i < n; i++) sum += await i; return sum }
function objects(n) { const all = []; for (let i = 0; i < n; i++) all.push(fresh()); return all.length }
function endless() { midWork = 1; started(); for (;;) { try { for (;;) host(1, null) } catch {} } }
null"""


class Provoker:
    """Keeps Python's cyclic collector busy on a thread of its own, with garbage that holds JavaScript values."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="provoker")
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            for _ in range(50):
                cycle: list[Any] = [[] for _ in range(20)]
                cycle.append(cycle)
            gc.collect(1)

    def stop(self) -> None:
        """Ends the thread."""
        self._stop.set()
        self._thread.join(HANG)


@pytest.fixture(autouse=True)
def _no_thread_and_no_hang() -> Iterator[None]:
    """Shows all stacks when a test hangs, and looks for threads that it left."""
    before = set(threading.enumerate())
    faulthandler.dump_traceback_later(SECONDS + HANG, exit=True)
    provoker = Provoker()
    yield
    provoker.stop()
    faulthandler.cancel_dump_traceback_later()
    until = time.monotonic() + HANG
    while time.monotonic() < until:
        left = [
            t for t in threading.enumerate() if t not in before and t.name not in ("xpyja-watchdog", "xpyja-asyncio")
        ]
        if not left:
            return
        left[0].join(1)
    raise AssertionError(f"threads were left: {left}")


def fail(number: int) -> None:
    """Raises with a code."""
    from xpyja.runtime.api.values import HostError

    raise HostError("on purpose", code=f"E{number}")


def new_runtime(started: Callable[[], object] = lambda: None, name: str = "") -> Runtime:
    """A runtime with the program and its host functions."""
    limits = Limits(memory=64 * MB, stack=512 * 1024)
    builder = RuntimeBuilder(limits=limits, on_uncaught=lambda error: None)
    builder.add_initializer("program", lambda runtime: prepare(runtime, started))
    return builder.build().new_runtime(name)


def prepare(runtime: Runtime, started: Callable[[], object]) -> None:
    """Defines what scripts use."""
    runtime.set_global("host", lambda number, _: number)
    runtime.set_global("call", lambda function: function())
    runtime.set_global("fail", fail)
    runtime.set_global("fresh", lambda: Handle(object(), members={"f": lambda: 1}))
    runtime.set_global("started", started)
    runtime.eval(PROGRAM)


WORK: tuple[tuple[str, Callable[[Any], bool]], ...] = (
    ("allocate(300)", lambda value: bool(value == 300)),
    ("callHost(60)", lambda value: bool(value == 59 * 30)),
    ("nest(8)", lambda value: bool(value == 8)),
    ("throwing(10)", lambda value: bool(value == 10)),
    ("awaiting(30)", lambda value: bool(value.result(HANG) == 435)),
    ("objects(30)", lambda value: bool(value == 30)),
    ("({ f: () => 1, e: new Error('x'), a: [new Uint8Array(100)] })", lambda value: bool(value["f"]() == 1)),
    ("null.x", lambda value: False),
)


class Tally:
    """What became of the work."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._lock = threading.Lock()

    def add(self, outcome: str) -> None:
        """Counts one."""
        with self._lock:
            self.counts[outcome] += 1


def do(runtime: Runtime, source: random.Random, tally: Tally) -> None:
    """Does one thing with a runtime and tallies how it ended."""
    script, check = source.choice(WORK)
    kind = source.randrange(10)
    try:
        if kind < 5:
            value = runtime.eval(script, timeout=HANG)
        elif kind < 8:
            future: Future[Any] = runtime.owner.submit(lambda: runtime.eval(script))
            if source.randrange(3) == 0 and future.cancel():
                tally.add("dropped")
                return
            value = future.result(HANG)
        else:
            try:
                runtime.eval("endless()", timeout=source.random() * 0.02)
            except CallCanceled as error:
                tally.add("stopped" if isinstance(error.__cause__, TimeoutError) else "closed")
                return
            tally.wrong.append("endless() returned")
            return
        if check(value):
            tally.add("done")
        else:
            tally.wrong.append(f"{script} returned {value!r}")
    except OwnerClosed:
        tally.add("closed")
    except CallCanceled as error:
        tally.add("closed" if isinstance(error.__cause__, OwnerClosed) else "canceled")
    except JsError as error:
        if script != "null.x":
            tally.wrong.append(f"{script} raised {error!r}")
        tally.add("threw")


def in_threads(count: int, work: Callable[[random.Random], None]) -> None:
    """Runs work on threads, each with random decisions of its own, and waits for all."""
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(random.Random(SEED + number))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,), name=f"stress-{number}") for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS + HANG)
        assert not thread.is_alive(), f"{thread.name} hangs"
    assert failures == []


def test_sixteen_threads_against_one_owner() -> None:
    runtime = new_runtime()
    tally = Tally()
    until = time.monotonic() + SECONDS

    def work(source: random.Random) -> None:
        while time.monotonic() < until:
            do(runtime, source, tally)

    in_threads(16, work)
    assert tally.wrong == []
    assert not runtime.closed, "the runtime was lost"
    assert runtime.eval("1 + 1", timeout=HANG) == 2
    assert set(tally.counts) <= {"done", "threw", "stopped", "dropped"}, tally.counts
    assert min(tally.counts[outcome] for outcome in ("done", "threw", "stopped")) > 0, tally.counts
    runtime.close(HANG)


def test_fifty_owners_with_shutdowns_at_random_moments() -> None:
    runtimes = [new_runtime(name=f"owner-{number}") for number in range(50)]
    tally = Tally()
    until = time.monotonic() + SECONDS
    replaced = threading.Lock()

    def work(source: random.Random) -> None:
        while time.monotonic() < until:
            place = source.randrange(50)
            runtime = runtimes[place]
            if source.randrange(40) == 0:
                with replaced:
                    if runtimes[place] is runtime:
                        runtimes[place] = new_runtime()
                try:
                    runtime.close(source.choice((0.0, HANG)))
                except CloseTimeout:
                    tally.add("busy")
            else:
                do(runtime, source, tally)

    in_threads(16, work)
    for runtime in runtimes:
        assert runtime.eval("1 + 1", timeout=HANG) == 2
        runtime.close(HANG)
    assert tally.wrong == []
    assert tally.counts["done"] > 0
    assert set(tally.counts) <= {"done", "threw", "stopped", "dropped", "closed", "busy"}, tally.counts


def test_cancellations_land_in_the_middle_of_work() -> None:
    started = threading.Semaphore(0)
    runtime = new_runtime(started.release)
    for _ in range(25):
        future = runtime.owner.submit(lambda: runtime.eval("endless()"))
        assert started.acquire(timeout=HANG)
        assert runtime.interrupt(InterruptedError("stress"))
        error = future.exception(HANG)
        assert isinstance(error, CallCanceled), error
        assert str(error.__cause__) == "stress"
        assert runtime.eval("const was = midWork; midWork = 0; was".replace("const", "var"), timeout=HANG) == 1
    runtime.close(HANG)


def test_promises_settled_from_many_threads_all_arrive() -> None:
    runtime = new_runtime()
    until = time.monotonic() + SECONDS / 3
    lost: list[object] = []
    settled = Counter[str]()

    def work(source: random.Random) -> None:
        accept = runtime.eval("((promise) => promise.then((v) => ['ok', v], (e) => ['no', e.message]))", timeout=HANG)
        while time.monotonic() < until:
            deferred = runtime.deferred()
            number = source.randrange(1000)
            early = source.randrange(2) == 0
            if early:
                deferred.resolve(number)
            promise = accept(deferred)
            if not early and source.randrange(2):
                deferred.reject(RuntimeError(str(number)))
            deferred.resolve(number)
            result = promise.result(HANG)
            settled[result[0]] += 1
            if str(result[1]) != str(number):
                lost.append((number, result))

    in_threads(8, work)
    assert lost == []
    assert min(settled["ok"], settled["no"]) > 0
    assert runtime.wait_idle(HANG)
    runtime.close(HANG)


def test_close_never_loses_what_waits() -> None:
    source = random.Random(SEED)
    until = time.monotonic() + SECONDS / 3
    while time.monotonic() < until:
        runtime = new_runtime()
        ended: list[str] = []
        begin = threading.Barrier(7)

        def use(runtime: Runtime = runtime, ended: list[str] = ended, begin: threading.Barrier = begin) -> None:
            begin.wait(HANG)
            try:
                runtime.eval("new Promise(() => {})").result(HANG)
            except XpyjaError as error:
                ended.append(type(error).__name__)

        threads = [threading.Thread(target=use) for _ in range(6)]
        for thread in threads:
            thread.start()
        begin.wait(HANG)
        for _ in range(source.randrange(3)):
            try:
                runtime.eval("allocate(10)")
            except XpyjaError:
                pass
        runtime.close(HANG)
        for thread in threads:
            thread.join(HANG)
            assert not thread.is_alive()
        assert set(ended) <= {"OwnerClosed", "CallCanceled"}
        assert len(ended) == 6
