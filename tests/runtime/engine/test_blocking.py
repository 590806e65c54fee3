"""Blocking host functions: workers, promises, tokens, and what closing does to them."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from xpyja.runtime.api import CancelToken, blocking
from xpyja.runtime.engine import CloseTimeout, JsError, OwnerClosed, Runtime
from xpyja.runtime.engine.workers import MAX_THREADS

RuntimeMaker = Callable[..., Runtime]


def threads_of(runtime: Runtime) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(runtime.name)]


def test_a_blocking_function_gives_a_promise_and_leaves_the_owner_free(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime()
    release = threading.Event()

    @blocking
    def wait(value: int) -> str:
        assert release.wait(20)
        return f"{value} on {threading.current_thread().name}"

    runtime.set_global("wait", wait)
    promise = runtime.eval("wait(7)")
    assert runtime.eval("1 + 1") == 2
    release.set()
    assert promise.result(20) == f"7 on {runtime.name}-worker-1"


def test_what_it_raises_rejects_the_promise(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime()

    @blocking
    def fail() -> None:
        raise ValueError("broken")

    runtime.set_global("fail", fail)
    with pytest.raises(JsError) as caught:
        runtime.eval("fail()").result(20)
    assert isinstance(caught.value.__cause__, ValueError)
    assert runtime.eval("fail().catch((e) => `${e.name}: ${e.message}`)").result(20) == "ValueError: broken"


def test_more_calls_than_workers_all_run(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime()
    together = threading.Barrier(MAX_THREADS)
    seen: set[str] = set()

    @blocking
    def meet(number: int) -> int:
        if number < MAX_THREADS:
            together.wait(20)
        seen.add(threading.current_thread().name)
        return number

    runtime.set_global("meet", meet)
    count = 5 * MAX_THREADS
    total = runtime.eval(f"Promise.all(Array.from({{length: {count}}}, (_, i) => meet(i)))")
    assert total.result(30) == list(range(count))
    assert len(seen) == MAX_THREADS


def test_a_worker_may_call_back_into_javascript(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime()

    @blocking
    def twice(callback: Callable[[int], int]) -> int:
        return callback(callback(5))

    runtime.set_global("twice", twice)
    assert runtime.eval("twice((n) => n * 3)").result(20) == 45


def test_a_run_waits_for_it(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime()
    entered = threading.Event()
    release = threading.Event()

    @blocking
    def slow() -> str:
        entered.set()
        assert release.wait(20)
        return "done"

    runtime.set_global("slow", slow)
    runtime.eval("globalThis.out = []; slow().then((v) => out.push(v)); 0")
    assert entered.wait(20)
    assert not runtime.wait_idle(0.01)
    release.set()
    assert runtime.wait_idle(20)
    assert runtime.eval("out") == ["done"]


def test_closing_cancels_the_token_and_leaves_no_thread(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime()
    entered = threading.Event()
    reasons: list[BaseException | None] = []

    @blocking
    def patient(*, token: CancelToken) -> None:
        entered.set()
        assert token.wait(20)
        reasons.append(token.reason)

    runtime.set_global("patient", patient)
    promise = runtime.eval("patient()")
    assert entered.wait(20)
    promise.watch()
    runtime.close(20)
    assert isinstance(reasons[0], OwnerClosed)
    with pytest.raises(OwnerClosed):
        promise.result(20)
    assert threads_of(runtime) == []


def test_closing_names_what_ignores_its_token(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime()
    entered = threading.Event()
    release = threading.Event()

    @blocking
    def stubborn() -> None:
        entered.set()
        release.wait(60)

    runtime.set_global("stubborn", stubborn)
    runtime.eval("stubborn(); 0")
    assert entered.wait(20)
    with pytest.raises(CloseTimeout) as caught:
        runtime.close(0.2)
    assert [name.rpartition(".")[2] for name in caught.value.running] == ["stubborn"]
    release.set()


def test_calls_that_wait_for_a_worker_are_rejected_by_closing(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime()
    entered = threading.Semaphore(0)
    ran: list[int] = []

    @blocking
    def busy(number: int, *, token: CancelToken) -> None:
        ran.append(number)
        entered.release()
        token.wait(20)

    runtime.set_global("busy", busy)
    runtime.eval(f"for (let i = 0; i < {MAX_THREADS + 3}; i++) busy(i)")
    for _ in range(MAX_THREADS):
        assert entered.acquire(timeout=20)
    runtime.close(20)
    assert sorted(ran) == list(range(MAX_THREADS))


def test_the_function_comes_back_as_itself(make_runtime: RuntimeMaker) -> None:
    runtime = make_runtime()

    @blocking
    def same() -> None: ...

    runtime.set_global("same", same)
    assert runtime.eval("same") is same
