"""A runtime in a process of its own, for code that one does not trust.

What limits inside a process cannot do, the end of a process can: a native loop ends at the deadline, the memory of the
whole process has a limit, a crash is an error like any other. The price is that only data crosses: see `process_wire`.
The docs (``docs/isolation.md``) say what this protects from and what not.

One runtime does one thing at a time, each to its end, that of the promise it returns included; what else is asked for
waits. So a deadline belongs to one call, and a crash too.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from xpyja.runtime.engine import process_wire as wire
from xpyja.runtime.engine.watchdog import watchdog
from xpyja.runtime.errors import (
    CallCanceled,
    CloseError,
    EngineError,
    OwnerClosed,
    ProcessCrashed,
    ScheduleRejected,
    TimeLimitExceeded,
    XpyjaError,
)
from xpyja.runtime.plan import Limits

if TYPE_CHECKING:
    from concurrent.futures import Future
    from types import TracebackType

    from xpyja.runtime.api.cancel import CancelToken
    from xpyja.runtime.engine.program import Program

HEADROOM = 256 * 2**20
"""Bytes of address space for Python, its modules and native libraries, on top of what the memory limit allows."""

MAX_ANSWER = 64 * 2**20
"""Bytes of the largest value that a child may send. As Python objects it can take twenty times as much."""

START_SECONDS = 30.0
"""How long a child may take to start, imports included."""

LAST_WORDS_SECONDS = 0.1
"""How long after its time limit a call may still tell where it was. Then its process is ended."""

GRACE_SECONDS = 0.2
"""How long a call that was cancelled may take to end before its process is ended."""

_REAP_SECONDS = 0.5
_SIGKILL = 9  # importing signal costs 7 ms
_BOOT = "import sys; sys.path[:] = sys.argv[2:]; from xpyja.runtime.engine.process_child import main; main()"


class ProcessFactory:
    """Makes isolated runtimes. Any thread.

    Args:
        origin: ``package.module:function`` of a function that returns a `RuntimeFactory`. The child imports and calls
            it: modules are made of functions, which cannot cross a process border.
        arguments: What the function is given. Data.
        limits: Limits of each runtime; those of the factory itself do not count.
        headroom: See `HEADROOM`. Native libraries that reserve much address space need more.
        max_answer: See `MAX_ANSWER`.
        python: The interpreter; this one when empty.
        site: Whether the child runs Python's ``site``, that is ``.pth`` files and ``sitecustomize``.
    """

    def __init__(
        self,
        origin: str,
        arguments: object = None,
        *,
        limits: Limits | None = None,
        headroom: int = HEADROOM,
        max_answer: int = MAX_ANSWER,
        python: str = "",
        site: bool = True,
    ) -> None:
        self.origin = origin
        self.arguments = arguments
        self.limits = limits or Limits()
        self.headroom = headroom
        self.max_answer = max_answer
        self.python = python or sys.executable
        self.site = site
        self._numbers = itertools.count(1)

    def new_runtime(self, name: str = "") -> ProcessRuntime:
        """Starts a process with a runtime in it, and waits until it is ready.

        Args:
            name: Its name in errors; numbered when empty.

        Raises:
            XpyjaError: What stopped it there: importing the origin, calling it, making the runtime.
            ProcessCrashed: The process ended instead.
        """
        return ProcessRuntime(self, name or f"isolated-{next(self._numbers)}")


class _Request:
    """Something a child is asked for."""

    __slots__ = ("begin", "done", "error", "finished", "forget", "frame", "number", "on_done", "op", "seconds", "value")

    def __init__(self, number: int, op: str, frame: bytes, seconds: float | None) -> None:
        self.number = number
        self.op = op
        self.frame = frame
        self.seconds = seconds
        self.begin: Callable[[], bool] | None = None  # asked before it is sent; False drops it
        self.on_done: Callable[[_Request], None] | None = None
        self.forget: list[Callable[[], object]] = []  # calls off what waits for its end
        self.value: Any = None  # whatever the script returned
        self.error: BaseException | None = None
        self.finished = False
        self.done = threading.Lock()
        self.done.acquire()

    def outcome(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.value


class ProcessRuntime:
    """A runtime in a child process. Make it with `ProcessFactory.new_runtime`; use it as a context manager.

    All methods may be called from any thread. Arguments and results are data: the table in `marshal` without functions,
    promises, errors and handles. A promise as a result is waited for.

    A deadline ends the process, and the runtime with it: `TimeLimitExceeded`, then `OwnerClosed`. So does a crash:
    `ProcessCrashed`. A cancellation ends it only when the script does not stop within `GRACE_SECONDS`.

    Attributes:
        name: Its name.
    """

    def __init__(self, factory: ProcessFactory, name: str) -> None:
        self.name = name
        self._limits = factory.limits
        self._max_answer = factory.max_answer
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()  # guards everything below
        self._write_lock = threading.Lock()
        self._pid = 0  # as long as it may be killed
        self._end: XpyjaError | None = None  # why nothing is accepted any more
        self._current: _Request | None = None
        self._closing: _Request | None = None
        self._queue: deque[_Request] = deque()
        first = self._current = self._start_request(factory)
        self._to_child = self._from_child = -1
        # The child is started by the thread that watches it: the parent-death signal of Linux is about threads.
        self._supervisor = threading.Thread(target=self._supervise, args=(factory, first), name=name, daemon=True)
        self._supervisor.start()
        try:
            self._wait(first)
            first.outcome()
        except BaseException:
            self._finish_with(OwnerClosed(f'the isolated runtime "{name}" did not start'))
            self._supervisor.join(GRACE_SECONDS)
            raise

    def _start_request(self, factory: ProcessFactory) -> _Request:
        header = {
            "number": 0,
            "name": self.name,
            "origin": factory.origin,
            "limits": self._limits._asdict(),
            "headroom": factory.headroom,
            "maxAnswer": factory.max_answer,
            "stdout": _encoding(sys.stdout),
            "stderr": _encoding(sys.stderr),
        }
        return _Request(0, "start", wire.pack_value(header, factory.arguments), START_SECONDS)

    # -- what a child can be asked for -------------------------------------------------------------------------------

    def eval(
        self, source: str, *, filename: str = "<eval>", timeout: float | None = None, token: CancelToken | None = None
    ) -> Any:
        """Evaluates a script in the global scope and returns its completion value.

        Args:
            source: JavaScript.
            filename: Its name in traces.
            timeout: Seconds; the runtime's time limit when None.
            token: Cancels it.

        Raises:
            JsError: The script threw, or its promise was rejected.
            MarshalError: Its value is not data.
            TimeLimitExceeded: Time was up; the runtime is closed.
            CallCanceled: It was cancelled.
            ProcessCrashed: The process ended; the runtime is closed.
        """
        return self._ask("eval", [source, filename], timeout, token)

    def require(self, specifier: str, *, timeout: float | None = None, token: CancelToken | None = None) -> Any:
        """Loads a module as a script of the runtime's folder would, and returns its exports. Raises like `eval`.

        Exports that are functions are refused as any function is; `call` has `module` for them.
        """
        return self._ask("require", [specifier], timeout, token)

    def call(
        self,
        path: str,
        *args: object,
        module: str = "",
        timeout: float | None = None,
        token: CancelToken | None = None,
    ) -> Any:
        """Calls a function where it is, and returns its result.

        Args:
            path: Its name, such as ``render`` or ``tools.text.render``: of a global variable, or of an export. Empty
                for a module that is a function itself.
            *args: Its arguments. Data.
            module: The module to look in.
            timeout: Seconds; the runtime's time limit when None.
            token: Cancels it.

        Raises:
            ValueError: The path is none.
            Exception: Like `eval`.
        """
        return self._ask("call", [_call_source(path, module), list(args)], timeout, token)

    def submit(self, path: str, *args: object, module: str = "", timeout: float | None = None) -> Future[Any]:
        """Like `call`, but does not wait. The time limit begins when the call does.

        Cancelling the future before the call begins drops it. Callbacks of the future hold up the runtime; they can
        submit further calls, but not wait for them.
        """
        from concurrent.futures import Future

        future: Future[Any] = Future()

        def settle(request: _Request) -> None:
            if future.cancelled() or not (future.running() or future.set_running_or_notify_cancel()):
                return
            if request.error is not None:
                future.set_exception(request.error)
            else:
                future.set_result(request.value)

        request = self._request("call", [_call_source(path, module), list(args)], timeout)
        request.begin = future.set_running_or_notify_cancel
        request.on_done = settle
        self._accept(request)
        return future

    def run(self, program: Program, *, seconds: float | None = None) -> None:
        """Runs a whole program and waits until nothing is pending any more; see `Runtime.run`.

        Args:
            program: What to run.
            seconds: Time limit of the whole; the runtime's own when None.
        """
        self._ask("run", list(program), seconds, None)

    def interrupt(self) -> bool:
        """Stops what runs. The runtime stays usable if it stops within `GRACE_SECONDS`.

        Returns:
            Whether anything was running.
        """
        request = self._current
        if request is None:
            return False
        self._cancel(request, InterruptedError("interrupted"))
        return True

    # -- asking ------------------------------------------------------------------------------------------------------

    def _ask(self, op: str, value: object, timeout: float | None, token: CancelToken | None) -> Any:
        if threading.current_thread() is self._supervisor:
            raise ScheduleRejected(
                f'a callback of the isolated runtime "{self.name}" cannot wait for another call of it'
            )
        request = self._request(op, value, timeout)
        self._accept(request)
        forget = token.on_cancel(lambda reason: self._cancel(request, reason)) if token is not None else None
        try:
            self._wait(request)
        finally:
            if forget is not None:
                forget()
        return request.outcome()

    def _request(self, op: str, value: object, timeout: float | None) -> _Request:
        seconds = self._limits.time if timeout is None else timeout
        number = next(self._numbers)
        frame = wire.pack_value({"number": number, "op": op, "seconds": seconds}, value)
        return _Request(number, op, frame, seconds)

    def _wait(self, request: _Request) -> None:
        try:
            request.done.acquire()
        except BaseException as interruption:  # Ctrl-C in the waiting thread
            try:
                self._cancel(request, interruption)
                request.done.acquire(timeout=2 * GRACE_SECONDS)
            finally:
                if not request.finished:  # the second Ctrl-C
                    self._finish_with(OwnerClosed(f'the isolated runtime "{self.name}" was interrupted'))
            raise

    def _accept(self, request: _Request) -> None:
        with self._lock:
            if self._end is not None:
                raise self._closed_error()
            self._queue.append(request)
        self._send_next()

    def _send_next(self) -> None:
        while True:
            with self._lock:
                if self._current is not None or self._end is not None or not self._queue:
                    return
                request = self._current = self._queue.popleft()
                wanted = request.begin is None or request.begin()
            if wanted:
                self._send(request)
                return
            self._complete(request, None, None)

    def _send(self, request: _Request) -> None:
        if request.seconds is not None:
            moment = time.monotonic() + max(0.0, request.seconds) + LAST_WORDS_SECONDS
            request.forget.append(watchdog.at(moment, lambda: self._time_is_up(request)))
        frame, request.frame = request.frame, b""
        self._write(frame)

    def _write(self, frame: bytes) -> None:
        """Writes to the child. That it may be gone is for the supervisor to find out."""
        try:
            with self._write_lock:
                if self._to_child >= 0:
                    wire.write(self._to_child, frame)
        except OSError:
            pass
        except BaseException:  # Ctrl-C in the middle of a frame: what follows would make no sense
            self._finish_with(OwnerClosed(f'the isolated runtime "{self.name}" was interrupted'))
            raise

    def _complete(self, request: _Request, value: Any, error: BaseException | None) -> None:
        """Ends a request, once."""
        with self._lock:
            if request.finished:
                return
            request.finished = True
            request.value = value
            if request.error is None:  # else it was cancelled, and says so
                request.error = error
            if self._current is request:
                self._current = None
        for forget in request.forget:
            forget()
        request.done.release()
        if request.on_done is not None:
            request.on_done(request)

    # -- stopping ----------------------------------------------------------------------------------------------------

    def _time_is_up(self, request: _Request) -> None:
        """Watchdog thread."""
        seconds = request.seconds or 0.0
        if request.op == "start":
            error: XpyjaError = ProcessCrashed(
                f'the isolated runtime "{self.name}" did not start within {seconds:g} s', running="start"
            )
        else:
            error = TimeLimitExceeded(seconds)
        self._finish_soon(error, request)

    def _finish_soon(self, end: XpyjaError, only_for: _Request | None = None) -> None:
        """Watchdog thread: has another thread do it, since it calls back to whoever waits."""
        threading.Thread(target=self._finish_with, args=(end, only_for), name=f"{self.name}-end", daemon=True).start()

    def _cancel(self, request: _Request, cause: BaseException) -> None:
        """Stops a request: gently if it can be, else with its process. Any thread."""
        error = CallCanceled(f"{request.op} was cancelled: {cause or type(cause).__name__}")
        error.__cause__ = cause
        with self._lock:
            if request.finished or request.error is not None:
                return
            request.error = error
            queued = request in self._queue
            if queued:
                self._queue.remove(request)
        if queued:
            self._complete(request, None, None)
            return
        end = OwnerClosed(f'the isolated runtime "{self.name}" did not stop when it was cancelled')
        request.forget.append(watchdog.at(time.monotonic() + GRACE_SECONDS, lambda: self._finish_soon(end, request)))
        self._write(wire.pack({"number": request.number, "op": "interrupt"}))

    def _finish_with(self, end: XpyjaError, only_for: _Request | None = None) -> None:
        """Ends the process and everything that was asked of it. Any thread; the first reason counts.

        Args:
            end: Why.
            only_for: Do it only if this is the request under way.
        """
        with self._lock:
            if only_for is not None and self._current is not only_for:
                return
            if self._end is None:
                self._end = end
            current, closing = self._current, self._closing
            queued = tuple(self._queue)
            self._queue.clear()
            self._kill()
        if current is not None:
            self._complete(current, None, end)
        for request in (*queued, *((closing,) if closing is not None else ())):
            self._complete(request, None, self._closed_error())

    def _closed_error(self) -> OwnerClosed:
        reason = f": {self._end.message}" if self._end is not None and not isinstance(self._end, OwnerClosed) else ""
        return OwnerClosed(f'the isolated runtime "{self.name}" is closed{reason}', hint="make a new runtime")

    def _kill(self) -> None:
        """Ends the child and whatever it started in its session. With the lock held."""
        if self._pid:
            for kill in (os.killpg, os.kill):
                try:
                    kill(self._pid, _SIGKILL)
                except OSError:
                    pass  # gone already

    @property
    def closed(self) -> bool:
        """Whether new work is refused."""
        return self._end is not None

    def close(self, timeout: float = 5.0) -> None:
        """Stops what runs, runs the closers in the child, and ends the process. Closing twice is harmless.

        Args:
            timeout: Seconds to wait. What has not ended then is killed.

        Raises:
            CloseError: Closers failed; it has all the failures.
        """
        closing = None
        end = OwnerClosed(f'the isolated runtime "{self.name}" was closed')
        if threading.current_thread() is self._supervisor:  # a callback of a future; it cannot wait
            self._finish_with(end)
            return
        with self._lock:
            if self._end is None:
                self._end = end
                number = next(self._numbers)
                frame = wire.pack({"number": number, "op": "close", "seconds": timeout})
                closing = self._closing = _Request(number, "close", frame, None)
                queued = tuple(self._queue)
                self._queue.clear()
        try:
            if closing is not None:
                for request in queued:
                    self._complete(request, None, self._closed_error())
                moment = time.monotonic() + timeout
                closing.forget.append(watchdog.at(moment, lambda: self._finish_soon(end)))
                self._write(closing.frame)
                closing.done.acquire()
                self._supervisor.join(GRACE_SECONDS)  # it ends as soon as it has answered
        finally:
            self._finish_with(end)
            self._supervisor.join(GRACE_SECONDS)
        if closing is not None and isinstance(closing.error, CloseError):
            raise closing.error

    def __enter__(self) -> ProcessRuntime:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is None:
            self.close()
            return
        try:
            self.close(1.0)
        except XpyjaError:
            pass  # the error that led here is the one to show

    # -- supervision -------------------------------------------------------------------------------------------------

    def _supervise(self, factory: ProcessFactory, first: _Request) -> None:
        """The supervisor thread: starts the child, reads its answers, buries it."""
        try:
            self._spawn(factory)
        except OSError as error:
            self._finish_with(EngineError(f"a child process cannot be started: {error}"))
            return
        complaint = ""
        try:
            self._send(first)
            while True:
                message = wire.read(self._from_child, self._max_answer)
                if message is None:
                    break
                self._take(message)
        except wire.ProtocolError as error:
            complaint = f"it sent {error}"
        except Exception as error:  # noqa: BLE001 - whatever bytes of a hostile child may provoke
            complaint = f"it sent an answer that cannot be read ({type(error).__name__})"
        self._bury(complaint)

    def _spawn(self, factory: ProcessFactory) -> None:
        flags = ["-I", *([] if factory.site else ["-S"]), *(["-B"] if sys.dont_write_bytecode else [])]
        flags += ["-" + "O" * sys.flags.optimize] if sys.flags.optimize else []
        command = [factory.python, *flags, "-c", _BOOT, str(os.getpid()), *map(str, sys.path)]
        ours_in, theirs_out = _pipe()
        theirs_in, ours_out = _pipe()
        try:
            pid = os.posix_spawn(
                factory.python,
                command,
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, theirs_in, 3),
                    (os.POSIX_SPAWN_DUP2, theirs_out, 4),
                ],
                setsid=True,  # Ctrl-C is for the parent; and what the child starts can be killed with it
                setsigmask=(),
            )
        except OSError:
            os.close(ours_in)
            os.close(ours_out)
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self._from_child, self._to_child = ours_in, ours_out
        with self._lock:
            self._pid = pid
            if self._end is not None:
                self._kill()

    def _take(self, message: wire.Message) -> None:
        """Takes an answer."""
        number = message.header.get("number")
        request = next((r for r in (self._current, self._closing) if r is not None and r.number == number), None)
        if request is None or type(number) is not int:
            raise wire.ProtocolError("an answer that nobody waits for")
        failure = message.header.get("error")
        error = wire.error_from_data(failure) if failure is not None else None
        value = message.value() if error is None else None
        if isinstance(error, TimeLimitExceeded):
            self._finish_with(error, request)  # what was stopped in the middle is not gone on with
        else:
            self._complete(request, value, error)
            self._send_next()

    def _bury(self, complaint: str) -> None:
        """Waits for the end of the child, after it has closed its pipe or was cut off, and says what it died of."""
        if not complaint and self._end is None and not self._dies():
            complaint = "it closed its connection"
        with self._lock:
            pid, cut_off = self._pid, self._end is not None or bool(complaint)
            self._kill()
            self._pid = 0
        try:
            status, usage = os.wait4(pid, 0)[1:]
        except ChildProcessError:  # someone else has waited for it, or nobody may
            status, usage = None, None
        with self._write_lock:
            os.close(self._from_child)
            os.close(self._to_child)
            self._to_child = -1
        current = self._current
        if not cut_off or complaint:
            resident = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) if usage is not None else 0
            end = self._verdict(complaint, status, resident, current)
        else:
            end = self._end or OwnerClosed("")
        self._finish_with(end)

    def _dies(self) -> bool:
        """Gives a child whose pipe is closed the moment it needs to be dead, so that the status will be its own."""
        until = time.monotonic() + _REAP_SECONDS
        while hasattr(os, "waitid"):  # macOS has it since Python 3.13
            try:
                if os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None:
                    return True
            except ChildProcessError:
                return True
            if time.monotonic() > until:
                return False
            time.sleep(0.001)
        return True

    def _verdict(self, complaint: str, status: int | None, resident: int, current: _Request | None) -> XpyjaError:
        running = current.op if current is not None else ""
        during = f" during {running}" if running else ""
        subject = f'the process of the isolated runtime "{self.name}"'
        if complaint:
            return ProcessCrashed(f"{subject} was ended{during}: {complaint}", running=running)
        if status is None:
            return ProcessCrashed(f"{subject} is gone{during}", running=running)
        if os.WIFEXITED(status):
            code = os.WEXITSTATUS(status)
            return ProcessCrashed(
                f"{subject} exited with code {code}{during}",
                code=code,
                running=running,
                hint="a Python module that it uses ended the process, or took its connection away",
            )
        from signal import Signals

        number = os.WTERMSIG(status)
        name = Signals(number).name if number in set(Signals) else f"signal {number}"
        if name == "SIGXCPU" and current is not None and current.seconds is not None:
            return TimeLimitExceeded(current.seconds)
        return ProcessCrashed(
            f"{subject} was killed by {name}{during}",
            signal=name,
            running=running,
            hint=self._hint(name, resident),
        )

    def _hint(self, name: str, resident: int) -> str:
        memory = self._limits.memory
        if name == "SIGKILL":
            return "someone killed it, or the system ran out of memory; a lower memory limit helps with the latter"
        if memory is not None and resident > memory:
            return f"it had {resident / 2**20:.0f} MiB; its memory limit may be the cause"
        return "native code failed: the engine's, or that of a library which one of its modules uses"


def _call_source(path: str, module: str) -> str:
    """The script whose value is a function that calls what a path leads to, with its ``this``."""
    root = f"require({wire.quote(module)})" if module else ""
    if path and all(part.replace("$", "_").isidentifier() for part in path.split(".")):
        target = f"{root}.{path}" if root else path
    elif root and not path:
        target = root
    else:
        raise ValueError(f"{path!r} is no path of a function, such as tools.text.render")
    return f"(function (...args) {{ return {target}(...args); }})"


def _encoding(stream: Any) -> tuple[str, str]:
    """How a standard stream writes text; the child has the same file but would decide for itself."""
    return getattr(stream, "encoding", None) or "utf-8", getattr(stream, "errors", None) or "strict"


def _pipe() -> tuple[int, int]:
    """A pipe whose ends have numbers beyond those that they get in the child."""
    from fcntl import F_DUPFD_CLOEXEC, fcntl

    ends = []
    for fd in os.pipe():
        ends.append(fcntl(fd, F_DUPFD_CLOEXEC, 10))
        os.close(fd)
    return ends[0], ends[1]
