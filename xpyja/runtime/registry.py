"""The providers of a tool: registered by value, validated at once, looked up with "did you mean"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from xpyja.runtime.api.provider import HelpSource, Lazy, Module, Provider, VerbSource
from xpyja.runtime.errors import RegistrationError, UnknownNameError

ProviderLoader = Callable[[], Provider]
"""Imports a provider. The entrypoint registers loaders, so that a provider is imported when a runtime needs it."""


class ProviderRegistry:
    """Providers by id.

    Not synchronised: fill it before handing it to a second thread.
    """

    def __init__(self) -> None:
        self._loaders: dict[str, ProviderLoader] = {}
        self._providers: dict[str, Provider] = {}

    def register(self, provider: Provider) -> None:
        """Adds a provider.

        Raises:
            RegistrationError: Its definition is invalid or its id is taken.
        """
        validate(provider)
        self._claim(provider.id)
        self._providers[provider.id] = provider

    def register_lazy(self, provider_id: str, load: ProviderLoader) -> None:
        """Adds a provider that is imported, and validated, when it is first looked up.

        Raises:
            RegistrationError: The id is taken.
        """
        self._claim(provider_id)
        self._loaders[provider_id] = load

    def _claim(self, provider_id: str) -> None:
        if provider_id in self._providers or provider_id in self._loaders:
            raise RegistrationError(provider_id, "id", "is registered twice")

    def provider(self, provider_id: str) -> Provider:
        """Finds a provider.

        Raises:
            UnknownNameError: There is none of that id.
            RegistrationError: A lazily registered provider turns out invalid.
        """
        found = self._providers.get(provider_id)
        if found is not None:
            return found
        load = self._loaders.get(provider_id)
        if load is None:
            raise UnknownNameError("provider", provider_id, (*self._providers, *self._loaders))
        provider = load()
        validate(provider)
        if provider.id != provider_id:
            raise RegistrationError(provider_id, "id", f'the provider calls itself "{provider.id}"')
        self._providers[provider_id] = provider
        return provider

    def module(self, provider_id: str, name: str) -> Module:
        """Finds a module of a provider.

        Raises:
            UnknownNameError: There is no such provider or module.
        """
        provider = self.provider(provider_id)
        for module in provider.modules:
            if module.name == name:
                return module
        raise UnknownNameError(f'module of provider "{provider_id}"', name, tuple(m.name for m in provider.modules))


def validate(provider: Provider) -> None:
    """Checks a provider's definition, all of it.

    Raises:
        RegistrationError: Names the provider, each wrong entry and the reason.
    """
    if not isinstance(provider, Provider):
        raise RegistrationError(repr(provider), "value", "is not a Provider", hint='give Provider(id="…", …)')
    wrong = [*_wrong_id(provider), *_wrong_modules(provider), *_wrong_sources(provider), *_wrong_rest(provider)]
    if wrong:
        first, *others = wrong
        more = "".join(f"; {other.entry}: {other.reason}" for other in others)
        raise RegistrationError(str(provider.id), first.entry, first.reason + more, hint=first.hint)


class _Wrong(NamedTuple):
    """Something that is wrong with a definition."""

    entry: str
    reason: str
    hint: str | None = None


def _wrong_id(provider: Provider) -> Iterator[_Wrong]:
    if not _is_id(provider.id):
        yield _Wrong("id", "must be lower-case letters, digits and dashes, a letter first")


def _wrong_modules(provider: Provider) -> Iterator[_Wrong]:
    seen: set[str] = set()
    for module in _entries(provider.modules):
        if not isinstance(module, Module):
            yield _Wrong(repr(module), "is not a Module", 'give modules=(Module("name", factory),)')
            continue
        entry, name = f'module "{module.name}"', module.name
        if not _is_module_name(name):
            yield _Wrong(entry, 'a module name is not empty and does not start with ".", "/" or "node:"')
        elif name in seen:
            yield _Wrong(entry, "is defined twice", "give each module a name of its own")
        else:
            seen.add(name)
        factory: object = module.factory
        config: object = module.config
        if not callable(factory):
            yield _Wrong(entry, "its factory is not callable", 'give a function or Lazy("package.module:function")')
        if config is not None and not isinstance(config, (type, Lazy)):
            yield _Wrong(entry, "its config is not a class", "give a frozen dataclass")
        if not _are_texts(module.requirements):
            yield _Wrong(entry, "its requirements are not a tuple of texts", 'write requirements=("tabulate",)')


def _wrong_sources(provider: Provider) -> Iterator[_Wrong]:
    seen: set[str] = set()
    for kind, wanted, sources in (
        ("verb source", VerbSource, provider.verb_sources),
        ("help source", HelpSource, provider.help_sources),
    ):
        for source in _entries(sources):
            if not isinstance(source, wanted):
                yield _Wrong(repr(source), f"is not a {wanted.__name__}", f"give {wanted.__name__}(id, folder)")
                continue
            entry = f'{kind} "{source.id}"'
            if not _is_id(source.id):
                yield _Wrong(entry, "its id must be lower-case letters, digits and dashes, a letter first")
            elif source.id in seen:
                yield _Wrong(entry, "is defined twice", "give each source an id of its own")
            else:
                seen.add(source.id)
            if not _are_texts((source.folder,)) or not source.folder.startswith("/"):
                yield _Wrong(
                    entry, "its folder is not an absolute path", 'write os.path.join(os.path.dirname(__file__), "name")'
                )


def _wrong_rest(provider: Provider) -> Iterator[_Wrong]:
    for name in ("modules", "verb_sources", "help_sources", "capabilities", "command_sets"):
        if not isinstance(getattr(provider, name), (tuple, list)):
            yield _Wrong(name, "is not a tuple", f"write {name}=(…,)")


def _entries(given: object) -> tuple[object, ...]:
    return tuple(given) if isinstance(given, (tuple, list)) else ()


def _is_module_name(text: object) -> bool:
    return isinstance(text, str) and bool(text) and text == text.strip() and not text.startswith((".", "/", "node:"))


def _are_texts(given: object) -> bool:
    return isinstance(given, (tuple, list)) and all(isinstance(text, str) for text in given)


def _is_id(text: object) -> bool:
    if not isinstance(text, str):
        return False
    return text[:1].isalpha() and text.isascii() and text == text.lower() and text.replace("-", "").isalnum()
