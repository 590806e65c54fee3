"""The providers of a tool: registered by value, validated at once, looked up with "did you mean"."""

from __future__ import annotations

from collections.abc import Callable

from xpyja.runtime.api.provider import Lazy, Module, Provider
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
    """Checks a provider's definition.

    Raises:
        RegistrationError: Names the provider, the entry and the reason.
    """
    if not isinstance(provider, Provider):
        raise RegistrationError(repr(provider), "value", "is not a Provider")
    shown = str(provider.id)
    if not isinstance(provider.id, str) or not _is_id(provider.id):
        raise RegistrationError(shown, "id", "must be lower-case letters, digits and dashes, a letter first")
    seen: set[str] = set()
    for module in provider.modules:
        if not isinstance(module, Module):
            raise RegistrationError(shown, repr(module), "is not a Module")
        entry = f'module "{module.name}"'
        if not module.name or module.name != module.name.strip() or module.name.startswith((".", "/", "node:")):
            raise RegistrationError(
                shown, entry, 'a module name is not empty and does not start with ".", "/" or "node:"'
            )
        if module.name in seen:
            raise RegistrationError(shown, entry, "is defined twice")
        seen.add(module.name)
        if not callable(module.factory):
            raise RegistrationError(shown, entry, "its factory is not callable")
        if module.config is not None and not isinstance(module.config, (type, Lazy)):
            raise RegistrationError(shown, entry, "its config is not a class", hint="give a frozen dataclass")


def _is_id(text: str) -> bool:
    return text[:1].isalpha() and text.isascii() and text == text.lower() and text.replace("-", "").isalnum()
