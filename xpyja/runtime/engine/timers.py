"""The clock side of ``setTimeout``: which timer is due when. The callbacks live in ``js/timers.js``."""

from __future__ import annotations

import heapq
import time


class Timers:
    """Timers and immediates by number. Owner thread only."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, int]] = []  # due, order of starting, timer
        self._current: dict[int, int] = {}  # timer -> its entry in the heap that counts
        self._unreferenced: set[int] = set()
        self._immediates: dict[int, None] = {}  # in order
        self._order = 0

    def start(self, timer: int, milliseconds: float, referenced: bool) -> None:
        """Starts, or starts again, a timer."""
        self._order += 1
        self._current[timer] = self._order
        if len(self._heap) > 64 and len(self._heap) > 4 * len(self._current):
            self._heap = [entry for entry in self._heap if self._current.get(entry[2]) == entry[1]]
            heapq.heapify(self._heap)
        heapq.heappush(self._heap, (time.monotonic() + milliseconds / 1000, self._order, timer))
        self.refer(timer, referenced)

    def start_immediate(self, immediate: int) -> None:
        """Queues an immediate."""
        self._immediates[immediate] = None

    def stop(self, timer: int) -> None:
        """Stops a timer or immediate; one that is not running is ignored."""
        self._current.pop(timer, None)
        self._immediates.pop(timer, None)
        self._unreferenced.discard(timer)

    def refer(self, timer: int, referenced: bool) -> None:
        """Says whether a timer keeps a run alive."""
        if referenced:
            self._unreferenced.discard(timer)
        elif timer in self._current:
            self._unreferenced.add(timer)

    def clear(self) -> None:
        """Stops everything."""
        self.__init__()  # type: ignore[misc]

    @property
    def pending(self) -> bool:
        """Whether a timer or immediate keeps a run alive."""
        return bool(self._immediates) or len(self._current) > len(self._unreferenced)

    def until_next(self) -> float | None:
        """Seconds until something is due: 0.0 for now, None for never."""
        if self._immediates:
            return 0.0
        while self._heap and self._current.get(self._heap[0][2]) != self._heap[0][1]:
            heapq.heappop(self._heap)  # stopped or started again
        return max(0.0, self._heap[0][0] - time.monotonic()) if self._heap else None

    def take_due(self) -> list[tuple[int, int]]:
        """Takes the timers that are due now, by their times and, within one, in the order of starting.

        Returns:
            What `fired` takes.
        """
        now = time.monotonic()
        due = []
        while self._heap and self._heap[0][0] <= now:
            _, order, timer = heapq.heappop(self._heap)
            due.append((timer, order))
        return due

    def fired(self, timer: int, order: int) -> bool:
        """Notes that a due timer is about to run; False when it was stopped or started again in the meantime."""
        if self._current.get(timer) != order:
            return False
        self.stop(timer)
        return True

    def take_immediates(self) -> list[int]:
        """Takes the immediates queued so far; those that they queue wait for the next round."""
        taken, self._immediates = list(self._immediates), {}
        return taken
