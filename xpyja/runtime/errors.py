"""Every error that the runtime half raises on purpose.

An error carries its data as attributes and, where one exists, a ``hint``: the next thing to do. The text a user sees is
made in one place (`xpyja.runtime.app.report`), so nothing here prints. Whatever is not a `XpyjaError` is a bug of ours.
"""

from __future__ import annotations

from typing import NamedTuple

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_BUG = 70
EXIT_TIME_LIMIT = 124
EXIT_INTERRUPTED = 130


class XpyjaError(Exception):
    """Base of all errors meant for a user.

    Attributes:
        message: What happened, one sentence without a full stop.
        hint: What to do next, or None.
        exit_code: The exit code of a command that ends with this error.
    """

    exit_code = EXIT_FAILED

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


# -- plan, registry, configuration ---------------------------------------------------------------------------------


class PlanError(XpyjaError):
    """The runtime plan in the tool cannot be read: the file is damaged or from another xpyja."""

    exit_code = EXIT_USAGE


class RegistrationError(XpyjaError):
    """A provider's definition is invalid.

    Attributes:
        provider: The provider's id as far as it is known.
        entry: The offending entry, such as ``module "fs"``.
    """

    exit_code = EXIT_USAGE

    def __init__(self, provider: str, entry: str, reason: str, *, hint: str | None = None) -> None:
        super().__init__(f'provider "{provider}", {entry}: {reason}', hint=hint)
        self.provider = provider
        self.entry = entry


class UnknownNameError(XpyjaError):
    """A name (of a provider, module, runtime profile, …) that does not exist.

    Attributes:
        kind: What was looked for, such as ``runtime profile``.
        name: The name as given.
        known: The names that exist.
    """

    exit_code = EXIT_USAGE

    def __init__(self, kind: str, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f'unknown {kind} "{name}"', hint=suggest(name, known))
        self.kind = kind
        self.name = name
        self.known = known


class ConfigError(XpyjaError):
    """A configuration value is invalid.

    Attributes:
        key: Dotted path of the value, such as ``runtimes.main.modules.fs.allow``, or "" for a file as a whole.
        layer: The layer that gives it, such as ``project``, or "" when no layer is to blame.
        place: Where the layer gives it: ``notes.yaml:3``, the name of a variable or of a flag, or "".
    """

    exit_code = EXIT_USAGE

    def __init__(self, key: str, reason: str, *, hint: str | None = None, layer: str = "", place: str = "") -> None:
        source = f"{place} ({layer}): " if place else ""
        super().__init__(f"{source}{key}: {reason}" if key else source + reason, hint=hint)
        self.key = key
        self.layer = layer
        self.place = place


class UnsupportedPlatformError(XpyjaError):
    """The tool or xpyja was started where it cannot run."""

    exit_code = EXIT_USAGE


# -- engine --------------------------------------------------------------------------------------------------------


class EngineError(XpyjaError):
    """The JavaScript engine is missing, damaged or not the supported release."""

    exit_code = EXIT_BUG


class WrongThread(EngineError):
    """A JavaScript VM was touched from a thread that does not own it."""


class VmClosed(XpyjaError):
    """A VM was used after it was closed."""


class MarshalError(XpyjaError):
    """A value cannot cross between Python and JavaScript.

    Attributes:
        path: Where in the value the trouble is, such as ``$.rows[3].when``.
        reason: What is wrong there.
    """

    def __init__(self, path: str, reason: str, *, hint: str | None = None) -> None:
        super().__init__(f"{reason} (at {path})", hint=hint)
        self.path = path
        self.reason = reason


class HandleTypeError(XpyjaError):
    """An opaque handle of one kind was expected and something else came.

    Attributes:
        expected: The kind that was expected.
        received: The kind or type that came.
    """

    def __init__(self, expected: str, received: str, shown: str) -> None:
        super().__init__(f"expected {expected}, got {received} (value: {shown})")
        self.expected = expected
        self.received = received


class Frame(NamedTuple):
    """One line of a trace.

    Attributes:
        function: Name of the function, or "" for top-level code.
        file: File name as given to the engine or by Python, or "" when unknown.
        line: Line, counted from 1, or 0 when unknown.
        column: Column, counted from 1, or 0 when unknown.
        language: ``js`` or ``python``.
    """

    function: str
    file: str
    line: int
    column: int
    language: str = "js"


class JsError(XpyjaError):
    """An uncaught JavaScript error, or a thrown value that is not an error.

    ``__cause__`` is the Python exception behind it, where a host function raised one.

    Attributes:
        name: The error's name, such as ``TypeError``; "" when a non-error was thrown.
        text: The error's message, or the inspected value when a non-error was thrown.
        frames: Innermost frame first, both languages in call order.
        cause: The error's ``cause``, when that is an error too.
        errors: The members of an AggregateError.
        code: The error's ``code`` property, when it is a string.
        ref: Keeps the JavaScript error object alive, so that throwing this error again inside the same VM throws the
            same object; None when it is gone.
    """

    def __init__(
        self,
        name: str,
        text: str,
        frames: tuple[Frame, ...] = (),
        *,
        cause: JsError | None = None,
        errors: tuple[JsError, ...] = (),
        code: str | None = None,
        ref: object = None,
        hint: str | None = None,
    ) -> None:
        shown = f"{name}: {text}" if name and text else name or text
        super().__init__(shown, hint=hint)
        self.name = name
        self.text = text
        self.frames = frames
        self.cause = cause
        self.errors = errors
        self.code = code
        self.ref = ref


class UnhandledRejection(JsError):
    """A promise was rejected and nothing handled it before the run's microtasks were drained."""


class JsMemoryError(JsError):
    """The memory limit of the runtime was reached."""


class JsStackError(JsError):
    """The stack limit, or the limit of nested calls between JavaScript and Python, was reached."""


class Interrupted(XpyjaError):
    """Running JavaScript was stopped from outside. Scripts cannot catch it.

    Attributes:
        frames: Where it was stopped, innermost frame first; empty when that is not known.
    """

    exit_code = EXIT_INTERRUPTED
    frames: tuple[Frame, ...] = ()


class TimeLimitExceeded(Interrupted):
    """The time limit of a run was reached.

    Attributes:
        seconds: The limit.
    """

    exit_code = EXIT_TIME_LIMIT

    def __init__(self, seconds: float, *, hint: str | None = None) -> None:
        super().__init__(f"time limit of {seconds:g} s reached", hint=hint)
        self.seconds = seconds


class ModuleNotFound(XpyjaError):
    """``require`` or ``import`` found nothing.

    Attributes:
        specifier: What was asked for.
        parent: The file that asked, "" for the command line.
        tried: The paths that were looked at, in order.
    """

    def __init__(self, specifier: str, parent: str, tried: tuple[str, ...], *, hint: str | None = None) -> None:
        asked = (
            f"cannot find module '{specifier}' required by {parent}" if parent else f"there is no script '{specifier}'"
        )
        super().__init__(asked, hint=hint)
        self.specifier = specifier
        self.parent = parent
        self.tried = tried


class ModuleDenied(XpyjaError):
    """A native module exists but is not in this runtime profile.

    Attributes:
        specifier: What was asked for, normalised.
    """

    def __init__(self, specifier: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.specifier = specifier


# -- owner ---------------------------------------------------------------------------------------------------------


class OwnerClosed(XpyjaError):
    """The owner was shut down before, or while, the work was queued."""


class ScheduleRejected(XpyjaError):
    """The owner does not take this work now."""


class CallCanceled(Interrupted):
    """The caller stopped waiting: a time limit, a cancellation token or Ctrl-C. ``__cause__`` says which."""


class CallPanicked(XpyjaError):
    """Work on the owner raised something that is not an ``Exception``; it is the ``__cause__``."""

    exit_code = EXIT_BUG


class CloseTimeout(XpyjaError):
    """Closing took longer than allowed.

    Attributes:
        running: The operations that were still running.
    """

    def __init__(self, name: str, seconds: float, running: tuple[str, ...]) -> None:
        super().__init__(
            f'"{name}" did not close within {seconds:g} s; still running: {", ".join(running) or "unknown"}'
        )
        self.running = running


class ProcessCrashed(XpyjaError):
    """The process of an isolated runtime ended by itself, or had to be ended because it made no sense any more.

    Attributes:
        signal: Name of the signal that killed it, such as ``SIGSEGV``, or "".
        code: Its exit code, or None when it did not exit.
        running: What it was doing, such as ``eval``; "" when nothing was asked of it.
    """

    def __init__(
        self, message: str, *, signal: str = "", code: int | None = None, running: str = "", hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.signal = signal
        self.code = code
        self.running = running


class CompositionError(XpyjaError):
    """A runtime cannot be composed: a duplicate id or alias, a failing registration or initializer."""


class CloseError(XpyjaError):
    """One or more closers failed.

    Attributes:
        failures: All failures, in the order in which the closers ran.
    """

    def __init__(self, name: str, failures: tuple[BaseException, ...]) -> None:
        shown = "; ".join(f"{type(failure).__name__}: {failure}" for failure in failures)
        super().__init__(f'closing "{name}" failed: {shown}')
        self.failures = failures


def suggest(name: str, known: tuple[str, ...]) -> str | None:
    """Makes the "did you mean" sentence.

    Args:
        name: The name as given.
        known: The names that exist.

    Returns:
        A hint that names the nearest known name, else lists them all (at most twelve), else None.
    """
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{near[0]}"?'
    if known:
        return "known: " + ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    return None
