"""Says what providers offer: ``python -m xpyja.runtime.describe ID=PACKAGE.MODULE:ATTRIBUTE …``.

The builder runs this as a short process of the Python that the tool is for, so that the code of providers never gets
into the builder. It prints one JSON object; a provider that cannot be imported or is invalid is reported inside it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from xpyja import __version__
from xpyja.runtime.api.provider import Lazy, Module, Provider
from xpyja.runtime.errors import RegistrationError
from xpyja.runtime.registry import validate

FORMAT = 1


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
    if provider.id != provider_id:
        raise RegistrationError(provider_id, "id", f'the provider calls itself "{provider.id}"')
    return {
        "id": provider.id,
        "origin": origin,
        "doc": provider.doc,
        "version": _version(origin.partition(":")[0].partition(".")[0]),
        "modules": [_module(provider, module) for module in provider.modules],
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


def _version(package: str) -> str:
    """Version of the distribution that a top-level package came from, or "" when there is none."""
    if package in ("xpyja", "xpyja_providers"):
        return __version__
    from importlib import metadata

    for distribution in metadata.packages_distributions().get(package, ()):
        return metadata.version(distribution)
    return ""


def _failure(provider_id: str, error: BaseException) -> dict[str, Any]:
    file, line = "", 0
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not name.startswith("<") and not name.startswith(os.path.dirname(os.path.abspath(__file__))):
            file, line = name, trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename:
        file, line = error.filename, error.lineno or 0
    return {"provider": provider_id, "type": type(error).__name__, "message": str(error), "file": file, "line": line}


def main(arguments: Sequence[str]) -> None:
    """Describes the providers named by the arguments and prints the result.

    Args:
        arguments: ``ID=ORIGIN`` each.
    """
    # A provider may print while it is imported. What it prints goes to stderr; stdout is for the description.
    stdout = os.dup(1)
    os.dup2(2, 1)
    providers, errors = [], []
    for argument in arguments:
        provider_id, _, origin = argument.partition("=")
        try:
            providers.append(describe(provider_id, origin))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a provider that calls sys.exit() is reported like any other
            errors.append(_failure(provider_id, error))
    text = json.dumps({"format": FORMAT, "providers": providers, "errors": errors})
    with os.fdopen(stdout, "w", encoding="utf-8") as out:
        out.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
