"""TypeScript declarations of a module, as data; ``xpyja dts`` renders them."""

from __future__ import annotations

from typing import NamedTuple


class TsParam(NamedTuple):
    """A parameter.

    Attributes:
        name: Its name.
        type: Its TypeScript type, such as ``string | Uint8Array``.
        optional: Whether it may be left out.
    """

    name: str
    type: str
    optional: bool = False


class TsFunction(NamedTuple):
    """A function that the module exports.

    Attributes:
        name: Its name.
        params: Its parameters in order.
        returns: Its TypeScript return type.
        doc: One line of help.
    """

    name: str
    params: tuple[TsParam, ...] = ()
    returns: str = "void"
    doc: str = ""


class TsModule(NamedTuple):
    """The declarations of one module.

    Attributes:
        functions: Exported functions.
        declarations: Further declaration lines, such as interfaces and classes, as TypeScript.
    """

    functions: tuple[TsFunction, ...] = ()
    declarations: str = ""
