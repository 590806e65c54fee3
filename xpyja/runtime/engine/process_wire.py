"""What crosses between an isolated runtime and its parent: frames of bytes that hold data, and only data.

A frame is a length and its parts, each a length and bytes: a header (JSON), the text of a value as `marshal` writes it,
and the value's buffers. Nothing of it names code, so the worst that a hostile child can send is nonsense, and nonsense
is a `ProtocolError`. (The pickles of ``multiprocessing`` would let it run what it likes in the parent.)
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from struct import Struct
from typing import Any, NamedTuple

from xpyja.runtime import errors
from xpyja.runtime.api.values import Handle, HostError
from xpyja.runtime.engine.marshal import FIRST_BUFFER, Decoder, Encoder
from xpyja.runtime.errors import Frame, JsError, MarshalError, XpyjaError

MAX_FRAME = 2**31 - 1
CHUNK = 2**20
MAX_TEXT = 100_000
MAX_FRAMES = 200
MAX_ERRORS = 32
MAX_CAUSES = 16

_length = Struct(">I")
_dumps = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
quote = _dumps
"""Writes a text as a JavaScript literal."""


class ProtocolError(Exception):
    """The other end sent something that makes no sense."""


class Message(NamedTuple):
    """A frame that was read.

    Attributes:
        header: JSON values.
        text: A value's text, or "" for none.
        buffers: The value's buffers.
    """

    header: dict[str, Any]
    text: str
    buffers: tuple[bytes, ...]

    def value(self) -> Any:  # any data value
        """Decodes the value."""
        return Decoder(_Tables(self.buffers)).decode(self.text)


# -- frames ----------------------------------------------------------------------------------------------------------


def pack(header: dict[str, Any], *, limit: int = MAX_FRAME) -> bytes:
    """Makes a frame without a value."""
    return _frame([_dumps(header).encode()], limit)


def pack_value(header: dict[str, Any], value: object, *, limit: int = MAX_FRAME) -> bytes:
    """Makes a frame with a value.

    Raises:
        MarshalError: Something in the value is not data, or it is too large; the error names where.
    """
    tables = _Tables(())
    try:
        text = Encoder(tables).encode(value)
    except MarshalError as error:
        if tables.refused:
            raise MarshalError(
                error.path,
                f"{tables.refused} cannot cross to another process",
                hint="an isolated runtime takes and gives data only, no functions, promises or handles",
            ) from None
        raise
    return _frame([_dumps(header).encode(), text.encode(), *tables.buffers], limit)


def _frame(parts: Sequence[bytes], limit: int) -> bytes:
    size = sum(map(len, parts)) + _length.size * len(parts)
    if size > limit:
        raise MarshalError("$", f"{size} bytes are too much for one message; at most {limit} cross to another process")
    pieces = [_length.pack(size)]
    for part in parts:
        pieces += (_length.pack(len(part)), part)
    return b"".join(pieces)


def write(fd: int, frame: bytes) -> None:
    """Writes a whole frame.

    Raises:
        OSError: The other end is gone.
    """
    rest = memoryview(frame)
    while rest:
        rest = rest[os.write(fd, rest[:CHUNK]) :]


def read(fd: int, limit: int = MAX_FRAME) -> Message | None:
    """Reads one frame.

    Args:
        fd: Where from.
        limit: The largest frame to accept, in bytes. Memory is taken as bytes arrive, not as a header announces them.

    Returns:
        None when the other end is gone, also in the middle of a frame.

    Raises:
        ProtocolError: It is no frame.
    """
    head = _exactly(fd, _length.size)
    if head is None:
        return None
    (size,) = _length.unpack(head)
    if size > limit:
        raise ProtocolError(f"a message of {size} bytes, where {limit} are allowed")
    body = _exactly(fd, size)
    return None if body is None else parse(body)


def _exactly(fd: int, size: int) -> bytes | None:
    pieces = []
    while size:
        piece = os.read(fd, min(size, CHUNK))
        if not piece:
            return None
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def parse(body: bytes) -> Message:
    """Reads the parts of a frame.

    Raises:
        ProtocolError: They are none.
    """
    parts: list[bytes] = []
    position = 0
    while position < len(body):
        start = position + _length.size
        if start > len(body):
            raise ProtocolError("a part without a length")
        (size,) = _length.unpack_from(body, position)
        position = start + size
        if position > len(body):
            raise ProtocolError("a part that is longer than its message")
        parts.append(body[start:position])
    try:
        header = json.loads(parts[0])
        text = parts[1].decode("ascii") if len(parts) > 1 else ""
    except (ValueError, RecursionError, IndexError) as error:
        raise ProtocolError(f"a message that cannot be read ({type(error).__name__})") from None
    if not isinstance(header, dict):
        raise ProtocolError("a message without a header")
    return Message(header, text, tuple(parts[2:]))


class _Tables:
    """The values that cross by reference inside a process: between two of them there are buffers only."""

    def __init__(self, buffers: Sequence[bytes]) -> None:
        self.buffers = list(buffers)
        self.refused = ""

    def put_buffer(self, index: int, data: bytes) -> None:
        self.buffers.append(data)

    def take_buffer(self, index: int) -> bytes:
        return self.buffers[index - FIRST_BUFFER]

    def export(self, value: object) -> None:
        """Refuses everything. What has a text of its own all the same, such as a datetime, is not meant."""
        from datetime import datetime

        if hasattr(value, "add_done_callback") or hasattr(value, "__await__"):
            self.refused = "a promise"
        elif isinstance(value, BaseException):
            self.refused = "an error"
        elif callable(value):
            self.refused = "a function"
        elif isinstance(value, Handle):
            self.refused = "a handle"
        elif isinstance(value, (datetime, memoryview)):
            self.refused = ""
        else:
            self.refused = f"a Python {type(value).__name__}"

    def import_(self, kind: str, data: list[Any]) -> object:
        raise ProtocolError(f"a value of the unknown kind {str(kind)[:20]!r}")


# -- errors ----------------------------------------------------------------------------------------------------------

_ATTRIBUTES: dict[type[XpyjaError], tuple[str, ...]] = {
    XpyjaError: (),
    HostError: ("name", "code"),
    errors.PlanError: (),
    errors.RegistrationError: ("provider", "entry"),
    errors.UnknownNameError: ("kind", "name", "known"),
    errors.ConfigError: ("key",),
    errors.UnsupportedPlatformError: (),
    errors.EngineError: (),
    errors.WrongThread: (),
    errors.VmClosed: (),
    errors.MarshalError: ("path", "reason"),
    errors.HandleTypeError: ("expected", "received"),
    errors.JsError: (),
    errors.UnhandledRejection: (),
    errors.JsMemoryError: (),
    errors.JsStackError: (),
    errors.Interrupted: ("frames",),
    errors.TimeLimitExceeded: ("frames", "seconds"),
    errors.ModuleNotFound: ("specifier", "parent", "tried"),
    errors.ModuleDenied: ("specifier",),
    errors.OwnerClosed: (),
    errors.ScheduleRejected: (),
    errors.CallCanceled: ("frames",),
    errors.CallPanicked: (),
    errors.CloseTimeout: ("running",),
    errors.CompositionError: (),
    errors.CloseError: ("failures",),
}
"""The classes that keep their type, and what they have besides message and hint. Others become their nearest base."""

_CLASSES = {cls.__name__: cls for cls in _ATTRIBUTES}


def error_to_data(error: BaseException, depth: int = 0) -> dict[str, Any]:
    """Makes JSON values of an error.

    An exception of Python that is not ours, such as a ValueError behind a JavaScript error, crosses as a `HostError` of
    its name and message.
    """
    if isinstance(error, XpyjaError):
        kind = next(cls for cls in type(error).__mro__ if cls in _ATTRIBUTES)
        data: dict[str, Any] = {
            "class": kind.__name__,
            "message": _cut(error.message),
            "hint": _cut_or_none(error.hint),
        }
        for name in _ATTRIBUTES[kind]:
            value = getattr(error, name)
            data[name] = _frames_to_data(value) if name == "frames" else _attribute(value, depth)
        if isinstance(error, JsError):
            data |= _js_error_to_data(error, depth)
    else:
        try:
            message = str(error)
        except Exception:  # noqa: BLE001 - the text is made by code of whoever raised it
            message = ""
        data = {
            "class": "HostError",
            "message": _cut(message),
            "hint": None,
            "name": type(error).__name__,
            "code": None,
        }
    behind = error.__cause__
    data["behind"] = error_to_data(behind, depth + 1) if behind is not None and depth < MAX_CAUSES else None
    return data


def _js_error_to_data(error: JsError, depth: int) -> dict[str, Any]:
    deeper = depth < MAX_CAUSES
    return {
        "name": _cut(error.name),
        "text": _cut(error.text),
        "code": _cut_or_none(error.code),
        "frames": _frames_to_data(error.frames),
        "cause": error_to_data(error.cause, depth + 1) if error.cause is not None and deeper else None,
        "errors": [error_to_data(member, depth + 1) for member in error.errors[:MAX_ERRORS]] if deeper else [],
        "thrown": error.ref is not None,
    }


def _attribute(value: Any, depth: int) -> Any:
    if isinstance(value, tuple):
        deeper = value[:MAX_ERRORS] if depth < MAX_CAUSES else ()
        return [_attribute(member, depth) for member in deeper]
    if isinstance(value, BaseException):
        return error_to_data(value, depth + 1)
    return _cut(value) if isinstance(value, str) else value


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _cut_or_none(text: str | None) -> str | None:
    return None if text is None else _cut(text)


def error_from_data(data: Any, depth: int = 0) -> XpyjaError:
    """Makes the error that `error_to_data` was given.

    Raises:
        ProtocolError: The data is nothing that `error_to_data` makes.
    """
    if depth > MAX_CAUSES + 1 or not isinstance(data, dict):
        raise ProtocolError("an error that makes no sense")
    cls = _CLASSES.get(_text(data.get("class")))
    if cls is None:
        raise ProtocolError("an error of an unknown class")
    if issubclass(cls, JsError):
        error: XpyjaError = _js_error_from_data(cls, data, depth)
    else:
        error = cls.__new__(cls)
        XpyjaError.__init__(error, _text(data.get("message")), hint=_text_or_none(data.get("hint")))
        for name in _ATTRIBUTES[cls]:
            setattr(error, name, _READERS.get(name, _text)(data.get(name), depth))
        if isinstance(error, HostError):
            error.properties = {}
    if data.get("behind") is not None:
        error.__cause__ = error_from_data(data["behind"], depth + 1)
    return error


def _js_error_from_data(cls: type[JsError], data: dict[str, Any], depth: int) -> JsError:
    cause = error_from_data(data["cause"], depth + 1) if data.get("cause") is not None else None
    members = [error_from_data(member, depth + 1) for member in _list(data.get("errors"), MAX_ERRORS)]
    return cls(
        _text(data.get("name")),
        _text(data.get("text")),
        _frames(data.get("frames")),
        cause=cause if isinstance(cause, JsError) else None,
        errors=tuple(member for member in members if isinstance(member, JsError)),
        code=_text_or_none(data.get("code")),
        ref=True if data.get("thrown") is True else None,
        hint=_text_or_none(data.get("hint")),
    )


def _frames_to_data(frames: tuple[Frame, ...]) -> list[Any]:
    return [[_cut(part) if isinstance(part, str) else part for part in frame] for frame in frames[:MAX_FRAMES]]


def _frames(value: Any, _: int = 0) -> tuple[Frame, ...]:
    return tuple(_trace_frame(frame) for frame in _list(value, MAX_FRAMES))


def _trace_frame(data: Any) -> Frame:
    function, file, line, column, language = _list(data, 5, exactly=True)
    return Frame(_text(function), _text(file), _count(line), _count(column), _text(language))


def _text(value: Any, _: int = 0) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ProtocolError("an error with something else where a text should be")
    return value


def _text_or_none(value: Any, _: int = 0) -> str | None:
    return None if value is None else _text(value)


def _count(value: Any) -> int:
    if type(value) is not int or not -(2**53) < value < 2**53:
        raise ProtocolError("an error with something else where a number should be")
    return value


def _seconds(value: Any, _: int = 0) -> float:
    if type(value) not in (int, float):
        raise ProtocolError("an error with something else where a number should be")
    return float(value)


def _texts(value: Any, _: int = 0) -> tuple[str, ...]:
    return tuple(_text(member) for member in _list(value, MAX_ERRORS))


def _failures(value: Any, depth: int) -> tuple[XpyjaError, ...]:
    return tuple(error_from_data(member, depth + 1) for member in _list(value, MAX_ERRORS))


def _list(value: Any, most: int, *, exactly: bool = False) -> list[Any]:
    if not isinstance(value, list) or len(value) > most or (exactly and len(value) != most):
        raise ProtocolError("an error with something else where a list should be")
    return value


_READERS: dict[str, Callable[[Any, int], object]] = {
    "frames": _frames,
    "seconds": _seconds,
    "code": _text_or_none,
    "known": _texts,
    "tried": _texts,
    "running": _texts,
    "failures": _failures,
}
