"""The process of an isolated runtime, from the inside. `xpyja.runtime.engine.process` starts and supervises it.

Before any code of a provider or a script runs, the process gives up what it does not need: it dies with its parent, has
no files of its parent but stdout and stderr, and cannot have more memory, processor time and open files than it was
given. The main thread reads what the parent says; one other thread does it.

What is deliberately not limited: RLIMIT_NPROC counts all processes and threads of the user, not those of this process,
so a number that is right here would fail there; RLIMIT_FSIZE would hold for a stdout that is a file.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from xpyja.runtime.api.provider import Lazy
from xpyja.runtime.engine import process_wire as wire
from xpyja.runtime.engine.builder import RuntimeFactory
from xpyja.runtime.engine.program import Program, show, start
from xpyja.runtime.engine.references import Promise
from xpyja.runtime.engine.runtime import Runtime
from xpyja.runtime.errors import (
    EXIT_BUG,
    CallCanceled,
    CompositionError,
    EngineError,
    JsError,
    JsMemoryError,
    TimeLimitExceeded,
    XpyjaError,
)
from xpyja.runtime.plan import Limits

READ, WRITE = 3, 4
"""The file descriptors of the pipes to the parent."""

MAX_FILES = 256
MEMORY_FACTOR = 4
"""Address space for each byte of JavaScript heap: a value on its way out exists as a string of the heap, as its text,
and as Python objects at the same time."""

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
SIGKILL = 9  # importing signal costs more than all else here
M_ARENA_MAX = -8


def main() -> NoReturn:
    """Serves the parent whose process id is the first argument, until it closes the pipe."""
    try:
        _detach(int(sys.argv[1]))
        message = wire.read(READ)
        if message is not None:
            _Child().serve(message)
    except KeyboardInterrupt:
        pass  # someone sent SIGINT to this very process; Ctrl-C is for the parent
    _flush()
    os._exit(0)


def _flush() -> None:
    """Writes out what modules printed, before the parent goes on: it may write to the same file."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass  # nobody reads it, or it is closed


def _detach(parent: int) -> None:
    """Ties the process to its parent's life and cuts it off from its parent's files."""
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        library.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
        library.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)  # it died before it was watched
        # One pool for all threads: each of glibc's own would take 64 MiB of address space.
        if hasattr(library, "mallopt"):
            library.mallopt(M_ARENA_MAX, 1)
    for name in os.listdir("/dev/fd"):
        if int(name) > WRITE:
            try:
                os.close(int(name))
            except OSError:
                pass  # the one that listed the folder
    for fd in (READ, WRITE):
        os.set_inheritable(fd, False)


def _confine(limits: Limits, headroom: int) -> None:
    """Sets the limits of the operating system."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, MAX_FILES)
    if limits.memory is not None:
        try:
            with open("/proc/self/statm", "rb") as file:
                used = int(file.read().split()[0]) * resource.getpagesize()
        except OSError:
            return  # systems without it do not enforce the limit either
        _lower(resource.RLIMIT_AS, used + headroom + limits.stack + MEMORY_FACTOR * limits.memory)


def _lower(kind: int, value: int) -> None:
    """Lowers a limit for good."""
    _, most = resource.getrlimit(kind)
    if most == resource.RLIM_INFINITY or value < most:
        resource.setrlimit(kind, (value, value))


class _Child:
    """One runtime and the conversation about it."""

    def __init__(self) -> None:
        self._runtime: Runtime = None  # type: ignore[assignment]  # until the first message
        self._memory: int | None = None
        self._max_answer = wire.MAX_FRAME
        self._write_lock = threading.Lock()
        self._job: wire.Message | None = None
        self._job_there = threading.Lock()  # a binary semaphore: released when there is a job
        self._job_there.acquire()
        self._active = 0  # the number of the job that is under way
        self._canceled = False
        self._works: dict[str, Callable[..., Any]] = {
            "eval": self._eval,
            "call": self._call,
            "require": self._require,
            "run": self._run,
        }

    def serve(self, first: wire.Message) -> None:
        """Makes the runtime, then does what the parent asks for until it is gone."""
        if not self._answer(first.header["number"], lambda: self._start(first)):
            return
        threading.Thread(target=self._do_jobs, name="xpyja-jobs", daemon=True).start()
        while True:
            message = wire.read(READ)
            if message is None:
                return
            number, op = message.header["number"], message.header["op"]
            if op == "close":
                self._answer(number, partial(self._runtime.close, message.header["seconds"]))
                return
            if op == "interrupt":
                self._interrupt(number)
            else:
                self._canceled = False
                self._job, self._active = message, number
                self._job_there.release()

    def _start(self, message: wire.Message) -> None:
        header = message.header
        for stream, setting in ((sys.stdout, header["stdout"]), (sys.stderr, header["stderr"])):
            if stream is not None:
                stream.reconfigure(encoding=setting[0], errors=setting[1])  # type: ignore[union-attr]
        limits = Limits(**header["limits"])
        self._memory = limits.memory
        self._max_answer = header["maxAnswer"]
        _confine(limits, header["headroom"])
        origin = header["origin"]
        try:
            factory = Lazy(origin).resolve()(message.value())
        except XpyjaError:
            raise
        except Exception as error:
            raise CompositionError(
                f"{origin} failed in the child process: {type(error).__name__}: {error}",
                hint="an origin is a function of a module that the child can import too",
            ) from error
        if not isinstance(factory, RuntimeFactory):
            raise CompositionError(f"{origin} returned a {type(factory).__name__}, not a RuntimeFactory")
        # Each job brings its time limit with it.
        self._runtime = factory.limited(limits._replace(time=None)).new_runtime(header["name"])

    # -- jobs ----------------------------------------------------------------------------------------------------------

    def _do_jobs(self) -> None:
        while True:
            self._job_there.acquire()
            if self._job is not None:
                self._answer(self._job.header["number"], partial(self._do, self._job))

    def _do(self, job: wire.Message) -> Any:
        try:
            return self._do_in_time(job)
        finally:
            self._active = 0

    def _do_in_time(self, job: wire.Message) -> Any:
        seconds = job.header["seconds"]
        before = resource.getrlimit(resource.RLIMIT_CPU)
        if seconds is not None:  # the second line, for a parent that cannot act
            usage = resource.getrusage(resource.RUSAGE_SELF)
            most = math.ceil(usage.ru_utime + usage.ru_stime + seconds) + 1
            if before[1] == resource.RLIM_INFINITY or most < before[1]:
                resource.setrlimit(resource.RLIMIT_CPU, (most, before[1]))
        try:
            return self._works[job.header["op"]](seconds, *job.value())
        finally:
            if seconds is not None:
                resource.setrlimit(resource.RLIMIT_CPU, before)

    def _eval(self, seconds: float | None, source: str, filename: str) -> Any:
        return self._settled("eval", seconds, lambda: self._runtime.eval(source, filename=filename))

    def _call(self, seconds: float | None, source: str, args: list[Any]) -> Any:
        # The file name is that of the engine's own files: such frames are in no trace.
        return self._settled("call", seconds, lambda: self._runtime.eval(source, filename="xpyja:call")(*args))

    def _require(self, seconds: float | None, specifier: str) -> Any:
        return self._settled("require", seconds, lambda: self._runtime.require(specifier))

    def _settled(self, op: str, seconds: float | None, fn: Callable[[], Any]) -> Any:
        """Runs a function on the owner; when it returns a promise, waits for that.

        The parent ends the process a moment after the time limit. Stopping at the limit itself is for those scripts
        that can be stopped, so that they can tell where they were.
        """
        runtime = self._runtime
        until = None if seconds is None else time.monotonic() + seconds

        def watched() -> Any:
            value = fn()
            if isinstance(value, Promise):
                # In the same entry: a rejection that somebody waits for is not an unhandled one.
                value.add_done_callback(lambda _: runtime.owner.wake_waiters())
            return value

        try:
            value = runtime.call(watched, op=op, timeout=seconds)
        except CallCanceled as error:
            if seconds is not None and isinstance(error.__cause__, TimeoutError):
                raise runtime.located(TimeLimitExceeded(seconds)) from error
            raise
        if not isinstance(value, Promise):
            return value
        remaining = None if until is None else max(0.0, until - time.monotonic())
        if not runtime.owner.wait_idle(remaining, stop=lambda: value.done or self._canceled):
            runtime.interrupt()
            raise runtime.located(TimeLimitExceeded(seconds or 0.0))
        if self._canceled:
            raise CallCanceled(f"{op} was cancelled while it waited for a promise")
        if not value.done:
            raise JsError("", "the promise never settles: nothing is left that could settle it")
        return value.result()

    def _run(self, seconds: float | None, *fields: Any) -> None:
        runtime = self._runtime
        program = Program(*fields)
        runtime.run(
            lambda: start(program, runtime),
            op=program.kind,
            on_value=(lambda value: show(program, runtime, value)) if program.show else None,
            seconds=seconds,
        )

    def _interrupt(self, number: int) -> None:
        job = self._job
        if job is None or self._active != number:
            return  # it has ended in the meantime
        self._canceled = True
        runtime = self._runtime
        runtime.interrupt()
        if job.header["op"] == "run":
            runtime.owner.post(lambda: runtime.end_run(CallCanceled("the program was cancelled")))
        runtime.owner.wake_waiters()

    # -- answers -------------------------------------------------------------------------------------------------------

    def _answer(self, number: int, fn: Callable[[], Any]) -> bool:
        """Does something and tells the parent how it went. Returns whether it went well."""
        failed = False
        try:
            frame = wire.pack_value({"number": number}, fn(), limit=self._max_answer)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent has to know
            failed = True
            frame = self._failure(number, error)
        _flush()
        try:
            with self._write_lock:
                wire.write(WRITE, frame)
        except OSError:
            os._exit(EXIT_BUG)  # nobody listens any more, or a module has closed the pipe
        return not failed

    def _failure(self, number: int, error: BaseException) -> bytes:
        try:
            return wire.pack(
                {"number": number, "error": wire.error_to_data(self._meaning(error))}, limit=self._max_answer
            )
        except BaseException:  # noqa: BLE001 - no memory even for that
            os._exit(EXIT_BUG)

    def _meaning(self, error: BaseException) -> BaseException:
        if isinstance(error, CallCanceled) and isinstance(error.__cause__, XpyjaError):
            return error.__cause__  # the memory limit says more than "cancelled"
        if isinstance(error, MemoryError):
            limit = f"memory limit of {self._memory} bytes reached" if self._memory is not None else "out of memory"
            return JsMemoryError("InternalError", limit)
        if isinstance(error, XpyjaError):
            return error
        from traceback import format_exception

        bug = EngineError(f"internal error in the child process: {type(error).__name__}: {error}")
        bug.__cause__ = RuntimeError("".join(format_exception(error)))
        return bug
