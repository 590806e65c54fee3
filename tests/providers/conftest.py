"""Runs a provider's module in a runtime of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from xpyja.runtime.api import Exports
from xpyja.runtime.engine.builder import RuntimeBuilder
from xpyja.runtime.engine.runtime import Held, Runtime

RunJs = Callable[[Exports, str], Any]


@pytest.fixture(scope="session")
def run_js() -> RunJs:
    """Runs the body of an async function with a module as ``module``; the result is what it returns, as JSON."""

    def run(module: Exports, script: str) -> Any:
        found: list[str | None] = []

        def start(runtime: Runtime) -> Held:
            return runtime.hold(f"(async (module) => {{{script}\n}})(require('it'))", filename="test.js")

        factory = RuntimeBuilder().add_module("it", lambda runtime: module).build()
        with factory.new_runtime() as runtime:
            runtime.run(lambda: start(runtime), op="test", on_value=lambda value: found.append(runtime.to_json(value)))
        return json.loads(found[0] or "null")

    return run
