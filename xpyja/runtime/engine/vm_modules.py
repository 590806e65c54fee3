"""The port's part for ES modules: the engine's loader hooks, and what they need of the C API.

The engine loads a module's imports while it reads the module, through the hooks, and so recurses in C. To keep that
flat every module is first compiled in a scratch context, which tells its imports; then modules are added leaves
first, and the hooks find everything there. Only an import cycle makes the load hook add a module itself.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from xpyja.runtime.engine import capi
from xpyja.runtime.engine.capi import JSValue, Pointer
from xpyja.runtime.errors import EngineError

if TYPE_CHECKING:
    from xpyja.runtime.engine.vm import Vm

MAX_CYCLE = 100
"""How many modules one import cycle may have: each costs stack while the cycle is added."""


class Scanned(NamedTuple):
    """A compiled module.

    Attributes:
        code: Bytecode.
        specifiers: What it imports, in order, without duplicates.
    """

    code: bytes
    specifiers: tuple[str, ...]


class VmModules:
    """The modules of one VM, by name. Owner thread only.

    Args:
        vm: The VM.
        name_of: Gives the name of the module that a specifier means for the module that has it; for a dynamic import it
            loads and evaluates that module first. Returns None after it has called `Vm.throw_slot`.
        add_missing: Adds a module of a cycle. Returns False after it has called `Vm.throw_slot`.
    """

    def __init__(self, vm: Vm, name_of: Callable[[str, str], str | None], add_missing: Callable[[str], bool]) -> None:
        self._vm = vm
        self._name_of = name_of
        self._add_missing = add_missing
        self._modules: dict[str, JSValue] = {}
        self._nested = 0
        self._normalise_hook = capi.NormaliseHook(self._normalise)
        self._load_hook = capi.LoadHook(self._load)
        capi.set_module_loader(
            vm.runtime_pointer,
            ctypes.cast(self._normalise_hook, Pointer),
            ctypes.cast(self._load_hook, Pointer),
            None,
        )

    def scan(self, source: str, name: str) -> Scanned | None:
        """Compiles a module apart from everything else. None when it has a syntax error."""
        return _scan(source, name)

    def failure(self, source: str, name: str) -> str:
        """The answer of the entry ``failed`` for a module that `scan` refused."""
        return self._vm.compile_failure(source, name, capi.EVAL_MODULE)

    def __contains__(self, name: str) -> bool:
        return name in self._modules

    def add(self, name: str, code: bytes) -> str:
        """Adds a module that `scan` compiled under the same name.

        Returns:
            "", or the answer of the entry ``failed``.
        """
        value = capi.read_object(self._vm.pointer, code, len(code), capi.WRITE_BYTECODE)
        if value.tag == capi.TAG_EXCEPTION:
            return self._vm.pending_failure()
        self._modules[name] = value
        return ""

    def meta_to_slot(self, name: str) -> None:
        """Puts a module's ``import.meta`` into the slot."""
        self._vm.set_slot(capi.get_import_meta(self._vm.pointer, self._modules[name].payload))

    def namespace_to_slot(self, name: str) -> None:
        """Puts the namespace object of an evaluated module into the slot."""
        self._vm.set_slot(capi.get_module_namespace(self._vm.pointer, self._modules[name].payload))

    def evaluate(self, name: str) -> str:
        """Links and evaluates a module; its promise is in the slot afterwards.

        Returns:
            "", or the answer of the entry ``failed``.
        """
        value = capi.dup_value(self._vm.pointer, self._modules[name])
        return self._vm.evaluate_to_slot(value)

    def close(self) -> None:
        """Frees the modules; the VM closes next."""
        capi.set_module_loader(self._vm.runtime_pointer, None, None, None)
        for value in self._modules.values():
            capi.free_value(self._vm.pointer, value)
        self._modules.clear()

    # A hook that raises gives the engine a garbage pointer, so these catch everything.

    def _normalise(self, _: int, base: bytes, specifier: bytes, __: int) -> int | None:
        try:
            name = self._name_of(specifier.decode(errors="replace"), base.decode(errors="replace"))
        except BaseException as error:  # noqa: BLE001
            name = None
            self._vm.throw_text(f"{type(error).__name__}: {error}")
        if name is None:
            return None
        data = name.encode()
        address: int | None = capi.js_strndup(self._vm.pointer, data, len(data))
        return address

    def _load(self, _: int, name_bytes: bytes, __: int) -> int | None:
        name = name_bytes.decode(errors="replace")
        self._nested += 1
        try:
            if self._nested > MAX_CYCLE:
                self._vm.throw_text(f"an import cycle of more than {MAX_CYCLE} modules, at {name}")
                return None
            if not self._add_missing(name):
                return None
            return int(self._modules[name].payload)
        except BaseException as error:  # noqa: BLE001
            self._vm.throw_text(f"{type(error).__name__}: {error}")
            return None
        finally:
            self._nested -= 1


def _scan(source: str, name: str) -> Scanned | None:
    """Compiles a module in a context of its own, whose hooks take down the imports."""
    specifiers: list[str] = []
    context = capi.binding.Context()
    runtime, pointer = capi.object_pointers(context)

    def normalise(_: int, __: bytes, specifier: bytes, ___: int) -> int | None:
        specifiers.append(specifier.decode(errors="replace"))
        stand_in = b"%d" % len(specifiers)
        address: int | None = capi.js_strndup(pointer, stand_in, len(stand_in))
        return address

    def load(_: int, stand_in: bytes, __: int) -> int | None:
        options = capi.EvalOptions(1, capi.EVAL_MODULE | capi.EVAL_COMPILE_ONLY, stand_in, 1)
        empty: JSValue = capi.evaluate(pointer, b"", 0, ctypes.byref(options))
        return int(empty.payload)

    hooks = capi.NormaliseHook(normalise), capi.LoadHook(load)
    capi.set_module_loader(runtime, ctypes.cast(hooks[0], Pointer), ctypes.cast(hooks[1], Pointer), None)
    data = source.encode("utf-8", "surrogatepass")
    options = capi.EvalOptions(1, capi.EVAL_MODULE | capi.EVAL_COMPILE_ONLY, name.encode(errors="replace"), 1)
    value = capi.evaluate(pointer, data, len(data), ctypes.byref(options))
    if value.tag == capi.TAG_EXCEPTION:
        capi.free_value(pointer, capi.get_exception(pointer))
        scanned = None
    else:
        size = ctypes.c_size_t()
        address = capi.write_object(pointer, ctypes.byref(size), value, capi.WRITE_BYTECODE)
        if not address:
            raise EngineError(f"{name} cannot be compiled to bytecode")
        scanned = Scanned(ctypes.string_at(address, size.value), tuple(specifiers))
        capi.js_free(pointer, address)
        capi.free_value(pointer, value)
    capi.set_module_loader(runtime, None, None, None)
    del context, hooks
    return scanned
