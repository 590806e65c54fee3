"""From the plan to runtimes: the one place where providers meet the engine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from xpyja.runtime.engine.builder import RuntimeBuilder, RuntimeFactory
from xpyja.runtime.engine.loader import normalise
from xpyja.runtime.errors import ConfigError, ModuleDenied, UnknownNameError

if TYPE_CHECKING:
    from xpyja.runtime.api import Exports, Lazy
    from xpyja.runtime.app.files import EmbeddedFiles
    from xpyja.runtime.engine.owner import RuntimeOwner
    from xpyja.runtime.engine.protocols import Output
    from xpyja.runtime.engine.runtime import Runtime
    from xpyja.runtime.plan import ModuleInstance, Profile, RuntimePlan
    from xpyja.runtime.registry import ProviderRegistry


class _Context:
    """What a factory is given; see `xpyja.runtime.api.ModuleContext`."""

    __slots__ = ("_runtime", "_services", "alias", "assets", "config", "log", "name")

    def __init__(
        self,
        instance: ModuleInstance,
        config: Any,
        runtime: Runtime,
        assets: EmbeddedFiles,
        log: Callable[[str], None],
        services: Mapping[str, object],
    ) -> None:
        self.name = instance.module
        self.alias = instance.alias
        self.config = config
        self.assets = assets
        self.log = log
        self._runtime = runtime
        self._services = services

    @property
    def owner(self) -> RuntimeOwner:
        return self._runtime.owner

    def service(self, key: str) -> Any:  # whatever the program that embeds the runtime has given
        if key not in self._services:
            raise UnknownNameError("host service", key, tuple(self._services))
        return self._services[key]

    def add_closer(self, closer: Callable[[], None]) -> None:
        self._runtime.add_closer(closer)


def compose(
    plan: RuntimePlan,
    profile: Profile,
    registry: ProviderRegistry,
    files: EmbeddedFiles,
    *,
    output: Output | None = None,
    debug: bool = False,
    services: Mapping[str, object] | None = None,
) -> RuntimeFactory:
    """Makes the factory for one runtime profile.

    Nothing is imported here: a provider is when a script first requires one of its modules.

    Args:
        plan: The tool's plan.
        profile: One of its profiles.
        registry: Its providers.
        files: Its embedded files.
        output: Where ``console`` writes.
        debug: Whether what modules log is shown.
        services: Host services by key.
    """
    builder = RuntimeBuilder(
        limits=profile.limits,
        roots=files.script_folders(),
        denial=_Denial(plan, profile),
        output=output,
    )

    def log(message: str) -> None:
        if debug:
            sys.stderr.write(f"debug: {message}\n")

    for instance in profile.modules:
        builder.add_module(
            instance.alias,
            _maker(instance, profile, registry, files, log, services or {}),
            id=f"{instance.provider}.{instance.module}",
        )
    return builder.build()


def _maker(
    instance: ModuleInstance,
    profile: Profile,
    registry: ProviderRegistry,
    files: EmbeddedFiles,
    log: Callable[[str], None],
    services: Mapping[str, object],
) -> Callable[[Runtime], Exports]:
    def make(runtime: Runtime) -> Exports:
        module = registry.module(instance.provider, instance.module)
        config = None
        _require_given(instance)
        if module.config is not None:
            from xpyja.runtime.api.config import make_config

            where = f"runtimes.{profile.name}.modules.{instance.alias}.config"
            config = make_config(_resolved(module.config), instance.config, where)
        return module.factory(_Context(instance, config, runtime, files, log, services))

    return make


def _require_given(instance: ModuleInstance) -> None:
    """Checks the fields that only layers above the spec can give, which are required secrets."""
    for field in instance.fields:
        if field.required and field.key not in instance.config:
            ways = [f"set {field.variable}" if field.variable else "", f"give --{field.flag}" if field.flag else ""]
            hint = " or ".join(way for way in ways if way) or "write it into a config file"
            raise ConfigError(f"{instance.alias}.{field.key}", "is required", hint=hint)


def _resolved(config: type | Lazy) -> Any:
    return config if isinstance(config, type) else config.resolve()


class _Denial:
    """Makes the error for a native module that the profile lacks."""

    def __init__(self, plan: RuntimePlan, profile: Profile) -> None:
        self._plan = plan
        self._profile = profile

    def __call__(self, name: str) -> ModuleDenied | None:
        profile = self._profile
        for instance in profile.modules:
            if normalise(instance.module) == name:
                return ModuleDenied(
                    name,
                    f'module "{name}" goes by the alias "{instance.alias}" in runtime profile "{profile.name}"',
                    hint=f'write require("{instance.alias}")',
                )
        entry = self._entry(name)
        if entry is None:
            return None
        message = f'module "{name}" is not in runtime profile "{profile.name}"'
        return ModuleDenied(name, message, hint=self._hint(name, *entry))

    def _entry(self, name: str) -> tuple[str, str] | None:
        """The provider of a module, and the entry of a profile that would give it this name."""
        for other in self._plan.runtimes:
            for instance in other.modules:
                if instance.alias == name != normalise(instance.module):
                    what = f'{{provider: {instance.provider}, module: {instance.module}, as: "{name}"}}'
                    return instance.provider, what
        for offer in self._plan.offers:
            if normalise(offer.module) == name:
                return offer.provider, f"{offer.provider}.{name}"
        return None

    def _hint(self, name: str, provider: str, line: str) -> str:
        plan, profile = self._plan, self._profile
        place = f"{plan.build.spec}, line {profile.line}" if profile.line else plan.build.spec
        hint = f'add "- {line}" under runtimes.{profile.name}.modules ({place})'
        if all(entry.id != provider for entry in plan.providers):
            hint += f' and "- id: {provider}" under providers'
        hint += ", then build the tool again"
        for other in plan.runtimes:
            if any(normalise(instance.alias) == name for instance in other.modules):
                return f"{hint}; or use --runtime {other.name}, which has it"
        return hint
