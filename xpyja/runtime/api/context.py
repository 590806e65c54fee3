"""What a module factory receives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

Result = TypeVar("Result")


class Owner(Protocol):
    """The one thread that may touch a runtime's JavaScript."""

    def call(self, fn: Callable[[], Result], *, op: str, timeout: float | None = None) -> Result:
        """Runs `fn` on the owner thread and waits for its result; inline when already there."""

    def post(self, fn: Callable[[], object], *, op: str) -> None:
        """Queues `fn` and does not wait; a failure goes to the owner's hook."""

    @property
    def closed(self) -> bool:
        """Whether new work is refused."""


class Assets(Protocol):
    """The files of the tool's ``assets`` sources, read-only."""

    def folder(self, source: str) -> str:
        """The folder that holds the files of one source.

        Raises:
            UnknownNameError: There is no ``assets`` source of that id.
        """


class ModuleContext(Protocol):
    """What a module factory gets to work with. Valid as long as the runtime lives."""

    @property
    def name(self) -> str:
        """The module's name in its provider."""

    @property
    def alias(self) -> str:
        """What scripts ``require``."""

    @property
    def config(self) -> Any:  # the module's own config class; its author knows which
        """An instance of the module's config class, or None when it has none."""

    @property
    def owner(self) -> Owner:
        """The runtime's owner thread."""

    @property
    def assets(self) -> Assets:
        """Embedded files."""

    def service(self, key: str) -> Any:  # whatever the program that embeds the runtime has given
        """A host service: an object that the program around the runtime gives to modules by key.

        Raises:
            UnknownNameError: There is none of that key. It names those there are.
        """

    def add_closer(self, closer: Callable[[], None]) -> None:
        """Registers work for the end of the runtime. Closers run last-in first-out on the owner thread."""

    def log(self, message: str) -> None:
        """Writes one line for the person who debugs the tool; shown with ``--debug`` only. Any thread."""
