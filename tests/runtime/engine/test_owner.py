"""The contract of the runtime owner: one thread, one queue, nothing lost, everything stoppable."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from xpyja.runtime.api.cancel import CancelToken
from xpyja.runtime.engine import owner as owner_module
from xpyja.runtime.engine.owner import CallRecord, RuntimeOwner
from xpyja.runtime.errors import (
    CallCanceled,
    CallPanicked,
    CloseError,
    CloseTimeout,
    EngineError,
    Interrupted,
    JsError,
    JsMemoryError,
    OwnerClosed,
    ScheduleRejected,
    VmClosed,
    XpyjaError,
)

if TYPE_CHECKING:
    from xpyja.runtime.engine.runtime import Runtime

    RuntimeMaker = Callable[..., Runtime]

HANG = 30.0  # seconds that only a hang takes


class Blocker:
    """A function that stays on the owner until it is let go."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.leave = threading.Event()

    def __call__(self) -> str:
        self.entered.set()
        assert self.leave.wait(HANG)
        return "left"


@pytest.fixture
def make_owner() -> Iterator[Callable[..., RuntimeOwner]]:
    made: list[RuntimeOwner] = []

    def make(**options: Any) -> RuntimeOwner:
        made.append(RuntimeOwner("test", **options))
        return made[-1]

    yield make
    for owner in made:
        owner.shutdown(HANG)


@pytest.fixture
def owner(make_owner: Callable[..., RuntimeOwner]) -> RuntimeOwner:
    return make_owner()


@pytest.fixture
def blocker() -> Iterator[Blocker]:
    blocker = Blocker()
    yield blocker
    blocker.leave.set()


def in_thread(function: Callable[[], object]) -> Callable[[], Any]:
    """Runs a function on a thread; returns what waits for its result, an exception included."""
    future: concurrent.futures.Future[object] = concurrent.futures.Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run).start()
    return lambda: future.result(HANG)


# -- call ----------------------------------------------------------------------------------------------------------


def test_call_runs_on_the_owners_thread_and_returns_the_result(owner: RuntimeOwner) -> None:
    assert owner.call(lambda: threading.current_thread().name) == "test"
    assert owner.call(threading.get_ident) == owner.call(threading.get_ident) != threading.get_ident()


def test_call_raises_what_the_function_raised(owner: RuntimeOwner) -> None:
    problem = KeyError("k")

    def fails() -> None:
        raise problem

    with pytest.raises(KeyError) as caught:
        owner.call(fails)
    assert caught.value is problem


def test_call_on_the_owner_is_inline(owner: RuntimeOwner) -> None:
    order: list[str] = []

    def outer() -> None:
        order.append("outer begins")
        owner.call(lambda: owner.call(lambda: order.append("inner")))
        order.append("outer ends")

    owner.call(outer)
    assert order == ["outer begins", "inner", "outer ends"]


def test_an_inline_call_raises_what_the_function_raised(owner: RuntimeOwner) -> None:
    def fails() -> None:
        raise KeyError("k")

    with pytest.raises(KeyError):
        owner.call(lambda: owner.call(fails))


def test_calls_of_one_thread_run_in_order(owner: RuntimeOwner) -> None:
    order: list[int] = []
    for number in range(200):
        owner.post(lambda number=number: order.append(number))  # type: ignore[misc]
    owner.call(lambda: None)
    assert order == list(range(200))


def test_calls_of_many_threads_do_not_overlap(owner: RuntimeOwner) -> None:
    inside = 0
    counted = 0

    def count() -> None:
        nonlocal inside, counted
        inside += 1
        assert inside == 1
        counted += 1
        inside -= 1

    waits = [in_thread(lambda: [owner.call(count) for _ in range(100)]) for _ in range(8)]
    for wait in waits:
        wait()
    assert counted == 800


def test_a_timeout_while_queued_drops_the_work(owner: RuntimeOwner, blocker: Blocker) -> None:
    owner.post(blocker)
    assert blocker.entered.wait(HANG)
    ran: list[int] = []
    with pytest.raises(CallCanceled) as caught:
        owner.call(lambda: ran.append(1), op="late", timeout=0.01)
    assert isinstance(caught.value.__cause__, TimeoutError)
    assert "late" in str(caught.value)
    blocker.leave.set()
    owner.call(lambda: None)
    assert ran == []


def test_a_timeout_while_running_does_not_wait_for_the_function(owner: RuntimeOwner, blocker: Blocker) -> None:
    with pytest.raises(CallCanceled) as caught:
        owner.call(blocker, timeout=0.01)
    assert isinstance(caught.value.__cause__, TimeoutError)
    assert not blocker.leave.is_set()


def test_no_time_at_all_is_a_timeout(owner: RuntimeOwner, blocker: Blocker) -> None:
    owner.post(blocker)
    for timeout in (0, -1.0):
        with pytest.raises(CallCanceled):
            owner.call(lambda: None, timeout=timeout)


def test_max_wait_is_the_timeout_of_calls_without_one(
    make_owner: Callable[..., RuntimeOwner], blocker: Blocker
) -> None:
    owner = make_owner(max_wait=0.01)
    with pytest.raises(CallCanceled):
        owner.call(blocker)
    blocker.leave.set()
    assert owner.call(lambda: 1, timeout=HANG) == 1


def test_one_token_cancels_all_calls_that_share_it(owner: RuntimeOwner, blocker: Blocker) -> None:
    token = CancelToken()
    running = in_thread(lambda: owner.call(blocker, token=token))
    assert blocker.entered.wait(HANG)
    queued = [in_thread(lambda: owner.call(lambda: None, token=token)) for _ in range(3)]
    reason = RuntimeError("enough")
    token.cancel(reason)
    for wait in (running, *queued):
        with pytest.raises(CallCanceled) as caught:
            wait()
        assert caught.value.__cause__ is reason
    assert token.cancelled
    assert token.reason is reason


def test_a_cancelled_token_cancels_later_calls_too(owner: RuntimeOwner) -> None:
    token = CancelToken()
    token.cancel()
    token.cancel(RuntimeError("only the first counts"))
    started = threading.Event()
    with pytest.raises(CallCanceled) as caught:
        owner.call(lambda: started.wait(0.2), token=token)
    assert isinstance(caught.value.__cause__, InterruptedError)


def test_callbacks_of_a_token_can_be_taken_back() -> None:
    token = CancelToken()
    called: list[str] = []

    def callback(reason: BaseException) -> None:
        called.append(str(reason))

    forget = token.on_cancel(callback)
    token.on_cancel(callback)
    forget()
    token.cancel(RuntimeError("r"))
    assert called == ["r"]
    token.on_cancel(callback)
    assert called == ["r", "r"]


def test_ctrl_c_in_the_waiting_thread_cancels_the_call(owner: RuntimeOwner, blocker: Blocker) -> None:
    def interrupt() -> None:
        assert blocker.entered.wait(HANG)
        os.kill(os.getpid(), signal.SIGINT)

    wait = in_thread(interrupt)
    records: list[str] = []
    owner._on_call = lambda record: records.append(record.outcome)
    with pytest.raises(KeyboardInterrupt):
        owner.call(blocker)
    wait()
    blocker.leave.set()
    assert owner.call(lambda: "usable") == "usable"
    assert records[0] == "canceled"


# -- submit, post ----------------------------------------------------------------------------------------------------


def test_submit_returns_a_future(owner: RuntimeOwner) -> None:
    assert owner.submit(lambda: 5).result(HANG) == 5
    with pytest.raises(ZeroDivisionError):
        owner.submit(lambda: 1 // 0).result(HANG)


def test_a_future_that_is_cancelled_in_time_never_runs(owner: RuntimeOwner, blocker: Blocker) -> None:
    owner.post(blocker)
    ran: list[int] = []
    future = owner.submit(lambda: ran.append(1))
    assert future.cancel()
    blocker.leave.set()
    owner.call(lambda: None)
    assert ran == []
    assert concurrent.futures.wait([future], HANG).not_done == set()


def test_a_future_that_runs_cannot_be_cancelled(owner: RuntimeOwner, blocker: Blocker) -> None:
    future = owner.submit(blocker)
    assert blocker.entered.wait(HANG)
    assert not future.cancel()
    blocker.leave.set()
    assert future.result(HANG) == "left"


def test_futures_are_done_after_shutdown_cancelled_ones_included(owner: RuntimeOwner, blocker: Blocker) -> None:
    owner.post(blocker)
    assert blocker.entered.wait(HANG)
    kept, cancelled = owner.submit(lambda: 1), owner.submit(lambda: 2)
    cancelled.cancel()
    closing = in_thread(lambda: owner.shutdown(HANG))
    blocker.leave.set()
    closing()
    assert concurrent.futures.wait([kept, cancelled], HANG).not_done == set()
    assert isinstance(kept.exception(0), OwnerClosed)


def test_the_failure_of_a_post_goes_to_the_hook(make_owner: Callable[..., RuntimeOwner]) -> None:
    failures: list[tuple[str, BaseException]] = []
    owner = make_owner(on_error=lambda op, error: failures.append((op, error)))
    owner.post(lambda: 1 // 0, op="divide")
    owner.call(lambda: None)
    ((op, error),) = failures
    assert op == "divide"
    assert isinstance(error, ZeroDivisionError)


# -- panics and hooks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_what_is_no_exception_is_a_panic(make_owner: Callable[..., RuntimeOwner], kind: type[BaseException]) -> None:
    panics: list[CallPanicked] = []
    owner = make_owner(on_panic=panics.append)

    def panic() -> None:
        raise kind("bad")

    with pytest.raises(CallPanicked) as caught:
        owner.call(panic, op="work")
    assert isinstance(caught.value.__cause__, kind)
    assert isinstance(owner.submit(panic).exception(HANG), CallPanicked)
    owner.post(panic)
    assert owner.call(lambda: "alive") == "alive"
    assert len(panics) == 3


def test_a_hook_that_fails_does_not_end_the_owner(
    make_owner: Callable[..., RuntimeOwner], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: shown.append(args.exc_type))

    def fails(*_: object) -> None:
        raise RuntimeError("hook")

    def exits() -> None:
        raise SystemExit

    owner = make_owner(on_panic=fails, on_call=fails, on_error=fails)
    owner.post(lambda: 1 // 0)
    owner.post(exits)
    with pytest.raises(CallPanicked):
        owner.call(exits)
    assert owner.call(lambda: "alive") == "alive"
    owner.shutdown(HANG)
    assert shown
    assert set(shown) == {RuntimeError}


def test_every_entry_is_recorded(make_owner: Callable[..., RuntimeOwner], blocker: Blocker) -> None:
    records: list[CallRecord] = []
    owner = make_owner(on_call=records.append)

    def exits() -> None:
        raise SystemExit

    owner.call(lambda: None, op="good")
    with pytest.raises(ZeroDivisionError):
        owner.call(lambda: 1 // 0, op="bad")
    with pytest.raises(CallPanicked):
        owner.call(exits, op="worse")
    with pytest.raises(CallCanceled):
        owner.call(blocker, op="slow", timeout=0.05)
    queued = owner.submit(lambda: None, op="queued")
    blocker.leave.set()
    queued.result(HANG)
    owner.shutdown(HANG)
    assert [(record.op, record.outcome) for record in records] == [
        ("good", "ok"),
        ("bad", "error"),
        ("worse", "panic"),
        ("slow", "canceled"),
        ("queued", "ok"),
    ]
    assert all(record.queued >= 0 and record.run >= 0 for record in records)
    assert records[3].run >= 0.04


# -- shutdown --------------------------------------------------------------------------------------------------------


def test_after_shutdown_everything_is_refused(owner: RuntimeOwner) -> None:
    owner.shutdown(HANG)
    assert owner.closed
    for way in (owner.call, owner.submit, owner.post):
        with pytest.raises(OwnerClosed):
            way(lambda: None)
    owner.shutdown(HANG)
    assert owner.wait_idle(HANG)


def test_shutdown_fails_what_is_queued(owner: RuntimeOwner, blocker: Blocker) -> None:
    owner.post(blocker)
    assert blocker.entered.wait(HANG)
    ran: list[int] = []
    futures = [owner.submit(lambda: ran.append(1)) for _ in range(5)]
    calls = [in_thread(lambda: owner.call(lambda: ran.append(1))) for _ in range(3)]
    until = time.monotonic() + HANG
    while len(owner._queue) < 8 and time.monotonic() < until:
        threading.Event().wait(0.001)
    closing = in_thread(lambda: owner.shutdown(HANG))
    while not owner.closed and time.monotonic() < until:
        threading.Event().wait(0.001)
    blocker.leave.set()
    closing()
    for future in futures:
        assert isinstance(future.exception(HANG), OwnerClosed)
    for wait in calls:
        with pytest.raises(OwnerClosed):
            wait()
    assert ran == []


def test_shutdown_names_what_does_not_return(owner: RuntimeOwner, blocker: Blocker) -> None:
    owner.submit(blocker, op="read the tape")
    assert blocker.entered.wait(HANG)
    with pytest.raises(CloseTimeout) as caught:
        owner.shutdown(0.01)
    assert caught.value.running == ("read the tape",)
    assert "read the tape" in str(caught.value)


def test_shutdown_names_inner_operations_too(owner: RuntimeOwner, blocker: Blocker) -> None:
    owner.submit(lambda: owner.call(blocker, op="inner"), op="outer")
    assert blocker.entered.wait(HANG)
    with pytest.raises(CloseTimeout) as caught:
        owner.shutdown(0.01)
    assert caught.value.running == ("outer", "inner")


def test_shutdown_on_the_owner_does_not_wait_for_itself(owner: RuntimeOwner) -> None:
    owner.post(owner.shutdown)
    owner._thread.join(HANG)
    assert not owner._thread.is_alive()


def test_a_stranger_with_the_number_of_the_dead_thread_is_refused(owner: RuntimeOwner) -> None:
    number = owner.call(threading.get_ident)
    owner.shutdown(HANG)
    owner._thread.join(HANG)
    outcomes: set[str] = set()

    def stranger() -> None:
        if threading.get_ident() == number:
            try:
                owner.call(lambda: outcomes.add("ran"))
            except OwnerClosed:
                outcomes.add("refused")

    for _ in range(20):
        thread = threading.Thread(target=stranger)
        thread.start()
        thread.join()
    assert outcomes <= {"refused"}


def test_what_is_to_happen_at_the_end_happens_once_whoever_shuts_down(owner: RuntimeOwner) -> None:
    ended: list[int] = []
    owner.at_end = lambda: ended.append(threading.get_ident())
    number = owner.call(threading.get_ident)
    for wait in [in_thread(lambda: owner.shutdown(HANG)) for _ in range(4)]:
        wait()
    assert ended == [number]


def test_a_bug_in_the_loop_fails_what_is_queued(owner: RuntimeOwner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda args: None)
    blocker = Blocker()
    owner.post(blocker)
    assert blocker.entered.wait(HANG)
    future = owner.submit(lambda: 1)

    def broken() -> list[tuple[int, int]]:
        raise RuntimeError("a bug")

    owner.timers.take_due = broken  # type: ignore[method-assign]
    blocker.leave.set()
    assert isinstance(future.exception(HANG), OwnerClosed)
    owner._thread.join(HANG)
    with pytest.raises(OwnerClosed):
        owner.call(lambda: None)


def test_nothing_that_was_accepted_is_lost() -> None:
    for _ in range(10):
        owner = RuntimeOwner("counted")
        ran: list[int] = []
        outcomes: list[str] = []
        start = threading.Barrier(5)

        def use(
            owner: RuntimeOwner = owner,
            ran: list[int] = ran,
            outcomes: list[str] = outcomes,
            start: threading.Barrier = start,
        ) -> None:
            start.wait(HANG)
            for number in range(200):
                try:
                    future = owner.submit(lambda: ran.append(1))
                except OwnerClosed:
                    outcomes.append("refused")
                    continue
                if number % 7 == 0:
                    future.cancel()
                concurrent.futures.wait([future], HANG)
                outcomes.append(
                    "cancelled" if future.cancelled() else "failed" if future.exception(0) is not None else "ran"
                )

        waits = [in_thread(use) for _ in range(4)]
        start.wait(HANG)
        owner.shutdown(HANG)
        for wait in waits:
            wait()
        assert len(outcomes) == 800
        assert outcomes.count("ran") == len(ran)


# -- idleness ----------------------------------------------------------------------------------------------------------


def test_wait_idle_waits_for_the_queue_timers_and_work_elsewhere(runtime: Runtime, blocker: Blocker) -> None:
    owner = runtime.owner
    assert owner.wait_idle(HANG)
    owner.post(blocker)
    assert not owner.wait_idle(0.01)
    blocker.leave.set()
    assert owner.wait_idle(HANG)
    number = owner.begin_work("elsewhere")
    assert not owner.wait_idle(0.01)
    owner.end_work(number)
    assert owner.wait_idle(HANG)
    runtime.eval("var t = setTimeout(() => {}, 1e6); null")
    assert not owner.wait_idle(0.01)
    runtime.eval("t.unref(); null")
    assert owner.wait_idle(HANG)
    runtime.eval("t.ref(); clearTimeout(t); null")
    assert owner.wait_idle(HANG)


def test_wait_idle_ends_early_when_asked(owner: RuntimeOwner) -> None:
    owner.begin_work("for ever")
    stop: list[int] = []
    wait = in_thread(lambda: owner.wait_idle(stop=lambda: bool(stop)))
    stop.append(1)
    owner.wake_waiters()
    assert wait() is True


def test_the_owner_cannot_wait_for_itself(runtime: Runtime) -> None:
    with pytest.raises(ScheduleRejected):
        runtime.call(runtime.wait_idle)
    promise = runtime.eval("Promise.resolve(1)")
    with pytest.raises(EngineError):
        runtime.call(lambda: runtime.eval("new Promise(() => {})").result())
    assert promise.result(HANG) == 1


# -- interrupts of JavaScript --------------------------------------------------------------------------------------------


ENDLESS = [
    "for (;;);",
    "for (;;) { try { for (;;); } catch {} finally { for (;;); } }",
    "for (;;) noop()",
    "(function f() { try { f() } catch { f() } })()",
    "/(x+x+)+y/.test('x'.repeat(40))",
    "[2, 1].sort(() => { for (;;); })",
    "JSON.stringify({ toJSON() { for (;;); } })",
    "(async () => { for (;;) await null })()",
    "const g = (function* () { try { yield } finally { for (;;); } })(); g.next(); g.return()",
    "new Proxy({}, { get() { for (;;); } }).x",
    "for (const _ of { [Symbol.iterator]: () => ({ next: () => ({}) }) });",
    "queueMicrotask(function again() { queueMicrotask(again) })",
    "for (;;) { try { null.x } catch {} }",
    "new Array(1e9).map(() => 0).join()",
]


@pytest.mark.parametrize("source", ENDLESS)
def test_a_timeout_stops_what_never_ends(runtime: Runtime, source: str) -> None:
    runtime.set_global("noop", lambda: None)
    with pytest.raises(CallCanceled) as caught:
        runtime.eval(source, timeout=0.1)
    assert isinstance(caught.value.__cause__, TimeoutError)
    assert runtime.eval("1 + 1", timeout=HANG) == 2


def test_an_interrupt_holds_through_all_levels(runtime: Runtime) -> None:
    swallowed: list[str] = []

    def call(function: Callable[[], object]) -> object:
        try:
            return function()
        except Interrupted as error:
            swallowed.append(type(error).__name__)
            return "swallowed"

    runtime.set_global("call", call)
    with pytest.raises(CallCanceled):
        runtime.eval(
            "call(() => { try { call(() => { try { for (;;); } catch {} for (;;); }) } catch {} for (;;); });"
            " for (let i = 0; i < 1e6; i++); globalThis.reached = true",
            timeout=0.2,
        )
    assert runtime.eval("typeof reached") == "undefined"
    assert swallowed == ["Interrupted", "Interrupted"]


def test_an_inner_timeout_ends_the_inner_call_only(runtime: Runtime) -> None:
    def limited(function: Callable[[], object]) -> str:
        with pytest.raises(CallCanceled):
            runtime.call(function, timeout=0.05)
        return "inner was stopped"

    runtime.set_global("limited", limited)
    assert runtime.eval(
        "const r = limited(() => { for (;;); }); let n = 0; for (let i = 0; i < 1e5; i++) n++; r + n"
    ) == ("inner was stopped100000")


def test_an_outer_timeout_reaches_an_inner_call_with_more_time(runtime: Runtime) -> None:
    inner: list[str] = []

    def limited(function: Callable[[], object]) -> None:
        try:
            runtime.call(function, timeout=HANG)
        except XpyjaError as error:
            inner.append(type(error).__name__)

    runtime.set_global("limited", limited)
    with pytest.raises(CallCanceled):
        runtime.eval("limited(() => { for (;;); }); for (;;);", timeout=0.1)
    runtime.call(lambda: None)
    assert inner == ["Interrupted"]


def test_an_inner_timeout_that_ends_later_than_the_outer_one_does_not_free_the_outer(runtime: Runtime) -> None:
    def linger() -> None:
        until = time.monotonic() + HANG
        while not all(entry.interrupted for entry in runtime.owner._entries) and time.monotonic() < until:
            threading.Event().wait(0.001)

    def limited(function: Callable[[], object]) -> None:
        with pytest.raises(CallCanceled):
            runtime.call(function, timeout=0.01)

    runtime.set_global("linger", linger)
    runtime.set_global("limited", limited)
    with pytest.raises(CallCanceled):
        runtime.eval("limited(() => { linger(); for (;;); }); for (;;);", timeout=0.1)
    assert runtime.eval("1 + 1", timeout=5) == 2


def test_interrupt_stops_what_runs_and_says_whether_anything_did(runtime: Runtime) -> None:
    started = threading.Event()
    runtime.set_global("started", started.set)
    assert not runtime.interrupt()
    wait = in_thread(lambda: runtime.eval("started(); for (;;);"))
    assert started.wait(HANG)
    reason = InterruptedError("stop it")
    assert runtime.interrupt(reason)
    with pytest.raises(CallCanceled) as caught:
        wait()
    assert caught.value.__cause__ is reason
    assert runtime.eval("1 + 1") == 2


def test_closing_interrupts_what_runs(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime()
    started = threading.Event()
    runtime.set_global("started", started.set)
    wait = in_thread(lambda: runtime.eval("started(); for (;;);"))
    assert started.wait(HANG)
    runtime.close(HANG)
    with pytest.raises(CallCanceled) as caught:
        wait()
    assert isinstance(caught.value.__cause__, OwnerClosed)


def test_an_interrupt_before_the_engine_exists_is_not_lost(make_runtime: RuntimeMaker) -> None:
    with pytest.raises(CallCanceled):
        make_runtime(time=0.000001).eval("1")
    from xpyja.runtime.engine.builder import RuntimeBuilder
    from xpyja.runtime.plan import Limits

    builder = RuntimeBuilder(limits=Limits(time=0.000001))
    builder.add_initializer("endless", lambda runtime: runtime.eval("for (;;);", timeout=HANG))
    with pytest.raises(CallCanceled):
        builder.build().new_runtime()


def test_a_module_interrupted_while_loading_loads_again(make_runtime: RuntimeMaker, tmp_path: Any) -> None:
    (tmp_path / "slow.js").write_text("exports.half = 1; if (globalThis.slow) for (;;); exports.whole = 1")
    runtime = make_runtime(folder=str(tmp_path))
    with pytest.raises(CallCanceled):
        runtime.eval("globalThis.slow = true; require('./slow')", timeout=0.1)
    assert runtime.eval("slow = false; require('./slow')") == {"half": 1, "whole": 1}


def test_a_spoilt_module_cache_does_not_cost_the_runtime(runtime: Runtime) -> None:
    with pytest.raises(CallCanceled):
        runtime.eval("require.cache.x = null; require.cache.y = { get loaded() { throw 1 } }; for (;;);", timeout=0.1)
    assert runtime.eval("1 + 1", timeout=HANG) == 2


def test_jobs_that_do_not_end_cost_the_runtime(
    make_runtime: RuntimeMaker, uncaught: list[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner_module, "DRAIN_SECONDS", 0.05)
    runtime = make_runtime()
    closed: list[str] = []
    runtime.add_closer(lambda: closed.append("closed"))
    with pytest.raises(CallCanceled):
        runtime.eval(
            "for (let i = 0; i < 100; i++) (function again() { Promise.resolve().then(again) })()", timeout=0.05
        )
    runtime.owner._thread.join(HANG)
    assert runtime.closed
    assert closed == ["closed"]
    assert any(isinstance(error, VmClosed) for error in uncaught)
    with pytest.raises(OwnerClosed):
        runtime.eval("1")


def test_jobs_that_end_do_not(runtime: Runtime) -> None:
    with pytest.raises(CallCanceled):
        runtime.eval(
            "for (let i = 0; i < 1000; i++) Promise.resolve().then(() => globalThis.ran = i); for (;;);", timeout=0.1
        )
    assert runtime.eval("ran") == 999


def test_an_interrupted_timer_is_heard_of(runtime: Runtime, uncaught: list[BaseException]) -> None:
    started = threading.Event()
    runtime.set_global("started", started.set)
    runtime.eval("setTimeout(() => { started(); for (;;); }); null")
    assert started.wait(HANG)
    runtime.interrupt(InterruptedError("stop it"))
    assert runtime.wait_idle(HANG)
    (error,) = uncaught
    assert isinstance(error, CallCanceled)


def test_the_soft_memory_limit_in_a_timer_is_heard_of(
    make_runtime: RuntimeMaker, uncaught: list[BaseException]
) -> None:
    runtime = make_runtime(memory=16 * 1024 * 1024)
    runtime.eval("var all = []; setTimeout(() => { for (;;) { try { all.push([1, 2, 3]) } catch {} } }); null")
    assert runtime.wait_idle(HANG)
    assert isinstance(uncaught[0].__cause__, JsMemoryError)


# -- deferred ------------------------------------------------------------------------------------------------------------


def test_a_deferred_is_settled_from_any_thread_and_the_first_wins(runtime: Runtime) -> None:
    deferred = runtime.deferred()
    runtime.set_global("promise", deferred)
    promise = runtime.eval("promise")
    assert not runtime.wait_idle(0.01)
    waits = [in_thread(lambda number=number: deferred.resolve([number])) for number in range(5)]  # type: ignore[misc]
    for wait in waits:
        wait()
    deferred.reject(RuntimeError("too late"))
    assert promise.result(HANG) in [[number] for number in range(5)]
    assert runtime.wait_idle(HANG)


def test_the_first_settlement_counts_though_neither_was_delivered(runtime: Runtime, blocker: Blocker) -> None:
    deferred = runtime.deferred()
    runtime.set_global("promise", deferred)
    promise = runtime.eval("promise")
    runtime.owner.post(blocker)
    deferred.resolve("first")
    deferred.resolve("second")
    deferred.reject(RuntimeError("third"))
    blocker.leave.set()
    assert promise.result(HANG) == "first"


def test_a_deferred_is_rejected_with_the_exception(runtime: Runtime) -> None:
    problem = KeyError("k")
    deferred = runtime.deferred()
    runtime.set_global("promise", deferred)
    deferred.reject(problem)
    with pytest.raises(JsError) as caught:
        runtime.eval("promise").result(HANG)
    assert caught.value.__cause__ is problem
    with pytest.raises(TypeError):
        runtime.deferred().reject("text")  # type: ignore[arg-type]


def test_a_deferred_may_be_settled_before_it_crosses_and_cross_often(runtime: Runtime) -> None:
    deferred = runtime.deferred()
    deferred.resolve(7)
    runtime.call(lambda: None)
    runtime.set_global("first", deferred)
    runtime.set_global("second", deferred)
    assert runtime.eval("Promise.all([first, second])").result(HANG) == [7, 7]


def test_a_deferred_that_cannot_be_delivered_is_rejected(runtime: Runtime) -> None:
    class Evil(dict[str, object]):
        def items(self) -> Any:
            raise RuntimeError("items")

    for value in (object(), Evil(a=object())):
        deferred = runtime.deferred()
        runtime.set_global("promise", deferred)
        deferred.resolve(value)
        with pytest.raises(XpyjaError):
            runtime.eval("promise").result(HANG)


def test_settling_after_the_close_is_harmless(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime()
    deferred = runtime.deferred()
    runtime.set_global("promise", deferred)
    promise = runtime.eval("promise")
    waiting = in_thread(lambda: promise.result(HANG))
    until = time.monotonic() + HANG
    while not runtime._bridge._watched and time.monotonic() < until:
        threading.Event().wait(0.001)
    runtime.close()
    with pytest.raises(OwnerClosed):
        waiting()
    deferred.resolve(1)
    with pytest.raises(OwnerClosed):
        runtime.owner.call(lambda: None)


def test_waiting_for_a_promise_of_a_closed_runtime_fails_every_time(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime()
    promise = runtime.eval("new Promise(() => {})")
    runtime.close()
    for _ in range(2):
        with pytest.raises(OwnerClosed):
            promise.result(HANG)


def test_a_promise_of_one_runtime_settles_one_of_another(make_runtime: RuntimeMaker) -> None:
    first, second = make_runtime(), make_runtime()
    second.set_global("good", first.eval("Promise.resolve([1])"))
    second.set_global("bad", first.eval("Promise.reject(new RangeError('r'))"))
    assert second.eval("good").result(HANG) == [1]
    assert second.eval("bad.catch((error) => error.name)").result(HANG) == "RangeError"


def test_callbacks_of_a_promise_all_run_though_one_fails(runtime: Runtime, uncaught: list[BaseException]) -> None:
    deferred = runtime.deferred()
    runtime.set_global("promise", deferred)
    promise = runtime.eval("promise")
    called: list[int] = []

    def fails(_: object) -> None:
        raise RuntimeError("callback")

    promise.add_done_callback(fails)
    promise.add_done_callback(lambda _: called.append(1))
    deferred.resolve(1)
    assert promise.result(HANG) == 1
    promise.add_done_callback(lambda _: called.append(2))
    runtime.call(lambda: None)
    assert called == [1, 2]
    assert [str(error) for error in uncaught] == ["callback"]


# -- closers ---------------------------------------------------------------------------------------------------------------


def test_closers_run_last_in_first_out_on_the_owner_though_one_fails(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime()
    order: list[str] = []

    def fails() -> None:
        raise RuntimeError("closer")

    runtime.add_closer(lambda: order.append(threading.current_thread().name))
    runtime.add_closer(fails)
    runtime.add_closer(lambda: order.append(str(runtime.eval("1 + 1"))))
    with pytest.raises(CloseError) as caught:
        runtime.close()
    assert order == ["2", runtime.name]
    assert [str(failure) for failure in caught.value.failures] == ["closer"]
    runtime.close()


def test_closers_run_also_when_the_owner_alone_was_shut_down(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime()
    order: list[str] = []
    runtime.add_closer(lambda: order.append("closed"))
    promise = runtime.eval("new Promise(() => {})")
    runtime.call(lambda: runtime._bridge.watch(promise))
    runtime.owner.shutdown(HANG)
    assert order == ["closed"]
    with pytest.raises(OwnerClosed):
        promise.result(HANG)
    runtime.close()
