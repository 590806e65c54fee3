"""The ``timer`` module: ``sleep``, and the timer functions that are also globals."""

from __future__ import annotations

import os

from xpyja.runtime.api import JsSource, ModuleContext


def new_timer(ctx: ModuleContext) -> JsSource:
    """Makes the ``timer`` module."""
    return JsSource(os.path.join(os.path.dirname(__file__), "timer.js"))
