"""The ``time`` module: a clock that never goes back."""

from __future__ import annotations

import os
from time import perf_counter

from xpyja.runtime.api import JsSource, ModuleContext


def new_time(ctx: ModuleContext) -> JsSource:
    """Makes the ``time`` module. Its clock starts when a script first asks for it."""
    return JsSource(os.path.join(os.path.dirname(__file__), "time.js"), {"clock": _milliseconds})


def _milliseconds() -> float:
    return perf_counter() * 1000
