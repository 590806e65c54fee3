"""Marks on host functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

MARK = "__xpyja_blocking__"


def blocking(function: Function) -> Function:
    """Marks a function that waits for something: the network, a process, a disk.

    When JavaScript calls it, it runs on a worker thread of the runtime, and JavaScript gets a promise at once. A
    function with a keyword-only parameter named ``token`` is given a `CancelToken`, which is cancelled when the runtime
    closes; it should then return soon, since nobody can stop it.

        @blocking
        def fetch(url: str, *, token: CancelToken) -> bytes: ...
    """
    setattr(function, MARK, True)
    return function
