"""What stands in Python for things that live in JavaScript, and the other way round.

Each holds a number of a table; `Bridge` makes them and knows what the numbers mean.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from xpyja.runtime.errors import EngineError, XpyjaError

if TYPE_CHECKING:
    from xpyja.runtime.engine.bridge import Bridge


class Reference:
    """Holds an id of the JavaScript table and gives it back when nobody needs it any more, on whatever thread."""

    __slots__ = ("__weakref__", "bridge", "id")

    def __init__(self, bridge: Bridge, id_: int) -> None:
        self.bridge = bridge
        self.id = id_

    def __del__(self) -> None:
        self.bridge.dropped.append(self.id)  # deque.append is atomic; the owner empties it


class Function(Reference):
    """A JavaScript function in Python. Callable from any thread: off the owner it waits for the owner."""

    __slots__ = ("__name__",)

    def __init__(self, bridge: Bridge, id_: int, name: str) -> None:
        super().__init__(bridge, id_)
        self.__name__ = name or "anonymous"

    def __call__(self, *args: object) -> Any:  # whatever the function returns
        """Calls the function.

        Raises:
            JsError: It threw.
            OwnerClosed: The runtime is closed.
        """
        return self.bridge.run(lambda: self.bridge.call(self.id, args), self.__name__)

    def __repr__(self) -> str:
        return f"<JavaScript function {self.__name__}>"


class Promise(Reference):
    """A JavaScript promise in Python. Any thread may wait for it, except the owner: it would wait for itself."""

    __slots__ = ("_callbacks", "_error", "_finished", "_lock", "_value", "_watched")

    def __init__(self, bridge: Bridge, id_: int) -> None:
        super().__init__(bridge, id_)
        self._callbacks: list[Callable[[Promise], None]] = []
        self._finished = threading.Event()
        self._lock = threading.Lock()  # between settling and adding callbacks
        self._watched = False
        self._value: Any = None  # what the promise was fulfilled with
        self._error: BaseException | None = None

    @property
    def done(self) -> bool:
        """Whether it has settled, as far as somebody watched it."""
        return self._finished.is_set()

    def result(self, timeout: float | None = None) -> Any:
        """Waits for the promise and returns its value.

        Raises:
            JsError: It was rejected.
            TimeoutError: It did not settle in time.
        """
        if not self.done:
            self.watch()
            if self.bridge.owner.on_owner() and not self.done:
                raise EngineError("a promise cannot be waited for on the owner's own thread: it would never settle")
            if not self._finished.wait(timeout):
                raise TimeoutError("the promise did not settle in time")
        if self._error is not None:
            raise self._error
        return self._value

    def watch(self) -> None:
        """Asks JavaScript to tell how the promise ends, which also handles its rejection. Any thread."""
        if not self._watched:
            self.bridge.run(lambda: self.bridge.watch(self), "await")
            self._watched = True

    def add_done_callback(self, callback: Callable[[Promise], None]) -> None:
        """Calls `callback` with the promise when it has settled: on the owner, or at once when it has already."""
        with self._lock:
            waits = not self.done
            if waits:
                self._callbacks.append(callback)
        if waits:
            self.watch()
        else:
            callback(self)

    def settle(self, value: Any, error: BaseException | None) -> None:
        """Notes how the promise ended. Owner thread; the bridge calls it."""
        with self._lock:
            if self.done:
                return
            self._value, self._error = value, error
            self._finished.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            try:
                callback(self)
            except Exception as failure:  # noqa: BLE001 - such as an asyncio loop that is closed; the others still run
                self.bridge.owner.report("await", failure)

    def __await__(self) -> Generator[Any, None, Any]:
        from asyncio import get_running_loop

        loop = get_running_loop()
        future = loop.create_future()

        def finish() -> None:
            if future.cancelled():
                return
            if self._error is not None:
                future.set_exception(self._error)
            else:
                future.set_result(self._value)

        def settled(_: Promise) -> None:
            loop.call_soon_threadsafe(finish)

        self.add_done_callback(settled)
        return future.__await__()

    def __repr__(self) -> str:
        return "<JavaScript promise>"


class Deferred:
    """A promise that Python settles. Pass the object to JavaScript, where it is a Promise.

    `resolve` and `reject` may be called from any thread; only the first call counts.
    """

    __slots__ = ("__weakref__", "_bridge", "_ids", "_lock", "_outcome", "_work", "on_close", "op")

    def __init__(self, bridge: Bridge, op: str) -> None:
        self._bridge = bridge
        self._ids: list[int] = []  # one for each time that it crossed and has not been settled since
        self._lock = threading.Lock()
        self._outcome: tuple[bool, object] | None = None
        self._work = bridge.owner.begin_work(op)
        self.op = op
        self.on_close: Callable[[], object] | None = None  # stops the work behind it when the runtime closes
        bridge.deferreds.add(self)

    def resolve(self, value: object = None) -> None:
        """Fulfils the promise."""
        self._settle(True, value)

    def reject(self, error: BaseException) -> None:
        """Rejects the promise."""
        if not isinstance(error, BaseException):
            raise TypeError(f"a promise is rejected with an exception, not with a {type(error).__name__}")
        self._settle(False, error)

    def _settle(self, fulfilled: bool, value: object) -> None:
        with self._lock:
            if self._outcome is not None:
                return
            self._outcome = (fulfilled, value)
        self._bridge.deferreds.discard(self)
        try:
            self._post()
        finally:
            self._bridge.owner.end_work(self._work)

    def crossed(self, id_: int) -> None:
        """Notes a number of the promise; it has one for each time it crosses. Owner thread; the bridge calls it."""
        with self._lock:
            self._ids.append(id_)
            settled = self._outcome is not None
        if settled:
            self._post()

    def _post(self) -> None:
        try:
            self._bridge.owner.post(self._deliver, op=self.op)
        except XpyjaError:
            pass  # the runtime is closed, and the promise with it

    def _deliver(self) -> None:
        with self._lock:
            ids, self._ids = self._ids, []
        for id_ in ids:
            if self._outcome is not None:
                self._bridge.settle(id_, *self._outcome)


class ErrorReference(Reference):
    """Keeps a thrown JavaScript value alive."""

    __slots__ = ("serial",)

    def __init__(self, bridge: Bridge, id_: int, serial: int) -> None:
        super().__init__(bridge, id_)
        self.serial = serial
