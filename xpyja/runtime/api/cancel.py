"""Cancellation tokens: one event that any number of calls can share."""

from __future__ import annotations

import threading
from collections.abc import Callable


class CancelToken:
    """A request to stop, made once and seen by everyone who holds the token.

    All methods may be called from any thread.
    """

    __slots__ = ("_callbacks", "_event", "_lock", "_reason")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._reason: BaseException | None = None
        self._callbacks: dict[object, Callable[[BaseException], None]] = {}

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._reason is not None

    @property
    def reason(self) -> BaseException | None:
        """What `cancel` was given."""
        return self._reason

    def cancel(self, reason: BaseException | None = None) -> None:
        """Asks everyone to stop. Only the first call counts.

        Args:
            reason: Becomes the cause of the errors that result.
        """
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason if reason is not None else InterruptedError("cancelled")
            callbacks, self._callbacks = self._callbacks, {}
        self._event.set()
        for callback in callbacks.values():
            callback(self._reason)

    def wait(self, timeout: float | None = None) -> bool:
        """Waits for the cancellation: a sleep that ends when it is time to stop.

        Returns:
            Whether the token was cancelled.
        """
        return self._event.wait(timeout)

    def on_cancel(self, callback: Callable[[BaseException], None]) -> Callable[[], None]:
        """Calls `callback` with the reason when the token is cancelled; at once when it already is.

        Returns:
            A function that takes the callback back.
        """
        with self._lock:
            if self._reason is None:
                key = object()
                self._callbacks[key] = callback
                return lambda: self._forget(key)
        callback(self._reason)
        return lambda: None

    def _forget(self, key: object) -> None:
        with self._lock:
            self._callbacks.pop(key, None)
