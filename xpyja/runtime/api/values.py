"""The values that cross between Python and JavaScript and have no type of their own in Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from xpyja.runtime.errors import HandleTypeError, XpyjaError

Target = TypeVar("Target")


class Undefined:
    """The type of `UNDEFINED`: JavaScript's ``undefined``, kept apart from ``null``, which is None. Falsy."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNDEFINED"

    def __reduce__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Final = Undefined()


class JsBigInt(int):
    """A BigInt. An int in every way; it returns to JavaScript as a BigInt also when it is small."""

    __slots__ = ()


class JsMap(dict[Any, Any]):
    """A Map: a dict whose keys may be of any hashable kind, and which returns to JavaScript as a Map."""

    __slots__ = ()


class Handle:
    """Wraps a Python object so that it crosses as an opaque object instead of as data.

    JavaScript sees an object without properties that it can only pass on. When it comes back to Python it is the
    wrapped object itself. Scripts cannot forge, copy or look into it.

    Args:
        target: The Python object.
        kind: What to call it in messages; the class name unless given.
        members: Functions and values that JavaScript sees as properties of the object.
    """

    __slots__ = ("kind", "members", "target")

    def __init__(self, target: object, kind: str = "", members: Mapping[str, object] | None = None) -> None:
        self.target = target
        self.kind = kind or type(target).__name__
        self.members = members


class HostError(XpyjaError):
    """A failure that a module reports to scripts as a JavaScript Error.

    Any exception becomes an Error; this one also chooses its name and properties, as Node's system errors have them.

    Args:
        message: The error's message.
        name: The error's ``name``; ``Error``, ``TypeError``, ``RangeError`` and so on make an instance of that class.
        code: The error's ``code``, such as ``ENOENT``, or None.
        properties: Further properties, such as ``errno`` and ``path``.
    """

    def __init__(
        self,
        message: str,
        *,
        name: str = "Error",
        code: str | None = None,
        properties: Mapping[str, object] | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.name = name
        self.code = code
        self.properties = dict(properties or {})


def require_handle(value: object, expected: type[Target], kind: str = "") -> Target:
    """Checks that an argument from JavaScript is a handle to an object of a class.

    Args:
        value: The argument.
        expected: The class of the wrapped object.
        kind: What to call it in the error; the class name unless given.

    Returns:
        The wrapped object.

    Raises:
        HandleTypeError: It is not. The message names what was expected and the type and value received.
    """
    if isinstance(value, expected):
        return value
    shown = repr(value)
    received = {"NoneType": "null", "Undefined": "undefined", "str": "string", "dict": "object", "list": "array"}.get(
        type(value).__name__, type(value).__name__
    )
    raise HandleTypeError(kind or expected.__name__, received, shown if len(shown) <= 80 else shown[:79] + "…")
