"""The one thread that holds all deadlines of the process, and looks at heap sizes.

It starts with the first deadline and is a daemon: a process may end with deadlines pending.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable

HEAP_INTERVAL = 0.01
"""Seconds between two looks at the heaps that have a limit."""


class Watchdog:
    """Calls functions at moments. Use the module's `watchdog`. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._deadlines: list[tuple[float, int, Callable[[], None]]] = []
        self._live: set[int] = set()
        self._probes: dict[int, Callable[[], None]] = {}
        self._next = 0
        self._thread: threading.Thread | None = None

    def at(self, moment: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Calls `callback` on the watchdog's thread at a moment of `time.monotonic`.

        Args:
            moment: When, in seconds.
            callback: Must be quick and must not raise.

        Returns:
            A function that cancels the deadline.
        """
        with self._condition:
            number = self._number()
            if len(self._deadlines) > 64 and len(self._deadlines) > 4 * len(self._live):
                self._deadlines = [deadline for deadline in self._deadlines if deadline[1] in self._live]
                heapq.heapify(self._deadlines)
            heapq.heappush(self._deadlines, (moment, number, callback))
            self._live.add(number)
            self._wake(self._deadlines[0][1] == number)
        return lambda: self._live.discard(number)

    def probe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Calls `callback` every `HEAP_INTERVAL` seconds until the returned function is called."""
        with self._condition:
            number = self._number()
            self._probes[number] = callback
            self._wake(len(self._probes) == 1)
        return lambda: self._forget_probe(number)

    def _forget_probe(self, number: int) -> None:
        with self._condition:
            self._probes.pop(number, None)

    def _number(self) -> int:
        self._next += 1
        return self._next

    def _wake(self, needed: bool) -> None:
        if self._thread is None or not self._thread.is_alive():  # after a fork the thread is gone
            self._thread = threading.Thread(target=self._run, name="xpyja-watchdog", daemon=True)
            self._thread.start()
        elif needed:
            self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait(self._pause())
                due = self._take_due()
                probes = tuple(self._probes.values())
            for callback in (*due, *probes):
                callback()

    def _pause(self) -> float | None:
        until = self._deadlines[0][0] - time.monotonic() if self._deadlines else None
        if self._probes:
            return HEAP_INTERVAL if until is None else min(until, HEAP_INTERVAL)
        return until if until is None else max(until, 0.0)

    def _take_due(self) -> list[Callable[[], None]]:
        now = time.monotonic()
        due = []
        while self._deadlines and (self._deadlines[0][0] <= now or self._deadlines[0][1] not in self._live):
            _, number, callback = heapq.heappop(self._deadlines)
            if number in self._live:
                self._live.discard(number)
                due.append(callback)
        return due


watchdog = Watchdog()
