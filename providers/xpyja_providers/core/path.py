"""The ``path`` module: Node's ``path``."""

from __future__ import annotations

import os

from xpyja.runtime.api import JsSource, ModuleContext


def new_path(ctx: ModuleContext) -> JsSource:
    """Makes the ``path`` module; relative paths are resolved against the process's working directory."""
    return JsSource(os.path.join(os.path.dirname(__file__), "path.js"), {"cwd": os.getcwd})
