"""JavaScript for Python programs: the public names of the engine, loaded when they are first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xpyja.runtime.api.cancel import CancelToken
    from xpyja.runtime.engine.builder import RuntimeBuilder, RuntimeFactory
    from xpyja.runtime.engine.owner import CallRecord, RuntimeOwner
    from xpyja.runtime.engine.process import ProcessFactory, ProcessRuntime
    from xpyja.runtime.engine.program import Program
    from xpyja.runtime.engine.references import Deferred, Function, Promise
    from xpyja.runtime.engine.runtime import Runtime
    from xpyja.runtime.errors import (
        CallCanceled,
        CallPanicked,
        CloseError,
        CloseTimeout,
        CompositionError,
        JsError,
        JsMemoryError,
        JsStackError,
        MarshalError,
        ModuleDenied,
        ModuleNotFound,
        OwnerClosed,
        ProcessCrashed,
        ScheduleRejected,
        TimeLimitExceeded,
        UnhandledRejection,
        WrongThread,
    )
    from xpyja.runtime.plan import Limits

__all__ = [
    "CallCanceled",
    "CallPanicked",
    "CallRecord",
    "CancelToken",
    "CloseError",
    "CloseTimeout",
    "CompositionError",
    "Deferred",
    "Function",
    "JsError",
    "JsMemoryError",
    "JsStackError",
    "Limits",
    "MarshalError",
    "ModuleDenied",
    "ModuleNotFound",
    "OwnerClosed",
    "ProcessCrashed",
    "ProcessFactory",
    "ProcessRuntime",
    "Program",
    "Promise",
    "Runtime",
    "RuntimeBuilder",
    "RuntimeFactory",
    "RuntimeOwner",
    "ScheduleRejected",
    "TimeLimitExceeded",
    "UnhandledRejection",
    "WrongThread",
]

_HOMES = {
    "xpyja.runtime.engine.references": ("Deferred", "Function", "Promise"),
    "xpyja.runtime.engine.builder": ("RuntimeBuilder", "RuntimeFactory"),
    "xpyja.runtime.api.cancel": ("CancelToken",),
    "xpyja.runtime.engine.owner": ("CallRecord", "RuntimeOwner"),
    "xpyja.runtime.engine.process": ("ProcessFactory", "ProcessRuntime"),
    "xpyja.runtime.engine.program": ("Program",),
    "xpyja.runtime.engine.runtime": ("Runtime",),
    "xpyja.runtime.plan": ("Limits",),
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    home = next((home for home, names in _HOMES.items() if name in names), "xpyja.runtime.errors")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value
