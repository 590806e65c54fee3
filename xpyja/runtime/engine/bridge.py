"""The Python side of the bridge: what the numbers in the texts stand for.

JavaScript calls `Bridge.dispatch` with a number (a Python function that crossed) or a name (an operation of the engine
itself). Python calls JavaScript through `Bridge.call`. ``js/bridge.js`` is the other end.
"""

from __future__ import annotations

import itertools
import json
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from xpyja.runtime.api.marking import MARK as BLOCKING
from xpyja.runtime.api.values import UNDEFINED, Handle
from xpyja.runtime.engine.error_shapes import INDESCRIBABLE, error_class, is_json, javascript_shape, message_of
from xpyja.runtime.engine.marshal import Decoder, Encoder
from xpyja.runtime.engine.references import Deferred, ErrorReference, Function, Promise, Reference
from xpyja.runtime.engine.trace import interleave, javascript_frames, python_frames
from xpyja.runtime.errors import (
    EngineError,
    JsError,
    JsMemoryError,
    JsStackError,
    MarshalError,
    OwnerClosed,
    XpyjaError,
)

if TYPE_CHECKING:
    from xpyja.runtime.engine.owner import RuntimeOwner
    from xpyja.runtime.engine.vm import Vm
    from xpyja.runtime.engine.workers import Workers
    from xpyja.runtime.errors import Frame

_INT32 = 2**31


class _Entrance(NamedTuple):
    """A Python function that JavaScript may call: itself, what a call reaches, and how many arguments it takes."""

    function: Callable[..., object]
    call: Callable[..., object]
    most: int | None


class Bridge:
    """Tables and calls of one VM. Owner thread only, but for `run`.

    Args:
        owner: The VM's owner.
    """

    def __init__(self, owner: RuntimeOwner) -> None:
        self.owner = owner
        self.vm: Vm = None  # type: ignore[assignment]  # until the owner has made it
        self.dropped: deque[int] = deque()
        self.deferreds: set[Deferred] = set()
        self.operations: dict[str, Callable[..., object]] = {
            "builtin": self._builtin,
            "release": self._release,
            "settled": self._settled,
            "openProxy": lambda: self.vm.slot_open_proxy(),
            "promiseState": lambda: self.vm.slot_promise_state(),
        }
        self._functions: dict[int, _Entrance] = {}
        self._workers: Workers | None = None
        self._objects: dict[int, object] = {}  # targets of handles, and exceptions behind JavaScript errors
        self._watched: dict[int, Promise] = {}
        self._segments: dict[int, list[list[Frame]]] = {}  # error -> Python frames it passed on its way
        self._numbers = itertools.count(1)
        self._encoder = Encoder(self)
        self._decoder = Decoder(self)

    # -- JavaScript calls Python ---------------------------------------------------------------------------------

    def dispatch(self, operation: int | str, *args: object) -> object:
        """What JavaScript calls. Answers with a small value or a text; never raises."""
        try:
            if type(operation) is str:
                return self.operations[operation](*args)
            _, function, most = self._functions[operation]  # type: ignore[index]
            if args:
                if type(args[0]) is str:
                    args = self._arguments(args[0], single=len(args) > 1)
                elif args[0] is None:  # what the binding makes of a text when memory is gone
                    raise JsMemoryError("InternalError", "out of memory")
            result = function(*args[:most])  # as in JavaScript, arguments too many are no error
            kind = type(result)
            if result is None or kind is bool or (kind is int and -_INT32 <= result < _INT32):  # type: ignore[operator]
                return result
            return self._encoder.encode(result)
        except BaseException as error:  # noqa: BLE001 - the binding must never see one
            try:
                return self._error_text(error)
            except BaseException:  # noqa: BLE001 - nor this one: no stack or no memory is left
                return INDESCRIBABLE

    def _arguments(self, text: str, *, single: bool) -> tuple[object, ...]:
        if single:
            return (self._decoder.scan(text),)
        arguments = self._decoder.decode(text)
        while arguments and arguments[-1] is UNDEFINED:
            arguments.pop()  # so that Python's defaults apply
        return tuple(None if argument is UNDEFINED else argument for argument in arguments)

    def answer(self, value: object) -> str:
        """Makes the text for an operation's answer."""
        return self._encoder.encode(value)

    def _error_text(self, error: BaseException) -> str:
        return "e" + json.dumps(self._error_data(error))

    def _error_data(self, error: BaseException) -> dict[str, Any]:  # JSON values
        if isinstance(error, JsError) and isinstance(error.ref, ErrorReference) and error.ref.bridge is self:
            # On its way back into the VM that it came from: there it is the same object again.
            self._segments.setdefault(error.ref.serial, []).append(python_frames(error.__traceback__))
            return {
                "name": error.name,
                "message": error.text,
                "code": None,
                "properties": {},
                "id": 0,
                "ref": error.ref.id,
            }
        name, code, properties = javascript_shape(error)
        return {
            "name": name,
            "message": message_of(error),
            "code": code,
            "properties": {key: value for key, value in properties.items() if is_json(value)},
            "id": self._keep(error),
            "ref": 0,
        }

    def _builtin(self, name: str) -> None:
        self.vm.load_builtin(name)

    def _release(self, number: int) -> None:
        self._functions.pop(number, None)
        self._objects.pop(number, None)

    def _settled(self, number: int, text: str | None) -> None:
        promise = self._watched.pop(number, None)
        if promise is None:
            return
        try:
            value, error = self.read(text), None
        except XpyjaError as failure:
            value, error = None, failure
        promise.settle(value, error)

    # -- Python calls JavaScript -----------------------------------------------------------------------------------

    def run(self, fn: Callable[[], Any], op: str) -> Any:
        """Runs `fn` on the owner: at once when already there, else through the queue. Any thread."""
        if self.owner.on_owner():
            return fn()
        return self.owner.call(fn, op=op)

    def call(self, function: int, args: tuple[object, ...]) -> Any:
        """Calls a function of the JavaScript table."""
        return self.enter("call", function, list(args))

    def enter(self, operation: str, number: int = 0, value: object = UNDEFINED) -> Any:
        """Calls an entry of ``bridge.js`` with an encoded value and decodes the answer.

        Raises:
            JsError: The script threw.
        """
        self.release_dropped()
        text = None if value is UNDEFINED else self._encoder.encode(value)
        return self.read(self.vm.enter(self.vm.operations[operation], number, text))

    def enter_text(self, operation: str, number: int = 0, text: str | None = None) -> Any:
        """Like `enter`, with a text that the entry itself reads."""
        self.release_dropped()
        return self.read(self.vm.enter(self.vm.operations[operation], number, text))

    def release_dropped(self) -> None:
        """Lets JavaScript forget the values whose last references Python has dropped."""
        if self.dropped:
            dropped = self.dropped
            ids = [dropped.popleft() for _ in range(len(dropped))]
            self.vm.enter(self.vm.operations["release"], 0, json.dumps(ids))

    def watch(self, promise: Promise) -> None:
        """Has JavaScript report how a promise ends."""
        if promise.id in self._watched or promise.done:
            return
        self._watched[promise.id] = promise
        try:
            self.enter_text("watch", promise.id)
        except BaseException:
            del self._watched[promise.id]
            raise

    def error_to_slot(self, error: BaseException) -> None:
        """Puts the JavaScript error for an exception into the slot."""
        self.vm.enter(self.vm.operations["makeError"], 0, self._error_text(error))

    def expect(self, promise: Promise) -> None:
        """Notes a promise whose end JavaScript will report anyway."""
        self._watched[promise.id] = promise

    def deferred(self, op: str = "deferred") -> Deferred:
        """Makes a promise that any thread may settle."""
        return Deferred(self, op)

    def settle(self, number: int, fulfilled: bool, value: object) -> None:
        """Settles the promise that a `Deferred` became."""
        if fulfilled:
            try:
                text = self._encoder.encode(value)
            except Exception as error:  # noqa: BLE001 - the promise must settle; code of the value may raise anything
                fulfilled, text = False, self._error_text(error)
        elif isinstance(value, BaseException):
            text = self._error_text(value)
        self.enter_text("resolve" if fulfilled else "reject", number, text)

    # -- reading -----------------------------------------------------------------------------------------------------

    def read(self, text: str | None) -> Any:
        """Decodes an answer of JavaScript.

        Raises:
            JsError: It is an error.
        """
        if text is None:
            raise JsMemoryError("InternalError", "out of memory")
        if text[:1] == "e":
            raise self.error(text)
        return self._decoder.decode(text)

    def error(self, text: str) -> XpyjaError:
        """Makes the exception for an answer that is an error."""
        if len(text) == 1:
            return JsMemoryError("InternalError", "memory or stack ran out; the error could not be described")
        error = self._make_error(json.loads(text[1:]))
        if type(error) is JsError and (error.name, error.text) == ("", "null") and self.vm.memory_limit:
            # Where memory does not even suffice for an Error, the engine throws null.
            return JsMemoryError("InternalError", "out of memory, or null was thrown", ref=error.ref)
        return error

    def _make_error(self, data: dict[str, Any]) -> XpyjaError:  # JSON values
        name, message, id_, serial = data["name"], data["text"], data["id"], data["serial"]
        original = self._objects.get(id_) if id_ else None
        segments = list(self._segments.get(serial, ()))
        if isinstance(original, BaseException):
            # What a module reports on purpose says all in its message; a bug needs the Python frames.
            deliberate = isinstance(original, XpyjaError)
            segments.insert(0, [] if deliberate else python_frames(original.__traceback__))
        elif data["code"] == "ERR_MARSHAL":
            reason, _, place = message.partition(" (at ")
            return MarshalError(place[:-1] or "$", reason or message)
        limit_reached = isinstance(original, (JsMemoryError, JsStackError))
        kind: type[JsError] = type(original) if limit_reached else error_class(name, message)  # type: ignore[assignment]
        error = kind(
            name,
            message,
            interleave(javascript_frames(data["stack"]), segments),
            cause=self._as_js_error(data["cause"]),
            errors=tuple(filter(None, (self._as_js_error(member) for member in data["errors"]))),
            code=data["code"],
            ref=ErrorReference(self, data["ref"], serial),
            hint=original.hint if isinstance(original, XpyjaError) else None,
        )
        if isinstance(original, BaseException):
            error.__cause__ = original
        return error

    def _as_js_error(self, data: dict[str, Any] | None) -> JsError | None:
        if data is None:
            return None
        error = self._make_error(data)
        return error if isinstance(error, JsError) else JsError("TypeError", error.message)

    def forget_segments(self) -> None:
        """Forgets which Python frames errors have passed; for the end of an outermost entry."""
        self._segments.clear()

    # -- Tables --------------------------------------------------------------------------------------------------------

    def put_buffer(self, index: int, data: bytes) -> None:
        """See `Tables`."""
        self.vm.put_buffer(index, data)

    def take_buffer(self, index: int) -> bytes:
        """See `Tables`."""
        return self.vm.take_buffer(index)

    def export(self, value: object) -> list[Any] | None:
        """See `Tables`."""
        if isinstance(value, Reference) and value.bridge is self:
            return ["f", value.id]
        if isinstance(value, Handle):
            members = dict(value.members) if value.members is not None else None
            return ["h", self._keep(value.target), value.kind, members]
        if isinstance(value, BaseException):
            return ["e", self._error_data(value)]
        if isinstance(value, Deferred):
            number = next(self._numbers)
            value.crossed(number)
            return ["a", number]
        if hasattr(value, "add_done_callback") or hasattr(value, "__await__"):
            from xpyja.runtime.engine.awaiting import defer

            return self.export(defer(self, value))
        if callable(value):
            number = next(self._numbers)
            self._functions[number] = _Entrance(value, self._entrance(value), _most_arguments(value))
            name = getattr(value, "__name__", "")
            return ["y", number, name if type(name) is str else ""]
        return None

    def _entrance(self, function: Callable[..., Any]) -> Callable[..., object]:
        """What JavaScript's calls of a function reach: the function, or what starts it on a worker."""
        if not getattr(function, BLOCKING, False):
            return function
        op = getattr(function, "__qualname__", "blocking")

        def start(*args: object) -> Deferred:
            deferred = self.deferred(op)
            self.workers.start(function, args, deferred)
            return deferred

        return start

    @property
    def workers(self) -> Workers:
        """The worker threads; made with the first blocking call."""
        if self._workers is None:
            from xpyja.runtime.engine.workers import Workers

            self._workers = Workers(self.owner.name)
        return self._workers

    def cancel_work(self) -> None:
        """Asks blocking functions to stop. Any thread."""
        if self._workers is not None:
            self._workers.cancel()

    def join_work(self, timeout: float | None) -> tuple[str, ...]:
        """Waits for blocking functions after `cancel_work`; see `Workers.join`. Any thread but the owner."""
        return () if self._workers is None else self._workers.join(timeout)

    def import_(self, kind: str, data: list[Any]) -> object:
        """See `Tables`."""
        if kind == "f":
            return Function(self, data[0], data[1])
        if kind == "p":
            return Promise(self, data[0])
        if kind == "h":
            return self._objects[data[0]]
        if kind == "y":
            return self._functions[data[0]].function
        if kind == "e":
            return self._make_error(data[0])
        raise EngineError(f"the bridge does not know the tag {kind!r}")

    def _keep(self, value: object) -> int:
        number = next(self._numbers)
        self._objects[number] = value
        return number

    def close(self) -> None:
        """Drops everything; promises that are watched fail, work behind deferreds is asked to stop."""
        for deferred in tuple(self.deferreds):
            if deferred.on_close is not None:
                try:
                    deferred.on_close()
                except Exception as failure:  # noqa: BLE001 - what comes after must happen all the same
                    self.owner.report(deferred.op, failure)
        watched, self._watched = self._watched, {}
        for promise in watched.values():
            promise.settle(None, OwnerClosed("the runtime was closed before the promise settled"))
        self._functions.clear()
        self._objects.clear()
        self._segments.clear()


def _most_arguments(function: Callable[..., object]) -> int | None:
    """How many positional arguments a Python function takes; None for any number, or when it does not say."""
    code = getattr(function, "__code__", None)
    bound = 0
    if code is None:
        code = getattr(getattr(function, "__func__", None), "__code__", None)
        bound = 1
    if code is None or code.co_flags & 0x04:  # CO_VARARGS
        return None
    return int(code.co_argcount) - bound
