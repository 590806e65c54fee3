"""The engine's C API, which the binding's own shared object exports.

Only `vm` and `vm_modules` beside it import this. Two ways to call in, and the difference matters:

- `hold` functions (`ctypes.PyDLL`) keep the GIL. They are for what cannot run JavaScript.
- `free` functions (`ctypes.CDLL`) release it. They are for what can: running, draining jobs, and compiling, since a
  syntax error may call a script's ``Error.prepareStackTrace``. Around each of them the binding must be told which
  thread state to take back when JavaScript calls a Python function (`Vm._run`).
"""

from __future__ import annotations

import ctypes
from typing import Any

import _quickjs

Pointer = ctypes.c_void_p

SUPPORTED_ENGINES = ("0.17.0",)
"""Releases of the engine whose layout `object_pointers`, `THREAD_STATE_OFFSET` and `HEAP_SIZE_OFFSET` describe."""

UINT8_ARRAY = 2

TAG_INT = 0
TAG_NULL = 2
TAG_UNDEFINED = 3
TAG_EXCEPTION = 6
TAG_OBJECT = -1

EVAL_GLOBAL = 0
EVAL_MODULE = 1
EVAL_COMPILE_ONLY = 32
WRITE_BYTECODE = 1

THREAD_STATE_OFFSET = object.__basicsize__ + 4 * 8
"""Where the binding's Context keeps the thread state that a host call takes back."""

HEAP_SIZE_OFFSET = 48
"""Where JSRuntime keeps the number of bytes allocated."""


class JSValue(ctypes.Structure):
    """A value of the engine: payload and tag."""

    _fields_ = (("payload", ctypes.c_int64), ("tag", ctypes.c_int64))


class EvalOptions(ctypes.Structure):
    """The engine's JSEvalOptions, version 1."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("flags", ctypes.c_int),
        ("filename", ctypes.c_char_p),
        ("line", ctypes.c_int),
    )


binding = _quickjs
"""The extension module itself, whose Context everything starts from."""

_hold = ctypes.PyDLL(binding.__file__)
_free = ctypes.CDLL(binding.__file__)


def _function(library: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Any:  # ctypes has no types for these
    function = library[name]  # by item, not by attribute: each use gets a function object of its own
    function.restype = result
    function.argtypes = arguments
    return function


_SIZE = ctypes.POINTER(ctypes.c_size_t)
_OPTIONS = ctypes.POINTER(EvalOptions)
_TEXT = ctypes.c_char_p

# May run JavaScript.
call = _function(_free, "JS_Call", JSValue, Pointer, JSValue, JSValue, ctypes.c_int, Pointer)
evaluate = _function(_free, "JS_Eval2", JSValue, Pointer, _TEXT, ctypes.c_size_t, _OPTIONS)
eval_function = _function(_free, "JS_EvalFunction", JSValue, Pointer, JSValue)
execute_pending_job = _function(_free, "JS_ExecutePendingJob", ctypes.c_int, Pointer, ctypes.POINTER(Pointer))

# Cannot run JavaScript.
get_runtime = _function(_hold, "JS_GetRuntime", Pointer, Pointer)
get_version = _function(_hold, "JS_GetVersion", _TEXT)
free_value = _function(_hold, "JS_FreeValue", None, Pointer, JSValue)
dup_value = _function(_hold, "JS_DupValue", JSValue, Pointer, JSValue)
get_exception = _function(_hold, "JS_GetException", JSValue, Pointer)
new_string = _function(_hold, "JS_NewStringLen", JSValue, Pointer, _TEXT, ctypes.c_size_t)
to_text = _function(_hold, "JS_ToCStringLen2", Pointer, Pointer, _SIZE, JSValue, ctypes.c_bool)
free_text = _function(_hold, "JS_FreeCString", None, Pointer, Pointer)
new_object_proto = _function(_hold, "JS_NewObjectProto", JSValue, Pointer, JSValue)
set_property = _function(_hold, "JS_SetPropertyStr", ctypes.c_int, Pointer, JSValue, _TEXT, JSValue)
set_index = _function(_hold, "JS_SetPropertyUint32", ctypes.c_int, Pointer, JSValue, ctypes.c_uint32, JSValue)
get_property = _function(_hold, "JS_GetPropertyStr", JSValue, Pointer, JSValue, _TEXT)
get_index = _function(_hold, "JS_GetPropertyUint32", JSValue, Pointer, JSValue, ctypes.c_uint32)
new_array_buffer = _function(_hold, "JS_NewArrayBufferCopy", JSValue, Pointer, _TEXT, ctypes.c_size_t)
typed_array_type = _function(_hold, "JS_GetTypedArrayType", ctypes.c_int, JSValue)
get_bytes = _function(_hold, "JS_GetUint8Array", Pointer, Pointer, _SIZE, JSValue)
is_proxy = _function(_hold, "JS_IsProxy", ctypes.c_bool, JSValue)
get_proxy_target = _function(_hold, "JS_GetProxyTarget", JSValue, Pointer, JSValue)
get_proxy_handler = _function(_hold, "JS_GetProxyHandler", JSValue, Pointer, JSValue)
promise_state = _function(_hold, "JS_PromiseState", ctypes.c_int, Pointer, JSValue)
promise_result = _function(_hold, "JS_PromiseResult", JSValue, Pointer, JSValue)
write_object = _function(_hold, "JS_WriteObject", Pointer, Pointer, _SIZE, JSValue, ctypes.c_int)
read_object = _function(_hold, "JS_ReadObject", JSValue, Pointer, _TEXT, ctypes.c_size_t, ctypes.c_int)
js_free = _function(_hold, "js_free", None, Pointer, Pointer)
set_memory_limit = _function(_hold, "JS_SetMemoryLimit", None, Pointer, ctypes.c_size_t)
set_stack_size = _function(_hold, "JS_SetMaxStackSize", None, Pointer, ctypes.c_size_t)
set_interrupt_handler = _function(_hold, "JS_SetInterruptHandler", None, Pointer, Pointer, Pointer)
set_rejection_tracker = _function(_hold, "JS_SetHostPromiseRejectionTracker", None, Pointer, Pointer, Pointer)
get_import_meta = _function(_hold, "JS_GetImportMeta", JSValue, Pointer, Pointer)
get_module_namespace = _function(_hold, "JS_GetModuleNamespace", JSValue, Pointer, Pointer)
set_module_loader = _function(_hold, "JS_SetModuleLoaderFunc", None, Pointer, Pointer, Pointer, Pointer)
js_strndup = _function(_hold, "js_strndup", Pointer, Pointer, _TEXT, ctypes.c_size_t)
throw = _function(_hold, "JS_Throw", JSValue, Pointer, JSValue)
run_gc = _function(_hold, "JS_RunGC", None, Pointer)

RejectionTracker = ctypes.CFUNCTYPE(None, Pointer, JSValue, JSValue, ctypes.c_bool, Pointer)

NormaliseHook = ctypes.CFUNCTYPE(Pointer, Pointer, _TEXT, _TEXT, Pointer)
LoadHook = ctypes.CFUNCTYPE(Pointer, Pointer, _TEXT, Pointer)

thread_state = _function(ctypes.pythonapi, "PyThreadState_Get", Pointer)

ALWAYS_INTERRUPT = ctypes.cast(ctypes.CDLL(None).getpid, Pointer)
"""A native function that returns non-zero, for use as an interrupt handler: it needs no GIL and no callback."""


def object_pointers(context: object) -> tuple[int, int]:
    """Finds ``JSRuntime*`` and ``JSContext*`` of the binding's Context, its first two fields."""
    base = id(context) + object.__basicsize__
    runtime = Pointer.from_address(base).value or 0
    return runtime, Pointer.from_address(base + 8).value or 0
