"""Names that scripts always have, so that nobody looks for a module of that name; and how module names compare."""

from __future__ import annotations

_LANGUAGE = """
AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date Error EvalError
FinalizationRegistry Float16Array Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Iterator
JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String
Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet
decodeURI decodeURIComponent encodeURI encodeURIComponent eval globalThis isFinite isNaN parseFloat parseInt undefined
"""  # parts of JavaScript itself

_GLOBALS = """
AbortController AbortSignal TextDecoder TextEncoder URL URLSearchParams clearImmediate clearInterval clearTimeout
console exports module performance queueMicrotask require setImmediate setInterval setTimeout structuredClone
"""  # what every runtime adds

_BY_LOWER_CASE = {name.lower(): name for name in (_LANGUAGE + _GLOBALS).split()}


def built_in(name: str) -> str | None:
    """Explains that a name needs no module, or returns None when it is not built in. Case does not matter."""
    found = _BY_LOWER_CASE.get(name.strip().lower())
    if found is None:
        return None
    if found in _LANGUAGE.split():
        return f"{found} is part of JavaScript itself: it is always there and needs no module"
    return f"{found} is a global of every runtime: it is always there and needs no module"


def normalise_alias(alias: str) -> str:
    """Brings the name of a native module into the form in which names are compared.

    The build half may not import the engine; a test holds this to what the engine's loader does.
    """
    return alias.strip().lower().removeprefix("node:")
