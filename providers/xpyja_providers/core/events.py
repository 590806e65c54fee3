"""The ``events`` module: Node's ``EventEmitter`` and what belongs to it."""

from __future__ import annotations

import os

from xpyja.runtime.api import JsSource, ModuleContext


def new_events(ctx: ModuleContext) -> JsSource:
    """Makes the ``events`` module."""
    return JsSource(os.path.join(os.path.dirname(__file__), "events.js"))
