"""ES modules of one runtime: the graph behind an import, loaded and evaluated from Python.

A module has a name, which for a file is its absolute path. CommonJS files, JSON files and native modules take part as
modules made from their exports: one default export, and a named one for each property. They run when the graph is
loaded, before any ES module of it.

``require()`` of an ES module is served here too. It must not touch a module that is being evaluated: the engine crashes
when evaluation is entered again. A module tells that its body has run by a call that is added at its end.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from xpyja.runtime.api.values import HostError
from xpyja.runtime.engine.loader import Resolved, Resolver, looks_like_module, read_source
from xpyja.runtime.errors import XpyjaError

if TYPE_CHECKING:
    from xpyja.runtime.engine.bridge import Bridge
    from xpyja.runtime.engine.vm_modules import Scanned, VmModules

_MODULE = "module"


class _Record:
    """One module of the graph."""

    __slots__ = ("code", "done", "imports", "name", "specifiers", "synthetic")

    def __init__(self, name: str, scanned: Scanned, *, synthetic: bool) -> None:
        self.name = name
        self.code = scanned.code
        self.specifiers = scanned.specifiers
        self.imports: dict[str, str] = {}  # specifier -> name
        self.synthetic = synthetic
        self.done = synthetic  # whether its body has run; what is synthetic imports nothing


class EsModules:
    """The ES modules of one runtime. Owner thread only.

    Args:
        bridge: The runtime's bridge.
        modules: The port's part, whose hooks call `name_of` and `add_missing`.
        resolver: Finds modules.
        stand_in: The made-up file that code without a file resolves against.
    """

    def __init__(self, bridge: Bridge, modules: VmModules, resolver: Resolver, stand_in: Callable[[], str]) -> None:
        self._bridge = bridge
        self._modules = modules
        self._resolver = resolver
        self._stand_in = stand_in
        self._records: dict[str, _Record] = {}
        self._evaluating: list[set[str]] = []  # the graphs whose evaluation is on the stack
        self._secret = os.urandom(16).hex()  # so that only the added call can say that a body has run

    # -- loading ---------------------------------------------------------------------------------------------------

    def load(self, path: str) -> None:
        """Loads a file as an ES module, with everything that it imports. Loading it again is free.

        Raises:
            JsError: One of them has a syntax error, or a CommonJS one threw.
            ModuleNotFound: An import leads nowhere.
            ModuleDenied: An import names a native module that is not selected.
        """
        self._load(Resolved(_MODULE, path))

    def _load(self, target: Resolved) -> None:
        found: dict[str, _Record] = {}
        order: list[_Record] = []
        self._visit(target, found, order)
        self._records.update(found)
        for record in order:
            if record.name not in self._modules:
                self._add(record)

    def _visit(self, start: Resolved, found: dict[str, _Record], order: list[_Record]) -> None:
        """Scans the graph depth first; `order` gets the leaves first. Without recursion: chains may be long."""
        first = self._record(start, found)
        stack = [(first, iter(first.specifiers))] if first is not None else []
        while stack:
            record, specifiers = stack[-1]
            specifier = next(specifiers, None)
            if specifier is None:
                order.append(record)
                stack.pop()
                continue
            target = self._resolver.resolve(specifier, record.name)
            name = record.imports[specifier] = _name(target)
            if name not in self._records and name not in found:
                child = self._record(target, found)
                if child is not None:
                    stack.append((child, iter(child.specifiers)))

    def _record(self, target: Resolved, found: dict[str, _Record]) -> _Record | None:
        name = _name(target)
        if name in self._records:
            return None
        if target.kind == "js" and looks_like_module(read_source(target.path)):
            target = Resolved(_MODULE, target.path)
        if target.kind == _MODULE:
            source = read_source(target.path)
            # After the last line, so that no line of the file moves.
            scanned = self._scan(f'{source}\n;import.meta.__xpyja_done("{self._secret}")', name)
            record = _Record(name, scanned, synthetic=False)
        else:
            record = _Record(name, self._scan(self._synthetic(target, name), name), synthetic=True)
        found[name] = record
        return record

    def _scan(self, source: str, name: str) -> Scanned:
        scanned = self._modules.scan(source, name)
        if scanned is None:
            self._bridge.read(self._modules.failure(source, name))
            raise HostError(f"{name} does not compile", name="SyntaxError")
        return scanned

    def _synthetic(self, target: Resolved, name: str) -> str:
        """Runs a CommonJS, JSON or native module, and makes an ES module that has its exports."""
        keys = self._bridge.enter_text("prepareSynthetic", 0, json.dumps({"name": name, **target._asdict()}))
        lines = ["const exports = import.meta.exports;", "delete import.meta.exports;", "export default exports;"]
        for number, key in enumerate(keys):
            if key != "default":
                quoted = json.dumps(key)
                lines.append(f"const _{number} = exports[{quoted}]; export {{ _{number} as {quoted} }};")
        return "\n".join(lines)

    def _add(self, record: _Record) -> None:
        failed = self._modules.add(record.name, record.code)
        if failed:
            raise self._bridge.error(failed)
        self._modules.meta_to_slot(record.name)
        details = {"name": record.name, "synthetic": record.synthetic, "secret": self._secret}
        self._bridge.enter_text("fillMeta", 0, json.dumps(details))

    # -- evaluating ------------------------------------------------------------------------------------------------

    def evaluate(self, name: str) -> None:
        """Evaluates a loaded module; its promise is in the slot afterwards.

        Raises:
            JsError: Linking failed: an import names what the other module does not export.
        """
        graph = self._reach(name)
        self._evaluating.append(graph)
        try:
            failed = self._modules.evaluate(name)
        finally:
            self._evaluating.pop()
        if failed:
            raise self._bridge.error(failed)

    def done(self, name: str) -> None:
        """Notes that a module's body has run."""
        self._records[name].done = True

    def import_file(self, path: str) -> None:
        """Loads and evaluates a file; its promise is in the slot afterwards."""
        self.load(path)
        self.evaluate(path)

    def require(self, path: str) -> None:
        """Serves ``require()`` of an ES module: its namespace is in the slot afterwards.

        Raises:
            HostError: It is being evaluated, or waits for a top-level await.
            JsError: It threw.
        """
        self.load(path)
        active = set().union(*self._evaluating)
        busy = [name for name in self._reach(path) if name in active and not self._records[name].done]
        if busy:
            raise HostError(
                f"cannot require() ES module {path} while {busy[0]} is still being evaluated",
                code="ERR_REQUIRE_CYCLE_MODULE",
                hint="use import() instead, or move the require() into a function that is called later",
            )
        self.evaluate(path)
        if not self._bridge.enter_text("checkEvaluated"):
            raise HostError(
                f"cannot require() ES module {path}: it uses top-level await",
                code="ERR_REQUIRE_ASYNC_MODULE",
                hint="use import() instead",
            )
        self._modules.namespace_to_slot(path)

    def _reach(self, name: str) -> set[str]:
        reached: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current not in reached:
                reached.add(current)
                waiting.extend(self._records[current].imports.values())
        return reached

    # -- the engine's hooks ------------------------------------------------------------------------------------------

    def name_of(self, specifier: str, base: str) -> str | None:
        """See `VmModules`."""
        record = self._records.get(base)
        if record is not None and specifier in record.imports:
            return record.imports[specifier]
        # A dynamic import. Loading and evaluating happen here, where cycles are seen; the engine finds them done.
        try:
            parent = base if base.startswith("/") else self._stand_in()
            target = self._resolver.resolve(specifier, parent)
            name = _name(target)
            if name not in self._records:
                self._load(target)
            if not self._records[name].done and not any(name in graph for graph in self._evaluating):
                self.evaluate(name)
            return name
        except XpyjaError as error:
            self._bridge.error_to_slot(error)
            self._bridge.vm.throw_slot()
            return None

    def add_missing(self, name: str) -> bool:
        """See `VmModules`."""
        try:
            self._add(self._records[name])
            return True
        except XpyjaError as error:
            self._bridge.error_to_slot(error)
            self._bridge.vm.throw_slot()
            return False


def _name(target: Resolved) -> str:
    return f"native:{target.path}" if target.kind == "native" else target.path
