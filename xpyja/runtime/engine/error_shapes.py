"""What an error of one language looks like in the other."""

from __future__ import annotations

import json

from xpyja.runtime.api.values import HostError
from xpyja.runtime.errors import (
    HandleTypeError,
    Interrupted,
    JsError,
    JsMemoryError,
    JsStackError,
    MarshalError,
    ModuleDenied,
    ModuleNotFound,
    XpyjaError,
)

_JS_NAMES = frozenset({"Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"})

INDESCRIBABLE = (
    'e{"name":"RangeError","message":"no stack or memory is left in Python","code":null,"properties":{},"id":0,"ref":0}'
)
"""The text for an exception that not even a text can be made for."""


def message_of(error: BaseException) -> str:
    """The text of an exception, also when its own code fails to make one."""
    if isinstance(error, XpyjaError):
        return error.text if isinstance(error, JsError) else error.message
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - code of whoever wrote the exception
        return f"a {type(error).__name__} whose text cannot be made"


def is_json(value: object) -> bool:
    """Whether a property of an error can cross as JSON."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def error_class(name: str, message: str) -> type[JsError]:
    """The class for an uncaught JavaScript error: those of the engine's own limits have one of their own."""
    if name == "InternalError" and message == "out of memory":
        return JsMemoryError
    if name == "RangeError" and message == "Maximum call stack size exceeded":
        return JsStackError
    return JsError


def javascript_shape(error: BaseException) -> tuple[str, str | None, dict[str, object]]:
    """Name, code and further properties of the JavaScript error for a Python exception."""
    if isinstance(error, HostError):
        return error.name, error.code, error.properties
    if isinstance(error, JsError):
        return error.name or "Error", error.code, {}
    if isinstance(error, MarshalError):
        return "TypeError", "ERR_MARSHAL", {}
    if isinstance(error, ModuleNotFound):
        return "Error", "MODULE_NOT_FOUND", {"requireStack": [error.parent]}
    if isinstance(error, ModuleDenied):
        return "Error", "ERR_MODULE_DENIED", {}
    if isinstance(error, (HandleTypeError, TypeError)):
        return "TypeError", None, {}
    if isinstance(error, Interrupted):
        return "Error", "ERR_INTERRUPTED", {}
    if isinstance(error, RecursionError):
        return "RangeError", None, {}
    if isinstance(error, OSError) and error.errno is not None:
        from errno import errorcode

        properties: dict[str, object] = {"errno": -error.errno}
        if isinstance(error.filename, str):
            properties["path"] = error.filename
        return "Error", errorcode.get(error.errno), properties
    name = type(error).__name__
    return (name if name not in _JS_NAMES else "Error"), None, {}
