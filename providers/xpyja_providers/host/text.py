"""The text encodings that Node knows, with Node's results for input that is not valid."""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64

_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*")


def decode(data: bytes, encoding: str) -> str:
    """Turns bytes into text. Never fails: what is invalid becomes U+FFFD or is left out, as in Node.

    Args:
        data: The bytes.
        encoding: ``utf8``, ``latin1``, ``ascii``, ``utf16le``, ``hex``, ``base64`` or ``base64url``.
    """
    if encoding == "utf8":
        return data.decode("utf-8", "replace")
    if encoding == "latin1":
        return data.decode("latin-1")
    if encoding == "ascii":
        return data.translate(_SEVEN_BITS).decode("ascii")
    if encoding == "utf16le":
        return data[: len(data) & ~1].decode("utf-16-le", "surrogatepass")
    if encoding == "hex":
        return data.hex()
    digits = b2a_base64(data, newline=False).decode("ascii")
    return digits if encoding == "base64" else digits.translate(_URL_SAFE).rstrip("=")


def encode(text: str, encoding: str) -> bytes:
    """Turns text into bytes; the reverse of `decode`, and as forgiving."""
    if encoding == "utf8":
        return _well_formed(text).encode("utf-8")
    units = text.encode("utf-16-le", "surrogatepass")
    if encoding == "utf16le":
        return units
    if encoding in ("latin1", "ascii"):
        return units[::2]  # the low byte of each UTF-16 unit
    if encoding == "hex":
        valid = _HEX.match(text)
        return bytes.fromhex(valid.group() if valid else "")
    return _decode_base64(text)


_URL_SAFE = str.maketrans("+/", "-_")
_FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_SEVEN_BITS = bytes(byte & 0x7F for byte in range(256))


def _well_formed(text: str) -> str:
    """Replaces surrogates without a partner by U+FFFD."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _decode_base64(text: str) -> bytes:
    """Decodes both alphabets, with or without padding, up to the first ``=``."""
    digits = text.partition("=")[0].encode("ascii", "ignore")
    digits = _BASE64.sub(b"", digits.translate(_FROM_URL_SAFE))
    if len(digits) % 4 == 1:
        digits = digits[:-1]  # six bits are no byte
    return a2b_base64(digits + b"=" * (-len(digits) % 4))
