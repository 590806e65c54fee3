"""Python awaitables as JavaScript promises. Imported when the first one crosses: it may need asyncio."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from xpyja.runtime.engine.references import Promise

if TYPE_CHECKING:
    import asyncio

    from xpyja.runtime.engine.bridge import Bridge
    from xpyja.runtime.engine.references import Deferred

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def defer(bridge: Bridge, value: Any) -> Deferred:  # anything awaitable
    """Makes a deferred that settles as an awaitable or future does. Owner thread.

    A coroutine runs on one asyncio loop that all runtimes of the process share, on a thread of its own.
    """
    deferred = bridge.deferred(getattr(value, "__qualname__", type(value).__name__))

    def finished(future: Any) -> None:
        if future.cancelled():
            deferred.reject(InterruptedError("cancelled"))
            return
        error = future.exception()
        if error is not None:
            deferred.reject(error)
        else:
            deferred.resolve(future.result())

    if isinstance(value, Promise):  # of another runtime
        value.add_done_callback(lambda promise: _follow(promise, deferred))
    elif hasattr(value, "get_loop"):  # an asyncio future belongs to its loop's thread
        value.get_loop().call_soon_threadsafe(value.add_done_callback, finished)
    elif hasattr(value, "add_done_callback"):
        value.add_done_callback(finished)
    else:
        import asyncio

        task = asyncio.run_coroutine_threadsafe(_await(value), _shared_loop())
        deferred.on_close = task.cancel
        task.add_done_callback(finished)
    return deferred


def _follow(promise: Promise, deferred: Deferred) -> None:
    try:
        deferred.resolve(promise.result())
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the promise was rejected with
        deferred.reject(error)


async def _await(value: Any) -> Any:
    return await value


def _shared_loop() -> asyncio.AbstractEventLoop:
    global _loop
    with _lock:
        if _loop is None:
            import asyncio

            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="xpyja-asyncio", daemon=True).start()
        return _loop
