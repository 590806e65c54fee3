"""The port: one JavaScript VM, reduced to the few primitives that the rest of the engine is written against.

Nothing outside this file and `capi` sees an object or a value of the binding. Above it there are numbers and texts
only; values live in tables on the JavaScript side (``js/bridge.js``). Another engine takes this one's place by
implementing `Vm`'s methods.

The binding (``_quickjs``) makes the context and carries calls from JavaScript to Python. It is not used to run
anything: its way of turning an exception into Python text calls the script's own code at a moment when that crashes
the process. Everything that can run JavaScript goes through `Vm._run`.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from os.path import dirname, join
from typing import Any

from xpyja.runtime.engine import capi
from xpyja.runtime.engine.capi import JSValue, Pointer
from xpyja.runtime.errors import EngineError, Interrupted, JsMemoryError, JsStackError, VmClosed, WrongThread

MAX_NESTING = 32
"""How many entries may be under way in one VM at once: JavaScript calls Python calls JavaScript, and so on."""

ROOM = 1024 * 1024
ROOM_PER_BYTE = 64
"""How far the heap may grow beyond its limit while a source is compiled, and how much further for each of its bytes."""

MAX_UNHANDLED = 100
"""How many unhandled rejections of one entry are described; a flood of them would take longer than it is worth."""

PYTHON_STACK = 2 * 1024 * 1024
"""Bytes of a thread's stack that stay for Python when JavaScript has used up its own limit."""

MIN_STACK = 64 * 1024
"""The smallest JavaScript stack: the engine's own files need half of it, and 0 would mean no limit at all."""

MIN_MEMORY = 4 * 1024 * 1024
"""The smallest memory limit: the engine itself is not safe when memory runs out just above its base."""

HEADROOM = 8
"""Python calls that must still be possible when JavaScript is entered, since a hook or host call without any would
leave its RecursionError in the engine's hands."""

HostFunction = Callable[..., object]

_UNDEFINED = JSValue(0, capi.TAG_UNDEFINED)
_NULL = JSValue(0, capi.TAG_NULL)
BUILTINS_FOLDER = join(dirname(__file__), "js")
_bytecode: dict[str, bytes] = {}  # compiled built-in files, shared by all VMs of the process


def engine_version() -> str:
    """The release of the JavaScript engine."""
    return str(capi.get_version().decode())


def required_stack(js_stack: int) -> int:
    """The size in bytes of a thread's stack that is safe for a VM with a JavaScript stack of `js_stack` bytes.

    The engine measures from where the VM was made, near the bottom of the thread's stack, so nested entries and the
    Python frames between them share one limit. (The binding's own calls would start it anew each time.)
    """
    return js_stack + PYTHON_STACK


def _precompiled(name: str) -> bytes | None:
    """The bytecode that the builder put beside an engine file (`xpyja.runtime.engine.precompile`), if there is any."""
    try:
        with open(join(BUILTINS_FOLDER, f"{name}.jsc"), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _headroom(levels: int) -> None:
    if levels:
        _headroom(levels - 1)


class Vm:
    """One JavaScript context. It belongs to the thread that makes it, which must not be the main thread.

    All methods but `interrupt` and `heap_size` are for that thread only and raise `WrongThread` elsewhere, `VmClosed`
    after `close`.

    Args:
        host: What JavaScript calls: ``host(operation, *arguments)`` with numbers, booleans, None and flat texts. It
            must not raise.
        stack: Bytes of JavaScript stack.

    Raises:
        WrongThread: Made on the main thread, where a running script could not be interrupted.
        EngineError: The engine is not a supported release, or the stack is too small.
    """

    def __init__(self, host: HostFunction, *, stack: int) -> None:
        if threading.current_thread() is threading.main_thread():
            raise WrongThread("a JavaScript VM cannot live on the main thread", hint="make it inside a RuntimeOwner")
        if stack < MIN_STACK:
            raise EngineError(f"a JavaScript stack of {stack} bytes is below the minimum of {MIN_STACK}")
        self._thread = threading.get_ident()
        self._gate = threading.Lock()  # held while another thread touches the engine, and while closing
        self._closed = False
        self._depth = 0
        self.interrupted = False
        self.memory_limit = 0
        self._stopped: JSValue | None = None  # what the last interrupt threw

        version = engine_version()
        if version not in capi.SUPPORTED_ENGINES:
            raise EngineError(
                f"the JavaScript engine is release {version}; this xpyja works with {', '.join(capi.SUPPORTED_ENGINES)}"
            )
        self._context: Any = capi.binding.Context()  # the binding has no types
        self._context.add_callable("__xpyja_host", host)
        self.runtime_pointer, self.pointer = capi.object_pointers(self._context)
        if capi.get_runtime(self.pointer) != self.runtime_pointer:
            raise EngineError(
                "the engine's memory layout is not the expected one", hint="install the pinned quickjs-ng"
            )
        self._thread_state = capi.thread_state()
        self._running_state = Pointer.from_address(id(self._context) + capi.THREAD_STATE_OFFSET)
        self._arguments = tuple((JSValue * 3)() for _ in range(MAX_NESTING + 1))
        self._rejections: dict[int, tuple[JSValue, JSValue]] = {}  # promise -> it and its reason, kept alive
        self._rejected: list[tuple[JSValue, JSValue]] = []  # handled late; to be freed outside the hook
        self._tracker = capi.RejectionTracker(self._track_rejection)
        self._slot = capi.new_object_proto(self.pointer, _NULL)
        capi.set_stack_size(self.runtime_pointer, stack)
        capi.set_rejection_tracker(self.runtime_pointer, ctypes.cast(self._tracker, Pointer), None)
        self._enter_function = _UNDEFINED
        self.operations: dict[str, int] = {}

    def boot(self) -> None:
        """Loads the engine's own JavaScript, which calls the host function for its files.

        Raises:
            EngineError: The files do not fit the engine.
        """
        self._check()
        boot = self._builtin_function("boot")
        argument = (JSValue * 1)(self._slot)
        enter = self._run(capi.call, self.pointer, boot, _UNDEFINED, 1, ctypes.addressof(argument))
        capi.free_value(self.pointer, boot)
        if enter.tag == capi.TAG_EXCEPTION:
            raise EngineError(f"the engine does not start: {self._exception_text()}")
        self._enter_function = enter
        names = capi.get_property(self.pointer, self._slot, b"value")
        self.operations = {name: number for number, name in enumerate(self._text_of(names).split(","))}

    # -- running ------------------------------------------------------------------------------------------------

    def enter(self, operation: int, number: int = 0, text: str | None = None) -> str:
        """Calls an entry of ``bridge.js`` and returns its answer, or "" for none.

        Args:
            operation: A number from `operations`.
            number: The entry's id argument.
            text: The entry's text argument; ASCII.

        Raises:
            Interrupted: The script was stopped.
            JsMemoryError: Memory ran out beyond what the script's own ``catch`` could report.
            JsStackError: Too many entries are under way.
        """
        self._check()
        self._enter_depth()
        arguments = self._arguments[self._depth - 1]
        arguments[0].payload = operation
        arguments[1].payload = number
        arguments[2] = _UNDEFINED
        try:
            if text is not None:
                arguments[2] = self._new_text(text)
            answer = self._run(
                capi.call, self.pointer, self._enter_function, _UNDEFINED, 3, ctypes.addressof(arguments)
            )
        finally:
            self._depth -= 1
            capi.free_value(self.pointer, arguments[2])
        if answer.tag == capi.TAG_UNDEFINED:
            return ""
        if answer.tag == capi.TAG_EXCEPTION:
            raise self._uncatchable()
        return self._text_of(answer)

    def _run(self, function: Callable[..., Any], *arguments: object) -> Any:
        """Calls a function of the C API that may run JavaScript: the GIL is released meanwhile.

        A host call takes the GIL back with the thread state that it finds in the binding's Context.
        """
        _headroom(HEADROOM)
        state = self._running_state
        before = state.value  # None, unless a hook of the engine runs JavaScript while JavaScript runs
        state.value = self._thread_state
        try:
            return function(*arguments)
        finally:
            state.value = before

    def run_script(self, source: str, filename: str, *, entry: str = "result", line: int = 1) -> str:
        """Runs a script in the global scope.

        Args:
            source: JavaScript.
            filename: Its name in traces.
            entry: What is done with its completion value.
            line: The number of its first line.

        Returns:
            The answer of an entry for its completion value, or of ``failed`` for what it threw.
        """
        self._check()
        compiled = self._compile(source, filename, line=line)
        failed = self.pending_failure() if compiled.tag == capi.TAG_EXCEPTION else self.evaluate_to_slot(compiled)
        return failed or self.enter(self.operations[entry])

    def compile_function(self, source: str, filename: str, parameters: str) -> str:
        """Compiles a function body and puts the function into the slot, where JavaScript takes it.

        Lines and columns of the body are those of the source.

        Returns:
            "", or the answer of the entry ``failed`` when the source has a syntax error.
        """
        self._check()
        # The two lines before the body have the numbers -1 and 0.
        compiled = self._compile(f"(function ({parameters}) {{\n\n{source}\n}})", filename, line=-1)
        if compiled.tag == capi.TAG_EXCEPTION:
            return self.pending_failure()
        # A body that closes the function early runs its rest here, with no more powers than it has anyway.
        return self.evaluate_to_slot(compiled)

    def compile_failure(self, source: str, filename: str, flags: int = capi.EVAL_GLOBAL) -> str:
        """The answer of the entry ``failed`` for a source that does not compile, or "" when it does."""
        self._check()
        value = self._compile(source, filename, line=1, flags=flags)
        if value.tag == capi.TAG_EXCEPTION:
            return self.pending_failure()
        capi.free_value(self.pointer, value)
        return ""

    def evaluate_to_slot(self, compiled: JSValue) -> str:
        """Runs compiled code and puts what it returns into the slot. For the port only.

        Returns:
            "", or the answer of the entry ``failed``.
        """
        self._check()
        self._enter_depth()
        try:
            value = self._run(capi.eval_function, self.pointer, compiled)
        finally:
            self._depth -= 1
        if value.tag == capi.TAG_EXCEPTION:
            return self.pending_failure()
        self.set_slot(value)
        return ""

    def throw_slot(self) -> None:
        """Makes the slot's value the engine's pending exception. For hooks of the port only."""
        capi.throw(self.pointer, self._take_slot())

    def throw_text(self, text: str) -> None:
        """Makes a string the engine's pending exception. For hooks of the port only."""
        capi.throw(self.pointer, self._new_text(text.encode("ascii", "backslashreplace").decode()))

    def load_builtin(self, name: str) -> None:
        """Puts the function of an engine file (``js/NAME.js``) into the slot."""
        self.set_slot(self._builtin_function(name))

    def drain_one(self) -> str | None:
        """Runs one pending job (a promise reaction). Only with no entry under way.

        Returns:
            None when there was none, "" when it ran, or the answer of the entry ``failed`` for what it threw: promises
            take their errors themselves, but ``queueMicrotask`` and finalizers do not.

        Raises:
            Interrupted: The script was stopped.
        """
        context = Pointer()
        done: int = self._run(capi.execute_pending_job, self.runtime_pointer, ctypes.byref(context))
        if done < 0:
            return self.pending_failure()
        return "" if done else None

    def unhandled(self) -> tuple[list[str], int]:
        """Takes the rejections that nothing handled.

        Returns:
            The first `MAX_UNHANDLED`, oldest first, as answers of the entry ``failed``, and the number of the others.
        """
        for value in (value for pair in self._rejected for value in pair):
            capi.free_value(self.pointer, value)
        self._rejected.clear()
        answers: list[str] = []
        while self._rejections and len(answers) < MAX_UNHANDLED:
            promise, reason = self._rejections.pop(next(iter(self._rejections)))
            capi.free_value(self.pointer, promise)
            self.set_slot(reason)
            answers.append(self.enter(self.operations["failed"]))
        others = tuple(self._rejections.values())
        self._rejections.clear()
        for value in (value for pair in others for value in pair):
            capi.free_value(self.pointer, value)
        return answers, len(others)

    # -- stopping -----------------------------------------------------------------------------------------------

    def interrupt(self) -> None:
        """Stops whatever runs, and keeps stopping it until `resume`. Any thread. Scripts cannot catch it."""
        with self._gate:
            if not self._closed:
                self.interrupted = True
                capi.set_interrupt_handler(self.runtime_pointer, capi.ALWAYS_INTERRUPT, None)

    def resume(self) -> None:
        """Lets scripts run again after `interrupt`."""
        with self._gate:
            self.interrupted = False
            if not self._closed:
                capi.set_interrupt_handler(self.runtime_pointer, None, None)

    # -- limits -------------------------------------------------------------------------------------------------

    def limit_memory(self, size: int) -> None:
        """Sets the hard limit of the JavaScript heap in bytes, at least `MIN_MEMORY`."""
        self._check()
        if size < MIN_MEMORY:
            raise EngineError(f"a memory limit of {size} bytes is below the engine's minimum of {MIN_MEMORY}")
        self.memory_limit = size
        capi.set_memory_limit(self.runtime_pointer, size)

    def heap_size(self) -> int:
        """Bytes of JavaScript heap in use, 0 after `close`. Any thread."""
        with self._gate:
            if self._closed:
                return 0
            return ctypes.c_int64.from_address(self.runtime_pointer + capi.HEAP_SIZE_OFFSET).value

    def collect(self) -> None:
        """Runs the engine's garbage collector."""
        self._check()
        capi.run_gc(self.runtime_pointer)

    # -- the slot -----------------------------------------------------------------------------------------------

    def put_buffer(self, index: int, data: bytes) -> None:
        """Puts an ArrayBuffer with a copy of `data` into the slot."""
        buffer = capi.new_array_buffer(self.pointer, data, len(data))
        if buffer.tag == capi.TAG_EXCEPTION:
            raise self._uncatchable()
        if capi.set_index(self.pointer, self._slot, index, buffer) < 0:
            raise self._uncatchable()

    def take_buffer(self, index: int) -> bytes:
        """Takes the bytes of a Uint8Array out of the slot."""
        value = capi.get_index(self.pointer, self._slot, index)
        if capi.typed_array_type(value) != capi.UINT8_ARRAY:  # asked before: the next function would throw
            capi.free_value(self.pointer, value)
            raise EngineError("a buffer did not arrive from JavaScript")
        size = ctypes.c_size_t()
        address = capi.get_bytes(self.pointer, ctypes.byref(size), value)
        data = ctypes.string_at(address, size.value) if address else b""
        capi.free_value(self.pointer, value)
        capi.set_index(self.pointer, self._slot, index, _UNDEFINED)
        return data

    def slot_open_proxy(self) -> bool:
        """Replaces a Proxy in the slot by its target, and puts its handler beside it. False when it is none."""
        value = self._take_slot()
        proxy = bool(capi.is_proxy(value))
        if proxy:
            self.set_slot(capi.get_proxy_target(self.pointer, value))
            capi.set_property(self.pointer, self._slot, b"handler", capi.get_proxy_handler(self.pointer, value))
        capi.free_value(self.pointer, value)
        return proxy

    def slot_promise_state(self) -> int:
        """Replaces the promise in the slot by its value: 0 pending, 1 fulfilled, 2 rejected; -1 is no promise."""
        value = self._take_slot()
        state: int = capi.promise_state(self.pointer, value)
        if state > 0:
            self.set_slot(capi.promise_result(self.pointer, value))
        capi.free_value(self.pointer, value)
        return state

    # -- end ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Frees the engine. Nothing may be running. Closing twice is harmless."""
        if self._closed:
            return
        self._check()
        with self._gate:
            self._closed = True
            capi.set_interrupt_handler(self.runtime_pointer, None, None)
        capi.set_rejection_tracker(self.runtime_pointer, None, None)
        for value in (value for pair in (*self._rejected, *self._rejections.values()) for value in pair):
            capi.free_value(self.pointer, value)
        self._rejected.clear()
        self._rejections.clear()
        if self._stopped is not None:
            capi.free_value(self.pointer, self._stopped)
        capi.free_value(self.pointer, self._enter_function)
        capi.free_value(self.pointer, self._slot)
        self._context = None  # the last reference: the engine dies here, on its own thread

    # -- inside -------------------------------------------------------------------------------------------------

    def _check(self) -> None:
        if threading.get_ident() != self._thread:
            raise WrongThread(
                "this JavaScript VM belongs to another thread", hint="go through its owner: owner.call(fn)"
            )
        if self._closed:
            raise VmClosed("this JavaScript VM is closed")

    def _enter_depth(self) -> None:
        if self._depth >= MAX_NESTING:
            raise JsStackError(
                "RangeError", f"more than {MAX_NESTING} calls between JavaScript and Python are nested in each other"
            )
        self._depth += 1

    def _compile(self, source: str, filename: str, *, line: int, flags: int = capi.EVAL_GLOBAL) -> JSValue:
        # "surrogatepass": a lone surrogate in a string literal of a script is legal JavaScript.
        data = source.encode("utf-8", "surrogatepass")
        options = capi.EvalOptions(1, flags | capi.EVAL_COMPILE_ONLY, filename.encode(errors="replace"), line)
        if self.memory_limit and len(data) > self.memory_limit:
            raise JsMemoryError("InternalError", f"{filename} is larger than the memory limit")
        self._make_room(len(data))
        try:
            value: JSValue = self._run(capi.evaluate, self.pointer, data, len(data), ctypes.byref(options))
        finally:
            self._end_room()
        return value

    def _make_room(self, size: int) -> None:
        """Lets the heap grow beyond its limit until `_end_room`: the compiler may crash when memory runs out in it."""
        if self.memory_limit:
            room = ROOM + size * ROOM_PER_BYTE
            capi.set_memory_limit(self.runtime_pointer, max(self.memory_limit, self.heap_size()) + room)

    def _end_room(self) -> None:
        if self.memory_limit:
            capi.set_memory_limit(self.runtime_pointer, self.memory_limit)

    def _builtin_function(self, name: str) -> JSValue:
        code = _bytecode.get(name)
        if code is None:
            code = _bytecode[name] = _precompiled(name) or self.compile_builtin(name)
        self._make_room(len(code))
        try:
            function: JSValue = capi.read_object(self.pointer, code, len(code), capi.WRITE_BYTECODE)
            if function.tag != capi.TAG_EXCEPTION:
                function = self._run(capi.eval_function, self.pointer, function)
        finally:
            self._end_room()
        if function.tag == capi.TAG_EXCEPTION:
            raise self._uncatchable()
        return function

    def compile_builtin(self, name: str) -> bytes:
        """Compiles an engine file to bytecode.

        Raises:
            EngineError: It has a syntax error.
        """
        self._check()
        with open(join(BUILTINS_FOLDER, f"{name}.js"), encoding="utf-8") as file:
            source = file.read()
        if name != "boot":
            source = f"(function (exports, require, internal) {{\n\n{source}\n}})"
        value = self._compile(source, f"xpyja:{name}", line=-1 if name != "boot" else 1)
        if value.tag == capi.TAG_EXCEPTION:
            raise EngineError(f"the engine's file {name}.js does not compile: {self._exception_text()}")
        size = ctypes.c_size_t()
        self._make_room(len(source))
        address = capi.write_object(self.pointer, ctypes.byref(size), value, capi.WRITE_BYTECODE)
        self._end_room()
        if not address:
            capi.free_value(self.pointer, value)
            raise self._uncatchable()  # never an empty text: all VMs of the process would get it
        code = ctypes.string_at(address, size.value)
        capi.js_free(self.pointer, address)
        capi.free_value(self.pointer, value)
        return code

    def set_slot(self, value: JSValue) -> None:
        """Puts a value into the slot and takes over the reference. For the port only."""
        capi.set_property(self.pointer, self._slot, b"value", value)  # takes the reference

    def _take_slot(self) -> JSValue:
        value: JSValue = capi.get_property(self.pointer, self._slot, b"value")
        self.set_slot(_UNDEFINED)
        return value

    def _new_text(self, text: str) -> JSValue:
        data = text.encode()
        value: JSValue = capi.new_string(self.pointer, data, len(data))
        if value.tag == capi.TAG_EXCEPTION:
            raise self._uncatchable()
        return value

    def _text_of(self, value: JSValue) -> str:
        """Reads a text and frees it."""
        size = ctypes.c_size_t()
        address = capi.to_text(self.pointer, ctypes.byref(size), value, False)
        capi.free_value(self.pointer, value)
        if not address:
            raise self._uncatchable()
        data = ctypes.string_at(address, size.value)
        capi.free_text(self.pointer, address)
        return data.decode("utf-8", "surrogatepass")

    def pending_failure(self) -> str:
        """Describes the pending exception.

        Raises:
            Interrupted: It is an interrupt.
        """
        error = capi.get_exception(self.pointer)
        if self.interrupted:
            raise self._interrupt_thrown(error)
        self.set_slot(error)
        return self.enter(self.operations["failed"])

    def _uncatchable(self) -> Interrupted | JsMemoryError:
        """Makes the error for what passed every ``catch``: an interrupt or the end of memory."""
        error = capi.get_exception(self.pointer)
        if self.interrupted:
            return self._interrupt_thrown(error)
        capi.free_value(self.pointer, error)
        return JsMemoryError("InternalError", "out of memory")

    def _interrupt_thrown(self, error: JSValue) -> Interrupted:
        if self._stopped is None:
            self._stopped = error
        else:
            capi.free_value(self.pointer, error)  # an outer frame of the same interrupt
        return Interrupted("interrupted")

    def stopped_to_slot(self) -> bool:
        """Puts what the last interrupt threw into the slot, once. False when there is nothing."""
        if self._stopped is None:
            return False
        self.set_slot(self._stopped)
        self._stopped = None
        return True

    def _exception_text(self) -> str:
        """The pending exception as text; for engine files only, since it may run the thrown value's code."""
        return self._text_of(capi.get_exception(self.pointer))

    def _track_rejection(self, _: int, promise: JSValue, reason: JSValue, handled: bool, __: int) -> None:
        # A hook of the engine: it may take and give references and nothing else.
        key = promise.payload
        if handled:
            pair = self._rejections.pop(key, None)
            if pair is not None:
                self._rejected.append(pair)
        else:
            self._rejections[key] = (
                capi.dup_value(self.pointer, promise),
                capi.dup_value(self.pointer, reason),
            )
