"""The runtime owner: the one thread that may touch a VM, and the queue in front of it.

Nobody else runs JavaScript. Other threads hand in functions: `RuntimeOwner.call` waits for the result, `submit` gives a
Future, `post` does not wait. What was accepted is run or failed, never lost; after `shutdown` everything is refused.

An *entry* is one function on the owner together with the promise jobs that it leaves behind. Deadlines and
cancellations belong to entries: they raise the engine's interrupt and keep it raised until that entry has returned (a
level, not a pulse, since a pulse could be swallowed by an inner call). The owner knows nothing of JavaScript: what to
interrupt and how to drain is behind `Driver`.
"""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from xpyja.runtime.api.cancel import CancelToken
from xpyja.runtime.engine.timers import Timers
from xpyja.runtime.errors import (
    CallCanceled,
    CallPanicked,
    CloseTimeout,
    OwnerClosed,
    ScheduleRejected,
    TimeLimitExceeded,
)

if TYPE_CHECKING:
    from concurrent.futures import Future

    from xpyja.runtime.engine.protocols import Driver

Result = TypeVar("Result")

QUEUED, RUNNING, FINISHED = range(3)

DRAIN_SECONDS = 1.0
"""How long the jobs that an interrupted entry left behind may run before the runtime counts as lost."""

SIGNAL_SECONDS = 0.1
"""How late a signal may be noticed in the worst case; see `_slice`."""

_stack_size_lock = threading.Lock()  # threading.stack_size is a setting of the whole process


class CallRecord(NamedTuple):
    """What the metrics hook is given after each entry.

    Attributes:
        op: The operation's name.
        queued: Seconds it waited.
        run: Seconds it ran, its jobs included.
        outcome: ``ok``, ``error``, ``canceled`` or ``panic``.
    """

    op: str
    queued: float
    run: float
    outcome: str


def _slice(seconds: float | None) -> float | None:
    """How long to wait at once: on the main thread a signal that comes just before a wait begins does not end it."""
    if threading.current_thread() is not threading.main_thread():
        return seconds
    return SIGNAL_SECONDS if seconds is None else min(seconds, SIGNAL_SECONDS)


def _acquire(lock: threading.Lock, seconds: float | None) -> bool:
    """Waits for a lock, on the main thread so that Ctrl-C is never missed."""
    until = None if seconds is None else time.monotonic() + seconds
    while True:
        remaining = None if until is None else max(0.0, until - time.monotonic())
        piece = _slice(remaining)
        if lock.acquire(timeout=-1 if piece is None else piece):
            return True
        if until is not None and time.monotonic() >= until:
            return False


class _Entry:
    """One function under way on the owner."""

    __slots__ = ("active", "interrupted", "op")

    def __init__(self, op: str) -> None:
        self.op = op
        self.active = True
        self.interrupted: BaseException | None = None  # why


class _Task(Generic[Result]):
    """One function in the queue, and where its result goes."""

    __slots__ = ("accepted", "cancel_cause", "done", "entry", "error", "fn", "on_done", "op", "result", "state")

    def __init__(self, fn: Callable[[], Result], op: str, on_done: Callable[[_Task[Result]], None] | None) -> None:
        self.fn: Callable[[], Result] | None = fn
        self.op = op
        self.on_done = on_done
        self.state = QUEUED
        self.entry: _Entry | None = None
        self.result: Result | None = None
        self.error: BaseException | None = None
        self.cancel_cause: BaseException | None = None
        self.accepted = time.monotonic()
        self.done = threading.Lock()
        self.done.acquire()


class RuntimeOwner:
    """One thread, one queue, one event loop.

    Args:
        name: Name of the thread and of the owner in errors.
        max_wait: Seconds that `call` waits when it is not told otherwise; None for ever.
        on_panic: Called on the owner with the `CallPanicked` of work that raised something which is not an
            ``Exception``.
        on_call: Called on the owner with a `CallRecord` after each entry.
        on_error: Called on the owner with the operation and the error of a failed `post`.
        stack: Bytes of the thread's stack, 0 for the platform's default.
    """

    def __init__(
        self,
        name: str,
        *,
        max_wait: float | None = None,
        on_panic: Callable[[CallPanicked], None] | None = None,
        on_call: Callable[[CallRecord], None] | None = None,
        on_error: Callable[[str, BaseException], None] | None = None,
        stack: int = 0,
    ) -> None:
        self.name = name
        self.max_wait = max_wait
        self.timers = Timers()
        self.driver: Driver | None = None
        self._on_panic = on_panic
        self._on_call = on_call
        self._on_error = on_error
        self._lock = threading.Lock()  # guards everything below
        self._wake = threading.Condition(self._lock)
        self._idle = threading.Condition(self._lock)
        self._rest = threading.Condition(self._lock)
        self._queue: deque[_Task[Any]] = deque()
        self._entries: list[_Entry] = []
        self._work: dict[int, str] = {}  # host operations under way elsewhere
        self._work_numbers = itertools.count(1)
        self._closing = False
        self._turning = False  # whether the loop is between taking work and having done it
        self._ident = 0  # the thread's number while it runs; another thread may get it later
        self._finishing = False
        self.recovering = False  # whether what an interrupted entry left behind is running
        self.at_end: Callable[[], None] | None = None  # runs last on the thread, whoever shuts it down
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._start_thread(stack)

    def _start_thread(self, stack: int) -> None:
        if not stack:
            self._thread.start()
            return
        with _stack_size_lock:
            before = threading.stack_size(stack)
            try:
                self._thread.start()
            finally:
                threading.stack_size(before)

    # -- handing in work -------------------------------------------------------------------------------------------

    def call(
        self,
        fn: Callable[[], Result],
        *,
        op: str = "call",
        timeout: float | None = None,
        token: CancelToken | None = None,
    ) -> Result:
        """Runs `fn` on the owner and waits for its result. Any thread; inline when already on the owner.

        The result comes after the promise jobs that `fn` left behind have run. When the caller stops waiting, work
        that is still queued is dropped and running JavaScript is interrupted; the runtime stays usable.

        Args:
            fn: What to run.
            op: A name for errors, logs and metrics.
            timeout: Seconds to wait; the owner's `max_wait` when None.
            token: Cancels this call, and any others that share it.

        Raises:
            OwnerClosed: The owner was shut down before `fn` ran.
            CallCanceled: Timeout, cancellation or shutdown; the cause says which.
            CallPanicked: `fn` raised something that is not an ``Exception``.
        """
        limit = self.max_wait if timeout is None else timeout
        if self.on_owner():
            return self._call_inline(fn, op, limit, token)
        task = _Task(fn, op, None)
        self._accept(task)
        forget = token.on_cancel(lambda reason: self._cancel(task, reason)) if token is not None else None
        try:
            if not _acquire(task.done, limit):
                self._cancel(task, TimeoutError(f"{op} took longer than {limit:g} s"))
        except BaseException as interruption:  # Ctrl-C in the waiting thread
            self._cancel(task, interruption)
            raise
        finally:
            if forget is not None:
                forget()
        return self._outcome(task)

    def submit(self, fn: Callable[[], Result], *, op: str = "submit") -> Future[Result]:
        """Queues `fn` and returns a `concurrent.futures.Future`. Any thread.

        Cancelling the future before `fn` runs drops it.

        Raises:
            OwnerClosed: The owner was shut down.
        """
        from concurrent.futures import Future

        future: Future[Result] = Future()

        def settle(task: _Task[Result]) -> None:
            if not started and not future.set_running_or_notify_cancel():
                return
            if future.cancelled():
                return
            if task.error is not None:
                future.set_exception(task.error)
            else:
                future.set_result(task.result)  # type: ignore[arg-type]

        started = False

        def run() -> Result:
            nonlocal started
            started = True
            if not future.set_running_or_notify_cancel():
                raise CallCanceled(f"{op} was cancelled before it ran")
            return fn()

        self._accept(_Task(run, op, settle))
        return future

    def post(self, fn: Callable[[], object], *, op: str = "post") -> None:
        """Queues `fn` and does not wait. Any thread. A failure goes to the owner's hooks.

        Raises:
            OwnerClosed: The owner was shut down.
        """
        self._accept(_Task(fn, op, self._post_done))

    def _post_done(self, task: _Task[Any]) -> None:
        error = task.error
        if isinstance(error, CallCanceled) and isinstance(error.__cause__, (OwnerClosed, TimeLimitExceeded)):
            return  # the end of the runtime or of the run, which others hear of
        if error is not None and not isinstance(error, OwnerClosed):
            self.report(task.op, error)

    def report(self, op: str, error: BaseException) -> None:
        """Hands an error that nobody waits for to the hooks. Owner thread."""
        if self._on_error is not None:
            self._call_hook(self._on_error, op, error)
        elif self.driver is not None:
            self._call_hook(self.driver.uncaught, error)

    def _call_hook(self, hook: Callable[..., object], *arguments: object) -> None:
        """Calls what others gave us; its failure must not end the thread."""
        try:
            hook(*arguments)
        except BaseException:  # noqa: BLE001
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), self._thread)))

    def _accept(self, task: _Task[Any]) -> None:
        with self._lock:
            if self._closing:
                raise OwnerClosed(f'the owner "{self.name}" is closed', hint="make a new runtime")
            if not self._thread.is_alive():
                raise ScheduleRejected(f'the thread of the owner "{self.name}" is gone')
            self._queue.append(task)
            self._wake.notify()

    def _outcome(self, task: _Task[Result]) -> Result:
        cause = task.cancel_cause
        if cause is not None:
            error = CallCanceled(f"{task.op} was cancelled: {cause or type(cause).__name__}")
            raise error from cause
        if task.error is not None:
            try:
                raise task.error
            finally:
                del task  # the traceback must not keep the task alive in a cycle
        return task.result  # type: ignore[return-value]

    def _cancel(self, task: _Task[Any], cause: BaseException) -> None:
        """Stops a task: drops it when queued, interrupts it when running. Any thread."""
        with self._lock:
            if task.state == FINISHED:
                return
            task.cancel_cause = cause
            if task.state == RUNNING:
                self._interrupt_entry(task.entry, cause)
            else:
                task.state = FINISHED
                task.fn = None
                task.error = CallCanceled(f"{task.op} was cancelled before it ran")
        self._release(task.done)

    @staticmethod
    def _release(lock: threading.Lock) -> None:
        try:
            lock.release()
        except RuntimeError:
            pass  # released before; a waiter needs it once

    def _call_inline(
        self, fn: Callable[[], Result], op: str, timeout: float | None, token: CancelToken | None
    ) -> Result:
        entry = self._enter(op)
        undo: list[Callable[[], None]] = []
        try:
            if timeout is not None:
                undo.append(
                    self.deadline(
                        entry, time.monotonic() + timeout, TimeoutError(f"{op} took longer than {timeout:g} s")
                    )
                )
            if token is not None:
                undo.append(token.on_cancel(lambda reason: self.interrupt_entry(entry, reason)))
            result = fn()
        except Exception as error:
            if entry.interrupted is not None:
                raise CallCanceled(f"{op} was cancelled: {entry.interrupted}") from entry.interrupted
            raise error
        finally:
            for step in undo:
                step()
            self._leave(entry)
        return result

    # -- entries ---------------------------------------------------------------------------------------------------

    def _enter(self, op: str) -> _Entry:
        entry = _Entry(op)
        with self._lock:
            self._entries.append(entry)
        return entry

    def _leave(self, entry: _Entry) -> None:
        with self._lock:
            entry.active = False
            self._entries.remove(entry)
            still = any(outer.interrupted is not None for outer in self._entries)
            if entry.interrupted is not None and not still and self.driver is not None:
                self.driver.clear_interrupt()

    def interrupt_entry(self, entry: _Entry, cause: BaseException) -> None:
        """Interrupts an entry that is under way; one that has returned is left alone. Any thread."""
        with self._lock:
            self._interrupt_entry(entry, cause)

    def _interrupt_entry(self, entry: _Entry | None, cause: BaseException) -> None:
        if entry is not None and entry.active:
            if entry.interrupted is None:
                entry.interrupted = cause
            if self.driver is not None:
                self.driver.raise_interrupt()

    def interrupt(self, cause: BaseException) -> bool:
        """Interrupts whatever is under way. Any thread.

        Returns:
            Whether anything was.
        """
        with self._lock:
            if not self._entries:
                return False
            self._interrupt_entry(self._entries[0], cause)
            return True

    def deadline(self, entry: _Entry, moment: float, cause: BaseException) -> Callable[[], None]:
        """Interrupts an entry at a moment of `time.monotonic`. Returns a function that calls it off."""
        from xpyja.runtime.engine.watchdog import watchdog

        return watchdog.at(moment, lambda: self.interrupt_entry(entry, cause))

    @property
    def interruption(self) -> BaseException | None:
        """Why the current entry, or one around it, was interrupted. Owner thread."""
        for entry in self._entries:
            if entry.interrupted is not None:
                return entry.interrupted
        return None

    def on_owner(self) -> bool:
        """Whether the calling thread is the owner."""
        return threading.get_ident() == self._ident

    # -- the loop ----------------------------------------------------------------------------------------------------

    def drive(self, driver: Driver) -> None:
        """Says what to interrupt and drain; at once if an interrupt came before."""
        with self._lock:
            self.driver = driver
            if any(entry.interrupted is not None for entry in self._entries):
                driver.raise_interrupt()

    def _loop(self) -> None:
        self._ident = threading.get_ident()
        try:
            self._turns()
        finally:  # also when we have a bug: what is queued fails, and nothing more is accepted
            with self._lock:
                self._closing = self._finishing = True
                self._idle.notify_all()
            self._finish()
            self._ident = 0

    def _turns(self) -> None:
        while True:
            with self._lock:
                self._turning = False
                self._rest.notify_all()
                while not (self._queue or self._closing):
                    pause = self.timers.until_next()
                    if pause == 0.0:
                        break
                    if not self._pending():
                        self._idle.notify_all()
                    self._wake.wait(pause)
                if self._closing:
                    break
                self._turning = True
                queued = len(self._queue)
            # One turn as in Node: timers that are due, then what was queued, then immediates.
            for timer, order in self.timers.take_due():
                if self.timers.fired(timer, order):
                    self._run_timer(timer)
            for _ in range(queued):
                with self._lock:
                    task = self._queue.popleft()
                self._run_task(task)
            for immediate in self.timers.take_immediates():
                self._run_timer(immediate)

    def _run_timer(self, timer: int) -> None:
        if self._closing or self.driver is None:
            return
        driver = self.driver
        self._run_task(_Task(lambda: driver.fire(timer), "timer", self._post_done))

    def _run_task(self, task: _Task[Any]) -> None:
        with self._lock:
            if task.state != QUEUED:
                return
            if self._closing:
                task.state = FINISHED
                task.error = OwnerClosed(f'the owner "{self.name}" was closed before "{task.op}" ran')
                entry = None
            else:
                task.state = RUNNING
                entry = task.entry = _Entry(task.op)
                self._entries.append(entry)
        started = time.monotonic()
        try:
            if entry is not None:
                self._run_entry(task, entry)
        except BaseException as bug:
            task.error = bug
            raise
        finally:
            self._settle(task, started)

    def _run_entry(self, task: _Task[Any], entry: _Entry) -> None:
        fn, task.fn = task.fn, None
        try:
            if self.driver is not None:
                self.driver.entered()
            task.result = fn() if fn is not None else None
            if self.driver is not None:
                self.driver.drain()
        except Exception as error:  # noqa: BLE001 - it is for whoever waits for the task
            task.error = error
            self._drain_after_error(entry)
        except BaseException as panic:  # noqa: BLE001 - likewise
            task.error = CallPanicked(f'"{task.op}" raised {type(panic).__name__}: {panic}')
            task.error.__cause__ = panic
            self._drain_after_error(entry)
        finally:
            self._leave(entry)
        if entry.interrupted is not None:
            if task.cancel_cause is None and not isinstance(task.error, CallCanceled):
                canceled = CallCanceled(f"{task.op} was cancelled: {entry.interrupted}")
                canceled.__cause__ = entry.interrupted
                task.error = canceled
            self._drain_leftovers()

    def _drain_after_error(self, entry: _Entry) -> None:
        """An entry that threw leaves its promise jobs behind like any other."""
        if entry.interrupted is not None or self.driver is None:
            return
        try:
            self.driver.drain()
        except Exception:  # noqa: BLE001, S110 - an interrupt of this very entry; it is handled as such
            pass

    def _drain_leftovers(self) -> None:
        """Runs the jobs of an interrupted entry, which cannot be told from those of others, within a deadline."""
        if self.driver is None:
            return
        entry = self._enter("drain")
        deadline = TimeoutError("jobs do not end")
        forget = self.deadline(entry, time.monotonic() + DRAIN_SECONDS, deadline)
        self.recovering = True
        for step in (self.driver.recover, self.driver.drain):
            try:
                step()
            except Exception:  # noqa: BLE001, S110 - an interrupt; which one is told below
                pass
        self.recovering = False
        forget()
        self._leave(entry)
        if entry.interrupted is deadline:
            self._call_hook(self.driver.lost, "promise jobs of an interrupted script do not end")

    def _settle(self, task: _Task[Any], started: float) -> None:
        with self._lock:
            task.state = FINISHED
        self._release(task.done)
        if task.on_done is not None:
            task.on_done(task)
        if isinstance(task.error, CallPanicked) and self._on_panic is not None:
            self._call_hook(self._on_panic, task.error)
        if self._on_call is not None:
            error = task.error
            outcome = (
                "canceled"
                if isinstance(error, CallCanceled) or task.cancel_cause is not None
                else "ok"
                if error is None
                else "panic"
                if isinstance(error, CallPanicked)
                else "error"
            )
            self._call_hook(
                self._on_call, CallRecord(task.op, started - task.accepted, time.monotonic() - started, outcome)
            )

    # -- work elsewhere, idleness ------------------------------------------------------------------------------------

    def begin_work(self, op: str) -> int:
        """Notes that a host operation is under way elsewhere, which keeps the owner from being idle. Any thread."""
        with self._lock:
            number = next(self._work_numbers)
            self._work[number] = op
            return number

    def end_work(self, number: int) -> None:
        """Takes `begin_work` back. Any thread."""
        with self._lock:
            self._work.pop(number, None)
            self._wake.notify()

    def _pending(self) -> bool:
        return bool(self._queue or self._work or self._entries or self._turning) or self.timers.pending

    @property
    def resting(self) -> bool:
        """Whether no entry is under way. Any thread."""
        return not self._entries

    def wait_rest(self, timeout: float) -> bool:
        """Waits until the loop has nothing in hand, but for at most `timeout` seconds. Any thread but the owner."""
        until = time.monotonic() + timeout
        with self._lock:
            while self._turning and (remaining := until - time.monotonic()) > 0:
                self._rest.wait(remaining)
            return not self._turning

    def wake_waiters(self) -> None:
        """Has every `wait_idle` look at its `stop` again. Any thread."""
        with self._lock:
            self._idle.notify_all()

    def wait_idle(self, timeout: float | None = None, *, stop: Callable[[], bool] = lambda: False) -> bool:
        """Waits until nothing is queued, running, timed or under way elsewhere. Any thread but the owner.

        Args:
            timeout: Seconds to wait at most.
            stop: Ends the waiting early when it returns True; looked at after `wake_waiters`.

        Returns:
            False when `timeout` seconds passed first. True also when the owner was shut down.

        Raises:
            ScheduleRejected: Called on the owner, which would wait for itself.
        """
        if self.on_owner():
            raise ScheduleRejected(f'the owner "{self.name}" cannot wait for itself to be idle')
        until = None if timeout is None else time.monotonic() + timeout
        with self._lock:
            while self._pending() and not self._closing and not stop():
                remaining = None if until is None else until - time.monotonic()
                if remaining is not None and remaining <= 0:
                    return False
                self._wake.notify()
                self._idle.wait(_slice(remaining))
            return True

    # -- the end -----------------------------------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether new work is refused. Any thread."""
        return self._closing

    def shutdown(self, timeout: float | None = 5.0) -> None:
        """Refuses new work, interrupts what runs, fails what is queued, and ends the thread. Any thread.

        Args:
            timeout: Seconds to wait for the thread; None for ever. On the owner itself it does not wait.

        Raises:
            CloseTimeout: The thread was still busy, in a host function that does not return; it names the operations.
        """
        cause = OwnerClosed(f'the owner "{self.name}" was closed')
        with self._lock:
            self._closing = True
            if not self._finishing:
                for entry in self._entries:
                    self._interrupt_entry(entry, cause)
            self._wake.notify_all()
            self._idle.notify_all()
        if self.on_owner():
            return
        self._thread.join(timeout)
        if self._thread.is_alive():
            with self._lock:
                running = tuple(entry.op for entry in self._entries)
            raise CloseTimeout(self.name, timeout or 0.0, running)

    def _finish(self) -> None:
        """The last thing on the thread: fail what is queued, then the final function."""
        while True:
            with self._lock:
                if not self._queue:
                    break
                task = self._queue.popleft()
            self._run_task(task)
        self.timers.clear()
        if self.at_end is not None:
            entry = self._enter("close")
            self._call_hook(self.at_end)
            self._leave(entry)
