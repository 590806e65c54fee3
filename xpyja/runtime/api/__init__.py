"""What a provider author imports, and nothing else.

Names that need `dataclasses` (`option`, `make_config`) live in `xpyja.runtime.api.config`, which a module's own code
imports, so that importing a provider stays cheap.
"""

from xpyja.runtime.api.context import Assets, ModuleContext, Owner
from xpyja.runtime.api.provider import Exports, JsSource, Lazy, Module, ModuleFactory, Provider
from xpyja.runtime.api.typescript import TsFunction, TsModule, TsParam
from xpyja.runtime.api.values import UNDEFINED, Handle, HostError, JsBigInt, JsFunction, JsMap, JsPromise, Undefined, require_handle

__all__ = [
    "UNDEFINED",
    "Assets",
    "Exports",
    "Handle",
    "HostError",
    "JsBigInt",
    "JsFunction",
    "JsMap",
    "JsPromise",
    "JsSource",
    "Lazy",
    "Module",
    "ModuleContext",
    "ModuleFactory",
    "Owner",
    "Provider",
    "TsFunction",
    "TsModule",
    "TsParam",
    "Undefined",
    "require_handle",
]
