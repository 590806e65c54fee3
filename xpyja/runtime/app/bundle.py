"""A spec's runtimes inside a Python program: what the packages of ``xpyja generate --package`` open."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from xpyja.runtime.api.provider import Lazy
from xpyja.runtime.app.compose import compose
from xpyja.runtime.app.files import EmbeddedFiles
from xpyja.runtime.errors import CloseError, CompositionError, OwnerClosed, XpyjaError
from xpyja.runtime.plan import PLAN_FILE, PROVIDERS_FOLDER, from_json
from xpyja.runtime.registry import ProviderRegistry

if TYPE_CHECKING:
    from xpyja.runtime.engine.builder import RuntimeFactory
    from xpyja.runtime.engine.protocols import Output
    from xpyja.runtime.engine.runtime import Runtime
    from xpyja.runtime.plan import RuntimePlan


class Bundle:
    """Makes runtimes from the plan in a folder, and closes them at the end. Any thread; a context manager.

    Args:
        folder: Holds the plan, the embedded files and the providers that no distribution brings.
        services: Host services by key, for modules that ask for them (`xpyja.runtime.api.ModuleContext.service`).
        output: Where ``console`` writes; standard output and error when None.
        debug: Whether what modules log is shown on standard error.

    Raises:
        PlanError: The folder has no plan that this xpyja can read.
    """

    def __init__(
        self,
        folder: str,
        *,
        services: Mapping[str, object] | None = None,
        output: Output | None = None,
        debug: bool = False,
    ) -> None:
        with open(os.path.join(folder, PLAN_FILE), encoding="utf-8") as file:
            self.plan: RuntimePlan = from_json(file.read())
        self._files = EmbeddedFiles(folder, self.plan.sources)
        self._services = dict(services or {})
        self._output = output
        self._debug = debug
        self._lock = threading.Lock()  # guards what follows
        self._factories: dict[str, RuntimeFactory] = {}
        self._runtimes: list[Runtime] = []
        self._closed = False
        self._registry = ProviderRegistry()
        for provider in self.plan.providers:
            self._registry.register_lazy(provider.id, Lazy(provider.origin).resolve)
        own = os.path.join(folder, PROVIDERS_FOLDER)
        # At the end: what the program has installed itself comes first.
        if os.path.isdir(own) and own not in sys.path:
            sys.path.append(own)

    def new_runtime(self, profile: str = "") -> Runtime:
        """Makes a runtime.

        Args:
            profile: Name of a runtime profile of the spec; its default when empty.

        Raises:
            UnknownNameError: There is no such profile.
            CompositionError: The profile asks for a process of its own, which services do not reach.
            OwnerClosed: The bundle is closed.
        """
        chosen = self.plan.profile(profile or self.plan.default_runtime)
        if chosen.isolation == "process":
            raise CompositionError(
                f'runtime profile "{chosen.name}" asks for a process of its own, which a bundle does not make',
                hint="choose another profile, or see xpyja.runtime.engine.ProcessFactory",
            )
        with self._lock:
            if self._closed:
                raise self._refusal()
            factory = self._factories.get(chosen.name)
            if factory is None:
                factory = self._factories[chosen.name] = compose(
                    self.plan,
                    chosen,
                    self._registry,
                    self._files,
                    output=self._output,
                    debug=self._debug,
                    services=self._services,
                )
        runtime = factory.new_runtime()
        if not self._keep(runtime):  # closed meanwhile
            runtime.close()
            raise self._refusal()
        return runtime

    def _keep(self, runtime: Runtime) -> bool:
        with self._lock:
            if not self._closed:
                self._runtimes = [known for known in self._runtimes if not known.closed]
                self._runtimes.append(runtime)
            return not self._closed

    def _refusal(self) -> OwnerClosed:
        return OwnerClosed(f'the bundle of "{self.plan.name}" is closed')

    def close(self) -> None:
        """Closes the runtimes that are still open, the last one first. Closing twice is harmless.

        Raises:
            CloseError: Some did not close well; it has all failures.
        """
        with self._lock:
            self._closed = True
            runtimes, self._runtimes = self._runtimes, []
        failures: list[BaseException] = []
        for runtime in reversed(runtimes):
            try:
                runtime.close()
            except XpyjaError as error:
                failures.append(error)
        if failures:
            raise CloseError(self.plan.name, tuple(failures))

    def __enter__(self) -> Bundle:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            self.close()
        except CloseError:
            if error is None:
                raise
