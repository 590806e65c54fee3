"""Composition: a builder that is filled, a factory that is frozen, runtimes that are independent of each other."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from xpyja.runtime.engine.loader import Denial, normalise
from xpyja.runtime.engine.output import StandardOutput
from xpyja.runtime.engine.runtime import Runtime
from xpyja.runtime.errors import CompositionError
from xpyja.runtime.plan import Limits

if TYPE_CHECKING:
    from xpyja.runtime.api.provider import Exports
    from xpyja.runtime.engine.owner import CallRecord
    from xpyja.runtime.engine.protocols import Output
    from xpyja.runtime.errors import CallPanicked


class NativeModule(NamedTuple):
    """A module that scripts can ``require``.

    Attributes:
        alias: The name they use.
        make: Makes it for one runtime, on the owner, when it is first required.
        id: Who it is in errors; the alias unless given.
    """

    alias: str
    make: Callable[[Runtime], Exports]
    id: str = ""


class Initializer(NamedTuple):
    """Work on a new runtime, before any script.

    Attributes:
        id: Who it is in errors.
        init: Does it, on the owner.
    """

    id: str
    init: Callable[[Runtime], None]


class Composition(NamedTuple):
    """What a factory makes runtimes from."""

    modules: Mapping[str, NativeModule]
    initializers: tuple[Initializer, ...]
    limits: Limits
    roots: tuple[str, ...]
    folder: str
    denial: Denial
    output: Output
    on_uncaught: Callable[[BaseException], None] | None
    on_panic: Callable[[CallPanicked], None] | None
    on_call: Callable[[CallRecord], None] | None


class RuntimeBuilder:
    """Collects what runtimes are made of. Nothing is checked before `build`, so that all problems are found at once.

    Args:
        limits: Memory, stack and time of each runtime.
        roots: Folders that bare specifiers are looked up in.
        folder: Where code without a file looks for relative modules; the working directory when empty.
        replace: Aliases that may be added twice; the later module counts.
        denial: Makes the error for names of native modules that are not selected.
        output: Where ``console`` writes.
        on_uncaught: Takes errors that nobody waits for; written to stderr when None.
        on_panic: See `RuntimeOwner`.
        on_call: See `RuntimeOwner`.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        roots: tuple[str, ...] = (),
        folder: str = "",
        replace: tuple[str, ...] = (),
        denial: Denial = lambda name: None,
        output: Output | None = None,
        on_uncaught: Callable[[BaseException], None] | None = None,
        on_panic: Callable[[CallPanicked], None] | None = None,
        on_call: Callable[[CallRecord], None] | None = None,
    ) -> None:
        self._modules: list[NativeModule] = []
        self._initializers: list[Initializer] = []
        self._replace = frozenset(normalise(alias) for alias in replace)
        self._rest = Composition(
            modules={},
            initializers=(),
            limits=limits or Limits(),
            roots=roots,
            folder=folder,
            denial=denial,
            output=output or StandardOutput(),
            on_uncaught=on_uncaught,
            on_panic=on_panic,
            on_call=on_call,
        )

    def add_module(self, alias: str, make: Callable[[Runtime], Exports], *, id: str = "") -> RuntimeBuilder:  # noqa: A002
        """Adds a native module.

        Args:
            alias: The name scripts use.
            make: Makes it for one runtime.
            id: Who it is in errors.
        """
        self._modules.append(NativeModule(alias, make, id or alias))
        return self

    def add_initializer(self, id: str, init: Callable[[Runtime], None]) -> RuntimeBuilder:  # noqa: A002
        """Adds work for new runtimes; it runs in the order of adding, before any script."""
        self._initializers.append(Initializer(id, init))
        return self

    def build(self) -> RuntimeFactory:
        """Checks everything and freezes it.

        Raises:
            CompositionError: Aliases or ids clash; it names all of them.
        """
        problems: list[str] = []
        modules: dict[str, NativeModule] = {}
        for module in self._modules:
            key = normalise(module.alias)
            if not key:
                problems.append(f'module "{module.id}" has an empty alias')
            elif key in modules and key not in self._replace:
                problems.append(f'alias "{module.alias}" is used by "{modules[key].id}" and "{module.id}"')
            modules[key] = module
        ids: set[str] = set()
        for initializer in self._initializers:
            if initializer.id in ids:
                problems.append(f'initializer "{initializer.id}" is added twice')
            ids.add(initializer.id)
        if problems:
            raise CompositionError("; ".join(problems))
        return RuntimeFactory(
            self._rest._replace(
                modules={module.alias: module for module in modules.values()},
                initializers=tuple(self._initializers),
                folder=self._rest.folder or os.getcwd(),
            )
        )


class RuntimeFactory:
    """Makes runtimes that share nothing but what they were composed of. Any thread."""

    def __init__(self, composition: Composition) -> None:
        self._composition = composition
        self._numbers = itertools.count(1)

    @property
    def aliases(self) -> tuple[str, ...]:
        """The native modules, in order."""
        return tuple(self._composition.modules)

    def limited(self, limits: Limits) -> RuntimeFactory:
        """The same factory with other limits."""
        return RuntimeFactory(self._composition._replace(limits=limits))

    def new_runtime(self, name: str = "") -> Runtime:
        """Makes a runtime on a thread of its own.

        Args:
            name: Its name in errors; numbered when empty.

        Raises:
            Exception: What an initializer raised, after everything that was started was closed.
        """
        return Runtime(self._composition, name or f"runtime-{next(self._numbers)}")
