"""What JavaScript's own values are in Python, as types for annotations."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Protocol


class JsFunction(Protocol):
    """A JavaScript function in Python. Callable from any thread: off the owner it waits for the owner."""

    def __call__(self, *args: object) -> Any:  # whatever the function returns
        """Calls the function.

        Raises:
            JsError: It threw.
        """


class JsPromise(Awaitable[Any], Protocol):
    """A JavaScript promise in Python."""

    def result(self, timeout: float | None = None) -> Any:
        """Waits for the promise. From any thread but the owner.

        Raises:
            JsError: The promise was rejected.
        """
