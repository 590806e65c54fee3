"""Worker threads of one runtime, for host functions that block. Imported when the first one is called."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from xpyja.runtime.api.cancel import CancelToken
from xpyja.runtime.errors import OwnerClosed

if TYPE_CHECKING:
    from xpyja.runtime.engine.references import Deferred

MAX_THREADS = 8
"""How many blocking functions of one runtime run at once; further ones wait."""


class _Job(NamedTuple):
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    deferred: Deferred
    token: CancelToken


class Workers:
    """A few daemon threads that run blocking functions. All methods may be called from any thread.

    Args:
        name: What to call the threads after.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._condition = threading.Condition()
        self._waiting: deque[_Job] = deque()
        self._running: dict[int, _Job] = {}  # by thread
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False

    def start(self, function: Callable[..., Any], arguments: tuple[Any, ...], deferred: Deferred) -> None:
        """Has a worker call `function` and settle `deferred` with what becomes of it."""
        job = _Job(function, arguments, deferred, CancelToken())
        with self._condition:
            if self._closed:
                deferred.reject(OwnerClosed(f'"{self._name}" is closed'))
                return
            self._waiting.append(job)
            if self._idle >= len(self._waiting) or len(self._threads) >= MAX_THREADS:
                self._condition.notify()
                return
            thread = threading.Thread(
                target=self._work, name=f"{self._name}-worker-{len(self._threads) + 1}", daemon=True
            )
            self._threads.append(thread)
        thread.start()

    def cancel(self) -> None:
        """Refuses new work, rejects what waits, and asks what runs to stop."""
        error = OwnerClosed(f'"{self._name}" was closed')
        with self._condition:
            self._closed = True
            waiting, self._waiting = tuple(self._waiting), deque()
            running = tuple(self._running.values())
            self._condition.notify_all()
        for job in waiting:
            job.deferred.reject(error)
        for job in running:
            job.token.cancel(error)

    def join(self, timeout: float | None) -> tuple[str, ...]:
        """Waits until the threads have ended, after `cancel`.

        Returns:
            The functions that still run after `timeout` seconds; () when all have ended.
        """
        with self._condition:
            self._condition.wait_for(lambda: not self._running, timeout)
            still = tuple(job.deferred.op for job in self._running.values())
        if not still:
            for thread in self._threads:
                thread.join(timeout)
        return still

    def _work(self) -> None:
        me = threading.get_ident()
        while True:
            with self._condition:
                self._idle += 1
                while not (self._waiting or self._closed):
                    self._condition.wait()
                self._idle -= 1
                if not self._waiting:
                    return
                job = self._running[me] = self._waiting.popleft()
            _run(job)
            with self._condition:
                del self._running[me], job
                self._condition.notify_all()


def _run(job: _Job) -> None:
    try:
        options = {"token": job.token} if _takes_token(job.function) else {}
        result = job.function(*job.arguments, **options)
    except Exception as error:  # noqa: BLE001 - it becomes the promise's rejection
        job.deferred.reject(error)
    except BaseException as error:  # noqa: BLE001 - SystemExit and the like do not end a worker
        job.deferred.reject(RuntimeError(f"{job.deferred.op} raised {type(error).__name__}"))
    else:
        job.deferred.resolve(result)


def _takes_token(function: Callable[..., Any]) -> bool:
    code = getattr(function, "__code__", None) or getattr(getattr(function, "__func__", None), "__code__", None)
    return code is not None and "token" in code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]
