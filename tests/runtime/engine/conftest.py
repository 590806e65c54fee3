"""Runtimes for the tests of the engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from xpyja.runtime.engine.builder import RuntimeBuilder
from xpyja.runtime.engine.runtime import Runtime
from xpyja.runtime.errors import XpyjaError
from xpyja.runtime.plan import Limits

RuntimeMaker = Callable[..., Runtime]


class Recorder:
    """An output that keeps what is written."""

    def __init__(self) -> None:
        self.texts: list[tuple[int, str]] = []

    def write(self, fd: int, text: str) -> None:
        """Keeps the text."""
        self.texts.append((fd, text))

    def is_terminal(self, fd: int) -> bool:
        """Never."""
        return False

    def colors(self, fd: int) -> bool:
        """Never."""
        return False

    def columns(self, fd: int) -> int:
        """The usual."""
        return 80

    @property
    def text(self) -> str:
        """Everything that was written."""
        return "".join(text for _, text in self.texts)


@pytest.fixture
def output() -> Recorder:
    """What scripts print."""
    return Recorder()


@pytest.fixture
def uncaught() -> list[BaseException]:
    """Errors that nobody waited for."""
    return []


@pytest.fixture
def make_runtime(output: Recorder, uncaught: list[BaseException]) -> Iterator[RuntimeMaker]:
    """Makes runtimes and closes them at the end."""
    made: list[Runtime] = []

    def make(
        *, memory: int | None = None, stack: int = 1024 * 1024, time: float | None = None, **options: Any
    ) -> Runtime:
        builder = RuntimeBuilder(
            limits=Limits(memory=memory, stack=stack, time=time),
            **{"output": output, "on_uncaught": uncaught.append, **options},
        )
        made.append(builder.build().new_runtime())
        return made[-1]

    yield make
    for runtime in made:
        try:
            runtime.close(10)
        except XpyjaError:
            assert not runtime.owner._thread.is_alive()


@pytest.fixture
def runtime(make_runtime: RuntimeMaker) -> Runtime:
    """A runtime without limits."""
    return make_runtime()


@pytest.fixture
def owner_threads() -> Callable[[], int]:
    """Counts the threads of this process that are neither the main one nor shared by all runtimes."""

    def count() -> int:
        shared = ("MainThread", "xpyja-watchdog", "xpyja-asyncio")
        return sum(1 for thread in threading.enumerate() if thread.name not in shared)

    return count
