"""Values as texts, both ways. ``js/bridge.js`` is the other end.

A text starts with one character: ``j`` JSON, ``t`` JSON with tags, ``s`` the string that follows, ``u`` undefined,
``e`` an error to throw. A tag is an object with the one key U+0001 and a list: a kind and its data. An object of the
user that has that key is itself written as a tag, so nothing is ambiguous.

The round trip:

| Python                          | JavaScript                 | comes back as                                         |
|---------------------------------|----------------------------|-------------------------------------------------------|
| None                            | null                       | None                                                  |
| UNDEFINED                       | undefined                  | UNDEFINED                                             |
| bool                            | boolean                    | bool                                                  |
| int up to 2**53 - 1             | number                     | int                                                   |
| int beyond                      | bigint                     | JsBigInt, an int                                      |
| JsBigInt                        | bigint                     | JsBigInt                                              |
| float (NaN, infinities, -0.0)   | number                     | float; an int when it has no fraction and is safe     |
| str                             | string                     | str; two surrogates in a row become their character   |
| bytes, bytearray                | Uint8Array                 | bytes (as do ArrayBuffer and DataView)                |
| array.array, memoryview         | typed array of that format | memoryview of that format                             |
| datetime with time zone         | Date                       | datetime in UTC, whole milliseconds                   |
| list, tuple                     | Array                      | list                                                  |
| dict with str keys              | object                     | dict; keys that look like indexes come first          |
| JsMap                           | Map                        | JsMap                                                 |
| set, frozenset                  | Set                        | set                                                   |
| Handle                          | opaque object              | the object it wraps                                   |
| callable                        | function                   | the callable                                          |
| awaitable, Future               | Promise                    | JsPromise                                             |
| exception                       | Error                      | JsError, whose ``__cause__`` is the exception         |
| JsFunction, JsPromise, JsError  | what they came from        | the same                                              |

Everything else, cycles, and more than 256 levels are a `MarshalError` that names the place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from xpyja.runtime.api.values import UNDEFINED, Handle, JsBigInt, JsMap
from xpyja.runtime.errors import MarshalError

if TYPE_CHECKING:
    from xpyja.runtime.engine.protocols import Tables

TAG: Final = "\x01"
MAX_DEPTH: Final = 256
MAX_SAFE: Final = 2**53 - 1
FIRST_BUFFER: Final = 2**20  # JavaScript counts its own buffers in the same place from 0

_ATOMS: Final = frozenset({str, bool, type(None)})
_TYPED_ARRAYS: Final = {
    "b": "Int8Array",
    "h": "Int16Array",
    "H": "Uint16Array",
    "i": "Int32Array",
    "I": "Uint32Array",
    "q": "BigInt64Array",
    "Q": "BigUint64Array",
    "l": "BigInt64Array",
    "L": "BigUint64Array",
    "f": "Float32Array",
    "d": "Float64Array",
}
_FORMATS: Final = {
    "Int8Array": "b",
    "Uint8ClampedArray": "B",
    "Int16Array": "h",
    "Uint16Array": "H",
    "Int32Array": "i",
    "Uint32Array": "I",
    "BigInt64Array": "q",
    "BigUint64Array": "Q",
    "Float32Array": "f",
    "Float64Array": "d",
}

_dumps = json.JSONEncoder(ensure_ascii=True, check_circular=False, separators=(",", ":")).encode


class Encoder:
    """Makes texts out of Python values. Owner thread only.

    Args:
        tables: Where values that cross by reference are entered.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._buffers = FIRST_BUFFER

    def encode(self, value: object) -> str:
        """Makes the text for one value.

        Raises:
            MarshalError: Something in it cannot cross; the error names where.
        """
        if type(value) is str and value.isascii() and "\0" not in value:
            return "s" + value
        if _is_plain((value,), MAX_DEPTH):
            return "j" + _dumps(value)
        first = self._buffers
        try:
            return "t" + _dumps(self._tagged(value, None, 0))
        finally:
            self._buffers = first  # not 0: code of a value may have JavaScript called, which encodes meanwhile

    def _tagged(self, value: Any, path: _Step | None, depth: int) -> Any:  # any value in, JSON values out
        if value is None or isinstance(value, (str, bool)):
            return _text(value) if isinstance(value, str) else value
        if isinstance(value, int):
            return self._int(value)
        if isinstance(value, float):
            if value - value == 0.0:
                return float(value)
            return {TAG: ["n", "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"]}
        if isinstance(value, (list, tuple, dict, set, frozenset)):
            return self._container(value, path, depth)
        if value is UNDEFINED:
            return {TAG: ["u"]}
        if isinstance(value, (bytes, bytearray)):
            return {TAG: ["b", self._buffer(bytes(value))]}
        tag = self._tables.export(value)
        if tag is not None:
            if isinstance(value, Handle):
                tag[3] = self._tagged(tag[3], _Step(path, "members", value), depth + 1)
            return {TAG: tag}
        return self._rare(value, path)

    def _container(self, value: Any, path: _Step | None, depth: int) -> Any:
        step = path
        while step is not None:
            if step.value is value:
                raise MarshalError(_place(path), "a cycle cannot cross to JavaScript")
            step = step.up
        if depth >= MAX_DEPTH:
            raise MarshalError("$", f"the value is nested more than {MAX_DEPTH} levels deep")
        depth += 1
        if isinstance(value, (list, tuple)):
            return [self._tagged(item, _Step(path, index, value), depth) for index, item in enumerate(value)]
        if isinstance(value, JsMap):
            step = _Step(path, "(entry)", value)
            pairs = [[self._tagged(k, step, depth), self._tagged(v, step, depth)] for k, v in value.items()]
            return {TAG: ["m", pairs]}
        if isinstance(value, dict):
            return self._object(value, path, depth)
        step = _Step(path, "(member)", value)
        return {TAG: ["s", [self._tagged(item, step, depth) for item in value]]}

    def _object(self, value: dict[Any, Any], path: _Step | None, depth: int) -> Any:
        for key in value:
            if not isinstance(key, str):
                raise MarshalError(
                    _place(path),
                    f"a dict key of type {type(key).__name__} cannot cross",
                    hint="use JsMap for other keys",
                )
        result = {_text(key): self._tagged(item, _Step(path, key, value), depth) for key, item in value.items()}
        if TAG in result:
            return {TAG: ["o", [[key, item] for key, item in result.items()]]}
        return result

    def _int(self, value: int) -> Any:
        if isinstance(value, JsBigInt) or not -MAX_SAFE <= value <= MAX_SAFE:
            return {TAG: ["i", hex(abs(value)), value < 0]}  # hexadecimal takes linear time, decimal does not
        return int(value)

    def _rare(self, value: object, path: _Step | None) -> Any:
        kind = type(value).__name__
        from datetime import datetime, timedelta, timezone

        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise MarshalError(
                    _place(path), "a datetime without a time zone is no instant", hint="give it one: .astimezone()"
                )
            epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
            return {TAG: ["d", (value - epoch) // timedelta(milliseconds=1)]}
        if kind in ("memoryview", "array"):
            view = memoryview(value)  # type: ignore[arg-type]
            if view.ndim != 1:
                raise MarshalError(_place(path), f"a memoryview of {view.ndim} dimensions cannot cross to JavaScript")
            if view.format == "B" or view.format == "c":
                return {TAG: ["b", self._buffer(view.tobytes())]}
            name = _TYPED_ARRAYS.get(view.format)
            if name is not None and view.itemsize == _item_size(name):
                return {TAG: ["T", name, self._buffer(view.tobytes())]}
        raise MarshalError(
            _place(path),
            f"a Python {kind} cannot cross to JavaScript",
            hint="make it plain data, or wrap it in Handle to pass it on unseen",
        )

    def _buffer(self, data: bytes) -> int:
        index = self._buffers
        self._buffers += 1
        self._tables.put_buffer(index, data)
        return index


class Decoder:
    """Makes Python values out of texts, those of `Encoder` included. Owner thread only.

    Args:
        tables: Where values that cross by reference are found.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        # The C scanner, without what json.loads does around it. Its stubs do not know it.
        self._scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
        self._scan_tagged = json.JSONDecoder(object_hook=self._object).scan_once  # type: ignore[attr-defined]

    def scan(self, text: str, start: int = 0) -> Any:
        """Reads plain JSON."""
        return self._scan(text, start)[0]

    def decode(self, text: str) -> Any:
        """Reads a text that is not an error.

        Raises:
            MarshalError: A JavaScript value has no counterpart in Python.
        """
        kind = text[:1]
        if kind == "j":
            return self._scan(text, 1)[0]
        if kind == "t":
            return self._scan_tagged(text, 1)[0]
        if kind == "s":
            return text[1:]
        return UNDEFINED

    def _object(self, value: dict[str, Any]) -> Any:
        if len(value) != 1 or TAG not in value:
            return value
        kind, *data = value[TAG]
        if kind == "u":
            return UNDEFINED
        if kind == "i":
            return JsBigInt(int(data[0], 16) * (-1 if data[1:] == [True] else 1))
        if kind == "n":
            return float(data[0])
        if kind == "d":
            return _datetime(data[0])
        if kind == "b":
            return self._tables.take_buffer(data[0])
        if kind == "T":
            return self._typed_array(*data)
        if kind == "o":
            return dict(data[0])
        if kind == "m":
            return _keyed("Map", data[0])
        if kind == "s":
            return set(_keyed("Set", ([member, None] for member in data[0])))
        return self._tables.import_(kind, data)

    def _typed_array(self, name: str, index: int) -> memoryview:
        data = memoryview(self._tables.take_buffer(index))
        if name not in _FORMATS:
            raise MarshalError("$", f"a {name} cannot cross to Python")
        return data.cast(_FORMATS[name])  # type: ignore[call-overload, no-any-return]


def _text(value: str) -> str:
    """The plain string of a str or of a subclass, such as an Enum's, whose ``__str__`` says something else."""
    return str.__str__(value)


class _Step:
    """Where the encoder is: the container, the key in it, and the way up."""

    __slots__ = ("key", "up", "value")

    def __init__(self, up: _Step | None, key: object, value: object) -> None:
        self.up = up
        self.key = key
        self.value = value


def _place(step: _Step | None) -> str:
    text = ""
    while step is not None:
        text = (f"[{step.key}]" if isinstance(step.key, int) else f".{step.key}") + text
        step = step.up
    return "$" + text


def _is_plain(items: Iterable[Any], depth: int) -> bool:
    """Whether values are such that `json` writes them without loss."""
    if depth == 0:
        return False  # a cycle, or too deep: the slow way finds out
    for item in items:
        kind = type(item)
        if kind in _ATOMS:
            continue
        if kind is int:
            if not -MAX_SAFE <= item <= MAX_SAFE:
                return False
        elif kind is float:
            if item - item != 0.0:  # NaN and the infinities
                return False
        elif kind is dict:
            for key in item:
                if type(key) is not str:
                    return False
            if not _is_plain(item.values(), depth - 1):
                return False
        elif kind is list or kind is tuple:
            if not _is_plain(item, depth - 1):
                return False
        else:
            return False
    return True


def _keyed(kind: str, pairs: Iterable[list[Any]]) -> JsMap:
    result = JsMap()
    count = 0
    for key, value in pairs:
        count += 1
        try:
            result[key] = value
        except TypeError:
            raise MarshalError(
                "$", f"a {kind} with a {type(key).__name__} as a key has no counterpart in Python"
            ) from None
    if len(result) != count:
        raise MarshalError("$", f"a {kind} has keys that are equal in Python, such as 1 and true")
    return result


def _item_size(name: str) -> int:
    return memoryview(bytes(8)).cast(_FORMATS[name]).itemsize  # type: ignore[call-overload, no-any-return]


def _datetime(milliseconds: float) -> object:
    from datetime import datetime, timedelta, timezone

    try:
        return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise MarshalError("$", "a Date outside the years 1 to 9999 cannot cross to Python") from None
