"""What a provider is: frozen values, no registration by side effect.

    PROVIDER = Provider(
        id="acme",
        modules=(Module("greet", new_greet, config=GreetConfig, doc="Greets people"),),
    )

All of these are NamedTuples: a provider is imported on the way to ``eval``, where each dataclass costs half a
millisecond. Configuration classes, which belong to one module and are imported with it, are frozen dataclasses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from xpyja.runtime.api.context import ModuleContext
    from xpyja.runtime.api.typescript import TsModule


class JsSource(NamedTuple):
    """A module that is written in JavaScript.

    The file is a CommonJS module with one more variable, ``native``: an object that holds `bindings`.

    Attributes:
        path: Absolute path of the file, usually made with ``os.path.join(os.path.dirname(__file__), "name.js")``.
        bindings: Functions and values of Python for the file.
    """

    path: str
    bindings: Mapping[str, object] = {}


Exports = Mapping[str, object] | JsSource
"""What a module factory returns: the properties of the module object, or a JavaScript source."""

ModuleFactory = Callable[["ModuleContext"], Exports]
"""Makes one module instance for one runtime. Runs on the owner thread, the first time a script asks for the module.
It opens nothing: files, sockets and processes wait for the first use."""


class Lazy:
    """A function or class named by text and imported when it is first needed.

    ``Lazy("acme.greet:new_greet")`` stands for the function wherever one is wanted, so that importing a provider does
    not import its modules' code.

    Args:
        origin: ``package.module:attribute``.
    """

    __slots__ = ("origin",)

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def resolve(self) -> Any:  # the attribute's type is known to its author only
        """Imports and returns the attribute."""
        from importlib import import_module

        module, _, attribute = self.origin.partition(":")
        return getattr(import_module(module), attribute)

    def __call__(self, *args: Any) -> Any:
        """Calls the attribute."""
        return self.resolve()(*args)

    def __repr__(self) -> str:
        return f"Lazy({self.origin!r})"


class Module(NamedTuple):
    """Something that scripts can ``require``.

    Attributes:
        name: Its name, and its alias unless the spec gives another.
        factory: Makes an instance.
        config: The frozen dataclass that the spec's ``config`` is checked against, or None for no configuration.
        doc: One line of help.
        typescript: Its declarations, or None.
        requirements: Extra distributions it needs, in requirement syntax. They are embedded and imported when used.
    """

    name: str
    factory: ModuleFactory
    config: type | Lazy | None = None
    doc: str = ""
    typescript: TsModule | None = None
    requirements: tuple[str, ...] = ()


class VerbSource(NamedTuple):
    """Scripts that a provider ships; a spec takes them with ``from: {provider: acme, source: tips}``.

    Attributes:
        id: Its name in the provider.
        folder: Absolute path of the folder, usually made with ``os.path.join(os.path.dirname(__file__), "tips")``.
        doc: One line of help.
    """

    id: str
    folder: str
    doc: str = ""


class HelpSource(NamedTuple):
    """Markdown topics that a provider ships.

    Attributes:
        id: Its name in the provider.
        folder: Absolute path of the folder, made like that of a `VerbSource`.
        doc: One line of help.
    """

    id: str
    folder: str
    doc: str = ""


class Provider(NamedTuple):
    """A package's contribution to xpyja.

    Attributes:
        id: The name the spec uses: ``[a-z][a-z0-9-]*``.
        modules: Its modules.
        doc: One line of help.
        verb_sources: Scripts that specs may take.
        help_sources: Help topics that specs may take.
        capabilities: Objects that take part in making runtimes.
        command_sets: Groups of commands for tools.
    """

    id: str
    modules: tuple[Module, ...] = ()
    doc: str = ""
    verb_sources: tuple[VerbSource, ...] = ()
    help_sources: tuple[HelpSource, ...] = ()
    capabilities: tuple[object, ...] = ()
    command_sets: tuple[object, ...] = ()
