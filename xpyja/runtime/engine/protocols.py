"""What the parts of the engine expect of each other. Imported by type checkers only: a Protocol is dear to define."""

from __future__ import annotations

from typing import Any, Protocol


class Driver(Protocol):
    """What an owner drives; a runtime is one."""

    def raise_interrupt(self) -> None:
        """Stops running JavaScript, and keeps stopping it. Any thread."""

    def clear_interrupt(self) -> None:
        """Lets JavaScript run again."""

    def entered(self) -> None:
        """Learns that an outermost entry begins."""

    def recover(self) -> None:
        """Puts right what an interrupt left half done."""

    def drain(self) -> None:
        """Runs the pending jobs to their end."""

    def fire(self, timer: int) -> None:
        """Runs the callback of a timer or immediate."""

    def uncaught(self, error: BaseException) -> None:
        """Takes an error that nobody waits for."""

    def lost(self, reason: str) -> None:
        """Learns that jobs would not end: the runtime cannot go on."""


class Tables(Protocol):
    """What the texts refer to by number. `Bridge` has the one implementation."""

    def put_buffer(self, index: int, data: bytes) -> None:
        """Hands a buffer to JavaScript under an index that the text names."""

    def take_buffer(self, index: int) -> bytes:
        """Takes a buffer from JavaScript."""

    def export(self, value: object) -> list[Any] | None:  # JSON values
        """Makes the tag of a function, promise, exception or handle; None when `value` is none of these."""

    def import_(self, kind: str, data: list[Any]) -> object:  # JSON values
        """Finds or makes what a tag of JavaScript stands for."""


class Output(Protocol):
    """Two streams, by file descriptor number: 1 and 2. Called on the owner thread."""

    def write(self, fd: int, text: str) -> None:
        """Writes text as it is."""

    def is_terminal(self, fd: int) -> bool:
        """Whether a person reads along."""

    def colors(self, fd: int) -> bool:
        """Whether to write ANSI colours."""

    def columns(self, fd: int) -> int:
        """Width in characters."""
