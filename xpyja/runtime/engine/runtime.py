"""One JavaScript runtime: a VM, its owner, its modules, and what has to be closed at the end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from xpyja.runtime.api.provider import JsSource
from xpyja.runtime.engine.bridge import Bridge
from xpyja.runtime.engine.loader import Resolver, looks_like_module, read_source, without_hashbang
from xpyja.runtime.engine.owner import RuntimeOwner
from xpyja.runtime.engine.references import Deferred, Promise, Reference
from xpyja.runtime.engine.trace import javascript_frames
from xpyja.runtime.engine.vm import Vm, required_stack
from xpyja.runtime.engine.vm_modules import VmModules
from xpyja.runtime.errors import (
    CallCanceled,
    CloseError,
    CloseTimeout,
    JsError,
    JsMemoryError,
    TimeLimitExceeded,
    UnhandledRejection,
    VmClosed,
    XpyjaError,
)

if TYPE_CHECKING:
    from types import TracebackType

    from xpyja.runtime.api.cancel import CancelToken
    from xpyja.runtime.engine.builder import Composition
    from xpyja.runtime.engine.esmodules import EsModules
    from xpyja.runtime.engine.protocols import Output
    from xpyja.runtime.errors import Frame

Result = TypeVar("Result")

SOFT_MEMORY = 0.75
"""Share of the memory limit at which a script is stopped for good; the limit itself is an error it can catch."""

LOCATE_SECONDS = 0.2
"""How long a run that was out of time waits to learn where the script was."""

WRAPPER_PARAMETERS = "exports, require, module, __filename, __dirname"
NATIVE_PARAMETERS = "exports, require, module, native"


class Held(Reference):
    """A JavaScript value that stays where it is; Python has only a hold on it."""

    __slots__ = ()


class Runtime:
    """A JavaScript runtime. Make it with `RuntimeFactory.new_runtime`; use it as a context manager.

    All methods may be called from any thread unless they say otherwise.

    Attributes:
        name: Its name, also that of its thread.
        owner: The thread that runs its JavaScript.
    """

    def __init__(self, composition: Composition, name: str) -> None:
        self.name = name
        self._composition = composition
        self._limits = composition.limits
        self._output = composition.output
        self._closers: list[Callable[[], None]] = []
        self._failures: tuple[BaseException, ...] = ()
        self._uncaught: list[BaseException] = []
        self._run_active = False
        self._probe: Callable[[], None] | None = None
        self._stopped_at: tuple[Frame, ...] = ()
        self._modules: EsModules | None = None
        self._vm_modules: VmModules = None  # type: ignore[assignment]  # until the owner has made it
        self.owner = RuntimeOwner(
            name,
            max_wait=self._limits.time,
            on_panic=composition.on_panic,
            on_call=composition.on_call,
            stack=required_stack(self._limits.stack),
        )
        self.owner.at_end = self._finish
        self._bridge = Bridge(self.owner)
        try:
            self.owner.call(self._start, op="start")
        except BaseException:
            self._close_quietly()
            raise

    def _start(self) -> None:
        """Owner thread: makes the VM and runs the initializers."""
        bridge = self._bridge
        bridge.operations.update(self._operations())
        vm = bridge.vm = Vm(bridge.dispatch, stack=self._limits.stack)
        vm.boot()
        self._vm_modules = VmModules(
            vm,
            lambda specifier, base: self.modules.name_of(specifier, base),
            lambda name: self.modules.add_missing(name),
        )
        self.owner.drive(self)
        if self._limits.memory is not None:
            vm.limit_memory(self._limits.memory)
        self._resolver = Resolver(self._composition.modules, self._composition.denial, self._composition.roots)
        self.use_folder(self._composition.folder)
        for initializer in self._composition.initializers:
            initializer.init(self)

    # -- running ---------------------------------------------------------------------------------------------------

    def eval(self, source: str, *, filename: str = "<eval>", timeout: float | None = None) -> Any:
        """Evaluates a script in the global scope and returns its completion value.

        Args:
            source: JavaScript.
            filename: Its name in traces.
            timeout: Seconds; the runtime's time limit when None.

        Raises:
            JsError: The script threw.
            MarshalError: Its value has no counterpart in Python.
            CallCanceled: It took too long.
        """

        def work() -> Any:
            self._give_scripts_require()
            return self._bridge.read(self._bridge.vm.run_script(source, filename))

        return self.call(work, op="eval", timeout=timeout)

    def hold(self, source: str, *, filename: str = "<eval>") -> Held:
        """Evaluates a script like `eval` and keeps the value in JavaScript. Owner thread.

        Unlike `eval` it takes ``await`` at the top level; the value is then a promise.
        """
        self._give_scripts_require()
        vm, line = self._bridge.vm, 1
        if "await" in source and vm.compile_failure(source, filename):
            from xpyja.runtime.engine.toplevel import with_await

            wrapped = with_await(source, lambda text: not vm.compile_failure(text, filename))
            if wrapped is not None:
                source, line = wrapped, -1
        number = self._bridge.read(vm.run_script(source, filename, entry="hold", line=line))
        return Held(self._bridge, int(number))

    def require(self, specifier: str, *, timeout: float | None = None) -> Any:
        """Loads a module as a script of the runtime's folder would, and returns its exports."""
        where = json.dumps({"specifier": specifier, "filename": self._main_name})
        return self.call(lambda: self._bridge.enter_text("require", 0, where), op="require", timeout=timeout)

    def run_file(self, path: str) -> Held | None:
        """Runs a file as the main module. Owner thread.

        Returns:
            The promise of an ES module's evaluation, else None.

        Raises:
            ModuleNotFound: There is no such file.
            JsError: It threw.
        """
        found = self._resolver.main(path)
        if found.kind != "module":
            turned_out = self._bridge.enter_text("runMain", 0, json.dumps({"path": found.path, "kind": found.kind}))
            if turned_out is not True:
                return None
        self.modules.import_file(found.path)
        return Held(self._bridge, int(self._bridge.enter_text("hold")))

    def run_source(self, source: str, name: str) -> None:
        """Runs a text as the main module of the runtime's folder, as CommonJS. Owner thread."""
        path = f"{self._main_name.rpartition('/')[0]}/{name}"
        body = without_hashbang(source)
        self._bridge.read(self._bridge.vm.compile_function(body, path, WRAPPER_PARAMETERS) or "u")
        self._bridge.enter_text("runMain", 0, json.dumps({"path": path, "kind": "compiled"}))

    def set_global(self, name: str, value: object) -> None:
        """Defines a global variable."""
        self.call(lambda: self._bridge.enter("setGlobal", 0, [name, value]), op="set_global")

    def use_folder(self, folder: str) -> None:
        """Says where code without a file, such as ``eval``, looks for relative modules. Owner thread."""
        self._main_name = f"{folder.rstrip('/')}/<eval>"
        self._scripts_have_require = False

    def _give_scripts_require(self) -> None:
        """Defines ``require`` globally, for code without a file. Not before there is some: ES modules have none."""
        if not self._scripts_have_require:
            self._scripts_have_require = True
            self._bridge.enter_text("globalRequire", 0, json.dumps(self._main_name))

    def display(self, value: Held) -> str:
        """The text that ``console.log`` would print for a value. Owner thread."""
        return str(self._bridge.enter_text("display", value.id))

    def to_json(self, value: Held) -> str | None:
        """The text that ``JSON.stringify`` makes of a value; None when it makes none. Owner thread."""
        text = self._bridge.enter_text("stringify", value.id)
        return text if isinstance(text, str) else None

    def call(
        self,
        fn: Callable[[], Result],
        *,
        op: str = "call",
        timeout: float | None = None,
        token: CancelToken | None = None,
    ) -> Result:
        """Runs a function on the owner; see `RuntimeOwner.call`."""
        return self.owner.call(fn, op=op, timeout=timeout, token=token)

    async def acall(self, fn: Callable[[], Result], *, op: str = "call") -> Result:
        """Like `call`, for asyncio: the event loop goes on meanwhile."""
        from asyncio import wrap_future

        return await wrap_future(self.owner.submit(fn, op=op))

    def run(
        self,
        start: Callable[[], Held | None],
        *,
        op: str,
        on_value: Callable[[Held], None] | None = None,
        seconds: float | None = None,
    ) -> None:
        """Runs a whole program: starts it and waits until nothing is pending any more. Not on the owner.

        Args:
            start: Starts it, on the owner.
            op: A name for errors.
            on_value: Called on the owner with what `start` returned; when that is a promise, with its value.
            seconds: Time limit of the whole; the runtime's own when None.

        Raises:
            JsError: The first error that nothing handled: thrown by the program, by a callback, or an unhandled
                rejection.
            TimeLimitExceeded: Time was up.
        """
        limit = self._limits.time if seconds is None else seconds
        until = None if limit is None else time.monotonic() + limit
        pending: list[Promise] = []

        def begin() -> None:
            value = start()
            if value is None:
                return
            if self._bridge.enter_text("adopt", value.id):
                promise = Promise(self._bridge, value.id)
                pending.append(promise)
                self._bridge.expect(promise)
                promise.add_done_callback(lambda done: self._deliver(done, value, on_value))
            elif on_value is not None:
                on_value(value)

        self._uncaught.clear()
        self._run_active = True
        try:
            self._call_within(begin, op, until, limit)
            remaining = None if until is None else max(0.0, until - time.monotonic())
            if not self.owner.wait_idle(remaining, stop=lambda: bool(self._uncaught)):
                self._time_is_up(limit)
            if self._uncaught:
                raise self._uncaught[0]
            if pending and not pending[0].done:
                raise JsError("", "the promise never settles: nothing is left that could settle it")
        finally:
            self._run_active = False

    def _deliver(self, promise: Promise, value: Held, on_value: Callable[[Held], None] | None) -> None:
        if self.closed:
            return
        try:
            promise.result()
            if on_value is not None:
                on_value(value)
        except XpyjaError as error:
            self.uncaught(error)

    def _call_within(self, fn: Callable[[], None], op: str, until: float | None, limit: float | None) -> None:
        timeout = None if until is None else max(0.0, until - time.monotonic())
        try:
            self.owner.call(fn, op=op, timeout=timeout)
        except CallCanceled as error:
            if isinstance(error.__cause__, XpyjaError):
                raise error.__cause__ from None  # the memory limit says more than "cancelled"
            if isinstance(error.__cause__, TimeoutError) and limit is not None:
                raise self.located(TimeLimitExceeded(limit)) from error
            raise

    def _time_is_up(self, limit: float | None) -> None:
        error = TimeLimitExceeded(limit or 0.0)
        self.owner.interrupt(error)
        raise self.located(error)

    def located(self, error: TimeLimitExceeded) -> TimeLimitExceeded:
        """Adds where the script was stopped, when it stops soon enough to tell."""
        if self.owner.wait_rest(LOCATE_SECONDS):
            error.frames = self._stopped_at
        return error

    def interrupt(self, reason: BaseException | None = None) -> bool:
        """Stops the JavaScript that is running. Scripts cannot catch it; the runtime stays usable.

        Returns:
            Whether anything was running.
        """
        return self.owner.interrupt(reason if reason is not None else InterruptedError("interrupted"))

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Waits until nothing is pending; see `RuntimeOwner.wait_idle`."""
        return self.owner.wait_idle(timeout)

    def deferred(self, op: str = "deferred") -> Deferred:
        """Makes a promise that Python settles."""
        return self._bridge.deferred(op)

    @property
    def output(self) -> Output:
        """Where ``console`` writes. Owner thread."""
        return self._output

    @property
    def heap_size(self) -> int:
        """Bytes of JavaScript heap in use."""
        return self._bridge.vm.heap_size()

    # -- Driver: what the owner asks for -----------------------------------------------------------------------------

    def drain(self) -> None:
        """Owner thread: runs pending jobs to their end, then reports rejections that nothing handled."""
        vm = self._bridge.vm
        while True:
            while (failed := vm.drain_one()) is not None:
                if failed:
                    self.uncaught(self._bridge.error(failed))
            unhandled, others = vm.unhandled()
            if not unhandled:
                break
            for text in unhandled:
                self.uncaught(_unhandled(self._bridge.error(text)))
            if others:
                self.uncaught(UnhandledRejection("", f"{others} more promises were rejected and nothing handled them"))
        self._bridge.forget_segments()

    def fire(self, timer: int) -> None:
        """Owner thread: runs a timer's callback."""
        self._bridge.enter_text("timer", timer)

    def raise_interrupt(self) -> None:
        """Any thread: stops running JavaScript, and keeps stopping it."""
        self._bridge.vm.interrupt()

    def clear_interrupt(self) -> None:
        """Owner thread: lets JavaScript run again."""
        self._bridge.vm.resume()

    def entered(self) -> None:
        """Owner thread: an outermost entry begins."""
        self._bridge.release_dropped()
        limit = self._limits.memory
        if limit is not None and self._bridge.vm.heap_size() > limit * SOFT_MEMORY:
            self._bridge.vm.collect()  # what an earlier entry left behind must not stop this one
        if limit is not None and self._probe is None:
            from xpyja.runtime.engine.watchdog import watchdog

            self._probe = watchdog.probe(self._look_at_heap)

    def _look_at_heap(self) -> None:
        """Watchdog thread."""
        limit = self._limits.memory or 0
        if self.owner.resting:
            probe, self._probe = self._probe, None
            if probe is not None:
                probe()
        elif not self.owner.recovering and self._bridge.vm.heap_size() > limit * SOFT_MEMORY:
            self.owner.interrupt(JsMemoryError("InternalError", f"memory limit of {limit} bytes reached"))

    def recover(self) -> None:
        """Owner thread: puts right what an interrupt left half done, and notes where it hit."""
        self._bridge.vm.collect()
        self._bridge.enter_text("recover")
        if self._bridge.vm.stopped_to_slot():
            self._stopped_at = tuple(
                frame for frame in javascript_frames(self._bridge.enter_text("stackOfStopped")) if frame.file
            )

    def uncaught(self, error: BaseException) -> None:
        """Owner thread: takes an error that nobody waits for."""
        if self._run_active:
            self._uncaught.append(error)
            self.owner.wake_waiters()
        elif self._composition.on_uncaught is not None:
            self._composition.on_uncaught(error)
        else:
            self._output.write(2, f"uncaught: {error}\n")

    def end_run(self, error: BaseException) -> None:
        """Owner thread: ends the program that `run` waits for, as an uncaught error would; harmless without one."""
        if self._run_active:
            self.uncaught(error)

    def lost(self, reason: str) -> None:
        """Owner thread: the VM cannot go on."""
        self.uncaught(VmClosed(f'the runtime "{self.name}" had to be closed: {reason}'))
        self.owner.shutdown(0)

    # -- operations of the engine's JavaScript -----------------------------------------------------------------------

    def _operations(self) -> dict[str, Callable[..., object]]:
        output, timers, bridge = self._output, self.owner.timers, self._bridge
        return {
            "write": lambda fd, text: output.write(fd, json.loads(text)),
            "now": lambda: time.monotonic() * 1000,
            "isTTY": output.is_terminal,
            "colors": output.colors,
            "columns": output.columns,
            "startTimer": timers.start,
            "stopTimer": timers.stop,
            "referTimer": timers.refer,
            "startImmediate": timers.start_immediate,
            "resolve": self._resolve,
            "compile": self._compile,
            "read": lambda path: bridge.answer(read_source(json.loads(path))),
            "native": self._native,
            "requireModule": self._require_module,
            "moduleDone": lambda name: self.modules.done(name),
        }

    def _resolve(self, specifier: str, parent: str) -> str:
        found = self._resolver.resolve(json.loads(specifier), json.loads(parent))
        return self._bridge.answer({"kind": found.kind, "path": found.path})

    def _compile(self, path: str) -> str:
        """Compiles a CommonJS file into the slot; answers true when it is an ES module after all."""
        file = json.loads(path)
        source = read_source(file)
        failed = self._bridge.vm.compile_function(source, file, WRAPPER_PARAMETERS)
        if failed and not file.endswith(".cjs") and looks_like_module(source):
            return "jtrue"
        return failed or "jfalse"

    def _require_module(self, path: str) -> str:
        self.modules.require(json.loads(path))
        return "u"

    @property
    def modules(self) -> EsModules:
        """The ES modules. Owner thread; made with the first one."""
        if self._modules is None:
            from xpyja.runtime.engine.esmodules import EsModules

            self._modules = EsModules(self._bridge, self._vm_modules, self._resolver, lambda: self._main_name)
        return self._modules

    def _native(self, alias: str) -> str:
        name = json.loads(alias)
        exports = self._composition.modules[name].make(self)
        if not isinstance(exports, JsSource):
            return self._bridge.answer({"exports": dict(exports)})
        failed = self._bridge.vm.compile_function(read_source(exports.path), exports.path, NATIVE_PARAMETERS)
        return failed or self._bridge.answer({"path": exports.path, "bindings": dict(exports.bindings)})

    # -- the end -----------------------------------------------------------------------------------------------------

    def add_closer(self, closer: Callable[[], None]) -> None:
        """Registers work for the end: last-in first-out, on the owner; a failing closer does not stop the others."""
        self._closers.append(closer)

    @property
    def closed(self) -> bool:
        """Whether the runtime is closed, or lost."""
        return self.owner.closed

    def close(self, timeout: float | None = 5.0) -> None:
        """Stops what runs, runs the closers, frees the engine and ends the thread. Closing twice is harmless.

        Raises:
            CloseTimeout: A host function does not return; its thread is a daemon and goes on alone.
            CloseError: Closers failed; it has all the failures.
        """
        until = None if timeout is None else time.monotonic() + timeout
        self._bridge.cancel_work()
        self.owner.shutdown(timeout)
        still = self._bridge.join_work(None if until is None else max(0.0, until - time.monotonic()))
        if still:
            raise CloseTimeout(self.name, timeout or 0.0, still)
        failures, self._failures = self._failures, ()
        if failures:
            raise CloseError(self.name, failures)

    def _close_quietly(self) -> None:
        try:
            self.close()
        except XpyjaError:
            pass  # the error that led here is the one to show

    def _finish(self) -> None:
        """Owner thread: the last thing that happens."""
        failures: list[BaseException] = []
        while self._closers:
            try:
                self._closers.pop()()
            except Exception as error:  # noqa: BLE001 - all of them are reported
                failures.append(error)
        self._failures = tuple(failures)
        self._bridge.close()
        if self._vm_modules is not None:
            self._vm_modules.close()
        if self._bridge.vm is not None:
            self._bridge.vm.close()

    def __enter__(self) -> Runtime:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is None:
            self.close()
        else:
            self._close_quietly()


def _unhandled(error: XpyjaError) -> XpyjaError:
    if not isinstance(error, JsError):
        return error
    rejection = UnhandledRejection(
        error.name,
        error.text,
        error.frames,
        cause=error.cause,
        errors=error.errors,
        code=error.code,
        ref=error.ref,
        hint=error.hint,
    )
    rejection.__cause__ = error.__cause__
    return rejection
