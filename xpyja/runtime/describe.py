"""Says what providers offer: ``python -m xpyja.runtime.describe ID=PACKAGE.MODULE:ATTRIBUTE …``.

The builder runs this as a short process of the Python that the tool is for, so that the code of providers never gets
into the builder. It prints one JSON object; a provider that cannot be imported or is invalid is reported inside it.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from xpyja.runtime.api.provider import HelpSource, Lazy, Module, Provider, VerbSource
from xpyja.runtime.errors import RegistrationError, XpyjaError
from xpyja.runtime.registry import validate

FORMAT = 2
MAX_MESSAGE = 2000


def describe(provider_id: str, origin: str) -> dict[str, Any]:
    """Imports a provider and describes it as JSON values.

    Args:
        provider_id: The id it is expected to have.
        origin: ``package.module:ATTRIBUTE``.

    Raises:
        RegistrationError: Its definition is invalid, or its id is another.
        Exception: Whatever importing it raises.
    """
    provider: Provider = Lazy(origin).resolve()
    validate(provider)
    sources: tuple[VerbSource | HelpSource, ...] = (*provider.verb_sources, *provider.help_sources)
    for source in sources:
        if not os.path.isdir(source.folder):
            raise RegistrationError(provider_id, f'source "{source.id}"', f"there is no folder {source.folder}")
    if provider.id != provider_id:
        raise RegistrationError(provider_id, "id", f'the provider calls itself "{provider.id}"')
    return {
        "id": provider.id,
        "origin": origin,
        "doc": provider.doc,
        "modules": [_module(provider, module) for module in provider.modules],
        "verb_sources": [source._asdict() for source in provider.verb_sources],
        "help_sources": [source._asdict() for source in provider.help_sources],
        "capabilities": [_identity(capability) for capability in provider.capabilities],
        "command_sets": [_identity(commands) for commands in provider.command_sets],
    }


def _module(provider: Provider, module: Module) -> dict[str, Any]:
    return {
        "name": module.name,
        "doc": module.doc,
        "requirements": list(module.requirements),
        "typescript": module.typescript is not None,
        "fields": _fields(provider, module),
    }


def _fields(provider: Provider, module: Module) -> list[dict[str, Any]] | None:
    from xpyja.runtime.api.config import describe_fields

    config = module.config.resolve() if isinstance(module.config, Lazy) else module.config
    if config is None:
        return None
    try:
        fields = [{**field._asdict(), "key": field.key} for field in describe_fields(config)]
        json.dumps([field["default"] for field in fields])
    except TypeError as error:
        raise RegistrationError(
            provider.id, f'module "{module.name}"', f"its config class is invalid: {error}"
        ) from error
    return fields


def _identity(entry: object) -> str:
    """The id of a capability or a command set, or the name of its class when it has none."""
    return str(getattr(entry, "id", "") or type(entry).__name__)


class _NoOutput(io.TextIOBase):
    """Stands for stdout while a provider is imported. It is imported inside tools too, whose stdout is for data."""

    def write(self, text: str) -> int:
        if text.strip():
            raise PrintedError(f"printed {text.strip()[:80]!r} to standard output while it was imported")
        return len(text)


class PrintedError(Exception):
    """A provider wrote to stdout."""


def _failure(provider_id: str, origin: str, error: BaseException) -> dict[str, Any]:
    file, line = "", 0
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not name.startswith("<") and not name.startswith(os.path.dirname(os.path.abspath(__file__))):
            file, line = name, trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename:
        file, line = error.filename, error.lineno or 0
    if not file:  # the definition is wrong, not the code
        file = getattr(sys.modules.get(origin.partition(":")[0]), "__file__", "") or ""
    return {
        "provider": provider_id,
        "type": type(error).__name__,
        "message": " ".join(str(error).split())[:MAX_MESSAGE],
        "file": file,
        "line": line,
        "hint": getattr(error, "hint", None) if isinstance(error, XpyjaError) else None,
    }


def main(arguments: Sequence[str]) -> None:
    """Describes the providers named by the arguments and prints the result.

    Args:
        arguments: ``ID=ORIGIN`` each.
    """
    # Whatever else gets to stdout, from C or from a process, goes to stderr; stdout is for the description.
    stdout = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = _NoOutput()
    providers, errors = [], []
    for argument in arguments:
        provider_id, _, origin = argument.partition("=")
        try:
            providers.append(describe(provider_id, origin))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a provider that calls sys.exit() is reported like any other
            errors.append(_failure(provider_id, origin, error))
    text = json.dumps({"format": FORMAT, "providers": providers, "errors": errors})
    with os.fdopen(stdout, "w", encoding="utf-8") as out:
        out.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
